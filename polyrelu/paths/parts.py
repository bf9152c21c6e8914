"""The way down in parts, which workers walk at the same time: each begins with an optimum certified at its upper end.

How an interval is cut depends on its ends alone, never on the workers. At a cut both parts are proved, and the optimum
there is one, so that the pieces on both sides belong to the same structure. A part that cannot begin by itself (at a
breakpoint, say) is walked from the end of the part above it.
"""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from threading import Lock

from flint import fmpq

from polyrelu import budget
from polyrelu.curves.branch import BITS
from polyrelu.curves.faces import Faces
from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.guess import guessing
from polyrelu.paths.ends import between
from polyrelu.paths.gaps import Way, walked
from polyrelu.paths.largest import Largest, without_neurons
from polyrelu.paths.starts import Start, started
from polyrelu.proof.program import Program

PARTS = 8
"""At about equal ratios, from the lower end to lambda_max."""
Asked = tuple[Problem, Program, Largest]
LATE = 2
"""Seconds after the end of the time allowed in which a worker may say what it has proved."""
_ONE_AT_A_TIME = Lock()
"""The working precision is one number for a process: threads of one engine take turns."""


def start_at(problem: Problem, faces: Faces, largest: Largest, high: fmpq) -> Start | None:
    """No neuron above lambda_max; else what is proved at the upper end."""
    if largest.is_below(high):
        return without_neurons(faces, high)
    with suppress(Undecided, LimitReached):
        return started(problem, faces, high)
    return None


def walked_in_parts(asked: Asked, low: fmpq, high: fmpq, executor: Executor) -> Way:
    """The whole way down, on any executor."""
    problem, _, largest = asked
    top = largest.top
    cuts = between(to_fraction(low), min(top, to_fraction(high)), PARTS) if to_fraction(low) < top else []
    spans = [(to_fmpq(b), to_fmpq(a)) for a, b in pairwise([to_fraction(low), *cuts, to_fraction(high)])]
    way, futures = Way(), [_submitted(executor, asked, *span) for span in reversed(spans)]
    for (above, below), future in zip(reversed(spans), futures, strict=True):
        found = None if future is None else _result(future)
        if found is None:
            found = part(asked, below, above, None)
        open_at_cut = not found.pieces or any(gap.low == above for gap in way.gaps)
        if way.pieces and open_at_cut:
            way = further(problem, way, below)
        else:
            way.extend(found)
    return way


def _submitted(executor: Executor, asked: Asked, above: fmpq, below: fmpq) -> Future[Way] | None:
    """A part for a worker, if the engine takes any."""
    left = _time_left()
    until = None if left is None else (left, time.time() + left)
    try:
        return executor.submit(part, asked, below, above, until)
    except (RuntimeError, OSError):
        return None


def _time_left() -> float | None:
    deadline = budget.current().deadline
    return None if deadline is None else deadline - time.monotonic()


def _result(future: Future[Way]) -> Way | None:
    """What a worker has found, if it answers in time; whatever became of it: a part is a pure function."""
    left = _time_left()
    with suppress(Exception):
        return future.result(None if left is None else max(0, left + LATE))
    future.cancel()
    return None


def part(asked: Asked, low: fmpq, high: fmpq, until: tuple[float, float] | None) -> Way:
    """What is proved from one penalty down to another; in a worker, or here.

    `until` holds the seconds that are left, and the time of day when they are over: a part may have to wait for its
    worker, whose clock may be another.
    """
    problem, program, largest = asked
    limits = budget.current()
    if until is not None:
        limits = budget.Budget(budget.seconds_from_now(min(until[0], until[1] - time.time())))
    with (
        _ONE_AT_A_TIME,
        budget.spending(replace(limits, executor=None)),
        precision(BITS),
        guessing(),
    ):
        start = start_at(problem, Faces(program), largest, high)
        return walked(problem, start, low, high, None)


def further(problem: Problem, way: Way, low: fmpq) -> Way:
    """A way that goes on from its last piece, in place of what was left open below it."""
    last = way.pieces[-1]
    longer = Way(way.pieces.copy(), way.breaks.copy(), [g for g in way.gaps if g.low >= last.chord.low])
    with _ONE_AT_A_TIME, precision(BITS):
        point = last.curve.branch.newton(last.chord.at_low, last.chord.low)
        start = None if point is None else (last.curve, last.curve.node(point, last.chord.low))
        longer.extend(walked(problem, start, low, last.chord.low, None))
    return longer
