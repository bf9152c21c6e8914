"""With a free hidden bias: what optimal networks predict where kinks can move, and the total weight of a family.

At a row x whose own hyperplane lies strictly between two used neighbours of a family (or beyond a used affine neuron),
a kink on it is a further corner: the values at x over all biases between are those over the two neighbours and it. For
given weight and mean bias the value at x is convex in how they are spread (concave for s = -1): the neighbours alone
give one end, and the mean alone the other, which corners on both sides of the mean and none across x attain as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flint import fmpq

from polyrelu.errors import Undecided
from polyrelu.optimal_set.boxed import Boxed
from polyrelu.optimal_set.families import used_families
from polyrelu.optimal_set.neuron_polytope import NeuronPolytope
from polyrelu.optimal_set.neuron_set import NeuronSet
from polyrelu.optimal_set.optimise import Maximum, maximise
from polyrelu.optimal_set.ranges import greatest
from polyrelu.optimal_set.set_point import support_of
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.point import linear
from polyrelu.proof.ranks import all_positive


def total_weight(networks: NeuronSet, members: Sequence[int]) -> tuple[Extreme, Extreme]:
    """The least and the greatest sum of the weights of some neurons of S (with a free hidden bias)."""
    polytope = networks.polytope

    def search(system: Boxed) -> tuple[Extreme, Extreme]:
        low = maximise(system, polytope.start, dict.fromkeys(members, -1))
        high = maximise(system, low.vertex, dict.fromkeys(members, 1))
        return Extreme(polytope, tuple(members), low, -1), Extreme(polytope, tuple(members), high, 1)

    return polytope.settle(search, "the total weight of a kink")


@dataclass(frozen=True, eq=False)
class Extreme:
    """The greatest (direction 1) or the least (-1) sum of some weights, and where it is attained or nearly."""

    polytope: NeuronPolytope
    members: tuple[int, ...]
    found: Maximum
    direction: int

    def value(self, bits: int) -> Any:
        """The sum: exact over Q and where it is 0, else enclosed."""
        polytope, lam = self.polytope, self.polytope.optimum.program.lamq
        objective = dict.fromkeys(self.members, self.direction)
        if self.direction < 0 and not support_of(polytope, self.found.vertex).intersection(self.members):
            return fmpq(0)
        if polytope.is_rational:
            return greatest(polytope.exact, self.found, objective) * (lam * self.direction)
        return polytope.enclose(
            lambda system, _: greatest(system, self.found, objective) * (lam * self.direction), bits
        )


def with_kinks_through(networks: NeuronSet, x: Sequence[fmpq]) -> NeuronSet:
    """The optimal set with further corners where kinks may pass through the row x; itself where none can."""
    optimum = networks.polytope.optimum
    used, extra = optimum.used, list[Neuron]()
    for family in used_families(optimum):
        sides = [_side(optimum, used[k], x) for k in family.members]
        gaps = list(zip(family.members, sides, [*sides[1:], 1 if family.affine else -1], strict=True))
        for k, low, high in gaps:
            if low < 0 < high:
                face = tuple(1 if side >= 0 else -1 for side in used[k].place.face)
                extra.append(Neuron(Place(used[k].place.sign, face), optimum.program, tuple(x)))
    if not extra:
        return networks
    E = [*optimum.neurons, *extra]
    S = [*used, *extra]
    inside = all_positive(optimum.point, S, optimum.support.rank)
    if inside is None:
        raise Undecided("weights that use every kink through the row were not found at this precision")
    support = replace(optimum.support, used=(*optimum.support.used, *(True for _ in extra)), inside=inside)
    more = replace(optimum, neurons=tuple(E), support=support)
    return NeuronSet(NeuronPolytope(more), networks.max_vertices, networks.engine)


def _side(optimum: Optimum, neuron: Neuron, x: Sequence[fmpq]) -> int:
    """The sign of u.x + b."""
    form = [
        sum((a * v for a, v in zip(column, x, strict=True)), start=fmpq(0))
        for column in zip(*neuron.A.tolist(), strict=True)
    ]
    if not any(form):
        return 0
    return optimum.point.sign(linear(form), "the side of a new row at a neuron") * neuron.place.sign
