"""Columns turned to another residual: at once where they stay on their faces, else by a climb.

Let u be on the face with active rows D and vanishing rows Z, independent ones, let a = s nu, m = X^T D a and z the
projection of m onto the flat of Z. If the other rows have on z the signs of the face, then near z the function
f = sum a_i (x_i.u)_+ is m.u + sum_Z a_j (x_j.u)_+ . With m - z = - sum_Z rho_j x_j its maximum over unit vectors near
z is at z iff a_j (t)_+ <= rho_j t for all t, that is, a_j <= rho_j <= 0: then there is nowhere to climb.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from polyrelu.guess.columns import Column, climb, project_moment
from polyrelu.guess.flats import TINY
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.values import Array, Bools

LEAST = 0.5  # of lambda: what falls below is left as it is


def turned(program: FloatProgram, columns: list[Column], nu: Array, lam: float) -> list[Column]:
    """Each column in the direction of its block at another residual, or of a neighbour to which the value rises."""
    if not columns:
        return []
    at_once = _on_their_faces(program, columns, nu, lam) if program.all_cells else [None] * len(columns)
    return [
        _climbed(program, c, nu, lam) if new is None else new for c, new in zip(columns, at_once, strict=True)
    ]


def _climbed(program: FloatProgram, c: Column, nu: Array, lam: float) -> Column:
    moment = program.moment(c.block, c.sign, nu)
    if float(np.linalg.norm(moment)) < LEAST * lam:
        return c
    here = climb(program, project_moment(program, c.block, moment), c.sign, nu)
    return here.column(program, c.sign) if here.value > LEAST * lam else c


def _on_their_faces(
    program: FloatProgram, columns: list[Column], nu: Array, lam: float
) -> list[Column | None]:
    """The columns that stay local maxima on their faces; None for the others."""
    flats = [program.flats.through(c.zero) for c in columns]
    sign = np.array([c.sign for c in columns])
    active = np.array([c.active for c in columns])
    zero = np.array([c.zero for c in columns]) | (program.row_norms == 0)
    moments = sign[:, None] * (np.where(active, nu, 0.0) @ program.X)
    z = np.einsum("kij,kj->ki", np.array([flat.projection for flat in flats]), moments)
    size = np.linalg.norm(z, axis=1)
    u = z / np.where(size > 0, size, 1.0)[:, None]
    products = u @ program.X.T
    stays = (size > LEAST * lam) & _same_signs(program, u, products, active, zero)
    activations = program.whiten((sign[:, None] * np.where(active, products, 0.0)).T).T
    out = list[Column | None]()
    for k, (c, flat) in enumerate(zip(columns, flats, strict=True)):
        rho = -(flat.dual @ (moments[k] - z[k]))
        rows = list(flat.rows)
        holds = stays[k] and len(rows) == int((c.zero & (program.row_norms > 0)).sum())
        if holds and bool(((c.sign * nu[rows] <= rho) & (rho <= 0)).all()):
            out.append(replace(c, direction=u[k], activations=activations[k]))
        else:
            out.append(None)
    return out


def _same_signs(program: FloatProgram, u: Array, products: Array, active: Bools, zero: Bools) -> Bools:
    """Which directions have the signs of their faces, clearly."""
    clear = program.flats.near * (np.abs(u) @ np.abs(program.X).T) + TINY * program.row_norms
    right = np.where(active, products > clear, products < -clear) | zero
    return np.asarray(right.all(axis=1))
