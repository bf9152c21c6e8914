"""The best network whose neurons keep their faces, in floats: a convex program in the vectors of the neurons.

    min over v_k, c:  1/2 | y - sum_k N_k^T v_k - F c |^2 + lambda sum |v_k|   (+ lambda/2 e^2 for a ridge column)

Accelerated proximal steps with restarts; F is projected out first, and a ridge column is one more row.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from polyrelu.guess.values import Array

MAX_STEPS = 5000
SETTLED = 1e-14
GONE = 1e-10


def group_lasso(
    blocks: Sequence[Array], y: Array, lam: float, free: Array, start: Sequence[Array], *, ridge: bool = False
) -> tuple[list[Array], Array]:
    """The vectors v_k (zero where a neuron goes) and the residual; `blocks` are the N_k, `start` where to begin."""
    n, sizes = len(y), [len(N) for N in blocks]
    M = np.vstack([*blocks, np.zeros((0, n))]).T
    fitted, right = _eliminated(free, M, y, lam, ridge)
    step = 1.0 / (float(np.linalg.norm(fitted, 2)) ** 2 or 1.0) if fitted.size else 1.0
    ends = np.cumsum([0, *sizes])
    v = np.concatenate([*start, np.zeros(0)])
    ahead, t = v, 1.0
    for _ in range(MAX_STEPS):
        before = v
        v = _shrunk(ahead - step * (fitted.T @ (fitted @ ahead - right)), ends, step * lam)
        moved = v - before
        if np.linalg.norm(moved) <= SETTLED * (1.0 + np.linalg.norm(v)):
            break
        faster = (1 + np.sqrt(1 + 4 * t * t)) / 2
        if (ahead - v) @ moved > 0:  # the acceleration has overshot
            faster, ahead = 1.0, v
        else:
            ahead = v + (t - 1) / faster * moved
        t = faster
    parts = [v[a:b] for a, b in pairwise(ends)]
    largest = max((float(np.linalg.norm(p)) for p in parts), default=0.0)
    kept = [p if np.linalg.norm(p) > GONE * largest else np.zeros_like(p) for p in parts]
    return kept, (right - fitted @ v)[:n]


def _eliminated(free: Array, M: Array, y: Array, lam: float, ridge: bool) -> tuple[Array, Array]:
    """The blocks and the target without what the free columns reach; a ridge column on the outputs is a row more."""
    columns = free.reshape(len(y), -1)
    if ridge:
        one = np.append(np.ones(len(y)), np.sqrt(lam))[:, None]
        columns = np.hstack([np.vstack([columns, np.zeros(columns.shape[1])]), one])
        M, y = np.vstack([M, np.zeros(M.shape[1])]), np.append(y, 0.0)
    if not columns.shape[1]:
        return M, y
    U, s, _ = np.linalg.svd(columns, full_matrices=False)
    U = U[:, s > s.max(initial=0.0) * 1e-12]
    return M - U @ (U.T @ M), y - U @ (U.T @ y)


def _shrunk(v: Array, ends: Array, by: float) -> Array:
    """Each block shortened by a length, to zero at the least."""
    v = v.copy()
    for a, b in pairwise(ends):
        size = float(np.linalg.norm(v[a:b]))
        v[a:b] *= max(0.0, 1.0 - by / size) if size > 0 else 0.0
    return v
