"""An estimator for scikit-learn whose fit is the proved global optimum: the extra `sklearn`.

>>> from polyrelu.sklearn import ExactReLURegressor
>>> model = ExactReLURegressor(lam=1, bias="none", output_bias="none").fit([[1, 0], [0, 1]], [3, 4])
>>> model.proved_, model.predict([[1, 0]]).round(9).tolist()
(True, [2.4])
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from polyrelu.budget import Budget, seconds_from_now, spending
from polyrelu.certification import certify
from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached, Undecided
from polyrelu.guess import trained_network
from polyrelu.networks.coordinates import read, rounded
from polyrelu.networks.network import Network
from polyrelu.networks.suiting import alone
from polyrelu.optimal_set.predictions import Prediction
from polyrelu.result import Result

Array = NDArray[np.float64]
WIDTH = 12
"""Units of the network that is trained where no optimum is proved."""


class ExactReLURegressor(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Two-layer ReLU regression at the proved global optimum over networks of any width.

    Minimises 1/2 |y - f(X)|^2 + lam/2 sum (|theta|^2 + phi^2); `bias`, `output_bias` and `skip` say which biases there
    are and which are penalised, as in `Problem.of` (the default is scikit-learn's own MLPRegressor with alpha=lam).

    `result_` is what was proved, with all optimal networks; `network_` is one of them. Where the optimum is not proved
    within `seconds` (None: no limit; 0: nothing is proved), `proved_` is False, `result_.reason` says why, and
    `network_` is a network by ordinary training, of which nothing is claimed.
    """

    def __init__(
        self,
        lam: Any = 1.0,
        *,
        bias: Any = "free",
        output_bias: str = "free",
        skip: bool = False,
        seconds: float | None = 60,
        floats: str = "decimal",
    ) -> None:
        self.lam = lam
        self.bias = bias
        self.output_bias = output_bias
        self.skip = skip
        self.seconds = seconds
        self.floats = floats

    def fit(self, X: Any, y: Any) -> ExactReLURegressor:
        """Prove the optimum of the table, or train where that is out of reach."""
        X, y = validate_data(self, X, y, y_numeric=True, dtype=np.float64)
        problem = Problem.of(
            X.tolist(),
            y.tolist(),
            self.lam,
            bias=self.bias,
            output_bias=self.output_bias,
            skip=self.skip,
            floats=self.floats,  # type: ignore[arg-type]
        )
        self.result_ = self._result(problem)
        self.proved_ = self.result_.solutions is not None
        self.network_ = self._network(problem)
        return self

    def _result(self, problem: Problem) -> Result:
        if self.seconds is not None and not self.seconds > 0:
            return Result(problem, "undecided", "no time was allowed for a proof (seconds=0)", None, None)
        try:
            with spending(Budget(seconds_from_now(self.seconds))):
                return certify(problem)
        except (LimitReached, Undecided) as blocked:
            return Result(problem, "undecided", str(blocked), None, None)

    def _network(self, problem: Problem) -> Network:
        if self.proved_:
            try:
                return replace(alone(self.result_.network()), biased=problem.bias)
            except (LimitReached, Undecided):  # the optimum is proved all the same, and intervals are exact
                pass
        return trained(problem)

    def predict(self, X: Any, return_interval: bool = False) -> Any:
        """The outputs of `network_`; with `return_interval` also an array of two columns.

        Its rows enclose what all optimal networks predict: one number if they agree, up to rounding outwards.
        """
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        outputs = np.asarray(self.network_.predict(X), dtype=np.float64)
        if not return_interval:
            return outputs
        if not self.proved_:
            raise Undecided(f"no optimum was proved, so there are no intervals: {self.result_.reason}")
        told = self.result_.predict(X.tolist(), floats=self.floats)  # type: ignore[arg-type]
        return outputs, np.array([_outwards(p) for p in told]).reshape(len(X), 2)


def _outwards(told: Prediction) -> tuple[float, float]:
    """Floats below and above all that optimal networks predict."""
    (low, _), (_, high) = told.interval()
    return float(np.nextafter(float(low), -np.inf)), float(np.nextafter(float(high), np.inf))


def trained(problem: Problem) -> Network:
    """A network by ordinary training, always the same for the same data."""
    X = np.array([[rounded(v) for v in row] for row in problem.X])
    y = np.array([rounded(v) for v in problem.y or ()])
    free = np.array([[rounded(v) for v in row] for row in problem.free_values]).reshape(problem.n, -1)
    theta, phi, c = trained_network(
        X,
        y,
        rounded(problem.lam or 0),
        free,
        offset=problem.setting.hidden == "free",
        ridge=problem.setting.output == "ridge",
        width=min(problem.n, WIDTH),
    )
    network = replace(Network.of(theta, phi, d=problem.d), biased=problem.bias)
    coefficients = tuple(read(float(v)) for v in c)
    return alone(replace(network, coefficients=coefficients, free_at=problem.free_at))
