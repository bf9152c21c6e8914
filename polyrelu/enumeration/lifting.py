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

from polyrelu.enumeration.flats import Cuts, Flats, cut
from polyrelu.enumeration.planes import cells_of_planes
from polyrelu.exact.integers import (
    FLOAT_LIMIT,
    INT64_LIMIT,
    IntMatrix,
    integers,
    largest,
    narrow,
    values,
    weight,
    widen,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

BATCH = 4096  # flats or points handled together: large against the cost of a call, small against the cache


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
    for start in range(0, len(row), BATCH):
        yield owner[start : start + BATCH], row[start : start + BATCH]


def cells_beside(flats: Flats, owner: NDArray[np.intp], row: NDArray[np.intp], rows: IntMatrix) -> Cells:
    """The cells of flats[owner] that have a facet on rows[row], and no facet on a later row, among others."""
    cuts = first_of_each(cut(flats, owner, row, rows), flats)
    width = int(row.max())
    points, owner = cells(Flats(cuts.flats.bases, cuts.flats.cutting[:, :width]), rows[:width])
    found = []
    for start in range(0, len(points), BATCH):
        batch = slice(start, start + BATCH)
        found += lift(points[batch], owner[batch], cuts, flats, rows)
    return distinct(found)


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
    least = least_multiples(
        values(points, rows), values(cuts.direction, rows)[child], cuts.flats.cutting[child]
    )
    found = []
    for sign, multiple in zip((1, -1), least, strict=True):
        candidates = multiples_plus(multiple, points, sign * direction)
        found.append(signed(candidates, owner, flats.cutting, rows))
    return found


def multiples_plus(multiple: IntMatrix, points: IntMatrix, direction: IntMatrix) -> IntMatrix:
    """K p + v, row by row."""
    if (largest(multiple) + 1) * (largest(points) + 1) + largest(direction) > INT64_LIMIT:
        multiple, points = widen(multiple), widen(points)
    return narrow(multiple[:, None] * points + direction)


def fits(points: IntMatrix, rows: IntMatrix) -> NDArray[np.bool_]:
    """Which points have products with the rows that a float64 carries exactly."""
    limit = FLOAT_LIMIT // (weight(rows) + 1)
    return np.asarray(np.abs(points).max(axis=1) < limit, dtype=bool)


def least_multiples(
    at_point: NDArray[Any], at_direction: NDArray[Any], earlier: NDArray[np.bool_]
) -> tuple[IntMatrix, IntMatrix]:
    """The least K > 0 for which K p + v, respectively K p - v, keeps the signs of p on the earlier rows.

    K p + v needs K > -t and K p - v needs K > t for the ratios t = x.v / x.p. A rounded quotient serves as
    well as an exact one: rounding is monotone, so t >= k implies that the float is >= k, for integers k.
    """
    width = earlier.shape[1]
    numerator = np.where(earlier, at_direction[:, :width], 0)
    denominator = np.where(earlier, at_point[:, :width], 1)
    if numerator.dtype == np.float64 and denominator.dtype == np.float64:
        ratio = numerator / denominator
        low, high = ratio.min(axis=1, initial=0), ratio.max(axis=1, initial=0)
        return np.floor(-low).astype(np.int64) + 1, np.floor(high).astype(np.int64) + 1
    numerator, denominator = integers(numerator), integers(denominator)
    low = (-numerator // denominator).max(axis=1, initial=0)
    return low + 1, (numerator // denominator).max(axis=1, initial=0) + 1


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


def packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Rows of bits as rows of 64-bit words, in lexicographic order."""
    eight = np.packbits(bits, axis=1)
    whole = np.zeros((len(bits), -(-bits.shape[1] // 64) * 8), dtype=np.uint8)
    whole[:, : eight.shape[1]] = eight
    return whole.view(">u8").astype(np.uint64)


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
    columns = [*([] if owner is None else [owner]), *words.T]
    if not columns:
        return np.arange(len(words)), np.arange(len(words)) == 0
    order = np.lexsort(columns[::-1])
    new = np.zeros(len(order), dtype=bool)
    new[:1] = True
    for column in columns:
        ordered = column[order]
        new[1:] |= ordered[1:] != ordered[:-1]
    return order, new


def whole_space(rows: IntMatrix) -> Flats:
    """The space R^d as the one flat that all rows cut."""
    return Flats(np.eye(rows.shape[1], dtype=np.int64)[None], np.ones((1, len(rows)), dtype=bool))


def cells_touching(rows: IntMatrix, chosen: NDArray[np.intp]) -> Cells:
    """Cells of the whole arrangement, among them all whose last facet is on one of the chosen rows.

    The unit of parallel work: a top-level function of plain arrays.
    """
    space = whole_space(rows)
    if space.dimension == 2:
        points, owner = cells_of_planes(space, rows)
        return distinct([signed(points, owner, space.cutting, rows)])
    return cells_beside(space, np.zeros(len(chosen), dtype=np.intp), chosen, rows)
