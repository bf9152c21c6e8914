"""Neurons that stay on a row without any force on a whole interval: derivatives against differences of certified optima.

Differences are taken to both sides, so that a derivative on one side alone would be caught.
"""

import json
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from polyrelu import certify, path
from polyrelu.cli import main
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.paths.one_sided import derivatives
from polyrelu.paths.sensitivity import sensitivity

H = Fraction(1, 10**6)
ORTHOGONAL = ([[1, 2], [-2, 1], [3, -1], [-1, -3], [2, 2]], ["3", "3/2", "-2", "7/10", "-1"])
"""Below 0.5845 two pairs; one lies on row 0, and one of its members sees row 1 alone, which is orthogonal to it."""
SQUARE = ([[0, -1], [1, 0], [-1, 0], [2, 0], [2, 0]], ["5/2", "1/2", "3/2", "3/2", "-5/2"])
THREE = (
    [[-2, 0, 0], [-1, -2, 0], [-1, 2, -2], [0, -2, -2], [-2, 0, 0], [-1, 0, 2]],
    ["-5/2", "-5", "-3/2", "0", "-2", "-1"],
)
CORNER = ([[-2, 0], [0, 2], [1, 1]], ["-3", "3/2", "-4"])
DIAMOND = ([[-1, 1], [-1, -1], [-2, 2], [2, 2]], ["-4", "-1", "5", "-4"])
SKEW = ([[-1, 2], [2, 1], [2, -1], [-1, -2]], ["2", "-3", "1", "-1/2"])
REPEATED = ([[0, 0, 2], [1, 0, 0], [0, 0, 2]], ["1/2", "-3/2", "-1/2"])
CASES = {
    "orthogonal": (ORTHOGONAL, "1/2"),
    "near the end": (ORTHOGONAL, "57/100"),
    "square": (SQUARE, "27/20"),
    "three features": (THREE, "17/20"),
    "corner": (CORNER, "6/7"),
    "diamond": (DIAMOND, "3"),
    "skew": (SKEW, "8/7"),
    "repeated": (REPEATED, "3/10"),
}


def middle(v):
    with precision(200):
        return float(arb(v).mid())


def optimum(X, y, lam):
    """The residual, and sign, direction and weight of the neurons of a unique network."""
    result = certify(X, y, lam)
    proved = result.proved()
    (only,) = result.optimal_set.neurons.vertices
    directions = proved.directions(proved.point.balls(200))
    told = zip(proved.neurons, directions, only.weights(200), strict=True)
    nu = np.array([float(Fraction(low)) for low, _ in result.residual(30)])
    return nu, [(k.place.sign, np.array([middle(v) for v in u]), middle(w)) for k, u, w in told]


class Differences:
    """Difference quotients of a table's optimum to one side."""

    def __init__(self, X, y, lam):
        self.X = [[Fraction(v) for v in row] for row in X]
        self.y, self.lam = [Fraction(v) for v in y], Fraction(lam)
        self.here = optimum(self.X, self.y, self.lam)

    def towards(self, step, kind, *at):
        """Quotients of the residual, and of each neuron's direction and weight."""
        X, y, lam = [list(row) for row in self.X], list(self.y), self.lam
        if kind == "feature":
            X[at[0]][at[1]] += step
        elif kind == "target":
            y[at[0]] += step
        else:
            lam += step
        nu, neurons = optimum(X, y, lam)
        assert len(neurons) == len(self.here[1])
        moved = []
        for sign, u, weight in self.here[1]:
            (new,) = (k for k in neurons if k[0] == sign and np.abs(k[1] - u).max() < 1e-3)
            moved.append(((new[1] - u) / float(step), (new[2] - weight) / float(step)))
        return (nu - self.here[0]) / float(step), moved


def agrees(derivative, quotient):
    """Wherever there is a derivative."""
    given = np.array(derivative)
    known = np.isfinite(given)
    return bool(np.allclose(given[known], np.array(quotient)[known], rtol=1e-4, atol=1e-4))


def columns(found, kind, at):
    """Derivatives of the residual, and of directions and weights, as lists; None where they are not given."""
    n, d = found.problem.n, found.problem.d
    if kind == "lambda":
        own = [(k.direction_by_lambda, k.by_lambda) for k in found.neurons]
        return found.residual_by_lambda, own
    if kind == "target":
        (j,) = at
        own = [([k.direction_by_target[c, j] for c in range(d)], k.by_target[j]) for k in found.neurons]
        return [found.residual_by_target[i, j] for i in range(n)], own
    i, c = at
    own = [
        ([k.direction_by_feature[a, i * d + c] for a in range(d)], k.by_feature[i, c]) for k in found.neurons
    ]
    return [found.residual_by_feature[a, i * d + c] for a in range(n)], own


def assert_agree(found, differences, kind, *at):
    nu, own = columns(found, kind, at)
    for step in (H, -H):
        quotient, moved = differences.towards(step, kind, *at)
        assert agrees([middle(v) for v in nu], quotient)
        for (turned, weight), (direction, size) in zip(own, moved, strict=True):
            assert agrees([middle(v) for v in turned], direction)
            assert agrees([middle(weight)], [size])


@pytest.mark.parametrize("name", CASES)
def test_all_that_is_given_agrees_with_differences_to_both_sides(name):
    (X, y), lam = CASES[name]
    found, differences = sensitivity(Problem.of(X, y), lam), Differences(X, y, lam)
    assert_agree(found, differences, "lambda")
    if found.residual_by_target is not None:
        for j in range(len(X)):
            assert_agree(found, differences, "target", j)
    if found.residual_by_feature is not None:
        for i, c in ((0, 0), (0, 1), (1, 1), (2, 0)):
            assert_agree(found, differences, "feature", i, c)
