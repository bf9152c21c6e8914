"""Cells, their cones and their faces: the ground on which the constrained group lasso stands.

The block of a pattern D = diag(1(X g >= 0)) lives on the activation cone K_D = { w : (2D - I) X w >= 0 }. For
the pattern of a cell, K_D is the closure of the cell; its facets lie on the hyperplanes that the cell touches,
its faces are faces of the arrangement.

Sign vectors are rows of int8 matrices, entry j = sign(x_j . w); a zero row of X always has entry 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from polyrelu.arrangement.faces import points_of_faces
from polyrelu.errors import BadInput, Contradiction
from polyrelu.exact.integers import IntMatrix, divided_by_gcd, narrow, primitive_rows, product, values
from polyrelu.exact.labels import lines_of_rows
from polyrelu.exact.lattice import row_space_basis
from polyrelu.exact.polyhedron import HalfSpace, HRepresentation, Line, Polyhedron, Ray, polyhedron
from polyrelu.exact.sign_search import Crossings, one_sign_apart

if TYPE_CHECKING:
    from collections.abc import Sequence

    import networkx
    from numpy.typing import NDArray

    from polyrelu.arrangement.cells import Arrangement


@dataclass(frozen=True)
class ActivationCone:
    """K_D = { w : (2D - I) X w >= 0 }, for X with integer rows and a pattern D of zeros and ones.

    >>> cone = activation_cone([[1, 0], [0, 1], [1, 1]], [1, 1, 1])
    >>> [ray.direction for ray in cone.rays], cone.lines, cone.facet_rows
    ([(0, 1), (1, 0)], (), (0, 1))
    """

    dim: int
    rows: tuple[tuple[int, ...], ...]
    pattern: tuple[bool, ...]
    engine: str | None = None

    @property
    def half_spaces(self) -> tuple[HalfSpace, ...]:
        """One half-space for each row of X that is not zero, redundant ones included."""
        signed = (
            row if on else tuple(-x for x in row) for row, on in zip(self.rows, self.pattern, strict=True)
        )
        return tuple(HalfSpace(0, row) for row in signed if any(row))

    @cached_property
    def polyhedron(self) -> Polyhedron:
        """The cone with both of its irredundant representations."""
        return polyhedron(HRepresentation(self.dim, self.half_spaces), self.engine)

    @property
    def rays(self) -> tuple[Ray, ...]:
        """The extreme rays, primitive integers; modulo the lines if there are any."""
        return self.polyhedron.v.rays

    @property
    def lines(self) -> tuple[Line, ...]:
        """A basis of ker X (of the lineality space of K_D): none if X has full column rank."""
        return self.polyhedron.v.lines

    @property
    def facet_rows(self) -> tuple[int, ...]:
        """The rows of X whose hyperplane holds a facet, parallel rows all named."""
        facets = {frozenset(k - 1 for k in facet if k) for facet in self.polyhedron.incidence()}
        return tuple(
            j
            for j, row in enumerate(self.rows)
            if any(row) and frozenset(self._rays_orthogonal_to(row)) in facets
        )

    def _rays_orthogonal_to(self, row: tuple[int, ...]) -> list[int]:
        products = [sum(a * x for a, x in zip(row, ray.direction, strict=True)) for ray in self.rays]
        return [k for k, value in enumerate(products) if value == 0]


def activation_cone(X: Any, pattern: Sequence[Any], engine: str | None = None) -> ActivationCone:
    """The activation cone of a pattern over rational data; rows are scaled to primitive integers."""
    rows = primitive_rows(X)
    if len(pattern) != len(rows) or any(entry not in (0, 1) for entry in pattern):
        raise BadInput(
            f"a pattern has one 0 or 1 for each of the {len(rows)} rows of X, found {list(pattern)!r}: "
            "for a sign vector s pass s >= 0"
        )
    integers = tuple(tuple(int(x) for x in row) for row in rows)
    return ActivationCone(rows.shape[1], integers, tuple(map(bool, pattern)), engine)


def crossings(signs: NDArray[np.int8], rows: IntMatrix) -> Crossings:
    """All pairs of cells that share a facet, with the line (class of parallel rows) that is crossed.

    The flip test. If two cells differ in the sign of one hyperplane H alone, the segment between points of
    them meets H in a point off all other hyperplanes, which is inside a common facet. Conversely, leaving a
    cell through the interior of a facet changes that sign alone. Parallel and antiparallel rows change
    together. `signs` must hold all the cells, each once.
    """
    lines = lines_of_rows(rows)
    return one_sign_apart(signs[:, _representatives(lines.line)] > 0)


def _representatives(line: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each line the first of its rows."""
    numbers, first = np.unique(line, return_index=True)
    chosen: NDArray[np.intp] = first[numbers >= 0]
    return chosen


def facets_of_cells(signs: NDArray[np.int8], rows: IntMatrix) -> NDArray[np.bool_]:
    """The (N, n) matrix that says whether row j bounds cell i (parallel rows do so together; zero rows never).

    >>> facets_of_cells(np.array([[1, 1, 1], [1, -1, 1], [1, -1, -1], [-1, 1, 1], [-1, 1, -1], [-1, -1, -1]]),
    ...                 np.array([[1, 0], [0, 1], [1, 1]])).astype(int).tolist()
    [[1, 1, 0], [0, 1, 1], [1, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 0]]
    """
    line = lines_of_rows(rows).line
    pairs = crossings(signs, rows)
    touched = np.zeros((len(signs), len(_representatives(line)) + 1), dtype=np.bool_)
    touched[pairs.positive, pairs.line] = True
    touched[pairs.negative, pairs.line] = True
    return touched[:, line]  # line is -1 on zero rows: the extra last column, never set


def cell_graph(arrangement: Arrangement) -> networkx.Graph[int]:
    """The graph of cells, adjacent across a facet; edge attribute `rows`: the rows of X crossed there."""
    import networkx as nx

    line = lines_of_rows(arrangement.rows).line
    members = [tuple(np.flatnonzero(line == k).tolist()) for k in range(int(line.max(initial=-1)) + 1)]
    graph: networkx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(len(arrangement.signs)))
    pairs = crossings(arrangement.signs, arrangement.rows)
    for i, k, crossed in zip(*(part.tolist() for part in pairs), strict=True):
        graph.add_edge(i, k, rows=members[crossed])
    return graph


class Faces(NamedTuple):
    """Relatively open faces of one dimension."""

    signs: NDArray[np.int8]  # (N, n), 0 where the face lies in the hyperplane of the row
    witnesses: IntMatrix  # (N, d), an integer point of each


def faces(arrangement: Arrangement) -> dict[int, Faces]:
    """All relatively open faces by dimension, d (the cells) down to d - rank (ker X alone).

    The faces of dimension k are the cells of the restrictions to the k-dimensional flats. The relatively open
    faces partition R^d, so that sum (-1)^k f_k = (-1)^d (Euler characteristic with compact support); this and
    the distinctness of the sign vectors are checked on every answer.
    """
    dim = arrangement.rows.shape[1]
    basis = row_space_basis(arrangement.rows)
    found = {dim: Faces(arrangement.signs, arrangement.witnesses)}
    reduced = product(lines_of_rows(arrangement.rows).rows, basis)
    for codimension, points in enumerate(points_of_faces(reduced), start=1):
        witnesses = narrow(divided_by_gcd(product(points, basis.T)))
        at = values(witnesses, arrangement.rows)
        signs = (at > 0).astype(np.int8) - (at < 0).astype(np.int8)
        found[dim - codimension] = _each_once(Faces(signs, witnesses))
    euler = sum((-1) ** (dim - k) * len(layer.signs) for k, layer in found.items())
    if euler != 1:
        raise Contradiction(f"the faces have Euler characteristic {euler}, not 1: this is a bug in polyrelu")
    return found


def _each_once(layer: Faces) -> Faces:
    """The faces in lexicographic order; the origin, its own antipode, may be listed twice."""
    signs, first = np.unique(layer.signs, axis=0, return_index=True)
    if len(signs) != len(layer.signs) and signs.any():
        raise Contradiction("two faces have equal sign vectors: this is a bug in polyrelu")
    return Faces(signs, layer.witnesses[first])


def closure_contains(signs: NDArray[np.int8], face_signs: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Which cells (or faces) have the given face in their closure: equal signs wherever the face's is not 0.

    >>> closure_contains(np.array([[1, 1], [1, -1], [-1, 1]]), np.array([1, 0])).tolist()
    [True, True, False]
    """
    support = np.flatnonzero(face_signs)
    inside: NDArray[np.bool_] = (signs[:, support] == face_signs[support]).all(axis=1)
    return inside
