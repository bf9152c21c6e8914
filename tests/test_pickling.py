"""Results and their numbers travel: pickle, copy and deepcopy give back the same exact values."""

import copy
import pickle
from fractions import Fraction

import pytest
from flint import acb, arb, ctx, fmpq, fmpq_mat, fmpq_poly, fmpz_mat, fmpz_poly
from hypothesis import given
from hypothesis import strategies as st

from polyrelu import certify
from polyrelu.exact.enclosure import precision
from polyrelu.exact.number_field import NumberField
from polyrelu.exact.square_roots import SqrtSum
from tests.corpus import degenerate
from tests.optimal_sets import FIVE, FOUR, FOUR_WITH_ROOTS

ROUTES = {
    "pickle": lambda value: pickle.loads(pickle.dumps(value)),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
}
PROBLEMS = {
    "rational": FOUR,
    "rational, five neurons": FIVE,
    "square roots": FOUR_WITH_ROOTS,
    "enclosures": degenerate(4),
    "no neuron": ([[1, 2], [3, 4]], [1, 2], 100),
    "no penalty": ([[1, 0], [0, 1]], [1, 2], 0),
    "list of patterns": (*FOUR, [[1, 1, 0, 0], [0, 0, 1, 1]]),
}


@pytest.fixture(params=ROUTES)
def travel(request):
    return ROUTES[request.param]


@given(
    st.integers(), st.integers(-500, 500), st.integers(0, 2**30), st.integers(-500, 500), st.integers(2, 400)
)
def test_balls_come_back_exactly(mantissa, exponent, radius, at, bits):
    with precision(bits):
        ball = arb((mantissa, exponent), (radius, at)) / 7
    back = pickle.loads(pickle.dumps(ball))
    assert back.mid().man_exp() == ball.mid().man_exp()
    assert back.rad().man_exp() == ball.rad().man_exp()


def test_exact_numbers_come_back(travel):
    values = [
        fmpq_mat(2, 1, [1, fmpq(2, 3)]),
        fmpq_mat(0, 2, []),
        fmpz_mat(1, 2, [3, 4]),
        fmpz_poly([1, 2]),
        fmpq_poly([1, fmpq(1, 3)]),
        SqrtSum.sqrt_of(2) + fmpq(1, 3),
    ]
    assert [travel(v) for v in values] == values
    assert not travel(arb("nan")).is_finite()
    assert travel(acb(1, 2)) == acb(1, 2)


def test_elements_of_one_field_stay_in_one_field(travel):
    theta = NumberField.from_root(fmpz_poly([-2, 0, 0, 1]), arb(1.26, 0.01)).theta
    a, b = travel((theta, theta + 1))
    assert b - a == 1
    assert a**3 == 2


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("asked", [False, True], ids=["fresh", "asked before"])
def test_results_come_back(name, asked, travel):
    X, y, lam, *patterns = PROBLEMS[name]
    result = certify(X, y, lam, patterns=patterns[0] if patterns else "cells")
    if asked:
        result.to_json()
    back = travel(result)
    assert type(back) is type(result)
    assert repr(back) == repr(result)
    here, there = (
        {key: v for key, v in one.to_json(40).items() if key not in ("seconds", "timings")}
        for one in (result, back)
    )
    assert here == there
    assert back.problem == result.problem


def test_a_result_that_came_back_can_be_refined_and_pruned():
    result = pickle.loads(pickle.dumps(certify(*degenerate(4))))
    before = ctx.prec
    low, high = result.objective(200)
    assert ctx.prec == before
    assert 0 < Fraction(high) - Fraction(low) < Fraction(1, 10**190)
    assert result.optimal_set.neurons.minimal_network().width == result.proved().support.rank
