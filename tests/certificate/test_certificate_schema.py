"""The published schema describes what is written; every mutant that breaks it is also refused by the checker."""

import json
import re
from pathlib import Path

from polyrelu import certificate
from polyrelu.certificate.write import proof_document
from polyrelu.certification import certify
from tests.batteries.mutation import mutants, outcome
from tests.corpus import generic
from tests.stories import EXAMPLES

SCHEMA = json.loads((Path(certificate.__file__).parent / "schema.json").read_text())
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}


def valid(value, schema):
    """The part of JSON Schema that the file uses."""
    if "$ref" in schema:
        return valid(value, SCHEMA["$defs"][schema["$ref"].rpartition("/")[2]])
    if "oneOf" in schema:
        return sum(valid(value, option) for option in schema["oneOf"]) == 1
    if "enum" in schema:
        return any(value == v and type(value) is type(v) for v in schema["enum"])
    if type(value) is not TYPES[schema["type"]]:
        return False
    if isinstance(value, dict):
        known = schema["properties"]
        inside = set(schema["required"]) <= set(value) <= set(known)
        return inside and all(valid(v, known[k]) for k, v in value.items())
    if isinstance(value, list):
        return all(valid(v, schema["items"]) for v in value)
    if isinstance(value, str):
        return re.search(schema.get("pattern", ""), value) is not None
    return not isinstance(value, int) or isinstance(value, bool) or value >= schema.get("minimum", value)


def documents():
    for X, y, lam, options in EXAMPLES.values():
        yield proof_document(certify(X, y, lam, **options))
    yield proof_document(certify(*generic(17)))


def test_written_files_follow_the_schema():
    for document in documents():
        assert valid(document, SCHEMA)


def test_what_breaks_the_schema_is_never_accepted():
    broken = 0
    for name in ("golden", "pentagon", "three patterns"):
        X, y, lam, options = EXAMPLES[name]
        for change in mutants(proof_document(certify(X, y, lam, **options))):
            mutant = change.made()
            if not valid(mutant, SCHEMA):
                broken += 1
                assert outcome(mutant) != "accepted", (name, change.place, change.words)
    assert broken > 300
