"""A network as a question: objective, gap, distance, by two routes and against closed forms."""

import random
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

import polyrelu.judging.questions
from polyrelu.certification import certify, certify_penalised
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.rational import to_fmpq
from polyrelu.judging.comparison import by_duality, with_optimum
from polyrelu.judging.distance import distance
from polyrelu.judging.questions import ask
from polyrelu.networks.coordinates import rounded
from polyrelu.networks.network import Network
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.networks import network_at
from polyrelu.verdict import Verdict
from tests.strategies import integer_vectors, rationals

GOLDEN = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1)
PENTAGON = ([[2, 0], [1, 2], [-2, 1], [-2, -1], [1, -2]], [1] * 5, "1/10")
XOR = ([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1], "1/2")
ONE = ([[1, 0], [0, 1]], [3, 4], 1)  # X = I: one neuron along y, w = y (1 - 1/5)

quick = settings(max_examples=25, derandomize=True, deadline=None)


def inside(value, pair):
    return Fraction(pair[0]) <= value <= Fraction(pair[1])


def test_the_optimum_itself():
    answer = ask(Network.of([["6/5", "8/5"]], [2]), *ONE)
    shown = answer.to_json()
    assert shown["optimal"] is True
    assert shown["stationary"] is True
    assert shown["subsampled_optimal"] is True
    assert shown["balanced"] is True
    assert shown["gap"] == shown["distance"] == shown["stationarity_residual"] == ["0", "0"]
    assert inside(Fraction(9, 2), shown["objective"])
    assert inside(Fraction(9, 2), shown["optimum"])
    assert (shown["width"], shown["distinct_neurons"], shown["nearest"]) == (1, 1, [0])


def test_an_unbalanced_optimum_is_optimal_only_after_balancing():
    network = Network.of([["12/5", "16/5"]], [1])
    answer = ask(network, *ONE)
    assert (answer.optimal.answer, answer.balanced, answer.stationary.answer) == (False, False, False)
    assert answer.balancing_gain == fmpq(9, 2)  # (16 + 1) / 2 - 4
    assert answer.full.gap == (fmpq(9, 2), fmpq(9, 2))
    assert rounded(answer.distance.upper) < 1e-10  # in convex weights it is the optimum
    balanced = ask(network, *ONE, balance=True)
    assert (balanced.optimal.answer, balanced.stationary.answer, balanced.subsampled_optimal.answer) == (
        True,
    ) * 3
    assert balanced.balanced is False


@pytest.mark.parametrize("factor", ["1/2", "3/2", 2])
def test_distance_along_the_only_neuron_is_exact(factor):
    answer = ask(Network.of([["6/5", "8/5"]], [2 * Fraction(factor)]), *ONE)
    expected = abs(Fraction(factor) - 1) * 4
    low, high = answer.to_json()["distance"]
    assert Fraction(low) <= expected <= Fraction(high)
    assert Fraction(high) - Fraction(low) < Fraction(1, 10**9)


def test_distance_of_a_wrong_direction():
    """From w = (0, 4) to w* = (12/5, 16/5): the length of the difference, from above; the sine bounds it from below."""
    found = ask(Network.of([[0, 2]], [2]), *ONE).distance
    assert rounded(found.upper) == pytest.approx(np.hypot(12 / 5, 4 / 5))
    assert 4 * 0.6 - 1e-9 <= rounded(found.lower) <= rounded(found.upper)
    other_sign = ask(Network.of([[0, 2]], [-2]), *ONE).distance
    assert other_sign.nearest == (None,)
    assert 7.5 < rounded(other_sign.lower) <= 8  # nothing can be matched: both networks have to go
    assert rounded(other_sign.upper) == pytest.approx(8)


@pytest.mark.parametrize("problem", [GOLDEN, PENTAGON, XOR])
def test_distance_bounds_hold_for_every_optimal_network(problem):
    """Moves to random optimal networks, unit by unit in the same order, are never shorter than the lower bound."""
    optimum = certify(*problem).proved()
    neurons, pick = OptimalSet(optimum).neurons, random.Random(0)
    d = optimum.program.d
    for point in [*neurons.vertices, *neurons.random_points(3)]:
        W = network_at(optimum, point.weights()).arrays()[0]
        exact = network_at(optimum, point.weights())
        size = np.array([rounded(unit.phi) for unit in exact.units])
        for scale in (0.0, 1e-6, 0.1, 3.0):
            noise = np.array([[pick.gauss(0, scale) for _ in range(d)] for _ in size])
            moved = Network.of(W * np.abs(size)[:, None] + noise, np.sign(size), d=d)
            residual = [
                to_fmpq(y) - f
                for y, f in zip(optimum.program.yq, moved.evaluate(optimum.program.X), strict=True)
            ]
            found = distance(moved, residual, optimum)
            length = np.linalg.norm(noise, axis=1).sum()
            assert rounded(found.lower) <= length + 1e-9
            assert rounded(found.lower) <= rounded(found.upper)
            if scale <= 1e-6 and neurons.dimension == 0:
                assert rounded(found.upper) <= length + 1e-9
            elif scale <= 1e-6:
                assert rounded(found.upper) <= 10 * length + 1e-6


@quick
@given(st.lists(st.tuples(integer_vectors(2), rationals()), max_size=3), st.sampled_from([GOLDEN, ONE, XOR]))
def test_two_routes_to_the_gap(units, problem):
    network = Network.of([t for t, _ in units], [p for _, p in units], d=2)
    answer = ask(network, *problem)
    value = answer.objective
    residual = [
        to_fmpq(v) - f for v, f in zip(answer.problem.y, network.evaluate(answer.problem.X), strict=True)
    ]
    first = with_optimum(value, answer.result.proved())
    second = by_duality(value, residual, answer.result.proved().program)
    assert first.verdict.answer == second.verdict.answer == answer.optimal.answer
    assert rounded(second.optimum[0]) <= rounded(first.optimum[0]) + 1e-12
    assert rounded(first.gap[1]) <= rounded(second.gap[1]) + 1e-12
    # a local statement never contradicts a global one
    if answer.optimal.answer:
        assert answer.stationary.answer is True
        assert answer.subsampled_optimal.answer is True
    if answer.stationary.answer:
        assert answer.balanced is True
    assert rounded(answer.subsampled.optimum[1]) >= rounded(answer.full.optimum[0]) - 1e-12


def test_duality_answers_where_the_proof_is_undecided(monkeypatch):
    def undecided(*args, **options):
        return replace(
            certify_penalised(*args, **options),
            status="undecided",
            reason="blocked for the test",
            solutions=None,
        )

    monkeypatch.setattr(polyrelu.judging.questions, "certify_penalised", undecided)
    best = ask(Network.of([["6/5", "8/5"]], [2]), *ONE)
    assert (best.optimal.answer, best.subsampled_optimal.answer) == (True, True)
    assert best.distance is None
    assert "blocked for the test" in best.distance_reason
    worse = ask(Network.of([["6/5", "8/5"]], [1]), *ONE)
    assert worse.optimal.answer is False
    low, high = (rounded(v) for v in worse.full.optimum)
    assert low <= 4.5 <= high
    balls = ask(Network.of([[arb(1.2), 1]], [2]), *ONE)
    assert balls.optimal.answer is None
    assert rounded(balls.full.gap[0]) == 0


def test_balls_are_refuted_but_never_proved():
    optimum = certify(*GOLDEN).proved()
    network = network_at(optimum, OptimalSet(optimum).neurons.vertices[0].weights(), bits=200).balanced(200)
    blurred = Network.of([[arb(1.2, 1e-9), arb(1.6, 1e-9)], [-1.2, -1.6]], [2, 2])
    answer = ask(blurred, *GOLDEN)
    assert answer.optimal.answer is None
    assert answer.distinct_neurons is None
    assert "ball" in answer.optimal.reason
    assert ask(Network.of([[arb(1.2, 1e-9), 0]], [1]), *GOLDEN).optimal.answer is False
    assert network.is_exact
    assert ask(network, *GOLDEN).optimal.answer is True


def test_gated_networks_are_compared_with_their_own_gates():
    X, y = [[1, 0], [0, 1]], [3, 4]
    answer = ask(Network.of([["6/5", "8/5"]], [2], gates=[[1, 1]]), X, y, 1)
    assert (answer.optimal.answer, answer.stationary.answer, answer.distance.nearest) == (True, True, (0,))
    assert ask(Network.of([["6/5", "8/5"]], [1], gates=[[1, 1]]), X, y, 1).optimal.answer is False


def test_the_empty_network_is_the_optimum_from_lambda_max_on():
    empty = Network.of([], [], d=2)
    assert ask(empty, [[1, 0], [0, 1]], [3, 4], 5).optimal.answer is True
    answer = ask(empty, [[1, 0], [0, 1]], [3, 4], "49/10")
    assert (answer.optimal.answer, answer.stationary.answer, answer.subsampled_optimal.answer) == (
        False,
        True,
        True,
    )


def test_a_trained_float_network():
    """Gradient descent in floats: not the optimum, but close, and every bound says so."""
    pick = np.random.default_rng(1)
    X, y, lam = pick.normal(size=(8, 2)).round(3), pick.normal(size=8).round(3), 0.2
    W, phi = pick.normal(size=(12, 2)) * 0.3, pick.normal(size=12) * 0.3
    for _ in range(4000):
        hidden = np.maximum(X @ W.T, 0)
        nu = y - hidden @ phi
        W, phi = (
            W - 0.02 * (lam * W - phi[:, None] * (((X @ W.T > 0) * nu[:, None]).T @ X)),
            phi - 0.02 * (lam * phi - hidden.T @ nu),
        )
    answer = ask(Network.of(W, phi), X, y, "1/5")
    shown = answer.to_json(12)
    assert shown["optimal"] is False
    assert shown["stationary"] is False
    objective = 0.5 * (nu**2).sum() + lam / 2 * ((W**2).sum() + (phi**2).sum())
    assert float(shown["objective"][0]) == pytest.approx(objective, rel=1e-3)
    assert 0 < float(shown["gap"][0]) <= float(shown["gap"][1]) < 0.5
    assert float(shown["distance"][0]) <= float(shown["distance"][1]) < 3
    assert float(shown["stationarity_residual"][1]) < 0.5
    assert "optimal: refuted" in repr(answer)
    assert "global optimum" in answer._repr_html_()


def test_questions_that_are_not_well_posed():
    network = Network.of([[1, 1]], [1])
    with pytest.raises(BadInput, match="target"):
        ask(network, [[1, 2]], lam=1)
    with pytest.raises(BadInput, match="lambda > 0"):
        ask(network, [[1, 2]], [1], 0)
    with pytest.raises(BadInput, match="2 inputs and the data has 3 features"):
        ask(network, [[1, 2]], [1], 1, bias=True)


def test_an_undecided_verdict_is_no_truth_value():
    with pytest.raises(Undecided, match="why"):
        bool(Verdict.undecided("optimal", "why"))
    assert Verdict.proved("optimal", "so")
    assert not Verdict.refuted("optimal", "so")


def test_the_nearest_minimal_network():
    # Two minimal networks: 4 |0.6 x1 + 0.8 x2| and 4 |0.6 x1 - 0.8 x2|, as one-sided units of convex weight 4.
    optimum = certify(*GOLDEN).proved()
    vertices = OptimalSet(optimum).neurons.vertices
    for vertex in vertices:
        network = network_at(optimum, vertex.exact_weights())
        near = ask(network, *GOLDEN).distance.vertex
        assert near.neurons == vertex.support
        assert rounded(near.distance) < 1e-9
    shown = ask(Network.of([["6/5", "8/5"]], [1]), *GOLDEN).to_json()
    assert len(shown["nearest_vertex"]["neurons"]) == 2


def test_a_result_is_asked_as_its_problem_is(monkeypatch):
    """Its proof is used where it is about all networks, and made anew where it is about a list of patterns."""
    network, data = Network.of([["6/5", "8/5"], ["-6/5", "-8/5"]], [2, 2]), GOLDEN
    few = certify(*data, patterns=[[1, 0, 0, 1], [0, 1, 1, 0]])
    afresh = ask(network, few)
    assert afresh.optimal.answer is True
    assert len(afresh.result.proved().program.patterns) == 4
    result = certify(*data)
    answer = ask(network, result)
    assert answer.result is result
    assert answer.optimal.answer is afresh.optimal.answer
    with pytest.raises(BadInput, match="lambda > 0"):
        ask(network, certify(*data[:2], 0))
