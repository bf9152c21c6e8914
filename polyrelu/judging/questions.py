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
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace
from functools import cache
from typing import Any

from flint import arb

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.arrangement.counting import number_of_cells_up_to
from polyrelu.bounding.patterns import bounds_of_patterns
from polyrelu.bounding.weights import weights_of
from polyrelu.certification import MAX_RETRIED, certify_penalised
from polyrelu.data.numbers import Floats, exact_number
from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.judging.answer import Answer
from polyrelu.judging.comparison import Comparison, by_bounds, by_duality, with_optimum
from polyrelu.judging.distance import Distance, distance
from polyrelu.judging.nearest import Nearest, itself, nearest_stationary
from polyrelu.judging.patterns import chosen_patterns, listed_program, own_patterns
from polyrelu.judging.stationarity import Stationarity, stationarity
from polyrelu.judging.superfluous import Leaner, leaner
from polyrelu.networks.coordinates import BITS, enclosed
from polyrelu.networks.matching import Matching
from polyrelu.networks.network import Network
from polyrelu.networks.objective import judged, objective_of, residual_of
from polyrelu.proof.program import Program, among
from polyrelu.result import Result
from polyrelu.verdict import Verdict

Stage = Callable[[str], None]


def ask(
    network: Any,
    X: Any,
    y: Any = None,
    lam: Any = None,
    *,
    bias: bool | str | None = None,
    output_bias: str | None = None,
    skip: bool | None = None,
    free: Sequence[str | int] | None = None,
    patterns: Any = "cells",
    tolerance: Any = None,
    balance: bool = False,
    floats: Floats = "decimal",
    max_cells: int | None = None,
    executor: Executor | None = None,
    stage: Stage | None = None,
) -> Answer:
    """Ask whether a network is optimal and stationary for data (X, y) and lambda > 0, and how far it is from it.

    `network` may be anything that `Network.of` reads. `X` may be a `Problem`, or a `Result`, whose proof is then used
    where it is about all networks. Which problem it is say `bias`, `output_bias`, `skip`, `free` and `lam`; where none
    of the first four (or no lambda) is given, what the network was trained for is taken (`network.matching`).
    `patterns` says among which networks: "cells" (all), "own" (those with its patterns), or a list of 0/1 patterns.
    `tolerance` says how near to a row's hyperplane, in parts of |x| |theta|, a unit counts as lying on it when a
    stationary point near the network is sought; without it some are tried.
    `balance` judges the balanced form of the network instead of the weights as given.
    """
    begin = time.perf_counter()
    network = network if isinstance(network, Network) else Network.of(network)
    known = X if isinstance(X, Result) else None
    options = {"bias": bias, "output_bias": output_bias, "skip": skip, "free": free}
    chosen = {name: value for name, value in options.items() if value is not None}
    problem = known.problem if known else _problem(network, X, y, lam, floats, **chosen)
    network = judged(network, problem)
    asked = chosen_patterns(network, problem, patterns)
    residual = residual_of(network, problem)
    value, gain = objective_of(network, problem, residual, balance)
    result = _proved(network, problem, known, asked, max_cells=max_cells, executor=executor, stage=stage)
    scope = "" if isinstance(asked, str) or problem.setting.hidden != "free" else among(len(asked))
    full = _compare(value, residual, result, lambda: _program(problem, asked, network.is_gated), scope)
    is_own = network.is_gated or (isinstance(patterns, str) and patterns == "own")
    own = full if is_own else _subsampled(network, problem, value, residual, full, stage=stage)
    conditions = stationarity(network, problem, balance=balance)
    form = network.balanced() if balance else network
    return Answer(
        problem,
        network,
        balance,
        value,
        gain,
        full,
        own,
        result,
        conditions,
        *_distance(network, residual, result, full),
        time.perf_counter() - begin,
        *_nearest(form, problem, residual, conditions, tolerance),
        *_leaner(network, problem),
    )


def _problem(network: Network, X: Any, y: Any, lam: Any, floats: Floats, **chosen: Any) -> Problem:
    """The problem that was asked about, or as far as nothing was said the one that the network was trained for."""
    if isinstance(X, Problem):
        return X
    return (network.matching or Matching()).problem(X, y, lam, floats=floats, **chosen)


def _proved(network: Network, problem: Problem, known: Result | None, asked: Any, **means: Any) -> Result:
    """The optimum that the network is compared with: a known one, or a new proof."""
    if known is not None and isinstance(asked, str) and _is_about_all(known, network):
        return known
    if not isinstance(asked, str) and not len(asked):
        return Result(problem, "undecided", "no unit has a pattern", 0, None)
    if not isinstance(asked, str) and problem.setting.hidden == "free":
        why = "with a free hidden bias and a list of patterns the optimum is bounded, and no more"
        found = bounds_of_patterns(problem, asked, weights_of(network, problem))
        return Result(problem, "undecided", why, len(asked), None, bounds=found)
    return certify_penalised(problem, patterns=asked, gated=network.is_gated, **means)


def _is_about_all(result: Result, network: Network) -> bool:
    """Whether a result is proved, and about all networks of the kind of this one."""
    return (
        result.solutions is not None and not result.solutions.optimum.program.scope and not network.is_gated
    )


def _program(problem: Problem, asked: Any, gated: bool) -> Program:
    """The program of a list; that of all cells where they can be listed, and else it is known by its bounds alone."""
    if problem.setting.hidden == "free" or (isinstance(asked, str) and not problem.setting.is_plain):
        raise Undecided("the program of all cells is not listed")
    if not isinstance(asked, str):
        return listed_program(problem, asked, gated)
    cells = number_of_cells_up_to(problem.X, MAX_RETRIED)
    if cells is None:
        raise Undecided("the program has too many cells for a list")
    return listed_program(problem, enumerate_cells(problem.X).patterns, gated, whole=True)


def _compare(
    value: Any, residual: list[Any], result: Result, program: Callable[[], Program], scope: str = ""
) -> Comparison:
    """Against the proved optimum; by bounds or by duality where there is none, or where it leaves the question open."""
    known = result.solutions
    asked = cache(program) if known is None else cache(lambda: known.optimum.program)
    found = _compared(value, residual, result, asked)
    with suppress(Undecided):
        scope = asked().scope
    return replace(found, verdict=replace(found.verdict, scope=scope))


def _compared(value: Any, residual: list[Any], result: Result, program: Callable[[], Program]) -> Comparison:
    found, blocked = None, result.reason or ""
    if result.solutions is not None:
        found = with_optimum(value, result.proved())
        if found.verdict.answer is not None:
            return found
        blocked = found.verdict.reason
    elif result.bounds is not None:
        found = by_bounds(value, result.bounds, blocked)
    try:
        if program().listed is None:
            raise Undecided("no list of blocks is at hand")
        dual = by_duality(value, residual, program())
    except Undecided:
        with precision(BITS):
            ceiling = (arb(0), enclosed(value))
        return found or Comparison(Verdict.undecided("optimal", blocked), ceiling, ceiling)
    return replace(found, verdict=dual.verdict) if found is not None else dual


def _subsampled(
    network: Network,
    problem: Problem,
    value: Any,
    residual: list[Any],
    full: Comparison,
    *,
    stage: Stage | None,
) -> Comparison:
    try:
        with precision(BITS):
            patterns = own_patterns(network, problem)
            ceiling = (arb(0), enclosed(value))
    except Undecided as blocked:
        return Comparison(
            Verdict.undecided("optimal", str(blocked)), (arb(0), arb("inf")), (arb(0), arb("inf"))
        )
    if not len(patterns) and problem.setting.is_plain:
        alone = (ceiling[1], ceiling[1])
        return Comparison(
            Verdict.proved("optimal", "a network of zero units has no patterns to choose from"),
            alone,
            (arb(0),) * 2,
        )
    if problem.setting.hidden == "free" and full.verdict.answer and not full.verdict.scope:
        reason = "it is optimal among all networks"
        return replace(full, verdict=Verdict.proved("optimal", reason, scope=among(len(patterns))))
    result = _proved(network, problem, None, patterns, stage=stage)
    scope = among(len(patterns)) if problem.setting.hidden == "free" and len(patterns) else ""
    return _compare(value, residual, result, lambda: _program(problem, patterns, False), scope)


def _nearest(
    network: Network,
    problem: Problem,
    residual: list[Any],
    conditions: Stationarity,
    tolerance: Any,
) -> tuple[Nearest | None, str | None]:
    """A proved stationary point nearby: the network itself, where it is one."""
    wanted = None if tolerance is None else exact_number(tolerance)
    try:
        if conditions.clarke.answer and network.is_exact:
            return itself(network, problem, residual, conditions.kinks), None
        return nearest_stationary(network, problem, residual, wanted), None
    except (Undecided, LimitReached) as blocked:
        return None, str(blocked)


def _leaner(network: Network, problem: Problem) -> tuple[Leaner | None, str | None]:
    try:
        return leaner(network, problem), None
    except (Undecided, LimitReached) as blocked:
        return None, str(blocked)


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
