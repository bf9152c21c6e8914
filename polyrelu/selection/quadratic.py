"""A convex quadratic over a polytope in boxed standard form { M x = b, 0 <= x <= u }, minimised with proof.

Floats guess which variables are at a bound (`_guessed`). The Karush-Kuhn-Tucker system of that guess is then solved
in the arithmetic at hand, and its signs are proved; where they fail, the guess is corrected as an active set method
would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from polyrelu.errors import Undecided
from polyrelu.exact.linear import dot, in_balls, independent, solve, solve_columns
from polyrelu.exact.real import sign
from polyrelu.networks.coordinates import positive_part, rounded
from polyrelu.optimal_set.boxed import FREE, LOWER, UPPER, BasicSolution, Boxed, Sides

Vector = list[Any]
Floats = NDArray[np.float64]

NEAR = 1e-7
"""A guessed variable this near to its bound, relative to the largest, is taken to be there."""
MAX_CORRECTIONS = 60
MIXTURES = (0.0, 1e-12, 1e-9, 1e-6, 1e-3, 1.0)
"""Parts of an inner point that are mixed into a guess until it is feasible."""


@dataclass(frozen=True, eq=False)
class Quadratic:
    """q(x) = x.Gx/2 + h.x + c with G symmetric and positive semidefinite."""

    G: Sequence[Sequence[Any]]
    h: Sequence[Any]
    c: Any

    @classmethod
    def least_squares(cls, columns: Sequence[Sequence[Any]], target: Sequence[Any]) -> Quadratic:
        """|sum x_k columns_k - target|^2.

        >>> Quadratic.least_squares([[fmpq(1), fmpq(2)]], [fmpq(3), fmpq(0)]).value([fmpq(1)])
        8
        """
        G = [[dot(a, b) * 2 for b in columns] for a in columns]
        return cls(G, [dot(a, target) * -2 for a in columns], dot(target, target))

    def gradient(self, x: Sequence[Any]) -> Vector:
        """G x + h."""
        return [dot(row, x) + linear for row, linear in zip(self.G, self.h, strict=True)]

    def value(self, x: Sequence[Any]) -> Any:
        """q(x)."""
        return dot([g + linear for g, linear in zip(self.gradient(x), self.h, strict=True)], x) / 2 + self.c

    def pulled_back(
        self, slopes: Sequence[tuple[int, Any] | None], offsets: Sequence[Any], size: int
    ) -> Quadratic:
        """The same function of x, where t_k = slope * x_j + offset_k for (j, slope) = slopes_k, or t_k = offset_k."""
        at_offset = self.gradient(offsets)
        G: list[Vector] = [[fmpq(0)] * size for _ in range(size)]
        h: Vector = [fmpq(0)] * size
        moving = [(k, place) for k, place in enumerate(slopes) if place is not None]
        for k, (i, slope) in moving:
            h[i] = h[i] + at_offset[k] * slope
            for m, (j, other) in moving:
                G[i][j] = G[i][j] + self.G[k][m] * (slope * other)
        return Quadratic(G, h, self.value(offsets))


# ------------------------------------------------------------------ proved


def minimiser(q: Quadratic, system: Boxed) -> Vector | None:
    """A proved minimiser, or None where the guessed sides could not be corrected. Imprecise over balls too coarse."""
    if system.size == 0:
        return []
    sides = _sides_of(_guessed(q, system), system)
    seen: set[Sides] = set()
    while sides not in seen and len(seen) < MAX_CORRECTIONS:
        seen.add(sides)
        stationary = _stationary(q, system, sides)
        if stationary is None:
            return None
        corrected = _corrected(system, sides, *stationary)
        if corrected is None:
            return stationary[0]
        sides = corrected
    return None


def _stationary(q: Quadratic, system: Boxed, sides: Sides) -> tuple[Vector, Vector] | None:
    """x with bound variables at their bounds and G x + h + M^T mu = 0 on the others; and G x + h + M^T mu."""
    free = [j for j, side in enumerate(sides) if side == FREE]
    x: Vector = [system.upper[j] if side == UPPER else fmpq(0) for j, side in enumerate(sides)]
    M = [[column[i] for column in system.columns] for i in range(len(system.right))]
    gradient = q.gradient(x)
    rows = [[*(q.G[i][j] for j in free), *(row[i] for row in M)] for i in free]
    rows += [[*(row[j] for j in free), *([fmpq(0)] * len(M))] for row in M]
    right = [gradient[i] * -1 for i in free] + [
        b - dot(row, x) for b, row in zip(system.right, M, strict=True)
    ]
    if in_balls(rows) or in_balls([right]):
        columns = [list(column) for column in zip(*rows, strict=True)]
        solution: Vector | None = solve_columns(
            [[arb(v) for v in c] for c in columns], [[arb(v) for v in right]]
        )[0]
    else:
        solution = solve(rows, right)
    if solution is None:
        return None
    for j, value in zip(free, solution, strict=False):
        x[j] = value
    mu = solution[len(free) :]
    reduced = [g + dot(column, mu) for g, column in zip(q.gradient(x), system.columns, strict=True)]
    return x, [fmpq(0) if j in free else r for j, r in enumerate(reduced)]


def _corrected(system: Boxed, sides: Sides, x: Vector, reduced: Vector) -> Sides | None:
    """Better sides: variables beyond a bound are put there, else the first that wants to leave its bound is freed."""
    changed = list(sides)
    for j, side in enumerate(sides):
        if side == FREE and sign(x[j]) < 0:
            changed[j] = LOWER
        elif side == FREE and system.upper[j] is not None and sign(system.upper[j] - x[j]) < 0:
            changed[j] = UPPER
    if tuple(changed) != sides:
        return tuple(changed)
    leaving = next((j for j, side in enumerate(sides) if side * sign(reduced[j]) > 0), None)
    if leaving is None:
        return None
    changed[leaving] = FREE
    return tuple(changed)


def gap_bound(q: Quadratic, system: Boxed, near: NearPoint, most: Any) -> Any:
    """A proved upper bound of q(x) - min q at a feasible x; `most` bounds the variables that have no bound.

    Any mu would do. This one makes the reduced gradient vanish on a basis of variables far from their bounds.
    """
    gradient = q.gradient(near.x)
    rows = [[system.columns[j][i] for j in near.basis] for i in range(len(system.right))]
    mu = [*solve_columns(rows, [[gradient[j] * -1 for j in near.basis]])[0]]
    total: Any = fmpq(0)
    for j, column in enumerate(system.columns):
        if j not in near.basis:
            r = gradient[j] + dot(column, mu)
            bound = most if system.upper[j] is None else system.upper[j]
            total = total + (positive_part(r) * near.x[j] + positive_part(r * -1) * (bound - near.x[j]))
    return total


# ------------------------------------------------------------------ guessed


@dataclass(frozen=True, eq=False)
class NearPoint:
    """A feasible point, and a basis of columns that it was solved for."""

    x: Vector
    basis: tuple[int, ...]


def near_point(q: Quadratic, system: Boxed, inner: Sequence[Any]) -> NearPoint:
    """A proved feasible point near the guessed minimiser, moved towards an inner point as far as it needs."""
    guess, centre = _guessed(q, system), np.array([rounded(v) for v in inner])
    upper = _upper(system)
    for part in MIXTURES:
        near = np.clip((1 - part) * guess + part * centre, 0, np.nextafter(upper, 0))
        order = sorted(range(system.size), key=lambda j: -min(near[j], upper[j] - near[j]))
        basis = _first_basis(system, order)
        rest = tuple(fmpq(*float(near[j]).as_integer_ratio()) for j in range(system.size) if j not in basis)
        x = system.point(BasicSolution(basis, rest))
        if all(_is_inside(x[j], system.upper[j]) for j in range(system.size)):
            return NearPoint(x, basis)
    raise Undecided("no point near the guessed choice could be proved to be optimal for the training problem")


def _first_basis(system: Boxed, order: Sequence[int]) -> tuple[int, ...]:
    """A basis among the first columns that hold one (over balls `independent` looks at sizes, not at the order)."""
    R = len(system.right)
    for count in range(R, system.size + 1):
        basis = independent(system.columns, order[:count]) if count else []
        if len(basis) == R:
            return tuple(sorted(basis))
    raise Undecided("no basis of the optimal weights' equations could be certified at this precision")


def _is_inside(value: Any, upper: Any) -> bool:
    low = bool(value >= 0)  # over balls: certainly
    return low and (upper is None or bool(upper - value >= 0))


def _upper(system: Boxed) -> Floats:
    return np.array([np.inf if u is None else rounded(u) for u in system.upper])


def _guessed(q: Quadratic, system: Boxed) -> Floats:
    """The minimiser according to a float solver."""
    from scipy import optimize

    minimize: Any = optimize.minimize
    M = np.array([[rounded(v) for v in column] for column in system.columns]).T.reshape(-1, system.size)
    b = np.array([rounded(v) for v in system.right])
    G, h = np.array([[rounded(v) for v in row] for row in q.G]), np.array([rounded(v) for v in q.h])
    upper, size = _upper(system), float(np.abs(G).max() + np.abs(h).max()) or 1.0
    start = np.linalg.lstsq(M, b, rcond=None)[0] if len(b) else np.zeros(system.size)
    found = minimize(
        lambda x: float(x @ G @ x / 2 + h @ x) / size,
        np.clip(start, 0, upper),
        jac=lambda x: (G @ x + h) / size,
        bounds=[(0, None if np.isinf(u) else u) for u in upper],
        constraints=[{"type": "eq", "fun": lambda x: M @ x - b, "jac": lambda _: M}] if len(b) else [],
        method="SLSQP",
        options={"ftol": 1e-15, "maxiter": 500},
    )
    return np.clip(np.nan_to_num(np.asarray(found.x, dtype=np.float64)), 0, upper)


def _sides_of(x: Floats, system: Boxed) -> Sides:
    near, upper = NEAR * max(float(np.abs(x).max(initial=0)), 1e-300), _upper(system)
    return tuple(
        LOWER if v <= near else UPPER if u - v <= near else FREE for v, u in zip(x, upper, strict=True)
    )
