"""The optimal set: brute force over supports, both engines, exact re-evaluation, float programs, and named examples."""

import math
import random
from fractions import Fraction
from itertools import combinations
from math import comb

import numpy as np
import pytest
from flint import arb, arb_mat, fmpq, fmpz_poly
from scipy.optimize import linprog

from polyrelu.certification import certify
from polyrelu.errors import BadInput, Contradiction, LimitReached
from polyrelu.exact.enclosure import precision
from polyrelu.exact.face_lattice import edges, face_numbers
from polyrelu.exact.linear import rank, solve
from polyrelu.exact.real import sign
from polyrelu.optimal_set.boxed import Boxed, Vertex
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.listing import at_most, by_engine, by_walking, edges_if_complete
from polyrelu.optimal_set.optimise import maximise, value_at
from polyrelu.optimal_set.uniqueness import Uniqueness

GOLDEN = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1)
FIVE = ([[1, -1, 1], [-1, 1, 1], [-1, -1, -1], [1, 1, 1]], [6, 8, -7, -9], "1/4")
PENTAGON = ([[2, 0], [1, 2], [-2, 1], [-2, -1], [1, -2]], [1] * 5, "1/10")
XOR = ([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1], "1/2")
SHARED_FACE = ([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 5, 50]], [-5, -5, -5, 51], 50)
HEXAGON = (
    [[1, -3], [0, -3], [2, -1], [2, 3], [2, 2], [2, 0], [1, 1], [-1, -3]],
    [2, 1, 0, 2, 3, 0, 2, 2],
    "1/100",
)
PRISM = (
    [[-3, -3], [-1, 2], [3, 0], [1, 1], [3, 1], [1, 3], [-1, 0], [-2, 3]],
    [2, 1, 1, 1, 3, 0, 2, 1],
    "1/100",
)
SIXTEEN = (
    [[1, -2], [0, 3], [3, -1], [-2, -1], [-2, -1], [3, -2], [-2, -2], [1, -3]],
    [0, 2, 1, 0, 0, 3, 0, 2],
    "1/100",
)
ZERO = ([[a, b] for a in (1, -1) for b in (1, -1)], [0, 0, 0, 0], 1)


def axes(values, lam):
    """Rows +-e_i with equal targets: the neurons are (+-v_1, ..., +-v_d) / |v|, and weights are laws on a cube."""
    d = len(values)
    rows = [[s * int(i == j) for j in range(d)] for s in (1, -1) for i in range(d)]
    return rows, list(values) * 2, lam


CUBE = axes((3, 4, 12), 1)
NAMED = [GOLDEN, FIVE, PENTAGON, XOR, SHARED_FACE, ZERO, CUBE, axes((1, 1, 1), "1/2"), axes((1, 2, 3), "1/2")]
SIMPLE = [HEXAGON, PRISM, SIXTEEN]


def small(seed):
    """Few integer rows and a small penalty, where linear exchanges are common."""
    pick = random.Random(seed)
    n = pick.choice((5, 6, 7))
    X = [[pick.randint(-3, 3) for _ in range(2)] for _ in range(n)]
    return X, [pick.randint(0, 3) for _ in range(n)], "1/100"


def mirrored(seed):
    """Rows in antipodal pairs with equal targets: many ties."""
    pick = random.Random(seed)
    X = [[pick.randint(-2, 2), pick.randint(-2, 2)] for _ in range(3)]
    y = [pick.randint(1, 4) for _ in range(3)]
    return X + [[-v for v in row] for row in X], y * 2, pick.choice(("1/2", "1/10"))


def optimum_of(problem):
    X, y, lam = problem
    return certify(X, y, lam).proved()


# ------------------------------------------------------------------ every vertex, by brute force over supports


def supports_exactly(optimum, nu):
    """Supports of all basic feasible solutions of { beta >= 0 : sum beta_k Q_k nu = y - nu }, over the field of nu."""
    columns = [neuron.activation(nu) for neuron in optimum.used]
    fit = [y - v for y, v in zip(optimum.program.yq, nu, strict=True)]
    found = set()
    for size in range(len(columns) + 1):
        for subset in combinations(range(len(columns)), size):
            if not subset:
                if all(sign(v) == 0 for v in fit):
                    found.add(())
                continue
            rows = [list(row) for row in zip(*(columns[k] for k in subset), strict=True)]
            if size > len(rows) or rank(rows) < size:
                continue
            beta = solve(rows, fit)
            if beta is not None and all(sign(b) > 0 for b in beta):
                found.add(subset)
    return found


def supports_in_balls(optimum):
    """The same for a simple polytope: every basis has a solution with proved signs, or the test fails."""
    R, found, bits = optimum.support.rank, set(), 320
    nu = optimum.point.balls(bits).nu
    with precision(bits):
        columns = [[arb(v) for v in neuron.activation(nu)] for neuron in optimum.used]
        # least squares: the system has a solution, so for independent columns this is it
        fit = arb_mat([[arb(y) - v] for y, v in zip(optimum.program.yq, nu, strict=True)])
        for subset in combinations(range(len(columns)), R):
            A = arb_mat([columns[k] for k in subset]).transpose()
            try:
                beta = (A.transpose() * A).solve(A.transpose() * fit)
            except ZeroDivisionError:
                continue  # dependent columns
            residual = (A * beta - fit).entries()
            if any(v < 0 for v in beta.entries()) or any(not v.contains(0) for v in residual):
                continue
            assert all(v > 0 for v in beta.entries()), "a degenerate vertex needs an exact field"
            found.add(subset)
    return found


def supports(optimum):
    if optimum.field != "Q":
        try:
            return supports_in_balls(optimum)
        except AssertionError:  # an equality: only exact algebra can tell
            pass
    return supports_exactly(optimum, optimum.point.exact.at.nu)


@pytest.mark.parametrize("problem", NAMED)
def test_vertices_of_named_examples_agree_with_brute_force_for_every_engine(problem):
    optimum = optimum_of(problem)
    expected = supports(optimum)
    engines = [None, "walk", "python"] + ["cdd"] * (optimum.field == "Q")
    assert optimum.point.exact is not None
    for engine in engines:
        found = OptimalSet(optimum, engine=engine).neurons
        assert {v.support for v in found.vertices} == expected
        assert len(found.vertices) == len(expected)


@pytest.mark.parametrize("problem", SIMPLE)
def test_vertices_of_simple_examples_agree_with_brute_force_over_balls(problem):
    optimum = optimum_of(problem)
    assert {v.support for v in OptimalSet(optimum).neurons.vertices} == supports(optimum)


def test_vertices_of_random_problems_agree_with_brute_force():
    problems = [small(seed) for seed in range(66)] + [mirrored(seed) for seed in range(36)]
    dimensions = []
    for problem in problems:
        result = certify(*problem)
        if result.optimum is None:
            continue
        optimum = result.optimum
        found = OptimalSet(optimum).neurons
        assert {v.support for v in found.vertices} == supports(optimum), problem
        if optimum.field in ("Q", "multiquadratic") and found.dimension:
            again = OptimalSet(optimum, engine="python").neurons
            assert [v.support for v in again.vertices] == [v.support for v in found.vertices]
        dimensions.append(found.dimension)
    assert len(dimensions) >= 98
    assert sum(d > 0 for d in dimensions) >= 16


# ------------------------------------------------------------------ the named examples and their story


def test_two_different_functions_golden_example():
    networks = OptimalSet(optimum_of(GOLDEN)).neurons
    assert (networks.dimension, networks.f_vector, networks.widths) == (1, (2, 1), (2, 2))
    assert [v.exact_weights() for v in networks.vertices] == [[0, 0, 4, 4], [4, 4, 0, 0]]
    assert networks.ranges() == [(0, 4)] * 4


def test_a_degenerate_vertex_of_the_linear_phase():
    """Simple vertices of rank 5 would have width 5; both vertices of the pentagon have width 4."""
    optimum = optimum_of(PENTAGON)
    networks = OptimalSet(optimum).neurons
    assert (optimum.support.rank, len(optimum.support.pairs)) == (5, 3)
    assert (networks.dimension, networks.f_vector, networks.widths) == (1, (2, 1), (4, 4))


def test_minimal_is_not_narrowest():
    """Weights on the cube {+-}^3 with all three means zero: 4 antipodal pairs of width 2, 2 tetrahedra of width 4."""
    networks = OptimalSet(optimum_of(CUBE)).neurons
    assert networks.dimension == 4
    assert sorted(v.width for v in networks.vertices) == [2, 2, 2, 2, 4, 4]
    assert networks.widths == (2, 4)


def test_a_polygon():
    networks = OptimalSet(optimum_of(HEXAGON)).neurons
    assert (networks.dimension, networks.f_vector) == (2, (6, 6, 1))
    assert all(degree == 2 for _, degree in networks.graph().degree())


@pytest.mark.parametrize(("problem", "f_vector"), [(PRISM, (6, 9, 5, 1)), (SIXTEEN, (16, 24, 10, 1))])
def test_three_dimensional_polytopes(problem, f_vector):
    """A triangular prism, and a polytope with 16 vertices and 10 facets; both simple, so all widths are the rank."""
    optimum = optimum_of(problem)
    networks = OptimalSet(optimum).neurons
    assert (networks.dimension, networks.f_vector) == (3, f_vector)
    assert networks.widths == (optimum.support.rank, optimum.support.rank)
    assert all(degree == 3 for _, degree in networks.graph().degree())


def test_a_shared_face_splits_one_neuron_among_six_blocks():
    found = OptimalSet(optimum_of(SHARED_FACE))
    assert (found.neurons.dimension, found.blocks.dimension) == (0, 5)
    assert found.blocks.f_vector == tuple(comb(6, k + 1) for k in range(6))
    assert {v.support for v in found.blocks.vertices} == {(b,) for b in range(6)}


def test_the_zero_network_is_a_set_of_one_point():
    found = OptimalSet(optimum_of(ZERO))
    assert (found.neurons.dimension, found.neurons.f_vector, found.neurons.widths) == (0, (1,), (0, 0))
    assert (found.blocks.dimension, found.blocks.f_vector, found.blocks.vertex_count) == (0, (1,), 1)
    assert found.neurons.contains([])


# ------------------------------------------------------------------ points: optimal by another evaluation


def objective_of(optimum, betas, bits):
    """1/2 |fit - y|^2 + lambda sum |w|, from directions normalised afresh, with (Xu)_+ evaluated row by row."""
    program = optimum.program
    nu = optimum.point.balls(bits).nu
    with precision(bits):
        fit, penalty = [arb(0)] * program.n, arb(0)
        for neuron, w in zip(optimum.used, betas, strict=True):
            z, s = neuron.z(nu), neuron.place.sign
            length = sum((v * v for v in z), start=arb(0)).sqrt()
            for j in range(program.n):
                on = sum((program.Xq[j, c] * s * v / length for c, v in enumerate(z)), start=arb(0))
                fit[j] += arb(w) * s * arb(0).max(on)
            penalty += arb(w)
        misfit = sum(((f - y) ** 2 for f, y in zip(fit, program.yq, strict=True)), start=arb(0))
        return misfit / 2 + penalty * program.lamq


@pytest.mark.parametrize("problem", [GOLDEN, FIVE, PENTAGON, CUBE, HEXAGON, XOR])
def test_random_points_are_optimal_by_an_independent_evaluation(problem):
    optimum = optimum_of(problem)
    networks = OptimalSet(optimum).neurons
    points = [*networks.random_points(6, seed=1), *networks.vertices[:4], networks.interior_point()]
    with precision(200):
        best = arb(optimum.objective(200))
    for point in points:
        value = objective_of(optimum, point.weights(200), 200)
        with precision(200):
            assert (value - best).contains(0)
            assert abs(value - best) < arb(2) ** -120
    assert networks.interior_point().support == tuple(range(len(networks.neurons)))


@pytest.mark.parametrize("problem", [GOLDEN, FIVE, PENTAGON, CUBE, HEXAGON])
def test_every_vertex_has_independent_activations(problem):
    optimum = optimum_of(problem)
    networks = OptimalSet(optimum).neurons
    nu = optimum.point.balls(320).nu
    for vertex in networks.vertices:
        with precision(320):
            A = arb_mat([[arb(v) for v in networks.neurons[k].activation(nu)] for k in vertex.support])
            gram = (A * A.transpose()).det()
        assert gram > 0


@pytest.mark.parametrize("problem", [FIVE, PENTAGON, CUBE, HEXAGON])
def test_float_programs_never_leave_the_hull(problem):
    """Over the float polytope, 100 random linear functions reach at most their largest value at a vertex."""
    optimum = optimum_of(problem)
    networks = OptimalSet(optimum).neurons
    h = networks.h_representation(128)
    A = np.array([[float(arb(v).mid()) for v in row.a] for row in h.equations])
    b = np.array([-float(arb(row.b).mid()) for row in h.equations])
    corners = np.array([[float(arb(w).mid()) for w in v.weights()] for v in networks.vertices])
    floats = np.random.default_rng(0)
    for _ in range(100):
        c = floats.normal(size=h.dim)
        # the equations are consistent up to rounding only: minimise with a slack of that size
        found = linprog(
            -c, A_ub=np.vstack([A, -A]), b_ub=np.concatenate([b, -b]) + 1e-9, bounds=[(0, None)] * h.dim
        )
        assert found.success
        assert -found.fun == pytest.approx((corners @ c).max(), abs=1e-5)


# ------------------------------------------------------------------ membership, ranges, refinement


def test_membership_is_exact():
    networks = OptimalSet(optimum_of(GOLDEN)).neurons
    assert networks.contains([2, 2, 2, 2])
    assert networks.contains([Fraction(1, 3)] * 2 + [Fraction(11, 3)] * 2)
    assert not networks.contains([2, 2, 2, 2 + Fraction(1, 10**30)])
    assert not networks.contains([5, 5, -1, -1])
    with pytest.raises(BadInput):
        networks.contains([2.0, 2, 2, 2])
    with pytest.raises(BadInput):
        networks.contains([2, 2])


def test_membership_with_square_roots():
    found = OptimalSet(optimum_of(XOR))
    exact = found.neurons.vertices[0].exact_weights()
    assert found.neurons.contains(exact)
    assert not found.neurons.contains([*exact[:3], exact[3] + fmpq(1, 10**40)])
    assert found.blocks.contains([w / 2 for w in exact for _ in range(2)])
    assert [str(w) for w in found.neurons.vertices[0].sympy_weights()] == ["-1/4 + sqrt(2)/2"] * 4


@pytest.mark.parametrize("problem", [GOLDEN, FIVE, PENTAGON, CUBE, HEXAGON])
def test_ranges_agree_with_the_vertices(problem):
    networks = OptimalSet(optimum_of(problem)).neurons
    table = [[arb(w) for w in v.weights(256)] for v in networks.vertices]
    for k, (low, high) in enumerate(networks.ranges(200)):
        column = [row[k] for row in table]
        with precision(300):
            assert (min(column, key=lambda w: w.mid()) - arb(low)).contains(0)
            assert (max(column, key=lambda w: w.mid()) - arb(high)).contains(0)
            assert arb(high).rad() < arb(2) ** -100


def test_weights_refine():
    vertex = OptimalSet(optimum_of(PENTAGON)).neurons.vertices[0]
    coarse, fine = vertex.weights(100), vertex.weights(1000)
    assert sum(isinstance(w, arb) for w in fine) >= 3
    for a, b in zip(coarse, fine, strict=True):
        if isinstance(a, fmpq):
            assert a == b == 0
        else:
            assert a.contains(b)
            assert b.rad() < arb(2) ** -800


def test_few_bits_are_enough_to_ask_for():
    networks = OptimalSet(optimum_of(HEXAGON)).neurons
    for coarse, fine in zip(networks.vertices[0].weights(2), networks.vertices[0].weights(200), strict=True):
        assert arb(coarse).overlaps(arb(fine))
    assert all(arb(low) <= arb(high) for low, high in networks.ranges(200))
    assert len(networks.ranges(2)) == 8


# ------------------------------------------------------------------ blocks


@pytest.mark.parametrize("problem", [GOLDEN, FIVE, PENTAGON, XOR, SHARED_FACE, CUBE])
def test_faces_of_the_block_polytope_agree_with_those_of_its_vertices(problem):
    """The formulas for faces and edges, against the lattice of the listed vertices."""
    blocks = OptimalSet(optimum_of(problem)).blocks
    vertices = blocks.vertices
    assert len(vertices) == blocks.vertex_count
    incidence = [
        frozenset(i for i, v in enumerate(vertices) if b not in v.support) for b in range(len(blocks.blocks))
    ]
    assert face_numbers([f for f in incidence if f], len(vertices), 0) == blocks.f_vector
    assert edges(incidence, len(vertices), 0).bounded == blocks.edges
    assert len(blocks.f_vector) == blocks.dimension + 1
    for point in blocks.random_points(3, seed=2):
        assert blocks.contains(point)
    with precision(128):
        total = sum((arb(w) for w in blocks.interior_point().weights()), start=arb(0))
        below = sum((arb(w) for w in blocks.neurons.interior_point().weights()), start=arb(0))
        assert (total - below).contains(0)


# ------------------------------------------------------------------ completeness, limits and size


def box(columns, right, upper):
    return Boxed([[fmpq(v) for v in c] for c in columns], [fmpq(v) for v in right], upper)


def test_an_incomplete_or_wrong_list_is_rejected():
    cube = OptimalSet(optimum_of(CUBE)).neurons
    system, (vertices, _) = cube.polytope.exact, cube._listed
    edges_if_complete(system, vertices)
    for k in range(len(vertices)):
        with pytest.raises(Contradiction):
            edges_if_complete(system, [v for i, v in enumerate(vertices) if i != k])
    with pytest.raises(Contradiction):
        edges_if_complete(system, [])
    with pytest.raises(Contradiction):
        edges_if_complete(system, [*vertices, vertices[0]])
    stranger = tuple(0 for _ in vertices[0].sides)
    with pytest.raises(Contradiction):
        edges_if_complete(system, [*vertices, Vertex(stranger, ())])


def random_box(pick):
    """Small integer data makes many vertices that are not simple."""
    N, R = pick.randint(3, 6), pick.randint(1, 2)
    columns = [[pick.randint(-2, 2) for _ in range(R)] for _ in range(N)]
    columns[:R] = [[int(i == j) for i in range(R)] for j in range(R)]  # so that the rank is full
    polytope = box(columns, [sum(c[i] for c in columns) for i in range(R)], [fmpq(2)] * N)
    return polytope, polytope.purify([fmpq(1)] * N, (0,) * N)


@pytest.mark.parametrize("seed", range(25))
def test_engines_agree_on_random_degenerate_boxes(seed):
    polytope, start = random_box(random.Random(seed))
    walked, edges = by_walking(polytope, start, 10_000)
    assert walked == by_engine(polytope, "cdd") == by_engine(polytope, "python")
    assert edges_if_complete(polytope, walked) == edges
    assert len(walked) <= at_most(2 * polytope.size, polytope.dimension)


def test_a_vertex_too_degenerate_to_list_its_edges_leaves_the_rest_standing():
    """Weights on the cube {+-}^5: at a vertex of width 2 thousands of edges meet; ranges and verdicts need none."""
    optimum = optimum_of(axes((1, 1, 1, 2, 3), 1))
    networks = OptimalSet(optimum).neurons
    assert (networks.dimension, len(networks.neurons)) == (26, 32)
    least = {str(low) for low, _ in networks.ranges()}
    assert least == {"0"}
    assert networks.interior_point().width == 32
    found = Uniqueness.of(optimum)
    assert not found.p_unique
    assert found.function_unique.evidence.witness is not None
    with pytest.raises(LimitReached):
        _ = networks.vertices


@pytest.mark.parametrize("seed", range(10))
def test_maxima_agree_with_the_vertices_of_degenerate_boxes(seed):
    pick = random.Random(100 + seed)
    polytope, start = random_box(pick)
    vertices = by_engine(polytope, "cdd")
    for _ in range(10):
        objective = {j: pick.randint(-3, 3) for j in range(polytope.size)}
        found = maximise(polytope, start, objective)
        values = [value_at(objective, polytope.point(v.solution)) for v in vertices]
        assert value_at(objective, polytope.point(found.vertex.solution)) == max(values)
        assert found.gap == 0


def test_too_many_vertices_is_a_limit_and_not_an_answer():
    networks = OptimalSet(optimum_of(CUBE), max_vertices=5).neurons
    with pytest.raises(LimitReached, match="max_vertices"):
        _ = networks.vertices
    assert networks.ranges() == OptimalSet(optimum_of(CUBE)).neurons.ranges()
    assert networks.random_points(2, seed=3)[0].width >= 2


def circle(n, lam):
    """Rows (rounded) on a circle, random targets >= 0: about two antipodal pairs for every three rows."""
    pick = random.Random(1)
    angles = [2 * math.pi * k / n for k in range(n)]
    X = [[Fraction(round(1000 * f(a)), 1000) for f in (math.cos, math.sin)] for a in angles]
    return X, [Fraction(pick.randint(0, 100), 100) for _ in X], lam


def test_a_polytope_of_fourteen_neurons_is_listed_at_once():
    optimum = optimum_of(circle(11, "1/1000"))
    assert len(optimum.used) == 14
    assert len(OptimalSet(optimum).neurons.vertices) == 68


def test_forty_antipodal_pairs():
    """Dimension, ranges and one minimal network in seconds, though the vertices are far too many to list."""
    optimum = optimum_of(circle(61, "1/1000"))
    assert len(optimum.support.pairs) >= 40
    networks = OptimalSet(optimum).neurons
    assert networks.dimension == len(optimum.support.pairs) - 2
    assert networks.minimal_network().width == optimum.support.rank
    for low, high in networks.ranges():
        assert arb(low) >= 0
        assert arb(low) < arb(high)


def test_a_walk_over_a_number_field_divides_once(monkeypatch):
    """Which bound stops an edge is found by products: divisions are what made lists over degree 16 endless."""
    from polyrelu.exact.number_field import Element, NumberField

    root = NumberField.from_root(fmpz_poly([-2, 0, 0, 1]), arb(1.25, 0.05)).theta
    one = root / root
    system = Boxed([[one]] * 4, [one * 2], [root, root * 2, root * 3, root * root])
    start = [one / 2] * 4
    divided = []
    inverse = Element.inverse
    monkeypatch.setattr(Element, "inverse", lambda x: divided.append(x) or inverse(x))
    end, sides = system.walk(start, (0, 0, 0, 0), [root, root * -2, root * root, root - root * root])
    assert len(divided) == 1
    # x_2 falls at rate 2 root from 1/2: it is the first to stop, at step 1 / (4 root)
    assert sides == (0, -1, 0, 0)
    assert end[0] == one / 2 + one / 4
