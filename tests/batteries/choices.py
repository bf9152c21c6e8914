"""Random problems over all combinations of biases and a skip connection against a conic solver on all cells.

The proved objective and residual must be the solver's, proved bounds must hold them, and the proved file the kernel's.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction

from polyrelu.bounding.search import bound
from polyrelu.certificate.write_kernel import OutOfClass, optimum_document
from polyrelu.certification import certify
from polyrelu.data.problem import Problem
from tests.batteries.battery import Battery, Tally
from tests.batteries.kernel_mutants import assert_true
from tests.settings import CHOICES, Conic

NEAR = 1e-5


def problem(k: int) -> Problem:
    """Small integers, so that rows repeat, lie on lines, and are orthogonal now and then."""
    pick = random.Random(k)
    d, n = pick.choice([(1, 3), (1, 5), (1, 6), (2, 3), (2, 5), (2, 6), (3, 5)])
    size = pick.choice([2, 5, 20])
    X = [[pick.randint(-size, size) for _ in range(d)] for _ in range(n)]
    y = [pick.randint(-9, 9) for _ in range(n)]
    return Problem.of(X, y, Fraction(pick.choice([1, 5, 40]), 4), **CHOICES[k % len(CHOICES)])


def compared(k: int) -> str:
    asked = problem(k)
    result, (objective, nu) = certify(asked), Conic(asked).solve()
    scale = 1 + sum(float(v) ** 2 for v in asked.y)
    found = bound(asked, gap=Fraction(1, 100))
    assert float(found.lower) <= objective + NEAR * scale, "the lower bound is above the solver's optimum"
    assert objective - NEAR * scale <= float(found.upper), "the upper bound is below the solver's optimum"
    if result.status != "proved":
        return "undecided"
    low, _ = map(float, result.objective(15))
    assert abs(low - objective) <= NEAR * scale, f"the objective is {low}, the solver's {objective}"
    apart = max(abs(float(Fraction(lo)) - v) for (lo, _), v in zip(result.residual(15), nu, strict=True))
    assert apart <= NEAR**0.5 * scale, f"the residual is {apart} off the solver's"
    with suppress(OutOfClass):
        assert_true(optimum_document(result.proved()))
        return "the same, with a kernel file"
    return "the same"


def cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    for k in range(1000 * seed, 1000 * seed + count):
        tally.attempt(k, lambda k=k: compared(k))
        yield


BATTERY = Battery("all settings against a conic solver", cases, full=300, slice=len(CHOICES))
