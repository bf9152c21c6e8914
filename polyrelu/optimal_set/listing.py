"""All vertices of a boxed polytope, by two unrelated routes, and a proof that a list of vertices is complete.

Completeness (`edges_if_complete`): the graph of a polytope is connected, so a non-empty list of vertices is the list
of all vertices iff every edge out of every listed vertex ends in a listed vertex. The edges are computed afresh from
the tight inequalities of each vertex; nothing is taken from the enumerator but the sides that name its vertices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import comb
from typing import Any

from flint import fmpq

from polyrelu.errors import Contradiction, LimitReached
from polyrelu.exact.polyhedron import HRepresentation, vertices_rays_lines
from polyrelu.optimal_set.boxed import Boxed, Sides, Vertex

FEW = 50_000
"""A polytope whose number of vertices is at most this, whatever its shape, is given to a polyhedral engine."""

Edges = tuple[tuple[int, int], ...]


def by_walking(polytope: Boxed, start: Vertex, limit: int) -> tuple[list[Vertex], Edges]:
    """All vertices and edges, reached from one along edges: complete, as above. LimitReached beyond the limit."""
    found, waiting, spans = {start.sides: start}, [start], set[tuple[Sides, Sides]]()
    while waiting:
        vertex = waiting.pop()
        for end in _neighbours(polytope, vertex):
            spans.add((min(vertex.sides, end), max(vertex.sides, end)))
            if end not in found:
                found[end] = polytope.vertex(end)
                waiting.append(found[end])
        if len(found) > limit:
            raise too_many(limit)
    vertices = in_order(found.values())
    place = {vertex.sides: k for k, vertex in enumerate(vertices)}
    return vertices, tuple(sorted((place[a], place[b]) for a, b in spans))


def _neighbours(polytope: Boxed, vertex: Vertex) -> Iterator[Sides]:
    """Where every edge out of a vertex ends; Contradiction unless it is a vertex."""
    x = polytope.point(vertex.solution)
    if _sides_of_free(polytope, vertex, x) != vertex.sides:
        raise Contradiction(f"the point with sides {vertex.sides} is not in the polytope")
    for d in polytope.directions(vertex):
        end = polytope.walk(x, vertex.sides, d)
        if end is None:
            raise Contradiction("the polytope of optimal networks holds a ray")
        yield end[1]


def too_many(limit: int) -> LimitReached:
    """More vertices than asked for."""
    return LimitReached(f"more than {limit} vertices; raise max_vertices (--max-vertices) to list them")


def by_engine(polytope: Boxed, engine: str | None) -> list[Vertex]:
    """All vertices, from the exact polyhedral engine "cdd" (over Q) or "python" (over any exact field)."""
    N, R = polytope.size, len(polytope.right)
    if N == R:
        return [Vertex((), ())] if N == 0 else [polytope.vertex(_sides(polytope, _only_point(polytope)))]
    inequalities = [_unit_row(N, j, fmpq(0), 1) for j in range(N)]
    inequalities += [_unit_row(N, j, u, -1) for j, u in enumerate(polytope.upper) if u is not None]
    equations = [[polytope.right[i] * -1, *(column[i] for column in polytope.columns)] for i in range(R)]
    found = vertices_rays_lines(HRepresentation.from_rows(N, inequalities, equations), engine)
    if found.rays or found.lines:
        raise Contradiction("the polytope of optimal networks holds a ray")
    return in_order(polytope.vertex(_sides(polytope, v)) for v in found.vertices)


def _only_point(polytope: Boxed) -> list[Any]:
    return polytope.point(Vertex((0,) * polytope.size, tuple(range(polytope.size))).solution)


def _unit_row(size: int, j: int, b: Any, a: int) -> list[Any]:
    row: list[Any] = [b, *[0] * size]
    row[j + 1] = a
    return row


def _sides(polytope: Boxed, x: Sequence[Any]) -> Sides:
    return tuple(polytope.side(j, _flint(v)) for j, v in enumerate(x))


def _flint(v: Any) -> Any:
    """Engines answer with Fractions, which flint does not mix with."""
    from polyrelu.exact.rational import is_rational, to_fmpq

    return to_fmpq(v) if is_rational(v) else v


def in_order(vertices: Iterable[Vertex]) -> list[Vertex]:
    """The vertices in an order that does not depend on how they were found."""
    return sorted(vertices, key=lambda vertex: vertex.sides)


def at_most(facets: int, dimension: int) -> int:
    """McMullen's upper bound for the number of vertices of a polytope with that many facets.

    >>> at_most(4, 2), at_most(6, 3), at_most(8, 4)
    (4, 8, 20)
    """
    if facets <= dimension:
        return 1
    high, low = (dimension + 1) // 2, (dimension + 2) // 2
    return comb(facets - high, facets - dimension) + comb(facets - low, facets - dimension)


def edges_if_complete(polytope: Boxed, vertices: Sequence[Vertex]) -> Edges:
    """The edges as pairs of indices; Contradiction unless the list is non-empty, right and complete."""
    place = {vertex.sides: k for k, vertex in enumerate(vertices)}
    if not vertices or len(place) < len(vertices):
        raise Contradiction("a list of vertices is empty or names one twice")
    edges: set[tuple[int, int]] = set()
    for k, listed in enumerate(vertices):
        for end in _neighbours(polytope, polytope.vertex(listed.sides)):
            if end not in place:
                raise Contradiction(f"an edge out of vertex {k} ends in no listed vertex")
            edges.add((min(k, place[end]), max(k, place[end])))
    return tuple(sorted(edges))


def _sides_of_free(polytope: Boxed, vertex: Vertex, x: Sequence[Any]) -> Sides:
    """The sides recomputed for the basis; the other variables are at their bounds by construction."""
    return tuple(polytope.side(j, x[j]) if j in vertex.basis else s for j, s in enumerate(vertex.sides))
