"""One arithmetic for balls and exact fields: a sign is proved, or `Imprecise` is raised.

Numbers are flint `fmpq`, elements of one exact field, or balls (`arb`). A ball around zero that is not exactly zero
has no sign at this precision; the caller then starts again with a finer one, or over an exact field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.exact.enclosure import sign_of_ball
from polyrelu.exact.exact_linear import echelon, independent_columns, nonzero_minor
from polyrelu.exact.real import known_sign
from polyrelu.proof.neuron import times

Columns = Sequence[Sequence[Any]]


class Imprecise(ArithmeticError):
    """A comparison is open at this precision. Never leaves the package: it asks for a finer arithmetic."""


def sign(x: Any) -> int:
    """-1, 0 or 1, proved."""
    decided = known_sign(x)
    if decided is None:
        raise Imprecise(f"the sign of {x}")
    return decided


def is_open(x: Any) -> bool:
    """Whether x is a ball without a sign."""
    return isinstance(x, arb) and sign_of_ball(x) is None


def middle(x: Any) -> Any:
    """A number to order by in a first choice that is proved afterwards: the midpoint of a ball."""
    return x.mid() if isinstance(x, arb) else x


def in_balls(columns: Columns) -> bool:
    """Whether the entries are balls."""
    return any(isinstance(x, arb) for column in columns for x in column)


def solve_columns(basis: Columns, right: Columns) -> list[list[Any]]:
    """The columns of B^-1 C for the square matrix B and the matrix C, both given by columns.

    >>> solve_columns([[fmpq(2), fmpq(0)], [fmpq(1), fmpq(1)]], [[fmpq(3), fmpq(1)]])
    [[1, 1]]
    """
    r = len(basis)
    if r == 0 or not right:
        return [[] for _ in right]
    if _rational(basis) and not _rational(right):
        inverse = fmpq_mat(_rows(basis)).inv()
        return [times(inverse, column) for column in right]
    kind = arb_mat if in_balls([*basis, *right]) else fmpq_mat if _rational([*basis, *right]) else None
    if kind is None:
        form = echelon([list(row) for row in zip(*basis, *right, strict=True)])
        if form.pivot_columns[:r] != list(range(r)):
            raise ZeroDivisionError("the basis is singular")
        return [[row[r + c] for row in form.rows] for c in range(len(right))]
    try:
        solution = kind(_rows(basis)).solve(kind(_rows(right)))
    except ZeroDivisionError:
        if kind is arb_mat:
            raise Imprecise("is a basis singular?") from None
        raise
    return [list(column) for column in solution.transpose().tolist()]


def independent(columns: Columns, order: Sequence[int]) -> list[int]:
    """A maximal independent subset of the columns, earlier ones in `order` first; over balls a certain one."""
    if not order or not columns[order[0]]:
        return []
    rows = _rows([columns[j] for j in order])
    places = nonzero_minor(arb_mat(rows))[1] if in_balls(columns) else independent_columns(rows)
    return [order[p] for p in places]


def _rational(columns: Columns) -> bool:
    return all(isinstance(x, fmpq) for column in columns for x in column)


def _rows(columns: Columns) -> list[list[Any]]:
    return [list(row) for row in zip(*columns, strict=True)]
