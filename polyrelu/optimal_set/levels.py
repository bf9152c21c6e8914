"""The set of all optimal networks of a proved optimum (lambda > 0), at two levels.

* `neurons`: networks modulo permutation and splitting. One coordinate ||w|| for each distinct neuron that some optimal
  network uses; the set is the polytope { weights >= 0 : the signed activations add up to the optimal fit }.
* `blocks`: solutions of the convex program. One coordinate for each block (pattern, sign) that is not always zero.

Both are polytopes (no rays, no lines), and their vertices are the solutions with inclusion-minimal support.

>>> from polyrelu.certification import certify
>>> optimum = certify([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1).proved()
>>> networks = OptimalSet(optimum).neurons
>>> networks.dimension, networks.f_vector, networks.widths
(1, (2, 1), (2, 2))
>>> [str(w) for w in networks.vertices[0].exact_weights()]
['0', '0', '4', '4']
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from polyrelu.display import Shown
from polyrelu.limits import MAX_VERTICES
from polyrelu.optimal_set.block_set import BlockSet
from polyrelu.optimal_set.neuron_polytope import NeuronPolytope
from polyrelu.optimal_set.neuron_set import NeuronSet
from polyrelu.optimal_set.predictions import Prediction, predict
from polyrelu.optimal_set.uniqueness import Uniqueness
from polyrelu.proof.optimum import Optimum
from polyrelu.verdict import Verdict

if TYPE_CHECKING:
    from polyrelu.data.problem import Vector
    from polyrelu.networks.network import Network


@dataclass(frozen=True, eq=False, repr=False)
class OptimalSet(Shown):
    """All optimal networks. `engine` is "cdd" (over Q), "python" (exact fields), "walk", or None (chosen by size)."""

    optimum: Optimum
    max_vertices: int = MAX_VERTICES
    engine: str | None = None

    @cached_property
    def neurons(self) -> NeuronSet:
        """Networks modulo permutation and splitting."""
        return NeuronSet(NeuronPolytope(self.optimum), self.max_vertices, self.engine)

    @cached_property
    def blocks(self) -> BlockSet:
        """Solutions of the convex program."""
        return BlockSet(self.neurons, self.max_vertices)

    @property
    def networks(self) -> Iterator[Network]:
        """The inclusion-minimal optimal networks, one after the other; LimitReached beyond `max_vertices`."""
        return (vertex.network() for vertex in self.neurons.vertices)

    def network(self) -> Network:
        """One inclusion-minimal optimal network, found without listing them."""
        return self.neurons.minimal_network().network()

    def predict(self, x: Vector, shown: Vector | None = None, free: Vector = ()) -> Prediction:
        """What all optimal networks predict at x, the bias column included; `shown` is the row as it was given, and
        `free` the values of the free functions there.
        """
        return predict(self.neurons, x, shown, free)

    @property
    def dimension(self) -> int:
        """Its dimension, modulo permutation and splitting."""
        return self.neurons.dimension

    @property
    def block_dimension(self) -> int:
        """The dimension of the set of solutions of the convex program."""
        return self.blocks.dimension

    # ------------------------------------------------------------------ verdicts

    @cached_property
    def uniqueness(self) -> Uniqueness:
        """The three verdicts, with their evidence."""
        return Uniqueness(self.neurons, self.blocks)

    @property
    def convex_unique(self) -> Verdict:
        """Has the convex program one solution?"""
        return self.uniqueness.convex_unique

    @property
    def p_unique(self) -> Verdict:
        """Is there one optimal network up to permutation and splitting?"""
        return self.uniqueness.p_unique

    @property
    def function_unique(self) -> Verdict:
        """Are all optimal networks the same function?"""
        return self.uniqueness.function_unique
