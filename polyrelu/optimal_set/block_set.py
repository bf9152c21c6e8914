"""The optimal set at the level of blocks: the solutions of the convex program, [MP]'s W*.

Every present block of a neuron's sign whose cone holds its direction may carry a part of its weight. So the block
polytope is { alpha >= 0 : (sums over the blocks of each neuron) in the neuron polytope }, and everything about it
follows from the neuron polytope P, with m_k the number of blocks of neuron k:

* vertices: a vertex of P and one block for each of its neurons;
* dimension: dim P + sum (m_k - 1);
* faces: a face F of P and a non-empty set of blocks for each neuron used on F; its dimension is dim F plus the sizes of
  these sets less one each. With sum_m C(m_k, m) t^(m-1) = ((1 + t)^m_k - 1) / t this counts faces by dimension;
* edges: two vertices over the same vertex of P that differ in one block, or over an edge of P with the same blocks on
  the neurons that both ends use.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import comb, prod
from typing import Any, NamedTuple

from flint import fmpq

from polyrelu.display import Shown
from polyrelu.errors import BadInput
from polyrelu.exact.real import sign
from polyrelu.exact.representations import HRepresentation
from polyrelu.optimal_set.listing import Edges, too_many
from polyrelu.optimal_set.membership import exact_weight
from polyrelu.optimal_set.neuron_set import BITS, NeuronSet, as_graph
from polyrelu.optimal_set.set_point import OptimalNetwork, Split


class Block(NamedTuple):
    """A block (pattern, sign) of the support, and the neuron of S that it holds."""

    pattern: tuple[bool, ...]
    sign: int
    neuron: int


@dataclass(frozen=True, eq=False, repr=False)
class BlockSet(Shown):
    """One coordinate ||w_b|| for each block of the support; all other blocks are zero in every solution."""

    neurons: NeuronSet
    max_vertices: int

    rays: tuple[()] = ()
    lines: tuple[()] = ()

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The blocks of the support, neuron by neuron."""
        if self.neurons.polytope.optimum.program.offset:
            raise BadInput(
                "with a free hidden bias two neurons may share a block: solutions block by block are not listed"
            )
        return tuple(
            Block(tuple(pattern.tolist()), neuron.place.sign, k)
            for k, neuron in enumerate(self.neurons.neurons)
            for pattern in neuron.patterns
        )

    @cached_property
    def multiplicities(self) -> tuple[int, ...]:
        """How many present blocks hold each neuron."""
        return tuple(neuron.multiplicity for neuron in self.neurons.neurons)

    @cached_property
    def _of_neuron(self) -> list[list[int]]:
        of: list[list[int]] = [[] for _ in self.neurons.neurons]
        for b, block in enumerate(self.blocks):
            of[block.neuron].append(b)
        return of

    @property
    def dimension(self) -> int:
        """Dimension of the neuron polytope plus the freedom of splitting."""
        return self.neurons.dimension + sum(m - 1 for m in self.multiplicities)

    def h_representation(self, bits: int | None = None) -> HRepresentation:
        """weights >= 0, and one equation for every row of X; over balls when `bits` is given."""
        level, N = self.neurons.h_representation(bits), len(self.blocks)
        equations = [[row.b, *(row.a[block.neuron] for block in self.blocks)] for row in level.equations]
        return HRepresentation.from_rows(
            N, [[0, *(int(i == b) for i in range(N))] for b in range(N)], equations
        )

    # ------------------------------------------------------------------ vertices and faces

    @cached_property
    def vertex_count(self) -> int:
        """The number of vertices, without listing them at this level."""
        return sum(prod(self.multiplicities[k] for k in v.support) for v in self.neurons.vertices)

    @cached_property
    def vertices(self) -> tuple[OptimalNetwork, ...]:
        """All vertices: one block for each neuron of each vertex below; LimitReached beyond `max_vertices`."""
        if self.vertex_count > self.max_vertices:
            raise too_many(self.max_vertices)
        return tuple(self.placed(self.neurons.vertices[v], choice) for v, choice in self._choices())

    def _choices(self) -> Iterator[tuple[int, tuple[int, ...]]]:
        """For every vertex: the vertex below, and its block for each neuron of the support there."""
        for v, vertex in enumerate(self.neurons.vertices):
            for choice in product(*(self._of_neuron[k] for k in vertex.support)):
                yield v, choice

    @cached_property
    def edges(self) -> Edges:
        """Pairs of indices of vertices that span an edge."""
        number_of = {(v, frozenset(c)): i for i, (v, c) in enumerate(self._choices())}
        edges: set[tuple[int, int]] = set()
        for (v, blocks), i in number_of.items():
            near = [
                (v, (blocks - {b}) | {c})
                for b in blocks
                for c in self._of_neuron[self.blocks[b].neuron]
                if c != b
            ]
            near += [(w, other) for w in self._below[v] for other in self._along(blocks, w)]
            edges |= {(min(i, number_of[key]), max(i, number_of[key])) for key in near}
        return tuple(sorted(edges))

    @cached_property
    def _below(self) -> list[set[int]]:
        neighbours: list[set[int]] = [set() for _ in self.neurons.vertices]
        for v, w in self.neurons.edges:
            neighbours[v].add(w)
            neighbours[w].add(v)
        return neighbours

    def _along(self, blocks: frozenset[int], w: int) -> Iterator[frozenset[int]]:
        """The choices over the vertex w below that agree with these blocks on common neurons."""
        chosen = {self.blocks[b].neuron: b for b in blocks}
        support = self.neurons.vertices[w].support
        for choice in product(*([chosen[k]] if k in chosen else self._of_neuron[k] for k in support)):
            yield frozenset(choice)

    def graph(self) -> Any:
        """The vertices and edges as a networkx graph."""
        return as_graph(self.vertices, self.edges)

    @cached_property
    def f_vector(self) -> tuple[int, ...]:
        """The numbers of faces of dimension 0, 1, ..., from the faces of the neuron polytope."""
        supports = [set(v.support) for v in self.neurons.vertices]
        counts = [0] * (self.dimension + 1)
        for dimension, level in enumerate(self.neurons.faces):
            for face in level:
                used = set().union(*(s for v, s in enumerate(supports) if face >> v & 1))
                for extra, number in enumerate(_subsets(self.multiplicities[k] for k in used)):
                    counts[dimension + extra] += number
        return tuple(counts)

    # ------------------------------------------------------------------ points

    def placed(self, point: OptimalNetwork, choice: Sequence[int]) -> OptimalNetwork:
        """The solution with each neuron's weight on the chosen one of its blocks."""
        chosen = set(choice)
        part = tuple(fmpq(int(b in chosen)) for b in range(len(self.blocks)))
        return self._split(point, part)

    def _split(self, point: OptimalNetwork, part: tuple[fmpq, ...]) -> OptimalNetwork:
        split = Split(tuple(block.neuron for block in self.blocks), part)
        return OptimalNetwork(point.polytope, tuple(corner._replace(split=split) for corner in point.corners))

    def interior_point(self) -> OptimalNetwork:
        """A point of the relative interior: each neuron's weight is shared equally among its blocks."""
        part = tuple(fmpq(1, self.multiplicities[block.neuron]) for block in self.blocks)
        return self._split(self.neurons.interior_point(), part)

    def random_points(self, count: int, seed: int = 0) -> list[OptimalNetwork]:
        """Random networks, each corner with its weights shared at random among blocks; the same for the same seed."""
        pick = random.Random(seed)
        holds_neuron = tuple(block.neuron for block in self.blocks)
        return [
            OptimalNetwork(
                point.polytope,
                tuple(c._replace(split=Split(holds_neuron, self._random_part(pick))) for c in point.corners),
            )
            for point in self.neurons.random_points(count, seed)
        ]

    def _random_part(self, pick: random.Random) -> tuple[fmpq, ...]:
        raw = [pick.randint(1, 1000) for _ in self.blocks]
        totals = [sum(raw[b] for b in of) for of in self._of_neuron]
        return tuple(fmpq(v, totals[block.neuron]) for v, block in zip(raw, self.blocks, strict=True))

    def ranges(self, bits: int = BITS) -> list[tuple[Any, Any]]:
        """The least and the greatest weight of each block: a block that shares its neuron can be zero."""
        below = self.neurons.ranges(bits)
        return [
            below[block.neuron]
            if self.multiplicities[block.neuron] == 1
            else (fmpq(0), below[block.neuron][1])
            for block in self.blocks
        ]

    def contains(self, weights: Sequence[Any] | OptimalNetwork) -> bool:
        """Exactly: is this a solution of the convex program? One weight for each block of the support."""
        if isinstance(weights, OptimalNetwork):
            if weights.polytope is self.neurons.polytope and all(
                c.split is not None for c in weights.corners
            ):
                return True
            weights = weights.exact_weights()
        if len(weights) != len(self.blocks):
            raise BadInput(
                f"{len(weights)} weights were given for the {len(self.blocks)} blocks of the support"
            )
        exact = [exact_weight(w) for w in weights]
        if any(sign(w) < 0 for w in exact):
            return False
        return self.neurons.contains([sum((exact[b] for b in of), start=fmpq(0)) for of in self._of_neuron])


def _subsets(sizes: Iterator[int]) -> list[int]:
    """Coefficients of prod ((1 + t)^m - 1) / t: choices of a non-empty subset each, by the total of sizes less one."""
    total = [1]
    for m in sizes:
        factor = [comb(m, j + 1) for j in range(m)]
        total = [
            sum(total[i] * factor[d - i] for i in range(len(total)) if 0 <= d - i < m)
            for d in range(len(total) + m - 1)
        ]
    return total
