"""Faces of a polyhedron from the incidence of its facets with its generators alone.

A face is determined by the generators in it, and the sets of generators of the non-empty faces are the
intersections of the facets' sets (the whole polyhedron being the empty intersection). Faces without a vertex
lie at infinity and do not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import reduce
from itertools import combinations


@dataclass(frozen=True)
class Adjacency:
    """The edges of a polyhedron: pairs of vertices, and pairs (vertex, ray), as indices into its lists."""

    bounded: tuple[tuple[int, int], ...]
    unbounded: tuple[tuple[int, int], ...]


def face_numbers(incidence: Sequence[AbstractSet[int]], vertices: int, rays: int) -> tuple[int, ...]:
    """How many faces there are on each level, minimal faces first, the polyhedron itself last.

    >>> face_numbers([{0, 1}, {1, 2}, {2, 0}], 3, 0)
    (3, 3, 1)
    """
    masks = [sum(1 << k for k in facet) for facet in incidence]
    return tuple(len(level) for level in faces_by_level(masks, vertices, rays))


def faces_by_level(masks: Sequence[int], vertices: int, rays: int = 0) -> list[set[int]]:
    """The faces as bit masks of their generators, minimal faces first, the polyhedron itself last.

    `masks` are the facets' sets, or those of any inequalities that define the polyhedron. Descends level by level:
    the facets of a face F are the maximal sets among the intersections of F with these that are not F. (The face
    lattice is graded, so levels are dimensions.)

    >>> [len(level) for level in faces_by_level([0b011, 0b110, 0b101], 3)]
    [3, 3, 1]
    """
    finite = (1 << vertices) - 1
    level, levels = {(1 << (vertices + rays)) - 1}, []
    while level:
        levels.append(level)
        level = {below for face in level for below in _facets_of(face, masks, finite)}
    return levels[::-1]


def _facets_of(face: int, masks: Sequence[int], finite: int) -> set[int]:
    parts = {face & mask for mask in masks} - {face}
    parts = {part for part in parts if part & finite}
    return {part for part in parts if not any(part & other == part for other in parts - {part})}


def edges(incidence: Sequence[AbstractSet[int]], vertices: int, rays: int) -> Adjacency:
    """Two generators (not both rays) span an edge iff no third one lies in all the facets that hold both."""
    total = vertices + rays
    facets_at = [sum(1 << f for f, facet in enumerate(incidence) if k in facet) for k in range(total)]
    held = [sum(1 << k for k in facet) for facet in incidence]
    found = [
        (i, k)
        for i, k in combinations(range(total), 2)
        if i < vertices and _smallest_face(facets_at[i] & facets_at[k], held, total) == 1 << i | 1 << k
    ]
    return Adjacency(
        tuple((i, k) for i, k in found if k < vertices),
        tuple((i, k - vertices) for i, k in found if k >= vertices),
    )


def _smallest_face(facets: int, held: Sequence[int], total: int) -> int:
    chosen = (mask for f, mask in enumerate(held) if facets >> f & 1)
    return reduce(int.__and__, chosen, (1 << total) - 1)
