"""A guess of lambda_max: the longest projection of s X^T D y onto a cone K_D.

||p_b|| <= ||c_b||, so blocks are projected in the order of falling ||c_b|| until no later one can win. Stopping early
only makes the guess smaller, which costs the proof some exact projections and never its truth.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import nnls

from polyrelu.guess.result import Array, Bools

MAX_PROJECTIONS = 300


def guess_lambda_max(X: Array, y: Array, patterns: Bools, *, gated: bool = False) -> float:
    """The norm of the longest projection found."""
    moments = (patterns * y) @ X
    norms = np.linalg.norm(moments, axis=1)
    if gated or not len(norms):
        return float(norms.max(initial=0.0))
    best = 0.0
    for i in np.argsort(-norms)[:MAX_PROJECTIONS]:
        if norms[i] <= best:
            break
        inward = X * np.where(patterns[i], 1.0, -1.0)[:, None]
        for sign in (1.0, -1.0):
            best = max(best, _projected_norm(sign * moments[i], inward))
    return best


def _projected_norm(c: Array, inward: Array) -> float:
    if (inward @ c >= 0).all():
        return float(np.linalg.norm(c))
    try:
        multiplier, _ = nnls(inward.T, -c)
    except RuntimeError:  # no convergence: this block does not guide the guess
        return 0.0
    return float(np.linalg.norm(c + inward.T @ multiplier))
