"""Bounds by routes of their own: dual feasibility face by face, objectives in exact arithmetic, the proved optimum."""

import random
import time
from fractions import Fraction
from math import isqrt

import numpy as np
import pytest

from polyrelu import certify
from polyrelu.bounding import search
from polyrelu.bounding.search import bound
from polyrelu.budget import Budget, spending
from polyrelu.covering import checkpoint
from polyrelu.covering.checkpoint import Checkpoint
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.networks.network import Network
from polyrelu.show.bounds import above, below, root_above
from tests import corpus
from tests.reference import largest_value
from tests.settings import CHOICES, Conic

SQUARE = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4])


def penalised(X, y, neurons, lam):
    """An enclosure of 1/2 |y - sum s (Xw)_+|^2 + lam sum |w|, by hand."""
    residual = list(y)
    for sign, w in neurons:
        for i, row in enumerate(X):
            residual[i] -= sign * max(0, sum(a * b for a, b in zip(row, w, strict=True)))
    loss = sum((r * r for r in residual), start=Fraction(0)) / 2
    low = high = Fraction(0)
    for _, w in neurons:
        root = isqrt(int(sum(v * v for v in w) * 2**400))  # |w| 2^200, rounded down
        low, high = low + Fraction(root, 2**200), high + Fraction(root + 1, 2**200)
    return residual, (loss + lam * low, loss + lam * high)


def recheck(found):
    """Everything that the bounds claim, but for the optimum itself."""
    X, y, lam = found.problem.X, found.problem.y, found.problem.lam
    mu = found.dual.mu
    assert largest_value(X, mu, lam) <= lam**2
    value = sum(a * b for a, b in zip(y, mu, strict=True)) - sum(v * v for v in mu) / 2
    assert 0 <= found.lower <= value
    residual, (low, high) = penalised(X, y, found.network, lam)
    assert low <= found.upper
    assert found.upper <= high + Fraction(1, 10**30) * (1 + high)
    apart = sum((a - b) ** 2 for a, b in zip(mu, residual, strict=True)) / 4
    assert found.radius_squared >= high - found.lower - apart - Fraction(1, 10**30) * (1 + high)
    assert found.lower <= found.upper
    assert found.gap == ((found.upper - found.lower) / found.upper if found.upper else 0)
    return residual


def recheck_against(found, result):
    """The proved optimum lies between the bounds, and its residual in the ball."""
    residual = recheck(found)
    optimum = result.proved()
    low, high = (Fraction(v) for v in result.objective(40))
    assert found.lower <= high
    assert low <= found.upper
    centre = [(a + b) / 2 for a, b in zip(found.dual.mu, residual, strict=True)]
    at = [[Fraction(v) for v in pair] for pair in result.residual(40)]
    nearest = sum(max(lo - c, c - hi, 0) ** 2 for (lo, hi), c in zip(at, centre, strict=True))
    assert nearest <= found.radius_squared
    return optimum


@pytest.mark.parametrize("seed", range(0, 84, 3))
@pytest.mark.parametrize("kind", [corpus.generic, corpus.degenerate], ids=["generic", "degenerate"])
def test_the_optimum_lies_between_the_bounds(kind, seed):
    X, y, lam = kind(seed)
    found = bound(X, y, lam)
    assert found.reached
    assert found.gap <= Fraction(1, 10**4)
    result = certify(X, y, lam)
    if result.status == "proved":
        recheck_against(found, result)
    else:
        recheck(found)
        recheck(result.bounds)


def test_never_above_the_optimum_in_200_random_problems():
    pick = random.Random(11)
    for _ in range(200):
        n, d, size = pick.randint(1, 8), pick.randint(1, 3), pick.choice([1, 3, 100])
        X = [[Fraction(pick.randint(-size, size)) for _ in range(d)] for _ in range(n)]
        y = [Fraction(pick.randint(-3, 3), pick.choice([1, 7])) for _ in range(n)]
        lam = Fraction(pick.choice([1, 3, 50]), pick.choice([1, 10, 1000]))
        gap = Fraction(1, pick.choice([2, 30, 10**3, 10**6]))
        found = bound(X, y, lam, gap=gap)
        result = certify(X, y, lam)
        assert found.reached
        if result.status == "proved":
            recheck_against(found, result)


@pytest.mark.parametrize(
    ("X", "y", "lam"),
    [
        ([[1, 0], [0, 1]], [0, 0], 1),  # y = 0
        ([[0, 0], [0, 0]], [1, 2], 1),  # nothing but zero rows
        ([[1, 0], [0, 0]], [2, 1], "1/2"),
        ([[1], [0]], [0, 5], 1),  # a target on a zero row alone
        ([[3, 4]], [2], 1),  # one row, whose norm is an integer
        ([[3, 4]], [2], 10),  # lambda = lambda_max
        ([[1], [2], [-3]], [1, -1, 2], "1/3"),  # one feature
        ([[1, 1]] * 4, [1, 2, 3, 4], "1/10"),  # repeated rows
        ([[1, 1], [2, 2], [-1, -1]], [1, 2, 3], "1/10"),
        (*SQUARE, 1),
        (*SQUARE, 1000),  # beyond lambda_max
        ([["0.01", 2], [30, -1]], [100, "0.01"], "1/7"),
    ],
)
def test_special_data(X, y, lam):
    found = bound(X, y, lam)
    assert found.reached
    recheck_against(found, certify(X, y, lam))


def test_badly_scaled_data_are_bounded_though_no_gap_is_reached():
    found = bound([["0.001", 2], [300000, -1]], [10**6, "0.000001"], "1/7")
    recheck(found)
    assert found.gap < Fraction(1, 100)


def test_zero_over_zero_is_zero():
    found = bound([[1, 0], [0, 1]], [0, 0], 1, network=Network.of([[0, 0]], [0]))
    assert (found.lower, found.upper, found.gap, found.network_gap) == (0, 0, 0, (0, 0))
    found = bound([[1, 0], [0, 1]], [0, 0], 1, network=Network.of([[1, 0]], [1]))
    assert found.network_gap == (None, None)


def test_a_column_of_ones_is_the_bias():
    X, y = [[1, 2], [3, -1], [0, 5]], [1, 2, -3]
    with_ones = bound([[*row, 1] for row in X], y, "1/10")
    found = bound(X, y, "1/10", bias=True)
    assert (found.lower, found.upper, found.problem.d) == (with_ones.lower, with_ones.upper, 3)


@pytest.mark.parametrize("gap", ["1/2", "1/1000000", "1/100000000"])
def test_the_gap_asked_for_is_reached(gap):
    for lam in (1, 20, 100):
        found = bound(*SQUARE, lam, gap=Fraction(gap))
        assert found.reached
        assert found.gap <= Fraction(gap)


def test_a_network_is_judged_as_it_is_and_serves_as_a_bound():
    """Unbalanced weights cost what training says, 1/2 lambda (|theta|^2 + phi^2); the bound takes them balanced."""
    X, y = SQUARE
    theta, phi = [[2, 0], [0, 3], [-1, 0], [0, -1], [1, 1]], ["1/2", 1, 2, "3/2", 0]
    found = bound(X, y, 1, network=Network.of(theta, phi))
    outputs = [
        sum(
            Fraction(p) * max(0, sum(a * b for a, b in zip(row, t, strict=True)))
            for t, p in zip(theta, phi, strict=True)
        )
        for row in X
    ]
    penalty = sum(v * v for t in theta for v in t) + sum(Fraction(p) ** 2 for p in phi)
    objective = sum((t - f) ** 2 for t, f in zip(y, outputs, strict=True)) / 2 + penalty / Fraction(2)
    assert found.judged == (objective, objective)
    low, high = found.network_gap
    assert low == max(0, (objective - found.upper) / found.upper)
    assert high == (objective - found.lower) / found.lower
    assert low <= (objective - 9) / 9 <= high  # the optimum is 9


def test_the_optimal_network_is_no_further_than_the_gap():
    found = bound(*SQUARE, 1, gap=Fraction(1, 10**6), network=optimal_square())
    low, high = found.network_gap
    assert 0 <= low <= Fraction(1, 10**15)
    assert low <= high <= Fraction(2, 10**6)


def optimal_square():
    """The network of a very small gap, balanced up to rounding."""
    found = bound(*SQUARE, 1, gap=Fraction(1, 10**8))
    roots = [(s, w, Fraction(float(sum(v * v for v in w)) ** 0.25)) for s, w in found.network]
    return Network.of([[v / r for v in w] for _, w, r in roots], [s * r for s, _, r in roots])


@pytest.mark.parametrize("weights", [[[1, 2, 3]], [[]]])
def test_a_network_of_another_width_is_refused(weights):
    with pytest.raises(BadInput):
        bound(*SQUARE, 1, network=Network.of(weights, [1], d=len(weights[0])))


def test_a_gated_network_is_refused():
    with pytest.raises(BadInput, match="gated"):
        bound(*SQUARE, 1, network=Network.of([[1, 2]], [1], gates=[[1, 0]]))


def test_rounding_is_outward():
    pick = random.Random(3)
    for _ in range(300):
        x = Fraction(pick.randint(-(10**20), 10**20), pick.randint(1, 10**20))
        assert Fraction(below(x)) <= x <= Fraction(above(x))
        assert Fraction(root_above(abs(x))) ** 2 >= abs(x)
    assert str(below(Fraction(0))) == "0.0"


def large(n=60, d=4, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(-99, 100, (n, d)).tolist(), rng.integers(-99, 100, n).tolist(), 10**4


@pytest.mark.parametrize("seconds", [-1.0, 0.0, 0.05, 0.3, 1.0])
def test_time_that_is_up_leaves_proved_bounds(seconds):
    """Even where there was no time at all: y shrunk until it is feasible needs no covering."""
    X, y, _ = large(40, 3)
    lam = Fraction(500)
    with spending(Budget(time.monotonic() + seconds)):
        found = bound(X, y, lam, gap=Fraction(1, 10**9))
    assert found.lower > 0
    recheck(found)
    assert found.seconds < max(seconds, 0) + 2


@pytest.mark.parametrize("strike", [1, 3, 20, 60])
def test_ctrl_c_leaves_proved_bounds(monkeypatch, strike):
    """Wherever it strikes: here at one of the climbs of the guess, then at one of the coverings."""
    calls = [0]

    def struck():
        calls[0] += 1
        if calls[0] >= strike:
            raise KeyboardInterrupt

    X, y, _ = large(30, 3)
    monkeypatch.setattr("polyrelu.guess.columns.check", struck)
    recheck(bound(X, y, Fraction(500)))


@pytest.mark.parametrize("strike", [1, 2, 3])
def test_ctrl_c_in_a_covering(monkeypatch, strike):
    calls, cover = [0], search.cover

    def struck(*question, **means):
        calls[0] += 1
        if calls[0] >= strike:
            raise KeyboardInterrupt
        return cover(*question, **means)

    X, y, _ = large(30, 3)
    monkeypatch.setattr(search, "cover", struck)
    recheck(bound(X, y, Fraction(500)))


def test_a_guess_that_crashes_leaves_bounds(monkeypatch):
    def crash(*_):
        raise np.linalg.LinAlgError("singular")

    monkeypatch.setattr("polyrelu.guess.solver.Solver._lasso", crash)
    recheck(bound(*large(20, 3)[:2], Fraction(500)))


def test_a_search_that_is_stopped_and_goes_on_ends_the_same(tmp_path, monkeypatch):
    """Every covering of the search is on file: those that ended, and the one under way."""
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    X, y, lam = large()
    whole = bound(X, y, lam, gap=Fraction(1, 1000))
    asked, cover = [0], search.cover
    for strike in (1, 2, 4):
        file = tmp_path / str(strike)

        def struck(*question, strike=strike, **means):
            asked[0] += 1
            if asked[0] == strike:
                raise KeyboardInterrupt
            return cover(*question, **means)

        asked[0] = 0
        monkeypatch.setattr(search, "cover", struck)
        with spending(Budget(checkpoint=(kept := Checkpoint(file, "mine")))):
            stopped = bound(X, y, lam, gap=Fraction(1, 1000))
        kept.write()
        assert stopped.lower < whole.lower
        monkeypatch.setattr(search, "cover", cover)
        with spending(Budget(checkpoint=Checkpoint(file, "mine"))):
            again = bound(X, y, lam, gap=Fraction(1, 1000))
        assert [again.lower, again.upper, again.boxes, again.dual] == [
            whole.lower,
            whole.upper,
            whole.boxes,
            whole.dual,
        ]


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_bounds_with_whatever_is_free(choice):
    """The optimum of a conic solver lies between them, and the proved residual in the ball; the network is as good."""
    pick = random.Random(str(choice))
    for _ in range(2):
        X = [[pick.randint(-5, 5), pick.randint(-5, 5)] for _ in range(6)]
        problem = Problem.of(X, [pick.randint(-9, 9) for _ in range(6)], Fraction(1, 2), **choice)
        found, result = bound(problem), certify(problem)
        objective, _ = Conic(problem).solve()
        assert found.reached
        assert float(found.lower) <= objective + 1e-6
        assert objective - 1e-6 <= float(found.upper)
        low, high = map(Fraction, result.objective(30))
        assert found.lower <= high
        assert low <= found.upper
        fit = []
        for row, free in zip(problem.X, problem.free_values, strict=True):
            units = sum(s * max(0, sum(a * v for a, v in zip(row, w, strict=True))) for s, w in found.network)
            e = found.coefficients[-1] if choice["output_bias"] == "ridge" else 0
            fit.append(units + sum(c * v for c, v in zip(found.coefficients, free, strict=False)) + e)
        rest = [t - f for t, f in zip(problem.y, fit, strict=True)]
        normed = problem.d - (choice["bias"] == "free")
        price = sum(float(sum(v * v for v in w[:normed])) ** 0.5 for _, w in found.network)
        ridge = float(e) ** 2 / 4 if choice["output_bias"] == "ridge" else 0
        assert float(sum(r * r for r in rest)) / 2 + price / 2 + ridge == pytest.approx(float(found.upper))
        centre = [(a + b) / 2 for a, b in zip(found.dual.mu, rest, strict=True)]
        nu = [(Fraction(lo) + Fraction(hi)) / 2 for lo, hi in result.residual(30)]
        assert sum((a - b) ** 2 for a, b in zip(centre, nu, strict=True)) <= found.radius_squared + Fraction(
            1, 10**20
        )


def test_a_trained_network_with_biases_is_set_against_the_bounds():
    X, y = [[0], [1], [2], [3]], [0, 1, 3, 6]
    network = Network.of([[1], [1]], [1, 1], bias=[0, -1], output_bias=0)
    found = bound(X, y, "1/10", bias="free", network=network)
    assert found.judged[0] == found.judged[1] == Fraction(7, 10)
    low, high = found.network_gap
    optimum = Fraction(29, 100)
    exact = (found.judged[0] - optimum) / optimum
    assert low <= exact <= high
