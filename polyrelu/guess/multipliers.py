"""Multipliers that prove blocks inactive: rho >= 0 with || s X^T D nu + ((2D - I) X)^T rho || close to ||p_b||."""

from __future__ import annotations

import numpy as np

from polyrelu.guess.columns import descend
from polyrelu.guess.flats import Indices
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.least_squares import nonnegative_least_squares
from polyrelu.guess.pricing import CHUNK, SWEEPABLE
from polyrelu.guess.values import Array

ENOUGH = 1e-3


def multipliers(program: FloatProgram, blocks: Indices, signs: Indices, nu: Array, level: float) -> Array:
    """One row of multipliers for each block; blocks once below level (1 - 1e-3) are left there."""
    enough = level * (1 - ENOUGH)
    out = np.zeros((len(blocks), program.n))
    moments = signs[:, None] * program.moments(nu)[blocks]
    left = np.flatnonzero(np.linalg.norm(moments, axis=1) >= enough)
    for start in range(0, len(left), CHUNK):
        part = left[start : start + CHUNK]
        out[part] = _near_projection(program, blocks[part], moments[part], enough)
    return out


def _near_projection(program: FloatProgram, blocks: Indices, moments: Array, level: float) -> Array:
    """All blocks at once, the rest one by one; multipliers of the original (not unit) rows."""
    normals, rows = program.normals(blocks), program.facet_rows[blocks]
    rho, hard = np.zeros(rows.shape), np.arange(len(blocks))
    if 0 < rows.shape[1] <= SWEEPABLE:
        residual = descend(moments, rho, np.ascontiguousarray(normals.swapaxes(0, 1)), level)
        hard = np.flatnonzero(np.linalg.norm(residual, axis=1) >= level)
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
