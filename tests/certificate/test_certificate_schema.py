"""The published schema describes what is written; every mutant that breaks it is also refused by the checker."""

import json
import re
from pathlib import Path

from polyrelu import certificate
from polyrelu.bounding.search import bound
from polyrelu.certificate.bound_file import bound_document
from polyrelu.certificate.write import proof_document
from polyrelu.certificate.write_kernel import OutOfClass, optimum_document
from polyrelu.certification import certify
from tests.batteries.kernel_mutants import outcome as kernel_outcome
from tests.batteries.mutation import mutants, outcome
from tests.corpus import generic
from tests.settings import CHOICES
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


def kernel_documents():
    """Optima with and without unique weights and neurons, and bounds."""
    for X, y, lam, _ in EXAMPLES.values():
        try:
            yield optimum_document(certify(X, y, lam).proved())
        except OutOfClass:
            continue
    for choice in CHOICES:
        yield optimum_document(certify(*generic(2), **choice).proved())
    for name in ("golden", "parity"):
        yield bound_document(bound(*EXAMPLES[name][:3]))


def test_written_files_follow_the_schema():
    for document in documents():
        assert valid(document, SCHEMA)
        assert valid(document, SCHEMA["$defs"]["with_cells"])


def test_written_kernel_files_follow_the_schema():
    kinds = []
    for document in kernel_documents():
        kinds.append((document["kind"], document.get("inverse") is None))
        assert valid(document, SCHEMA)
        assert valid(document, SCHEMA["$defs"]["kernel_" + document["kind"]])
    assert set(kinds) == {("optimum", False), ("optimum", True), ("bound", True)}


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


def test_what_breaks_the_schema_is_never_accepted_by_the_kernel():
    broken = 0
    for document in (
        optimum_document(certify(*EXAMPLES["xor"][:3]).proved()),
        bound_document(bound(*EXAMPLES["golden"][:3])),
    ):
        for change in mutants(document):
            mutant = change.made()
            if not valid(mutant, SCHEMA):
                broken += 1
                assert kernel_outcome(mutant, restate=False) != "accepted", (change.place, change.words)
    assert broken > 200
