"""From any optimal network to an inclusion-minimal one, exactly: Algorithm 1 of Mishkin and Pilanci (ICML 2023).

The step itself, and why it keeps fit and penalty, is in `dependences`. Its end is a vertex of the optimal set: a
network with independent activations, none of whose neurons can be left out.

Over balls the factors are enclosures, the entry of largest modulus is chosen by midpoints, and the step is then
*proved* to bring exactly the named weights to zero while all others stay positive (`Boxed.walk`).

>>> from polyrelu.certification import certify
>>> optimum = certify([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1).proved()
>>> pruned = prune(optimum)
>>> [step.removed for step in pruned.steps], pruned.network.width
([(0, 1)], 2)
>>> [network.width for network in narrowest_networks(optimum)]
[2, 2]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from flint import fmpq

from polyrelu.display import Shown
from polyrelu.errors import BadInput, Contradiction
from polyrelu.exact.real import is_open, middle
from polyrelu.limits import MAX_VERTICES
from polyrelu.optimal_set.boxed import FREE, LOWER, UNMOVED, UPPER, BasicSolution, Boxed, Sides, Vertex
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.neuron_polytope import NeuronPolytope
from polyrelu.optimal_set.set_point import Corner, OptimalNetwork
from polyrelu.proof.optimum import Optimum
from polyrelu.selection.dependences import (
    Pruned,
    Step,
    is_minimal,
    prune_activations,
    prune_network,
    prune_weights,
)

__all__ = [
    "Pruned",
    "Pruning",
    "Step",
    "is_minimal",
    "is_minimal_point",
    "minimal_networks",
    "narrowest",
    "narrowest_networks",
    "prune",
    "prune_activations",
    "prune_network",
    "prune_weights",
]

Vector = list[Any]


@dataclass(frozen=True, eq=False, repr=False)
class Pruning(Shown):
    """A minimal network of an optimum, and the steps that led to it; indices are those of `optimum.used`."""

    network: OptimalNetwork
    steps: tuple[Step, ...]


class Provable(Protocol):
    """A result of `certify`, or its optimum."""

    def proved(self) -> Optimum:
        """The optimum with its neurons."""


def prune(result: Provable, start: OptimalNetwork | None = None) -> Pruning:
    """Algorithm 1 from a point of the optimal set (by default one that uses every neuron)."""
    optimum = result.proved()
    networks = OptimalSet(optimum).neurons
    point = start if start is not None else networks.interior_point()
    if point.polytope.optimum is not optimum or any(corner.split is not None for corner in point.corners):
        raise BadInput("the start must be a point of `OptimalSet(optimum).neurons` of this optimum")
    polytope = networks.polytope

    def walk(system: Boxed) -> tuple[Sides, tuple[Step, ...]]:
        return _walk_down(polytope, system, *variables_at(system, point))

    sides, steps = polytope.settle(walk, "a minimal network")
    vertex = polytope.settle(lambda system: system.vertex(sides), "a minimal network")
    return Pruning(OptimalNetwork(polytope, (Corner(fmpq(1), vertex),)), steps)


def variables_at(system: Boxed, point: OptimalNetwork) -> tuple[Vector, Sides]:
    """The polytope's own variables at a convex combination of corners, and their sides."""
    x: Vector = [fmpq(0)] * system.size
    for coefficient, place, _ in point.corners:
        at = system.point(place.solution if isinstance(place, Vertex) else place)
        x = [v + coefficient * t for v, t in zip(x, at, strict=True)]
    everywhere = [_sides(system, place) for _, place, _ in point.corners]
    sides = [
        found.pop() if len(found := set(column)) == 1 else FREE for column in zip(*everywhere, strict=True)
    ]
    return x, tuple(sides)


def _sides(system: Boxed, place: Vertex | BasicSolution) -> Sides:
    return place.sides if isinstance(place, Vertex) else (FREE,) * system.size


def _walk_down(
    polytope: NeuronPolytope, system: Boxed, x: Vector, sides: Sides
) -> tuple[Sides, tuple[Step, ...]]:
    """Steps along dependences of the free columns until these are independent."""
    steps = []
    while (d := system.dependence(sides)) is not None:
        rates = _rates(polytope, system, x, d)
        largest = max((rate for rate in rates if not is_open(rate)), key=lambda v: middle(abs(v)))
        inward = [v * (-1 if middle(largest) > 0 else 1) for v in d]
        found = system.walk(x, sides, inward)
        if found is None:
            raise Contradiction("the polytope of optimal networks holds a ray")
        before = _empty(polytope, sides)
        x, sides = found
        dependence = tuple(rate / largest for rate in rates)
        steps.append(Step(dependence, tuple(sorted(_empty(polytope, sides) - before))))
    return sides, tuple(steps)


def _rates(polytope: NeuronPolytope, system: Boxed, x: Vector, d: Vector) -> list[Any]:
    """The dependence among the weighted activations: the relative rate at which d moves the weight of each neuron."""
    rates: list[Any] = []
    for reading in polytope.readings:
        j = reading.x
        if j is None or d[j] is UNMOVED:
            rates.append(UNMOVED)
        else:
            rates.append(d[j] / x[j] if reading.mu is None else d[j] * -1 / (system.upper[j] - x[j]))
    return rates


def _empty(polytope: NeuronPolytope, sides: Sides) -> set[int]:
    """The neurons whose weight is zero at these sides."""
    return {
        k
        for k, reading in enumerate(polytope.readings)
        if reading.x is not None and sides[reading.x] == (LOWER if reading.mu is None else UPPER)
    }


def minimal_networks(result: Provable, max_vertices: int = MAX_VERTICES) -> tuple[OptimalNetwork, ...]:
    """All inclusion-minimal optimal networks: the vertices of the neuron polytope. LimitReached beyond the limit."""
    return OptimalSet(result.proved(), max_vertices).neurons.vertices


def narrowest(networks: Iterable[OptimalNetwork]) -> tuple[OptimalNetwork, ...]:
    """Those of least width."""
    listed = tuple(networks)
    least = min((network.width for network in listed), default=0)
    return tuple(network for network in listed if network.width == least)


def narrowest_networks(result: Provable, max_vertices: int = MAX_VERTICES) -> tuple[OptimalNetwork, ...]:
    """Every optimal network of the least width m*, modulo permutation and splitting.

    A network of least width is inclusion-minimal (otherwise pruning would make it narrower), so it is a
    vertex.
    """
    return narrowest(minimal_networks(result, max_vertices))


def is_minimal_point(point: OptimalNetwork) -> bool:
    """Whether a point of the optimal set is inclusion-minimal: its used neurons have independent activations."""

    def independent_free(system: Boxed) -> bool:
        return system.dependence(variables_at(system, point)[1]) is None

    return point.polytope.settle(independent_free, "is the network minimal?")
