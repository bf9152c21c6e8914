"""A second route for problems with free columns, a ridge or a free hidden bias: a conic solver on all cells.

Shares nothing with the guess or the proof but the enumeration of cells. With `at` given it also finds, in floats, the
least and the greatest value at a new row of all networks whose objective is within a hair of the optimum.
"""

from __future__ import annotations

import clarabel
import numpy as np
from scipy import sparse

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.data.problem import Problem
from tests.reference import cells_of, norms

CHOICES = [
    {"bias": bias, "output_bias": output, "skip": skip}
    for bias in ("none", "penalised", "free")
    for output in ("none", "free", "ridge")
    for skip in (False, True)
    if not (bias == "free" and output != "free")
]
"""All combinations that have a meaning, a free hidden bias with its free output bias."""


class Conic:
    """min 1/2 |y - B c - e - sum s D X w|^2 + lambda sum |w| + lambda e^2/2 over all cells; w without the free bias."""

    def __init__(self, problem: Problem):
        self.X = np.array(problem.X, float)
        self.y, self.lam = np.array(problem.y, float), float(problem.lam)
        self.n, self.d = self.X.shape
        self.normed = self.d - (problem.setting.hidden == "free")
        self.free = np.array(problem.free_values, float).reshape(self.n, -1)
        self.ridge = problem.setting.output == "ridge"
        patterns = enumerate_cells(problem.X).patterns
        self.blocks = [(np.array(p, float), s) for p in patterns for s in (1, -1)]

    def solve(self):
        """(objective, residual)."""
        N, d, n, q = len(self.blocks), self.d, self.n, self.free.shape[1]
        size = N * d + N + n + q + 1  # w, t, residual, c, e
        P = np.zeros(size)
        P[N * d + N : N * d + N + n] = 1
        P[-1] = self.lam if self.ridge else 1
        cost = np.zeros(size)
        cost[N * d : N * d + N] = self.lam
        fit = np.hstack([s * p[:, None] * self.X for p, s in self.blocks])
        rows = [np.hstack([fit, np.zeros((n, N)), np.eye(n), self.free, np.full((n, 1), float(self.ridge))])]
        rhs, cones = [self.y], [clarabel.ZeroConeT(n)]
        inside = cells_of([p for p, _ in self.blocks], self.X, size)
        A = sparse.vstack([sparse.csc_matrix(rows[0]), inside, norms(N, d, self.normed, size)], format="csc")
        rhs += [np.zeros(N * n), *[np.zeros(self.normed + 1)] * N]
        cones += [clarabel.NonnegativeConeT(N * n), *[clarabel.SecondOrderConeT(self.normed + 1)] * N]
        settings = clarabel.DefaultSettings()
        settings.verbose = False
        settings.tol_gap_rel = settings.tol_gap_abs = settings.tol_feas = 1e-10
        P = sparse.diags(P, format="csc")
        found = clarabel.DefaultSolver(P, cost, A, np.concatenate(rhs), cones, settings).solve()
        return found.obj_val, np.array(found.x[N * d + N : N * d + N + n])


FREE_COLUMNS = {
    "output bias": {"output_bias": "free"},
    "skip": {"skip": True},
    "affine": {"output_bias": "free", "skip": True},
    "penalised bias, output bias": {"bias": True, "output_bias": "free"},
    "penalised bias, affine": {"bias": True, "output_bias": "free", "skip": True},
    "a free column": {"free": [0]},
    "a free column, output bias": {"free": [0], "output_bias": "free"},
}
"""Settings with free columns beside a hidden bias that is none or penalised."""

RIDGES = {
    "ridge": {"output_bias": "ridge"},
    "penalised bias, ridge": {"bias": True, "output_bias": "ridge"},
    "skip, ridge": {"output_bias": "ridge", "skip": True},
    "a free column, ridge": {"free": [0], "output_bias": "ridge"},
}
"""The same with an output bias that pays lambda c^2 / 2."""
