"""Exact polyhedra: one battery over both engines, against closed forms, brute force and a toy field."""

from __future__ import annotations

import random
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations, product
from math import comb

import flint
import pytest

from polyrelu.errors import BadInput, EngineMissing
from polyrelu.exact.linear import rank
from polyrelu.exact.polyhedron import (
    HalfSpace,
    HRepresentation,
    Line,
    Polyhedron,
    Ray,
    VRepresentation,
    canonical,
    facets,
    polyhedron,
    remove_redundancies,
    vertices_rays_lines,
)
from polyrelu.exact.rational import to_fraction
from polyrelu.exact.real import sign
from polyrelu.exact.square_roots import SqrtSum
from polyrelu.exact.vectors import common_field, primitive

ENGINES = ("cdd", "python")
engines = pytest.mark.parametrize("engine", ENGINES)

H = HRepresentation.from_rows
V = VRepresentation.from_vectors


def unit(dim: int, k: int, size: int = 1) -> tuple[int, ...]:
    return tuple(size * (i == k) for i in range(dim))


def cube(dim: int) -> HRepresentation:
    return H(dim, [(1, *unit(dim, k, s)) for k in range(dim) for s in (1, -1)])


# --- closed forms -------------------------------------------------------------------------------------------


@engines
@pytest.mark.parametrize("dim", range(6))
def test_cube_and_cross_polytope_are_polar(engine: str, dim: int) -> None:
    full = polyhedron(cube(dim), engine)
    assert set(full.v.vertices) == set(product((-1, 1), repeat=dim))
    assert full.f_vector() == tuple(comb(dim, k) * 2 ** (dim - k) for k in range(dim + 1))
    assert full.dimension == dim
    cross = polyhedron(V(dim, [unit(dim, k, s) for k in range(dim) for s in (1, -1)] or [()]), engine)
    assert {row.a for row in cross.h.inequalities} == set(product((-1, 1), repeat=dim)) - {()}
    if dim:
        assert cross.f_vector() == (*reversed(full.f_vector()[:-1]), 1)


def cyclic_f_vector(n: int, dim: int) -> tuple[int, ...]:
    h = [comb(n - dim - 1 + min(i, dim - i), min(i, dim - i)) for i in range(dim + 1)]
    return (*(sum(comb(dim - i, k - i) * h[i] for i in range(k + 1)) for k in range(1, dim + 1)), 1)


@engines
@pytest.mark.parametrize(("n", "dim"), [(6, 2), (6, 3), (6, 4), (8, 4), (10, 4), (7, 5), (9, 6)])
def test_cyclic_polytopes(engine: str, n: int, dim: int) -> None:
    points = [tuple(t**k for k in range(1, dim + 1)) for t in range(n)]
    full = polyhedron(V(dim, points), engine)
    assert full.f_vector() == cyclic_f_vector(n, dim)
    if dim >= 4:
        assert len(full.adjacency().bounded) == comb(n, 2)  # neighbourly
    assert polyhedron(full.h, engine) == full


@engines
def test_pyramid_over_the_cube_is_not_simple(engine: str) -> None:
    base = [(*v, 0) for v in product((0, 1), repeat=3)]
    full = polyhedron(V(4, [*base, (Fraction(1, 2), Fraction(1, 2), Fraction(1, 2), 1)]), engine)
    assert full.f_vector() == (9, 20, 18, 7, 1)
    apex = full.v.vertices.index((Fraction(1, 2),) * 3 + (1,))
    assert sum(apex in edge for edge in full.adjacency().bounded) == 8
    assert polyhedron(full.h, engine) == full


@engines
@pytest.mark.parametrize("dim", range(5))
def test_orthants(engine: str, dim: int) -> None:
    full = polyhedron(H(dim, [(0, *unit(dim, k)) for k in range(dim)]), engine)
    assert full.v == V(dim, [(0,) * dim], sorted(unit(dim, k) for k in range(dim)))
    assert full.f_vector() == tuple(comb(dim, k) for k in range(dim + 1))


@engines
def test_unbounded_polygon_has_two_unbounded_edges(engine: str) -> None:
    full = polyhedron(H(2, [(0, 1, 0), (0, 0, 1), (-1, 1, 1)]), engine)
    assert full.v == V(2, [(0, 1), (1, 0)], [(0, 1), (1, 0)])
    assert full.f_vector() == (2, 3, 1)
    assert full.adjacency().bounded == ((0, 1),)
    assert full.adjacency().unbounded == ((0, 0), (1, 1))
    assert full.contains(full.interior_point())
    assert all(sign(row.value(full.interior_point())) > 0 for row in full.h.inequalities)


@engines
def test_lines(engine: str) -> None:
    slab = polyhedron(H(3, [(0, 1, 1, 0), (1, -1, -1, 0)]), engine)
    assert slab.v.lines == (Line((1, -1, 0)), Line((0, 0, 1)))
    assert slab.f_vector() == (0, 0, 2, 1)
    assert slab.dimension == 3
    assert polyhedron(slab.v, engine) == slab
    opposite = polyhedron(V(2, [(1, 1)], [(1, 2), (-1, -2)]), engine)  # a line in disguise
    assert opposite.v == V(2, [(0, -1)], [], [(1, 2)])
    assert opposite.h == H(2, [], [(-1, 2, -1)])


@engines
@pytest.mark.parametrize("dim", range(4))
def test_whole_space(engine: str, dim: int) -> None:
    full = polyhedron(H(dim), engine)
    assert full.v == V(dim, [(0,) * dim], [], [unit(dim, k) for k in range(dim)])
    assert full.h == H(dim)
    assert full.f_vector() == (0,) * dim + (1,)
    assert polyhedron(full.v, engine) == full
    assert polyhedron(H(dim, [(5, *(0,) * dim)], [(0,) * (dim + 1)]), engine) == full


@engines
@pytest.mark.parametrize(
    "h",
    [
        H(1, [(-1, 1), (0, -1)]),
        H(2, [(-1, 1, 0), (0, -1, 0)]),  # parallel, with a recession direction
        H(2, [(-1, 0, 0)]),
        H(0, [(-1,)]),
        H(0, [], [(3,)]),
        H(2, [], [(0, 1, 1), (1, 1, 1)]),
        H(3, [(0, 1, 0, 0), (0, 0, 1, 0), (-1, -1, -1, 0)]),
        H(2, [(0, 1, 0), (0, -1, 0), (-1, 1, 0)]),
    ],
)
def test_empty(engine: str, h: HRepresentation) -> None:
    full = polyhedron(h, engine)
    assert full.is_empty
    assert full == polyhedron(V(h.dim), engine)
    assert full.dimension == -1
    assert full.f_vector() == ()
    assert vertices_rays_lines(full.h, engine) == full.v
    assert not full.contains((0,) * h.dim)
    with pytest.raises(BadInput):
        full.interior_point()


@engines
def test_zero_dimensional_space_and_a_point(engine: str) -> None:
    assert polyhedron(H(0, [(1,), (0,)]), engine).v == V(0, [()])
    point = polyhedron(H(2, [(-1, 2, 0), (1, -2, 0)], [(-3, 0, 1)]), engine)
    assert point.v.vertices == ((Fraction(1, 2), 3),)
    assert point.h == H(2, [], [(-1, 2, 0), (-3, 0, 1)])
    assert (point.dimension, point.f_vector()) == (0, (1,))


@engines
def test_redundant_repeated_and_implicit(engine: str) -> None:
    rows = [
        (0, 1, 0, 0),
        (0, 2, 0, 0),
        (0, 0, 1, 0),
        (5, 1, 1, 0),
        (0, 0, 0, 1),
        (0, 0, 0, -1),
        (1, -1, -1, 0),
    ]
    given = H(3, [*rows, (0, 0, 0, 0), (7, 0, 0, 0), (0, 1, 1, 3)])  # the last touches the origin only
    assert remove_redundancies(given, engine) == H(
        3, [(1, -1, -1, 0), (0, 0, 1, 0), (0, 1, 0, 0)], [(0, 0, 0, 1)]
    )
    v = V(2, [(0, 0), (2, 0), (0, 2), (1, 1), (Fraction(1, 2), Fraction(1, 2)), (0, 0)])
    assert remove_redundancies(v, engine) == V(2, [(0, 0), (0, 2), (2, 0)])


def test_canonical_is_up_to_scale_order_and_lineality() -> None:
    one = V(3, [(0, 5, 1), (1, 0, 1)], [(2, 7, 0), (0, 1, 2)], [(0, -3, 0)])
    two = V(3, [(1, 2, 1), (0, 0, 1)], [(0, 0, 1), (5, -1, 0)], [(0, 1, 0)])
    assert canonical(one) == canonical(two)
    assert canonical(V(2, [(0, 0)], [(1, 0)])) != canonical(V(2, [(0, 0)], [(-1, 0)]))
    assert canonical(V(2, [(0, 0)], [(1, 0)])) != canonical(V(2, [(0, 0)], [], [(1, 0)]))


# --- brute force --------------------------------------------------------------------------------------------


def brute_generators(rows: list[tuple[int, ...]], dim: int) -> set[tuple[int, ...]] | None:
    """Extreme rays of { x : rows.x >= 0 } through all subsets of dim - 1 rows; None unless pointed."""
    if not rows or flint.fmpz_mat(rows).rank() < dim:
        return None
    found = set()
    for subset in combinations(rows, dim - 1):
        if flint.fmpz_mat(list(subset)).rank() < dim - 1:
            continue
        kernel, _ = flint.fmpz_mat(list(subset)).nullspace()
        ray = [int(kernel[i, 0]) for i in range(dim)]
        for candidate in (ray, [-x for x in ray]):
            if all(sum(a * x for a, x in zip(row, candidate, strict=True)) >= 0 for row in rows):
                found.add(primitive(candidate))
    return found


def random_rows(rng: random.Random, count: int, width: int) -> list[tuple[int, ...]]:
    return [
        tuple(rng.choice((-3, -2, -1, -1, 0, 0, 0, 1, 1, 2, 3)) for _ in range(width)) for _ in range(count)
    ]


def homogeneous(v: VRepresentation) -> set[tuple[int, ...]]:
    return {primitive((*x, 1)) for x in v.vertices} | {primitive((*r.direction, 0)) for r in v.rays}


def tight_rank(full: Polyhedron, row: HalfSpace) -> int:
    """The dimension of the span of the homogeneous generators in a row."""
    points = [*((*x, 1) for x in full.v.vertices), *((*r.direction, 0) for r in full.v.rays)]
    held = [p for p in points if sum(a * x for a, x in zip((*row.a, row.b), p, strict=True)) == 0]
    return rank([*held, *((*line.direction, 0) for line in full.v.lines)])


def check_both_representations(full: Polyhedron) -> None:
    """Generators satisfy rows; every row is a facet; every vertex is a face of the right dimension."""
    for x in full.v.vertices:
        assert full.contains(x)
    base = full.v.vertices[0]
    for direction in (*(r.direction for r in full.v.rays), *(g.direction for g in full.v.lines)):
        assert full.contains([p + 1000 * q for p, q in zip(base, direction, strict=True)])
    for line in full.v.lines:
        assert full.contains([p - 1000 * q for p, q in zip(base, line.direction, strict=True)])
    assert all(tight_rank(full, row) == full.dimension for row in full.h.inequalities)
    inside = full.interior_point()
    assert full.contains(inside)
    assert all(sign(row.value(inside)) > 0 for row in full.h.inequalities)


@pytest.mark.parametrize("seed", range(200))
def test_random_half_spaces(seed: int) -> None:
    rng = random.Random(seed)
    dim = rng.randint(1, 4)
    rows = random_rows(rng, rng.randint(0, 8), dim + 1)
    equations = random_rows(rng, rng.choice((0, 0, 0, 1)), dim + 1)
    h = H(dim, rows, equations)
    full, other = (polyhedron(h, engine) for engine in ENGINES)
    assert full == other
    both_signs = [*rows, *equations, *(tuple(-x for x in row) for row in equations)]
    expected = brute_generators([*((*row[1:], row[0]) for row in both_signs), unit(dim + 1, dim)], dim + 1)
    if expected is not None:
        finite = any(ray[-1] for ray in expected)
        assert homogeneous(full.v) == (expected if finite else set())
        assert full.v.lines == ()
    for x in product((-2, 0, Fraction(1, 2), 1), repeat=dim):
        satisfied = all(r[0] + sum(a * y for a, y in zip(r[1:], x, strict=True)) >= 0 for r in both_signs)
        assert full.contains(x) == satisfied
    if not full.is_empty:
        check_both_representations(full)
    for engine in ENGINES:
        assert polyhedron(full.v, engine) == full


@pytest.mark.parametrize("seed", range(200))
def test_random_generators(seed: int) -> None:
    rng = random.Random(1000 + seed)
    dim = rng.randint(1, 4)
    vertices = random_rows(rng, rng.randint(1, 7), dim)
    rays = random_rows(rng, rng.choice((0, 0, 1, 3)), dim)
    lines = random_rows(rng, rng.choice((0, 0, 0, 1)), dim)
    v = V(dim, vertices, rays, lines)
    full, other = (polyhedron(v, engine) for engine in ENGINES)
    assert full == other
    check_both_representations(full)
    assert all(map(full.contains, vertices))
    if not full.v.lines:
        assert set(full.v.vertices) <= {tuple(x) for x in vertices}
        assert {r.direction for r in full.v.rays} <= {primitive(r) for r in rays}
    for row in (*full.h.inequalities, *full.h.equations):
        assert all(sum(a * x for a, x in zip(row.a, r, strict=True)) >= 0 for r in rays)
        assert all(sum(a * x for a, x in zip(row.a, g, strict=True)) == 0 for g in lines)
    assert polyhedron(full.h, "python") == full
    if len(full.v.vertices) + len(full.v.rays) <= 8:
        assert full.f_vector() == brute_f_vector(full)
        assert_edges_are_the_faces_of_dimension_one(full)


def smallest_face(full: Polyhedron, chosen: tuple[int, ...]) -> frozenset[int]:
    everyone = frozenset(range(len(full.v.vertices) + len(full.v.rays)))
    return everyone.intersection(*(facet for facet in full.incidence() if set(chosen) <= facet))


def face_dimension(full: Polyhedron, face: frozenset[int]) -> int:
    points = [*((*x, 1) for x in full.v.vertices), *((*r.direction, 0) for r in full.v.rays)]
    return rank([*(points[k] for k in face), *((*g.direction, 0) for g in full.v.lines)]) - 1


def brute_f_vector(full: Polyhedron) -> tuple[int, ...]:
    """Faces as smallest faces of all sets of generators with a vertex, dimensions by rank."""
    n, finite = len(full.v.vertices) + len(full.v.rays), set(range(len(full.v.vertices)))
    subsets = (s for k in range(1, n + 1) for s in combinations(range(n), k) if finite & set(s))
    dimensions = [face_dimension(full, face) for face in {smallest_face(full, s) for s in subsets}]
    return tuple(dimensions.count(k) for k in range(full.dimension + 1))


def assert_edges_are_the_faces_of_dimension_one(full: Polyhedron) -> None:
    count, least = len(full.v.vertices), len(full.v.lines)
    pairs = combinations(range(count + len(full.v.rays)), 2)
    found = {
        (i, k)
        for i, k in pairs
        if i < count and face_dimension(full, smallest_face(full, (i, k))) == least + 1
    }
    adjacency = full.adjacency()
    assert found == set(adjacency.bounded) | {(i, k + count) for i, k in adjacency.unbounded}


# --- other fields -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Root2:
    """p + q sqrt 2 with rational p, q: the smallest ordered field that is not Q."""

    p: Fraction
    q: Fraction = Fraction(0)

    @staticmethod
    def of(x: object) -> Root2:
        return x if isinstance(x, Root2) else Root2(Fraction(x))  # type: ignore[arg-type]

    def __add__(self, other: object) -> Root2:
        o = Root2.of(other)
        return Root2(self.p + o.p, self.q + o.q)

    def __sub__(self, other: object) -> Root2:
        o = Root2.of(other)
        return Root2(self.p - o.p, self.q - o.q)

    def __mul__(self, other: object) -> Root2:
        o = Root2.of(other)
        return Root2(self.p * o.p + 2 * self.q * o.q, self.p * o.q + self.q * o.p)

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: object) -> Root2:
        o = Root2.of(other)
        norm = o.p * o.p - 2 * o.q * o.q
        return self * Root2(o.p / norm, -o.q / norm)

    def sign(self) -> int:
        p, q = sign(self.p), sign(self.q)
        return p if q in (p, 0) else q if p == 0 else p * sign(self.p**2 - 2 * self.q**2)


ROOT2 = Root2(Fraction(0), Fraction(1))


def test_the_toy_field_orders_correctly() -> None:
    assert [(ROOT2 - Root2.of(Fraction(k, 100))).sign() for k in (141, 142)] == [1, -1]
    assert (ROOT2 * ROOT2 - 2).sign() == 0


@pytest.mark.parametrize("root", [ROOT2, SqrtSum.sqrt_of(2)], ids=["toy", "SqrtSum"])
def test_regular_octagon_over_root_two(root: object) -> None:
    tan = root - 1  # type: ignore[operator]
    corners = [(s * a, t * b) for s, t in product((1, -1), repeat=2) for a, b in ((1, tan), (tan, 1))]
    octagon = polyhedron(V(2, corners))
    assert octagon.f_vector() == (8, 8, 1)
    assert len(octagon.adjacency().bounded) == 8
    assert all(octagon.contains(x) for x in corners)
    assert not octagon.contains((1, root / 2))  # type: ignore[operator]
    assert polyhedron(octagon.h).v == octagon.v == canonical(V(2, corners))


@pytest.mark.parametrize("seed", range(25))
def test_a_linear_map_over_root_two_carries_a_rational_polyhedron_along(seed: int) -> None:
    rng = random.Random(seed)
    h = H(3, random_rows(rng, rng.randint(2, 7), 4))
    rational = vertices_rays_lines(h, "cdd")
    shear = [(1, ROOT2, 0), (0, 1, ROOT2 + 1), (0, 0, 1)]
    inverse = [(1, -1 * ROOT2, ROOT2 * (ROOT2 + 1)), (0, 1, -1 * (ROOT2 + 1)), (0, 0, 1)]

    def image(x: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(sum((a * y for a, y in zip(row, x, strict=True)), start=Root2.of(0)) for row in shear)  # type: ignore[operator]

    rows = [
        (g.b, *(sum((g.a[i] * inverse[i][j] for i in range(3)), start=Root2.of(0)) for j in range(3)))
        for g in h.inequalities
    ]
    expected = VRepresentation(
        3,
        tuple(image(x) for x in rational.vertices),
        tuple(Ray(image(r.direction)) for r in rational.rays),
        tuple(Line(image(g.direction)) for g in rational.lines),
    )
    assert vertices_rays_lines(H(3, rows)) == canonical(expected)


# --- numbers, engines, errors -------------------------------------------------------------------------------


def test_every_rational_type_means_the_same() -> None:
    half = [Fraction(1, 2), flint.fmpq(1, 2)]
    assert len({to_fraction(x) for x in half}) == 1
    sets = [polyhedron(H(1, [(x, -1), (0, flint.fmpz(1))])) for x in half]
    assert sets[0] == sets[1]
    assert sets[0].v.vertices == ((0,), (Fraction(1, 2),))
    assert common_field([(1, ROOT2)]) == [(Root2.of(1), ROOT2)]
    assert primitive((-2 * ROOT2, ROOT2 * ROOT2)) == (Root2.of(-1), ROOT2 / 2)


@pytest.mark.parametrize("entry", [0.5, float("nan"), "1", None, 1j])
def test_inexact_numbers_are_refused(entry: object) -> None:
    with pytest.raises(BadInput, match="exact number"):
        polyhedron(H(1, [(entry, 1)]))


def test_engine_choice() -> None:
    with pytest.raises(BadInput, match="unknown"):
        polyhedron(cube(1), "ppl")
    with pytest.raises(BadInput, match="rationals only"):
        polyhedron(H(1, [(ROOT2, 1)]), "cdd")
    with pytest.raises(BadInput, match="length"):
        H(2, [(1, 2)])
    with pytest.raises(BadInput, match="origin"):
        V(2, [], [(1, 0)])


def test_missing_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cdd.gmp", None)
    with pytest.raises(EngineMissing, match="libcdd-dev libgmp-dev"):
        facets(V(1, [(0,), (1,)]), "cdd")
    assert facets(V(1, [(0,), (1,)])) == H(1, [(1, -1), (0, 1)])  # the default falls back


def test_the_default_is_cdd_for_rationals(monkeypatch: pytest.MonkeyPatch) -> None:
    from polyrelu.exact.engines import cdd_engine, double_description

    def refuse(*_: object) -> None:
        raise RuntimeError("called")

    monkeypatch.setattr(double_description, "generators", refuse)
    assert len(polyhedron(cube(2)).v.vertices) == 4
    monkeypatch.setattr(cdd_engine, "generators", refuse)
    with pytest.raises(RuntimeError, match="called"):
        polyhedron(cube(2))


def test_own_engine_is_fast_enough() -> None:
    rng = random.Random(0)
    rows = [(rng.randint(5, 20), *(rng.randint(-9, 9) for _ in range(6))) for _ in range(24)]
    start = time.perf_counter()
    v = vertices_rays_lines(H(6, rows), "python")
    assert time.perf_counter() - start < 5
    assert v == vertices_rays_lines(H(6, rows), "cdd")
    f = polyhedron(H(6, rows), "python").f_vector()
    assert f[0] == len(v.vertices) == 240
    assert sum((-1) ** k * x for k, x in enumerate(f)) == 1  # Euler
