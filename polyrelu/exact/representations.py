"""The two ways to write down a polyhedron, with geometers' names for the pieces.

Convention, as in cddlib: `HalfSpace(b, a)` is { x : b + a.x >= 0 } and `HyperPlane(b, a)` is { x : b + a.x = 0 }.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from polyrelu.errors import BadInput
from polyrelu.exact.linear import dot
from polyrelu.exact.real import Number, Vector


@dataclass(frozen=True)
class HalfSpace:
    """{ x : b + a.x >= 0 }."""

    b: Number
    a: Vector

    def value(self, x: Vector) -> Number:
        """The slack b + a.x at x."""
        return dot((self.b, *self.a), (1, *x))


@dataclass(frozen=True)
class HyperPlane(HalfSpace):
    """{ x : b + a.x = 0 }."""


@dataclass(frozen=True)
class Ray:
    """The direction of a half-line, up to a positive factor."""

    direction: Vector


@dataclass(frozen=True)
class Line:
    """The direction of a line, up to a factor that is not zero."""

    direction: Vector


@dataclass(frozen=True)
class HRepresentation:
    """The intersection of half-spaces and hyperplanes in K^dim."""

    dim: int
    inequalities: tuple[HalfSpace, ...] = ()
    equations: tuple[HyperPlane, ...] = ()

    def __post_init__(self) -> None:
        _check_lengths(self.dim, [row.a for row in (*self.inequalities, *self.equations)])

    @classmethod
    def from_rows(
        cls, dim: int, inequalities: Iterable[Sequence[Any]] = (), equations: Iterable[Sequence[Any]] = ()
    ) -> HRepresentation:
        """From rows (b, a_1, ..., a_dim)."""
        return cls(
            dim,
            tuple(HalfSpace(row[0], tuple(row[1:])) for row in inequalities),
            tuple(HyperPlane(row[0], tuple(row[1:])) for row in equations),
        )


@dataclass(frozen=True)
class VRepresentation:
    """conv(vertices) + cone(rays) + span(lines) in K^dim; the empty set iff there are no vertices."""

    dim: int
    vertices: tuple[Vector, ...] = ()
    rays: tuple[Ray, ...] = ()
    lines: tuple[Line, ...] = ()

    def __post_init__(self) -> None:
        directions = [*(ray.direction for ray in self.rays), *(line.direction for line in self.lines)]
        _check_lengths(self.dim, [*self.vertices, *directions])
        if directions and not self.vertices:
            raise BadInput(
                "rays or lines without a vertex describe nothing: give a cone the origin as vertex"
            )

    @classmethod
    def from_vectors(
        cls,
        dim: int,
        vertices: Iterable[Sequence[Any]] = (),
        rays: Iterable[Sequence[Any]] = (),
        lines: Iterable[Sequence[Any]] = (),
    ) -> VRepresentation:
        """From plain vectors."""
        return cls(
            dim,
            tuple(tuple(v) for v in vertices),
            tuple(Ray(tuple(r)) for r in rays),
            tuple(Line(tuple(g)) for g in lines),
        )


def _check_lengths(dim: int, vectors: Iterable[Vector]) -> None:
    for vector in vectors:
        if len(vector) != dim:
            raise BadInput(f"a vector of length {len(vector)} in dimension {dim}: {vector!r}")
