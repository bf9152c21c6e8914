"""Problems that once were undecided without need, or kept one waiting, each decided by the proof."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from itertools import permutations, product
from random import Random

import numpy as np
import pytest

from polyrelu.certification import certify
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.guess import GuessedNeuron
from polyrelu.proof.optimum import prove
from tests.corpus import generic

TABLE = ([[1, 0], [0, 1], [-1, 2], [3, 1], [2, -5], [1, 1]], [1, 2, 3, -1, 2, 1])


@pytest.mark.parametrize("lam", ["1e900", "1e300", "1000"])
@pytest.mark.parametrize("gated", [False, True])
def test_zero_is_optimal_from_lambda_max_on(lam, gated):
    result = certify(*TABLE, lam, gated=gated)
    assert result.status == "proved"
    assert result.proved().used == []
    assert [Fraction(low) for low, _ in result.residual()] == [1, 2, 3, -1, 2, 1]


def test_zero_is_the_only_optimum_at_lambda_max_itself():
    X, y = [[3, 4], [-3, -4]], [1, -2]  # lambda_max = 10, where the block of the second row is tight
    result = certify(X, y, 10)
    assert Fraction(result.lambda_max()[0]) == 10
    assert result.proved().tight_blocks > 0
    assert result.proved().used == []


@pytest.mark.parametrize("lam", ["1e-6", "1e-9", "1e-14", "1e-30", "1e-100", "1e-300", "1e-400"])
@pytest.mark.parametrize("y", [TABLE[1], [7, -11, 13, 5, -3, 8]])
def test_small_penalties_are_reached_from_larger_ones(lam, y):
    result = certify(TABLE[0], y, lam)
    assert result.status == "proved", result.reason
    # As lambda falls to 0 the objective is lambda times the least norm of an interpolating network, plus O(lambda^2).
    near = certify(TABLE[0], y, "1e-5")
    scaled = [Fraction(r.objective(30)[0]) / Fraction(str(r.problem.lam)) for r in (result, near)]
    assert abs(scaled[0] / scaled[1] - 1) < Fraction(1, 100)
    assert len(result.proved().used) == len(near.proved().used)


def test_a_small_penalty_with_a_residual_that_stays():
    X, y = [[1, 0], [1, 0], [0, 1], [2, 1], [-1, 1]], [1, 2, 3, -1, 2]  # rows repeated with different targets
    result = certify(X, y, "1e-25")
    assert result.status == "proved", result.reason
    assert abs(Fraction(result.residual()[0][0]) + Fraction(1, 2)) < Fraction(1, 10**20)


@pytest.mark.parametrize("lam", ["1/10", "2", "1e-3", "50"])
@pytest.mark.parametrize("long", [10**8, Fraction(1, 10**8)])
def test_rows_of_very_different_lengths(lam, long):
    result = certify([[1, 0], [0, long], [-1, 2], [3, 1]], [1, 2, 3, -1], lam)
    assert result.status == "proved", result.reason


def test_a_guessed_neuron_without_a_direction_is_left_out():
    """Rows of rank d among its zeros leave no direction at all: such a neuron once made the structure unprovable."""
    proved = certify(*TABLE, "1/2").proved()
    program = proved.program
    guess = program.guesser.optimum(0.5)
    nowhere = GuessedNeuron(1, np.zeros(2), (0,) * 6, 1.0, None, 0)
    spoiled = replace(guess, neurons=(*guess.neurons, nowhere), ties=(*guess.ties, nowhere))
    assert len(prove(program, spoiled).used) == len(proved.used)


def test_a_neuron_that_the_guess_missed_is_often_found_by_the_proof_and_never_forgotten():
    mended = 0
    for seed in range(8):
        X, y, lam = generic(seed)
        proved = certify(X, y, lam).proved()
        guess = proved.program.guesser.optimum(float(lam))
        for missing in guess.neurons:
            poorer = replace(guess, neurons=tuple(k for k in guess.neurons if k is not missing), ties=())
            try:
                found = prove(proved.program, poorer)
            except Undecided:
                continue
            assert {k.place for k in found.used} == {k.place for k in proved.used}
            mended += 1
    assert mended >= 5


def test_ties_that_differ_in_rows_without_residual_need_no_field():
    """Gates that differ from a used one in rows where y is 0 and no neuron acts, so that the residual is 0 there."""
    X = [(1, 1, 1), (1, 0, 0), (0, 0, 1), (0, 1, 0), (1, 0, 1), (0, 0, 1), (1, 1, 0), (0, 1, 1), (0, 1, 0)]
    result = certify(X, [0, 1, 0, 0, 0, 0, 1, 1, 1], 1, gated=True)
    assert result.status == "proved", result.reason
    optimum = result.proved()
    assert optimum.point.exact is None  # otherwise the field decides, and nothing is tested
    assert {2, 4, 5} <= optimum.point.vanishing.rows
    assert all(optimum.point.balls(200).nu[j].contains(0) for j in (2, 4, 5))
    assert len(optimum.neurons) == 5
    # By another route: without the rows that vanish the optimum is the same.
    kept = [j for j in range(9) if j not in (2, 4, 5)]
    part = certify([X[j] for j in kept], [[0, 1, 0, 0, 0, 0, 1, 1, 1][j] for j in kept], 1, gated=True)
    assert part.objective(15) == result.objective(15)


def timed(*args, **kwargs):
    start = time.perf_counter()
    result = certify(*args, **kwargs)
    assert result.status == "proved", result.reason
    result.to_json()
    return time.perf_counter() - start


def test_five_gated_rows_in_a_field_of_degree_16():
    X = [(-2, 1, -2), (-2, -1, -1), (0, -1, -1), (-1, 1, -2), (-1, -1, -1)]
    assert timed(X, [-4, 4, 4, -3, -5], "7/4", gated=True) < 40  # 3 s on an idle core; once more than 60


@pytest.mark.parametrize("order", range(3))
def test_thirty_signed_permutations(order):
    rows = [
        (tuple(s * v for s, v in zip(signs, entries, strict=True)), target)
        for base, target in (((1, 0, 0), 0), ((2, 1, 0), 5))
        for entries in permutations(base)
        for signs in product((1, -1), repeat=3)
    ]
    rows = list(dict.fromkeys(rows))
    Random(order).shuffle(rows)
    assert len(rows) == 30
    assert timed([x for x, _ in rows], [y for _, y in rows], "1767766952966368811/100000000000000000") < 30


def test_the_row_space_of_many_exchanges_is_seen_modulo_a_prime():
    draw = np.random.default_rng(5)
    X = draw.integers(-9, 10, size=(30, 22)).tolist()
    half = (draw.random((50, 30)) < 0.5).astype(int)
    patterns = np.vstack([half, 1 - half]).tolist()
    problem = Problem.of(X, draw.integers(-5, 6, size=30).tolist(), "1/10")
    start = time.perf_counter()
    result = certify(problem, patterns=patterns)
    assert result.status == "proved", result.reason
    assert time.perf_counter() - start < 60


@pytest.mark.parametrize("exponent", [90, 120, 300, 400])
def test_penalties_far_below_floats(exponent):
    """The objective is linear in lambda in the end; 1e-90 was undecided, and its bounds took minutes."""
    X, y = [(1, 0), (0, 1), (-1, -1), (-1, 1), (0, -1)], [1, 2, 0, 1, 3]
    tiny, less = (certify(X, y, f"1e-{e}") for e in (exponent, 20))
    assert (tiny.status, less.status) == ("proved", "proved")
    assert tiny.objective(8)[0].split("e")[0] == less.objective(8)[0].split("e")[0]
    assert [n.place for n in tiny.proved().used] == [n.place for n in less.proved().used]


@pytest.mark.parametrize("shuffle", [2, 3, 4])
def test_rows_that_are_opposite_up_to_the_last_bit(shuffle):
    """scikit-learn's circles without noise: clusters of four rows on one line up to 1e-17, in the linear phase.

    Columns across such a line depend on each other up to 1e-17, and weights of 1e-11 beside weights of 0.3 are proved.
    """
    datasets = pytest.importorskip("sklearn.datasets")
    X, y = datasets.make_circles(40, random_state=shuffle)
    result = certify(X.tolist(), y.tolist(), "5e-5")
    assert result.status == "proved", result.reason
    assert result.proved().support.exchanges > 0
    # No homogeneous function tells the circles apart: nearly the least-squares multiple of the radius is the best.
    least_squares = Fraction(4, 5) / (1 + Fraction(16, 25))
    expected = {0: -least_squares, 1: 1 - Fraction(4, 5) * least_squares}
    for target, (low, _) in zip(y.tolist(), result.residual(), strict=True):
        assert abs(Fraction(low) - expected[target]) < Fraction(1, 10**4)
    rounded = certify(
        np.round(X, 6).tolist(), y.tolist(), "5e-5"
    )  # the optimum moves with the data, continuously
    assert abs(Fraction(result.objective(20)[0]) - Fraction(rounded.objective(20)[0])) < Fraction(1, 10**5)
