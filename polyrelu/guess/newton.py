"""Newton's method on the square system of a fixed structure, with residuals in extended precision.

For K neurons with fixed faces (flat projection P, strictly active rows D) and signs s the unknowns are nu and the
weights t, with z = P X^T D nu eliminating the directions:

    nu + sum_k t_k s_k D_k X z_k s_k / ||z_k|| = y,        ||z_k|| = lambda.

(activations whitened, where there are free columns).

The matrix of each step is rounded to double precision; the residual is not, so the steps refine the root beyond the
conditioning of the matrix as long as they shrink.
"""

from __future__ import annotations

import numpy as np
from scipy.linalg import solve_triangular

from polyrelu.guess.columns import Column, column
from polyrelu.guess.flats import Extended
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.sliding import State, hessian_root
from polyrelu.guess.values import Array

STEPS = 12


def polish(program: FloatProgram, y: Array, lam: float, state: State) -> State:
    """The root near a state; its columns must have independent activations. `moved` is the size of the last step."""
    nu, t = state.nu.astype(np.longdouble), state.t.astype(np.longdouble)
    neurons = [_piece(program, c) for c in state.columns]
    best, last = State(state.columns, state.t, state.nu), np.inf
    for _ in range(STEPS):
        gradients = [V @ (V.T @ nu) for V in neurons]
        norms = [np.sqrt(nu @ g) for g in gradients]
        if not all(r > 0 for r in norms):
            break
        fit = y - nu - sum((w * g / r for w, g, r in zip(t, gradients, norms, strict=True)), 0 * nu)
        tight = np.array([lam - r for r in norms], dtype=np.longdouble)
        here = State(_turn(program, state.columns, nu.astype(np.float64)), t.astype(np.float64), state.nu)
        d_nu, d_t = _step(program, lam, here, fit, tight)
        step = float(np.linalg.norm(d_nu)) / max(float(np.linalg.norm(state.nu)), 1e-300)
        if not step < 1e3 or (step >= last and last < 1e-8):
            break
        nu, t, last = nu + d_nu, t + d_t, step
        best = State(here.columns, t.astype(np.float64), nu.astype(np.float64), step)
        if step < 1e-18:
            break
    return State(_turn(program, state.columns, best.nu), best.t, best.nu, best.moved)


def _piece(program: FloatProgram, c: Column) -> Extended:
    """V = D X P, so that Q = V V^T."""
    rows = np.where(c.active[:, None], program.X, 0.0).astype(np.longdouble)
    out: Extended = rows @ program.flats.through(c.zero).extended if c.zero.any() else rows
    return np.asarray(program.whiten(out))


def _turn(program: FloatProgram, columns: list[Column], nu: Array) -> list[Column]:
    """The columns with directions taken from nu, faces kept."""
    out, nu = [], program.whiten(nu)
    for c in columns:
        moment = c.sign * (np.where(c.active, nu, 0.0) @ program.X)
        z = program.flats.through(c.zero).projection @ moment if c.zero.any() else moment
        turned = column(program, c.block, c.sign, z, c.zero)
        out.append(Column(c.block, c.sign, turned.direction, c.zero, c.active, turned.activations))
    return out


def _step(
    program: FloatProgram, lam: float, state: State, fit: Extended, tight: Extended
) -> tuple[Array, Array]:
    """Solve [[H, A], [A^T, 0]] (d_nu, d_t) = (fit, tight) through the Cholesky factor of H."""
    root = hessian_root(program, state.columns, state.t, lam)
    sides = np.column_stack([*(c.activations for c in state.columns), fit.astype(np.float64)])
    white = solve_triangular(root, sides, lower=True, check_finite=False)
    W, right, d_t = white[:, :-1], white[:, -1], np.zeros(0)
    if state.columns:
        Q, R = np.linalg.qr(W)
        push = solve_triangular(R, tight.astype(np.float64), trans="T", check_finite=False)
        d_t = solve_triangular(R, Q.T @ right - push, check_finite=False)
    d_nu = solve_triangular(root, right - W @ d_t, lower=True, trans="T", check_finite=False)
    return np.asarray(d_nu), np.asarray(d_t)
