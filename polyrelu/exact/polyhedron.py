"""Exact polyhedra: half-spaces to vertices and back, over any ordered field, with a choice of engines.

Convention, as in cddlib: `HalfSpace(b, a)` is { x : b + a.x >= 0 } and `HyperPlane(b, a)` is { x : b + a.x = 0 }.

A polyhedron P in K^d is handled as its homogenisation, the cone of all (x, t) with t >= 0 and b t + a.x >= 0.
Extreme rays with t > 0 are the vertices of P, those with t = 0 its rays; P is empty iff there is none with
t > 0. A polyhedron that contains lines has no vertex in the strict sense; its `vertices` are then one point on
each minimal face, modulo the lines (a cone has the origin).

>>> square = polyhedron(HRepresentation.from_rows(2, [(0, 1, 0), (0, 0, 1), (1, -1, 0), (1, 0, -1)]))
>>> [tuple(map(str, v)) for v in square.v.vertices]
[('0', '0'), ('0', '1'), ('1', '0'), ('1', '1')]
>>> square.f_vector()
(4, 4, 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from polyrelu.errors import BadInput
from polyrelu.exact import cone
from polyrelu.exact.face_lattice import Adjacency, edges, face_numbers
from polyrelu.exact.linear import dot
from polyrelu.exact.real import Number, Vector, is_zero, sign
from polyrelu.exact.representations import (
    HalfSpace,
    HRepresentation,
    HyperPlane,
    Line,
    Ray,
    VRepresentation,
)
from polyrelu.exact.vectors import common_field, distinct

__all__ = [
    "Adjacency",
    "HRepresentation",
    "HalfSpace",
    "HyperPlane",
    "Line",
    "Polyhedron",
    "Ray",
    "VRepresentation",
    "canonical",
    "facets",
    "polyhedron",
    "remove_redundancies",
    "vertices_rays_lines",
]


@dataclass(frozen=True)
class Polyhedron:
    """A polyhedron with both representations, irredundant and canonical: equal sets are equal objects."""

    h: HRepresentation
    v: VRepresentation

    @property
    def is_empty(self) -> bool:
        """Whether there is no point at all."""
        return not self.v.vertices

    @property
    def dimension(self) -> int:
        """The dimension of the affine hull; -1 for the empty set."""
        return -1 if self.is_empty else self.h.dim - len(self.h.equations)

    def contains(self, x: Vector) -> bool:
        """Whether x satisfies every half-space and hyperplane."""
        return all(sign(row.value(x)) >= 0 for row in self.h.inequalities) and all(
            is_zero(row.value(x)) for row in self.h.equations
        )

    def interior_point(self) -> Vector:
        """A point of the relative interior: the mean of the vertices plus the sum of the rays."""
        if self.is_empty:
            raise BadInput("the empty polyhedron has no relative interior point")
        means = [
            sum(column[1:], start=column[0]) / len(column) for column in zip(*self.v.vertices, strict=True)
        ]
        rays = [ray.direction for ray in self.v.rays]
        return tuple(mean + sum((r[j] for r in rays), start=mean - mean) for j, mean in enumerate(means))

    def incidence(self) -> tuple[frozenset[int], ...]:
        """For each inequality, the generators in it (vertices first, then rays, numbered through)."""
        points = [*((1, v) for v in self.v.vertices), *((0, ray.direction) for ray in self.v.rays)]
        return tuple(
            frozenset(k for k, (t, x) in enumerate(points) if is_zero(dot((row.b, *row.a), (t, *x))))
            for row in self.h.inequalities
        )

    def adjacency(self) -> Adjacency:
        """The bounded edges as pairs of vertices, the unbounded ones as pairs (vertex, ray), by index."""
        return edges(self.incidence(), len(self.v.vertices), len(self.v.rays))

    def f_vector(self) -> tuple[int, ...]:
        """The numbers of non-empty faces of dimension 0, ..., dim P (P itself is the last); () if empty.

        Faces at infinity are not counted. With an l-dimensional lineality space the first l numbers are 0.
        """
        if self.is_empty:
            return ()
        numbers = face_numbers(self.incidence(), len(self.v.vertices), len(self.v.rays))
        return (0,) * len(self.v.lines) + numbers


def polyhedron(given: HRepresentation | VRepresentation, engine: str | None = None) -> Polyhedron:
    """The polyhedron with both representations; engine is "cdd", "python" or None (cdd where it applies)."""
    if isinstance(given, VRepresentation):
        h = facets(given, engine)
        return Polyhedron(h, vertices_rays_lines(h, engine))
    v = vertices_rays_lines(given, engine)
    return Polyhedron(_thinned(given, v), v)


def vertices_rays_lines(h: HRepresentation, engine: str | None = None) -> VRepresentation:
    """The irredundant, canonical generators of the intersection of half-spaces and hyperplanes."""
    inequalities, equations = _rows(h)
    rays, lines = cone.generators(inequalities, equations, h.dim + 1, engine)
    return _from_cone(h.dim, rays, lines)


def facets(v: VRepresentation, engine: str | None = None) -> HRepresentation:
    """The irredundant, canonical half-spaces and hyperplanes of the hull of the generators."""
    if not v.vertices:
        return _empty(v.dim)
    rays, lines = _generators(v)
    return _facing(v.dim, *cone.generators(rays, lines, v.dim + 1, engine), rays)


def remove_redundancies(
    given: HRepresentation | VRepresentation, engine: str | None = None
) -> HRepresentation | VRepresentation:
    """The canonical irredundant representation of the same kind of the same set."""
    full = polyhedron(given, engine)
    return full.v if isinstance(given, VRepresentation) else full.h


def canonical(v: VRepresentation) -> VRepresentation:
    """The same generators up to scale, order and lineality: equal results mean equal lists (not only sets)."""
    return _from_cone(v.dim, *cone.canonical_generators(*_generators(v)))


def _rows(h: HRepresentation) -> tuple[list[Vector], list[Vector]]:
    """Homogeneous rows (a, b): b comes last, so that echelon forms pivot on coordinates first."""
    infinity = (*(0,) * h.dim, 1)
    rows = common_field([*((*row.a, row.b) for row in (*h.inequalities, *h.equations)), infinity])
    m = len(h.inequalities)
    return [*rows[:m], rows[-1]], rows[m:-1]


def _generators(v: VRepresentation) -> tuple[list[Vector], list[Vector]]:
    points = [*((*x, 1) for x in v.vertices), *((*ray.direction, 0) for ray in v.rays)]
    vectors = common_field([*points, *((*line.direction, 0) for line in v.lines)])
    return vectors[: len(points)], vectors[len(points) :]


def _from_cone(dim: int, rays: Sequence[Vector], lines: Sequence[Vector]) -> VRepresentation:
    points = [ray for ray in rays if not is_zero(ray[-1])]
    if not points:
        return VRepresentation(dim)
    vertices = distinct([tuple(_quotient(x, p[-1]) for x in p[:-1]) for p in points])
    directions = [ray[:-1] for ray in rays if is_zero(ray[-1])]
    return VRepresentation.from_vectors(dim, vertices, directions, [line[:-1] for line in lines])


def _quotient(x: Number, t: Number) -> Number:
    return Fraction(x, t) if isinstance(x, int) else x / t


def _thinned(h: HRepresentation, v: VRepresentation) -> HRepresentation:
    if not v.vertices:
        return _empty(h.dim)
    rows, equations = _rows(h)
    rays, _ = _generators(v)
    return _facing(h.dim, *cone.irredundant(rows, equations, rays), rays)


def _facing(
    dim: int, rows: Sequence[Vector], equations: Sequence[Vector], rays: Sequence[Vector]
) -> HRepresentation:
    """The facets that hold a point (the others are the hyperplane at infinity), and the equations."""
    points = [ray for ray in rays if not is_zero(ray[-1])]
    finite = [row for row in rows if any(is_zero(dot(row, p)) for p in points)]
    return HRepresentation.from_rows(
        dim, [(row[-1], *row[:-1]) for row in finite], [(row[-1], *row[:-1]) for row in equations]
    )


def _empty(dim: int) -> HRepresentation:
    """The canonical contradiction -1 >= 0."""
    return HRepresentation(dim, (HalfSpace(-1, (0,) * dim),))
