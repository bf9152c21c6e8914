"""Stationarity, exactly: the two notions, their difference from sub-sampled optimality, and distances from it."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.certification import certify
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.square_roots import SqrtSum
from polyrelu.judging.comparison import by_duality, with_optimum
from polyrelu.judging.kinks import Box, Hull, in_cone
from polyrelu.judging.questions import ask
from polyrelu.judging.stationarity import stationarity
from polyrelu.networks.coordinates import rounded
from polyrelu.networks.network import Network
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.networks import network_at
from tests.corpus import degenerate, generic
from tests.strategies import integer_matrices, integer_vectors

quick = settings(max_examples=40, derandomize=True, deadline=None)


def test_an_optimum_of_a_program_that_is_not_stationary():
    X, y, lam = [[1, 0], [1, 1]], [3, 3], "1/2"
    optimum = certify(X, y, lam, patterns=[[1, 0]]).proved()
    (network,) = [network_at(optimum, p.exact_weights()) for p in OptimalSet(optimum).neurons.vertices]
    root = SqrtSum.sqrt_of(2)
    assert network.units[0].theta == (root / 2, -root / 2)  # on the hyperplane of row 2
    value = (
        sum((v * v for v in optimum.point.exact.at.nu), start=fmpq(0)) / 2 + network.balanced_penalty() / 2
    )
    assert with_optimum(value, optimum).verdict.answer is True
    found = stationarity(network, Problem.of(X, y, lam), balance=True)
    assert found.clarke.answer is False
    assert found.chain_rule.answer is False
    assert found.kinks == ((1,),)
    assert found.residual[0] > 0
    # and the question about the network itself, whose own pattern 1[X theta >= 0] is (1, 1), not (1, 0)
    assert ask(network, X, y, lam, balance=True).optimal.answer is False


def test_a_stationary_network_that_is_the_optimum_of_no_program():
    X, y, lam = [[1, -1], [0, 1]], [2, 2], 1
    network = Network.of([[1, 0]], [1])
    found = stationarity(network, Problem.of(X, y, lam))
    assert found.clarke.answer is True
    assert found.chain_rule.answer is True
    assert found.residual == (arb(0), arb(0))
    value = fmpq(1, 2) * (1 + 4) + 1  # nu = (1, 2)
    for patterns in (
        [[1, 1]],
        [[1, 0]],
        [[1, 1], [1, 0]],
    ):  # all choices of a pattern whose cone holds (1, 0)
        result = certify(X, y, lam, patterns=patterns)
        assert with_optimum(value, result.proved()).verdict.answer is False
        assert by_duality(value, [fmpq(1), fmpq(2)], result.proved().program).verdict.answer is False
    answer = ask(network, X, y, lam)
    assert (answer.stationary.answer, answer.subsampled_optimal.answer, answer.optimal.answer) == (
        True,
        False,
        False,
    )


def test_clarke_is_smaller_than_the_chain_rule_at_equal_rows():
    # nu = (1, -1) on two equal rows at a kink: together they contribute 0, one by one anything in a segment
    problem = Problem.of([[0, 1], [0, 1], [1, "1/2"]], [1, -1, 2], 1)
    found = stationarity(Network.of([[1, 0]], [1]), problem)
    assert found.chain_rule.answer is True
    assert found.clarke.answer is False
    low, high = (rounded(v) for v in found.residual)
    assert low == pytest.approx(0.5)
    assert high == pytest.approx(0.5)


def test_zero_and_dead_units():
    problem = Problem.of([[1, 0], [0, 1]], [1, 1], 1)
    assert stationarity(Network.of([], [], d=2), problem).clarke.answer is True
    assert stationarity(Network.of([[0, 0]], [0]), problem).clarke.answer is True
    for theta, phi in (([0, 0], 1), ([1, 1], 0), ([-1, -1], 0), ([-1, -1], 1)):
        found = stationarity(Network.of([theta], [phi]), problem)
        assert found.clarke.answer is False, (theta, phi)
        assert found.residual[0] > 0
    # a unit that is zero after balancing is stationary after balancing
    assert stationarity(Network.of([[1, 1]], [0]), problem, balance=True).clarke.answer is True


def test_optimal_networks_are_stationary():
    """Every global minimum is a local one, and 0 is in the Clarke subdifferential there."""
    exactly = enclosed = 0
    for rows, targets, lam in [corpus(seed) for corpus in (generic, degenerate) for seed in range(12)]:
        X, y = rows[:6], targets[:6]
        result = certify(X, y, lam)
        if result.optimum is None or not result.optimum.used:
            continue
        point, problem = OptimalSet(result.optimum).neurons.interior_point(), Problem.of(X, y, lam)
        if result.optimum.field != "enclosures":
            found = stationarity(network_at(result.optimum, point.exact_weights()), problem, balance=True)
            assert found.clarke.answer is True, found.clarke
            assert found.chain_rule.answer is True
            exactly += 1
        else:
            found = stationarity(
                network_at(result.optimum, point.weights(300), bits=300), problem, balance=True
            )
            if found.residual[1].is_finite():  # no unit on a hyperplane, where balls cannot tell
                assert found.residual[1] < (1e-9 if any(found.kinks) else 1e-50)
                enclosed += 1
            assert found.clarke.answer is not False
    assert exactly >= 8
    assert enclosed >= 3


def gradient(W, phi, X, y, lam):
    hidden = X @ W.T
    nu = y - np.maximum(hidden, 0) @ phi
    on = (hidden > 0).astype(float)
    return lam * W - phi[:, None] * ((on * nu[:, None]).T @ X), lam * phi - np.maximum(hidden, 0).T @ nu


@pytest.mark.parametrize("seed", range(4))
def test_the_residual_is_the_norm_of_the_gradient_where_there_is_one(seed):
    pick = np.random.default_rng(seed)
    X, y, W, phi = (
        pick.normal(size=(6, 3)),
        pick.normal(size=6),
        pick.normal(size=(4, 3)),
        pick.normal(size=4),
    )
    found = stationarity(Network.of(W, phi), Problem.of(X, y, "1/10", floats="exact"))
    parts = gradient(W, phi, X, y, 0.1)
    expected = np.sqrt(sum((p**2).sum() for p in parts))
    assert [rounded(v) for v in found.residual] == pytest.approx([expected, expected], rel=1e-9)
    assert found.clarke.answer is False
    # balanced by hand in floats: the same point, so the same residual
    c = np.sqrt(np.abs(phi) / np.linalg.norm(W, axis=1))
    parts = gradient(W * c[:, None], phi / c, X, y, 0.1)
    expected = np.sqrt(sum((p**2).sum() for p in parts))
    found = stationarity(Network.of(W, phi), Problem.of(X, y, "1/10", floats="exact"), balance=True)
    assert [rounded(v) for v in found.residual] == pytest.approx([expected, expected], rel=1e-9)


@quick
@given(integer_matrices(max_rows=5, max_columns=3), st.data())
def test_the_residual_at_kinks_against_all_cells(X, data):
    """One unit on hyperplanes: the hull of the gradients of all cells around it, sampled densely and listed exactly."""
    n, d = len(X), len(X[0])
    y, theta = data.draw(integer_vectors(n)), data.draw(integer_vectors(d, 1))
    problem, network = Problem.of(X, y, 1), Network.of([theta], [1])
    found = stationarity(network, problem)
    before = np.array(X) @ np.array(theta)
    nu = np.array(y) - np.maximum(before, 0)
    kinks = [j for j in range(n) if before[j] == 0 and any(X[j])]
    assert found.kinks == (tuple(kinks),)
    base = np.array(theta) - (nu * (before > 0)) @ np.array(X)
    cells = enumerate_cells([X[j] for j in kinks]).patterns if kinks else np.zeros((1, 0))
    corners = np.array([base - (nu[kinks] * c) @ np.array(X)[kinks].reshape(-1, d) for c in cells])
    outgoing = 1 - before.clip(0) @ nu
    pick = np.random.default_rng(0)
    mixes = np.vstack([np.eye(len(corners)), pick.dirichlet(np.ones(len(corners)) * 0.3, 200)])
    sampled = np.sqrt((np.linalg.norm(mixes @ corners, axis=1) ** 2).min() + outgoing**2)
    low, high = (rounded(v) for v in found.residual)
    assert low <= sampled + 1e-9
    assert high <= sampled + 1e-6
    assert high - low <= 1e-6
    exactly = outgoing == 0 and Hull(tuple([fmpq(int(v)) for v in c] for c in corners)).contains(
        [fmpq(0)] * d
    )
    assert found.clarke.answer is bool(exactly)
    if found.clarke.answer:
        assert found.chain_rule.answer is True
        assert high == 0


@quick
@given(integer_matrices(max_rows=4, max_columns=3), st.data())
def test_box_against_its_corners(moves, data):
    """The box is the hull of its 2^m corners, and scaling everything by sqrt 2 changes no answer."""
    d = len(moves[0])
    a = [fmpq(v) / 2 for v in data.draw(integer_vectors(d, 4))]
    rows = tuple([fmpq(v) for v in row] for row in moves)
    bits = [[k >> j & 1 for j in range(len(moves))] for k in range(2 ** len(moves))]
    corners = [
        [sum((m[c] for m, on in zip(rows, b, strict=True) if on), fmpq(0)) for c in range(d)] for b in bits
    ]
    inside = Box(rows).contains(a)
    assert inside is Hull(tuple(corners)).contains(a)
    root = SqrtSum.sqrt_of(2)
    assert inside is Box(tuple([v * root for v in row] for row in rows)).contains([v * root for v in a])
    v = [fmpq(k + 1) for k in range(d)]
    assert Box(rows).support(v) == Hull(tuple(corners)).support(v)


def test_cones():
    generators = [[fmpq(1), fmpq(0)], [fmpq(1), fmpq(1)]]
    assert in_cone(generators, [fmpq(3), fmpq(1)])
    assert not in_cone(generators, [fmpq(1), fmpq(2)])
    assert not in_cone([], [fmpq(1)])
    assert in_cone([], [fmpq(0)])


def test_gated_networks_have_no_kinks():
    X, y = [[1, 0], [0, 1], [1, 1]], [3, 4, 1]
    gates = [[1, 1], [1, -2]]
    patterns = [[g[0] * x[0] + g[1] * x[1] >= 0 for x in X] for g in gates]
    optimum = certify(X, y, 1, patterns=patterns, gated=True).proved()
    point = OptimalSet(optimum).neurons.interior_point()
    network = network_at(optimum, point.weights(400), gates=gates, bits=400)
    found = stationarity(network, Problem.of(X, y, 1), balance=True)
    assert found.kinks == ((),) * network.width
    assert found.clarke.answer is not False
    assert found.residual[1] < 1e-20
    off = Network.of([[1, 1]], [1], gates=[[1, 1]])
    assert stationarity(off, Problem.of(X, y, 1)).clarke.answer is False


def test_balls_refute_or_stay_undecided():
    problem = Problem.of([[1, 0], [0, 1]], [3, 0], 1)
    near = Network.of([[arb(1.0, 1e-9), arb(-1.0, 1e-9)]], [1])
    assert stationarity(near, problem).clarke.answer is False
    hidden = Network.of([[arb(1.0, 1e-9), arb(0.0, 1e-9)]], [1])
    found = stationarity(hidden, problem)
    assert found.clarke.answer is None
    assert "x_2 . theta" in found.clarke.reason
    assert not found.residual[1].is_finite()


def test_too_many_cells_leave_clarke_open_but_bounded(monkeypatch):
    monkeypatch.setattr("polyrelu.judging.kinks.MAX_CELLS", 1)
    problem = Problem.of([[0, 1], [0, 1], [1, "1/2"]], [1, -1, 2], 1)
    found = stationarity(Network.of([[1, 0]], [1]), problem)
    assert (found.chain_rule.answer, found.clarke.answer) == (True, None)
    low, high = (rounded(v) for v in found.residual)
    assert low <= 0.5 <= high + 1e-12
    assert high < 10


def test_what_must_be_given():
    with pytest.raises(BadInput, match="lambda"):
        stationarity(Network.of([[1]], [1]), Problem.of([[1]], [1]))
    with pytest.raises(BadInput, match="2 inputs"):
        stationarity(Network.of([[1, 1]], [1]), Problem.of([[1]], [1], Fraction(1)))
