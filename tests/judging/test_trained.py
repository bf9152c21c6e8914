"""Trained networks: relative gap, a proved stationary point nearby, superfluous units; against training itself."""

import json
import random
import warnings
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq
from scipy.optimize import minimize
from sklearn.datasets import load_diabetes, load_iris
from sklearn.neural_network import MLPRegressor

import polyrelu
import polyrelu.judging.questions
from polyrelu.cli import main
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput, Undecided
from polyrelu.interop.weights import read_network, written
from polyrelu.judging.nearest import nearest_stationary
from polyrelu.judging.questions import ask
from polyrelu.judging.stationarity import stationarity
from polyrelu.networks.coordinates import rounded
from polyrelu.networks.network import Network
from polyrelu.networks.objective import objective_of, residual_of
from polyrelu.networks.suiting import alone, suited
from polyrelu.result import Result
from tests.corpus import degenerate, generic

TOY = ([[0], [1], [2], [3], [4], [5]], [0, 1, 0, 2, 0, 3], "1/4")


def in_floats(network):
    """The network rounded to floats, balanced."""
    found = alone(network.balanced())
    theta = [[rounded(v) for v in unit.theta] for unit in found.units]
    c = [rounded(v) for v in found.coefficients]
    plain = Network.of(theta, [rounded(unit.phi) for unit in found.units], d=network.d)
    if not c:
        return plain
    return replace(plain, coefficients=tuple(fmpq(*v.as_integer_ratio()) for v in c), free_at=found.free_at)


SETTINGS = [
    {},
    {"bias": "penalised"},
    {"output_bias": "free"},
    {"bias": "penalised", "output_bias": "ridge"},
    {"bias": "free"},
    {"bias": "penalised", "output_bias": "free", "skip": True},
]


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_rounded_optimum_is_told_so(setting, seed):
    rng = random.Random(seed)
    X = [[rng.randint(-9, 9) for _ in range(2)] for _ in range(6)]
    y = [rng.randint(-9, 9) for _ in range(6)]
    result = polyrelu.certify(X, y, 1, **setting)
    answer = ask(in_floats(result.network()), result)
    low, high = answer.relative_gap
    assert 0 <= low <= high < Fraction(1, 10**12)
    assert rounded(answer.nearest_stationary.distance) < 1e-12
    assert abs(rounded(answer.nearest_stationary.objective) - float(result.objective()[0])) < 1e-9
    assert "(proved)" in answer.to_json()["headline"]


def test_rounded_optima_of_degenerate_tables():
    """Kinks, repeated and opposite rows, linear phases: a stationary point at the optimum is proved, or named open."""
    proved = 0
    for seed in range(16):
        X, y, lam = degenerate(seed) if seed % 2 else generic(seed)
        result = polyrelu.certify(X, y, lam)
        if result.solutions is None:
            continue
        answer = ask(in_floats(result.network()), result)
        low, high = answer.relative_gap
        assert low == high == 0 or high < Fraction(1, 10**12)
        if answer.nearest_stationary is None:
            assert answer.nearest_reason
            continue
        proved += 1
        assert rounded(answer.nearest_stationary.distance) < 1e-12, seed
    assert proved >= 12


def test_both_are_zero():
    answer = ask(Network.of([], [], d=1), [[1], [2]], [0, 0], 1)
    assert answer.relative_gap == (0, 0)
    assert ask(Network.of([[1]], [1]), [[1], [2]], [0, 0], 1).relative_gap == (None, None)


def test_relative_gap_is_the_gap_over_the_optimum():
    answer = ask(Network.of([["6/5", "8/5"]], [3]), [[1, 0], [0, 1]], [3, 4], 1)
    gap = answer.full.gap[0]
    assert answer.relative_gap == (Fraction(str(gap)) / Fraction(9, 2),) * 2


def test_bounds_answer_where_the_optimum_is_out_of_reach(monkeypatch):
    """The gap by `bound`: the lower end below the true one, the upper end above it, and no list of cells."""
    X, y = [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]
    network = Network.of([["6/5", "8/5"], [-1, -2]], [2, 2])
    true = ask(network, X, y, 1).relative_gap

    def undecided(problem, **options):
        found = polyrelu.bound(problem)
        return Result(problem, "undecided", "blocked for the test", None, None, bounds=found)

    monkeypatch.setattr(polyrelu.judging.questions, "certify_penalised", undecided)
    monkeypatch.setattr(polyrelu.judging.questions, "MAX_RETRIED", 1)
    answer = ask(network, X, y, 1)
    low, high = answer.relative_gap
    assert low <= true[0] <= true[1] <= high < true[1] + Fraction(1, 1000)
    assert answer.optimal.answer is False
    best = ask(Network.of([["6/5", "8/5"], ["-6/5", "-8/5"]], [2, 2]), X, y, 1)
    assert best.optimal.answer is None
    assert 0 == best.relative_gap[0] < best.relative_gap[1] < Fraction(1, 1000)


@pytest.mark.parametrize(
    "setting",
    [{"bias": "penalised", "output_bias": "ridge"}, {"bias": "free"}, {"bias": "free", "skip": True}],
    ids=str,
)
def test_bounds_answer_for_every_setting(monkeypatch, setting):
    X, y = [[0], [1], [2], [3]], [0, 1, 3, 6]
    network = Network.of([[1], [1]], [1, 1], bias=[0, -1], output_bias=0)
    true = ask(network, X, y, "1/10", **setting).relative_gap

    def out_of_reach(*_, **__):
        raise Undecided("blocked for the test")

    monkeypatch.setattr("polyrelu.certification._proved_set", out_of_reach)
    low, high = ask(network, X, y, "1/10", **setting).relative_gap
    assert low <= true[0] <= true[1] <= high < low + Fraction(1, 1000)


def test_a_stationary_point_that_is_not_the_optimum():
    """X = (1,-1), (0,1), y = (2,2): theta = (1, 0), phi = 1 is stationary, on the hyperplane of row 2."""
    problem = Problem.of([[1, -1], [0, 1]], [2, 2], 1)
    near = Network.of([["1.0001", "0.00001"]], ["0.9999"])
    found = nearest_stationary(near, problem, residual_of(near, problem))
    assert found.kinks == ((1,),)
    assert rounded(found.distance) == pytest.approx(np.sqrt(2e-8 + 1e-10), rel=1e-6)
    assert found.objective.overlaps(arb(7) / 2)
    assert abs(found.distance.rad()) < 1e-15
    # the second route: the point itself, in exact numbers, by the test of stationarity
    assert stationarity(Network.of([[1, 0]], [1]), problem).clarke.answer is True
    assert ask(near, problem).relative_gap[0] > Fraction(1, 100)
    far = nearest_stationary(near, problem, residual_of(near, problem), Fraction(1, 10**9))
    assert far.kinks != ((1,),)  # not snapped: another structure, and another point


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_point_is_stationary_by_its_subdifferential(setting):
    """At the proved point, cut to rationals, the derivative is as small as the cut: a route without the structure."""
    rng = random.Random(7)
    X = [[rng.randint(-9, 9) for _ in range(2)] for _ in range(5)]
    problem = Problem.of(X, [rng.randint(-9, 9) for _ in range(5)], 2, **setting)
    seen = 0
    for _ in range(10):
        theta = [[rng.uniform(-1, 1) for _ in range(problem.d)] for _ in range(3)]
        network = suited(Network.of(theta, [rng.uniform(-1, 1) for _ in range(3)]), problem)
        try:
            found = nearest_stationary(network, problem, residual_of(network, problem))
        except Undecided:
            continue
        if any(found.kinks):
            continue
        seen += 1
        cut = suited(in_floats(found.network), problem)
        assert rounded(stationarity(cut, problem).residual[1]) < 1e-12
        value = objective_of(cut, problem, residual_of(cut, problem), False)[0]
        assert rounded(value) == pytest.approx(rounded(found.objective), rel=1e-12)
    assert seen


def test_more_rows_than_cells_that_can_be_listed():
    """116 rows and 8 columns: the own patterns need no list of cells."""
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(116, 8)).round(2), rng.normal(size=116).round(2)
    network = Network.of(rng.normal(size=(2, 8)).round(2) / 4, [0.5, -0.25])
    answer = ask(network, X, y, 20, patterns="own")
    assert answer.optimal.answer is False
    assert answer.optimal.scope == "among networks with these 2 patterns"
    low, high = answer.relative_gap
    assert 0 < low <= high < low + Fraction(1, 10**9)
    assert "among networks" in answer.to_json()["headline"]


def test_a_list_of_patterns_must_hold_the_network():
    network = Network.of([[1, 1]], [1])
    answer = ask(network, [[1, 0], [0, 1]], [3, 4], 1, patterns=[[1, 1], [1, 0]])
    assert answer.optimal.scope == "among networks with these 2 patterns"
    with pytest.raises(BadInput, match="unit 1 of the network has none of the listed patterns"):
        ask(network, [[1, 0], [0, 1]], [3, 4], 1, patterns=[[1, 0]])


def train(X, y, alpha, width, runs):
    """lbfgs, restarted where it stopped until `runs` are over: yields the network after each run."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlp = MLPRegressor(
            hidden_layer_sizes=(width,),
            solver="lbfgs",
            alpha=alpha,
            max_iter=40,
            max_fun=10**5,
            tol=1e-14,
            random_state=1,
            warm_start=True,
        )
        for _ in range(runs):
            yield mlp.fit(X, y)


def polished(network, X, y, lam):
    """The same network after an L-BFGS run of scipy to the last digits, which scikit-learn's is not."""
    m, d = network.width, X.shape[1]
    A = np.column_stack([X, np.ones(len(X))])

    def loss(x):
        T, phi, c = x[: m * (d + 1)].reshape(m, d + 1), x[m * (d + 1) : -1], x[-1]
        h = np.maximum(A @ T.T, 0)
        r = h @ phi + c - y
        W = np.column_stack([T[:, :d], np.zeros(m)])
        theta = (np.outer(r, phi) * (h > 0)).T @ A + lam * W
        value = r @ r / 2 + lam * ((W**2).sum() + phi @ phi) / 2
        return value, np.concatenate([theta.ravel(), h.T @ r + lam * phi, [r.sum()]])

    start = [[float(v) for v in u.theta] for u in network.units], [float(u.phi) for u in network.units]
    x = np.concatenate([np.ravel(start[0]), start[1], [float(network.coefficients[0])]])
    for _ in range(20):
        x = minimize(
            loss, x, jac=True, method="L-BFGS-B", options={"ftol": 0, "gtol": 1e-13, "maxiter": 5000}
        ).x
    T = x[: m * (d + 1)].reshape(m, d + 1)
    return Network.of(T[:, :d], x[m * (d + 1) : -1], bias=T[:, d], output_bias=x[-1])


def test_gap_and_distance_shrink_with_training_on_iris():
    iris = load_iris().data
    X, y = iris[:, :3], iris[:, 3]
    runs = [Network.of(mlp) for mlp in train(X, y, 3.0, 6, 3)]
    result = polyrelu.certify(runs[0].matching.problem(X, y))
    answers = [ask(network, result) for network in (runs[0], runs[2], polished(runs[2], X, y, 3.0))]
    distances = [rounded(a.nearest_stationary.distance) for a in answers]
    gaps = [a.relative_gap[1] for a in answers]
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 1e-6
    assert gaps[0] > gaps[1] > gaps[2]
    assert len(answers[2].nearest_stationary.vanished) < 6
    trained_for = (
        "--bias free --output-bias free --lam 3 (scikit-learn, lbfgs: lambda = alpha, the rows unweighted)"
    )
    assert f"trained for      {trained_for}" in answers[0].summary()


DIABETES = load_diabetes()
"""Two measurements of the first hundred patients, in units in which weights are near 1."""


def test_gap_and_distance_shrink_with_training_on_diabetes():
    """Two affine neurons, at the end: their kinks float, far from the origin of the rows."""
    X, y = DIABETES.data[:100, [2, 8]] * 20, DIABETES.target[:100] / 100
    runs = [Network.of(mlp) for mlp in train(X, y, 16.0, 6, 3)]
    result = polyrelu.certify(runs[0].matching.problem(X, y))
    answers = [ask(network, result) for network in (runs[0], runs[2], polished(runs[2], X, y, 16.0))]
    distances = [rounded(a.nearest_stationary.distance) for a in answers]
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 1e-6
    gaps = [a.relative_gap[1] for a in answers]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < Fraction(1, 10**12)


def descended(X, y, decay, width, steps):
    """torch's SGD on the whole batch, mean MSELoss, weight_decay on all parameters: networks after so many steps."""
    pick, (n, d) = np.random.default_rng(3), X.shape
    p = [pick.normal(size=s) / np.sqrt(s[-1]) for s in ((width, d), (width,), (width,))] + [np.zeros(1)]
    for step in range(max(steps) + 1):
        if step in steps:
            yield Network.of(p[0], p[2], bias=p[1], output_bias=float(p[3][0]))
        h = X @ p[0].T + p[1]
        r = 2 * (np.maximum(h, 0) @ p[2] + p[3] - y) / n
        back = np.outer(r, p[2]) * (h > 0)
        gradients = [back.T @ X, back.sum(0), np.maximum(h, 0).T @ r, np.array([r.sum()])]
        p = [v - 0.02 * (g + decay * v) for v, g in zip(p, gradients, strict=True)]


@pytest.mark.parametrize("rows", ["toy", "diabetes"])
def test_gap_and_distance_shrink_with_weight_decay_on_everything(rows):
    """lambda = n weight_decay / 2, a penalised hidden bias and a ridge on the output's: where descent comes to rest.

    On the diabetes table it does not within these steps, since the optimum has a kink on a row.
    """
    X, y = np.array(TOY[0], float), np.array(TOY[1], float)
    if rows == "diabetes":
        X, y = DIABETES.data[:100, [2, 8]] * 20, DIABETES.target[:100] / 100
    decay = Fraction(1, 5) if rows == "toy" else Fraction(1, 10)
    problem = Problem.of(X, y, decay * len(y) / 2, bias="penalised", output_bias="ridge")
    result = polyrelu.certify(problem)
    answers = [ask(network, result) for network in descended(X, y, float(decay), 8, (500, 2000, 8000))]
    gaps = [a.relative_gap[1] for a in answers]
    assert gaps[0] > gaps[1] > gaps[2] > 0
    if rows == "toy":
        distances = [rounded(a.nearest_stationary.distance) for a in answers]
        assert distances[0] > distances[1] > distances[2]
        assert distances[2] < 1e-6


def test_other_scalings_of_lambda_are_other_problems():
    """With weight decay on everything and lambda = n weight_decay the same network is far from stationary."""
    X, y = np.array(TOY[0], float), np.array(TOY[1], float)
    (network,) = descended(X, y, 0.2, 8, (8000,))
    right = ask(network, X, y, Fraction(6, 10), bias="penalised", output_bias="ridge")
    wrong = ask(network, X, y, Fraction(12, 10), bias="penalised", output_bias="ridge")
    assert rounded(right.nearest_stationary.distance) < 1e-6
    assert wrong.nearest_stationary is None or rounded(wrong.nearest_stationary.distance) > 1e-2


def test_superfluous_units():
    X, y = [[1, 0], [0, 1], [1, 1]], [1, 2, 3]
    network = Network.of([[1, 0], [2, 0], [0, 1], [1, 1], [0, 0]], [1, 1, 1, 1, 3])
    found = ask(network, X, y, 1).leaner
    assert 4 in found.superfluous
    rows = Problem.of(X).X
    assert found.network.evaluate(rows) == network.evaluate(rows)
    assert found.network.width == 5 - len(found.superfluous) < 4
    assert rounded(found.network.balanced_penalty()) <= rounded(network.balanced_penalty())
    only = ask(Network.of([[1, 0]], [1]), X, y, 1).leaner
    assert (only.superfluous, only.network.units) == ((), Network.of([[1, 0]], [1]).units)


def test_a_trained_network_is_pruned_to_a_file(tmp_path, capsys):
    X, y, lam = TOY
    (mlp,) = train(np.array(X), np.array(y), 0.25, 12, 1)
    network = Network.of(mlp)
    path, data, out = tmp_path / "net.json", tmp_path / "data.csv", tmp_path / "leaner.json"
    path.write_text(json.dumps(written(network)))
    data.write_text("x,y\n" + "\n".join(f"{a},{b}" for (a,), b in zip(X, y, strict=True)))
    options = ["--data", str(data), "--lam", lam, "--bias", "free"]
    assert main(["network", str(path), *options, "--json", "--prune", str(out)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert Fraction(answer["optimum"][0]) == Fraction(309, 160)
    assert answer["setting"]["output_bias"] == "free"
    assert answer["headline"].startswith("within ")
    leaner = read_network(str(out))
    assert leaner.width == 12 - len(answer["superfluous"]) <= 6
    assert leaner.evaluate(X) == network.evaluate(X)
    assert main(["network", str(out), *options, "--tolerance", "1e-3"]) == 0
    assert "relative gap" in capsys.readouterr().out


def test_a_file_of_prune_brings_its_problem(tmp_path, capsys):
    data, out = tmp_path / "data.csv", tmp_path / "pruned.json"
    data.write_text("a,b,y\n1,0,3\n0,1,4\n-1,0,3\n0,-1,4\n")
    assert main(["prune", str(data), "--lam", "1", "--all", "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["network", str(out), "--data", str(data)]) == 2
    assert "--number 1 to 2" in capsys.readouterr().err
    assert main(["network", str(out), "--data", str(data), "--number", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["lambda"] == "1"
    assert answer["matching"] == "--bias none --output-bias none --lam 1 (as it says itself)"
    assert float(answer["relative_gap"][1]) < 1e-12
    assert float(answer["stationary_distance"][1]) < 1e-12


@pytest.mark.parametrize(
    "options", [[], ["--bias", "free"], ["--bias", "--output-bias", "ridge", "--skip"]], ids=str
)
def test_a_network_without_units_is_judged_like_any_other(tmp_path, capsys, options):
    """Beyond lambda_max `prune` writes one, and no weight tells how many inputs it has."""
    data, out = tmp_path / "data.csv", tmp_path / "pruned.json"
    data.write_text("a,b,y\n1,0,3\n0,1,4\n-1,0,3\n0,-1,5\n")
    command = ["--lam", "1000", *options]
    assert main(["prune", str(data), *command, "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["network", str(out), "--data", str(data), *command, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert float(answer["relative_gap"][1]) < 1e-12
    assert float(answer["stationary_distance"][1]) < 1e-12
    assert main(["bound", str(data), *command, "--network", str(out)]) == 0
