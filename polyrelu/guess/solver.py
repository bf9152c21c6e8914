"""The optimum by columns that slide: pool, lasso, merge, slide, price, until no block exceeds lambda.

1. The lasso on the pool of columns is monotone: the objective never rises. Columns that share a closed cone are then
   merged, which lowers it again, because the norm is convex and activations are linear on a cone.
2. Sliding (`sliding.py`) solves the program of the blocks at hand by Newton's method.
3. Pricing (`pricing.py`) looks at all blocks; violating local maxima join the pool.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np

from polyrelu.budget import check
from polyrelu.guess.columns import Column, column
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.pricing import Pricer, Prices
from polyrelu.guess.restricted import nonnegative_lasso
from polyrelu.guess.scout import Scout
from polyrelu.guess.sliding import State, slide
from polyrelu.guess.values import Array

T = TypeVar("T")
STEP = 8.0
STALL = 1e-8  # an excess this small that does not shrink is rounding in nu: Newton's last steps decide
PATIENCE = 5
RETURNS = 25  # so often an excess may return to the last digit: then columns come and go in turn


def levels(top: float, lam: float) -> list[float]:
    """Decreasing values between top and lam, exclusive.

    >>> levels(100.0, 1.0)
    [12.5, 1.5625]
    """
    if not np.isfinite(top):
        raise OverflowError("the data exceeds the range of floats")
    out = []
    while top > STEP * lam:
        top /= STEP
        out.append(top)
    return out


@dataclass(eq=False)
class Solver:
    """State of one solve."""

    program: FloatProgram
    y: Array
    lam: float
    pricer: Pricer | Scout
    pool: list[Column] = field(default_factory=list)
    t: Array = field(default_factory=lambda: np.zeros(0))
    nu: Array = field(default_factory=lambda: np.zeros(0))
    objective: float = np.inf
    enough: float = 1e-14  # Newton stops when nu moves less
    converged: bool = False  # nu is Newton's
    falls: bool = True  # the last lasso lowered the objective
    trust: bool = True  # Newton's residual is priced; else the lasso's, which cannot cycle
    seconds: dict[str, float] = field(default_factory=dict)
    trace: list[str] = field(default_factory=list)

    def run(self, rounds: int = 400) -> str:
        """Solve for smaller and smaller lambda down to the one wanted; '' or why it stopped short.

        A column that carried weight at a larger lambda is nearly right at the next, while from nothing a tiny
        lambda would start with every block violated and Newton far from home. With a pool at hand it goes on from that.
        """
        self.nu, wanted = self.y.copy(), self.lam
        if self.pool:
            self.t = np.zeros(len(self.pool))
            self.trace.append("resumed")
            self._timed("lasso", self._lasso)
            self._timed("slide", self._slide)
            return self._settle(rounds, 1e-11)[1]
        top = self.program.reach(self.y)
        left = rounds
        for level in [*levels(top, wanted), wanted]:
            self.lam = level
            left, message = self._settle(left, 1e-11 if level == wanted else 1e-2)
            if message:
                self.lam = wanted
                return message
        return ""

    def _settle(self, rounds: int, margin: float) -> tuple[int, str]:
        """Rounds until no block exceeds lambda by more than the margin: rounds left, and why it stopped short."""
        self.objective = np.inf
        careful, least, stalled, tops = False, np.inf, 0, Counter[float]()
        for left in range(rounds, 0, -1):
            check()
            level = self.lam * (1 + max(margin, self.noise()))
            prices = self._timed("price", partial(self._price, level, careful))
            over = prices.top / self.lam - 1
            self.trace.append(
                f"{self.lam:.2e} top {over:.2e} new {len(prices.columns)} pool {len(self.pool)}"
            )
            if prices.columns:
                stalled = stalled + 1 if least / 2 < over < STALL else 0
            least = min(least, over) if prices.columns else least
            tops[over] += 1
            if stalled > PATIENCE or (not prices.columns and (careful or margin > 1e-3)):
                return left, ""
            if tops[over] > RETURNS:
                break
            if careful := not prices.columns:
                self._insist()
            else:
                self.enough = min(max(1e-4 * over, 1e-14), 1e-3)
                self._add(list(prices.columns))
                self._timed("lasso", self._lasso)
                self._timed("slide", self._slide)
        return 0, f"not settled after {len(self.trace)} rounds"

    def _insist(self) -> None:
        """Before a careful search: Newton's residual, if the last one was the lasso's, for it sees neurons sharply."""
        if not self.converged and self.pool:
            self.trust = self.falls = True
            self._timed("slide", self._slide)

    def _price(self, level: float, careful: bool) -> Prices:
        settled = self._settled()
        limit = self.program.n // 2 + 10
        return self.pricer.price(
            self.program.whiten(self.nu), level, limit=limit, careful=careful, settled=settled
        )

    def _settled(self) -> list[Column]:
        """Neurons of the last Newton step; it has already looked across their facets."""
        return (
            [c for c, weight in zip(self.pool, self.t, strict=True) if weight > 0] if self.converged else []
        )

    def noise(self) -> float:
        """How far rounding in nu can push the value of a block above lambda, relatively."""
        size = np.abs(self.nu) + np.abs(self.y)
        if self.pool:
            size += np.abs(self._matrix()) @ self.t
        return 2e-16 * float(size @ self.program.row_norms) / self.lam

    def _timed(self, name: str, work: Callable[[], T]) -> T:
        start = time.perf_counter()
        out = work()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start
        return out

    def _add(self, columns: list[Column]) -> None:
        self.pool += columns
        self.t = np.concatenate([self.t, np.zeros(len(columns))])

    def _matrix(self) -> Array:
        return np.column_stack([c.activations for c in self.pool])

    def _keep(self, keep: list[int]) -> None:
        self.pool, self.t = [self.pool[i] for i in keep], self.t[keep]

    def _lasso(self) -> None:
        self.t = nonnegative_lasso(self._matrix(), self.y, self.lam, self.t)
        for _ in range(5):
            if not self._merge():
                break
            self.t = nonnegative_lasso(self._matrix(), self.y, self.lam, self.t)
        A = self._matrix()
        self.nu = self.y - A @ self.t
        objective = 0.5 * float(self.nu @ self.nu) + self.lam * float(self.t.sum())
        self.falls, self.objective = objective < self.objective * (1 - 1e-12), objective
        value = np.where(self.t > 0, np.inf, A.T @ self.nu)
        order = np.argsort(-value, kind="stable")[: int((self.t > 0).sum()) + self.program.n]
        self._keep([int(i) for i in order if value[i] > self.lam * (1 - 1e-2)])

    def _slide(self) -> None:
        support = self.t > 0
        state = slide(
            self.program, self.y, self.lam, State(list(self.pool), self.t, self.nu), enough=self.enough
        )
        self._keep([int(i) for i in np.flatnonzero(support)])
        self.t[:] = (
            0.0  # the old support stays, so that the lasso cannot rise, but starts from Newton's weights
        )
        self._add(state.columns)
        self.t[-len(state.columns) :] = state.t
        self.converged = False
        self.trust = self.falls or not self.trust
        if state.moved < 1e-2 and self.trust:
            self.nu = state.nu
            self.converged = True
        self.trace[-1] += f" moved {state.moved:.1e}"

    def _merge(self) -> bool:
        """Replace the weighted columns in one closed cone by their sum; whether there were any."""
        program, gone = self.program, set[int]()
        used = [int(i) for i in np.argsort(-self.t) if self.t[i] > 0]
        products = program.unit_rows[:-1] @ np.column_stack([c.direction for c in self.pool])
        for i in used:
            mine = self.pool[i]
            inside = program.cone_holds(mine.block, products)
            group = [
                j
                for j in used
                if j not in gone
                and self.pool[j].sign == mine.sign
                and (inside[j] or self.pool[j].block == mine.block)
            ]
            if i in gone or len(group) < 2:
                continue
            gone.update(group)
            w = sum((self.t[j] * self.pool[j].direction for j in group), np.zeros(program.d))
            size = float(np.linalg.norm(w))
            if size > 0:
                self._add([column(program, mine.block, mine.sign, w)])
                self.t[-1] = size
        if gone:
            self._keep([i for i in range(len(self.pool)) if i not in gone])
        return bool(gone)
