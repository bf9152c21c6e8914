"""Polytopes in boxed standard form, { x : M x = b, 0 <= x <= upper }, and walks on their edges.

The rows of M are independent. The *sides* of a point say of each variable whether it is at its lower bound (-1), at
its upper bound (1) or between (0); a variable without an upper bound has upper None. A point is a vertex iff the
columns of its variables between bounds are independent, and sides name a vertex: no other has the same.

At a vertex whose free columns number as many as the rows (a *simple* one), every edge releases one bound. Elsewhere
take a basis B that holds the free columns, and write the others as d_j = (side) e_j, e >= 0. Each basic variable that
is at a bound adds an inequality c.e >= 0 to e >= 0; the edges are the extreme rays of that cone, that is, its vectors
whose tight inequalities have rank one less than the dimension, and they are found from all such subsets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import Any

from flint import fmpq

from polyrelu.errors import Contradiction, LimitReached
from polyrelu.exact.linear import Columns, in_balls, independent, null_space, solve_columns
from polyrelu.exact.real import Imprecise, known_sign, middle, sign

LOWER, FREE, UPPER = -1, 0, 1
UNMOVED = fmpq(0)
"""The entry of a dependence at a variable outside of it (which may be at a bound, where no rate is defined)."""
MAX_SUBSETS = 100_000
"""How many subsets of tight inequalities are tried at one vertex that is not simple."""
Sides = tuple[int, ...]
Vector = list[Any]


@dataclass(frozen=True)
class BasicSolution:
    """A point without coordinates: variables outside the basis are at a rational, or at `None`, their upper bound."""

    basis: tuple[int, ...]
    rest: tuple[fmpq | None, ...]


@dataclass(frozen=True)
class Vertex:
    """A vertex, named by its sides; the basis is one choice among those that hold its free columns."""

    sides: Sides
    basis: tuple[int, ...] = field(compare=False)

    @property
    def solution(self) -> BasicSolution:
        """The same point, ready for evaluation in any arithmetic."""
        inside = set(self.basis)
        rest = [None if s == UPPER else fmpq(0) for j, s in enumerate(self.sides) if j not in inside]
        return BasicSolution(self.basis, tuple(rest))


@dataclass(frozen=True, eq=False)
class Boxed:
    """The polytope { x : sum_j x_j columns[j] = right, 0 <= x <= upper } in one arithmetic."""

    columns: Columns
    right: Sequence[Any]
    upper: Sequence[Any]
    total: Any = None
    """A bound of the variables without an upper bound, where one is known: it is never attained by a side."""

    def reach(self, j: int) -> Any:
        """A number that variable j never exceeds; None where no such number is known."""
        return self.total if self.upper[j] is None else self.upper[j]

    @property
    def size(self) -> int:
        """The number of variables."""
        return len(self.columns)

    @property
    def dimension(self) -> int:
        """The dimension, if the polytope has a point strictly between all bounds."""
        return self.size - len(self.right)

    def point(self, solution: BasicSolution) -> Vector:
        """The coordinates of a basic solution."""
        inside = set(solution.basis)
        others = [j for j in range(self.size) if j not in inside]
        x: Vector = [fmpq(0)] * self.size
        right = list(self.right)
        for j, value in zip(others, solution.rest, strict=True):
            x[j] = self.upper[j] if value is None else value
            right = [b - x[j] * m for b, m in zip(right, self.columns[j], strict=True)]
        solved = solve_columns([self.columns[j] for j in solution.basis], [right])[0]
        for j, value in zip(solution.basis, solved, strict=True):
            x[j] = value
        return x

    def side(self, j: int, value: Any) -> int:
        """Where a feasible value of variable j lies."""
        low = sign(value)
        high = 1 if self.upper[j] is None else sign(self.upper[j] - value)
        if low < 0 or high < 0:
            raise Contradiction(f"coordinate {j} of a point of the polytope is out of its bounds")
        return LOWER if low == 0 else UPPER if high == 0 else FREE

    def vertex(self, sides: Sides) -> Vertex:
        """The vertex with these sides, its basis found afresh."""
        free = [j for j, s in enumerate(sides) if s == FREE]
        bound = [j for j, s in enumerate(sides) if s != FREE]
        if len(free) == len(self.right):
            basis = free
        elif in_balls(self.columns):
            raise Imprecise("is a vertex simple?")
        else:
            basis = independent(self.columns, [*free, *bound])
        if not set(free) <= set(basis) or len(basis) != len(self.right):
            raise Contradiction(f"the point with sides {sides} is no vertex")
        return Vertex(sides, tuple(sorted(basis)))

    def releases(self, vertex: Vertex) -> dict[int, Vector]:
        """For each variable outside the basis the direction in which it alone leaves its bound."""
        others = [j for j in range(self.size) if j not in vertex.basis]
        solved = solve_columns([self.columns[j] for j in vertex.basis], [self.columns[j] for j in others])
        releases: dict[int, Vector] = {}
        for j, column in zip(others, solved, strict=True):
            inward = 1 if vertex.sides[j] == LOWER else -1
            d: Vector = [fmpq(0)] * self.size
            d[j] = fmpq(inward)
            for i, value in zip(vertex.basis, column, strict=True):
                d[i] = value * (-inward)
            releases[j] = d
        return releases

    def directions(self, vertex: Vertex) -> list[Vector]:
        """The direction of every edge out of the vertex."""
        releases, bounded = list(self.releases(vertex).values()), self.bounded(vertex)
        return _extreme(releases, vertex.sides, bounded) if bounded else releases

    def bounded(self, vertex: Vertex) -> list[int]:
        """The basic variables that are at a bound: none iff the vertex is simple."""
        return [i for i in vertex.basis if vertex.sides[i] != FREE]

    def walk(self, x: Vector, sides: Sides, d: Vector) -> tuple[Vector, Sides] | None:
        """From x along d to the boundary: the point and its sides there; None if d never leaves the polytope.

        Over balls the variable that stops the walk is read off midpoints, and then proved: all other variables
        that move end strictly between their bounds.
        """
        heading = {j: known_sign(v) for j, v in enumerate(d)}  # None: a ball without a sign
        moving = [j for j, way in heading.items() if way != 0]
        limited = {
            j: (self.upper[j] - x[j], d[j]) if way > 0 else (x[j], d[j] * -1)
            for j, way in heading.items()
            if way and (way < 0 or self.upper[j] is not None)
        }
        if not limited:
            if None in heading.values():
                raise Imprecise("is an edge bounded?")
            return None
        hit = _soonest(limited)
        far, rate = limited[hit]
        step, wall = far / rate, UPPER if heading[hit] == 1 else LOWER
        y, ends = list(x), list(sides)
        for j in moving:
            y[j] = x[j] + step * d[j]
        y[hit], ends[hit] = self.upper[hit] if wall == UPPER else fmpq(0), wall
        for j in moving:
            if j != hit:
                ends[j] = self._proved_side(j, y[j])
        return y, tuple(ends)

    def _proved_side(self, j: int, value: Any) -> int:
        try:
            return self.side(j, value)
        except Contradiction:
            if in_balls([[value]]):  # the midpoints misled: another variable stops the walk first
                raise Imprecise("which bound stops an edge?") from None
            raise

    def purify(self, x: Vector, sides: Sides) -> Vertex:
        """A vertex of the smallest face that holds x: walk along dependences of the free columns until none is left."""
        while True:
            along = self.dependence(sides)
            if along is None:
                return self.vertex(sides)
            found = self.walk(x, sides, along)
            if found is None:
                raise Contradiction("the polytope holds a ray")
            x, sides = found

    def dependence(self, sides: Sides) -> Vector | None:
        """d != 0 with M d = 0, `UNMOVED` off the free variables; None where the free columns are independent."""
        free = [j for j, s in enumerate(sides) if s == FREE]
        basis = independent(self.columns, free)
        if len(basis) == len(free):
            return None
        if in_balls(self.columns) and len(basis) < len(self.right):
            raise Imprecise("is the rank of the free columns full?")
        extra = next(j for j in free if j not in basis)
        if len(basis) == len(self.right):
            values = [*solve_columns([self.columns[i] for i in basis], [self.columns[extra]])[0], fmpq(-1)]
        else:
            rows = zip(*(self.columns[i] for i in [*basis, extra]), strict=True)
            values = null_space([list(row) for row in rows])[0]
        d: Vector = [UNMOVED] * self.size
        for i, value in zip([*basis, extra], values, strict=True):
            d[i] = value
        return d


def _soonest(limited: dict[int, tuple[Any, Any]]) -> int:
    """Whose way is shortest for its rate, by midpoints.

    No quotients are compared: in a number field a division costs a hundred products.
    """
    hit, *others = limited
    far, rate = map(middle, limited[hit])
    for j in others:
        way, speed = map(middle, limited[j])
        if way * rate < far * speed:
            hit, far, rate = j, way, speed
    return hit


def _extreme(releases: list[Vector], sides: Sides, bounded: list[int]) -> list[Vector]:
    """The extreme rays of { e >= 0 : sum_j e_j releases_j keeps the bounded basic variables inside }."""
    k, rows = len(releases), [[d[i] * (-sides[i]) for d in releases] for i in bounded]
    tries = sum(comb(len(rows), s) * comb(k, s + 1) for s in range(len(rows) + 1))
    if tries > MAX_SUBSETS:
        raise LimitReached(
            f"{tries} subsets of the inequalities tight at one degenerate vertex would have to be tried, "
            f"more than boxed.MAX_SUBSETS = {MAX_SUBSETS}"
        )
    found: dict[tuple[int, ...], Vector] = {}
    for s in range(min(len(rows), k - 1) + 1):
        for tight in combinations(rows, s):
            for support in combinations(range(k), s + 1):
                e = _ray(tight, support)
                if e is None or any(sign(_combined(row, support, e)) < 0 for row in rows):
                    continue
                key = tuple(j for j, value in zip(support, e, strict=True) if sign(value))
                found.setdefault(
                    key, [_combined(column, support, e) for column in zip(*releases, strict=True)]
                )
    return list(found.values())


def _ray(tight: Sequence[Vector], support: tuple[int, ...]) -> Vector | None:
    """The only solution >= 0, up to scale, of the tight rows on this support; None if there is none or more."""
    if not tight:
        return [fmpq(1)]
    basis = null_space([[row[j] for j in support] for row in tight])
    if len(basis) != 1:
        return None
    signs = {sign(v) for v in basis[0]} - {0}
    return None if len(signs) > 1 else [v * signs.copy().pop() for v in basis[0]]


def _combined(row: Sequence[Any], support: tuple[int, ...], e: Vector) -> Any:
    return sum((row[j] * v for j, v in zip(support, e, strict=True)), start=fmpq(0))
