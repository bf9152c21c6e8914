"""Random and structured problems, each proved optimum taken apart by the independent oracle of `tests.reference`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from polyrelu.errors import Undecided
from tests.batteries.battery import Battery, Tally, drawn
from tests.corpus import degenerate, generic
from tests.instance import Instance, check_change
from tests.reference import recheck
from tests.strategies import changes, problems

MOST_OPEN, FEW = 0.01, 3
"""The share of problems that may stay undecided, and a number that is no reason to doubt the share."""


def agreed(problem: Instance) -> str:
    """Proved, and the oracle agrees; or undecided, with a reason."""
    result = problem.certify()
    shown = result.to_json()
    if result.status != "proved":
        assert shown["reason"]
        return "undecided"
    recheck(result)
    return "proved"


def tried(tally: Tally, found: Iterable[Any], work: Any) -> Iterator[None]:
    """Every case in turn, as long as the undecided ones are few."""
    for case in found:
        tally.attempt(case, lambda case=case: work(case))
        if tally.counts["undecided"] > max(FEW, MOST_OPEN * tally.cases):
            tally.failures.append(
                f"too many are undecided: {tally.counts['undecided']} of {tally.cases}, last {case}"
            )
            return
        yield


def generic_cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    """The two corpora, from another place each time."""
    seeds = range(1000 * seed, 1000 * seed + count)
    corpus = (Instance(*(degenerate if k % 2 else generic)(k), {}) for k in seeds)
    return tried(tally, corpus, agreed)


def structured_cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    return tried(tally, drawn(problems(), seed, count), agreed)


def changed_cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    """`tests/proof/test_invariance.py` on many problems."""
    pairs = problems().flatmap(lambda p: changes(p).map(lambda change: (p, change)))
    return tried(tally, drawn(pairs, seed, count), _followed)


def _followed(case: tuple[Instance, Any]) -> str:
    problem, change = case
    try:
        check_change(problem.certify(), change)
    except Undecided:
        return "undecided"
    return "followed"


RANDOM = Battery("random problems against the oracle", generic_cases, full=1000, slice=20)
STRUCTURED = Battery("structured, gated and listed problems against the oracle", structured_cases, 1000, 60)
CHANGED = Battery("changes of a problem with a known effect", changed_cases, 1000, 40)
