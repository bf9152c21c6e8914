"""Bounded least squares in floats: right also where the compiled code returns a wrong point or gives up."""

import numpy as np
import pytest

from polyrelu.guess import bounded_least_squares, least_squares, nonnegative_least_squares


def gives_up(*_, **__):
    raise RuntimeError("Maximum number of iterations reached.")


def stops_at_nothing(matrix, *_, **__):
    return np.zeros(matrix.shape[1]), 0.0


def stops_early(matrix, target, **_):
    x = np.zeros(matrix.shape[1])
    x[0] = 1.0
    return x, 0.0


@pytest.mark.parametrize("broken", [None, gives_up, stops_at_nothing, stops_early])
@pytest.mark.parametrize("shape", [(3, 3), (3, 8), (7, 4)])
def test_the_conditions_of_a_minimum_hold(monkeypatch, broken, shape):
    if broken is not None:
        monkeypatch.setattr(least_squares, "nnls", broken)
    rng = np.random.default_rng(shape[1])
    for _ in range(20):
        matrix, target = rng.normal(size=shape), rng.normal(size=shape[0])
        x = nonnegative_least_squares(matrix, target)
        along = (target - matrix @ x) @ matrix
        assert (x >= 0).all()
        assert along.max() <= 1e-8
        assert np.abs(along[x > 0]).max(initial=0.0) <= 1e-8


def test_between_nought_and_one():
    assert bounded_least_squares(np.eye(3), np.array([-1.0, 0.25, 7.0])) == pytest.approx([0, 0.25, 1])


@pytest.mark.parametrize("wild", [np.inf, np.nan])
def test_entries_beyond_floats_give_some_point(wild):
    matrix = np.array([[1.0, wild], [0.0, 1.0]])
    assert (nonnegative_least_squares(matrix, np.ones(2)) >= 0).all()
    assert (bounded_least_squares(matrix, np.ones(2)) >= 0).all()
