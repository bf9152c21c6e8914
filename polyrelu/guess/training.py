"""A network by training, in floats: L-BFGS on its own objective, from a start that is always the same.

For data whose optimum is not proved in the time that is allowed. Nothing is claimed of it: any network is a network.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

from polyrelu.guess.threads import guessing
from polyrelu.guess.values import Array

STEPS = 300
STARTS = 2


@guessing()
def trained_network(
    X: Array, y: Array, lam: float, free: Array, *, offset: bool, ridge: bool, width: int
) -> tuple[Array, Array, Array]:
    """theta (a row per unit), phi, and the coefficients of the free columns (of a ridge output bias last).

    `offset`: the last column of X is the 1 of a free hidden bias.
    """
    n, d = X.shape
    columns = np.column_stack([free, np.ones(n)]) if ridge else free
    scale = np.abs(X).max(initial=0.0) or 1.0
    price = np.full(columns.shape[1], 0.0)
    price[-1:] = lam * ridge
    shape = (width, d)
    normed = np.ones(d)
    normed[-1:] = not offset

    def loss(x: Array) -> tuple[float, Array]:
        theta, phi, c = x[: width * d].reshape(shape), x[width * d : width * (d + 1)], x[width * (d + 1) :]
        hidden = np.maximum(X @ theta.T, 0)
        r = hidden @ phi + columns @ c - y
        weights = theta * normed
        value = (r @ r + lam * ((weights**2).sum() + phi @ phi) + price @ c**2) / 2
        slope = (np.outer(r, phi) * (hidden > 0)).T @ X + lam * weights
        return float(value), np.concatenate(
            [slope.ravel(), hidden.T @ r + lam * phi, columns.T @ r + price * c]
        )

    best = None
    for seed in range(STARTS):
        random = np.random.default_rng(seed)
        start = np.concatenate(
            [
                (random.normal(size=shape) / scale).ravel(),
                random.normal(size=width) * np.abs(y).max(initial=0.0) / max(width, 1),
                np.linalg.lstsq(columns, y, rcond=None)[0] if columns.size else np.zeros(columns.shape[1]),
            ]
        )
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": STEPS, "ftol": 1e-13})
        if best is None or found.fun < best.fun:
            best = found
    x = best.x if best is not None else np.zeros(0)
    return x[: width * d].reshape(shape), x[width * d : width * (d + 1)], x[width * (d + 1) :]
