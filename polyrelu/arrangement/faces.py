"""A point of every lower-dimensional face of an arrangement: the cells of its restriction to every flat."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from polyrelu.arrangement.flats import Flats, cut
from polyrelu.arrangement.lifting import cells, pairs_of, whole_space
from polyrelu.exact.integers import packed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from polyrelu.exact.integers import IntMatrix


def points_of_faces(rows: IntMatrix) -> Iterator[IntMatrix]:
    """For k = 1, ..., r: a point of each face of codimension k, for rows of full column rank r."""
    flats = whole_space(rows)
    for _ in range(rows.shape[1]):
        flats = cuts_by_all(flats, rows)
        points, _ = cells(flats, rows)
        yield np.concatenate([points, -points])


def cuts_by_all(flats: Flats, rows: IntMatrix) -> Flats:
    """The distinct flats of the next lower dimension; a flat is told by the rows vanishing on it."""
    parts = []
    for owner, row in pairs_of(flats):
        cuts = cut(flats, owner, row, rows).flats
        parts.append(unrepeated(cuts))
    together = Flats(*(np.concatenate(x) for x in zip(*((p.bases, p.cutting) for p in parts), strict=True)))
    return unrepeated(together)


def unrepeated(flats: Flats) -> Flats:
    """Each flat once."""
    _, first = np.unique(packed(flats.cutting), axis=0, return_index=True)
    return Flats(flats.bases[first], flats.cutting[first])
