"""The main door: `certify(X, y, lam)` finds all cells, guesses the optimum and proves it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.budget import OutOfTime, most_of_the_time
from polyrelu.data.given_patterns import as_patterns
from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Problem, Vector, penalty
from polyrelu.errors import BadInput, Undecided
from polyrelu.guess import Guess, guessing
from polyrelu.limits import MAX_VERTICES
from polyrelu.proof.program import Program, distinct_patterns
from polyrelu.result import Result, SolutionSet, timed

MAX_LISTED = 400
"""Up to so many cells (by the bound that costs nothing) a list is faster than a covering of all directions."""
MAX_RETRIED = 20_000
"""Up to so many cells an answer that directions leave undecided is sought by the list as well."""
MAX_ATTEMPTS = 6
"""How often a direction that the proof finds above lambda may send the guess back."""
Stage = Callable[[str], None]
Proposal = Callable[[Program], Guess]
Tries = Iterator[Callable[[], Guess]]


def certify(
    X: Any,
    y: Any = None,
    lam: Any = None,
    *,
    bias: bool | str = False,
    output_bias: str = "none",
    skip: bool = False,
    free: Sequence[str | int] = (),
    patterns: Any = "cells",
    gated: bool = False,
    floats: Floats = "decimal",
    max_cells: int | None = None,
    max_vertices: int = MAX_VERTICES,
    executor: Executor | None = None,
    stage: Stage | None = None,
) -> Result:
    """Prove the optimum of the two-layer ReLU network problem for data (X, y) and penalty lambda.

    `X` may also be a `Problem`. `patterns` is "cells" (the full problem), "all" (also the patterns of directions on
    hyperplanes; the same optimum), or a list of 0/1 patterns (the sub-sampled program). `gated` asks for the gated
    ReLU program, one block per pattern. At lambda = 0 the set of optimal networks is a rational polyhedron. Which
    problem it is say `bias`, `output_bias`, `skip` and `free`: see `Problem.of`.

    >>> result = certify([[3, 4], [-4, 3], [5, 12]], [1, 2, 3], 1)
    >>> result.status
    'proved'
    """
    chosen = {"bias": bias, "output_bias": output_bias, "skip": skip, "free": free}
    problem = X if isinstance(X, Problem) else Problem.of(X, y, lam, floats=floats, **chosen)  # type: ignore[arg-type]
    if isinstance(X, Problem) and lam is not None:
        problem = replace(problem, lam=penalty(lam, floats))
    begin = time.monotonic()
    try:
        program, seconds = _program(
            problem, patterns, gated, max_cells=max_cells, executor=executor, stage=stage
        )
    except OutOfTime as over:
        return _not_listed(problem, patterns, gated, str(over), time.monotonic() - begin)
    return _certify_program(problem, program, {"enumerate": seconds}, stage, max_vertices)


def _not_listed(problem: Problem, patterns: Any, gated: bool, reason: str, seconds: float) -> Result:
    """Time was over before the patterns were known: bounds are all there is, and of the full problem alone."""
    full = isinstance(patterns, str) and not gated and bool(problem.lam)
    bounds = None
    if full:
        from polyrelu.bounding.search import bounds_of

        bounds = bounds_of(problem)
    return Result(problem, "undecided", reason, None, None, None, {"enumerate": seconds}, bounds)


def certify_penalised(
    problem: Problem,
    *,
    patterns: Any = "cells",
    gated: bool = False,
    max_cells: int | None = None,
    max_vertices: int = MAX_VERTICES,
    executor: Executor | None = None,
    stage: Stage | None = None,
    guess: Proposal | None = None,
) -> Result:
    """`certify` where neurons are needed: lambda = 0 is refused at once. `guess` may stand for our own search."""
    if problem.lam == 0:
        raise BadInput("lambda = 0 has no list of neurons: only certify and plot handle it; give lambda > 0")
    program, seconds = _program(problem, patterns, gated, max_cells=max_cells, executor=executor, stage=stage)
    return _certify_program(problem, program, {"enumerate": seconds}, stage, max_vertices, propose=guess)


def _program(
    problem: Problem,
    patterns: Any,
    gated: bool,
    *,
    max_cells: int | None,
    executor: Executor | None,
    stage: Stage | None,
) -> tuple[Program, float]:
    """The program at hand, and the seconds that finding its patterns took."""
    _supported(problem, gated, patterns)
    offset = problem.setting.hidden == "free"
    _, lam = _required(problem)
    timings: dict[str, float] = {}
    with _step(timings, "enumerate", stage):
        if (
            isinstance(patterns, str)
            and patterns == "cells"
            and lam
            and not gated
            and (offset or not _has_few_cells(problem))
        ):
            program = Program.of(problem)
            _ = program.cells  # counted here, so that its time is told
        else:
            present, all_cells = _present_patterns(problem, patterns, max_cells, executor)
            program = Program.of(problem, present, all_cells, gated)
    return program, timings["enumerate"]


def _supported(problem: Problem, gated: bool, patterns: Any) -> None:
    """Refuse what is not there for the setting."""
    if problem.setting.hidden == "free" and not (isinstance(patterns, str) and patterns == "cells"):
        problem.setting.refuse("a program of some patterns", "use all cells")
    if gated:
        problem.setting.refuse("a gated program", "drop --gated")
    if problem.lam == 0:
        problem.setting.refuse("lambda = 0", "give lambda > 0")


def _has_few_cells(problem: Problem) -> bool:
    """Whether the cells are so few that listing them is faster than covering all directions."""
    from polyrelu.arrangement.counting import cells_upper_bound
    from polyrelu.exact.integers import primitive_rows
    from polyrelu.exact.labels import lines_of_rows
    from polyrelu.exact.lattice import row_space_basis

    lines = lines_of_rows(primitive_rows(problem.X)).rows
    return cells_upper_bound(len(lines), len(row_space_basis(lines))) <= MAX_LISTED


def _required(problem: Problem) -> tuple[Vector, Fraction]:
    if problem.y is None:
        raise BadInput(
            "a target y is needed to certify an optimum; give y, or a data file with a target column"
        )
    if problem.lam is None:
        raise BadInput("a penalty is needed; give lam (on the command line --lam), for instance 1/10")
    return problem.y, problem.lam


def program_of(problem: Problem, patterns: Any = "cells", *, gated: bool = False) -> Program:
    """The program of all cells, which nobody lists, of a list of patterns, or of gates."""
    _supported(problem, gated, patterns)
    if isinstance(patterns, str) and patterns == "cells" and not gated:
        return Program.of(problem)
    present, all_cells = _present_patterns(problem, patterns, None, None)
    return Program.of(problem, present, all_cells, gated)


def _present_patterns(
    problem: Problem, patterns: Any, max_cells: int | None, executor: Executor | None
) -> tuple[NDArray[np.bool_], bool]:
    from polyrelu.arrangement.cells import all_patterns, enumerate_cells

    if not isinstance(patterns, str):
        nonzero = np.array([any(row) for row in problem.X], dtype=bool)
        return distinct_patterns(as_patterns(patterns, problem.n), nonzero), False
    if patterns not in ("cells", "all"):
        raise BadInput(f'patterns={patterns!r} is unknown; use "cells", "all" or a list of 0/1 patterns')
    arrangement = enumerate_cells(problem.X, executor=executor, max_cells=max_cells)
    if patterns == "all":
        return np.asarray(all_patterns(arrangement)[0], dtype=bool), False
    return np.asarray(arrangement.patterns, dtype=bool), True


def _certify_program(
    problem: Problem,
    program: Program,
    timings: dict[str, float],
    stage: Stage | None,
    max_vertices: int,
    *,
    propose: Proposal | None = None,
) -> Result:
    from polyrelu.proof.lambda_max import lambda_max_squared
    from polyrelu.proof.proposals import proposals

    solve = _proved_set if program.lam else _polyhedron
    solutions, reason, largest = None, None, None
    with guessing():
        try:
            with most_of_the_time():
                with _step(timings, "lambda_max", stage), suppress(Undecided):
                    largest = lambda_max_squared(program)
                tries = iter([lambda: propose(program)]) if propose else proposals(program, largest, _guess)
                solutions = solve(program, timings, stage, max_vertices, tries)
        except Undecided as blocked:
            reason = str(blocked)
            if program.listed is None and not isinstance(blocked, OutOfTime):
                solutions = _by_the_list(program, largest, timings, stage, max_vertices)
        bounds = None
        if solutions is None and program.all_cells and not program.gated:
            from polyrelu.bounding.search import bounds_of

            with _step(timings, "bounds", stage):
                bounds = bounds_of(problem)
    if solutions is not None:
        return Result(problem, "proved", None, program.cells, solutions, largest, timings)
    return Result(problem, "undecided", reason, program.cells, None, largest, timings, bounds)


def _by_the_list(
    program: Program, largest: Any, timings: dict[str, float], stage: Stage | None, max_vertices: int
) -> SolutionSet | None:
    """The second road, where the first ends undecided and the cells can be listed: another guess, another proof."""
    from polyrelu.proof.proposals import proposals

    if program.offset or program.cells is None or program.cells > MAX_RETRIED:
        return None
    listed = replace(program, listed=program.patterns)
    with suppress(Undecided), most_of_the_time():
        return _proved_set(listed, timings, stage, max_vertices, proposals(listed, largest, _guess))
    return None


def _proved_set(
    program: Program, timings: dict[str, float], stage: Stage | None, max_vertices: int, tries: Tries
) -> SolutionSet:
    """lambda > 0: guess, then prove."""
    from polyrelu.optimal_set.levels import OptimalSet
    from polyrelu.proof.directions import Missed
    from polyrelu.proof.optimum import prove
    from polyrelu.proof.proposals import first_proved

    def attempt(proposal: Callable[[], Guess]) -> OptimalSet:
        with _step(timings, "guess", stage):
            guess = proposal()
        with _step(timings, "prove", stage):
            return OptimalSet(prove(program, guess), max_vertices)

    def proved(proposal: Callable[[], Guess]) -> OptimalSet:
        for _ in range(MAX_ATTEMPTS - 1):
            try:
                return attempt(proposal)
            except Missed as higher:
                for variant in program.variants:
                    variant.guesser.seeds.extend(variant.seen(u, program) for _, u in higher.directions)
        return attempt(proposal)

    return first_proved(tries, proved)


def _polyhedron(
    program: Program, timings: dict[str, float], stage: Stage | None, max_vertices: int, tries: Tries
) -> SolutionSet:
    """lambda = 0: a projection, always decided; nothing is guessed."""
    from polyrelu.unregularised.optimal_set import UnregularisedSet

    solutions = UnregularisedSet(program, max_vertices)
    with _step(timings, "fit", stage):
        _ = solutions.optimum.fit  # kept there, and computed here so that its time is told
    return solutions


def _guess(program: Program, lam: Fraction) -> Guess:
    """The float guess; that it crashed is a reason to be undecided, never a crash of ours."""
    try:
        return program.guesser.optimum(lam)
    except (ArithmeticError, ValueError, IndexError, np.linalg.LinAlgError) as crash:
        raise Undecided(f"the floating-point guess failed ({type(crash).__name__}: {crash})") from None


def _step(timings: dict[str, float], step: str, stage: Stage | None) -> AbstractContextManager[None]:
    """A timed step, announced to whoever is waiting."""
    if stage is not None:
        stage(step)
    return timed(timings, step)
