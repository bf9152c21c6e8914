"""The space that holds all residuals of an interval, and points in it, as a proof file needs them.

Where a multiplier is 0 for every lambda, the residual lies in a space smaller than that of all vectors: the least one
that holds y and that the Q_k map into itself, less what the equal lengths |A_k nu| imply on it (`proof.identities`).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from typing import Any

from flint import arb, fmpq, fmpq_mat

from polyrelu.certificate import path as checker
from polyrelu.certificate.tube import System
from polyrelu.certificate.write_kernel import over_one
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.proof.identities import zero_factors

BITS = 200
RADIUS = arb(2) ** -60
"""How well a point on the curve is known, for a guess."""
Vectors = list[list[int]]


def identities_at(problem: checker.Problem, system: System, nu: list[Fraction]) -> list[dict[str, Any]]:
    """Products that are 0 at nu because two squares agree there, each on the space that those before it leave."""
    found = list[dict[str, Any]]()
    while True:
        off = checker.confined(problem, system, found).base.basis
        more = next(_products(system, off, nu), None)
        if more is None:
            return found
        found.append(more)


def _products(system: System, off: Vectors, nu: list[Fraction]) -> Iterator[dict[str, Any]]:
    """Those that the checker accepts on the space off some vectors."""
    space = checker.tube.complement(off, len(nu))
    frame, squares = fmpq_mat(space), [sum(x * x for x in o) for o in space]
    with precision(BITS):
        parts = [sum((v * x for v, x in zip(nu, o, strict=True)), Fraction(0)) for o in space]
        zeta = [arb(to_fmpq(v / s), RADIUS) for v, s in zip(parts, squares, strict=True)]
    for k, j in combinations(range(len(system.Q)), 2):
        M = frame * (fmpq_mat(system.Q[k]) - fmpq_mat(system.Q[j])) * frame.transpose()
        for zero, other in zero_factors(M, zeta):
            forms = [_over(space, squares, form) for form in (zero, other or zero)]
            if checker.tube.factors(system, off, [k, j], [list(map(int, form)) for form in forms]):
                yield {"faces": [k, j], "zero": forms[0], "other": forms[1] if other else None}


def _over(space: Vectors, squares: list[int], form: list[fmpq]) -> list[str]:
    """A form with the given values on the vectors of the space."""
    values = [to_fraction(v) / s for v, s in zip(form, squares, strict=True)]
    columns = list(zip(*space, strict=True))
    return over_one([sum((v * x for v, x in zip(values, c, strict=True)), Fraction(0)) for c in columns])[1]


def inside(space: Vectors, nu: list[Fraction], N: int) -> list[int]:
    """N nu in whole numbers, in the space."""
    along = [sum((v * x for v, x in zip(nu, o, strict=True)), Fraction(0)) for o in space]
    parts = [round(N * v / sum(x * x for x in o)) for v, o in zip(along, space, strict=True)]
    return [
        sum(part * x for part, x in zip(parts, column, strict=True)) for column in zip(*space, strict=True)
    ]
