"""Predictions at lambda = 0: one number or any number, with networks that show it."""

import copy
import random
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq

from polyrelu import Network, certify
from polyrelu.errors import BadInput, LimitReached
from polyrelu.unregularised.fits import full_rank
from polyrelu.unregularised.predictions import AtRow
from tests.corpus import degenerate

Q = Fraction
ANYTHING = (("-inf", "-inf"), ("inf", "inf"))


def test_a_new_direction_is_free_and_a_multiple_of_a_row_is_not():
    result = certify([[1, 0], [0, 1]], [1, 2], 0)
    free, multiple, origin, negative = result.predict([[1, 1], [0, "3/2"], [0, 0], [-1, 0]])
    assert free.interval() == ANYTHING
    assert not free.agrees
    assert repr(free) == "<polyrelu.Prediction at (1, 1): from -inf to inf>"
    assert (multiple.low, multiple.high, multiple.agrees) == (3, 3, True)
    assert (origin.low, origin.agrees) == (0, True)
    assert negative.interval() == ANYTHING  # the neurons that see -x see nothing of the data


def test_lines_that_the_fit_sees_from_both_sides():
    """In d = 1 with rows of both orientations there is no other direction, and nothing is free."""
    result = certify([[1], [-2]], [3, 4], 0)
    assert [p.low for p in result.predict([[5], [-5]])] == [15, 10]
    assert all(p.agrees for p in result.predict([[5], [-5]]))


def rows_to_ask(X, pick):
    d = len(X[0])
    return [
        X[0],
        [-v for v in X[0]],
        [3 * v for v in X[-1]],
        [-2 * v for v in X[-1]],
        [Q(pick.randint(-2, 2)) for _ in range(d)],
    ]


@pytest.mark.parametrize("seed", range(20))
def test_networks_show_what_is_predicted(seed):
    """Where x is free one optimal network predicts 0 and one predicts 1; elsewhere all listed networks agree."""
    X, y, _ = degenerate(seed)
    result = certify(X, y, 0, max_vertices=500)
    fit = [t - r for t, r in zip(map(exact, y), result.optimal_set.optimum.residual(64), strict=True)]
    for x in rows_to_ask(X, random.Random(seed)):
        (found,) = result.predict([x])
        values = [network.evaluate([x])[0] for network in found.networks]
        assert all(network.evaluate(X) == fit for network in found.networks)
        assert values == ([found.low] * 2 if found.agrees else [0, 1])
        if found.agrees and result.optimal_set.lineality == 0:
            listed = listed_networks(result)
            assert all(network.evaluate([x]) == [found.low] for network in listed)


def exact(v):
    return fmpq(v.numerator, v.denominator)


def listed_networks(result):
    try:
        return list(result.networks)[:50]
    except LimitReached:
        return []


@pytest.mark.parametrize("seed", range(20))
def test_the_closed_form_agrees_with_the_columns(seed):
    """Two routes to dim F' of the full program: the formula, and independent columns cone by cone."""
    X, y, _ = degenerate(seed)
    fits = certify(X, y, 0, max_vertices=1).optimal_set.fits
    for x in rows_to_ask(X, random.Random(seed)):
        if any(x):
            extended = AtRow(fits, tuple(x)).extended
            assert extended.rank == full_rank(extended.program)


@pytest.mark.parametrize("seed", range(12))
def test_one_function_leaves_nothing_free(seed):
    pick = random.Random(seed)
    X, y, _ = degenerate(seed)
    patterns = [[pick.randint(0, 1) for _ in X] for _ in range(pick.randint(1, 3))]
    result = certify(X, y, 0, patterns=patterns, max_vertices=10)
    rows = rows_to_ask(X, pick)
    found = result.predict(rows)
    assert not bool(result.function_unique) or all(p.agrees for p in found)
    fit = [t - r for t, r in zip(map(exact, y), result.optimal_set.optimum.residual(64), strict=True)]
    assert all(network.evaluate(X) == fit for p in found for network in p.networks)


def test_a_split_makes_another_function():
    """One pattern, y = 0: weights a, b with + and a + b with - cancel on the data and not at (1, -1)."""
    result = certify([[1, 0], [0, 1]], [0, 0], 0, patterns=[[1, 1]])
    network = Network.of([[2, 1], [1, 2], [3, 3]], [1, 1, -1])
    assert network.evaluate([[1, 0], [0, 1]]) == [0, 0]
    assert network.evaluate([[1, -1]]) == [1]
    assert result.predict([[1, -1]])[0].interval() == ANYTHING
    assert not bool(result.function_unique)


def test_bias_vertices_and_gates():
    result = certify([[1], [2], [-1]], [3, 4, 3], 0, bias=True)
    known, free = result.predict([[1], [5]])
    assert (known.low, known.agrees, free.agrees) == (3, True, False)
    assert free.x == (5,)
    networks = list(result.networks)
    assert len(networks) == len(result.optimal_set.vertices)
    assert all(np.allclose(n.predict([[1, 1], [2, 1], [-1, 1]]), [3, 4, 3]) for n in networks)

    gated = certify([[1, 0], [0, 1]], [1, 2], 0, gated=True)
    with pytest.raises(BadInput, match="gates on the rows of X alone"):
        gated.predict([[1, 1]])
    with pytest.raises(BadInput, match="gate vectors"):
        _ = gated.networks


def test_predictions_travel():
    (prediction,) = certify([[1, 0], [0, 1]], [1, 2], 0).predict([[1, 1]])
    back = copy.deepcopy(prediction)
    assert back.interval() == ANYTHING
    assert back.networks[1].evaluate([[1, 1]]) == [1]
