"""Gaussian elimination where zero is decidable, and certified lower bounds of a rank where it is not.

Over an exact field (rationals, `SqrtSum`, elements of one `NumberField`) elimination is a decision: rank, solutions
and null space are exact. Over balls a nonzero number is recognised but a zero never is, so elimination only
certifies a nonzero minor: rank at least r. The two together pin a rank down.

>>> from polyrelu.exact.square_roots import SqrtSum
>>> r2 = SqrtSum.sqrt_of(2)
>>> rank([[r2, 2], [1, r2]]), rank([[r2, 2], [1, 2]])
(1, 2)
>>> [str(x) for x in null_space([[r2, 2]])[0]]
['-sqrt(2)', '1']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from flint import arb, arb_mat, fmpq

from polyrelu.exact.real import exact, is_zero

Rows: TypeAlias = Sequence[Sequence[Any]]


@dataclass(frozen=True)
class Echelon:
    """The reduced row echelon form: its nonzero rows and their pivot columns."""

    rows: list[list[Any]]
    pivot_columns: list[int]


def echelon(rows: Rows) -> Echelon:
    """Row reduction, column by column; the pivot columns are the lexicographically first independent ones."""
    table = [[exact(x) for x in row] for row in rows]
    pivots: list[int] = []
    for j in range(len(table[0]) if table else 0):
        r = len(pivots)
        p = next((i for i in range(r, len(table)) if not is_zero(table[i][j])), None)
        if p is None:
            continue
        table[r], table[p] = table[p], table[r]
        pivot = table[r][j]
        table[r] = [x / pivot for x in table[r]]
        for i, row in enumerate(table):
            if i != r and not is_zero(row[j]):
                factor = row[j]
                table[i] = [x - factor * y for x, y in zip(row, table[r], strict=True)]
        pivots.append(j)
    return Echelon(table[: len(pivots)], pivots)


def inner_product(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """The sum of products of exact numbers."""
    return sum((x * y for x, y in zip(a, b, strict=True)), start=fmpq(0))


def rank(rows: Rows) -> int:
    """The rank, exactly."""
    return len(independent_columns(rows))


def independent_columns(rows: Rows) -> list[int]:
    """The lexicographically first maximal independent set of columns."""
    return echelon(rows).pivot_columns


def independent_rows(rows: Rows) -> list[int]:
    """The lexicographically first maximal independent set of rows."""
    return independent_columns([list(column) for column in zip(*rows, strict=True)])


def solve(rows: Rows, b: Sequence[Any]) -> list[Any] | None:
    """One solution of A x = b (zero off the pivot columns), or None if there is none."""
    width = len(rows[0]) if rows else 0
    form = echelon([[*row, y] for row, y in zip(rows, b, strict=True)])
    if form.pivot_columns and form.pivot_columns[-1] == width:
        return None
    x: list[Any] = [fmpq(0)] * width
    for row, j in zip(form.rows, form.pivot_columns, strict=True):
        x[j] = row[width]
    return x


def null_space(rows: Rows, columns: int | None = None) -> list[list[Any]]:
    """A basis of { x : A x = 0 }, one vector per free column; `columns` is the width when there are no rows."""
    width = len(rows[0]) if rows else columns or 0
    form = echelon(rows)
    basis = []
    for free in (j for j in range(width) if j not in form.pivot_columns):
        x: list[Any] = [fmpq(0)] * width
        x[free] = fmpq(1)
        for row, j in zip(form.rows, form.pivot_columns, strict=True):
            x[j] = -row[free]
        basis.append(x)
    return basis


def nonzero_minor(A: arb_mat) -> tuple[list[int], list[int]]:
    """Rows and columns of a square sub-matrix that is certainly nonsingular, for every matrix in the balls.

    Hence the rank is at least their number. Elimination in ball arithmetic at the current precision, each time with
    the pivot whose ball is farthest from zero relative to its row; it ends when no ball left excludes zero. The
    determinant of the sub-matrix is, up to sign, the product of the pivots, none of which can be zero.
    """
    table: list[list[arb]] = A.tolist()
    rows, columns = list(range(A.nrows())), list(range(A.ncols()))
    sizes = [_row_size(row) for row in table]
    chosen: tuple[list[int], list[int]] = ([], [])
    while (best := _best_pivot(table, rows, columns, sizes)) is not None:
        i, j = best
        rows.remove(i)
        columns.remove(j)
        chosen[0].append(i)
        chosen[1].append(j)
        for k in rows:
            factor = table[k][j] / table[i][j]
            for c in columns:
                table[k][c] -= factor * table[i][c]
    return chosen


def _row_size(row: Sequence[arb]) -> arb:
    size = sum((abs(x.mid()) for x in row), start=arb(0))
    return size if size > 0 else arb(1)


def _best_pivot(
    table: list[list[arb]], rows: list[int], columns: list[int], sizes: list[arb]
) -> tuple[int, int] | None:
    """The entry certainly farthest from zero, relative to the size of its row at the start."""
    best, place = arb(0), None
    for i in rows:
        for j in columns:
            distance = (abs(table[i][j]).abs_lower() / sizes[i]).mid()
            if distance > best:
                best, place = distance, (i, j)
    return place
