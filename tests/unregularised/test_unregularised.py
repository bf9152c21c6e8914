"""lambda = 0: polyhedra by hand, other routes to fit, dimension and generators, and functions that differ."""

import random
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from scipy.optimize import linprog

from polyrelu.arrangement.cells import all_patterns, enumerate_cells
from polyrelu.certification import certify
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput, LimitReached
from polyrelu.exact.lattice import kernel_lattice
from polyrelu.exact.rational import to_fraction
from polyrelu.unregularised.functions import value
from polyrelu.unregularised.generators import SLACK, at_most, sparse
from polyrelu.unregularised.optimal_set import UnregularisedSet


def solved(X, y, patterns="cells", gated=False, **options):
    problem = Problem.of(X, y, 0)
    cells = enumerate_cells(problem.X)
    if isinstance(patterns, str):
        table, all_cells = (cells.patterns, True) if patterns == "cells" else (all_patterns(cells)[0], False)
    else:
        table, all_cells = np.array(patterns, dtype=bool), False
    named = "cells" if all_cells else "all" if isinstance(patterns, str) else table
    return certify(problem, patterns=named, gated=gated, **options)


def rays_of(result):
    return {tuple(map(int, ray.direction)) for ray in result.optimal_set.rays}


def random_problem(seed, size=2, shapes=((1, 1), (2, 1), (3, 1), (2, 2), (3, 2), (2, 3))):
    pick = random.Random(seed)
    n, d = shapes[seed % len(shapes)]
    X = [[pick.randint(-size, size) for _ in range(d)] for _ in range(n)]
    return X, [pick.randint(-3, 3) for _ in range(n)]


# ------------------------------------------------------------------ by hand


def test_one_row_one_feature():
    """K = R_+ for pattern 1 and R_- for pattern 0: (w1 - w2) 2 = 6 on the active one, the other is free."""
    result = solved([[2]], [6])
    off, on = ([p.tolist() for p in result.optimal_set.program.patterns].index([v]) for v in (False, True))
    [vertex] = result.optimal_set.vertices
    assert sparse(vertex, 1) == {2 * on: [3]}
    assert sorted(sorted(sparse(r, 1).items()) for r in rays_of(result)) == sorted(
        [[(2 * off, [-1])], [(2 * off + 1, [-1])], [(2 * on, [1]), (2 * on + 1, [1])]]
    )
    assert (result.optimal_set.dimension, result.optimal_set.lineality, result.optimal_set.widths) == (
        3,
        0,
        (1, 1),
    )
    assert not result.optimal_set.function_unique  # the neuron on x < 0 sees no row


def test_rows_on_both_sides_determine_the_function_but_not_the_weights():
    result = solved([[1], [-2]], [3, -4])
    assert result.optimal_set.function_unique
    assert not result.optimal_set.convex_unique
    assert (result.optimal_set.dimension, result.optimal_set.vertex_count, result.optimal_set.ray_count) == (
        2,
        1,
        2,
    )
    [vertex] = result.optimal_set.vertices
    weights = sparse(vertex, 1)
    for x, y in ((1, 3), (-2, -4), (5, 15), (-7, -14)):  # 3 x on the right, 2 x on the left: -4 at -2
        assert value(weights, [fmpq(x)]) == y


def test_positive_multiples_cannot_be_interpolated():
    """Rows 1 and 2 have fits (t, 2 t): the projection of (0, 5) is (2, 4)."""
    result = solved([[1], [2]], [0, 5])
    assert result.optimal_set.optimum.fit == [2, 4]
    assert result.optimal_set.optimum.objective() == fmpq(5, 2)
    assert result.to_json()["objective"][0].startswith("2.5")


def test_rank_deficient_rows_have_lines_and_no_vertices():
    result = solved([[1, 2]], [3])
    assert (result.optimal_set.vertex_count, result.optimal_set.ray_count, result.optimal_set.lineality) == (
        0,
        3,
        4,
    )
    assert len(result.optimal_set.lines) == 4
    [point] = result.optimal_set.v_representation.vertices  # one minimal face
    assert result.optimal_set.contains(point)
    shifted = [v + 7 * t for v, t in zip(point, result.optimal_set.lines[2].direction, strict=True)]
    assert result.optimal_set.contains(shifted)


def test_no_row_that_is_not_zero():
    result = solved([[0, 0]], [3])
    assert (result.optimal_set.dimension, result.optimal_set.lineality, result.optimal_set.ray_count) == (
        4,
        4,
        0,
    )
    assert result.optimal_set.optimum.objective() == fmpq(9, 2)
    assert result.optimal_set.narrowest_width == 0


def test_gated_weights_are_an_affine_space():
    unique = solved([[1, 0], [0, 1]], [2, 3], patterns=[[1, 1]], gated=True)
    assert unique.optimal_set.convex_unique
    assert unique.optimal_set.function_unique
    assert unique.optimal_set.v_representation.vertices == ((2, 3),)
    linear = solved([[1], [-1]], [2, 3], patterns=[[1, 0], [0, 1]], gated=True)
    assert (
        linear.optimal_set.dimension,
        linear.optimal_set.vertex_count,
        linear.optimal_set.function_unique.answer,
    ) == (0, 1, True)
    apart = solved([[1], [1]], [2, 2], patterns=[[1, 0], [1, 1], [0, 1]], gated=True)
    assert apart.optimal_set.widths is None
    two = solved([[1], [1], [1]], [2, 0, 2], patterns=[[1, 0, 0], [0, 1, 0], [0, 0, 1]], gated=True)
    assert two.optimal_set.widths == (2, 2)  # equal weights on different gates are different neurons
    # two pairs of complementary gates exchange a linear function
    four = solved([[1], [2]], [1, 1], patterns=[[1, 0], [0, 1], [1, 1], [0, 0]], gated=True)
    assert (
        four.optimal_set.dimension,
        four.optimal_set.lineality,
        four.optimal_set.vertex_count,
        four.optimal_set.ray_count,
    ) == (2, 2, 0, 0)
    assert not four.optimal_set.function_unique  # gate 0 0 sees no row
    exchange = solved(
        [[1], [2], [3]], [1, 1, 2], patterns=[[1, 0, 0], [0, 1, 1], [1, 1, 0], [0, 0, 1]], gated=True
    )
    assert exchange.optimal_set.dimension == 1
    assert exchange.optimal_set.function_unique


def test_a_pattern_whose_cone_is_a_point_leaves_nothing_to_choose():
    result = solved([[1], [-1]], [2, 3], patterns=[[1, 1]])
    assert result.optimal_set.convex_unique
    assert result.optimal_set.function_unique
    assert (result.optimal_set.vertex_count, result.optimal_set.ray_count, result.optimal_set.lineality) == (
        1,
        0,
        0,
    )
    assert not any(result.optimal_set.optimum.fit)


# ------------------------------------------------------------------ independent routes


def all_columns(result):
    """The fits of a spanning set of every cone's span, the spans found by linear programming in floats."""
    program = result.optimal_set.program
    X = np.array([[float(v) for v in row] for row in program.X])
    columns, dimensions = [], 0
    for pattern in program.patterns:
        A = (2.0 * pattern - 1)[:, None] * X
        flat = [
            j
            for j, a in enumerate(A)
            if linprog(-a, A_ub=-A, b_ub=np.zeros(len(A)), bounds=(-1, 1)).fun > -1e-9
        ]
        basis = kernel_lattice([list(program.X[j]) for j in flat], program.d).tolist()
        dimensions += len(basis)
        for b in basis:
            exact = [sum(x * to_fraction(v) for x, v in zip(row, b, strict=True)) for row in program.X]
            columns.append([v if on else Fraction(0) for v, on in zip(exact, pattern, strict=True)])
    return columns, dimensions


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("patterns", ["cells", "all", "some"])
def test_fit_and_dimension_by_another_route(seed, patterns):
    X, y = random_problem(seed, shapes=((3, 1), (4, 2), (5, 2), (4, 3), (3, 4), (6, 3)))
    if patterns == "some":
        pick = random.Random(seed)
        patterns = [[pick.randint(0, 1) for _ in X] for _ in range(4)] + [[1] * len(X)]
        patterns = [list(p) for p in dict.fromkeys(map(tuple, patterns))]
    result = solved(X, y, patterns, max_vertices=1)
    columns, dimensions = all_columns(result)
    M = fmpq_mat([[fmpq(v.numerator, v.denominator) for v in column] for column in columns] or [[0] * len(X)])
    optimal = result.optimal_set
    assert M.rank() == optimal.fits.rank
    assert optimal.dimension == 2 * dimensions - M.rank()
    assert not any(
        (M * fmpq_mat(len(X), 1, optimal.optimum.residual())).entries()
    )  # orthogonal to every column
    assert optimal.contains(optimal.point())
    inside = optimal.interior_point()
    assert optimal.contains(inside)
    for i in range(
        len(optimal.program.patterns)
    ):  # strictly inside wherever the cone is not in the hyperplane
        cone = optimal.fits.cone(i)
        for b in (2 * i, 2 * i + 1):
            w = inside.get(b, [fmpq(0)] * len(X[0]))
            for a in cone.rows:
                product = sum((p * q for p, q in zip(a, w, strict=True)), start=fmpq(0))
                flat = all(
                    not sum((p * q for p, q in zip(a, e, strict=True)), start=fmpq(0)) for e in cone.span
                )
                assert product == 0 if flat else product > 0


def by_supports(result):
    """All vertices as basic solutions: independent sets of extreme rays whose columns give the fit, brute force.

    Only for problems in which every cone is simplicial (d <= 2 and rank d): coordinates are the parts of the rays.
    """
    optimal = result.optimal_set
    rays = []
    for i, pattern in enumerate(optimal.program.patterns):
        cone = optimal.fits.cone(i)
        if len(optimal.program.X[0]) == 1:
            edges = {(1,) if cone.interior[0] > 0 else (-1,)}
        else:
            normals = [(-a[1], a[0]) for a in cone.rows]
            edges = {(s * int(v[0]), s * int(v[1])) for v in normals for s in (1, -1)}
            edges = {e for e in edges if cone.contains([fmpq(v) for v in e])}
        for edge in edges:
            column = [
                sum(x * v for x, v in zip(row, edge, strict=True)) * int(on)
                for row, on in zip(optimal.program.X, pattern, strict=True)
            ]
            rays += [(2 * i, edge, column), (2 * i + 1, edge, [-v for v in column])]
    target = [to_fraction(v) for v in optimal.optimum.fit]
    found, R = set(), optimal.fits.rank
    for chosen in combinations(rays, R):
        M = fmpq_mat([[fmpq(v.numerator, v.denominator) for v in c[2]] for c in chosen]).transpose()
        if M.rank() < R:
            continue
        right = fmpq_mat(len(target), 1, [fmpq(v.numerator, v.denominator) for v in target])
        parts = (M.transpose() * M).solve(M.transpose() * right).entries()
        if any(p < 0 for p in parts):
            continue
        point = [Fraction(0)] * (optimal.program.block_count * optimal.program.d)
        for (b, edge, _), part in zip(chosen, parts, strict=True):
            for c, v in enumerate(edge):
                point[b * optimal.program.d + c] += to_fraction(part) * v
        found.add(tuple(point))
    return found


SMALL = [([[2], [3]], [1, 2]), ([[1], [-1], [2]], [1, 2, 3]), ([[1, 0], [0, 1]], [1, -2]),
         ([[1, 1], [1, -1]], [0, 3]), ([[1, 2], [-2, -4]], [1, 1]), ([[1, 0], [0, 1], [1, 1]], [1, 0, 2])]  # fmt: skip


@pytest.mark.parametrize(("X", "y"), SMALL[:4] + SMALL[5:])
def test_vertices_by_brute_force_over_supports(X, y):
    result = solved(X, y)
    assert set(result.optimal_set.vertices) == by_supports(result)


@pytest.mark.parametrize("seed", range(18))
def test_generators_satisfy_every_constraint_and_their_combinations_are_optimal(seed):
    X, y = random_problem(seed)
    result = solved(X, y)
    optimal, pick = result.optimal_set, random.Random(seed)
    v = optimal.v_representation
    assert len(v.vertices) + len(v.rays) <= at_most(len(result_columns(optimal)), optimal.fits.rank)
    for vertex in v.vertices:
        assert optimal.contains(vertex)
    for _ in range(5):
        parts = [Fraction(pick.randint(0, 9)) for _ in v.vertices]
        parts[pick.randrange(len(parts))] += 1
        total = sum(parts)
        point = [
            sum(p * x for p, x in zip(parts, column, strict=True)) / total
            for column in zip(*v.vertices, strict=True)
        ]
        for directions, low in ((v.rays, 0), (v.lines, -9)):
            for direction in directions:
                factor = pick.randint(low, 9)
                point = [x + factor * t for x, t in zip(point, direction.direction, strict=True)]
        assert optimal.contains(point)
        assert 2 * objective(optimal, point) == sum(
            (r * r for r in map(to_fraction, optimal.optimum.residual())), start=Fraction(0)
        )


def result_columns(optimal):
    """(pattern, extreme ray) pairs modulo ker X."""
    from polyrelu.arrangement.cones import activation_cone

    return [r for p in optimal.program.patterns for r in activation_cone(optimal.program.X, p).rays]


def objective(optimal, point):
    """1/2 |sum s (X w)_+ - y|^2, from the definition of the network."""
    d, fit = optimal.program.d, [Fraction(0)] * optimal.program.n
    for b in range(optimal.program.block_count):
        w = [to_fraction(v) for v in point[b * d : (b + 1) * d]]
        for j, row in enumerate(optimal.program.X):
            fit[j] += (-1 if b % 2 else 1) * max(Fraction(0), sum(x * v for x, v in zip(row, w, strict=True)))
    return sum(((f - y) ** 2 for f, y in zip(fit, optimal.program.y, strict=True)), start=Fraction(0)) / 2


@pytest.mark.parametrize("seed", range(12))
def test_linear_functions_are_smallest_at_a_vertex(seed):
    """A float LP solver never finds less than the best vertex, nor a bound where a ray descends."""
    X, y = random_problem(seed, shapes=((2, 2), (3, 2), (3, 1)))
    optimal = solved(X, y).optimal_set
    h, v = optimal.h_representation(), optimal.v_representation
    A = np.array([[float(c) for c in row.a] for row in h.inequalities]).reshape(-1, h.dim)
    E = np.array([[float(c) for c in row.a] for row in h.equations])
    e = -np.array([float(row.b) for row in h.equations])
    rng = np.random.default_rng(seed)
    for cost in [rng.integers(-2, 6, h.dim).astype(float) for _ in range(4)] + [A.sum(axis=0)]:
        found = linprog(cost, A_ub=-A, b_ub=np.zeros(len(A)), A_eq=E, b_eq=e, bounds=(None, None))
        rays = [np.array([float(t) for t in r.direction]) for r in v.rays]
        lines = [np.array([float(t) for t in r.direction]) for r in v.lines]
        bounded = all(cost @ r >= 0 for r in rays) and all(cost @ line == 0 for line in lines)
        assert found.success == bounded
        if bounded:
            best = min(cost @ np.array([float(t) for t in vertex]) for vertex in v.vertices)
            assert found.fun == pytest.approx(best, abs=1e-7)


# ------------------------------------------------------------------ functions


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("patterns", ["cells", "all", "some"])
def test_two_optimal_networks_that_differ_are_both_optimal_and_differ(seed, patterns):
    X, y = random_problem(seed, shapes=((2, 1), (4, 1), (3, 2), (4, 2), (4, 3), (2, 3)))
    if patterns == "some":
        pick = random.Random(seed)
        patterns = sorted({tuple(int(pick.random() < 0.8) for _ in X) for _ in range(3)})
    optimal = solved(X, y, patterns, max_vertices=1).optimal_set
    found = optimal.agreement
    if not found.same:
        assert optimal.contains(found.first)
        assert optimal.contains(found.second)
        assert value(found.first, found.x) != value(found.second, found.x)
        return
    rng = random.Random(seed)  # the same function: look at many points of random optimal networks
    for kernel in [*optimal.fits.kernel(), {}]:
        factor = rng.randint(1, 5)
        moves = {i: list(u) for i, u in optimal.fits.moves.items()}
        for i, u in kernel.items():
            moves[i] = [a + factor * b for a, b in zip(moves.get(i, [fmpq(0)] * len(u)), u, strict=True)]
        from polyrelu.unregularised.functions import block_weights

        weights = block_weights(optimal.fits, moves)
        assert optimal.contains(weights)
        for _ in range(10):
            x = [fmpq(rng.randint(-9, 9)) for _ in X[0]]
            assert value(weights, x) == value(optimal.point(), x)


def test_half_lines_that_exchange_a_linear_function():
    """d = 1, all patterns of one-sided rows: kernel moves that are not the zero function are found at some x."""
    agree = solved([[1], [-1]], [1, 1], patterns="all")
    assert agree.optimal_set.function_unique
    assert not solved([[1], [3]], [1, 1], patterns="all").optimal_set.function_unique


# ------------------------------------------------------------------ limits and doors


def test_too_many_generators_leave_the_fit_and_the_dimension_proved():
    rng = random.Random(5)
    X = [[rng.randint(-9, 9) for _ in range(3)] for _ in range(9)]
    result = solved(X, list(range(9)))
    shown = result.to_json()
    assert shown["vertices"] is None
    assert shown["rays"] is None
    assert "--max-vertices" in shown["vertices_reason"]
    assert result.status == "proved"
    assert result.optimal_set.optimum.objective() == 0  # nine rows in general position are interpolated
    assert result.optimal_set.dimension == 2 * 3 * len(result.optimal_set.program.patterns) - 9
    with pytest.raises(LimitReached, match="not listed"):
        _ = result.optimal_set.vertices


def test_the_bound_holds_where_the_list_is_known():
    assert at_most(4, 4) == 5
    result = solved([[1, 0], [0, 1], [1, 1]], [1, 0, 2])
    assert result.optimal_set.vertex_count + result.optimal_set.ray_count <= at_most(12, 3)
    enough = UnregularisedSet(result.optimal_set.program, at_most(12, 3) // SLACK + 1)
    assert enough.vertices == result.optimal_set.vertices
    with pytest.raises(LimitReached, match="up to"):
        UnregularisedSet(result.optimal_set.program, at_most(12, 3) // SLACK).v_representation  # noqa: B018


def test_the_json_object():
    shown = solved([[2]], [6]).to_json(10)
    assert shown["lambda"] == "0"
    assert shown["objective"] == ["0", "0"]
    assert shown["residual"] == [["0", "0"]]
    assert Fraction(shown["lambda_max"][0]) <= 12 <= Fraction(shown["lambda_max"][1])
    assert (shown["vertices"], shown["rays"], shown["lines"], shown["dimension"]) == (1, 3, 0, 3)
    assert (shown["convex_unique"], shown["p_unique"], shown["function_unique"]) == (False, False, False)
    first, second = shown["counterexample"]["values"]
    assert first != second
    assert shown["narrowest_width"] == 1
    assert shown["linear_phase"] is None
    text = solved([[2]], [6]).summary()
    assert "1 vertices, 3 rays, 0 lines" in text
    assert "x = " in text


def test_points_that_are_not_optimal_and_points_of_the_wrong_shape():
    optimal = solved([[2]], [6]).optimal_set
    vertex = list(optimal.vertices[0])
    assert not optimal.contains([v + 1 for v in vertex])
    assert not optimal.contains([-v for v in vertex])
    with pytest.raises(BadInput, match="4"):
        optimal.contains(vertex[1:])
    with pytest.raises(BadInput, match="keyed"):
        optimal.contains({9: [fmpq(1)]})
    with pytest.raises(BadInput, match="target"):
        certify(Problem.of([[1]], lam=0))
