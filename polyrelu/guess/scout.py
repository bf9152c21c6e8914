"""Which directions exceed lambda, where no list of cells is at hand?

f_s(u) = s nu.(Xu)_+ is climbed from many directions at once, in floats; the best ends are climbed again from cell to
neighbouring cell, which ends at local maxima on their exact faces. That can miss a maximum. The careful search asks the
covering of all directions (`polyrelu.covering`), which misses none: what it finds above lambda is climbed, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from polyrelu.guess.columns import Column, climb, distinct, project_moment
from polyrelu.guess.explored import Explored
from polyrelu.guess.flats import TINY
from polyrelu.guess.pricing import Prices
from polyrelu.guess.turning import turned
from polyrelu.guess.values import Array, Bools

SEEDS = 40  # random directions for each feature
NUMBERS = 200_000  # seeds times rows, about: what a search may cost
LEAST = 60
REFINED = 40  # directions that go on with fine steps, beside the columns known
KNOWN = 2  # times the number of rows: columns that are remembered
GLANCES = 48  # directions of a glance, in turn
BESIDE = 0.999  # the cosine to a column beyond which a glance does not look for another
LOST = 0.9  # of the level: a local maximum that falls below is forgotten
ALMOST = 0.98  # of the level: what ends lower is no maximum above it
AT_LEVEL = 1e-7  # the oracle is told which directions are this close to the level
FAILURES = 12  # climbs in a row that end nowhere new
Oracle = Callable[[Array, Any, Sequence[tuple[int, tuple[int, ...]]]], Sequence[tuple[int, Array]]]
"""(nu, level, known neurons) -> directions with their signs that exceed the level, off these neurons."""


class Ascent(NamedTuple):
    """How far a direction may turn towards its gradient (the best is taken), how often, and what gain is too small."""

    steps: tuple[float, ...]
    rounds: int
    gain: float


COARSE = Ascent((1.0, 0.3, 0.1), 12, 1e-3)
FINE = Ascent((1.0, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3), 40, 1e-9)


class _Ends(NamedTuple):
    """Directions where ascents ended, and their values."""

    u: Array
    value: Array


class Scout:
    """Prices directions; the interface is that of `Pricer`."""

    def __init__(self, program: Explored, oracle: Oracle | None = None, seeds: Sequence[Array] = ()) -> None:
        self.program, self.oracle, self.signs = program, oracle, program.signs
        # Directions are told apart in the metric of the columns where these are of very different sizes.
        self.spread = _spread(program.X) if program.flats.badly_scaled else np.ones(program.d)
        self.seeds = _unit(np.vstack([*(np.array([u, -u]) for u in seeds), self._first_seeds()]))
        self.known: dict[tuple[object, ...], Column] = {}
        self.turn = 0

    def _first_seeds(self) -> Array:
        program, random = self.program, np.random.default_rng(20230717)
        most = max(LEAST, NUMBERS // program.n)
        count = min(SEEDS * program.d, most)
        drawn = random.standard_normal((count, program.d)) * _spread(program.X)
        rows = program.unit_rows[program.first]
        if len(rows) > most // 4:
            rows = rows[random.choice(len(rows), most // 4, replace=False)]
        return np.vstack([drawn, rows, -rows])

    def price(
        self, nu: Array, level: float, *, limit: int, careful: bool, settled: Sequence[Column] = ()
    ) -> Prices:
        """Local maxima above the level, at most `limit` for each sign, and the largest value seen."""
        found, top = self._search(nu, level, limit, settled)
        if not found and careful and self.oracle is not None:
            near = self.tight(nu, level * (1 - AT_LEVEL)) if settled else []
            found = [f for f in near if f[0] > level]  # passed over by the quick search
            if not found:
                for s, u in self.oracle(nu, level, [(c.sign, c.face) for _, c in near]):
                    found += self.climbed(nu, s, u, level)
        top = max([top, *(value for value, _ in found)])
        columns = [c for _, c in distinct(self.program, found)]
        self._remember([*columns, *settled])
        return Prices(tuple(columns), top)

    def tight(self, nu: Array, level: float, top: float = np.inf) -> list[tuple[float, Column]]:
        """Every distinct direction found whose value exceeds the level, with its value, the best first."""
        found: list[tuple[float, Column]] = []
        for s in self.signs:
            u = np.array([c.direction for c in self.known.values() if c.sign == s]).reshape(
                -1, self.program.d
            )
            u = np.vstack([u, -u])  # in the linear phase antipodes are tight, too
            ends = _Ends(u, s * (np.maximum(u @ self.program.X.T, 0.0) @ nu))
            found += self._climbed_all(nu, s, ends, level=level, limit=len(u), settled=[], patience=len(u))
        found += self._search(nu, level, 4 * self.program.n, [c for _, c in found])[0]
        return distinct(self.program, found)

    def glance(self, nu: Array, level: float) -> list[tuple[float, Column]]:
        """Most of them, at less cost: where they were at the last glance, and from a few other directions."""
        old = list(self.known.values())
        found = [(float(c.activations @ nu), c) for c in turned(self.program, old, nu, level)]
        count = min(GLANCES, len(self.seeds))
        some = np.roll(self.seeds, -self.turn, axis=0)[:count]
        self.turn = (self.turn + count) % max(1, len(self.seeds))
        for s in self.signs:
            u, value = ascend(self.program.X, s * nu, some, COARSE)
            near = [c for _, c in found if c.sign == s]
            if near:  # those that seem to lead where one is known
                new = (u @ np.array([c.direction for c in near]).T).max(axis=1) < BESIDE
                u, value = u[new], value[new]
            found += self._climbed_all(nu, s, _Ends(u, value), level=level, limit=count, settled=near)
        found = [f for f in distinct(self.program, found) if f[0] > LOST * level]
        self.known = {c.key(False): c for _, c in found[: KNOWN * self.program.n]}
        return [f for f in found if f[0] > level]

    def _remember(self, columns: list[Column]) -> None:
        """The latest columns, to start from again."""
        for c in columns:
            self.known.pop(c.key(False), None)
            self.known[c.key(False)] = c
        for key in list(self.known)[: -KNOWN * self.program.n]:
            del self.known[key]

    def _search(
        self, nu: Array, level: float, limit: int, settled: Sequence[Column]
    ) -> tuple[list[tuple[float, Column]], float]:
        found, top, known = list[tuple[float, Column]](), 0.0, [c.direction for c in self.known.values()]
        starts = _unit(np.vstack([self.seeds, *(np.array([u, -u]) for u in known)]))
        for s in self.signs:
            u, value = ascend(self.program.X, s * nu, starts, COARSE)
            seen = u / self.spread
            seen = seen / np.maximum(np.linalg.norm(seen, axis=1), TINY)[:, None]
            best = _apart(seen, value, 0.8 * level, REFINED + len(known))
            u, value = ascend(self.program.X, s * nu, u[best], FINE)
            top = max(top, float(value.max(initial=0.0)))
            near = [c for c in settled if c.sign == s]
            found += self._climbed_all(nu, s, _Ends(u, value), level=level, limit=limit, settled=near)
        return found, max([top, *(value for value, _ in found)])

    def _climbed_all(
        self,
        nu: Array,
        s: int,
        ends: _Ends,
        *,
        level: float,
        limit: int,
        settled: list[Column],
        patience: int = FAILURES,
    ) -> list[tuple[float, Column]]:
        """Local maxima from the best directions, one start for each cell, until some climbs in a row found nothing."""
        u, value = ends
        positive = self.program.X @ u.T > 0
        mine, keys, failures = list[tuple[float, Column]](), {c.key(False) for c in settled}, 0
        seen = _in_cells(positive, settled)
        for i in np.argsort(-value, kind="stable"):
            if len(mine) >= limit or failures > patience or value[i] < ALMOST * level:
                break
            if not seen[i]:
                new = [f for f in self.climbed(nu, s, u[i], level) if f[1].key(False) not in keys]
                failures = 0 if new else failures + 1
                mine += new
                keys.update(c.key(False) for _, c in new)
                seen |= _in_cells(positive, [c for _, c in new])
        return mine

    def climbed(self, nu: Array, s: int, u: Array, level: float) -> list[tuple[float, Column]]:
        """The local maximum above a direction, if it exceeds the level."""
        program = self.program
        block = program.block_at(u)
        here = climb(program, project_moment(program, block, program.moment(block, s, nu)), s, nu)
        return [(here.value, here.column(program, s))] if here.value > level else []


def ascend(X: Array, a: Array, start: Array, how: Ascent) -> tuple[Array, Array]:
    """Unit directions after some steps uphill on a.(Xu)_+, and their values, until no step gains enough.

    A direction from which no step leads uphill stays where it is.
    """
    u, value = start.copy(), np.maximum(start @ X.T, 0.0) @ a
    moving, weighted = np.arange(len(u)), a[:, None] * X
    for _ in range(how.rounds):
        here, before = u[moving], value[moving]
        gradient = (here @ X.T > 0).astype(np.float64) @ weighted
        size = np.linalg.norm(gradient, axis=1)
        toward = gradient / np.where(size > TINY, size, 1.0)[:, None] - here
        top = before
        for step in how.steps:
            there = here + step * toward
            length = np.sqrt(np.einsum("ij,ij->i", there, there))
            there /= np.where(length > TINY, length, 1.0)[:, None]
            ahead = there @ X.T
            reached = np.maximum(ahead, 0.0, out=ahead) @ a
            higher = reached > top
            top, here = np.where(higher, reached, top), np.where(higher[:, None], there, here)
        u[moving], value[moving] = here, top
        if not (top > before + how.gain * np.abs(top)).any():
            break
        moving = moving[top > before]
    return u, value


def _apart(u: Array, value: Array, least: float, most: int) -> list[int]:
    """The best directions that are not close to a better one."""
    kept: list[int] = []
    for i in np.argsort(-value, kind="stable"):
        if len(kept) == most or value[i] < least:
            break
        if not kept or float((u[kept] @ u[i]).max()) < 1 - 1e-6:
            kept.append(int(i))
    return kept


def _in_cells(positive: Bools, columns: list[Column]) -> Bools:
    """Which directions, given by the signs of their products, lie in a cell around the direction of some column."""
    if not columns:
        return np.zeros(positive.shape[1], dtype=bool)
    zero, active = np.array([c.zero for c in columns]), np.array([c.active for c in columns])
    wrong = (active & ~zero).astype(np.float64) @ ~positive + (~active & ~zero).astype(np.float64) @ positive
    return np.asarray((wrong == 0).any(axis=0))


def _unit(vectors: Array) -> Array:
    size = np.linalg.norm(vectors, axis=1)
    out: Array = vectors[size > 0] / size[size > 0, None]
    return out


def _spread(X: Array) -> Array:
    """Random directions in the metric of the columns, so that small columns are not drowned by large ones."""
    columns = np.abs(X).max(axis=0, initial=0.0)
    out = np.asarray(1.0 / np.where(columns > 0, columns, 1.0), dtype=np.float64)
    return np.asarray(out / out.max())
