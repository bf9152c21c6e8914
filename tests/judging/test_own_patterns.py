"""A network with a free hidden bias among those with its own patterns: bounds, a conic solver, and projections."""

import random
from fractions import Fraction as Q

import numpy as np
import pytest

from polyrelu import Network, ask, certify
from polyrelu.bounding.patterns import length
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.projection import project
from polyrelu.exact.rational import to_fraction
from polyrelu.judging.patterns import own_patterns
from polyrelu.networks.objective import judged
from polyrelu.proof.program import Program
from tests.settings import Conic


def drawn(seed, skip=False):
    """A problem, and a network of small fractions with a free bias."""
    pick = random.Random(seed)
    d, n, m = pick.choice([(1, 6, 3), (2, 7, 4), (3, 8, 3)])
    X = [[pick.randint(-5, 5) for _ in range(d)] for _ in range(n)]
    y = [pick.randint(-9, 9) for _ in range(n)]
    theta = [[Q(pick.randint(-6, 6), 3) for _ in range(d)] for _ in range(m)]
    bias = [Q(pick.randint(-9, 9), 2) for _ in range(m)]
    phi = [pick.choice([-1, 1]) * Q(pick.randint(1, 5), 4) for _ in range(m)]
    problem = Problem.of(X, y, Q(pick.choice([1, 4]), 2), bias="free", skip=skip)
    return problem, Network.of(theta, phi, bias=bias, output_bias=1)


def least(problem, patterns):
    conic = Conic(problem)
    conic.blocks = [(np.array(p, float), s) for p in patterns for s in (1, -1)]
    return conic.solve()[0]


@pytest.mark.parametrize("skip", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_the_bounds_hold_the_optimum_of_a_conic_solver(seed, skip):
    problem, network = drawn(seed, skip)
    answer = ask(network, problem)
    patterns = own_patterns(judged(network, problem), problem)
    best = least(problem, np.unique(patterns, axis=0))
    low, high = (float(v) for v in answer.to_json()["subsampled_optimum"])
    assert low - 1e-7 <= best <= high + 1e-7
    assert high - low <= 1e-5 * (1 + high)
    assert answer.subsampled_optimal.answer is False
    assert f"these {len(patterns)} pattern" in answer.subsampled_optimal.scope
    assert answer.optimal.scope == ""


def test_the_headline_never_says_global():
    problem, network = drawn(1)
    answer = ask(network, problem, patterns="own")
    told = answer.to_json(8)
    assert "among networks with these" in told["headline"]
    assert "global" not in told["headline"]
    whole = float(ask(network, problem).to_json()["optimum"][0])
    assert float(told["optimum"][1]) >= whole


def test_a_list_of_patterns_holds_every_unit():
    problem, network = drawn(1)
    own = own_patterns(judged(network, problem), problem).astype(int).tolist()
    more = [*own, [1] * problem.n, [1 - v for v in own[0]]]
    few, many = (float(ask(network, problem, patterns=p).to_json()["optimum"][1]) for p in (own, more))
    assert many <= few + 1e-6
    with pytest.raises(BadInput, match="none of the listed patterns"):
        ask(network, problem, patterns=own[1:])


def test_an_optimal_network_is_optimal_among_its_own_patterns():
    table = [[0], [1], [2], [3]], [0, 1, 3, 6]
    result = certify(*table, "1/10", bias="free")
    answer = ask(result.network(), result, balance=True)
    assert answer.optimal.answer
    assert answer.subsampled_optimal.answer
    assert "among networks with" in answer.subsampled_optimal.scope


@pytest.mark.parametrize("seed", range(8))
def test_the_length_of_a_block_against_exact_projections(seed):
    """Seen from each row the block has no bias: the largest exact projection is what the multipliers bound."""
    problem, network = drawn(seed)
    program, pick = Program.of(problem), random.Random(seed)
    nu = [Q(pick.randint(-9, 9)) for _ in range(problem.n - 1)]
    nu.append(-sum(nu))
    X = [row[:-1] for row in problem.X]
    for D in own_patterns(judged(network, problem), problem):
        for sign in (1, -1):
            c = [
                sign * sum(v * row[k] for v, row, on in zip(nu, X, D, strict=True) if on)
                for k in range(len(X[0]))
            ]
            g = sign * sum(v for v, on in zip(nu, D, strict=True) if on)
            best = Q(0)
            for at in X:
                rows = [
                    [(1 if on else -1) * (a - b) for a, b in zip(row, at, strict=True)]
                    for row, on in zip(X, D, strict=True)
                ]
                p = project(rows, [a - g * b for a, b in zip(c, at, strict=True)]).p
                best = max(best, sum((to_fraction(v) ** 2 for v in p), start=Q(0)))
            found = length(program, tuple(nu), D, sign)
            assert found**2 >= best
            assert float(found) == pytest.approx(float(best) ** 0.5, rel=1e-7, abs=1e-6)


def test_certify_with_a_list_is_refused_in_one_line():
    with pytest.raises(BadInput, match="free hidden bias") as refused:
        certify([[1], [2]], [1, 2], 1, bias="free", patterns=[[1, 0]])
    assert "\n" not in str(refused.value)
