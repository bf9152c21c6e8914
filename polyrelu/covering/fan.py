"""The cells into which lines cut the directions of a plane or of space, with their walls, in exact integers.

A wall lies on one line k and between two cells, whose signs differ in line k alone. In a plane it is a ray. In space
line k is a plane of directions, which the rays v_k x v_j of the other lines cut into sectors: these are the walls.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyrelu.exact.integers import product

Vector = tuple[int, ...]
PART = 2**16
"""Products taken at once, which bounds the memory."""


class Wall(NamedTuple):
    """A face of a cell, spanned by one ray in a plane, by two in space."""

    normal: Vector
    """The line it is on, turned towards the cell."""
    square: int
    """||normal||^2"""
    rays: tuple[Vector, ...]
    edges: tuple[Vector, ...]
    """Orthogonal to the normal and a ray each, towards the other ray."""


class Fan(NamedTuple):
    """The sign of every line in each cell, and the walls of the cells."""

    sides: NDArray[np.int8]
    walls: tuple[tuple[Wall, ...], ...]


@lru_cache(maxsize=16)
def fan_of(V: tuple[Vector, ...]) -> Fan:
    """All cells of primitive lines, no two of them parallel, that span a plane or space."""
    on = [(k, rays) for k in range(len(V)) for rays in sectors(V, k)]
    inside = np.array([[sum(x) for x in zip(*rays, strict=True)] for _, rays in on], dtype=object)
    lines = np.array(V, dtype=object)
    parts = np.array_split(inside, 1 + len(inside) * len(V) // PART)
    sides = np.concatenate([np.sign(product(part, lines)).astype(np.int8) for part in parts])
    cells: dict[bytes, list[Wall]] = {}
    for (k, rays), side in zip(on, sides, strict=True):
        for s in (1, -1):
            side[k] = s
            cells.setdefault(side.tobytes(), []).append(wall(tuple(s * x for x in V[k]), rays))
    signs = np.frombuffer(b"".join(cells), dtype=np.int8).reshape(len(cells), len(V))
    return Fan(signs, tuple(map(tuple, cells.values())))


def sectors(V: tuple[Vector, ...], k: int) -> Iterator[tuple[Vector, ...]]:
    """The rays of each wall on line k."""
    v = V[k]
    if len(v) == 2:
        yield from [((-v[1], v[0]),), ((v[1], -v[0]),)]
        return
    ahead = next(i for i in range(3) if v[i])  # without this coordinate the plane is seen whole
    x, y = (i for i in range(3) if i != ahead)
    rays = {upwards(cross(v, w), x, y) for j, w in enumerate(V) if j != k}
    first = sorted(rays, key=lambda ray: slope(ray[x], ray[y]))
    around = [*first, *(tuple(-a for a in ray) for ray in first)]
    yield from pairwise([*around, around[0]])


def wall(normal: Vector, rays: tuple[Vector, ...]) -> Wall:
    """With its edges."""
    edges: tuple[Vector, ...] = ()
    if len(rays) == 2:
        axis = cross(*rays)
        edges = cross(axis, rays[0]), cross(rays[1], axis)
    return Wall(normal, sum(x * x for x in normal), rays, edges)


def cross(v: Vector, w: Vector) -> Vector:
    """The primitive vector orthogonal to both."""
    found = v[1] * w[2] - v[2] * w[1], v[2] * w[0] - v[0] * w[2], v[0] * w[1] - v[1] * w[0]
    factor = gcd(*found)
    return tuple(a // factor for a in found)


def upwards(ray: Vector, x: int, y: int) -> Vector:
    """It or its opposite, which has a positive coordinate x, or 0 and a positive y."""
    return ray if (ray[x], ray[y]) > (0, 0) else tuple(-a for a in ray)


def slope(x: int, y: int) -> tuple[bool, Fraction]:
    """By which the rays with x > 0, or x = 0 and y > 0, are sorted."""
    return x == 0, Fraction(y, x) if x else Fraction(0)
