"""Newton's method on the square system of a fixed structure, with residuals in extended precision.

For K neurons with fixed faces (flat projection P, strictly active rows D) and signs s the unknowns are nu and the
weights t, with z = P X^T D nu eliminating the directions:

    nu + sum_k t_k s_k D_k X z_k s_k / ||z_k|| = y,        ||z_k|| = lambda.

The matrix of each step is rounded to double precision; the residual is not, so the steps refine the root beyond the
conditioning of the matrix as long as they shrink.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from polyrelu.guess.pricing import Column, column
from polyrelu.guess.program import Extended, Program
from polyrelu.guess.result import Array
from polyrelu.guess.sliding import hessian_root


@dataclass(frozen=True, eq=False)
class Root:
    """Residual, weights and columns of a fixed structure, and the size of the last step relative to nu."""

    nu: Array
    t: Array
    columns: list[Column]
    step: float


def polish(program: Program, y: Array, lam: float, nu: Array, t: Array, columns: list[Column]) -> Root:
    """The root near (nu, t); the columns must have independent activations."""
    long_nu, long_t = nu.astype(np.longdouble), t.astype(np.longdouble)
    pieces = [_piece(program, c) for c in columns]
    best, last = Root(nu, t, columns, np.inf), np.inf
    for _ in range(12):
        gradients = [V @ (V.T @ long_nu) for V in pieces]
        norms = [np.sqrt(long_nu @ g) for g in gradients]
        if any(not r > 0 for r in norms):
            break
        A = np.column_stack([g / r for g, r in zip(gradients, norms, strict=True)]) if columns else np.zeros((len(y), 0))
        fit = y - long_nu - A @ long_t
        tight = np.array([lam - r for r in norms], dtype=np.longdouble)
        here = _turn(program, columns, long_nu.astype(np.float64))
        d_nu, d_t = _step(program, here, long_t, lam, A.astype(np.float64), fit, tight)
        step = float(np.linalg.norm(d_nu)) / max(float(np.linalg.norm(nu)), 1e-300)
        if not np.isfinite(step) or (step >= last and last < 1e-8) or step > 1e3:
            break
        long_nu, long_t, last = long_nu + d_nu, long_t + d_t, step
        best = Root(long_nu.astype(np.float64), long_t.astype(np.float64), here, step)
        if step < 1e-18:
            break
    return Root(best.nu, best.t, _turn(program, columns, best.nu), best.step)


def _piece(program: Program, c: Column) -> Extended:
    """V = D X P, so that Q = V V^T."""
    rows = np.where(c.active[:, None], program.X, 0.0).astype(np.longdouble)
    out: Extended = rows @ program.flat(c.zero).extended if c.zero.any() else rows
    return out


def _turn(program: Program, columns: list[Column], nu: Array) -> list[Column]:
    """The columns with directions taken from nu, faces kept."""
    out = []
    for c in columns:
        moment = c.sign * (np.where(c.active, nu, 0.0) @ program.X)
        z = program.flat(c.zero).projection @ moment if c.zero.any() else moment
        turned = column(program, c.block, c.sign, z, c.zero)
        out.append(Column(c.block, c.sign, turned.direction, c.zero, c.active, turned.activations))
    return out


def _step(
    program: Program, columns: list[Column], t: Extended, lam: float, A: Array, fit: Extended, tight: Extended
) -> tuple[Array, Array]:
    """Solve [[H, A], [A^T, 0]] (d_nu, d_t) = (fit, tight) through the Cholesky factor of H."""
    root = hessian_root(program, columns, np.maximum(t.astype(np.float64), 0.0), lam)
    white = solve_triangular(root, np.column_stack([A, fit.astype(np.float64)]), lower=True, check_finite=False)
    W, right = white[:, :-1], white[:, -1]
    if not columns:
        return solve_triangular(root, right, lower=True, trans="T", check_finite=False), np.zeros(0)
    Q, R = np.linalg.qr(W)
    push = solve_triangular(R, tight.astype(np.float64), trans="T", check_finite=False)
    d_t = solve_triangular(R, Q.T @ right - push, check_finite=False)
    d_nu = solve_triangular(root, right - W @ d_t, lower=True, trans="T", check_finite=False)
    return d_nu, d_t
