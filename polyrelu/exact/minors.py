"""A rank from below where zero is not decidable: a minor that is certainly not zero.

Exact algebra bounds a rank from above, a minor in balls from below; the two together pin it down.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, arb_mat


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
