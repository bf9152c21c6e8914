"""The optimal set at the level of neurons: networks modulo permutation and splitting."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, ctx, fmpq

from polyrelu.errors import BadInput, LimitReached, Undecided
from polyrelu.exact.enclosure import ball, precision
from polyrelu.exact.rational import is_rational, to_fmpq
from polyrelu.exact.real import sign
from polyrelu.exact.representations import HRepresentation
from polyrelu.geometry.boxed import UPPER, Boxed, Vertex
from polyrelu.geometry.faces import faces_by_dimension
from polyrelu.geometry.listing import FEW, Edges, at_most, by_engine, by_walking, edges_if_complete, too_many
from polyrelu.geometry.neuron_polytope import GUARD_BITS, NeuronPolytope
from polyrelu.geometry.optimise import Maximum, Objective, gap_at, maximise, value_at
from polyrelu.geometry.set_point import Corner, SetPoint, mean, support_of
from polyrelu.proof.neuron import Piece
from polyrelu.proof.point import Coordinates

BITS = 128
RANDOM_CORNERS = 4
"""Corners that a random point of a set too large to list is a combination of."""


@dataclass(frozen=True, eq=False)
class NeuronSet:
    """{ weights >= 0 : sum of the signed activations = optimal fit }, one coordinate for each neuron of S.

    `rays` and `lines` are empty: with lambda > 0 the sum of all weights is constant on the set.
    """

    polytope: NeuronPolytope
    max_vertices: int
    engine: str | None = None

    rays: tuple[()] = ()
    lines: tuple[()] = ()

    @property
    def neurons(self) -> tuple[Piece, ...]:
        """S, in the order of the coordinates."""
        return self.polytope.pieces

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
            unit = [[a / program.lamq for a in piece.activation(at.nu)] for piece in self.neurons]
            fit = [v - y for y, v in zip(program.yq, at.nu, strict=True)]
        equations = [[b, *(a[i] for a in unit)] for i, b in enumerate(fit)]
        K = len(unit)
        return HRepresentation.from_rows(
            K, [[0, *(int(i == k) for i in range(K))] for k in range(K)], equations
        )

    # ------------------------------------------------------------------ vertices and faces

    @cached_property
    def _listed(self) -> tuple[tuple[Vertex, ...], Edges]:
        """All vertices and edges, with the proof that none is missing."""
        start, claim = self.polytope.start, "the list of vertices"
        if self.dimension == 0:
            return (start,), ()

        def listing(system: Boxed) -> tuple[tuple[Vertex, ...], Edges]:
            found = (
                by_engine(system, self._engine)
                if self._engine
                else by_walking(system, start, self.max_vertices)
            )
            if len(found) > self.max_vertices:
                raise too_many(self.max_vertices)
            return tuple(found), edges_if_complete(system, found)

        if self._engine:
            return listing(self.polytope.exact)
        return self.polytope.settle(listing, claim)

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
    def vertices(self) -> tuple[SetPoint, ...]:
        """The inclusion-minimal optimal networks; LimitReached beyond `max_vertices`."""
        return tuple(self._point(v) for v in self._listed[0])

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
        return faces_by_dimension([m for m in masks if m], len(vertices))

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

    def minimal_network(self) -> SetPoint:
        """One vertex, found without listing them."""
        return self._point(self.polytope.start)

    def interior_point(self) -> SetPoint:
        """A point of the relative interior: every neuron of S has a positive weight there."""
        if self.polytope.is_fibre:
            return SetPoint(self.polytope, (Corner(fmpq(1), self.polytope.inner),))
        return mean(
            [self._point(m.vertex) for pair in self._extremes.values() for m in pair]
            or [self.minimal_network()]
        )

    def random_points(self, count: int, seed: int = 0) -> list[SetPoint]:
        """Rational convex combinations of random vertices (not uniformly distributed); the same for the same seed."""
        pick = random.Random(seed)
        return [self._random_point(pick) for _ in range(count)]

    def _random_point(self, pick: random.Random) -> SetPoint:
        try:
            corners = list(self.vertices)
        except LimitReached:
            corners = [self._random_corner(pick) for _ in range(RANDOM_CORNERS)]
        parts = [pick.randint(0, 1000) for _ in corners]
        parts[pick.randrange(len(parts))] += 1
        chosen = [(c, fmpq(p, sum(parts))) for c, p in zip(corners, parts, strict=True) if p]
        return mean([c for c, _ in chosen], [p for _, p in chosen])

    def _random_corner(self, pick: random.Random) -> SetPoint:
        variables = range(self.polytope.dimension and len(self.polytope.start.sides))
        return self.maximum({j: pick.randint(-1000, 1000) for j in variables})

    def maximum(self, objective: Objective) -> SetPoint:
        """A vertex where a linear function of the polytope's own variables is largest, up to the gap of `maximise`."""
        start = self.polytope.start
        found = self.polytope.settle(
            lambda system: maximise(system, start, objective), "a maximum over the set"
        )
        return self._point(found.vertex)

    def _point(self, vertex: Vertex) -> SetPoint:
        return SetPoint(self.polytope, (Corner(fmpq(1), vertex),))

    # ------------------------------------------------------------------ ranges

    @cached_property
    def _extremes(self) -> dict[int, tuple[Maximum, Maximum]]:
        """For every variable a vertex where it is least and one where it is largest."""
        start = self.polytope.start

        def search(system: Boxed) -> dict[int, tuple[Maximum, Maximum]]:
            found, near = {}, start
            for j in range(system.size):
                low = maximise(system, near, {j: -1})
                high = maximise(system, low.vertex, {j: 1})
                found[j], near = (low, high), high.vertex
            return found

        return self.polytope.settle(search, "the ranges of the weights")

    def ranges(self, bits: int = BITS) -> list[tuple[Any, Any]]:
        """The least and the greatest weight of each neuron over the set: exact over Q, enclosures elsewhere."""
        extremes = self._extremes
        if self.polytope.is_rational:
            exact = self.polytope.optimum.point.exact
            assert exact is not None
            return self._read_ranges(self.polytope.exact, exact.at, extremes)
        system, at = self.polytope.enclosed(bits), self.polytope.optimum.point.balls(bits)
        with precision(bits + GUARD_BITS):
            read = self._read_ranges(system, at, extremes)
            enclosed = [(arb(low), arb(high)) for low, high in read]
        emptied = self._emptied(extremes)
        return [(fmpq(0) if k in emptied else low, high) for k, (low, high) in enumerate(enclosed)]

    def _emptied(self, extremes: dict[int, tuple[Maximum, Maximum]]) -> set[int]:
        """The neurons that some vertex found on the way does without: their least weight is exactly 0."""
        everyone = set(range(len(self.neurons)))
        seen = [support_of(self.polytope, m.vertex) for pair in extremes.values() for m in pair]
        return everyone - everyone.intersection(*seen)

    def _read_ranges(
        self, system: Boxed, at: Coordinates, extremes: dict[int, tuple[Maximum, Maximum]]
    ) -> list[tuple[Any, Any]]:
        lam, ranges = self.polytope.optimum.program.lamq, []
        ends = [
            tuple(_extreme(system, m.vertex, {j: c}) for m, c in zip(pair, (-1, 1), strict=True))
            for j, pair in extremes.items()
        ]
        lows, highs = [-e[0] for e in ends], [e[1] for e in ends]
        for r, low, high in zip(
            self.polytope.readings, self.polytope.betas(lows, at), self.polytope.betas(highs, at), strict=True
        ):
            flipped = r.x is not None and r.mu is not None
            ranges.append((high * lam, low * lam) if flipped else (low * lam, high * lam))
        return ranges

    # ------------------------------------------------------------------ membership

    def contains(self, weights: Sequence[Any] | SetPoint) -> bool:
        """Exactly: are these weights (rationals, sums of square roots, field elements) an optimal network?"""
        if isinstance(weights, SetPoint):
            if weights.polytope is self.polytope and all(c.split is None for c in weights.corners):
                return True
            weights = weights.exact_weights()
        if len(weights) != len(self.neurons):
            raise BadInput(
                f"{len(weights)} weights were given for the {len(self.neurons)} neurons of the set"
            )
        exact = [exact_weight(w) for w in weights]
        if any(sign(w) < 0 for w in exact):
            return False
        try:
            return all(self._equation_holds(exact, row) for row in range(self.polytope.optimum.program.n))
        except TypeError:
            raise Undecided("the weights and the optimum lie in different exact fields") from None

    def _equation_holds(self, weights: Sequence[Any], row: int) -> bool:
        program = self.polytope.optimum.program

        def misfit(at: Coordinates) -> Any:
            enclosed = isinstance(at.nu[0], arb)
            total = at.nu[row] - program.yq[row]
            for piece, w in zip(self.neurons, weights, strict=True):
                value = ball(w, ctx.prec) if enclosed else w
                total = total + piece.activation(at.nu)[row] * value / program.lamq
            return total

        return self.polytope.optimum.point.sign(misfit, f"the misfit in row {row + 1}") == 0


def _extreme(system: Boxed, vertex: Vertex, objective: Objective) -> Any:
    """The maximum, enclosed: the value at the vertex and the gap above it."""
    value, gap = value_at(objective, system.point(vertex.solution)), gap_at(system, vertex, objective)
    return arb(value).union(value + gap) if isinstance(gap, arb) else value


def exact_weight(w: Any) -> Any:
    """A weight as an exact number; floats and balls are refused, since they are rarely the number that was meant."""
    if is_rational(w):
        return to_fmpq(w)
    if isinstance(w, float | arb) or not hasattr(w, "sign"):
        raise BadInput(
            f"an exact weight was expected, found {w!r}: give an int, a Fraction or a field element"
        )
    return w


def as_graph(vertices: Sequence[SetPoint], edges: Edges) -> Any:
    """Vertices and edges in networkx."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from((k, {"point": point, "width": point.width}) for k, point in enumerate(vertices))
    graph.add_edges_from(edges)
    return graph
