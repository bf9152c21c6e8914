"""The convex hull of a few points in space, of whatever dimension it turns out to have, and smooth meshes on it."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from polyrelu.show.floats import Floats

NEAR = 1e-9
PATCHES = 10_000


@dataclass(frozen=True, eq=False)
class Hull:
    """A point, a segment, a polygon or a solid."""

    dimension: int
    corners: Floats  # (m, D)
    polygons: tuple[
        tuple[int, ...], ...
    ]  # each facet of a solid (the polygon itself in a plane), in cyclic order
    edges: tuple[tuple[int, int], ...]


def hull(points: Floats) -> Hull:
    """The hull of points in R^3; points nearer than a billionth of the whole are one."""
    apart = _distinct(points)
    centred = apart - apart.mean(axis=0)
    size = float(np.abs(centred).max(initial=0.0)) or 1.0
    _, spread, axes = np.linalg.svd(centred, full_matrices=False)
    dimension = int((spread > NEAR * size * sqrt(len(apart))).sum())
    if dimension == 0:
        return Hull(0, apart[:1], (), ())
    flat = centred @ axes[:dimension].T
    if dimension == 1:
        ends = [int(flat[:, 0].argmin()), int(flat[:, 0].argmax())]
        return Hull(1, apart[ends], (), ((0, 1),))
    from scipy.spatial import ConvexHull

    found = ConvexHull(flat / size)
    corners = np.sort(found.vertices)
    place = {int(v): i for i, v in enumerate(corners)}
    kept = flat[corners]
    faces = [tuple(range(len(corners)))] if dimension == 2 else _facets(found, place)
    polygons = tuple(_in_cycle(kept, face) for face in faces)
    edges = {tuple(sorted(e)) for p in polygons for e in zip(p, (*p[1:], p[0]), strict=True)}
    return Hull(dimension, apart[corners], polygons, tuple(sorted((a, b) for a, b in edges)))


def _distinct(points: Floats) -> Floats:
    size = float(np.abs(points).max(initial=0.0)) or 1.0
    _, first = np.unique(np.round(points / size, 9) + 0.0, axis=0, return_index=True)
    return np.asarray(points[np.sort(first)])


def _facets(found: object, place: dict[int, int]) -> list[tuple[int, ...]]:
    """Triangles in one plane are one facet."""
    facets: dict[tuple[float, ...], set[int]] = {}
    simplices, equations = found.simplices, found.equations  # type: ignore[attr-defined]
    for triangle, equation in zip(simplices, equations, strict=True):
        same = next((e for e in facets if np.abs(np.array(e) - equation).max() < 1e-7), tuple(equation))
        facets.setdefault(same, set()).update(place[int(v)] for v in triangle)
    return sorted(tuple(sorted(face)) for face in facets.values())


def _in_cycle(points: Floats, face: tuple[int, ...]) -> tuple[int, ...]:
    around = points[list(face)] - points[list(face)].mean(axis=0)
    plane = np.linalg.svd(around, full_matrices=False)[2][:2]
    flat = around @ plane.T
    order = np.argsort(np.arctan2(flat[:, 1], flat[:, 0]), kind="stable")
    return tuple(face[int(i)] for i in order)


def patches(shape: Hull) -> Floats:
    """(N, 4, 3): small quadrilaterals that cover the polygons.

    They grow finer like t^2 towards the sides of each polygon: there a weight may vanish, and its square root has a
    vertical tangent, which this spacing makes straight.
    """
    triangles = sum(len(p) for p in shape.polygons)
    m = int(min(28, max(4, sqrt(PATCHES / max(triangles, 1)))))
    outwards, along = 1 - (1 - np.linspace(0, 1, m + 1)) ** 2, graded(m)
    quads = []
    for polygon in shape.polygons:
        corners = shape.corners[list(polygon)]
        centre = corners.mean(axis=0)
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            side = a + along[:, None] * (b - a) - centre
            grid = centre + outwards[:, None, None] * side[None]
            quads.append(
                np.stack([grid[:-1, :-1], grid[1:, :-1], grid[1:, 1:], grid[:-1, 1:]], axis=2).reshape(
                    -1, 4, 3
                )
            )
    return np.concatenate(quads) if quads else np.empty((0, 4, 3))


def paths(shape: Hull, m: int = 40) -> Floats:
    """(E, m + 1, 3): the edges as many points, close together at the ends."""
    ends = shape.corners[np.array(shape.edges, dtype=int).reshape(-1, 2)]
    return np.asarray(ends[:, :1] + graded(m)[None, :, None] * (ends[:, 1:] - ends[:, :1]))


def graded(m: int) -> Floats:
    """From 0 to 1 in m steps that are small at both ends."""
    return np.asarray((1 - np.cos(np.pi * np.arange(m + 1) / m)) / 2)
