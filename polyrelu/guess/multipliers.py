"""Multipliers that prove blocks inactive: rho >= 0 with || s X^T D nu + ((2D - I) X)^T rho || close to ||p_b||."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from polyrelu.guess.columns import nonnegative_least_squares, refine, sweep
from polyrelu.guess.flats import TINY
from polyrelu.guess.pricing import CHUNK, SWEEPABLE, SWEEPS
from polyrelu.guess.program import Program
from polyrelu.guess.result import Array, Bools

ENOUGH = 1e-3


def multipliers(
    X: Array,
    patterns: Bools,
    signs_s: npt.NDArray[np.int64],
    nu: Array,
    lam: float,
    *,
    facets: Bools | None = None,
) -> Array:
    """One row of multipliers for each block; blocks once below lam (1 - 1e-3) are left there.

    `facets` (blocks x rows) names rows that suffice to cut out each cone; without it every row takes part.
    """
    program = Program(X, patterns, all_cells=False)
    if facets is not None:
        width = int(facets.sum(axis=1).max(initial=0))
        order = np.argsort(~facets, axis=1, kind="stable")[:, :width]
        program.facet_rows = np.where(np.take_along_axis(facets, order, axis=1), order, program.n)
    out = np.zeros(patterns.shape)
    residual = np.asarray(signs_s, dtype=np.float64)[:, None] * program.moments(nu)
    left = np.flatnonzero(np.linalg.norm(residual, axis=1) >= lam * (1 - ENOUGH))
    for start in range(0, len(left), CHUNK):
        part = left[start : start + CHUNK]
        out[part] = _descend(program, part, residual[part], lam * (1 - ENOUGH))
    return out


def _descend(program: Program, blocks: npt.NDArray[np.intp], moments: Array, level: float) -> Array:
    """All blocks at once, the rest one by one; multipliers of the original (not unit) rows."""
    normals, rows = program.normals(blocks), program.facet_rows[blocks]
    rho, hard = np.zeros(rows.shape), np.arange(len(blocks))
    if 0 < rows.shape[1] <= SWEEPABLE:
        residual, facets_first = moments.copy(), np.ascontiguousarray(normals.swapaxes(0, 1))
        for _ in range(SWEEPS):
            sweep(residual, rho, facets_first)
        rho = refine(moments, rho, facets_first)
        residual = moments + np.einsum("mf,mfd->md", rho, normals)
        size = np.linalg.norm(residual, axis=1)
        inside = np.einsum("mfd,md->mf", normals, residual).min(axis=1) >= -TINY * size
        hard = np.flatnonzero((size >= level) & ~inside)
    for i in hard:
        size = float(np.linalg.norm(moments[i]))
        exact = size * nonnegative_least_squares(normals[i].T, -moments[i] / size)
        if _bound(moments[i], exact, normals[i]) <= _bound(moments[i], rho[i], normals[i]):
            rho[i] = exact
    out = np.zeros((len(blocks), program.n + 1))
    norms = np.append(program.row_norms, 1.0)[rows]
    np.put_along_axis(out, rows, rho / np.where(norms > 0, norms, 1.0), axis=1)
    return out[:, :-1]


def _bound(moment: Array, rho: Array, normals: Array) -> float:
    return float(np.linalg.norm(moment + rho @ normals))
