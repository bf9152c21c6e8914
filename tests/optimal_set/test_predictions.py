"""Intervals of predictions: against all vertices, against linear programming in floats, and against the verdicts."""

import pickle
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from polyrelu import Network, ask, certify
from polyrelu.errors import BadInput, LimitReached
from polyrelu.exact.enclosure import ball, precision
from polyrelu.optimal_set.predictions import Prediction
from polyrelu.optimal_set.uniqueness import Uniqueness
from polyrelu.selection.choosing import least_norm
from tests.corpus import degenerate, generic
from tests.optimal_sets import FIVE, FOUR, FOUR_WITH_ROOTS, PENTAGON, exact_optima
from tests.strategies import integer_matrices

Q = Fraction
CUBE = [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
MANY = ([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 1], [-1, -1], [1, -1], [-1, 1]], [1] * 8, "1/10")
DIFFERENT = {"four": FOUR, "five": FIVE, "roots": FOUR_WITH_ROOTS}
"""Problems whose optimal networks are different functions."""


def some_rows(d, count=12, seed=0):
    pick = np.random.default_rng(seed)
    return [[Q(int(v), 3) for v in row] for row in pick.integers(-6, 7, size=(count, d))]


def close(exact, approximate, tolerance=1e-9):
    return abs(float(ball(exact, 64).mid()) - approximate) <= tolerance


def less_or_equal(a, b):
    """Of exact numbers, or of balls that may meet."""
    return not bool(ball(a, 128) > ball(b, 128))


# ------------------------------------------------------------------ the ends


def test_the_four_rows_of_the_readme():
    (there, on_a_row) = certify(*FOUR).predict([[1, 1], [0, 2]])
    assert (there.low, there.high, there.agrees) == (fmpq(4, 5), fmpq(28, 5), False)
    assert (on_a_row.low, on_a_row.high, on_a_row.agrees) == (fmpq(32, 5), fmpq(32, 5), True)
    assert there.interval(3) == (("0.800", "0.800"), ("5.60", "5.60"))
    assert repr(there) == "<polyrelu.Prediction at (1, 1): from 0.80000000 to 5.6000000>"
    assert repr(on_a_row) == "<polyrelu.Prediction at (0, 2): all optimal networks agree on 6.4000000>"


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_ends_are_those_over_all_vertices(name):
    result = certify(*DIFFERENT[name])
    networks = list(result.networks)
    rows = some_rows(result.problem.d)
    values = [network.evaluate(rows) for network in networks]
    seen = 0
    for j, prediction in enumerate(result.predict(rows)):
        at_row = sorted(v[j] for v in values)
        assert prediction.agrees == (at_row[0] == at_row[-1])
        seen += not prediction.agrees
        with precision(128):
            assert contains_value(prediction.low, at_row[0])
            assert contains_value(prediction.high, at_row[-1])
    assert seen > 2


def contains_value(found, expected):
    """Whether what was found is the expected number, or a ball around it."""
    return ball(found, 128).overlaps(ball(expected, 128)) and (
        not isinstance(found, fmpq) or found == expected
    )


@pytest.mark.parametrize("name", DIFFERENT)
def test_the_ends_are_attained_by_optimal_networks(name):
    result = certify(*DIFFERENT[name])
    rows = [list(row) for row in result.problem.X]
    fits = next(result.networks).evaluate(rows)
    for x in some_rows(result.problem.d):
        (prediction,) = result.predict([x])
        for end, network in zip((prediction.low, prediction.high), prediction.networks, strict=True):
            assert contains_value(end, network.evaluate([x])[0])
            assert network.evaluate(rows) == fits
            assert network.balanced_penalty() == next(result.networks).balanced_penalty()


def float_ends(result, x):
    """The same two linear programs in floats, from the definition: weights >= 0 whose activations add up to the fit."""
    optimum = result.proved()
    nu = np.array([float(ball(v, 128).mid()) for v in optimum.residual(128)])
    X, y, lam = optimum.program.X_float, optimum.program.y_float, float(optimum.program.lam)
    columns, gains = [], []
    for neuron in optimum.used:
        A = np.array(neuron.A.tolist(), dtype=object)
        u = neuron.place.sign * np.array([[float(v.p) / float(v.q) for v in row] for row in A]) @ nu / lam
        columns.append(neuron.place.sign * np.maximum(X @ u, 0))
        gains.append(neuron.place.sign * max(float(np.dot([float(v) for v in x], u)), 0))
    ends = []
    for s in (1, -1):
        found = linprog(s * np.array(gains), A_eq=np.array(columns).T, b_eq=y - nu, method="highs")
        ends.append(s * found.fun)
    return ends


@pytest.mark.parametrize(
    "problem",
    [FOUR, FIVE, PENTAGON, FOUR_WITH_ROOTS, MANY, *map(degenerate, (4, 18, 74)), *map(generic, (2, 4))],
    ids=["four", "five", "pentagon", "roots", "many", "d4", "d18", "d74", "g2", "g4"],
)
def test_the_ends_are_those_of_a_float_solver(problem):
    result = certify(*problem)
    for x, prediction in zip(rows := some_rows(result.problem.d, 6), result.predict(rows), strict=True):
        low, high = float_ends(result, x)
        assert close(prediction.low, low, 1e-7)
        assert close(prediction.high, high, 1e-7)


def test_a_set_with_too_many_vertices_to_list_is_no_obstacle():
    listed, unlisted = certify(*FOUR), certify(*FOUR, max_vertices=1)
    with pytest.raises(Exception, match="more than 1 vertices"):
        list(unlisted.networks)
    assert [p.interval() for p in unlisted.predict(some_rows(2))] == [
        p.interval() for p in listed.predict(some_rows(2))
    ]


@pytest.mark.parametrize("problem", [*DIFFERENT.values(), PENTAGON, degenerate(74)], ids=range(5))
def test_listed_vertices_and_linear_programs_give_the_same_ends(problem, monkeypatch):
    rows = [*some_rows(len(problem[0][0])), *problem[0]]
    listed = certify(*problem)
    assert len(listed.optimal_set.neurons.vertices) > 1
    ends = listed.predict(rows)
    assert listed.optimal_set.neurons.few_vertices
    monkeypatch.setattr("polyrelu.optimal_set.neuron_set.VERY_FEW", 0)
    programs = certify(*problem)
    for a, b in zip(programs.predict(rows), ends, strict=True):
        assert a.agrees is b.agrees
        for first, second in ((a.low, b.low), (a.high, b.high)):
            assert ball(first, 128).overlaps(ball(second, 128))
            assert not isinstance(first, fmpq) or first == second
    assert not programs.optimal_set.neurons.few_vertices


def test_ties_between_vertices_are_settled_where_a_network_is_asked_for():
    """Nine points and a bias: at (-1/2, 3) two of sixteen vertices attain one end, in a field of degree 16."""
    grid = [[a, b] for a in (-1, 0, 1) for b in (-1, 0, 1)]
    result = certify(grid, [1, 0, 1, 1, 0, 0, 1, 1, -1], "1/10", bias=True)
    (prediction,) = result.predict([["-1/2", 3]])
    assert max(len(end.points) for end in prediction.ends) == 2
    values = [
        vertex.network(bits=64).evaluate([["-1/2", 3, 1]])[0]
        for vertex in result.optimal_set.neurons.vertices
    ]
    assert all(less_or_equal(prediction.low, v) and less_or_equal(v, prediction.high) for v in values)
    assert any(ball(v, 64).overlaps(prediction.low) for v in values)
    assert any(ball(v, 64).overlaps(prediction.high) for v in values)


# ------------------------------------------------------------------ agreement


@pytest.mark.parametrize("problem", [FOUR, FIVE, PENTAGON, MANY, degenerate(4), generic(2)], ids=range(6))
def test_on_the_data_all_agree_on_the_fit(problem):
    result = certify(*problem)
    for prediction, y, ends in zip(
        result.predict(result.problem), result.problem.y, result.residual(30), strict=True
    ):
        assert prediction.agrees
        (low, high), _ = prediction.interval(30)
        assert Q(low) <= y - Q(ends[0])
        assert y - Q(ends[1]) <= Q(high)


def test_one_function_is_one_number_everywhere():
    for optimum in exact_optima():
        result_rows = some_rows(optimum.program.d, 5)
        same = Uniqueness.of(optimum).function_unique.answer
        from polyrelu.optimal_set.levels import OptimalSet

        found = [OptimalSet(optimum).predict(tuple(x)) for x in result_rows]
        assert same is False or all(p.agrees for p in found)
        assert all(p.interval(5)[0] == p.interval(5)[1] for p in found if p.agrees)


def test_the_witness_that_functions_differ_lies_within():
    for problem in DIFFERENT.values():
        result = certify(*problem)
        witness = Uniqueness.of(result.proved()).function_unique.evidence.witness
        (prediction,) = result.predict([witness.x])
        assert not prediction.agrees
        for output in witness.outputs:
            assert less_or_equal(prediction.low, output)
            assert less_or_equal(output, prediction.high)


def test_agreement_off_the_data_is_proved_and_no_narrow_interval():
    """Both networks of four rows are 4 |0.6 x +- 0.8 y|: they agree on the axes, and nowhere else."""
    result = certify(*FOUR)
    for x, agrees in (
        ([5, 0], True),
        ([0, -7], True),
        ([5, Q(1, 10**40)], False),
        ([Q(-1, 10**40), 3], False),
        ([0, 0], True),
    ):
        (prediction,) = result.predict([x])
        assert prediction.agrees is agrees
        assert (prediction.low == prediction.high) is agrees


def test_irrational_agreement_is_decided_exactly():
    """With square roots the networks are 4 w |x.u| again; on the axes the balls alone could not tell."""
    result = certify(*FOUR_WITH_ROOTS)
    first, second = result.networks
    for x in ([1, 0], [0, -3], [1, 1], [Q(1, 10**60), 1]):
        a, b = first.evaluate([x])[0], second.evaluate([x])[0]
        assert result.predict([x])[0].agrees is (a == b)
    assert isinstance(result.predict([[1, 1]])[0].low, arb)


@settings(max_examples=25, deadline=None)
@given(integer_matrices(max_rows=5, max_columns=3), st.integers(1, 6), st.data())
def test_every_optimal_network_predicts_within(X, lam, data):
    y = data.draw(st.lists(st.integers(-3, 3), min_size=len(X), max_size=len(X)))
    x = data.draw(st.lists(st.integers(-3, 3), min_size=len(X[0]), max_size=len(X[0])))
    result = certify(X, y, Q(lam, 4))
    if result.optimum is None:
        return
    (prediction,) = result.predict([x])
    points = [*result.optimal_set.neurons.random_points(2), result.optimal_set.neurons.interior_point()]
    for value in (point.network().evaluate([x])[0] for point in points):
        assert less_or_equal(prediction.low, value)
        assert less_or_equal(value, prediction.high)
    (doubled,) = result.predict([[2 * v for v in x]])  # networks are positively homogeneous
    assert doubled.agrees is prediction.agrees
    with precision(128):
        assert ball(doubled.high, 128).overlaps(2 * ball(prediction.high, 128))


# ------------------------------------------------------------------ kinds of problems


def test_bias_lists_of_patterns_zero_networks_and_gates():
    biased = certify([[1], [2], [-1]], [3, 4, 3], 1, bias=True)
    plain = certify([[1, 1], [2, 1], [-1, 1]], [3, 4, 3], 1)
    assert biased.predict([[5]])[0].interval() == plain.predict([[5, 1]])[0].interval()
    assert biased.predict([[5]])[0].x == (5,)

    few = certify(*FOUR, patterns=[[1, 1, 0, 0], [0, 0, 1, 1]])
    assert few.predict([[1, 0]])[0].agrees

    zero = certify([[1, 2], [3, 4]], [1, 2], 100)
    assert zero.predict([[7, -5]])[0].interval() == (("0", "0"), ("0", "0"))

    gated = certify(*FOUR, patterns=[[1, 1, 0, 0], [0, 0, 1, 1]], gated=True)
    with pytest.raises(BadInput, match="gates on the rows of X alone"):
        gated.predict([[1, 0]])


def test_a_zero_that_is_exact_is_printed_as_zero():
    """Every neuron of four rows with roots is silent at 0, and so is one whose kink passes through the row."""
    result = certify([[1, 0], [0, 1]], [1, 2], "1/10")  # one neuron, in the open first quadrant
    assert result.predict([[-1, -1]])[0].interval() == (("0", "0"), ("0", "0"))


# ------------------------------------------------------------------ the way back to networks


def test_networks_of_results_vertices_and_chosen_points():
    result = certify(*FOUR)
    networks = list(result.networks)
    assert all(isinstance(network, Network) and network.is_exact for network in networks)
    assert [network.width for network in networks] == [2, 2]
    vertex = result.optimal_set.neurons.vertices[0]
    assert vertex.network() == networks[0]
    chosen = least_norm(result.proved()).network()
    for network in (*networks, chosen, result.optimal_set.neurons.interior_point().network()):
        assert network.evaluate(FOUR[0]) == [fmpq(12, 5), fmpq(16, 5), fmpq(12, 5), fmpq(16, 5)]
        assert np.allclose(network.predict(FOUR[0]), [2.4, 3.2, 2.4, 3.2])
    with pytest.raises(BadInput, match="rows of length 2"):
        chosen.predict([[1, 2, 3]])


def test_a_point_at_the_level_of_blocks_has_a_unit_for_each_block():
    result = certify(*PENTAGON)
    blocks, neurons = result.optimal_set.blocks, result.optimal_set.neurons
    point = blocks.interior_point()
    network = point.network()
    assert network.width == point.width == len(blocks.blocks)
    fit = neurons.interior_point().network().evaluate(PENTAGON[0])
    assert all(a.overlaps(b) for a, b in zip(network.evaluate(PENTAGON[0]), fit, strict=True))


def test_irrational_networks_are_exact_where_a_field_is_known_and_enclosed_elsewhere():
    assert next(certify(*FIVE).networks).is_exact
    enclosed = certify(*degenerate(4))
    network = enclosed.optimal_set.neurons.minimal_network().network(bits=200)
    assert not network.is_exact
    for (low, high), y, value in zip(
        enclosed.residual(20), enclosed.problem.y, network.evaluate(enclosed.problem.X), strict=True
    ):
        assert Q(low) - Q(1, 10**30) <= y - to_q(value) <= Q(high) + Q(1, 10**30)


def to_q(value):
    mantissa, exponent = (int(v) for v in value.mid().man_exp())
    return Q(mantissa) * Q(2) ** exponent


def test_a_gated_point_needs_its_gates():
    result = certify(*FOUR, patterns=[[1, 1, 0, 0], [0, 0, 1, 1]], gated=True)
    vertex = result.optimal_set.neurons.vertices[0]
    with pytest.raises(BadInput, match="gate vectors"):
        vertex.network()
    assert vertex.network(gates=[[1, 1], [-1, -1]]).is_gated


def test_predictions_travel():
    (prediction,) = certify(*FIVE).predict([[0, 1, 2]])
    back = pickle.loads(pickle.dumps(prediction))
    assert isinstance(back, Prediction)
    assert repr(back) == repr(prediction)
    assert back.interval(60) == prediction.interval(60)


def test_one_optimal_network_where_too_many_could_be_listed():
    """It is inclusion-minimal, and optimal in its balanced form: exactly the proved objective."""
    for lam in (0, 1):
        result = certify([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], lam, max_vertices=1)
        with pytest.raises(LimitReached):
            list(result.networks)
        network = result.network()
        fit = [y - v for y, v in zip([3, 4, 3, 4], result.optimum.residual(64), strict=True)]
        assert network.evaluate([[1, 0], [0, 1], [-1, 0], [0, -1]]) == fit
        assert lam == 0 or ask(network, result, balance=True).optimal.answer is True
