"""Points of the optimal set: rational convex combinations of corners, so that their coordinates can be refined at will.

A corner is a vertex or an inner basic solution of the neuron polytope; at the level of blocks it also says which part
of each neuron's weight every block carries. The weight of a neuron is the norm ||w|| = beta lambda of its convex
weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from flint import arb, fmpq

from polyrelu.display import Shown
from polyrelu.errors import Undecided
from polyrelu.networks.network import Network
from polyrelu.optimal_set.boxed import LOWER, UPPER, BasicSolution, Boxed, Vertex
from polyrelu.optimal_set.families import joined
from polyrelu.optimal_set.networks import network_at
from polyrelu.optimal_set.neuron_polytope import NeuronPolytope
from polyrelu.proof.enclosed_root import Coordinates

BITS = 128


class Split(NamedTuple):
    """For every block of a list: the neuron of S that it holds, and the part of its weight that it carries."""

    neuron: tuple[int, ...]
    part: tuple[fmpq, ...]


class Corner(NamedTuple):
    """One term of a convex combination."""

    coefficient: fmpq
    place: Vertex | BasicSolution
    split: Split | None = None


@dataclass(frozen=True, eq=False, repr=False)
class OptimalNetwork(Shown):
    """An optimal network (or block solution), with coordinates that refine on request."""

    polytope: NeuronPolytope
    corners: tuple[Corner, ...]

    def weights(self, bits: int = BITS) -> list[Any]:
        """The weight of every neuron of S (or block): exact where the optimum is rational, enclosed elsewhere."""
        if self.polytope.is_rational:
            return self.exact_weights()
        # arb(w) rounds to the precision at hand, so it belongs inside
        values = self.polytope.enclose(lambda system, at: [arb(w) for w in self.weights_in(system, at)], bits)
        return [w if k in self.support else fmpq(0) for k, w in enumerate(values)]

    def exact_weights(self) -> list[Any]:
        """The weights as rationals, sums of square roots or elements of a number field; else `Undecided`."""
        exact = self.polytope.optimum.point.exact
        if exact is None:
            raise Undecided("no exact field was found for the optimum; ask for enclosures: weights(bits)")
        return self.weights_in(self.polytope.exact, exact.at)

    def sympy_weights(self) -> list[Any]:
        """The weights as sympy expressions, where they are rational or sums of square roots."""
        from sympy import Rational

        values = self.exact_weights()
        if any(not isinstance(v, fmpq) and not hasattr(v, "to_sympy") for v in values):
            raise Undecided(
                "the weights are in a number field without a short expression; ask for enclosures"
            )
        return [Rational(int(v.p), int(v.q)) if isinstance(v, fmpq) else v.to_sympy() for v in values]

    def network(self, *, gates: Any = None, bits: int = BITS, join: bool = True) -> Network:
        """The network with these weights: exact where a field of the optimum is known, enclosed elsewhere.

        With a free hidden bias neighbours in a family become one neuron, at their mean bias, unless `join` is False:
        the network then is the same on the rows, and another function.

        At the level of blocks it has one unit for each block.
        """
        optimum, split = self.polytope.optimum, self.corners[0].split
        weights = self.weights(bits) if optimum.field == "enclosures" else self.exact_weights()
        carriers = None if split is None else split.neuron
        return network_at(optimum, weights, carriers=carriers, gates=gates, bits=bits, join=join)

    @property
    def vertex(self) -> Vertex | None:
        """The vertex of the neuron polytope that this point lies over, if it is one corner and a vertex."""
        place = self.corners[0].place
        return place if len(self.corners) == 1 and isinstance(place, Vertex) else None

    @cached_property
    def support(self) -> tuple[int, ...]:
        """Which neurons (or blocks) have a weight that is not zero, exactly."""
        found: set[int] = set()
        for corner in self.corners:
            used = support_of(self.polytope, corner.place)
            if corner.split is None:
                found |= used
            else:
                pairs = zip(corner.split.neuron, corner.split.part, strict=True)
                found |= {b for b, (k, part) in enumerate(pairs) if k in used and part != 0}
        return tuple(sorted(found))

    @property
    def width(self) -> int:
        """The number of weights that are not zero; with a free hidden bias neighbours in a family are one neuron."""
        optimum = self.polytope.optimum
        if optimum.program.offset and self.corners[0].split is None:
            return sum(1 for _ in joined(optimum, self.support))
        return len(self.support)

    def weights_in(self, system: Boxed, at: Coordinates) -> list[Any]:
        """The weights in the arithmetic of the polytope and of the coordinates of its optimum."""
        lam, total = self.polytope.optimum.program.lamq, None
        for coefficient, place, split in self.corners:
            solution = place.solution if isinstance(place, Vertex) else place
            betas = self.polytope.betas(system.point(solution), at)
            values = betas if split is None else _shared(betas, split)
            scaled = [v * (coefficient * lam) for v in values]
            total = scaled if total is None else [t + v for t, v in zip(total, scaled, strict=True)]
        return total or []


def _shared(betas: Sequence[Any], split: Split) -> list[Any]:
    return [betas[k] * part for k, part in zip(split.neuron, split.part, strict=True)]


def support_of(polytope: NeuronPolytope, place: Vertex | BasicSolution) -> set[int]:
    """The neurons with positive weight at a corner; an inner basic solution uses all of S."""
    if isinstance(place, BasicSolution):
        return set(range(len(polytope.neurons)))
    # A variable at 0 empties its neuron, one at mu empties the partner.
    return {
        k
        for k, r in enumerate(polytope.readings)
        if r.x is None or place.sides[r.x] != (LOWER if r.mu is None else UPPER)
    }


def mean(points: Sequence[OptimalNetwork], weights: Sequence[fmpq] | None = None) -> OptimalNetwork:
    """A convex combination (by default the mean) of points of one set."""
    shares = weights or [fmpq(1, len(points))] * len(points)
    corners = [
        corner._replace(coefficient=corner.coefficient * share)
        for point, share in zip(points, shares, strict=True)
        for corner in point.corners
    ]
    return OptimalNetwork(points[0].polytope, tuple(corners))
