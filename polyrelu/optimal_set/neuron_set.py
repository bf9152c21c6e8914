"""The optimal set at the level of neurons: networks modulo permutation and splitting."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import fmpq

from polyrelu.display import Shown
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.face_lattice import faces_by_level
from polyrelu.exact.linear import in_balls
from polyrelu.exact.number_field import Element
from polyrelu.exact.representations import HRepresentation
from polyrelu.optimal_set.boxed import UPPER, Boxed, Vertex
from polyrelu.optimal_set.listing import (
    FEW,
    Edges,
    at_most,
    by_engine,
    by_walking,
    edges_if_complete,
    too_many,
)
from polyrelu.optimal_set.membership import is_optimal
from polyrelu.optimal_set.neuron_polytope import GUARD_BITS, NeuronPolytope
from polyrelu.optimal_set.optimise import Objective, maximise
from polyrelu.optimal_set.ranges import Extremes, extremes, ranges
from polyrelu.optimal_set.set_point import Corner, OptimalNetwork, mean
from polyrelu.proof.neuron import Neuron

BITS = 128
FIELD_STEPS = 20_000
"""Vertices times dimension times variables (times a quarter of the degree) up to which a number field lists them."""
VERY_FEW = 200
"""So many vertices are listed sooner than a linear program with ties is solved over a field of high degree."""
RANDOM_CORNERS = 4
"""Corners that a random point of a set too large to list is a combination of."""


@dataclass(frozen=True, eq=False, repr=False)
class NeuronSet(Shown):
    """{ weights >= 0 : sum of the signed activations = optimal fit }, one coordinate for each neuron of S.

    `rays` and `lines` are empty: with lambda > 0 the sum of all weights is constant on the set.
    """

    polytope: NeuronPolytope
    max_vertices: int
    engine: str | None = None

    rays: tuple[()] = ()
    lines: tuple[()] = ()

    @property
    def neurons(self) -> tuple[Neuron, ...]:
        """S, in the order of the coordinates."""
        return self.polytope.neurons

    @property
    def dimension(self) -> int:
        """|S| minus the rank of the signed activations."""
        return self.polytope.dimension

    def h_representation(self, bits: int | None = None) -> HRepresentation:
        """weights >= 0, and one equation for every row of X; over balls when `bits` is given."""
        exact, program = self.polytope.optimum.point.exact, self.polytope.optimum.program
        if bits is None and exact is None:
            raise Undecided("no exact field was found for the optimum; ask for balls: h_representation(bits)")
        at = (
            exact.at
            if bits is None and exact is not None
            else self.polytope.optimum.point.balls(bits or BITS)
        )
        with precision((bits or BITS) + GUARD_BITS):
            unit = [[a / program.lamq for a in neuron.column(at.nu)] for neuron in self.neurons]
            fit = [v * -1 for v in program.fit(at.nu)]
        equations = [[b, *(a[i] for a in unit)] for i, b in enumerate(fit)]
        K = len(unit)
        return HRepresentation.from_rows(
            K, [[0, *(int(i == k) for i in range(K))] for k in range(K)], equations
        )

    # ------------------------------------------------------------------ vertices and faces

    @property
    def _listed(self) -> tuple[Sequence[Vertex], Edges]:
        if isinstance(self._listing, LimitReached | Undecided):
            raise self._listing
        return self._listing

    @cached_property
    def _listing(self) -> tuple[Sequence[Vertex], Edges] | LimitReached | Undecided:
        """All vertices and edges, with the proof that none is missing; or why there is no such list."""
        try:
            if self.dimension == 0:
                return (self.polytope.start,), ()
            if self._engine:
                return self._list(self.polytope.exact)
            return self.polytope.settle(self._list, "the list of vertices")
        except (LimitReached, Undecided) as blocked:
            return blocked

    def _list(self, system: Boxed) -> tuple[Sequence[Vertex], Edges]:
        engine, limit = self._engine, self.max_vertices
        if not engine and not self.polytope.is_rational and not in_balls([system.right]):
            degree = max((v.field.degree for v in system.right if isinstance(v, Element)), default=1)
            affordable = FIELD_STEPS // (system.size * max(self.dimension, 1) * max(degree // 4, 1))
            if affordable < limit:
                return self._walked_at_most(system, affordable)
        if not engine:
            return by_walking(system, self.polytope.start, limit)
        found = by_engine(system, engine)
        if len(found) > limit:
            raise too_many(limit)
        return found, edges_if_complete(system, found)

    def _walked_at_most(self, system: Boxed, affordable: int) -> tuple[Sequence[Vertex], Edges]:
        """The list, if it is short: over a number field every step divides, and that is slow."""
        try:
            return by_walking(system, self.polytope.start, affordable)
        except LimitReached:
            raise LimitReached(
                f"the vertices meet in ties that only a number field can tell, where more than {affordable} vertices "
                "in this dimension are not listed"
            ) from None

    @cached_property
    def _engine(self) -> str | None:
        """cdd for rational polytopes that are small whatever their shape; None means walking along edges."""
        if self.engine is not None:
            return None if self.engine == "walk" else self.engine
        from importlib.util import find_spec

        if not self.polytope.is_rational or not find_spec("cdd"):
            return None
        system = self.polytope.exact
        facets = sum(1 if u is None else 2 for u in system.upper)
        return "cdd" if at_most(facets, self.dimension) <= FEW else None

    @cached_property
    def vertices(self) -> tuple[OptimalNetwork, ...]:
        """The inclusion-minimal optimal networks; LimitReached beyond `max_vertices`."""
        return tuple(self._point(v) for v in self._listed[0])

    @property
    def few_vertices(self) -> tuple[OptimalNetwork, ...]:
        """The vertices if they are few whatever the shape, or have been listed before; else none."""
        listed = "_listing" in self.__dict__
        if not listed and at_most(len(self.neurons), self.dimension) > VERY_FEW:
            return ()
        return self.vertices if isinstance(self._listing, tuple) else ()

    @property
    def edges(self) -> Edges:
        """Pairs of indices of vertices that span an edge."""
        return self._listed[1]

    def graph(self) -> Any:
        """The vertices and edges as a networkx graph; a node's `point` is its network."""
        return as_graph(self.vertices, self.edges)

    @cached_property
    def faces(self) -> list[set[int]]:
        """The faces by dimension, as bit masks of vertices."""
        vertices, _ = self._listed
        masks = [
            sum(1 << i for i, v in enumerate(vertices) if v.sides[j] == side)
            for j in range(len(vertices[0].sides))
            for side in (-1, UPPER)
        ]
        return faces_by_level([m for m in masks if m], len(vertices))

    @property
    def f_vector(self) -> tuple[int, ...]:
        """The numbers of faces of dimension 0, 1, ...; the last is the set itself."""
        return tuple(len(level) for level in self.faces)

    @property
    def widths(self) -> tuple[int, int]:
        """The least and the greatest width among the vertices."""
        widths = [v.width for v in self.vertices]
        return min(widths), max(widths)

    # ------------------------------------------------------------------ points

    def minimal_network(self) -> OptimalNetwork:
        """One vertex, found without listing them."""
        return self._point(self.polytope.start)

    def interior_point(self) -> OptimalNetwork:
        """A point of the relative interior: every neuron of S has a positive weight there."""
        if self.polytope.is_fibre:
            return OptimalNetwork(self.polytope, (Corner(fmpq(1), self.polytope.inner),))
        return mean(
            [self._point(m.vertex) for pair in self._extremes.values() for m in pair]
            or [self.minimal_network()]
        )

    def random_points(self, count: int, seed: int = 0) -> list[OptimalNetwork]:
        """Rational convex combinations of random vertices (not uniformly distributed); the same for the same seed."""
        pick = random.Random(seed)
        return [self._random_point(pick) for _ in range(count)]

    def _random_point(self, pick: random.Random) -> OptimalNetwork:
        try:
            corners = list(self.vertices)
        except LimitReached:
            corners = [self._random_corner(pick) for _ in range(RANDOM_CORNERS)]
        parts = [pick.randint(0, 1000) for _ in corners]
        parts[pick.randrange(len(parts))] += 1
        chosen = [(c, fmpq(p, sum(parts))) for c, p in zip(corners, parts, strict=True) if p]
        return mean([c for c, _ in chosen], [p for _, p in chosen])

    def _random_corner(self, pick: random.Random) -> OptimalNetwork:
        variables = range(self.polytope.dimension and len(self.polytope.start.sides))
        return self.maximum({j: pick.randint(-1000, 1000) for j in variables})

    def maximum(self, objective: Objective) -> OptimalNetwork:
        """A vertex where a linear function of the polytope's own variables is largest, up to the gap of `maximise`."""
        start = self.polytope.start
        found = self.polytope.settle(
            lambda system: maximise(system, start, objective), "a maximum over the set"
        )
        return self._point(found.vertex)

    def _point(self, vertex: Vertex) -> OptimalNetwork:
        return OptimalNetwork(self.polytope, (Corner(fmpq(1), vertex),))

    # ------------------------------------------------------------------ ranges and membership

    @cached_property
    def _extremes(self) -> Extremes:
        return extremes(self.polytope)

    def ranges(self, bits: int = BITS) -> list[tuple[Any, Any]]:
        """The least and the greatest weight of each neuron over the set: exact over Q, enclosures elsewhere."""
        return ranges(self.polytope, self._extremes, bits)

    def contains(self, weights: Sequence[Any] | OptimalNetwork) -> bool:
        """Exactly: are these weights (rationals, sums of square roots, field elements) an optimal network?"""
        if isinstance(weights, OptimalNetwork):
            if weights.polytope is self.polytope and all(c.split is None for c in weights.corners):
                return True
            weights = weights.exact_weights()
        return is_optimal(self.polytope, weights)


def as_graph(vertices: Sequence[OptimalNetwork], edges: Edges) -> Any:
    """Vertices and edges in networkx."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from((k, {"point": point, "width": point.width}) for k, point in enumerate(vertices))
    graph.add_edges_from(edges)
    return graph
