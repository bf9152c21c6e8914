"""Clarabel with column generation: what a float user would write today, for a fair comparison.

Columns are blocks (pattern, sign), each with its cone. Clarabel solves the program of the blocks at hand; directions
uphill from many starts propose cells whose block exceeds lambda. It stops when none is found above lambda (1 + 1e-6),
which proves nothing: a block may have been missed.
"""

from __future__ import annotations

import time

import numpy as np

from tests.reference import conic_optimum

STARTS, ASCENTS, ADDED, ROUNDS = 2000, 60, 30, 60
MARGIN = 1e-6


def uphill(X, nu, rng):
    """Unit directions after some steps u <- gradient of nu.(Xu)_+, and the best value that each has seen."""
    u = rng.standard_normal((STARTS, X.shape[1]))
    best, value = u, np.full(STARTS, -np.inf)
    for _ in range(ASCENTS):
        u = u / np.maximum(np.linalg.norm(u, axis=1), 1e-300)[:, None]
        products = u @ X.T
        here = np.maximum(products, 0) @ nu
        higher = here > value
        best, value = np.where(higher[:, None], u, best), np.where(higher, here, value)
        u = u + ((products > 0) * nu) @ X / max(float(np.linalg.norm(nu)), 1e-300)
    return best, value


def column_generation(X, y, lam, seconds=600.0):
    """(objective, blocks, seconds, ended): the float optimum over the blocks that were found."""
    begin, rng = time.perf_counter(), np.random.default_rng(0)
    blocks: dict[tuple[bytes, int], np.ndarray] = {}
    nu, objective = np.asarray(y, float), float(y @ y) / 2
    for _ in range(ROUNDS):
        new = 0
        for sign in (1, -1):
            u, value = uphill(X, sign * nu, rng)
            fresh = 0
            for i in np.argsort(-value):
                if value[i] <= lam * (1 + MARGIN) or fresh == ADDED:
                    break
                pattern = X @ u[i] > 0
                key = (np.packbits(pattern).tobytes(), sign)
                if key not in blocks:
                    blocks[key], fresh = pattern, fresh + 1
            new += fresh
        spent = time.perf_counter() - begin
        if not new or spent > seconds:
            return objective, len(blocks), spent, not new
        objective, nu = conic_optimum(X, y, lam, None, blocks=[(p, s) for (_, s), p in blocks.items()])
    return objective, len(blocks), time.perf_counter() - begin, False
