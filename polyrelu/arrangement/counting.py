"""The characteristic polynomial of a central arrangement, from its flats and their Moebius values.

    chi(t) = sum over flats F of mu(F) t^(d - rank F) = w_0 t^d + w_1 t^(d-1) + ...

and the arrangement has (-1)^d chi(-1) cells (Zaslavsky 1975). A *flat* is here a set of rows: all those in
the span of some of them. Weisner's theorem, with the smallest row of F as the fixed atom, gives

    mu(F) = - sum of mu(G) over the flats G covered by F that do not contain the smallest row of F.

Read upwards: G contributes -mu(G) to those of its covers that are spanned by G and a row before all of G.
All terms of a sum have one sign and |w_k| <= C(m, k), so nothing can cancel or surprise. The flats covering
G are the classes of parallel rows modulo the span of G. Flats need an identity only up to rank r - 2: for
rank r - 1 the sum w_(r-1) is a count of covers, and w_r follows from chi(1) = 0.

This route shares no step with the enumeration of cells (`polyrelu.arrangement`); the two check each other.
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from polyrelu.budget import check
from polyrelu.exact.integers import (
    INT64_LIMIT,
    IntMatrix,
    divided_by_gcd,
    largest,
    narrow,
    primitive_rows,
    product,
    widen,
)
from polyrelu.exact.labels import line_labels, lines_of_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

FIRST_PART = 12
BATCH = 2**18  # numbers handled together


def characteristic_polynomial(rows: Any) -> tuple[int, ...]:
    """Coefficients, leading first, of chi for the central arrangement of the nonzero rows in R^d.

    >>> characteristic_polynomial([[1, 0], [0, 1], [1, 1], [2, 2], [0, 0]])
    (1, -3, 2)
    """
    primitive = primitive_rows(rows)
    whitney = whitney_numbers(spanning_columns(lines_of_rows(primitive).rows))
    return (*whitney, *(0 for _ in range(primitive.shape[1] + 1 - len(whitney))))


def number_of_cells(rows: Any) -> int:
    """The number (-1)^d chi(-1) of cells, without enumerating them.

    >>> number_of_cells([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    8
    """
    return cells_counted(characteristic_polynomial(rows))


def number_of_cells_up_to(rows: Any, limit: int) -> int | None:
    """The number of cells if it is at most the limit, else None; without a long count of a large number.

    Where the rows are restricted to a subspace (some columns left out), or some are left out, there are never more
    cells. So few columns come first, then parts of growing size; a count ends once its first terms exceed the limit.

    >>> number_of_cells_up_to([[1, 0], [0, 1], [1, 1]], 6), number_of_cells_up_to([[1, 0], [0, 1], [1, 1]], 5)
    (6, None)
    """
    lines = spanning_columns(lines_of_rows(primitive_rows(rows)).rows)
    count, rank = lines.shape
    if cells_upper_bound(count, rank) > limit:
        for columns in range(2, rank + 1):
            if _part_exceeds(lines_of_rows(primitive_rows(lines[:, :columns])).rows, limit):
                return None
    cells = cells_counted(tuple(whitney_numbers(lines, limit)))
    return cells if cells <= limit else None


def _part_exceeds(lines: IntMatrix, limit: int) -> bool:
    """Whether a part of the rows, each with some twice the cells of the one before, has more cells than the limit."""
    count, rank = lines.shape
    size = FIRST_PART
    while size < count and cells_upper_bound(count, rank) > limit:
        if cells_counted(tuple(whitney_numbers(spanning_columns(lines[:size]), limit))) > limit:
            return True
        size += size // rank or 1
    return False


def cells_counted(polynomial: tuple[int, ...]) -> int:
    """(-1)^d chi(-1) = |w_0| + |w_1| + ..., as the signs alternate."""
    return sum(abs(coefficient) for coefficient in polynomial)


def cells_upper_bound(n_hyperplanes: int, rank: int) -> int:
    """2 sum over k < rank of C(m - 1, k), attained in general position: cheap, to refuse before working.

    >>> cells_upper_bound(100, 3), cells_upper_bound(0, 0)
    (9902, 1)
    """
    return 2 * sum(comb(n_hyperplanes - 1, k) for k in range(rank)) if rank else 1


def spanning_columns(rows: IntMatrix) -> IntMatrix:
    """As many columns as the rank, spanning all columns: the rows keep all their linear relations."""
    from flint import fmpz_mat

    if not len(rows):
        return rows[:, :0]
    echelon, _, rank = fmpz_mat(rows.tolist()).rref()
    pivots = [next(c for c in range(rows.shape[1]) if echelon[i, c] != 0) for i in range(rank)]
    return rows[:, pivots]


class CountedFlats(NamedTuple):
    """Flats of one rank k, in a space of dimension r."""

    members: NDArray[np.uint64]  # (P, words) the rows of the flat, as bits
    moebius: IntMatrix  # (P,)
    least: NDArray[np.int64]  # (P,) its smallest row; n for the empty flat
    annihilator: IntMatrix  # (P, r - k, r) primitive vectors: a row x lies in the flat iff all vanish on x

    def take(self, which: Any) -> CountedFlats:
        """Some of the flats."""
        return CountedFlats(
            self.members[which], self.moebius[which], self.least[which], self.annihilator[which]
        )


def whitney_numbers(rows: IntMatrix, limit: int | None = None) -> list[int]:
    """w_0, ..., w_r for m pairwise independent rows of full column rank r; those alone that first exceed a limit."""
    count, rank = rows.shape
    exact = np.int64 if max(comb(count, k) for k in range(rank + 1)) <= INT64_LIMIT else object
    flats = CountedFlats(
        np.zeros((1, -(-count // 64)), dtype=np.uint64),
        np.ones(1, dtype=exact),
        np.full(1, count),
        np.eye(rank, dtype=np.int64)[None],
    )
    whitney = [1]
    for _ in range(rank - 2):
        flats = covers(flats, rows)
        whitney.append(int(flats.moebius.sum()))
        if limit is not None and cells_counted(tuple(whitney)) > limit:
            return whitney
        flats = flats.take(flats.least > 0)  # a flat with the first row has no row before it
    if rank >= 2:
        whitney.append(-sum(number_of_covers(batch, rows) for batch in in_batches(flats, rows)))
    return [*whitney, -sum(whitney)] if rank else whitney


def in_batches(flats: CountedFlats, rows: IntMatrix) -> Iterator[CountedFlats]:
    """The flats in batches of bounded size."""
    size = BATCH // (rows.size + 1) + 1
    for start in range(0, len(flats.least), size):
        check()
        yield flats.take(slice(start, start + size))


def modulo(flats: CountedFlats, rows: IntMatrix) -> IntMatrix:
    """Every row modulo every flat, in coordinates: an array (P, n, r - k), zero on the rows of the flat."""
    count, dimension, rank = flats.annihilator.shape
    flat = product(flats.annihilator.reshape(count * dimension, rank), rows)
    return flat.reshape(count, dimension, len(rows)).transpose(0, 2, 1)


def number_of_covers(flats: CountedFlats, rows: IntMatrix) -> int:
    """Sum over the flats G of mu(G) times the number of covers of G with a row before all of G."""
    flat, row = np.nonzero(np.arange(len(rows)) < flats.least[:, None])
    label = line_labels(modulo(flats, rows)[flat, row])
    order = np.lexsort((label, flat))
    flat, label = flat[order], label[order]
    new = np.ones(len(flat), dtype=bool)
    new[1:] = (flat[1:] != flat[:-1]) | (label[1:] != label[:-1])
    return int(flats.moebius[flat[new]].sum())


def covers(flats: CountedFlats, rows: IntMatrix) -> CountedFlats:
    """All flats of the next rank, with their Moebius values."""
    parts = [covers_of(batch, rows) for batch in in_batches(flats, rows)]
    return equal_merged(CountedFlats(*(np.concatenate(column) for column in zip(*parts, strict=True))))


def covers_of(flats: CountedFlats, rows: IntMatrix) -> CountedFlats:
    """The flats spanned by a flat of the batch and a row before all of it; values summed over the batch."""
    n = len(rows)
    label = line_labels(modulo(flats, rows).reshape(len(flats.least) * n, -1)).reshape(-1, n)
    order = np.argsort(label, axis=1, kind="stable")
    label = np.take_along_axis(label, order, 1)
    new = np.ones(label.shape, dtype=bool)
    new[:, 1:] = label[:, 1:] != label[:, :-1]
    start = np.flatnonzero(new)
    flat, least = start // n, order.ravel()[start]  # a stable order: the smallest row of the class
    classes = [np.bitwise_or.reduceat(word.ravel(), start) for word in bits(order, flats.members.shape[1])]
    kept = np.flatnonzero(least < flats.least[flat])
    flat, least = flat[kept], least[kept]
    members = flats.members[flat] | np.stack(classes, axis=1)[kept]
    annihilator = annihilators(flats.annihilator[flat], rows[least])
    return equal_merged(CountedFlats(members, -flats.moebius[flat], least, annihilator))


def bits(index: NDArray[np.intp], words: int) -> Iterator[NDArray[np.uint64]]:
    """For each 64-bit word, the bit of the index where it falls into that word, else 0."""
    bit = np.left_shift(np.uint64(1), (index % 64).astype(np.uint64))
    for word in range(words):
        yield np.where(index // 64 == word, bit, np.uint64(0))


def equal_merged(flats: CountedFlats) -> CountedFlats:
    """Equal flats merged, their values added."""
    order = np.lexsort(flats.members.T)
    members = flats.members[order]
    new = np.ones(len(order), dtype=bool)
    new[1:] = (members[1:] != members[:-1]).any(axis=1)
    start = np.flatnonzero(new)
    kept = order[start]
    moebius = np.add.reduceat(flats.moebius[order], start)
    return CountedFlats(members[start], moebius, flats.least[kept], flats.annihilator[kept])


def annihilators(parents: IntMatrix, row: IntMatrix) -> IntMatrix:
    """What vanishes on the parent flat and on one further row, as one primitive vector less.

    Each vector has a private coordinate besides the pivots of earlier steps, hence is a vector of minors
    up to scale, and made primitive it cannot grow beyond them.
    """
    if 2 * (row.shape[1] + 1) * (largest(parents) + 1) ** 2 * (largest(row) + 1) > INT64_LIMIT:
        parents, row = widen(parents), widen(row)
    on_row = (parents * row[:, None]).sum(axis=2)
    each = np.arange(len(parents))
    pivot = np.argmax(on_row != 0, axis=1)
    others = np.arange(parents.shape[1]) != pivot[:, None]
    crossed = (
        parents * on_row[each, pivot][:, None, None] - parents[each, pivot][:, None] * on_row[:, :, None]
    )
    remaining = crossed[others].reshape(len(parents), parents.shape[1] - 1, parents.shape[2])
    return narrow(divided_by_gcd(remaining))
