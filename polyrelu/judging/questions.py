"""A trained network as a question about data and lambda: is it optimal, how far from it, is it stationary?

The network form's objective 1/2 |f - y|^2 + lambda/2 sum (|theta|^2 + phi^2) is compared with the proved optimum over
all networks of any width. Units that are not balanced pay for it; `balance=True` judges the balanced form instead,
which has the same outputs and the penalty sum |theta| |phi| (exactly, where the lengths |theta| are exact).

Three more questions, all different: `stationarity` (0 in the subdifferential at these weights), `subsampled` (an
optimum of the program with the network's own patterns 1[X theta >= 0] alone), and the distance in weights from the
optimal set (`distance`). For a gated network the program is that of its gates throughout.

>>> X, y = [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]
>>> ask(Network.of([["6/5", "8/5"], ["-6/5", "-8/5"]], [2, 2]), X, y, 1).optimal.answer
True
>>> ask(Network.of([["6/5", "8/5"]], [2]), X, y, 1).optimal.answer
False
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.certification import certify_penalised
from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import products
from polyrelu.exact.rational import to_fmpq
from polyrelu.judging.answer import Answer
from polyrelu.judging.comparison import Comparison, by_duality, with_optimum
from polyrelu.judging.distance import Distance, distance
from polyrelu.judging.stationarity import stationarity
from polyrelu.networks.coordinates import BITS, enclosed, sign_of
from polyrelu.networks.network import Network
from polyrelu.networks.objective import objective_of, require, residual_of
from polyrelu.proof.program import Program, distinct_patterns
from polyrelu.result import Result
from polyrelu.verdict import Verdict

Stage = Callable[[str], None]


def ask(
    network: Network,
    X: Any,
    y: Any = None,
    lam: Any = None,
    *,
    bias: bool | str = False,
    balance: bool = False,
    floats: Floats = "decimal",
    max_cells: int | None = None,
    executor: Executor | None = None,
    stage: Stage | None = None,
) -> Answer:
    """Ask whether a network is optimal and stationary for data (X, y) and lambda > 0, and how far it is from it.

    `X` may be a `Problem`, or a `Result`, whose proof is then used where it is about all networks.
    With `bias` the data gets its column of ones, and the last input of the network is it.
    `balance` judges the balanced form of the network instead of the weights as given.
    """
    begin = time.perf_counter()
    known = X if isinstance(X, Result) else None
    given = X.problem if isinstance(X, Result) else X
    problem = given if isinstance(given, Problem) else Problem.of(given, y, lam, bias=bias, floats=floats)
    require(network, problem)
    residual = residual_of(network, problem)
    value, gain = objective_of(network, problem, residual, balance)
    patterns: Any = "cells" if not network.is_gated else _own_patterns(network, problem)
    if known is not None and _is_about_all(known, network):
        result = known
    else:
        result = certify_penalised(
            problem,
            patterns=patterns,
            gated=network.is_gated,
            max_cells=max_cells,
            executor=executor,
            stage=stage,
        )
    full = _compare(value, residual, result, lambda: _program(problem, patterns, network.is_gated))
    own = full if network.is_gated else _subsampled(network, problem, value, residual, stage)
    near, reason = _distance(network, residual, result, full)
    conditions = stationarity(network, problem, balance=balance)
    seconds = time.perf_counter() - begin
    return Answer(
        problem, network, balance, value, gain, full, own, result, conditions, near, reason, seconds
    )


def _is_about_all(result: Result, network: Network) -> bool:
    """Whether a result is proved, and about all networks of the kind of this one."""
    return (
        result.solutions is not None and not result.solutions.optimum.program.scope and not network.is_gated
    )


def _own_patterns(network: Network, problem: Problem) -> NDArray[np.bool_]:
    """1[X theta >= 0] of every unit that is not zero; the gates' patterns of a gated network."""
    units = [unit for unit in network.units if unit.gate is not None or not unit.is_zero]
    rows = [[to_fmpq(v) for v in row] for row in problem.X]
    before = products(rows, [unit.gate or unit.theta for unit in units])
    table = [[sign_of(v, f"x_{j + 1} . theta") >= 0 for v in line] for j, line in enumerate(before)]
    return np.array(table, dtype=bool).reshape(problem.n, len(units)).T


def _program(problem: Problem, patterns: Any, gated: bool) -> Program:
    whole = isinstance(patterns, str)
    nonzero = np.array([any(row) for row in problem.X], dtype=bool)
    present = enumerate_cells(problem.X).patterns if whole else distinct_patterns(patterns, nonzero)
    return Program(
        problem.X, problem.y or (), problem.lam or Fraction(0), np.asarray(present, dtype=bool), whole, gated
    )


def _compare(value: Any, residual: list[Any], result: Result, program: Callable[[], Program]) -> Comparison:
    """Against the proved optimum; by duality where there is none, or where it leaves the question open."""
    known = result.solutions
    asked = cache(program) if known is None else cache(lambda: known.optimum.program)
    found = _compared(value, residual, result, asked)
    return replace(found, verdict=replace(found.verdict, scope=asked().scope))


def _compared(value: Any, residual: list[Any], result: Result, program: Callable[[], Program]) -> Comparison:
    found, blocked = None, result.reason or ""
    if result.solutions is not None:
        found = with_optimum(value, result.proved())
        if found.verdict.answer is not None:
            return found
        blocked = found.verdict.reason
    try:
        dual = by_duality(value, residual, program())
    except Undecided:
        with precision(BITS):
            ceiling = (arb(0), enclosed(value))
        return found or Comparison(Verdict.undecided("optimal", blocked), ceiling, ceiling)
    return replace(found, verdict=dual.verdict) if found is not None else dual


def _subsampled(
    network: Network, problem: Problem, value: Any, residual: list[Any], stage: Stage | None
) -> Comparison:
    try:
        with precision(BITS):
            patterns = _own_patterns(network, problem)
            ceiling = (arb(0), enclosed(value))
    except Undecided as blocked:
        return Comparison(
            Verdict.undecided("optimal", str(blocked)), (arb(0), arb("inf")), (arb(0), arb("inf"))
        )
    if not len(patterns):
        alone = (ceiling[1], ceiling[1])
        return Comparison(
            Verdict.proved("optimal", "a network of zero units has no patterns to choose from"),
            alone,
            (arb(0),) * 2,
        )
    result = certify_penalised(problem, patterns=patterns, stage=stage)
    return _compare(value, residual, result, lambda: _program(problem, patterns, False))


def _distance(
    network: Network, residual: list[Any], result: Result, full: Comparison
) -> tuple[Distance | None, str | None]:
    if result.solutions is None:
        return None, f"the optimum is undecided: {result.reason}"
    try:
        near = distance(network, residual, result.proved())
    except Undecided as blocked:
        return None, str(blocked)
    if full.verdict.answer:
        near = replace(near, lower=arb(0), upper=arb(0))
    return near, None
