"""Neurons that stay on a row without any force on an interval: derivatives against differences of certified optima.

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


def test_no_breakpoint_is_told_where_there_is_none(tmp_path, capsys):
    (X, y), table = ORTHOGONAL, tmp_path / "t.csv"
    rows = ["a,b,y", *(f"{a},{b},{Fraction(v)}" for (a, b), v in zip(X, y, strict=True))]
    table.write_text("\n".join(rows))
    assert not path(X, y, "1/20", "57/100").breakpoints
    for lam in ("1/2", "3/10", "57/100", "1/20"):
        assert main(["path", str(table), "--at", lam, "--json"]) == 0
        shown = json.loads(capsys.readouterr().out)
        assert shown["degrees_of_freedom"] is not None
        assert len(shown["neurons"]) == 4
        assert [v is None for v in shown["residual_by_feature"][0]] == [True] * 4 + [False] * 6


def test_a_direction_moves_one_way_alone_where_the_weight_moves_both_ways():
    """x_1 = (e, 1): for e > 0 the first neuron slides on it, else it stays at (1, 0); to first order no fit changes."""
    X, y = [[1, 0], [0, 1]], ["3", "-1"]
    found, differences = sensitivity(Problem.of(X, y), "1/2"), Differences(X, y, "1/2")
    (up, down) = (differences.towards(step, "feature", 1, 0)[1] for step in (H, -H))
    k = next(i for i, (sign, _, _) in enumerate(differences.here[1]) if sign > 0)
    assert (up[k][0][1], down[k][0][1]) == pytest.approx((-1, 0), abs=1e-4)
    (own,) = (k for k in found.neurons if k.place.sign > 0)
    assert not any(own.direction_by_feature[a, 2].is_finite() for a in range(2))
    assert all(own.by_feature[i, c].is_finite() for i in range(2) for c in range(2))
    for i, c in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert_agree(found, differences, "feature", i, c)


def test_targets_may_push_a_neuron_off_its_row_one_way():
    """Then the quotients to both sides differ, and there is no derivative."""
    X, y = REPEATED
    found, differences = sensitivity(Problem.of(X, y), "3/10"), Differences(X, y, "3/10")
    (up, _), (down, _) = (differences.towards(step, "target", 0) for step in (H, -H))
    assert up == pytest.approx([1, 0, 0], abs=1e-5)
    assert abs(up[2] - down[2]) > 0.1
    assert found.residual_by_target is found.degrees_of_freedom is None
    assert found.residual_by_feature is None
    assert all(k.by_target is k.by_feature is None and k.by_lambda.is_finite() for k in found.neurons)


@pytest.mark.parametrize("lam", ["13", "5"])
def test_at_a_breakpoint_a_still_neuron_has_both_sides(lam):
    """Golden example 2: rows at right angles, two neurons enter at 13 and 5."""
    X, y = [[int(i == j) for j in range(4)] for i in range(4)], ["3", "4", "-5", "-12"]
    with pytest.raises(Undecided, match="breakpoint"):
        sensitivity(Problem.of(X, y), lam)
    found = derivatives(Problem.of(X, y), lam)
    assert found.exact.name == lam
    assert len(found.below.neurons) == len(found.above.neurons) + 1
    beside = Fraction(lam) - Fraction(1, 10**9)
    for a, b in zip(found.below.neurons, sensitivity(Problem.of(X, y), beside).neurons, strict=True):
        assert [middle(v) for v in a.by_target] == pytest.approx([middle(v) for v in b.by_target], abs=1e-6)


def test_below_a_breakpoint_that_two_neurons_without_force_begin_at_nothing_by_the_targets_is_told():
    """Both neurons stay on rows 1 and 5 from 1 down, at these targets alone; above there are none."""
    X = [[1, -1], [0, -2], [1, 2], [-1, 1], [-1, 1], [0, 2], [-1, -2], [1, -1]]
    found = derivatives(Problem.of(X, [1, 1, 1, 1, -1, -1, -1, -1]), 1)
    assert found.above.degrees_of_freedom is not None
    assert found.below.degrees_of_freedom is None
    assert "by_target_reason" in found.to_json()["below"]
    assert "by_target_reason" not in found.to_json()["above"]
    assert len(found.plot().shown["tables"]) > 0
