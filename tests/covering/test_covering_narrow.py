"""Rows that do not span all coordinates: the same answers, in the coordinates of their row space."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from polyrelu import certify
from polyrelu.bounding.search import bound
from polyrelu.covering import Covered, Question, Resisting, cover
from polyrelu.covering.narrow import narrowed
from polyrelu.proof.lambda_max import lambda_max_squared
from polyrelu.proof.program import Program
from tests.covering.questions import question_of
from tests.covering.slow_checker import check


def of_rank(r, n, d, seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(-3, 4, (n, r)) @ rng.integers(-3, 4, (r, d))
    return rows.tolist(), rng.integers(-9, 10, n).tolist()


def top_of(rows, nu):
    """The largest value of f_s, exactly squared, by the list of all cells."""
    X = tuple(tuple(map(Fraction, row)) for row in rows)
    whole = Program(X, tuple(map(Fraction, nu)), Fraction(1), None)
    return lambda_max_squared(replace(whole, listed=whole.patterns))


@pytest.mark.parametrize("seed", range(12))
def test_the_largest_value_is_the_same_in_the_row_space(seed):
    rows, nu = of_rank(1 + seed % 3, 4 + seed, 3 + seed % 4, seed)
    top = top_of(rows, nu)
    top = Fraction(int(top.p), int(top.q))
    if top == 0:
        pytest.skip("f vanishes")
    root = Fraction(float(top) ** 0.5)
    for margin in (Fraction(1, 10), Fraction(1, 10**6)):
        question = Question(rows, nu, 0, root * (1 + margin))
        assert isinstance(cover(question), Covered)
        below = replace(question, lam=root * (1 - margin))
        found = cover(below)
        assert isinstance(found, Resisting)
        assert found.missed
        for direction in found.missed:  # as it was asked: in all coordinates
            products = np.array(rows, dtype=object) @ np.array(direction.vector, dtype=object)
            value = direction.sign * sum(m * z for m, z in zip(nu, products, strict=True) if z > 0)
            assert value > 0
            assert value**2 > below.lam**2 * sum(x * x for x in direction.vector)


@pytest.mark.parametrize("seed", range(8))
def test_lengths_are_at_least_what_they_stand_for_and_every_leaf_is_right(seed):
    rows, nu = of_rank(2, 12, 5, seed)
    root = Fraction(float(Fraction(int((top := top_of(rows, nu)).p), int(top.q))) ** 0.5)
    question = Question(rows, nu, 0, root * Fraction(11, 10) + 1)
    within = narrowed(question)
    assert within.question.d == 2
    scale = within.question.lam / question.lam
    columns = within.columns.T.tolist()
    assert sum(a * b for a, b in zip(*columns, strict=True)) == 0
    for column in columns:
        square = sum(x * x for x in column)
        assert scale**2 <= square <= scale**2 * (1 + Fraction(1, 2**60))
    assert (within.question.rows == question.rows @ within.columns).all()
    found = cover(within.question, record=True)
    assert isinstance(found, Covered)
    check(within.question, found.leaves)
    assert narrowed(within.question) is None
    assert cover(question).counts == found.counts


def test_hundreds_of_columns_of_small_rank():
    rows, y = of_rank(1, 8, 260, 1)
    assert cover(Question(rows, y, 0, Fraction(10**6))).boxes <= 4
    found = bound(rows, y, 200)
    assert found.reached
    rows, y = of_rank(3, 30, 100, 2)
    found = bound(rows, y, 500)
    assert found.reached
    result = certify(rows, y, 500)
    assert result.status == "proved"
    assert found.lower <= sum(map(Fraction, result.objective(30))) / 2 <= found.upper


@pytest.mark.parametrize("seed", range(4))
def test_neurons_of_a_narrow_table_are_needed_and_enough(seed):
    rows, y = of_rank(2, 20, 4, seed)
    result = certify(rows, y, 20)
    assert result.status == "proved"
    assert len(result.optimum.neurons) > 1
    assert narrowed(question_of(result)) is not None
    assert isinstance(cover(question_of(result)), Covered)
    for k in range(len(result.optimum.neurons)):
        found = cover(question_of(result, dropped=k), max_boxes=20_000, enough=1)
        assert isinstance(found, Resisting)
    with pytest.raises(ValueError, match="not tight"):
        cover(question_of(result, lam=result.problem.lam * (1 - Fraction(1, 10**9))))


@pytest.mark.parametrize("seed", range(8))
def test_the_largest_value_of_a_table_of_small_rank_is_proved_by_directions(seed):
    """The neuron that reaches it is an axis of the row space, where its length is known up to 2^-64 only."""
    pick = np.random.default_rng(seed)
    rows = [[13, -32, 75], [4, -77, 80]] if seed == 0 else pick.integers(-99, 100, (2, 3)).tolist()
    nu = [-4, 3] if seed == 0 else pick.integers(-4, 5, 2).tolist()
    X = tuple(tuple(map(Fraction, row)) for row in rows)
    assert lambda_max_squared(Program(X, tuple(map(Fraction, nu)), Fraction(1), None)) == top_of(rows, nu)
