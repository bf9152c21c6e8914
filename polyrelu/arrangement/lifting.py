"""All cells of a central arrangement, one of each antipodal pair, without linear programming.

Let the rows be distinct up to scale, c a cell and j the largest index of a facet of c. Then c is a cell of
the rows 1..j, and its facet on H_j is a whole cell of the restriction of the rows 1..j-1 to H_j. So, for
each j: find a witness p of each cell of that restriction (recursively), and emit K p + v and K p - v, where
v is an integer vector with x_j.v != 0 and K is the least positive integer for which the signs of p on the
earlier rows survive. Every cell appears, at least once; a candidate on a later hyperplane is dropped (that
hyperplane cuts its cell), and equal sign vectors are merged.

In a restriction several rows may have become proportional: the first of them stands for all.
Half of the cells is enough: if p runs over the cells of H_j up to sign, K p + v and K p - v together run
over the candidates up to sign.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from polyrelu.arrangement.flats import Cuts, Flats, cut
from polyrelu.arrangement.planes import cells_of_planes
from polyrelu.arrangement.shortening import shortened
from polyrelu.exact.integers import (
    FLOAT_LIMIT,
    INT64_LIMIT,
    IntMatrix,
    integers,
    largest,
    narrow,
    packed,
    row_sizes,
    row_weight,
    values,
    widen,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BATCH = 2**17  # numbers handled together: many against the cost of a call, few against the cache


class Cells(NamedTuple):
    """Witnesses of cells, the flat each is on, and the packed signs on the rows cutting that flat."""

    points: IntMatrix  # (N, d)
    owner: NDArray[np.intp]  # (N,)
    words: NDArray[np.uint64]  # (N, number of words); the first cutting row is positive


def cells(flats: Flats, rows: IntMatrix) -> tuple[IntMatrix, NDArray[np.intp]]:
    """Witnesses of the cells of every flat, one of each antipodal pair, and the flat each is on.

    A flat that no row cuts is one cell, its own antipode, with witness 0.
    """
    cut_at_all = flats.cutting.any(axis=1)
    uncut, rest = np.flatnonzero(~cut_at_all), np.flatnonzero(cut_at_all)
    found = [(np.zeros((len(uncut), rows.shape[1]), dtype=np.int64), uncut)]
    if len(rest):
        some = Flats(flats.bases[rest], flats.cutting[rest])
        if flats.dimension == 2:
            points, owner = cells_of_planes(some, rows)
        else:
            points, owner, _ = distinct([cells_beside(some, *pairs, rows) for pairs in pairs_of(some)])
        found.append((points, rest[owner]))
    return np.concatenate([points for points, _ in found]), np.concatenate([owner for _, owner in found])


def pairs_of(flats: Flats) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """The pairs (flat, row cutting it) in batches, ordered by row so that a batch needs few columns."""
    row, owner = np.nonzero(flats.cutting.T)
    for batch in batches(len(row), flats.cutting.shape[1]):
        yield owner[batch], row[batch]


def batches(count: int, width: int) -> Iterator[slice]:
    """Slices of so many flats or points, each of which has a product with `width` rows."""
    size = 1 + BATCH // (width + 1)
    return (slice(start, start + size) for start in range(0, count, size))


def cells_beside(flats: Flats, owner: NDArray[np.intp], row: NDArray[np.intp], rows: IntMatrix) -> Cells:
    """The cells of flats[owner] that have a facet on rows[row], and no facet on a later row, among others."""
    cuts = first_of_each(cut(flats, owner, row, rows), flats)
    width = int(row.max())
    points, owner = cells(Flats(cuts.flats.bases, cuts.flats.cutting[:, :width]), rows[:width])
    found = [signed(points[:0], owner[:0], flats.cutting, rows)]  # a batch may hold no first cut at all
    for batch in batches(len(points), len(rows)):
        found += lift(points[batch], owner[batch], cuts, flats, rows)
    together = distinct(found)
    return together._replace(points=shortened(*together, flats, rows))


def first_of_each(cuts: Cuts, flats: Flats) -> Cuts:
    """Only the cuts by the first of several rows that agree on the flat, each cut by earlier rows only."""
    earlier = np.arange(flats.cutting.shape[1]) < cuts.row[:, None]
    agreeing = flats.cutting[cuts.owner] & ~cuts.flats.cutting & earlier
    kept = np.flatnonzero(~agreeing.any(axis=1))
    restricted = Flats(cuts.flats.bases[kept], cuts.flats.cutting[kept] & earlier[kept])
    return Cuts(restricted, cuts.owner[kept], cuts.row[kept], cuts.direction[kept])


def lift(
    points: IntMatrix, child: NDArray[np.intp], cuts: Cuts, flats: Flats, rows: IntMatrix
) -> list[Cells]:
    """The candidates K p + v and K p - v beside each point p of a cut, signed and packed."""
    small = fits(points, rows)
    if not small.all() and small.any():
        parts = (small, ~small)
        return [c for part in parts for c in lift(narrow(points[part]), child[part], cuts, flats, rows)]
    owner, direction = cuts.owner[child], cuts.direction[child]
    at_point, at_direction = values(points, rows), values(cuts.direction, rows)[child]
    longest = row_sizes(points) // row_sizes(direction) + 1
    sides = room(at_point, at_direction, cuts.flats.cutting[child], longest)
    return [
        signed(multiples_plus(multiple, points, step, direction), owner, flats.cutting, rows)
        for multiple, step in sides
    ]


def multiples_plus(
    multiple: IntMatrix, points: IntMatrix, step: IntMatrix, direction: IntMatrix
) -> IntMatrix:
    """K p + m v, row by row."""
    bound = (largest(multiple) + 1) * (largest(points) + 1) + (largest(step) + 1) * (largest(direction) + 1)
    if bound > INT64_LIMIT:
        multiple, points, step, direction = (widen(x) for x in (multiple, points, step, direction))
    return narrow(multiple[:, None] * points + step[:, None] * direction)


def fits(points: IntMatrix, rows: IntMatrix) -> NDArray[np.bool_]:
    """Which points have products with the rows that a float64 carries exactly."""
    limit = FLOAT_LIMIT // (row_weight(rows) + 1)
    return np.asarray(row_sizes(points) < limit, dtype=bool)


def room(
    at_point: NDArray[Any], at_direction: NDArray[Any], earlier: NDArray[np.bool_], longest: IntMatrix
) -> list[tuple[IntMatrix, IntMatrix]]:
    """K > 0 and m, once m > 0 and once m < 0, such that K p + m v keeps the signs of p on the earlier rows.

    With t the largest of -+ x.v / x.p, the signs are kept iff K > |m| t. If t < 1 / 2 there is room for K = 1
    and a long step, taken about half way to the first hyperplane (but at most `longest`); else |m| = 1 and
    K is least. With floats: rounding is monotone, so a true t >= k gives a float >= k for integers k; and
    |m| <= 1 / 2t is half of what is allowed, which no rounding error can double.
    """
    width = earlier.shape[1]
    numerator = np.where(earlier, at_direction[:, :width], 0)
    denominator = np.where(earlier, at_point[:, :width], 1)
    if numerator.dtype != np.float64 or denominator.dtype != np.float64:
        numerator, denominator = integers(numerator), integers(denominator)
        numerator, denominator = numerator * np.where(denominator < 0, -1, 1), abs(denominator)
        return [integer_room(-side * numerator, denominator, side, longest) for side in (1, -1)]
    ratio = numerator / denominator
    sides = []
    for side, worst in ((1, -ratio.min(axis=1, initial=0)), (-1, ratio.max(axis=1, initial=0))):
        step = np.minimum(0.5 / np.maximum(worst, 2.0**-60), 2.0**60).astype(np.int64)
        sides.append((np.floor(worst).astype(np.int64) + 1, side * np.maximum(1, np.minimum(step, longest))))
    return sides


def integer_room(
    numerator: IntMatrix, denominator: IntMatrix, side: int, longest: IntMatrix
) -> tuple[IntMatrix, IntMatrix]:
    """The same for one side from integers of any size, t being the largest quotient, denominators positive."""
    multiple = (numerator // denominator).max(axis=1, initial=0) + 1
    against = numerator > 0
    allowed = (denominator - 1) // np.where(against, numerator, 1)
    step = np.where(against, allowed, longest[:, None]).min(axis=1, initial=largest(longest)) // 2
    return multiple, side * np.maximum(1, np.minimum(step, longest))


def signed(
    candidates: IntMatrix, owner: NDArray[np.intp], cutting: NDArray[np.bool_], rows: IntMatrix
) -> Cells:
    """Candidates off all hyperplanes, turned so that the first row cutting their flat is positive."""
    relevant = cutting[owner]
    at = values(candidates, rows)
    off = ((at != 0) | ~relevant).all(axis=1)
    candidates, owner, at, relevant = candidates[off], owner[off], at[off], relevant[off]
    first = np.argmax(cutting, axis=1)[owner]
    turn = at[np.arange(len(at)), first] < 0
    positive = ((at > 0) != turn[:, None]) & relevant
    points = candidates * np.where(turn, -1, 1)[:, None]
    return Cells(points, owner, packed(positive))


def distinct(parts: list[Cells]) -> Cells:
    """The parts together, sorted by flat and signs, one witness for each sign vector on each flat."""
    points, owner, words = (np.concatenate(column) for column in zip(*parts, strict=True))
    order, new = starts(words, owner)
    kept = order[new]
    return Cells(points[kept], owner[kept], words[kept])


def starts(
    words: NDArray[np.uint64], owner: NDArray[np.intp] | None = None
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """The order that sorts by (owner and) words, and where in that order a new value starts."""
    columns = [*([] if owner is None or not owner.any() else [owner]), *words.T]
    if not columns:
        return np.arange(len(words)), np.arange(len(words)) == 0
    sorted_already = len(columns) == 1 and (columns[0][1:] >= columns[0][:-1]).all()
    order = np.arange(len(words)) if sorted_already else np.lexsort(columns[::-1])
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for column in columns:
        ordered = column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    return order, new


def whole_space(rows: IntMatrix) -> Flats:
    """The space R^d as the one flat that all rows cut."""
    return Flats(np.eye(rows.shape[1], dtype=np.int64)[None], np.ones((1, len(rows)), dtype=bool))
