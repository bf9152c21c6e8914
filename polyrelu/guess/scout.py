"""Which directions exceed lambda, where no list of cells is at hand?

f_s(u) = s nu.(Xu)_+ is climbed from many directions at once, in floats; the best ends are climbed again from cell to
neighbouring cell, which ends at local maxima on their exact faces. That can miss a maximum. The careful search asks the
covering of all directions (`polyrelu.covering`), which misses none: what it finds above lambda is climbed, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from polyrelu.guess.columns import Column, climb, distinct, project_moment
from polyrelu.guess.explored import Explored
from polyrelu.guess.flats import TINY
from polyrelu.guess.pricing import Prices
from polyrelu.guess.values import Array

SEEDS = 40  # random directions for each feature
ROWS = 300  # rows of X that serve as seeds
STEPS = (1.0, 0.3, 0.1)  # how far a direction turns towards its gradient; the best is taken
ASCENTS = 12
FAILURES = 12  # climbs in a row that end nowhere new
Oracle = Callable[[Array, float], Sequence[tuple[int, Array]]]
"""(nu, level) -> directions with their signs that exceed the level."""


class Scout:
    """Prices directions; the interface is that of `Pricer`."""

    def __init__(self, program: Explored, oracle: Oracle | None = None, seeds: Sequence[Array] = ()) -> None:
        self.program, self.oracle, self.signs = program, oracle, program.signs
        self.seeds = _unit(np.vstack([*(np.array([u, -u]) for u in seeds), self._first_seeds()]))
        self.known: list[Column] = []

    def _first_seeds(self) -> Array:
        program, random = self.program, np.random.default_rng(20230717)
        drawn = random.standard_normal((SEEDS * program.d, program.d)) * _spread(program.X)
        rows = program.unit_rows[program.first]
        if len(rows) > ROWS:
            rows = rows[random.choice(len(rows), ROWS, replace=False)]
        return np.vstack([drawn, rows, -rows])

    def price(
        self, nu: Array, level: float, *, limit: int, careful: bool, settled: Sequence[Column] = ()
    ) -> Prices:
        """Local maxima above the level, at most `limit` for each sign, and the largest value seen."""
        found, top = self._search(nu, level, limit, settled)
        if not found and careful and self.oracle is not None:
            for s, u in self.oracle(nu, level):
                found += self.climbed(nu, s, u, level)
        top = max([top, *(value for value, _ in found)])
        columns = [c for _, c in distinct(self.program, found)]
        self.known = [*columns, *settled][: 4 * self.program.n]
        return Prices(tuple(columns), top)

    def tight(self, nu: Array, level: float, top: float = np.inf) -> list[tuple[float, Column]]:
        """Every distinct direction found whose value exceeds the level, with its value, the best first."""
        found, _ = self._search(nu, level, 4 * self.program.n, ())
        return distinct(self.program, found)

    def _search(
        self, nu: Array, level: float, limit: int, settled: Sequence[Column]
    ) -> tuple[list[tuple[float, Column]], float]:
        found, top, known = list[tuple[float, Column]](), 0.0, [c.direction for c in self.known]
        starts = _unit(np.vstack([self.seeds, *(np.array([u, -u]) for u in known)]))
        for s in self.signs:
            u, value = ascend(self.program.X, s * nu, starts)
            near = [c.direction for c in settled if c.sign == s]
            mine, failures = list[tuple[float, Column]](), 0
            for i in np.argsort(-value, kind="stable"):
                if len(mine) >= limit or failures > FAILURES or value[i] < 0.5 * level:
                    break
                if self._seen(u[i], [*near, *(c.direction for _, c in mine)], 1e-4):
                    continue
                new = self.climbed(nu, s, u[i], level)
                top = max(top, float(value[i]))
                fresh = [
                    f for f in new if not self._seen(f[1].direction, [c.direction for _, c in mine], 1e-12)
                ]
                failures = 0 if fresh else failures + 1
                mine += fresh
            found += mine
        return found, max([top, *(value for value, _ in found)])

    @staticmethod
    def _seen(u: Array, directions: Sequence[Array], near: float) -> bool:
        return bool(directions) and float((np.array(directions) @ u).max()) > 1 - near

    def climbed(self, nu: Array, s: int, u: Array, level: float) -> list[tuple[float, Column]]:
        """The local maximum above a direction, if it exceeds the level."""
        program = self.program
        block = program.block_at(u)
        here = climb(program, project_moment(program, block, program.moment(block, s, nu)), s, nu)
        return [(here.value, here.column(program, s))] if here.value > level else []


def ascend(X: Array, a: Array, start: Array) -> tuple[Array, Array]:
    """Unit directions after some steps uphill on a.(Xu)_+, and their values."""
    u, value = start, np.maximum(start @ X.T, 0.0) @ a
    for _ in range(ASCENTS):
        gradient = ((u @ X.T > 0) * a) @ X
        size = np.linalg.norm(gradient, axis=1)
        toward = gradient / np.where(size > TINY, size, 1.0)[:, None]
        better = np.zeros(len(u), dtype=bool)
        for step in STEPS:
            there = u + step * (toward - u)
            length = np.linalg.norm(there, axis=1)
            there /= np.where(length > TINY, length, 1.0)[:, None]
            reached = np.maximum(there @ X.T, 0.0) @ a
            higher = (reached > value * (1 + 1e-12)) & (reached > value)
            u, value = np.where(higher[:, None], there, u), np.where(higher, reached, value)
            better |= higher
        if not better.any():
            break
    return u, value


def _unit(vectors: Array) -> Array:
    size = np.linalg.norm(vectors, axis=1)
    out: Array = vectors[size > 0] / size[size > 0, None]
    return out


def _spread(X: Array) -> Array:
    """Random directions in the metric of the columns, so that small columns are not drowned by large ones."""
    columns = np.abs(X).max(axis=0, initial=0.0)
    out = np.asarray(1.0 / np.where(columns > 0, columns, 1.0), dtype=np.float64)
    return np.asarray(out / out.max())
