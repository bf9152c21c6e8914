"""A free hidden bias: golden examples with their intervals, anchored programs, a conic solver, and kinks that move."""

import random
from fractions import Fraction as Q
from itertools import pairwise

import numpy as np
import pytest
from flint import fmpq

from polyrelu import certify
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import ball, decimal_bounds
from polyrelu.optimal_set.families import used_families
from tests.settings import CHOICES, Conic

SQUARES = [[i] for i in range(5)], [i * i for i in range(5)]
CROSS = [[1, 1], [1, -1], [-1, 1], [-1, -1], [0, 0]], [0, 0, 0, 0, 1]
FLOATING = [[9, -5], [1, -7], [-8, 3], [-9, 4], [6, -6], [3, -2]], [7, 8, 1, 1, 4, 1]
AFFINE = [[0, 0], [3, 4], [-7, -1]], [0, 10, -4]
COMPLEMENTS = [[5, 4], [6, -7], [3, -8], [3, 3]], [6, -3, 7, -2]


def proved(table, lam, **more):
    result = certify(*table, lam, bias="free", **more)
    assert result.status == "proved"
    return result


def middles(result, digits=30):
    return [(Q(lo) + Q(hi)) / 2 for lo, hi in result.residual(digits)]


@pytest.mark.parametrize(
    ("table", "lam", "skip", "objective", "nu"),
    [
        (([[0], [1], [2]], [0, 1, 0]), "1/10", False, Q(17, 100), [-1, 2, -1]),
        (([[0], [1], [2]], [0, 1, 0]), "1/10", True, Q(17, 100), [-1, 2, -1]),
        (([[0], [1], [2], [3]], [0, 1, 3, 6]), "1/10", True, Q(9, 50), [1, -1, -1, 1]),
        (([[0], [1], [2], [3]], [0, 1, 3, 6]), "1/10", False, Q(29, 100), [0, 0, -1, 1]),
        (SQUARES, "1/10", True, Q(29, 50), [1, -1, 0, -1, 1]),
        (SQUARES, "1/10", False, Q(69, 100), [0, 0, 0, -1, 1]),
        (AFFINE, 1, False, Q(49, 25), ["-1/5", "1/5", 0]),
        (CROSS, "1/4", False, Q(11, 32), ["-1/2"] * 4 + [2]),
    ],
    ids=str,
)
def test_rational_goldens(table, lam, skip, objective, nu):
    result = proved(table, lam, skip=skip)
    assert result.proved().field == "Q"
    assert result.optimum.objective(64) == fmpq(objective.numerator, objective.denominator)
    assert middles(result) == [Q(v) * Q(lam) for v in nu]


@pytest.mark.parametrize("skip", [False, True])
def test_six_points_on_a_line(skip):
    result = proved(([[i] for i in range(6)], [0, 1, 0, 2, 0, 3]), "1/4", skip=skip)
    assert result.optimum.objective(64) == fmpq(309, 160)
    assert [v * 40 for v in middles(result)] == [-7, 21, -31, 37, -30, 10]
    assert result.function_unique


def test_a_floating_kink_in_an_irrational_optimum():
    """Unique weight and mean bias of every kink, and still many functions: a kink moves between two rows."""
    result = proved(FLOATING, 2)
    assert result.objective(20)[0].startswith("4.430855189644445609")
    optimum = result.proved()
    assert [len(f.members) for f in used_families(optimum)].count(2) == 1
    assert len(used_families(optimum)) == 4
    assert (result.p_unique.answer, result.function_unique.answer) == (True, False)
    assert "can move" in result.function_unique.reason
    nu = middles(result)
    assert abs(nu[0] - Q(2 / 10**0.5)) < 1e-15
    assert nu[0] == -nu[4]
    assert result.optimal_set.dimension == 0


@pytest.mark.parametrize(
    ("table", "skip", "x", "low", "high"),
    [
        (AFFINE, False, [-6, -8], -8, -4),
        (AFFINE, False, [6, 8], 16, 20),
        (COMPLEMENTS, False, [4, 0], Q(-18, 5), Q(-9, 4)),
        (COMPLEMENTS, False, [0, 0], 8, 8),
        (SQUARES, True, ["3/2"], Q(3, 2), Q(5, 2)),
        (SQUARES, False, ["3/2"], Q(3, 2), Q(5, 2)),
        (SQUARES, False, [-1], -1, 0),
        (SQUARES, False, [5], 22, 23),
        (([[0], [1], [2], [3]], [0, 1, 3, 6]), True, ["3/2"], Q(3, 2), 2),
    ],
    ids=str,
)
def test_intervals_of_predictions(table, skip, x, low, high):
    """The stated intervals are those of interpolation; lambda = 1/10^6 is near it."""
    (found,) = proved(table, "1e-6", skip=skip).predict([x])
    (a, _), (_, b) = found.interval(10)
    assert float(a) == pytest.approx(float(low), abs=3e-5)
    assert float(b) == pytest.approx(float(high), abs=3e-5)
    for end, network in zip(found.ends, found.networks, strict=True):
        (value,) = network.evaluate([[*x, 1]])
        assert middle_of(value) == pytest.approx(middle_of(end.value(64)), abs=1e-9)


def middle_of(value):
    """A float near an exact number or a ball."""
    low, high = decimal_bounds(ball(value, 128) if not isinstance(value, fmpq) else value, 20)
    return (float(low) + float(high)) / 2


def test_a_line_of_kinks_inside_the_plane():
    table = [[i, j] for i in range(4) for j in (1, -1)], [0, 0, 1, 1, 3, 3, 6, 6]
    result = proved(table, "1e-4")
    assert float(result.objective(12)[0]) == pytest.approx(3e-4, rel=1e-3)
    assert float(proved(table, "1e-4", skip=True).objective(12)[0]) == pytest.approx(2e-4, rel=1e-3)
    for family in used_families(result.proved()):
        assert all(
            u[1] == 0 for u in [result.proved().used[k].z(middles_exact(result)) for k in family.members]
        )


def middles_exact(result):
    return list(result.proved().point.exact.at.nu)


def test_words_and_json_tell_the_families(capsys):
    result = proved(([[0], [1], [2], [3]], [0, 1, 3, 6]), "1/10")
    told = result.to_json(8)
    assert told["setting"] == {
        "hidden_bias": "free",
        "output_bias": "free",
        "skip": False,
        "free_columns": [],
    }
    assert told["cells"] == 8  # of the rows (x, 1)
    assert told["neurons"] == len(told["families"]) == 2
    assert told["free_coefficients"] == {"constant": None}
    plus, minus = sorted(told["families"], key=lambda f: f["sign"])
    assert [Q(v) for v in plus["weight"]] == [Q(9, 5), Q(14, 5)]
    assert (Q(plus["bias"][0][0]), plus["bias"][1]) == (-2, ["inf", "inf"])
    assert (Q(minus["bias"][0][0]), minus["bias"][1]) == (3, ["inf", "inf"])
    assert "b from -2 to any larger b" in result.summary()


def test_the_penalty_of_a_network_forgets_the_bias():
    result = proved(([[0], [1], [2], [3]], [0, 1, 3, 6]), "1/10")
    nu, lam = middles(result), Q(1, 10)
    for network in result.networks:
        fit = network.evaluate([[i, 1] for i in range(4)])
        assert [y - Q(str(f)) for y, f in zip([0, 1, 3, 6], fit, strict=True)] == nu
        value = sum(v * v for v in nu) / 2 + lam * Q(str(network.balanced_penalty()))
        assert value == Q(29, 100)
        assert len(network.units) == network.width == 2


def anchored(problem):
    """C4: for every row the bias-free test of the rows moved so that this one is the origin."""
    X = np.array([row[:-1] for row in problem.X], dtype=object)
    return [(X - X[j]).tolist() for j in range(len(X))]


@pytest.mark.parametrize("skip", [False, True])
def test_anchoring(skip):
    """The covering over directions and biases against n exact tests without a bias, which share nothing with it."""
    from tests.reference import largest_value

    pick = random.Random(5)
    for _ in range(6):
        d, n = pick.choice([(1, 5), (2, 5)])
        X = [[pick.randint(-5, 5) for _ in range(d)] for _ in range(n)]
        problem = Problem.of(
            X, [pick.randint(-9, 9) for _ in range(n)], Q(pick.choice([1, 5]), 4), bias="free", skip=skip
        )
        result = certify(problem)
        assert result.status == "proved"
        nu = middles(result, 50)
        best = max(largest_value(rows, nu, problem.lam) for rows in anchored(problem) if any(map(any, rows)))
        assert best <= problem.lam**2 * (1 + Q(1, 10**30))
        if result.proved().used:
            assert best >= problem.lam**2 * (1 - Q(1, 10**30))


@pytest.mark.parametrize("choice", [c for c in CHOICES if c["bias"] == "free"], ids=str)
def test_agreement_with_a_conic_solver(choice):
    pick = random.Random(str(choice))
    for _ in range(8):
        d, n = pick.choice([(1, 6), (2, 6), (2, 3)])
        X = [[pick.randint(-5, 5) for _ in range(d)] for _ in range(n)]
        problem = Problem.of(X, [pick.randint(-9, 9) for _ in range(n)], Q(pick.choice([1, 5]), 4), **choice)
        result = certify(problem)
        assert result.status == "proved"
        objective, nu = Conic(problem).solve()
        assert float(result.objective(15)[0]) == pytest.approx(objective, rel=1e-6, abs=1e-6)
        assert [float(v) for v in middles(result)] == pytest.approx(nu, abs=2e-3)


def kinks_that_split(problem, result, x):
    """Brute force: extremes at x over all splits of kinks onto a fine grid of biases along the proved directions.

    A linear program over neurons (u, b) on a grid that holds the hyperplanes of the rows and of x.
    """
    from scipy.optimize import linprog

    optimum = result.proved()
    nu = np.array([float(v) for v in middles(result)])
    X, y = np.array(problem.X, float)[:, :-1], np.array(problem.y, float)
    columns, values = [], []
    for k in optimum.used:
        z = np.array(
            [
                float(Q(str(v))) if not hasattr(v, "mid") else float(v.mid())
                for v in k.z(optimum.point.balls(100).nu)
            ]
        )
        u, s = z[:-1] / np.linalg.norm(z[:-1]) * k.place.sign, k.place.sign
        walls = np.sort(np.append(-X @ u, -x @ u))
        far = walls[-1] + 10
        grid = sorted({*walls, far, *((a + b) / 2 for a, b in pairwise(walls))})
        for b in grid:
            column = s * np.maximum(X @ u + b, 0)
            if abs(column @ nu - float(problem.lam)) < 1e-7:
                columns.append(column)
                values.append(s * max(x @ u + b, 0))
    free = np.array(problem.free_values, float)
    F = np.array([float(v) for v in problem.free_at((*map(Q, x), 1), ())])
    A = np.hstack([np.array(columns).T, free])
    cost = np.concatenate([values, F])
    bounds = [(0, None)] * len(columns) + [(None, None)] * free.shape[1]
    ends = []
    for sign in (1, -1):
        found = linprog(sign * cost, A_eq=A, b_eq=y - nu, bounds=bounds)
        assert found.status == 0
        ends.append(sign * found.fun)
    return ends


@pytest.mark.parametrize("skip", [False, True])
def test_predictions_against_brute_force_over_split_kinks(skip):
    """C6 in one and two dimensions: intervals and the verdict on the function, by a linear program on a grid."""
    pick, moved = random.Random(11), 0
    for _ in range(10):
        d, n = pick.choice([(1, 5), (1, 6), (2, 5)])
        X = [[pick.randint(-4, 4) for _ in range(d)] for _ in range(n)]
        y = [sum(v * v for v in x) + pick.randint(0, 1) for x in X]  # convex: kinks of one sign side by side
        problem = Problem.of(X, y, Q(1, 20), bias="free", skip=skip)
        result = certify(problem)
        assert result.status == "proved"
        differ = False
        for _ in range(3):
            x = [Q(pick.randint(-12, 12), 2) for _ in range(d)]
            (found,) = result.predict([x])
            if not all(
                end.value(30).is_finite() if hasattr(end.value(30), "is_finite") else True
                for end in found.ends
            ):
                continue
            low, high = kinks_that_split(problem, result, np.array(x, float))
            assert float(found.interval(12)[0][0]) == pytest.approx(low, abs=1e-5)
            assert float(found.interval(12)[1][1]) == pytest.approx(high, abs=1e-5)
            differ |= not found.agrees
        moved += differ
        assert not (differ and result.function_unique.answer)
    assert moved


def test_moving_all_rows_changes_nothing():
    X, y = FLOATING
    moved = [[a + Q(7, 3), b - 5] for a, b in X]
    first, second = proved((X, y), 2), proved((moved, y), 2)
    assert first.residual() == second.residual()
    assert first.objective() == second.objective()


@pytest.mark.parametrize(
    "table",
    [
        ([[1]], [3]),
        ([[1], [1]], [0, 3]),
        ([[0, 0], [0, 0]], [1, 2]),
        ([[1, 2], [2, 4], [3, 6]], [1, 0, 5]),
        ([[1], [2]], [0, 0]),
        ([[1], [-1], [1], [-1]], [2, 3, 2, 3]),
        ([[5, 0], [0, 5]], [1, 9]),
    ],
    ids=str,
)
@pytest.mark.parametrize("skip", [False, True])
def test_degenerate_tables(table, skip):
    result = proved(table, "1/10", skip=skip)
    objective, _ = Conic(result.problem).solve()
    assert float(result.objective(15)[0]) == pytest.approx(objective, abs=1e-6)
    assert all(p.agrees for p in result.predict(table[0]))


def test_lambda_max_and_beyond():
    X, y = SQUARES
    largest = proved(SQUARES, "1/10").lambda_max()
    assert (float(largest[0]), float(largest[1])) == (40.0, 40.0)
    assert not proved((X, y), 41).proved().used
    assert proved((X, y), 39).proved().used
    assert not proved((X, y), 40).proved().used  # tight neurons, and no weight


def test_lambda_max_where_whole_families_reach_it():
    """Before any kink is known all boxes around them resist: few of them name the kinks."""
    table = [[3], [-4], [-2], [4], [-4], [-4]], [2, -2, 2, -2, 0, 4]
    result = proved(table, "28/3")
    low, high = (Q(v) for v in result.lambda_max())
    assert low <= Q(28, 3) <= high
    assert not result.proved().used
    assert result.proved().neurons


def test_lists_of_patterns_and_gates_are_refused():
    for more in ({"patterns": "all"}, {"patterns": [[1, 0]]}, {"gated": True}):
        with pytest.raises(BadInput, match="free hidden bias"):
            certify([[1], [2]], [1, 2], 1, bias="free", **more)


def test_a_list_of_patterns_never_judges_a_free_bias():
    """Its projections would count the bias in the norm: a block below lambda there may be above it here."""
    from polyrelu.proof.free_columns import FreeColumns
    from polyrelu.proof.program import Program

    problem = Problem.of([[1], [2]], [1, 3], 1, bias="free")
    with pytest.raises(ValueError, match="by directions"):
        Program(
            problem.X,
            problem.y,
            problem.lam,
            np.ones((1, 2), bool),
            columns=FreeColumns.of(problem),
            offset=True,
        )


CORNERS = [[3, 0], [0, 3], [-3, -3], [0, 0]], [0, 0, 0, 1]
XOR = [[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1]


@pytest.mark.parametrize(
    ("table", "skip", "price", "one_network", "one_function"),
    [
        (XOR, False, 2 * 2**0.5, False, False),
        (XOR, True, 2 * 2**0.5, False, False),
        (CORNERS, False, 2**0.5 / 2, True, True),
        (CORNERS, True, 2**0.5 / 2, False, True),
        (([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]), False, 2, False, False),
        (CROSS, False, 2, False, False),
    ],
    ids=str,
)
def test_prices_and_verdicts_of_goldens_in_the_plane(table, skip, price, one_network, one_function):
    """lambda = 1/1000: the objective is lambda times the price of interpolation, less something of its square."""
    result = proved(table, "1/1000", skip=skip)
    assert price / 1000 - 1e-5 < float(result.objective(12)[0]) < price / 1000
    assert (result.p_unique.answer, result.function_unique.answer) == (one_network, one_function)


def test_parity_with_a_free_bias():
    """Without a bias it learns nothing; with a free one the price is 4 sqrt 3."""
    X = [[a, b, c] for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)]
    result = certify(X, [a * b * c for a, b, c in X], "1/1000", bias="free")
    assert result.status == "proved"
    assert float(result.objective(12)[0]) == pytest.approx(4 * 3**0.5 / 1000, rel=1e-3)


def test_two_minimal_networks_of_width_two():
    result = proved(CROSS, "1/4")
    assert [network.width for network in result.networks] == [2, 2]
    assert result.optimal_set.dimension == 1


@pytest.mark.parametrize("lam", ["1e-9", "1e-15"])
def test_penalties_far_below_the_residuals_of_floats(lam):
    result = proved(SQUARES, lam)
    assert float(result.objective(12)[0]) == pytest.approx(7 * float(lam), rel=1e-6)


def test_kinks_that_move_change_the_function_on_the_span_of_the_rows_too():
    """Golden 4 on a line of the plane: the plane leaves a free function, and on the line f(3/2) still varies."""
    result = proved(([[i, i] for i in range(4)], [0, 1, 3, 6]), "1/10", skip=True)
    assert result.proved().delta == 0
    assert "zero on all rows" in result.function_unique.reason
    assert "agree" not in result.function_unique.reason
    assert not result.predict([["3/2", "3/2"]])[0].agrees


def test_the_weights_of_kinks_where_nobody_lists_the_vertices():
    """In the linear phase weights move between u and -u: ends are reached by many vertices, and no field is known."""
    rng = np.random.default_rng(1)
    X, y = (np.round(rng.standard_normal(shape), 1) for shape in ((24, 2), 24))
    result = proved(
        ([[Q(str(v)) for v in row] for row in X.tolist()], [Q(str(v)) for v in y.tolist()]), "1/100"
    )
    told = result.to_json(8)
    assert (told["vertices"], told["function_unique"]) == (None, True)
    assert "families_reason" not in told
    assert "UNDECIDED" not in result.summary()
    singles = [f for f in told["families"] if len(f["neurons"]) == 1]
    assert len(singles) >= 20
    for family in singles:  # by another route: the ranges of the single weights
        (k,) = family["neurons"]
        assert family["weight"] == told["neuron_list"][k]["weight"]
