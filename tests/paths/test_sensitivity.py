"""Derivatives against closed forms and against differences of proved optima."""

from fractions import Fraction

import numpy as np
import pytest

from polyrelu import certify, path
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.paths.sensitivity import sensitivity


def middle(v):
    return float(v.mid())


def test_soft_thresholds():
    found = sensitivity(Problem.of([[1], [2], [-1]], [1, 3, 2], 1))
    assert [middle(k.by_lambda) for k in found.neurons] == pytest.approx([-0.2, -1.0])
    assert [middle(k.weight) for k in found.neurons] == pytest.approx([1.2, 1.0])
    assert [[middle(v) for v in k.by_target] for k in found.neurons] == [
        pytest.approx([0.2, 0.4, 0.0]),
        pytest.approx([0.0, 0.0, 1.0]),
    ]
    assert middle(found.degrees_of_freedom) == pytest.approx(2)  # one for each side: the directions are fixed
    assert middle(found.objective_by_lambda) == pytest.approx(2.2)


@pytest.mark.parametrize("seed", [0, 4])
def test_differences_agree(seed):
    random = np.random.default_rng(seed)
    X, y = random.integers(-9, 10, (6, 2)).tolist(), random.integers(-9, 10, 6).tolist()
    found, h = sensitivity(Problem.of(X, y), 20), Fraction(1, 10**6)

    def residual(targets, lam):
        return np.array([float(Fraction(lo)) for lo, _ in certify(X, targets, lam).residual(30)])

    slope = (residual(y, 20 + h) - residual(y, 20 - h)) / float(2 * h)
    assert [middle(v) for v in found.residual_by_lambda] == pytest.approx(slope, abs=1e-5)
    trace = 0.0
    for j in range(6):
        up, down = [Fraction(v) for v in y], [Fraction(v) for v in y]
        up[j] += h
        down[j] -= h
        column = (residual(up, 20) - residual(down, 20)) / float(2 * h)
        assert [middle(found.residual_by_target[i, j]) for i in range(6)] == pytest.approx(column, abs=1e-5)
        trace += 1 - column[j]
    assert middle(found.degrees_of_freedom) == pytest.approx(trace, abs=1e-4)


def test_enclosures_are_narrow_and_a_path_asks_the_same():
    found = path([[1], [2], [-1]], [1, 3, 2], 1, 3).sensitivity("3/2")
    assert all(float(k.by_lambda.rad()) < 1e-40 for k in found.neurons)
    assert found.to_json()["lambda"] == "3/2"
    assert "degrees of freedom" in found.summary()


def test_above_lambda_max_nothing_is_fitted():
    found = sensitivity(Problem.of([[1], [2], [-1]], [1, 3, 2], 8))
    assert found.neurons == ()
    assert middle(found.degrees_of_freedom) == 0


@pytest.mark.parametrize("more", [{"skip": True}, {"output_bias": "ridge"}, {"bias": "free"}, {"free": [0]}])
def test_what_is_free_is_refused(more):
    with pytest.raises(BadInput, match="sensitivities cannot be had with"):
        sensitivity(Problem.of([[0, 1], [1, 2], [2, -1]], [0, 1, 0], "1/10", **more))


def test_lambda_zero_is_refused():
    with pytest.raises(BadInput):
        sensitivity(Problem.of([[1]], [1], 0))
