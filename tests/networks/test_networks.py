"""Networks: scaling, splitting, exact evaluation, points of the optimal set, and the shapes of other libraries."""

import sys
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from polyrelu.certification import certify
from polyrelu.errors import BadInput, EngineMissing, Undecided
from polyrelu.exact.enclosure import contains
from polyrelu.exact.real import sign
from polyrelu.exact.square_roots import SqrtSum
from polyrelu.interop import scnn
from polyrelu.interop.torch_networks import from_torch, to_torch
from polyrelu.networks.coordinates import norm, rounded
from polyrelu.networks.network import Network
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.networks import network_at, weights_of
from tests.strategies import integer_vectors, rationals

XOR = ([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1, 1, -1, -1], "1/2")
GOLDEN = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1)
DEPENDENT = ([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 5, 50]], [-5, -5, -5, 51], 50)
PROBLEMS = {"xor": XOR, "golden": GOLDEN, "dependent kinks": DEPENDENT}

networks = st.integers(1, 3).flatmap(
    lambda d: st.lists(st.tuples(integer_vectors(d), rationals()), min_size=1, max_size=4).map(
        lambda units: Network.of([t for t, _ in units], [p for _, p in units])
    )
)
quick = settings(max_examples=40, derandomize=True, deadline=None)


def by_hand(network, x):
    total = Fraction(0)
    for unit in network.units:
        value = sum(
            (Fraction(int(t.p), int(t.q)) * v for t, v in zip(unit.theta, x, strict=True)), Fraction(0)
        )
        total += max(value, Fraction(0)) * Fraction(int(unit.phi.p), int(unit.phi.q))
    return total


@quick
@given(networks, st.data())
def test_evaluation_scaling_and_splitting(network, data):
    x = data.draw(integer_vectors(network.d))
    expected = by_hand(network, x)
    assert network.evaluate([x]) == [fmpq(expected.numerator, expected.denominator)]
    neurons = []
    for unit in data.draw(st.permutations(network.units)):
        share = data.draw(st.sampled_from([fmpq(1, 3), fmpq(1, 2), fmpq(1)]))
        for part in (share, 1 - share):
            c = data.draw(st.sampled_from([fmpq(1, 2), fmpq(3)]))
            neurons.append(([t * c for t in unit.theta], unit.phi * part / c))
    other = Network.of([t for t, _ in neurons], [p for _, p in neurons])
    assert other.equivalent(network)
    assert other.merged().evaluate([x]) == network.evaluate([x])
    # the least penalty is blind to scaling and to splitting, and no network has less than its least penalty
    assert sign(other.balanced_penalty() - network.balanced_penalty()) == 0
    assert sign(network.penalty() - network.balanced_penalty()) >= 0


@quick
@given(networks, st.data())
def test_balancing_keeps_the_function_and_reaches_the_least_penalty(network, data):
    x = data.draw(integer_vectors(network.d))
    balanced = network.balanced()
    (value,), (expected,) = balanced.evaluate([x]), network.evaluate([x])
    assert contains(value, expected) if isinstance(value, arb) else value == expected
    least, reached = network.balanced_penalty(), balanced.penalty()
    assert abs(rounded(reached) - rounded(least)) < 1e-12 * (1 + rounded(least))
    if balanced.is_exact:
        assert balanced.is_balanced()
        assert sign(reached - least) == 0


def test_another_sign_or_direction_is_another_network():
    one = Network.of([[1, 2]], [1])
    assert not one.equivalent(Network.of([[1, 2]], [-1]))
    assert not one.equivalent(Network.of([[1, 3]], [1]))
    assert not one.equivalent(Network.of([[1, 2], [1, 2]], [1, 1]))
    assert one.equivalent(Network.of([[2, 4], [0, 0], [5, 5]], ["1/2", 7, 0]))


def test_the_same_function_by_linear_exchange_is_not_a_split():
    # (x)_+ - (-x)_+ = x for every direction: equal functions, but different neurons
    one = Network.of([[1, 0], [-1, 0]], [1, -1])
    other = Network.of([[2, 1], [-2, -1], [-1, -1], [1, 1]], [1, -1, 1, -1])
    assert one.evaluate([[3, -7]]) == other.evaluate([[3, -7]])
    assert not one.equivalent(other)


def test_floats_are_the_binary_numbers_they_are():
    unit = Network.of(np.array([[0.1]]), np.array([0.5], dtype=np.float32)).units[0]
    assert unit.theta[0] == fmpq(*(0.1).as_integer_ratio()) != fmpq(1, 10)
    assert unit.phi == fmpq(1, 2)


def test_balls_do_not_pretend():
    network = Network.of([[arb(0, 1), 1]], [1])
    with pytest.raises(Undecided, match="balls"):
        network.merged()
    with pytest.raises(Undecided):
        network.is_balanced()
    (value,) = network.evaluate([[1, 0]])
    assert contains(value, fmpq(0))
    assert contains(value, fmpq(1))
    assert not contains(value, fmpq(-1, 2))


def test_refusals():
    with pytest.raises(BadInput, match="one of each"):
        Network.of([[1, 2]], [1, 2])
    with pytest.raises(BadInput, match="length 2"):
        Network.of([[1, 2], [1]], [1, 2])
    with pytest.raises(BadInput, match="finite"):
        Network.of([[float("nan")]], [1])
    with pytest.raises(BadInput, match="length 2"):
        Network.of([[1, 2]], [1]).evaluate([[1]])


@pytest.mark.parametrize("name", PROBLEMS)
def test_points_of_the_optimal_set_and_back(name):
    X, y, lam = PROBLEMS[name]
    optimum = certify(X, y, lam).proved()
    nu = optimum.point.exact.at.nu
    neurons = OptimalSet(optimum).neurons
    for point in [*neurons.vertices, neurons.interior_point()]:
        network = network_at(optimum, point.exact_weights())
        assert [v - f for v, f in zip(y, network.evaluate(X), strict=True)] == list(nu)
        least = sum((a * (v - a) for a, v in zip(nu, y, strict=True)), start=fmpq(0)) / optimum.program.lamq
        assert sign(network.balanced_penalty() - least) == 0
        assert all(sign(norm(unit.theta) - 1) == 0 for unit in network.units)
        assert weights_of(network, optimum) == point.exact_weights()
        assert neurons.contains(weights_of(network, optimum))
        enclosing = network_at(optimum, point.weights(200), bits=200).balanced(200)
        assert np.allclose(enclosing.predict(X), network.predict(X))
    assert weights_of(Network.of([[1] + [7] * (len(X[0]) - 1)], [1]), optimum) is None


def test_gated_points_need_gates():
    X, y = [[1, 0], [0, 1], [-1, -1]], [3, 4, 1]
    gates = [[1, 1], [1, -2], [-1, 3]]
    patterns = [[sum(a * b for a, b in zip(g, x, strict=True)) >= 0 for x in X] for g in gates]
    optimum = certify(X, y, "1/10", patterns=patterns, gated=True).proved()
    weights = [1] * len(optimum.used)
    with pytest.raises(BadInput, match="gate"):
        network_at(optimum, weights)
    network = network_at(optimum, weights, gates=gates)
    assert network.is_gated
    hidden = np.array(X) @ network.arrays()[0].T * (np.array(X) @ network.gate_array().T >= 0)
    assert np.allclose(network.predict(X), hidden @ network.arrays()[1][0])
    assert np.allclose(network.predict(X), [rounded(v) for v in network.evaluate(X)])


def test_gated_signs_move_into_the_weight():
    one = Network.of([[1, 2]], [1], gates=[[1, 0]])
    assert one.equivalent(Network.of([[-1, -2]], [-1], gates=[[2, 0]]))
    assert not one.equivalent(Network.of([[1, 2]], [1], gates=[[0, 1]]))


def test_square_roots_stay_exact():
    half = SqrtSum.sqrt_of(2) / 2
    network = Network.from_neurons([[half, half], [-half, half]], [1, -1], [3, SqrtSum.sqrt_of(2)])
    assert network.balanced_penalty() == 3 + SqrtSum.sqrt_of(2)
    assert network.evaluate([[1, 1], [-2, 0]]) == [3 * SqrtSum.sqrt_of(2), -2]


# ------------------------------------------------------------------ other libraries


def test_shapes_of_scnn():
    network = Network.of([[1, 2], [3, -4], [0, 0], [1, -2]], [2, -1, 5, 3])
    X = np.random.default_rng(0).normal(size=(20, 2)) @ np.diag([1.0, 2.0])
    X[0] = [2, 1]  # on the hyperplane of the last unit
    W1, W2 = scnn.to_nonconvex_relu(network)
    assert (W1.shape, W2.shape) == ((4, 2), (1, 4))
    assert np.allclose(np.maximum(X @ W1.T, 0) @ W2.T, network.predict(X)[:, None])
    G, (v, w) = scnn.to_convex_relu(network)
    assert (G.shape, v.shape, w.shape) == ((2, 4), (1, 4, 2), (1, 4, 2))
    convex = np.einsum("ij,lkj,ik->il", X, v - w, X @ G > 0)
    assert np.allclose(convex[:, 0], network.predict(X))
    assert scnn.from_scnn([W1, W2]).equivalent(network)
    assert scnn.from_scnn([v, w]).equivalent(network)
    gated = Network.of([[1, 2], [3, -4]], [2, -1], gates=[[1, 1], [1, -1]])
    G, (U,) = scnn.to_convex_gated_relu(gated)
    assert np.allclose(np.einsum("ij,lkj,ik->il", X, U, X @ G > 0)[:, 0], gated.predict(X))
    assert scnn.from_scnn([U], G).equivalent(gated)
    with pytest.raises(BadInput, match="shape"):
        scnn.from_scnn([np.zeros((2, 3, 4))])
    with pytest.raises(BadInput, match="gates"):
        scnn.from_scnn([U])


class Tensor:
    """What is used of a torch tensor."""

    def __init__(self, values, dtype=np.float32):
        self.values = np.array(values, dtype=dtype)

    def detach(self):
        return self

    cpu = detach

    def is_floating_point(self):
        return self.values.dtype.kind == "f"

    def double(self):
        return Tensor(self.values, np.float64)

    def numpy(self):
        return self.values


def test_state_dicts_are_read_exactly():
    state = {"0.weight": Tensor([[0.1, 2], [3, 4]]), "2.weight": Tensor([[1, -1]])}
    network = from_torch(state)
    assert network.units[0].theta[0] == fmpq(*float(np.float32(0.1)).as_integer_ratio())
    assert [unit.phi for unit in network.units] == [1, -1]
    with_bias = {**state, "0.bias": Tensor([5, 6]), "2.bias": Tensor([0])}
    assert [unit.theta[2] for unit in from_torch(with_bias).units] == [5, 6]
    assert from_torch({**state, "2.bias": Tensor([1])}).evaluate([[0, 0]]) == [1]
    with pytest.raises(BadInput, match="not a tensor"):
        from_torch({"0.weight": 5, "2.weight": 6})


def test_torch_is_asked_for_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(EngineMissing, match="pip install torch"):
        to_torch(Network.of([[1, 2]], [1]))
