"""Which blocks exceed lambda at a residual nu?

For a block (D, s) let c = s X^T D nu. Every rho >= 0 gives || c + ((2D - I) X)^T rho || >= ||p||, so most blocks are
settled by rho = 0 and most others by a few sweeps of coordinate descent on rho, done for many of them at once. Only
what is left is projected exactly, one block at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from polyrelu.guess.columns import Column, climb, descend, distinct, project_moment
from polyrelu.guess.flats import TINY, Indices
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.values import Array, Bools

PATIENCE = 10  # failures in a row after which a search that is not careful stops
GLANCE = 4000  # blocks that a search that is not careful looks at
SWEEPABLE = 64  # more facets than this: coordinate descent is slower than one exact projection
CHUNK = 512  # blocks swept together: what fits the cache


@dataclass(frozen=True, eq=False)
class Left:
    """Blocks of one sign not yet proved to stay below a level, their moments, and moments + normals^T rho."""

    sign: int
    blocks: Indices
    moments: Array
    residual: Array

    def only(self, mask: Bools) -> Left:
        """Some of them."""
        return Left(self.sign, self.blocks[mask], self.moments[mask], self.residual[mask])


@dataclass(frozen=True, eq=False)
class Prices:
    """Violating columns, and the largest value || p || seen."""

    columns: tuple[Column, ...]
    top: float


class Pricer:
    """Prices all blocks; remembers the multipliers of the last call, which are nearly right for the next."""

    def __init__(self, program: FloatProgram) -> None:
        self.program = program
        self.sweepable = 0 < program.facet_rows.shape[1] <= SWEEPABLE
        shape = program.facet_rows.shape if self.sweepable else (0, 0)
        self.rho = {s: np.zeros(shape) for s in program.signs}
        self.random = np.random.default_rng(7)

    def left(self, nu: Array, level: float, *, most: int | None = None) -> list[Left]:
        """What is not proved to stay below the level (of a random choice, if there is more than `most`)."""
        moments, out = self.program.moments(nu), []
        size = np.linalg.norm(moments, axis=1)
        for s in self.program.signs:
            blocks = np.flatnonzero(size > level)
            if most is not None and len(blocks) > most:
                blocks = np.sort(self.random.choice(blocks, most, replace=False))
            residual = s * moments[blocks]
            if self.sweepable:
                for start in range(0, len(blocks), CHUNK):
                    part = slice(start, start + CHUNK)
                    residual[part] = self._descend(s, blocks[part], residual[part], level)
            left = Left(s, blocks, s * moments[blocks], residual)
            out.append(left.only(np.linalg.norm(residual, axis=1) > level))
        return out

    def _descend(self, s: int, blocks: Indices, moments: Array, level: float) -> Array:
        """Residuals after some sweeps, fewer for blocks that fall below the level."""
        normals = np.ascontiguousarray(self.program.normals(blocks).swapaxes(0, 1))
        rho = self.rho[s][blocks]
        rho[(np.einsum("fmd,md->mf", normals, moments) >= 0).all(axis=1)] = 0.0
        out = descend(moments, rho, normals, level)
        self.rho[s][blocks] = rho
        return out

    def price(
        self, nu: Array, level: float, *, limit: int, careful: bool, settled: Sequence[Column] = ()
    ) -> Prices:
        """The best local maxima of u -> s nu^T (Xu)_+ above the level, at most `limit` for each sign.

        The careful search misses nothing. The other one looks at some blocks, climbs from there, gives up after a
        row of failures, and leaves out the cells around directions that are settled as local maxima.
        """
        columns: list[Column] = []
        top = 0.0
        glance = None if careful or not self.program.all_cells else GLANCE
        for left in self.left(nu, level, most=glance):
            if glance is None:
                rest = left
            else:
                near = [c for c in settled if c.sign == left.sign]
                around = [self.program.cones_around(left.blocks, c.direction) for c in near]
                rest = left.only(~np.any(around, axis=0)) if around else left
            found, best = self._maxima(nu, rest, level, limit=limit, careful=careful)
            columns += found
            top = max(top, best)
        return Prices(tuple(columns), top)

    def _maxima(
        self, nu: Array, left: Left, level: float, *, limit: int, careful: bool
    ) -> tuple[list[Column], float]:
        """Exact projections in the order of estimated value; directions in the cone of a better one are skipped."""
        program, found = self.program, list[tuple[float, Column]]()
        size = np.linalg.norm(left.residual, axis=1)
        products = program.unit_rows[:-1] @ (left.residual / size[:, None]).T
        skip = np.zeros(len(left.blocks), dtype=bool)
        top, failures, slack = 0.0, 0, TINY if careful else 1e-4
        for i in np.argsort(-self._estimate(nu, left, size, products), kind="stable"):
            if len(found) >= limit or (failures > PATIENCE and found and not careful):
                break
            if skip[i]:
                continue
            skip[i] = True
            here = project_moment(program, int(left.blocks[i]), left.moments[i])
            failures += 1
            if here.value > level:
                here, failures = climb(program, here, left.sign, nu), 0
                found.append((here.value, here.column(program, left.sign)))
                skip |= program.cone_holds(here.block, products, slack)
                skip |= program.cones_around(left.blocks, found[-1][1].direction) if not careful else False
            top = max(top, here.value)
        return [c for _, c in distinct(program, found)], top

    def _estimate(self, nu: Array, left: Left, size: Array, products: Array) -> Array:
        """Values to sort by: true values of directions; those that have left their cell come last."""
        if not self.program.all_cells:
            return size
        side = np.where(self.program.patterns[left.blocks].T, products, -products)
        value = left.sign * ((nu * self.program.row_norms) @ np.maximum(products, 0.0))
        strayed = side.min(axis=0, initial=0.0) < -1e-6
        return np.asarray(np.where(strayed, value - size.max(initial=0.0), value))

    def tight(self, nu: Array, level: float, top: float = np.inf) -> list[tuple[float, Column]]:
        """Every distinct direction whose value exceeds the level, with its value, the best first.

        If no value exceeds `top`, then a direction that reaches it is the projection of every block around it,
        because the maximum over a cone is attained once; these blocks need no projection of their own.
        """
        found: list[tuple[float, Column]] = []
        for left in self.left(nu, level):
            todo = np.ones(len(left.blocks), dtype=bool)
            for i in np.argsort(-np.linalg.norm(left.residual, axis=1), kind="stable"):
                if todo[i]:
                    here = project_moment(self.program, int(left.blocks[i]), left.moments[i])
                    if here.value > level:
                        found.append((here.value, here.column(self.program, left.sign)))
                    if here.value >= top:
                        todo &= ~self.program.cones_around(left.blocks, here.p / here.value)
        return distinct(self.program, found)
