"""Activation cones, facets, graph of cells and faces: against brute force over cones, and closed forms."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations, product
from math import comb, factorial

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.arrangement.cones import (
    activation_cone,
    cell_graph,
    closure_contains,
    faces,
    facets_of_cells,
)
from polyrelu.errors import BadInput
from polyrelu.exact import sign_search
from polyrelu.exact.polyhedron import HRepresentation, polyhedron
from polyrelu.exact.sign_search import one_sign_apart
from tests.strategies import integer_matrices

DEGENERATE = [
    [[0, 0]],
    [[2]],
    [[0], [1], [-2], [3]],
    [[1, 1, 0], [2, 2, 0], [0, 0, 0], [-1, -1, 0], [1, -1, 0]],  # parallel, zero, rank 2 in R^3
    [[1, 0], [0, 1], [-1, 0], [0, -1]],
    [[1, 2, 3, 4]],
]


def braid(m: int) -> list[list[int]]:
    return [[int(k == i) - int(k == j) for k in range(m)] for i, j in combinations(range(m), 2)]


def type_b(m: int) -> list[list[int]]:
    sums = [[int(k == i) + int(k == j) for k in range(m)] for i, j in combinations(range(m), 2)]
    return [*braid(m), *sums, *np.eye(m, dtype=int).tolist()]


def generic(n: int, d: int) -> list[list[int]]:
    return [[t**k for k in range(d)] for t in range(-(n // 2), n - n // 2)]  # moment curve: general position


def stirling(n: int, k: int) -> int:
    return sum((-1) ** i * comb(k, i) * (k - i) ** n for i in range(k + 1)) // factorial(k)


def generic_cells(n: int, d: int) -> int:
    return 2 * sum(comb(n - 1, k) for k in range(d)) if d else 1


def signs_at(rows: list[list[int]], point: list[int]) -> tuple[int, ...]:
    """Signs in Python integers, on a route of its own."""
    at = [sum(a * int(x) for a, x in zip(row, point, strict=True)) for row in rows]
    return tuple((v > 0) - (v < 0) for v in at)


# --- activation cones ---------------------------------------------------------------------------------------


@given(integer_matrices(max_rows=5, max_columns=4))
@settings(max_examples=60, derandomize=True, deadline=None)
def test_the_cone_of_a_cell_is_its_closure(rows: list[list[int]]) -> None:
    cells = enumerate_cells(rows)
    touching = facets_of_cells(cells.signs, cells.rows)
    for signs, facet, pattern, witness in zip(
        cells.signs, touching, cells.patterns, cells.witnesses, strict=True
    ):
        cone = activation_cone(rows, pattern.tolist(), "cdd")
        assert cone.polyhedron == activation_cone(rows, pattern.tolist(), "python").polyhedron
        assert cone.polyhedron.dimension == len(rows[0])
        assert cone.polyhedron.contains(witness.tolist())
        assert signs_at(rows, cone.polyhedron.interior_point()) == tuple(signs)
        assert cone.facet_rows == tuple(np.flatnonzero(facet))  # the flip test against the polyhedron
        assert len(cone.lines) == len(rows[0]) - cells.rank
        for ray in cone.rays:
            at = signs_at(rows, ray.direction)
            assert all(a in (0, s) for a, s in zip(at, signs, strict=True))
            zeros = [row for row, a in zip(rows, at, strict=True) if a == 0]
            assert np.linalg.matrix_rank(np.array([*zeros, [0] * len(rows[0])])) == cells.rank - 1


def test_cones_of_patterns_without_a_cell() -> None:
    everything_on = activation_cone([[1, 0], [-1, 0], [0, 1]], [1, 1, 1])  # g on a hyperplane
    assert everything_on.polyhedron.dimension == 1
    assert [ray.direction for ray in everything_on.rays] == [(0, 1)]
    assert everything_on.facet_rows == (2,)
    origin = activation_cone([[1, 0], [0, 1], [-1, -1]], [1, 1, 1])
    assert (origin.rays, origin.lines, origin.polyhedron.dimension) == ((), (), 0)
    assert len(origin.half_spaces) == 3
    half_line = activation_cone([[Fraction(1, 2)], [0]], [0, 1])
    assert [ray.direction for ray in half_line.rays] == [(-1,)]
    assert len(half_line.half_spaces) == 1  # the zero row says nothing


@pytest.mark.parametrize("pattern", [[1], [1, 2], [1, -1], [1, 0, 1]])
def test_bad_patterns_are_refused(pattern: list[int]) -> None:
    with pytest.raises(BadInput, match="pattern"):
        activation_cone([[1, 0], [0, 1]], pattern)


# --- facets and the graph of cells --------------------------------------------------------------------------


@pytest.mark.parametrize("m", [2, 3, 4, 5])
def test_braid_arrangement_gives_the_permutohedron(m: int) -> None:
    cells = enumerate_cells(braid(m))
    graph = cell_graph(cells)
    assert len(graph) == factorial(m)
    assert {degree for _, degree in graph.degree} <= {m - 1}
    rank = [tuple(sum(int(x) > int(y) for y in w) for x in w) for w in cells.witnesses]
    assert len(set(rank)) == factorial(m)
    neighbours = {
        frozenset((a, tuple({k: k + 1, k + 1: k}.get(x, x) for x in a))) for a in rank for k in range(m - 1)
    }  # swapping two values that are next to each other
    assert {frozenset((rank[i], rank[k])) for i, k in graph.edges} == neighbours


@pytest.mark.parametrize("rows", [type_b(3), generic(7, 3), generic(6, 4), *DEGENERATE])
def test_graph_distance_is_the_number_of_separating_hyperplanes(rows: list[list[int]]) -> None:
    cells = enumerate_cells(rows)
    graph = cell_graph(cells)
    assert len(graph) == cells.cells
    distinct = [
        k for k, row in enumerate(cells.rows.tolist()) if any(row) and not parallel(row, cells.rows[:k])
    ]
    for i, lengths in nx.all_pairs_shortest_path_length(graph):
        apart = (cells.signs[i][distinct] != cells.signs[:, distinct]).sum(axis=1)
        assert [lengths[k] for k in range(cells.cells)] == apart.tolist()
    for i, k, crossed in graph.edges(data="rows"):
        assert crossed == tuple(np.flatnonzero(cells.signs[i] != cells.signs[k]).tolist())


def parallel(row: list[int], others: np.ndarray) -> bool:
    return any(np.linalg.matrix_rank(np.array([row, other])) == 1 for other in others.tolist() if any(other))


def test_facets_of_many_cells() -> None:
    cells = enumerate_cells(np.random.default_rng(0).integers(-30, 30, size=(30, 6)))
    assert cells.cells > 290_000
    touching = facets_of_cells(cells.signs, cells.rows)
    for i in range(0, cells.cells, 40_000):
        expected = activation_cone(cells.rows, cells.patterns[i].tolist()).facet_rows
        assert tuple(np.flatnonzero(touching[i])) == expected


def test_more_rows_than_bits_in_a_word() -> None:
    cells = enumerate_cells(generic(80, 3))
    assert cells.cells == generic_cells(80, 3)
    touching = facets_of_cells(cells.signs, cells.rows)
    index = {row.tobytes() for row in cells.signs}
    for signs, facet in zip(cells.signs[::50], touching[::50], strict=True):
        flips = [
            (signs * np.where(np.arange(80) == j, -1, 1)).astype(np.int8).tobytes() in index
            for j in range(80)
        ]
        assert facet.tolist() == flips


def test_pseudo_random_names_find_the_same_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    positive = enumerate_cells(generic(9, 4)).signs > 0
    exact = one_sign_apart(positive)
    monkeypatch.setattr(sign_search, "WORD", 2)
    assert set(zip(*map(tuple, one_sign_apart(positive)), strict=True)) == set(
        zip(*map(tuple, exact), strict=True)
    )


def test_a_false_match_of_names_is_not_believed() -> None:
    packed = np.packbits(np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]], dtype=bool), axis=1)
    first, second = np.array([0, 0, 1]), np.array([1, 2, 2])
    above, below = sign_search._confirmed(packed, 0, first, second)
    assert (above.tolist(), below.tolist()) == ([0], [1])


def test_a_cell_named_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="twice"):
        facets_of_cells(np.array([[1], [1]], dtype=np.int8), np.array([[1]]))


# --- faces --------------------------------------------------------------------------------------------------


def all_faces_by_cones(rows: list[list[int]]) -> Counter[int]:
    """Every sign vector tried: it is a face iff it is the sign of a point inside its own closed cone."""
    found: Counter[int] = Counter()
    for signs in product((-1, 0, 1), repeat=len(rows)):
        inequalities = [[0, *(s * x for x in row)] for s, row in zip(signs, rows, strict=True) if s]
        equations = [[0, *row] for s, row in zip(signs, rows, strict=True) if not s]
        cone = polyhedron(HRepresentation.from_rows(len(rows[0]), inequalities, equations), "python")
        if signs_at(rows, cone.interior_point()) == signs:
            found[cone.dimension] += 1
    return found


@pytest.mark.parametrize(
    "rows", [*DEGENERATE, braid(3), generic(5, 3), [[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 1]]]
)
def test_faces_against_all_sign_vectors(rows: list[list[int]]) -> None:
    found = faces(enumerate_cells(rows))
    assert {k: len(layer.signs) for k, layer in found.items()} == all_faces_by_cones(rows)
    for layer in found.values():
        assert len({row.tobytes() for row in layer.signs}) == len(layer.signs)
        for signs, witness in zip(layer.signs, layer.witnesses, strict=True):
            assert signs_at(rows, witness) == tuple(signs)


@pytest.mark.parametrize("m", [2, 3, 4, 5])
def test_faces_of_the_braid_arrangement_are_ordered_partitions(m: int) -> None:
    found = faces(enumerate_cells(braid(m)))
    assert {k: len(f.signs) for k, f in found.items()} == {
        k: factorial(k) * stirling(m, k) for k in range(1, m + 1)
    }


@pytest.mark.parametrize("m", [2, 3, 4])
def test_faces_of_type_b_are_signed_ordered_partitions(m: int) -> None:
    found = faces(enumerate_cells(type_b(m)))
    assert {k: len(f.signs) for k, f in found.items()} == {
        k: sum(comb(m, j) * 2**j * factorial(k) * stirling(j, k) for j in range(m + 1)) for k in range(m + 1)
    }


@pytest.mark.parametrize(("n", "d"), [(4, 1), (6, 2), (9, 3), (20, 4), (9, 5)])
def test_faces_in_general_position(n: int, d: int) -> None:
    rows = generic(n, d)[:1] if d == 1 else generic(n, d)
    count = len(rows)
    found = faces(enumerate_cells(rows))
    assert {k: len(f.signs) for k, f in found.items()} == {
        k: comb(count, d - k) * generic_cells(count - d + k, k) if k else 1 for k in range(d + 1)
    }


@pytest.mark.parametrize("rows", [type_b(3), generic(7, 4), *DEGENERATE[1:]])
def test_walls_are_the_edges_of_the_graph(rows: list[list[int]]) -> None:
    cells = enumerate_cells(rows)
    walls = faces(cells)[len(rows[0]) - 1].signs
    beside = [frozenset(np.flatnonzero(closure_contains(cells.signs, wall)).tolist()) for wall in walls]
    assert sorted(map(sorted, beside)) == sorted(map(sorted, cell_graph(cells).edges))


@pytest.mark.parametrize("rows", [type_b(2), generic(5, 3), *DEGENERATE])
def test_closure_contains_against_the_cones(rows: list[list[int]]) -> None:
    cells = enumerate_cells(rows)
    cones = [activation_cone(rows, pattern.tolist()).polyhedron for pattern in cells.patterns]
    for layer in faces(cells).values():
        for signs, witness in zip(layer.signs, layer.witnesses.tolist(), strict=True):
            expected = [cone.contains(witness) for cone in cones]
            assert closure_contains(cells.signs, signs).tolist() == expected


def test_a_generic_flat_of_codimension_k_is_in_two_to_the_k_cells() -> None:
    cells = enumerate_cells(generic(8, 4))
    for dim, layer in faces(cells).items():
        beside = {int(closure_contains(cells.signs, signs).sum()) for signs in layer.signs}
        assert beside == ({2 ** (4 - dim)} if dim else {cells.cells})
