"""What is drawn of an optimum, in floats, from its residual."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyrelu.data.problem import Problem


def ridge_bias(problem: Problem, nu: NDArray[np.float64], lam: float) -> float:
    """1.nu / lambda with a ridge output bias, else 0."""
    return float(nu.sum() / lam) if problem.setting.output == "ridge" and lam else 0.0


def rough_value(problem: Problem, nu: NDArray[np.float64], lam: float) -> float:
    """The optimal value y.nu - |nu|^2 / 2, less what a ridge costs."""
    y = np.array([float(v) for v in problem.y or ()])
    return float(y @ nu - nu @ nu / 2 - lam * ridge_bias(problem, nu, lam) ** 2 / 2)
