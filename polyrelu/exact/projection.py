"""The exact orthogonal projection of a rational vector c onto a cone K = { w : A w >= 0 }.

p is the projection iff there is a rho with (Karush, Kuhn, Tucker)

    p = c + A^T rho,   rho >= 0,   A p >= 0,   rho . A p = 0.

p is unique; rho is not when the rows at which A p = 0 are dependent. Finding rho is the nonnegative least squares
problem min || c + A^T rho ||, solved by the active set method of Lawson and Hanson in exact arithmetic: p is kept
orthogonal to the rows of the passive set S (those with rho > 0), and as long as some row has a.p < 0 it enters S.
Such a row is not in the span of S, on which p is zero, so the rows of S stay independent even if those of A are
not; and || p || falls strictly with each row that enters, so no S returns and the method ends. A guess in
floating point only supplies the first S, so it saves time and decides nothing.

>>> found = project([[1, 0], [1, 1]], [-1, 2])
>>> found.p, found.rho, found.active
([0, 2], [1, 0], [0])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from polyrelu.errors import BadInput, Contradiction
from polyrelu.exact.linear import independent_rows
from polyrelu.exact.rational import (
    Matrix,
    Rational,
    column,
    primitive_scale,
    select_rows,
    to_matrix,
    to_vector,
)


@dataclass(frozen=True)
class Projection:
    """The projection p, a multiplier rho >= 0 with independent support, and all rows with A p = 0."""

    p: list[fmpq]
    rho: list[fmpq]
    active: list[int]

    @property
    def support(self) -> list[int]:
        """The rows with rho > 0; they are independent, and all of them are active."""
        return [j for j, r in enumerate(self.rho) if r > 0]


def project(A: Matrix, c: Sequence[Rational], start: Sequence[int] | None = None) -> Projection:
    """Project c onto { w : A w >= 0 }; A may have zero, repeated and dependent rows, or none at all.

    `start` may name rows where rho is believed to be positive; without it they are guessed in floating point. The
    answer does not depend on it. Every condition is checked once more before the result is returned.
    """
    target = to_vector(c)
    rational = to_matrix(A, len(target))
    if rational.ncols() != len(target):
        raise BadInput(f"the cone lives in dimension {rational.ncols()}, the vector in {len(target)}")
    scaled = [primitive_scale(row) for row in rational.tolist()]
    rows = fmpz_mat(len(scaled), len(target), [x for row, _ in scaled for x in row])
    integers, unit = primitive_scale(target)
    goal = fmpz_mat(len(target), 1, integers)
    passive, rho = _lawson_hanson(rows, goal, _guess(rows, integers) if start is None else start)
    multiplier = [fmpq(0)] * len(scaled)
    for j, r in zip(passive, rho, strict=True):
        multiplier[j] = r * scaled[j][1] / unit
    return _checked(rational, target, multiplier)


def _lawson_hanson(rows: fmpz_mat, c: fmpz_mat, start: Sequence[int]) -> tuple[list[int], list[fmpq]]:
    """The passive rows and their positive multipliers at the optimum."""
    norms = [sum((x * x for x in row), start=fmpz(0)) for row in rows.tolist()]
    passive, rho = _feasible_start(rows, c, start)
    while True:
        slack = (rows * _residual(rows, c, passive, rho)).entries()
        entering = _most_violated(slack, norms)
        if entering is None:
            return passive, rho
        passive, rho = _admit(rows, c, [*passive, entering], [*rho, fmpq(0)])


def _residual(rows: fmpz_mat, c: fmpz_mat, passive: list[int], rho: list[fmpq]) -> fmpz_mat:
    """A positive multiple of p = c + A^T rho, without denominators (only its signs are asked for)."""
    numerators, denominator = column(rho).numer_denom()
    return c * denominator + select_rows(rows, passive).transpose() * numerators if passive else c


def _most_violated(slack: Sequence[fmpz], norms: Sequence[fmpz]) -> int | None:
    """The row with a.p < 0 that is deepest relative to its length, or None if there is none."""
    negative = [j for j, s in enumerate(slack) if s < 0]
    return max(negative, key=lambda j: fmpq(slack[j] * slack[j], norms[j]), default=None)


def _unconstrained(rows: fmpz_mat, c: fmpz_mat, passive: Sequence[int]) -> list[fmpq]:
    """The rho on independent rows for which c + A^T rho is orthogonal to all of them."""
    if not passive:
        return []
    B = select_rows(rows, passive)
    solution: fmpq_mat = (B * B.transpose()).solve(-(B * c))
    return list(solution.entries())


def _feasible_start(rows: fmpz_mat, c: fmpz_mat, start: Sequence[int]) -> tuple[list[int], list[fmpq]]:
    """A subset of the proposed rows that is independent and has positive multipliers."""
    proposed = list(dict.fromkeys(start))
    passive = [proposed[i] for i in independent_rows(select_rows(rows, proposed))] if proposed else []
    while True:
        rho = _unconstrained(rows, c, passive)
        if all(r > 0 for r in rho):
            return passive, rho
        passive = [j for j, r in zip(passive, rho, strict=True) if r > 0]


def _admit(rows: fmpz_mat, c: fmpz_mat, passive: list[int], rho: list[fmpq]) -> tuple[list[int], list[fmpq]]:
    """Move from rho towards the free optimum on the passive rows; rows whose multiplier reaches zero leave."""
    while True:
        goal = _unconstrained(rows, c, passive)
        if all(g > 0 for g in goal):
            return passive, goal
        step = min(r / (r - g) for r, g in zip(rho, goal, strict=True) if g <= 0)
        moved = [r + step * (g - r) for r, g in zip(rho, goal, strict=True)]
        kept = [i for i, r in enumerate(moved) if r > 0]
        passive, rho = [passive[i] for i in kept], [moved[i] for i in kept]


def _guess(rows: fmpz_mat, c: Sequence[fmpz]) -> list[int]:
    """Rows where a floating-point solver finds a positive multiplier; nothing if it fails."""
    import numpy as np

    from polyrelu.guess import nonnegative_least_squares

    table = rows.tolist()
    used = [j for j, row in enumerate(table) if any(row)]
    if not used or not any(c):
        return []
    matrix = np.array([_unit_floats(table[j]) for j in used])
    rho = nonnegative_least_squares(matrix.T, -np.array(_unit_floats(c)))
    return [used[i] for i in np.flatnonzero(rho > 0)]


def _unit_floats(vector: Sequence[fmpz]) -> list[float]:
    """A positive multiple of an integer vector of any size, in floats with largest modulus 1."""
    largest = max(abs(x) for x in vector)
    return [float(fmpq(x, largest)) for x in vector]


def _checked(A: fmpq_mat, c: list[fmpq], rho: list[fmpq]) -> Projection:
    """The result, after testing the KKT conditions on the original rows."""
    p = column(c) + A.transpose() * column(rho) if rho else column(c)
    slack = (A * p).entries()
    if any(r < 0 or s < 0 or r * s != 0 for r, s in zip(rho, slack, strict=True)):
        raise Contradiction("the projection onto a cone fails its own optimality conditions")
    return Projection(list(p.entries()), rho, [j for j, s in enumerate(slack) if s == 0])
