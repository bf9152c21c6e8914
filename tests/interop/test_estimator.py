"""`ExactReLURegressor`: scikit-learn's own checks, and what the proved optimum adds."""

import pickle
import time
from unittest import SkipTest

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import parametrize_with_checks

from polyrelu.certification import certify
from polyrelu.errors import BadInput, Undecided
from polyrelu.guess import training
from polyrelu.sklearn import ExactReLURegressor

FOUR = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4])


@parametrize_with_checks(
    [
        ExactReLURegressor(lam=0.1, seconds=0),
        ExactReLURegressor(lam=0.1, bias="penalised", output_bias="ridge", seconds=0),
        ExactReLURegressor(lam=1e6, bias="none", output_bias="free", seconds=0.2),
    ],
    expected_failed_checks=lambda estimator: (
        {"check_regressors_train": "no score without a neuron"} if estimator.lam == 1e6 else {}
    ),
)
def test_checks_of_scikit_learn(estimator, check, monkeypatch):
    """Trained, and (with a penalty from which on there is no neuron) proved where that is quick."""
    monkeypatch.setattr(training, "STEPS", 60)  # how far a training goes is not what is checked
    try:
        check(estimator)
    except SkipTest:  # the only one that scikit-learn passes over: arrays of other libraries
        assert "array_api" in check.func.__name__


def test_the_fit_is_the_proved_optimum():
    model = ExactReLURegressor(lam=1, bias="none", output_bias="none").fit(*FOUR)
    assert model.proved_
    assert model.result_.objective() == certify(*FOUR, 1).objective()
    X = np.array([[1.0, 0], [1, 1], [5, 0]])
    outputs, ends = model.predict(X, return_interval=True)
    assert (ends[:, 0] <= outputs).all()
    assert (outputs <= ends[:, 1]).all()
    assert ends[1] == pytest.approx([0.8, 5.6])  # two optimal functions
    assert ends[0] == pytest.approx([2.4, 2.4], abs=1e-14)
    assert ends[0][0] < 2.4 < ends[0][1]
    residual = np.array(FOUR[1]) - model.predict(np.array(FOUR[0], dtype=float))
    assert model.score(*FOUR) == pytest.approx(1 - (residual**2).sum())  # sum (y - mean)^2 = 1
    again = pickle.loads(pickle.dumps(model))
    assert (again.predict(X) == outputs).all()


def test_free_biases_are_the_default():
    X, y = [[0.0], [1], [2], [3], [4], [5]], [0.0, 1, 0, 2, 0, 3]
    model = ExactReLURegressor(lam=0.25).fit(X, y)
    assert model.proved_
    assert [float(v) for v in model.result_.objective()] == pytest.approx([309 / 160] * 2)
    residual = np.array(y) - model.predict(X)
    assert residual == pytest.approx(np.array([-7, 21, -31, 37, -30, 10]) / 40)
    worse = ExactReLURegressor(lam=0.25, seconds=0).fit(X, y)
    assert not worse.proved_
    assert "no time was allowed" in worse.result_.reason
    with pytest.raises(Undecided, match="no intervals"):
        worse.predict(X, return_interval=True)


def test_search_and_clone():
    search = GridSearchCV(
        ExactReLURegressor(bias="penalised", output_bias="free"), {"lam": [0.1, 1.0]}, cv=2
    ).fit([[0.0], [1], [2], [3]], [0.0, 1, 0, 2])
    assert search.best_params_["lam"] in (0.1, 1.0)
    assert clone(search.best_estimator_).get_params() == search.best_estimator_.get_params()


def test_bad_options_are_one_line():
    with pytest.raises(BadInput, match="past a ridge"):
        ExactReLURegressor(output_bias="ridge").fit([[0.0], [1]], [0.0, 1])


def test_the_seconds_are_kept():
    """40 rows in 10 dimensions have more cells than can be counted in a minute; counting them stops as well."""
    X = np.random.default_rng(0).uniform(size=(40, 10))
    start = time.monotonic()
    model = ExactReLURegressor(lam=1.0, bias="none", seconds=0.5).fit(X, 4 * X[:, 0])
    assert time.monotonic() - start < 30
    assert model.proved_ or model.result_.reason
