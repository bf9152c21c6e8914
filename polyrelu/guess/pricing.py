"""Which blocks exceed lambda at a residual nu?

For a block (D, s) let c = s X^T D nu. Every rho >= 0 gives || c + ((2D - I) X)^T rho || >= ||p||, so most blocks are
settled by rho = 0 and most others by a few sweeps of coordinate descent on rho, done for all of them at once. Only
what is left is projected exactly, one block at a time.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from polyrelu.guess.program import TINY, Indices, Program
from polyrelu.guess.result import Array, Bools

PATIENCE = 10  # failures in a row after which a search that is not careful stops
SWEEPABLE = 64  # more facets than this: coordinate descent is slower than one exact projection


@dataclass(frozen=True, eq=False)
class Column:
    """A unit direction u in the cone of a block, its face, and the activations s (Xu)_+ ."""

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
        return tuple(np.where(self.zero, 0, np.where(self.active, 1, -1)).tolist())


def column(program: Program, block: int, sign: int, w: Array, zero: Bools | None = None) -> Column:
    """The column of a direction w in the closed cone of a block."""
    u = w / np.linalg.norm(w)
    products = program.X @ u
    if program.gated:
        active = program.patterns[block] & (program.row_norms > 0)
        none = np.zeros(program.n, dtype=bool)
        return Column(block, sign, u, none, active, sign * np.where(active, products, 0.0))
    zero = program.on_hyperplane(u) if zero is None else zero | (program.row_norms == 0)
    active = (products > 0) & ~zero
    return Column(block, sign, u, zero, active, sign * np.where(active, products, 0.0))


def project(program: Program, block: int, moment: Array) -> tuple[Array, Bools]:
    """Projection p of a moment onto the cone of a block, and the rows that vanish on p."""
    size, tight = math.sqrt(moment @ moment), np.zeros(program.n, dtype=bool)
    if program.gated or size == 0:
        return moment, tight
    rows, p = program.facet_rows[block], moment
    if len(rows):
        normals = program.normals(np.array([block]))[0]
        inside = normals @ moment
        if float(inside.min()) < 0:
            rho = nonnegative_least_squares(normals.T, -moment / size)
            tight[rows[rho > 0]] = True
            p = program.flat(tight).projection @ moment
        elif program.all_cells and not program.badly_scaled and _clear(program, rows, inside, size):
            return p, program.row_norms == 0
    return _clean(program, p, moment, tight)


def _clear(program: Program, rows: Indices, inside: Array, size: float) -> bool:
    """Well inside the cone: then no hyperplane comes near."""
    return bool((inside[rows < program.n] > 1e-6 * size).all())


def _clean(program: Program, p: Array, moment: Array, tight: Bools) -> tuple[Array, Bools]:
    """Move p onto the hyperplanes it touches up to rounding; the flat closes the set of rows."""
    if p @ p <= 1e-28 * (moment @ moment):
        return np.zeros_like(p), np.ones(program.n, dtype=bool)
    touched = program.on_hyperplane(p) | tight
    if not touched.any():
        return p, touched
    flat = program.flat(touched)
    return flat.projection @ moment, flat.zero


def nonnegative_least_squares(matrix: Array, target: Array) -> Array:
    """Nonnegative least squares; where the compiled code gives up, a long coordinate descent."""
    try:
        return np.asarray(nnls(matrix, target, maxiter=50 * sum(matrix.shape))[0], dtype=np.float64)
    except RuntimeError:
        residual = -target[None, :].copy()
        rho = np.zeros((1, matrix.shape[1]))
        for _ in range(2000):
            sweep(residual, rho, matrix.T[None, :, :])
        out: Array = np.where(rho[0] > 1e-9 * rho.max(), rho[0], 0.0)
        return out


def sweep(residual: Array, rho: Array, normals: Array) -> None:
    """One pass of coordinate descent on || residual ||, residual = moment + normals^T rho, in place."""
    for f in range(normals.shape[1]):
        a = normals[:, f]
        new = np.maximum(rho[:, f] - np.einsum("md,md->m", residual, a), 0.0)
        residual += (new - rho[:, f])[:, None] * a
        rho[:, f] = new


@dataclass(frozen=True, eq=False)
class Prices:
    """Best violating columns, and the largest value || p || seen (exact over all blocks iff `exact`)."""

    columns: tuple[Column, ...]
    top: float


class Pricer:
    """Prices all blocks; remembers the multipliers of the last call, which are nearly right for the next."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.rho: dict[int, Array] = {
            s: np.zeros(program.facet_rows.shape) for s in program.signs if self._sweepable()
        }

    def _sweepable(self) -> bool:
        return 0 < self.program.facet_rows.shape[1] <= SWEEPABLE

    def left(self, nu: Array, level: float, sweeps: int) -> list[tuple[int, Indices, Array, Array]]:
        """Per sign: blocks not yet proved to stay below the level, their moments, and moments + normals^T rho."""
        moments, out = self.program.moments(nu), []
        for s in self.program.signs:
            mine = s * moments
            blocks = np.flatnonzero(np.linalg.norm(mine, axis=1) > level)
            residual = mine[blocks].copy()
            if len(blocks) and self._sweepable():
                blocks, residual = self._descend(s, blocks, residual, level, sweeps)
            out.append((s, blocks, mine[blocks], residual))
        return out

    def _descend(self, s: int, blocks: Indices, residual: Array, level: float, sweeps: int) -> tuple[Indices, Array]:
        normals, rho = self.program.normals(blocks), self.rho[s][blocks]
        outside = (np.einsum("mfd,md->mf", normals, residual) < 0).any(axis=1)
        rho[~outside] = 0.0
        residual += np.einsum("mf,mfd->md", rho, normals)
        for k in range(sweeps + 1):
            size = np.linalg.norm(residual, axis=1)
            keep = size > level
            if keep.sum() < 0.8 * len(keep) or k == sweeps:
                self.rho[s][blocks[~keep]] = rho[~keep]
                blocks, residual, rho, normals = blocks[keep], residual[keep], rho[keep], normals[keep]
            if k == sweeps or not len(blocks):
                break
            sweep(residual, rho, normals)
        self.rho[s][blocks] = rho
        return blocks, residual

    def price(self, nu: Array, lam: float, *, limit: int, margin: float, careful: bool,
        settled: Sequence[Column] = ()) -> Prices:
        """The best violating local maxima of u -> s nu^T (Xu)_+, at most `limit` for each sign.

        The careful search misses nothing that exceeds the margin; the other one gives up after a row of failures,
        and leaves out the cells around directions that are settled as local maxima.
        """
        columns, top, sweeps = [], 0.0, 60 if careful else 15
        for s, blocks, moments, residual in self.left(nu, lam * (1 + margin), sweeps):
            if self.program.all_cells and not careful:
                far = np.ones(len(blocks), dtype=bool)
                for c in settled:
                    if c.sign == s:
                        far &= ~self.program.around(blocks, c.direction)
                blocks, moments, residual = blocks[far], moments[far], residual[far]
            found, best = self._maxima(nu, s, blocks, moments, residual, lam * (1 + margin), limit, careful)
            columns += found
            top = max(top, best)
        return Prices(tuple(columns), top)

    def _maxima(
        self,
        nu: Array,
        s: int,
        blocks: Indices,
        moments: Array,
        residual: Array,
        level: float,
        limit: int,
        careful: bool,
    ) -> tuple[list[Column], float]:
        """Exact projections in the order of estimated value; a direction in the cone of a better one is skipped."""
        program = self.program
        size = np.linalg.norm(residual, axis=1)
        products = program.unit_rows[:-1] @ (residual / size[:, None]).T
        estimate = size
        if program.all_cells and not program.gated:
            side = np.where(program.patterns[blocks].T, products, -products)
            strayed = side.min(axis=0, initial=0.0) < -1e-6
            estimate = s * ((nu * program.row_norms) @ np.maximum(products, 0.0)) - np.where(strayed, size.max(initial=0.0), 0.0)
        order, skip = np.argsort(-estimate, kind="stable"), np.zeros(len(blocks), dtype=bool)
        columns: list[Column] = []
        top, failures, slack = 0.0, 0, TINY if careful else 1e-4
        for i in order:
            if len(columns) >= limit or (failures > PATIENCE and columns and not careful):
                break
            if skip[i]:
                continue
            skip[i] = True
            p, zero = project(program, int(blocks[i]), moments[i])
            value = float(np.linalg.norm(p))
            top, failures = max(top, value), failures + 1
            if value > level:
                columns.append(column(program, int(blocks[i]), s, p, zero))
                skip |= program.in_cone(int(blocks[i]), products, slack)
                failures = 0
        return columns, top

    def tight(self, nu: Array, level: float, top: float = np.inf) -> list[tuple[float, Column]]:
        """Every distinct direction whose value exceeds the level, with its value, the best first.

        If no value exceeds `top`, then a direction that reaches it is the projection of every block around it,
        because the maximum over a cone is attained once; these blocks need no projection of their own.
        """
        found: list[tuple[float, Column]] = []
        for s, blocks, moments, residual in self.left(nu, level, 40):
            left = np.ones(len(blocks), dtype=bool)
            for i in np.argsort(-np.linalg.norm(residual, axis=1), kind="stable"):
                if not left[i]:
                    continue
                b = int(blocks[i])
                p, zero = project(self.program, b, moments[i])
                value = math.sqrt(p @ p)
                if value > level:
                    found.append((value, column(self.program, b, s, p, zero)))
                if value >= top:
                    left &= ~self.program.around(blocks, p / value)
        found.sort(key=lambda pair: -pair[0])
        return distinct(self.program, found)


def distinct(program: Program, found: list[tuple[float, Column]]) -> list[tuple[float, Column]]:
    """One entry for each face and sign (for each gate in the gated program)."""
    seen: dict[tuple[object, ...], tuple[float, Column]] = {}
    for value, c in found:
        seen.setdefault(c.key(program.gated), (value, c))
    return list(seen.values())


__all__ = ["TINY", "Column", "Pricer", "Prices", "column", "distinct", "project", "sweep"]
