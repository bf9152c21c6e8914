"""What a unit on data hyperplanes may choose: the sets of subgradient parts at its kinks.

Let x_j . theta = 0 for the rows j of Z, and let b_j = phi nu_j x_j. Near theta the loss is smooth on each cell of the
arrangement of the rows of Z, and there its gradient in theta holds -sum of b_j over the rows active in that cell.

* The Clarke subdifferential is the convex hull of the limits of gradients: the part of Z runs over
  `Hull`, conv { sum_{j active in c} b_j : c a cell around theta }.
* The chain rule with any derivative t_j in [0, 1] of the ReLU at 0, row by row, gives the larger (or equal)
  `Box`, { sum_j t_j b_j : 0 <= t_j <= 1 }.

The two are equal if the rows of Z are independent (every pattern on Z is a cell) and if the phi nu_j have one sign:
then the support function of the hull, max over cells c of sum_{j in c} b_j . v, is attained at the cell of v (or
of -v), where it equals that of the box, sum_j (b_j . v)_+. They differ for two equal rows with nu_1 = -nu_2.

Both are hulls of finitely many points, so membership is linear programming: decided exactly, as membership in a cone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, fmpq

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.errors import Undecided
from polyrelu.exact.linear import dot, rank
from polyrelu.exact.polyhedron import HRepresentation, vertices_rays_lines
from polyrelu.exact.projection import project
from polyrelu.exact.rational import is_rational, to_fraction, to_vector
from polyrelu.exact.vectors import common_field
from polyrelu.guess import bounded_least_squares, nonnegative_least_squares
from polyrelu.networks.coordinates import (
    ball_norm,
    compatible,
    enclosed,
    is_exact,
    positive_part,
    rounded,
    sign_of,
)

Vector = Sequence[Any]
MAX_CELLS = 20_000


@dataclass(frozen=True)
class Box:
    """{ sum t_j b_j : 0 <= t_j <= 1 }; the origin if there are no b_j."""

    moves: tuple[Vector, ...]

    def contains(self, a: Vector) -> bool:
        """Whether a = sum t_j b_j with 0 <= t_j <= 1, exactly: slacks 1 - t_j make it a cone."""
        if not self.moves:
            return all(sign_of(v, "an entry of the gradient") == 0 for v in a)
        m, zero = len(self.moves), [fmpq(0)] * len(a)
        unit = [[fmpq(int(i == j)) for i in range(m)] for j in range(m)]
        generators = [[*b, *e] for b, e in zip(self.moves, unit, strict=True)] + [[*zero, *e] for e in unit]
        return in_cone(generators, [*a, *([fmpq(1)] * m)])

    def support(self, v: Vector) -> Any:
        """The maximum of k . v over the set."""
        return sum((positive_part(dot(b, v)) for b in self.moves), start=fmpq(0))

    def near(self, a: Vector) -> list[Any]:
        """A point of the set that floats believe to be nearest to a."""
        if not self.moves:
            return [fmpq(0)] * len(a)
        return _combined(_clipped(bounded_least_squares(_floats(self.moves).T, _floats([a])[0])), self.moves)


@dataclass(frozen=True)
class Hull:
    """The convex hull of finitely many points."""

    points: tuple[Vector, ...]

    def contains(self, a: Vector) -> bool:
        """Whether a is a convex combination of the points, exactly."""
        return in_cone([[*p, fmpq(1)] for p in self.points], [*a, fmpq(1)])

    def support(self, v: Vector) -> Any:
        """The maximum of k . v over the set."""
        values = [dot(p, v) for p in self.points]
        best = values[0]
        for value in values[1:]:
            best = best + positive_part(value - best)
        return best

    def near(self, a: Vector) -> list[Any]:
        """A point of the set that floats believe to be nearest to a."""
        points, target = _floats(self.points), _floats([a])[0]
        weight = 1e3 * (float(np.abs(points).max(initial=0.0)) or 1.0)
        rows = np.vstack([points.T, np.full(len(points), weight)])
        share = nonnegative_least_squares(rows, np.append(target, weight))
        chosen = _clipped(share if share.any() else np.ones(len(points)), None)  # any share will do
        total = sum(chosen, start=fmpq(0))
        return _combined([c / total for c in chosen], self.points)


def clarke_set(rows: Sequence[Vector], factors: Sequence[Any], moves: tuple[Vector, ...]) -> Box | Hull:
    """The Clarke set of kink rows x_j with factors phi nu_j; `LimitReached` if there are too many cells."""
    signs = {sign_of(f, "a residual at a kink") for f in factors} - {0}
    if len(signs) <= 1 or rank(rows) == len(rows):
        return Box(moves)
    cells = enumerate_cells([[to_fraction(v) for v in row] for row in rows], max_cells=MAX_CELLS)
    return Hull(tuple(_combined([fmpq(int(on)) for on in c], moves) for c in cells.patterns))


def in_cone(generators: Sequence[Vector], target: Vector) -> bool:
    """Whether the target is a nonnegative combination of the generators, exactly.

    Over Q: the projection of -g onto { w : A w >= 0 } is -g + A^T rho with rho >= 0, and it is 0 iff g lies in the
    cone of the rows of A. Over other fields: whether the polyhedron of coefficients has a vertex.
    """
    if not is_exact([v for g in (*generators, target) for v in g]):
        return _undecided(generators, target)
    if all(is_rational(v) for g in (*generators, target) for v in g):
        return not any(project(generators, [-v for v in to_vector(target)]).p)
    *columns, right = common_field([*generators, target])
    m = len(columns)
    equations = [[-b, *(g[i] for g in columns)] for i, b in enumerate(right)]
    positive = [[0, *(int(i == j) for i in range(m))] for j in range(m)]
    return bool(vertices_rays_lines(HRepresentation.from_rows(m, positive, equations)).vertices)


def _undecided(generators: Sequence[Vector], target: Vector) -> bool:
    """With balls only "no" can be proved: by a direction that separates the target from the cone."""
    G, g = _floats(generators), _floats([target])[0]
    away = np.nan_to_num(g - G.T @ nonnegative_least_squares(G.T, g))
    v = [fmpq(*float(x).as_integer_ratio()) for x in away]
    *lifted, right = compatible(*generators, target)
    if all(bool(enclosed(dot(row, v)) <= 0) for row in lifted) and bool(enclosed(dot(right, v)) > 0):
        return False
    raise Undecided("is a gradient at a kink = 0? Its coordinates are known only as balls")


def _floats(vectors: Sequence[Vector]) -> Any:
    return np.array([[rounded(v) for v in vector] for vector in vectors])


def _clipped(values: Any, top: float | None = 1.0) -> list[fmpq]:
    """Floats as rationals in [0, top]."""
    limited = np.clip(np.nan_to_num(values, nan=0.0, posinf=0.0), 0.0, top)
    return [fmpq(*float(v).as_integer_ratio()) for v in limited]


def _combined(coefficients: Sequence[fmpq], vectors: Sequence[Vector]) -> list[Any]:
    return [dot(coefficients, column) for column in zip(*vectors, strict=True)]


def distance_from(a: Vector, part: Box | Hull) -> tuple[arb, arb]:
    """Balls below and above the distance from a to the set: a point of it, and the half-space it ends in.

    For every v: distance >= (a . v - max_k k . v) / |v|; v = a - (nearest point) attains it.
    """
    vector, chosen = compatible(a, part.near(a))
    rest = [x - y for x, y in zip(vector, chosen, strict=True)]
    upper = ball_norm(rest)
    v = [fmpq(*rounded(x).as_integer_ratio()) if np.isfinite(rounded(x)) else fmpq(0) for x in rest]
    if not any(v):
        return arb(0), upper
    gap = enclosed(dot(vector, v)) - enclosed(part.support(v))
    return (gap / ball_norm(v)).max(arb(0)), upper
