"""Where the optimum probably is: a fast float solver of the constrained group lasso over all cells.

Nothing here is trusted. A guess names a structure (neurons, their faces, ties) and a residual near machine
precision; whether it is true is for the proof to say, which uses exact arithmetic only. The method never builds the
full program: see `solver` (columns, lasso, Newton), `pricing` (all blocks at once) and `finish` (a vertex).
"""

from __future__ import annotations

import time

import numpy as np

from polyrelu.guess.explored import Explored
from polyrelu.guess.facets import facets
from polyrelu.guess.finish import finish, neurons
from polyrelu.guess.multipliers import multipliers
from polyrelu.guess.pricing import Pricer
from polyrelu.guess.program import Program
from polyrelu.guess.result import Array, Bools, Guess, GuessedNeuron
from polyrelu.guess.scout import Oracle, Scout
from polyrelu.guess.sliding import State
from polyrelu.guess.solver import Solver

__all__ = ["Guess", "GuessedNeuron", "facets", "guess_optimum", "lambda_max", "multipliers"]


def guess_optimum(
    X: Array,
    y: Array,
    lam: float,
    patterns: Bools | None,
    *,
    gated: bool = False,
    all_cells: bool = True,
    oracle: Oracle | None = None,
    deadline: float | None = None,
) -> Guess:
    """The optimum of 1/2 || sum_b s D X w_b - y ||^2 + lam sum ||w_b||, w_b in K_D, over the listed patterns.

    `all_cells` promises that the list holds every full-dimensional cell; None is all cells without a list, where the
    `oracle` of `scout` is asked whether a direction was missed; `deadline` is a value of time.monotonic().

    >>> guess = guess_optimum(np.eye(2), np.array([3.0, -4.0]), 1.0, np.array([[1, 1], [1, 0], [0, 1], [0, 0]]) > 0)
    >>> guess.nu.tolist(), [(k.sign, k.face, k.weight) for k in guess.neurons]
    ([1.0, -1.0], [(-1, (0, 1), 3.0), (1, (1, 0), 2.0)])
    """
    begin = time.perf_counter()
    program, pricer = _asked(X, patterns, gated, all_cells, oracle)
    solver = Solver(program, np.asarray(y, dtype=np.float64), float(lam), pricer, deadline)
    prepared = time.perf_counter()
    message = solver.run()
    solved = time.perf_counter()
    state = State(solver.pool, solver.t, solver.nu)
    root, ties = finish(solver.pricer, solver.y, solver.lam, state, noise=solver.noise())
    if not message and (root.moved > 1e-9 or (root.t <= 0).any()):
        message = "Newton's method did not settle on the structure found"
    done = time.perf_counter()
    timings = {"prepare": prepared - begin, **solver.seconds, "finish": done - solved, "total": done - begin}
    order = sorted(range(len(root.columns)), key=lambda i: -root.t[i])
    used = neurons(program, [root.columns[i] for i in order], [float(root.t[i]) for i in order])
    return Guess(root.nu, used, neurons(program, ties, [0.0] * len(ties)), message, timings)


def _asked(
    X: Array, patterns: Bools | None, gated: bool, all_cells: bool, oracle: Oracle | None
) -> tuple[Program, Pricer | Scout]:
    """The program with what prices its blocks; without a list of patterns all cells are meant."""
    if patterns is None:
        explored = Explored(X)
        return explored, Scout(explored, oracle)
    program = Program(X, patterns, gated=gated, all_cells=all_cells)
    return program, Pricer(program)


def lambda_max(
    X: Array, y: Array, patterns: Bools, gated: bool = False, *, all_cells: bool = False
) -> tuple[float, int, int, Array, tuple[int, ...]]:
    """The least lambda at which the zero network is optimal: (value, block, sign, direction, face)."""
    program, nu = Program(X, patterns, gated=gated, all_cells=all_cells), np.asarray(y, dtype=np.float64)
    pricer, best = Pricer(program), 0.0
    bound = float(np.linalg.norm(program.moments(nu), axis=1).max(initial=0.0))
    first = pricer.price(nu, 1e-12 * bound, limit=5, careful=False)
    for c in first.columns:
        best = max(best, float(c.activations @ nu))
    found = pricer.tight(nu, best * (1 - 1e-12)) if bound > 0 else []
    if not found:
        return 0.0, 0, 1, np.zeros(program.d), () if gated else (0,) * program.n
    value, c = found[0]
    return value, c.block, c.sign, c.direction, () if gated else c.face
