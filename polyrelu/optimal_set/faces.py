"""The faces of a polytope by dimension, from the vertices on each of its inequalities."""

from __future__ import annotations

from collections.abc import Sequence


def faces_by_dimension(masks: Sequence[int], vertices: int) -> list[set[int]]:
    """The non-empty faces as bit masks of their vertices, level 0 first; the last level is the polytope itself.

    The facets of a face F are the maximal sets among the intersections of F with the inequalities' sets that are
    not F. The lattice of faces is graded, so levels are dimensions.

    >>> [len(level) for level in faces_by_dimension([0b011, 0b110, 0b101], 3)]
    [3, 3, 1]
    """
    level, levels = {(1 << vertices) - 1}, []
    while level:
        levels.append(level)
        level = {below for face in level for below in _maximal_parts(face, masks)}
    return levels[::-1]


def _maximal_parts(face: int, masks: Sequence[int]) -> set[int]:
    parts = {face & mask for mask in masks} - {face, 0}
    return {part for part in parts if not any(part & other == part for other in parts - {part})}
