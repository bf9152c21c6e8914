"""The cheapest nonnegative weights with a given fit, in floats: a linear program, whose answer has few of them."""

from __future__ import annotations

import numpy as np
from scipy import optimize

from polyrelu.guess.values import Array

POSITIVE = 1e-9


def cheapest_support(columns: Array, target: Array, costs: Array) -> list[int]:
    """The positive places of a basic solution of: least costs.f with columns f = target, f >= 0; all where it fails."""
    everything = list(range(columns.shape[1]))
    if not columns.shape[1] or not np.isfinite(columns).all():
        return everything
    sizes = np.where(np.abs(columns).max(axis=0) > 0, np.abs(columns).max(axis=0), 1.0)
    found = optimize.linprog(costs / sizes, A_eq=columns / sizes, b_eq=target, method="highs-ds")
    if found.x is None:
        return everything
    return [int(k) for k in np.flatnonzero(found.x / sizes > POSITIVE * (found.x / sizes).max(initial=0.0))]
