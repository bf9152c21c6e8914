"""The optimum, lambda_max and multipliers of one program in floats.

The method never builds the full program: see `solver` (columns, lasso, Newton), `pricing` (all blocks at once),
`finish` (a vertex) and `multipliers`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property

import numpy as np

from polyrelu.guess.columns import Column
from polyrelu.guess.explored import Explored
from polyrelu.guess.finish import TIE, finish, neurons
from polyrelu.guess.flats import NEAR, Indices
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.multipliers import multipliers
from polyrelu.guess.pricing import Pricer
from polyrelu.guess.scout import Oracle, Scout
from polyrelu.guess.sliding import State
from polyrelu.guess.solver import Solver
from polyrelu.guess.units import Units, exponent
from polyrelu.guess.values import Array, Bools, Guess, GuessedNeuron
from polyrelu.guess.whitening import Whitening


@dataclass(frozen=True, eq=False)
class Guesser:
    """1/2 || sum_b s D X w_b - y ||^2 + lam sum ||w_b||, w_b in K_D, over the listed patterns.

    `all_cells` promises that the list holds every full-dimensional cell; `gated` drops the cones. Without a list all
    cells are meant; then the `oracle` (see `scout`) says whether a direction was missed, and `seeds` are directions to
    look at besides. `whitening` stands for free columns.

    >>> guesser = Guesser(np.eye(2), np.array([3.0, -4.0]), np.array([[1, 1], [1, 0], [0, 1], [0, 0]]) > 0)
    >>> guess = guesser.optimum(1.0)
    >>> guess.nu.tolist(), [(k.sign, k.face, k.weight) for k in guess.neurons]
    ([1.0, -1.0], [(-1, (0, 1), 3.0), (1, (1, 0), 2.0)])
    >>> guesser.lambda_max()
    4.0
    """

    X: Array
    y: Array
    patterns: Bools | None
    gated: bool = False
    all_cells: bool = True
    oracle: Oracle | None = None
    whitening: Whitening | None = None
    finished: bool = True
    """Whether a vertex is polished; not where the program is nearly degenerate by construction."""
    seeds: list[Array] = field(default_factory=list)
    begun: list[Solver] = field(default_factory=list)
    """The solver at work: what it has found is worth bounds even when it is interrupted."""

    @cached_property
    def units(self) -> Units:
        """What the data are divided by."""
        return Units(exponent(self.X), exponent(self.y))

    @cached_property
    def program(self) -> FloatProgram:
        """The blocks and their cones, in these units."""
        X = np.ldexp(self.X, -self.units.rows)
        if self.patterns is None:
            program: FloatProgram = Explored(X)
        else:
            program = FloatProgram(X, self.patterns, gated=self.gated, all_cells=self.all_cells)
        program.whiten = self.whitening or program.whiten
        return program

    def _pricer(self) -> Pricer | Scout:
        program = self.program
        if not isinstance(program, Explored):
            return Pricer(program)
        return Scout(program, self.oracle and self._asked, self.seeds)

    def _asked(
        self, nu: Array, level: float, known: Sequence[tuple[int, tuple[int, ...]]]
    ) -> Sequence[tuple[int, Array]]:
        """The oracle, which knows the rows as they are."""
        assert self.oracle is not None
        return self.oracle(nu, Fraction(level) * self.units.row, known)

    def optimum(self, lam: Fraction | float) -> Guess:
        """The residual at the optimum and the neurons of one vertex of the optimal set."""
        guess = self._optimum(float(Fraction(lam) / self.units.penalty))
        return replace(guess, nu=np.ldexp(guess.nu, self.units.target), neurons=self._weighed(guess.neurons))

    def _weighed(self, found: tuple[GuessedNeuron, ...]) -> tuple[GuessedNeuron, ...]:
        shift = self.units.target - self.units.rows
        return tuple(replace(k, weight=float(np.ldexp(k.weight, shift))) for k in found) if shift else found

    def begun_guesses(self) -> list[Guess]:
        """What the solver at work has found, for the lambda that it has come to."""
        out = []
        for solver in self.begun:
            both = min(len(solver.pool), len(solver.t))  # interrupted between the two, perhaps
            found = neurons(self.program, solver.pool[:both], solver.t[:both].tolist())
            nu = np.ldexp(solver.nu, self.units.target)
            lam = Fraction(solver.lam) * self.units.penalty
            out.append(Guess(nu, self._weighed(found), (), "interrupted", lam=lam))
        return out

    def _optimum(self, lam: float) -> Guess:
        if not 0 < lam < np.inf:
            raise ValueError("lambda is beyond the range of floats")
        begin = time.perf_counter()
        program = self.program
        program.flats.near = NEAR  # the finish of another lambda may have widened it
        before = [column for solver in self.begun if solver.lam == lam for column in solver.pool]
        solver = Solver(program, self._target(), lam, self._pricer(), before)
        self.begun[:] = [solver]
        prepared = time.perf_counter()
        message = solver.run()
        solved = time.perf_counter()
        state = State(solver.pool, solver.t, solver.nu)
        if not self.finished:
            return Guess(program.whiten(solver.nu), *self._unfinished(solver), message)
        root, ties = finish(solver.pricer, solver.y, solver.lam, state, noise=solver.noise())
        if not message and (root.moved > 1e-9 or (root.t <= 0).any()):
            message = "Newton's method did not settle on the structure found"
        done = time.perf_counter()
        timings = {
            "prepare": prepared - begin,
            **solver.seconds,
            "finish": done - solved,
            "total": done - begin,
        }
        order = sorted(range(len(root.columns)), key=lambda i: _rank(float(root.t[i]), root.columns[i]))
        used = neurons(program, [root.columns[i] for i in order], [float(root.t[i]) for i in order])
        return Guess(
            program.whiten(root.nu), used, neurons(program, ties, [0.0] * len(ties)), message, timings
        )

    def _unfinished(self, solver: Solver) -> tuple[tuple[GuessedNeuron, ...], tuple[GuessedNeuron, ...]]:
        """The neurons that the search has ended with, and the ties there."""
        program, gated, known = self.program, self.gated, dict[tuple[object, ...], tuple[Column, float]]()
        for c, t in zip(solver.pool, solver.t, strict=True):
            if t > 0:
                column, weight = known.get(c.key(gated), (c, 0.0))
                known[c.key(gated)] = column, weight + float(t)
        used = neurons(program, [c for c, _ in known.values()], [t for _, t in known.values()])
        tight = solver.pricer.tight(program.whiten(solver.nu), solver.lam * (1 - TIE))
        others = [c for _, c in tight if c.key(gated) not in known]
        return used, neurons(program, others, [0.0] * len(others))

    def _target(self) -> Array:
        """y in these units, whitened."""
        return np.asarray(
            self.program.whiten(np.ldexp(np.asarray(self.y, dtype=np.float64), -self.units.target))
        )

    def lambda_max(self) -> float:
        """The least lambda at which the zero network is optimal."""
        target, pricer, best = self._target(), self._pricer(), 0.0
        nu = self.program.whiten(target)
        bound = self.program.reach(nu)
        for c in pricer.price(nu, 1e-12 * bound, limit=5, careful=False).columns:
            best = max(best, float(c.activations @ target))
        found = pricer.tight(nu, best * (1 - 1e-12)) if bound > 0 else []
        return float(np.ldexp(found[0][0], self.units.rows + self.units.target)) if found else 0.0

    def highest(self, nu: Array) -> list[tuple[int, tuple[int, ...]]]:
        """Sign and face of the directions where s nu.(Xu)_+ seems to be greatest (no list of cells)."""
        pricer, nu = self._pricer(), np.ldexp(nu, -exponent(nu))
        found = pricer.tight(nu, 1e-12 * self.program.reach(nu))
        return [(c.sign, c.face) for value, c in found if value >= found[0][0] * (1 - 1e-9)]

    def summits(self, nu: Array, starts: Sequence[tuple[int, Array]]) -> list[tuple[int, tuple[int, ...]]]:
        """Sign and face of the local maximum of s nu.(Xu)_+ above each start (s, u), each once (no list of cells)."""
        found, nu = dict[tuple[int, tuple[int, ...]], None](), np.ldexp(nu, -exponent(nu))
        for s, u in starts:
            for _, c in self.lookout.climbed(nu, s, u, 0.0):
                found[s, c.face] = None
        return list(found)

    @cached_property
    def lookout(self) -> Scout:
        """One scout for a residual that moves: it remembers where local maxima were."""
        found = self._pricer()
        assert isinstance(found, Scout)
        return found

    def high(self, nu: Array, level: float) -> list[tuple[float, int, tuple[int, ...]]]:
        """Value, sign and face of the local maxima of s nu.(Xu)_+ that seem to exceed a level (no list of cells)."""
        units = self.units.rows + exponent(nu)
        found = self.lookout.glance(np.ldexp(nu, -exponent(nu)), float(np.ldexp(level, -units)))
        return [(float(np.ldexp(value, units)), c.sign, c.face) for value, c in found]

    def multipliers(self, blocks: Indices, signs: Indices, nu: Array, level: Fraction | float) -> Array:
        """rho >= 0 for each block (pattern blocks[i], sign signs[i]) that bring it near its projection at nu.

        Blocks once below the level, by a thousandth, are left there.
        """
        units = Units(self.units.rows, exponent(nu))
        scaled, below = np.ldexp(nu, -units.target), float(Fraction(level) / units.penalty)
        return np.ldexp(multipliers(self.program, blocks, signs, scaled, below), units.target)


def _rank(weight: float, c: Column) -> tuple[float, int, tuple[int, ...], int]:
    """Heavy neurons first; equal weights (as far as rounding tells) in an order that does not depend on the search."""
    return -float(f"{weight:.8e}"), -c.sign, c.face, c.block
