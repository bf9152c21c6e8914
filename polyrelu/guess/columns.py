"""Directions with their faces and activations, and how a block finds its own: by projection onto its cone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from polyrelu.budget import check
from polyrelu.guess.flats import TINY, Indices
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.least_squares import nonnegative_least_squares
from polyrelu.guess.values import Array, Bools

MAX_HOPS = 50
MANY = 64  # rows of a cone that are too many to try all at once
REFINEMENTS = 5
SWEEPS = 4
RIDGE = 1e-11  # keeps dependent facets solvable


@dataclass(frozen=True, eq=False)
class Column:
    """A unit direction u in the cone of a block, its face, and the activations s (Xu)_+, whitened."""

    block: int
    sign: int
    direction: Array
    zero: Bools
    active: Bools
    activations: Array

    def key(self, gated: bool) -> tuple[object, ...]:
        """What tells two columns apart: sign and face, or the gate."""
        return (self.sign, self.block) if gated else (self.sign, self.zero.tobytes(), self.active.tobytes())

    @property
    def face(self) -> tuple[int, ...]:
        """Signs of X u."""
        return tuple(np.where(self.zero, 0, np.where(self.active, 1, -1)).tolist())


@dataclass(frozen=True, eq=False)
class ConePoint:
    """The projection of a block's moment onto its cone: p, its norm, and the rows that vanish on p."""

    block: int
    p: Array
    value: float
    zero: Bools

    def column(self, program: FloatProgram, sign: int) -> Column:
        """The column in direction p."""
        return column(program, self.block, sign, self.p, self.zero)


def column(program: FloatProgram, block: int, sign: int, w: Array, zero: Bools | None = None) -> Column:
    """The column of a direction w in the closed cone of a block; without `zero` its face is read off."""
    u = w / math.sqrt(w @ w)
    products = program.X @ u
    if program.gated:
        none, active = np.zeros(program.n, dtype=bool), program.patterns[block] & (program.row_norms > 0)
    else:
        none = program.flats.on_hyperplane(u) if zero is None else zero | (program.row_norms == 0)
        active = np.asarray((products > 0) & ~none)
    return Column(block, sign, u, none, active, program.whiten(sign * np.where(active, products, 0.0)))


def project_moment(program: FloatProgram, block: int, moment: Array) -> ConePoint:
    """Projection of a moment onto the cone of a block.

    Least squares only names the tight facets: p itself comes from the flat they span, which is accurate even where
    the cone is a thin sliver.
    """
    size, tight = math.sqrt(moment @ moment), np.zeros(program.n, dtype=bool)
    rows, p = program.facet_rows[block], moment
    if size > 0 and len(rows):
        normals = program.normals(np.array([block]))[0]
        inside = normals @ moment
        if float(inside.min()) < 0:
            tight[rows[tight_facets(normals, moment / size)]] = True
            p = program.flats.through(tight).projection @ moment
    value = math.sqrt(p @ p)
    if value <= 1e-14 * size:
        return ConePoint(block, np.zeros_like(p), 0.0, np.ones(program.n, dtype=bool))
    if not program.gated:
        touched = program.flats.on_hyperplane(p) | tight
        if touched.any():
            flat = program.flats.through(touched)
            p, tight = flat.projection @ moment, flat.zero
    return ConePoint(block, p, math.sqrt(p @ p), tight)


def climb(program: FloatProgram, start: ConePoint, sign: int, nu: Array) -> ConePoint:
    """From cell to neighbouring cell while the value rises (only where all cells are listed)."""
    check()  # here most of a guess's time goes
    here = start
    for _ in range(MAX_HOPS if program.all_cells else 0):
        better = _across(program, here, sign, nu)
        if better is None:
            break
        here = better
    return here


def _across(program: FloatProgram, here: ConePoint, sign: int, nu: Array) -> ConePoint | None:
    """The best neighbouring cell behind a facet that p touches; None at a local maximum."""
    rows, value, best = program.facet_rows[here.block], here.value * (1 + 1e-10), None
    touching = (rows < program.n) & here.zero[np.minimum(rows, program.n - 1)]
    for place in np.flatnonzero(touching):
        other = program.behind(here.block, int(place))
        moment = program.moment(other, sign, nu)
        outward = moment @ program.unit_rows[rows[place]]
        if outward < 0 if program.patterns[here.block, rows[place]] else outward > 0:
            there = project_moment(program, other, moment)
            if there.value > value:
                value, best = there.value, there
    return best


def tight_facets(normals: Array, moment: Array) -> Indices:
    """Facets with positive multipliers in the projection of a unit moment.

    With many rows only the worst violated ones take part at first. Others join while they are violated, and those
    without a multiplier leave: || p || falls each time, so no choice comes back.
    """
    count, d = normals.shape
    if count > max(MANY, 4 * d):
        inside, chosen = normals @ moment, np.zeros(0, dtype=np.intp)
        for _ in range(MAX_HOPS):
            chosen = np.union1d(chosen, np.argpartition(inside, 2 * d)[: 2 * d])
            rho = nonnegative_least_squares(normals[chosen].T, -moment)
            inside, chosen = normals @ (moment + normals[chosen].T @ rho), chosen[rho > 0]
            if float(inside.min()) >= -TINY:
                return chosen
    return np.flatnonzero(nonnegative_least_squares(normals.T, -moment) > 0)


def sweep(residual: Array, rho: Array, normals: Array) -> None:
    """One pass of coordinate descent on || residual ||, residual = moment + normals^T rho, in place.

    Shapes (blocks, d), (blocks, facets) and (facets, blocks, d): facets first, so that each step reads a solid slice.
    """
    for f, a in enumerate(normals):
        new = np.maximum(rho[:, f] - np.einsum("md,md->m", residual, a), 0.0)
        residual += (new - rho[:, f])[:, None] * a
        rho[:, f] = new


def refine(moments: Array, rho: Array, normals: Array) -> Array:
    """Multipliers of smaller residual: guess the tight facets, solve for them, look again; for many blocks at once.

    Newton's method on the optimality conditions of the projection, with negative multipliers cut off: whatever it
    returns is nonnegative, so it proves a bound, and where it settles the bound is the norm of the projection.
    Shapes as in `sweep`.
    """
    gram = np.einsum("fmd,gmd->mfg", normals, normals)
    inside = np.einsum("fmd,md->mf", normals, moments)
    best, least = rho, _squares(moments, rho, normals)
    tight = rho > 0
    for _ in range(REFINEMENTS):
        system = np.where(tight[:, :, None] & tight[:, None, :], gram, 0.0)
        system[:, range(rho.shape[1]), range(rho.shape[1])] = 1 + RIDGE
        solved = np.linalg.solve(system, np.where(tight, -inside, 0.0)[:, :, None])[:, :, 0]
        tried = np.maximum(solved, 0.0)
        squares = _squares(moments, tried, normals)
        better = squares < least
        best, least = np.where(better[:, None], tried, best), np.where(better, squares, least)
        slack = inside + np.einsum("mfg,mg->mf", gram, np.where(tight, solved, 0.0))
        tight = np.where(tight, solved > 0, slack < 0)
    return best


def descend(moments: Array, rho: Array, normals: Array, level: float) -> Array:
    """Residuals after some sweeps and a refinement of rho, in place; fewer for blocks that fall below the level."""
    out: Array = moments + np.einsum("mf,fmd->md", rho, normals)
    alive = np.flatnonzero(np.linalg.norm(out, axis=1) > level)
    for _ in range(SWEEPS):
        if not len(alive):
            break
        residual, mine = out[alive], rho[alive]
        sweep(residual, mine, normals if len(alive) == len(out) else normals[:, alive])
        out[alive], rho[alive] = residual, mine
        alive = alive[np.linalg.norm(residual, axis=1) > level]
    if len(alive):
        facing = normals[:, alive]
        rho[alive] = refine(moments[alive], rho[alive], facing)
        out[alive] = moments[alive] + np.einsum("mf,fmd->md", rho[alive], facing)
    return out


def _squares(moments: Array, rho: Array, normals: Array) -> Array:
    residual = moments + np.einsum("mf,fmd->md", rho, normals)
    return np.asarray(np.einsum("md,md->m", residual, residual))


def distinct(program: FloatProgram, found: list[tuple[float, Column]]) -> list[tuple[float, Column]]:
    """One entry for each face and sign (for each gate in the gated program), the greatest first."""
    seen: dict[tuple[object, ...], tuple[float, Column]] = {}
    for value, c in sorted(found, key=lambda pair: -pair[0]):
        seen.setdefault(c.key(program.gated), (value, c))
    return list(seen.values())
