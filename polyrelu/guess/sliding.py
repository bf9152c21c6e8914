"""Neurons slide: Newton's method over the blocks at hand, which finds its active set by the way.

Dual problem over some blocks: minimise 1/2 ||nu - y||^2 subject to ||p_b(nu)|| <= lambda. At weights t and unit
directions u_k = p_k / ||p_k|| the Hessian of its Lagrangian is

    H = I + sum_k (t_k / lambda) C_k,      C_k = D X (P - u u^T) X^T D,

and the constraints are homogeneous of degree one, so C_k nu = 0 and the quadratic model is free of the old nu:

    minimise 1/2 nu^T H nu - y^T nu   subject to   a_k.nu <= lambda,     a_k = s (X u_k)_+ .

With H = R R^T this is the nonnegative lasso in the whitened columns R^-1 a_k, and its multipliers are the new t.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cholesky, solve_triangular

from polyrelu.guess.columns import Column
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.restricted import nonnegative_lasso
from polyrelu.guess.turning import turned
from polyrelu.guess.values import Array

ROUNDS = 12
NEARBY = 0.05  # cuts farther below lambda are forgotten
SAME = 1e-9  # a direction that turned less leaves no cut behind
MAX_CUTS = 3  # ... times the number of rows


@dataclass(frozen=True, eq=False)
class State:
    """Columns, their weights, and the residual."""

    columns: list[Column]
    t: Array
    nu: Array
    moved: float = np.inf


def slide(program: FloatProgram, y: Array, lam: float, state: State, *, enough: float = 1e-14) -> State:
    """Newton steps until nu moves less than enough, or as little as rounding allows."""
    last = np.inf
    for _ in range(ROUNDS):
        state = newton_step(program, y, lam, state)
        if state.moved < enough or (state.moved < 1e-9 and state.moved >= last):
            break
        last = state.moved
        state = follow(program, lam, state)
    return state


def newton_step(program: FloatProgram, y: Array, lam: float, state: State) -> State:
    """The quadratic model's optimum, with directions as they are."""
    root = hessian_root(program, state.columns, state.t, lam)
    A = np.column_stack([*(c.activations for c in state.columns), y])
    white = solve_triangular(root, A, lower=True, check_finite=False)
    t = nonnegative_lasso(white[:, :-1], white[:, -1], lam, state.t)
    left = white[:, -1] - white[:, :-1] @ t
    nu = solve_triangular(root, left, lower=True, trans="T", check_finite=False)
    size = max(float(np.linalg.norm(nu)), 1e-300)
    return State(state.columns, t, nu, float(np.linalg.norm(nu - state.nu)) / size)


def follow(program: FloatProgram, lam: float, state: State) -> State:
    """Turn the direction of every block to its projection at nu; one column for each face and sign.

    Directions that carried weight stay behind as cuts: they hold for every nu, and without them Newton's method
    can leave a solution where a neuron without weight, whose curvature H does not know, is about to matter.
    """
    places: dict[tuple[object, ...], int] = {}
    columns, weights = list[Column](), list[float]()
    leading, cuts = _leading(state, lam)
    chosen, nu = [state.columns[i] for i in leading], program.whiten(state.nu)
    for i, new in zip(leading, turned(program, chosen, nu, lam), strict=True):
        c, weight = state.columns[i], float(state.t[i])
        place = places.setdefault(new.key(program.gated), len(columns))
        if place == len(columns):
            columns.append(new)
            weights.append(0.0)
        weights[place] += weight
        if weight > 0 and float(np.abs(new.direction - c.direction).max()) > SAME:
            cuts.append(c)
    cuts = cuts[: MAX_CUTS * program.n]
    return State(columns + cuts, np.array(weights + [0.0] * len(cuts)), state.nu, state.moved)


def _leading(state: State, lam: float) -> tuple[list[int], list[Column]]:
    """The heaviest column of each block, and those with weight; of the others, what is nearly tight."""
    blocks: set[tuple[int, int]] = set()
    leading, cuts = list[int](), list[Column]()
    for i in sorted(range(len(state.columns)), key=lambda i: -state.t[i]):
        c = state.columns[i]
        if (c.block, c.sign) not in blocks or state.t[i] > 0:
            leading.append(i)
            blocks.add((c.block, c.sign))
        elif c.activations @ state.nu > lam * (1 - NEARBY):
            cuts.append(c)
    return leading, cuts


def hessian_root(program: FloatProgram, columns: list[Column], t: Array, lam: float) -> Array:
    """Cholesky factor of H."""
    parts = [np.sqrt(w / lam) * curvature(program, c) for c, w in zip(columns, t, strict=True) if w > 0]
    H = np.eye(program.n)
    if parts:
        V = np.hstack(parts)
        H += V @ V.T
    return np.asarray(cholesky(H, lower=True, check_finite=False), dtype=np.float64)


def curvature(program: FloatProgram, c: Column) -> Array:
    """D X (P - u u^T): how the activations of a neuron turn within its face."""
    rows = np.where(c.active[:, None], program.X, 0.0)
    flat = rows @ program.flats.through(c.zero).projection if c.zero.any() else rows
    return np.asarray(program.whiten(flat - np.outer(rows @ c.direction, c.direction)))
