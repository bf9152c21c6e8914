"""`Network.of(fitted)`: what other libraries have fitted, with their biases and the problem that they solved."""

import sys
import types
import warnings
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline

import polyrelu
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput, EngineMissing
from polyrelu.interop.torch_networks import to_torch
from polyrelu.interop.weights import read_network, written
from polyrelu.networks.network import Network
from polyrelu.networks.objective import objective_of, residual_of
from polyrelu.networks.suiting import suited

RNG = np.random.default_rng(5)
X, y = RNG.normal(size=(12, 2)), RNG.normal(size=12)


def fitted(**options):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"hidden_layer_sizes": (4,), "max_iter": 30, "random_state": 0, **options}
        return MLPRegressor(**options).fit(X, y)


@pytest.mark.parametrize("alpha", [1e-4, 0.1, 2.0])
def test_the_objective_is_that_of_scikit_learn(alpha):
    """lbfgs: n times its loss is our objective, at the setting and the lambda that are inferred."""
    mlp = fitted(solver="lbfgs", alpha=alpha)
    network = Network.of(mlp)
    assert np.allclose(network.predict(X), mlp.predict(X), rtol=1e-12)
    assert np.allclose([float(v) for v in network.evaluate(X.tolist(), floats="exact")], mlp.predict(X))
    problem = network.matching.problem(X, y)
    assert (problem.setting.hidden, problem.setting.output) == ("free", "free")
    assert problem.lam == Fraction(str(alpha))
    judged = suited(network, problem)
    value, _ = objective_of(judged, problem, residual_of(judged, problem), False)
    assert float(value) == pytest.approx(len(y) * mlp.loss_, rel=1e-6)


def test_batches_decide_lambda():
    assert Network.of(fitted(solver="adam", alpha=0.5)).matching.lam == Fraction(1, 2)
    assert Network.of(fitted(solver="sgd", alpha=0.5, batch_size=4)).matching.lam == Fraction(3, 2)
    uneven = Network.of(fitted(solver="sgd", batch_size=5))
    assert uneven.matching.lam is None
    with pytest.raises(BadInput, match=r"lambda is not known from the network.*different sizes"):
        polyrelu.ask(uneven, X, y)
    stopped = Network.of(fitted(solver="adam", early_stopping=True, n_iter_no_change=2))
    with pytest.raises(BadInput, match="held out"):
        stopped.matching.problem(X, y)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: fitted(activation="tanh"), "activation 'tanh'"),
        (lambda: MLPRegressor("poisson", solver="lbfgs").fit(X, y**2), "squared error"),
        (lambda: fitted(hidden_layer_sizes=(3, 3)), "2 hidden layers"),
        (MLPRegressor, "not fitted"),
        (lambda: MLPRegressor(hidden_layer_sizes=(2,), max_iter=300, solver="lbfgs").fit(X, X), "2 outputs"),
        (lambda: MLPClassifier((2,), max_iter=300, solver="lbfgs").fit(X, y > 0), "squared error"),
        (lambda: make_pipeline(MLPRegressor()), "Pipeline holds more than a network"),
        (lambda: 5, "int is no network"),
    ],
)
def test_what_does_not_fit_is_refused_in_one_line(build, words):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = build()
    with pytest.raises(BadInput, match=words) as caught:
        Network.of(model)
    assert "\n" not in str(caught.value)


def test_nothing_is_dropped():
    network = Network.of([[1, 2]], [3], bias=[4], output_bias=5, skip=[6, 7])
    assert network.evaluate([[1, 1]]) == [3 * 7 + 5 + 13]
    assert network.predict([[1.0, 1.0]]).tolist() == [39.0]
    plain = Problem.of([[1, 1], [2, 0]], [1, 2], 1)
    refusals = {
        "biases in its first layer": {},
        "bias of the output": {"bias": True},
        "linear term in x1": {"bias": True, "output_bias": "free"},
    }
    for words, setting in refusals.items():
        with pytest.raises(BadInput, match=words):
            suited(network, Problem.of(plain.X, plain.y, 1, **setting))
    for output in ("free", "ridge"):
        problem = Problem.of(plain.X, plain.y, 1, bias="penalised", output_bias=output, skip=True)
        judged = suited(network, problem)
        assert suited(judged, problem) == judged
        assert residual_of(judged, problem) == [1 - 39, 2 - (3 * 6 + 5 + 12)]
    # what is zero may be left out
    dull = Network.of([[1, 2]], [3], bias=[0], output_bias=0, skip=[0, 0])
    assert suited(dull, plain).units == Network.of([[1, 2]], [3]).units


def test_a_network_written_is_read_again(tmp_path):
    import json

    for more in ({}, {"bias": ["1/3"]}, {"bias": [1], "output_bias": "2/7", "skip": [1, "0.1"]}):
        network = Network.of([["1/3", 2]], ["5/9"], **more)
        path = tmp_path / "net.json"
        path.write_text(json.dumps(written(network)))
        again = read_network(str(path))
        assert again == network
        assert again.biased == network.biased


def test_answers_of_certify_and_prune_are_networks(tmp_path, capsys):
    from polyrelu.cli import main

    data = tmp_path / "data.csv"
    data.write_text("a,y\n0,1\n1,0\n2,2\n3,5\n")
    out = tmp_path / "pruned.json"
    options = ["--bias", "--output-bias", "free"]
    assert main(["prune", str(data), "--lam", "1/10", *options, "--out", str(out)]) == 0
    network = Network.of(str(out))
    assert network.matching.words.startswith("--bias penalised --output-bias free --lam 1/10")
    capsys.readouterr()
    assert main(["certify", str(data), "--lam", "1/10", *options, "--json"]) == 0
    (tmp_path / "answer.json").write_text(capsys.readouterr().out)
    other = Network.of(tmp_path / "answer.json")
    rows = [[0], [1], ["5/2"]]
    for a, b in zip(network.evaluate(rows), other.evaluate(rows), strict=True):
        assert abs(a - b) < fmpq(1, 10**15)
    answer = polyrelu.ask(network, [[0], [1], [2], [3]], [1, 0, 2, 5])
    assert answer.problem.setting.output == "free"
    assert float(answer.full.gap[1]) < 1e-12


class Tensor(np.ndarray):
    """As much of a tensor as is used."""

    device = None

    def detach(self):
        return self

    cpu = detach

    def double(self):
        return self.astype(np.float64)

    def is_floating_point(self):
        return self.dtype.kind == "f"

    def numpy(self):
        return np.asarray(self)


class Module:
    """As much of a module as is used."""

    training = True

    def children(self):
        return [v for v in vars(self).values() if isinstance(v, Module)]

    def named_modules(self):
        yield "", self
        for name, part in vars(self).items():
            if isinstance(part, Module):
                yield name, part

    def parameters(self):
        for part in self.children():
            yield from (p for p in (part.weight, part.bias) if p is not None)

    def state_dict(self):
        return {}

    def eval(self):
        self.training = False

    def train(self, mode):
        self.training = mode


class Linear(Module):
    def __init__(self, d, m, bias=True):
        self.weight = RNG.normal(size=(m, d)).view(Tensor)
        self.bias = RNG.normal(size=m).view(Tensor) if bias else None

    def __call__(self, rows):
        return rows @ self.weight.T + (0 if self.bias is None else self.bias)


class Net(Module):
    def __init__(self, activation=lambda v: np.maximum(v, 0), bias=True):
        self.out, self.hidden = Linear(3, 1, bias), Linear(2, 3, bias)  # registered in the other order
        self.activation = activation

    def __call__(self, rows):
        return self.out(self.activation(self.hidden(rows)))


@pytest.fixture
def torch(monkeypatch):
    from contextlib import nullcontext

    stand_in = types.ModuleType("torch")
    stand_in.no_grad = nullcontext
    stand_in.as_tensor = lambda rows, dtype, device: np.asarray(rows).view(Tensor)
    monkeypatch.setitem(sys.modules, "torch", stand_in)


@pytest.mark.usefixtures("torch")
def test_modules_with_two_linear_layers():
    net = Net()
    network = Network.of(net)
    assert net.training
    assert np.allclose(network.predict(X), np.asarray(net(X)).ravel())
    assert (network.matching.known, network.matching.lam) == (False, None)
    assert "AdamW minimises no such objective" in network.matching.words
    assert Network.of(Net(bias=False)).matching.hidden == "none"
    with pytest.raises(BadInput, match="something else"):
        Network.of(Net(np.tanh))
    net.third = Linear(1, 1)
    with pytest.raises(BadInput, match="two Linear layers"):
        Network.of(net)


def test_to_torch_needs_torch(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(EngineMissing):
        to_torch(Network.of([[1, 2]], [3], bias=[4], output_bias=5))
