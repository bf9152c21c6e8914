"""Linear functions over a boxed polytope: a walk along improving edges, with a proved end.

Where releasing no variable outside the basis improves, the function is at its maximum. Over balls a variable whose
rate of change has no sign is not released; it can add at most |rate| times the number that it never exceeds, and the
sum of these is the reported gap. So the maximum lies in [value, value + gap], proved, and both ends meet as precision
grows, without an equality ever being decided.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq

from polyrelu.errors import Contradiction
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import to_fmpq
from polyrelu.exact.real import Imprecise, is_open, middle, sign
from polyrelu.optimal_set.boxed import Boxed, Vertex

Objective = Mapping[int, Any]
"""Coefficients of a linear function, by variable, in the arithmetic of the polytope; the others are 0."""


@dataclass(frozen=True)
class Maximum:
    """A vertex, and how much larger than there the function may be anywhere (0 in exact arithmetic)."""

    vertex: Vertex
    gap: Any


def value_at(objective: Objective, x: list[Any]) -> Any:
    """The function at x."""
    return sum((x[j] * c for j, c in objective.items()), start=fmpq(0))


def maximise(polytope: Boxed, start: Vertex, objective: Objective) -> Maximum:
    """The maximum of a linear function, by the simplex method from any vertex.

    A step between vertices strictly improves. At a vertex that is not simple, bases are exchanged in place by Bland's
    rule (the first variable that improves enters, the first that blocks it leaves), which never returns to a basis.
    """
    vertex = start
    while True:
        rated = {j: (value_at(objective, d), d) for j, d in polytope.releases(vertex).items()}
        better = [j for j, (rate, _) in rated.items() if not is_open(rate) and sign(rate) > 0]
        if not better:
            return Maximum(vertex, _gap(polytope, rated))
        if polytope.bounded(vertex):
            entering = min(better)
            blocking = [i for i in polytope.bounded(vertex) if sign(rated[entering][1][i]) == vertex.sides[i]]
            if blocking:
                vertex = _exchanged(vertex, entering, min(blocking))
                continue
        else:
            entering = max(better, key=lambda j: middle(rated[j][0]))
        end = polytope.walk(polytope.point(vertex.solution), vertex.sides, rated[entering][1])
        if end is None:
            raise Contradiction("a linear function is unbounded on the polytope of optimal networks")
        vertex = polytope.vertex(end[1])


def _exchanged(vertex: Vertex, entering: int, leaving: int) -> Vertex:
    """The same vertex with another basis."""
    return Vertex(vertex.sides, tuple(sorted({*vertex.basis, entering} - {leaving})))


def gap_at(polytope: Boxed, vertex: Vertex, objective: Objective) -> Any:
    """The gap of a maximum found before, in this arithmetic; Imprecise if a rate is not proved to be <= 0."""
    rated = {j: (value_at(objective, d), d) for j, d in polytope.releases(vertex).items()}
    if any(not is_open(rate) and sign(rate) > 0 for rate, _ in rated.values()):
        raise Imprecise("is a vertex the maximum?")
    return _gap(polytope, rated)


def _gap(polytope: Boxed, rated: Mapping[int, tuple[Any, list[Any]]]) -> Any:
    total: Any = fmpq(0)
    for released, (rate, _) in rated.items():
        if is_open(rate):
            if (reach := polytope.reach(released)) is None:
                raise Imprecise("how long is an edge?")
            total = total + arb(to_fmpq(ends(abs(rate))[1])) * reach
    return total
