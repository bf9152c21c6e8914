"""Linear functions over a boxed polytope: a walk along improving edges, with a proved end.

At a vertex no edge out of which improves, the function is at its maximum. Over balls an edge whose rate of change has
no sign is not walked along; it can add at most |rate| * length, with the length at most the largest value of the
variable that it releases, and the sum of these is the reported gap. So the maximum lies in [value, value + gap],
proved, and both ends meet as precision grows, without an equality ever being decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq

from polyrelu.errors import Contradiction
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import to_fmpq
from polyrelu.geometry.arithmetic import Imprecise, is_open, middle, sign
from polyrelu.geometry.boxed import Boxed, Vertex

Objective = Mapping[int, int]
"""Integer coefficients of a linear function, by variable; the others are 0."""


@dataclass(frozen=True)
class Maximum:
    """A vertex, and how much larger than there the function may be anywhere (0 in exact arithmetic)."""

    vertex: Vertex
    gap: Any


def value_at(objective: Objective, x: list[Any]) -> Any:
    """The function at x."""
    return sum((x[j] * c for j, c in objective.items()), start=fmpq(0))


def maximise(polytope: Boxed, start: Vertex, objective: Objective) -> Maximum:
    """The maximum of a linear function, from any vertex; every step strictly improves, so the walk ends."""
    vertex = start
    while True:
        x = polytope.point(vertex.solution)
        rated = [(value_at(objective, d), d) for d in polytope.directions(vertex)]
        better = [(rate, d) for rate, d in rated if not is_open(rate) and sign(rate) > 0]
        if not better:
            return Maximum(vertex, sum((_gap(polytope, vertex, *r) for r in rated), start=fmpq(0)))
        steepest = max(better, key=lambda pair: middle(pair[0]))[1]
        end = polytope.walk(x, vertex.sides, steepest)
        if end is None:
            raise Contradiction("a linear function is unbounded on the polytope of optimal networks")
        vertex = polytope.vertex(end[1])


def gap_at(polytope: Boxed, vertex: Vertex, objective: Objective) -> Any:
    """The gap of a maximum found before, in this arithmetic; Imprecise if a rate is not proved to be <= 0."""
    rated = [(value_at(objective, d), d) for d in polytope.directions(vertex)]
    if any(not is_open(rate) and sign(rate) > 0 for rate, _ in rated):
        raise Imprecise("is a vertex the maximum?")
    return sum((_gap(polytope, vertex, *r) for r in rated), start=fmpq(0))


def _gap(polytope: Boxed, vertex: Vertex, rate: Any, d: list[Any]) -> Any:
    if not is_open(rate):
        return fmpq(0)
    released = next(j for j, v in enumerate(d) if j not in vertex.basis and not isinstance(v, arb) and v != 0)
    length = polytope.upper[released]
    if length is None:
        raise Imprecise("how long is an edge?")
    return arb(to_fmpq(ends(abs(rate))[1])) * length
