"""Mutants of proof files of every kind: none may be accepted unless it proves what it says all the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

from polyrelu.certificate import check
from polyrelu.certificate.write import proof_document
from polyrelu.certification import certify
from tests.batteries.battery import Battery, Tally, drawn
from tests.batteries.mutation import Mutant, mutants, outcome
from tests.corpus import degenerate, generic
from tests.stories import EXAMPLES
from tests.strategies import problems

KNOWN = ["g2", "g3", "g4", "g6", "g16", "g17", "g18", "d2", "d3", "d8", "d9", "d14", "d16", "d20", "d70"]
"""Problems of the corpora whose proofs use every kind of evidence between them."""
FRESH = 6


def documents(seed: int) -> Iterator[tuple[str, dict[str, Any]]]:
    """Named proof files: the examples, some of the corpora, and fresh ones."""
    arguments = list(EXAMPLES.items())
    arguments += [(k, ({"g": generic, "d": degenerate}[k[0]](int(k[1:])), {})) for k in KNOWN]
    for name, (*data, options) in ((n, a if len(a) == 4 else (*a[0], a[1])) for n, a in arguments):
        yield name, proof_document(certify(*data, **options))
    for k, problem in enumerate(drawn(problems(max_rows=5), seed, 10 * FRESH)[::-10]):
        result = problem.certify()
        if result.status == "proved":
            yield f"fresh {k}", proof_document(result)


def cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    files = [(name, document, list(mutants(document))) for name, document in documents(seed)]
    for name, document, _ in files:
        tally.attempt(name, lambda document=document: _unchanged(document))
    pool = [(name, mutant) for name, _, found in files for mutant in found]
    for name, mutant in random.Random(seed).sample(pool, min(count, len(pool))):
        case = (name, mutant.place, mutant.words, "sealed afresh" if mutant.sealed else "")
        tally.attempt(case, lambda mutant=mutant: _noticed(mutant))
        yield


def _unchanged(document: dict[str, Any]) -> str:
    check.check(document)
    return "files accepted"


def _noticed(mutant: Mutant) -> str:
    found = outcome(mutant.made())
    if found != "accepted":
        return found
    excuse = mutant.excuse()
    assert excuse is not None, "a false proof was accepted"
    return f"harmless: {excuse}"


BATTERY = Battery("proof files changed in one place", cases, full=100_000, slice=400)
