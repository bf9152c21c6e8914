"""The range of each neuron's weight over the optimal set: two proved linear programs for each variable."""

from __future__ import annotations

from typing import Any, TypeAlias

from flint import arb, fmpq

from polyrelu.errors import LimitReached
from polyrelu.exact.linear import in_balls
from polyrelu.optimal_set.boxed import Boxed
from polyrelu.optimal_set.neuron_polytope import NeuronPolytope
from polyrelu.optimal_set.optimise import Maximum, Objective, gap_at, maximise, value_at
from polyrelu.optimal_set.set_point import support_of
from polyrelu.proof.enclosed_root import Coordinates

FIELD_SIZE = 1000
"""Variables times dimension up to which ranges are sought over a number field."""

Extremes: TypeAlias = dict[int, tuple[Maximum, Maximum]]
"""For every variable a vertex where it is least and one where it is largest."""


def extremes(polytope: NeuronPolytope) -> Extremes:
    """Walk from each optimum to the next: neighbouring programs have neighbouring solutions."""
    start = polytope.start

    def search(system: Boxed) -> Extremes:
        if (
            not polytope.is_rational
            and not in_balls([system.right])
            and system.size * system.dimension > FIELD_SIZE
        ):
            raise LimitReached(
                f"the ranges of {system.size} weights hang on ties that only a number field can tell, which is too slow"
            )
        found, near = {}, start
        for j in range(system.size):
            low = maximise(system, near, {j: -1})
            high = maximise(system, low.vertex, {j: 1})
            found[j], near = (low, high), high.vertex
        return found

    return polytope.settle(search, "the ranges of the weights")


def ranges(polytope: NeuronPolytope, found: Extremes, bits: int) -> list[tuple[Any, Any]]:
    """The least and the greatest weight of each neuron: exact over Q, enclosures elsewhere."""
    exact = polytope.optimum.point.exact if polytope.is_rational else None
    if exact is not None:
        return _read(polytope, polytope.exact, exact.at, found)
    enclosed = polytope.enclose(
        lambda system, at: [(arb(low), arb(high)) for low, high in _read(polytope, system, at, found)], bits
    )
    emptied = _emptied(polytope, found)
    return [(fmpq(0) if k in emptied else low, high) for k, (low, high) in enumerate(enclosed)]


def _read(polytope: NeuronPolytope, system: Boxed, at: Coordinates, found: Extremes) -> list[tuple[Any, Any]]:
    lows = [-greatest(system, low, {j: -1}) for j, (low, _) in found.items()]
    highs = [greatest(system, high, {j: 1}) for j, (_, high) in found.items()]
    lam, read = polytope.optimum.program.lamq, []
    betas = zip(polytope.readings, polytope.betas(lows, at), polytope.betas(highs, at), strict=True)
    for reading, low, high in betas:
        falls = reading.x is not None and reading.mu is not None  # mu - x is least where x is largest
        read.append((high * lam, low * lam) if falls else (low * lam, high * lam))
    return read


def greatest(system: Boxed, found: Maximum, objective: Objective) -> Any:
    """The maximum, enclosed: the value at the vertex, and the gap above it unless it was proved to be 0."""
    value = value_at(objective, system.point(found.vertex.solution))
    if not isinstance(found.gap, arb):
        return value
    return arb(value).union(value + gap_at(system, found.vertex, objective))


def _emptied(polytope: NeuronPolytope, found: Extremes) -> set[int]:
    """The neurons that some vertex found on the way does without: their least weight is exactly 0."""
    everyone = set(range(len(polytope.neurons)))
    seen = [support_of(polytope, m.vertex) for pair in found.values() for m in pair]
    return everyone - everyone.intersection(*seen)
