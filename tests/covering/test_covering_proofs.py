"""Coverings of proved optima: accepted whole, refused with anything missing, and re-checked leaf by leaf."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from polyrelu import certify
from polyrelu.covering import Covered, Resisting, cover
from tests.corpus import degenerate, generic
from tests.covering.questions import question_of
from tests.covering.slow_checker import check

GOLDEN = ([[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, 2, 50]], [-5, -5, 2, 51], 50)
"""A positive line through the neuron: Z_k is dependent, and its star has two cells."""
BRANCHES = [(generic, seed) for seed in range(14)] + [(degenerate, seed) for seed in (*range(14), 20, 25)]


def proved(make, seed):
    result = certify(*make(seed))
    if result.status != "proved" or getattr(result, "optimum", None) is None:
        pytest.skip("no neuron to speak of")
    return result


@pytest.mark.parametrize(("make", "seed"), BRANCHES)
def test_every_leaf_is_right_and_together_they_cover(make, seed):
    question = question_of(proved(make, seed))
    found = cover(question, record=True)
    assert isinstance(found, Covered)
    assert len(found.leaves) == found.counts.a + found.counts.b + found.counts.m
    check(question, found.leaves)


def test_the_checker_notices():
    question = question_of(proved(generic, 3))
    leaves = cover(question, record=True).leaves
    with pytest.raises(AssertionError):
        check(question, leaves[1:])
    with pytest.raises(AssertionError):
        check(replace(question, lam=question.lam / 2), [leaf for leaf in leaves if leaf.kind != "B"])
    star = next(leaf for leaf in leaves if leaf.kind == "B")
    turned = star._replace(centre=tuple(-x for x in star.centre))
    with pytest.raises(AssertionError):
        check(question, [turned if leaf is star else leaf for leaf in leaves])


def test_the_golden_example():
    question = question_of(certify(*GOLDEN))
    assert any(0 in star.side for star in question.stars)
    found = cover(question, record=True)
    assert isinstance(found, Covered)
    check(question, found.leaves)


@pytest.mark.parametrize(("make", "seed"), BRANCHES[:10] + BRANCHES[14:24])
def test_a_neuron_left_out_is_noticed(make, seed):
    result = proved(make, seed)
    for k in range(len(result.optimum.neurons)):
        found = cover(question_of(result, dropped=k), max_boxes=20_000, enough=1)
        assert isinstance(found, Resisting)


@pytest.mark.parametrize(("make", "seed"), BRANCHES[:8] + BRANCHES[14:22])
def test_lambda_a_little_below_the_maximum_is_never_accepted(make, seed):
    result = proved(make, seed)
    lower = result.problem.lam * (1 - Fraction(1, 10**9))
    question = question_of(result, lam=lower)
    if not question.stars:
        pytest.skip("no neuron")
    with pytest.raises(ValueError, match="not tight"):
        cover(question)
    assert isinstance(cover(replace(question, stars=()), max_boxes=20_000), Resisting)


@pytest.mark.parametrize(("make", "seed"), [(generic, 41), (generic, 81), (degenerate, 39), (degenerate, 97)])
def test_lambda_a_little_above_the_maximum_needs_no_neurons_and_few_boxes(make, seed):
    """Every maximum is a near tie here: boxes alone did not end in 200,000."""
    result = proved(make, seed)
    question = question_of(result, lam=result.problem.lam * (1 + Fraction(1, 10**9)))
    question = replace(question, stars=())
    found = cover(question, record=True)
    assert isinstance(found, Covered)
    assert found.boxes < 10_000
    assert found.counts.m
    check(question, found.leaves)


@pytest.mark.parametrize(("make", "seed"), BRANCHES[:10] + BRANCHES[14:20])
def test_missed_directions_are_true_and_well_spread(make, seed):
    result = proved(make, seed)
    question = replace(question_of(result), stars=(), lam=question_of(result).lam * Fraction(9, 10))
    found = cover(question, most=5)
    if not result.optimum.neurons:
        assert isinstance(found, (Covered, Resisting))
        return
    assert isinstance(found, Resisting)
    assert 0 < len(found.directions) <= 5
    nu = [Fraction(m, 2**question.bits) for m in question.nu]
    for direction in found.missed:
        value = sum(
            direction.sign * v * max(sum(int(a) * b for a, b in zip(row, direction.vector, strict=True)), 0)
            for v, row in zip(nu, question.rows, strict=True)
        )
        assert value > 0
        assert value**2 > question.lam**2 * sum(x * x for x in direction.vector)
    kinds = [d.kind for d in found.directions]
    assert kinds == sorted(kinds)


@pytest.mark.parametrize("seed", range(4))
def test_no_random_direction_contradicts_a_covering(seed):
    question = question_of(proved(generic, seed + 8))
    assert isinstance(cover(question), Covered)
    rng = np.random.default_rng(seed)
    X = question.rows.astype(float)
    nu = np.array([m / 2**question.bits for m in question.nu])
    U = rng.standard_normal((20_000, question.d))
    U /= np.linalg.norm(U, axis=1, keepdims=True)
    values = np.maximum(X @ U.T, 0).T @ nu
    assert np.abs(values).max() <= float(question.lam) * (1 + 1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 40, 20))
def test_both_routes_agree_on_random_problems(start):
    """Listing all cells and covering all directions: 80 problems, generic and degenerate."""
    for make in (generic, degenerate):
        for seed in range(start, start + 20):
            result = certify(*make(seed))
            if result.status == "proved" and getattr(result, "optimum", None) is not None:
                found = cover(question_of(result), max_boxes=200_000)
                assert isinstance(found, Covered), (make.__name__, seed)
