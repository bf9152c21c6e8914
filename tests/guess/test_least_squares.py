"""Nonnegative least squares: no answer of a library is used that fails the optimality conditions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize

from polyrelu.guess.least_squares import nonnegative_least_squares, passes


def problem(seed):
    draw = np.random.default_rng(seed)
    rows, columns = draw.integers(1, 8, size=2)
    matrix = draw.integers(-2, 3, size=(rows, columns)).astype(float)  # dependent and zero columns are common
    return matrix, draw.integers(-3, 4, size=rows).astype(float)


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("wrong", ["right", "wrong", "silent", "both"])
def test_a_wrong_answer_is_repaired(seed, wrong, monkeypatch):
    matrix, target = problem(seed)
    least = np.linalg.norm(matrix @ optimize.lsq_linear(matrix, target, bounds=(0, np.inf)).x - target)

    def far(*_, **__):
        return np.full(matrix.shape[1], 7.0), 0.0

    def gives_up(*_, **__):
        raise RuntimeError("no convergence")

    if wrong in ("wrong", "both"):
        monkeypatch.setattr(optimize, "nnls", far)
    if wrong == "silent":
        monkeypatch.setattr(optimize, "nnls", gives_up)
    if wrong == "both":
        monkeypatch.setattr(optimize, "lsq_linear", lambda *_, **__: type("R", (), {"x": far()[0]}))
    x = nonnegative_least_squares(matrix, target)
    assert (x >= 0).all()
    assert np.linalg.norm(matrix @ x - target) <= least + 1e-6


def test_the_conditions_tell_right_from_wrong():
    matrix, target = np.eye(2), np.array([2.0, -3.0])
    assert passes(matrix, target, np.array([2.0, 0.0]))
    assert not passes(matrix, target, np.array([2.0, 1.0]))
    assert not passes(matrix, target, np.array([0.0, 0.0]))
    assert not passes(matrix, target, np.array([-2.0, 0.0]))


def test_what_is_not_finite_gives_zero():
    assert nonnegative_least_squares(np.array([[np.inf]]), np.array([1.0])).tolist() == [0.0]
