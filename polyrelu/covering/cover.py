"""The covering: units of work in waves, on any executor, within a budget, with checkpoints.

A wave is a fixed number of lists of boxes from the top of the pile; each is one unit of work, a pure function. What the
units leave goes back on the pile in their order. So the answer and the counts are the same for every executor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from polyrelu.covering.boxes import Boxes, facets
from polyrelu.covering.checkpoint import WAVE, Checkpoint, Log, State
from polyrelu.covering.narrow import narrowed
from polyrelu.covering.question import Question
from polyrelu.covering.region import Found, Side
from polyrelu.covering.results import Counts, Covered, Direction, Partition, Resisting
from polyrelu.covering.search import joined, search
from polyrelu.covering.sweep import is_swept, swept
from polyrelu.covering.tight import check_stars
from polyrelu.guess import guessing

UNIT = 8192
"""Boxes looked at in one unit of work,"""
FIRST_UNIT = 1024
"""and in the first of each sign, which is alone."""
MAX_DEPTH = 24
"""A box is halved at most so often along each coordinate."""


def cover(
    question: Question,
    *,
    executor: Executor | None = None,
    max_depth: int = MAX_DEPTH,
    max_boxes: int | None = None,
    deadline: float | None = None,
    progress: Callable[[float], object] | None = None,
    checkpoint: Checkpoint | None = None,
    most: int = 64,
    enough: int | None = None,
    record: bool = False,
    hasty: bool = False,
    start: Partition | None = None,
) -> Covered | Resisting:
    """Prove that every direction off the stars is strictly below the level, or name directions that resist.

    `executor` is anything with `submit`; `deadline` a value of `time.monotonic()`; `progress` is called with the share
    of directions that is settled. The search ends early once `enough` directions resist (default: `most`); a unit of
    work, the first one apart, is not searched further when some of its boxes resist. What a `checkpoint` knows of this
    search is not done again, and it hears of what is done. `record` keeps every leaf, for a second check, and no
    checkpoint. A `hasty` search, without one, too, gives up at the first direction that no box can settle, and returns
    the boxes that it has settled; `start` begins with those of another question like this one: they are all directions,
    and most of them are settled at once. With two or three coordinates a hasty search needs no boxes (`sweep`).
    """
    if question.level <= 0:
        return Resisting(Counts(), (), 0, "enclosure")
    check_stars(question)
    limits = Limits(max_depth, max_boxes, deadline, most, most if enough is None else enough, record, hasty)
    within = None if record else narrowed(question)
    asked = question if within is None else within.question
    if hasty and not record and is_swept(asked):
        answer = swept(asked, most)
    else:
        log = Log(None if record or hasty else checkpoint, f"{asked.fingerprint} {limits.named}")
        answer = log.answer or searched(asked, limits, executor, progress, log, start)
    return answer if within is None else within.back(answer)


@dataclass(frozen=True)
class Limits:
    """How deep, how long and how much."""

    max_depth: int
    max_boxes: int | None
    deadline: float | None
    most: int
    enough: int
    record: bool
    hasty: bool = False

    @property
    def named(self) -> str:
        """Those on which an answer depends."""
        return f"{self.max_depth} {(self.most, self.enough, self.max_boxes)}"

    def reached(self, counts: Counts) -> str | None:
        """Which limit has been reached, if any."""
        if self.max_boxes is not None and counts.boxes >= self.max_boxes:
            return "boxes"
        return "time" if self.deadline is not None and time.monotonic() >= self.deadline else None


def searched(  # noqa: PLR0917
    question: Question,
    limits: Limits,
    executor: Executor | None,
    progress: Callable[[float], object] | None,
    log: Log,
    start: Partition | None = None,
) -> Covered | Resisting:
    """The search itself, from the start or from where it was."""
    how = limits.max_depth, limits.record, limits.hasty
    sides = {sign: Side.of(question, sign, *how) for sign in question.signs}
    whole = Partition(question.d, question.normed, {s: side.layout.P for s, side in sides.items()}, {})
    if start is not None and start.suits(whole.d, whole.normed, whole.digits):
        state = State(list(start.boxes.items()))
    else:
        state = log.state or State(roots(question, sides))
    reason = None
    try:
        while state.waiting and reason is None:
            reason = limits.reached(state.counts)
            if not state.wave and len(state.directions) >= limits.enough:
                reason = "resists"
            if reason is None:
                wave(sides, state, executor, Watch(state.counts, limits, progress), log)
    except BaseException:
        log.keep(state)
        raise
    answer = finished(state, reason, limits.most)
    if limits.hasty and isinstance(answer, Covered):
        boxes = {s: joined(found, question.d) for s, found in state.settled.items()}
        answer = replace(answer, partition=replace(whole, boxes=boxes))
    if reason == "time":
        log.keep(state)
    else:
        log.end(answer)
    return answer


def roots(question: Question, sides: dict[int, Side]) -> list[tuple[int, Boxes]]:
    """All directions, for each sign."""
    return [(sign, facets(question.d, question.normed, side.layout.P)) for sign, side in sides.items()]


@dataclass
class Watch:
    """Looks at each unit that ends: reports progress, and says when to stop."""

    counts: Counts
    limits: Limits
    progress: Callable[[float], object] | None

    def stops(self, found: Found) -> bool:
        """Whether the budget is used up with this unit."""
        self.counts += found.counts
        if self.progress is not None:
            self.progress(self.counts.share)
        return self.limits.reached(self.counts) is not None


def wave(sides: dict[int, Side], state: State, executor: Executor | None, watch: Watch, log: Log) -> None:
    """One wave of units. What is not done when the watch stops it, or an exception, stays on top of the pile.

    It is done as a wave of its own before anything else, so that the pile grows as if nothing had happened.
    """
    tasks = state.waiting[-(state.wave or WAVE) :]
    units = results(sides, tasks, executor, watch.limits.deadline)
    got: list[Found] = []
    try:
        for found in units:
            got.append(found)
            if watch.stops(found):
                break
            if log.due:
                log.keep(booked(sides, state, tasks, got))
    finally:
        units.close()
        after = booked(sides, state, tasks, got)
        vars(state).update(
            vars(after)
        )  # at one stroke: Ctrl-C never leaves a pile from which boxes are missing


def booked(sides: dict[int, Side], state: State, tasks: list[tuple[int, Boxes]], got: list[Found]) -> State:
    """The state when the first units of a wave are done and the others are not."""
    after = replace(
        state,
        waiting=state.waiting[: -len(tasks)],
        directions=list(state.directions),
        leaves=list(state.leaves),
        settled=dict(state.settled),
        wave=len(tasks) - len(got),
    )
    for (sign, boxes), found in zip(tasks, got, strict=False):
        after.take(sign, found, root=is_root(sides[sign], boxes))
    after.waiting += tasks[len(got) :]
    return after


def is_root(side: Side, boxes: Boxes) -> bool:
    """Whether these boxes are whole facets."""
    return bool((boxes.h.max(axis=1) == 2.0**side.layout.P).all()) and len(boxes) == 2 * side.layout.normed


def results(
    sides: dict[int, Side],
    tasks: list[tuple[int, Boxes]],
    executor: Executor | None,
    deadline: float | None,
) -> Generator[Found]:
    """The results of the units, in their order, until the deadline; what still waits is cancelled on the way out."""
    units = [
        (sides[sign], boxes, FIRST_UNIT if is_root(sides[sign], boxes) else UNIT) for sign, boxes in tasks
    ]
    if executor is None:
        yield from (search(*unit) for unit in units)
        return
    futures: list[Future[Found] | None] = []
    try:
        futures += [submitted(executor, unit) for unit in units]
        for future, unit in zip(futures, units, strict=True):
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if future is not None and not wait([future], left).done:
                return
            yield result(future, unit)
    finally:
        for future in futures:
            if future is not None:
                future.cancel()


def submitted(executor: Executor, unit: tuple[Side, Boxes, int]) -> Future[Found] | None:
    """A task for an engine, if it takes any."""
    try:
        return executor.submit(on_one_core, *unit)
    except (BrokenExecutor, RuntimeError, OSError):
        return None


def on_one_core(side: Side, boxes: Boxes, limit: int) -> Found:
    """A unit in a worker: threads of the linear algebra would take the cores from the other workers."""
    with guessing():
        return search(side, boxes, limit)


def result(future: Future[Found] | None, unit: tuple[Side, Boxes, int]) -> Found:
    """Whatever became of an engine or its workers: a unit is a pure function, and it is searched here if need be."""
    if future is not None:
        with suppress(Exception):
            return future.result()
    return search(*unit)


def finished(state: State, reason: str | None, most: int) -> Covered | Resisting:
    """The answer. Covered only if nothing waits, nothing resists and nothing was passed over."""
    left = sum(len(boxes) for _, boxes in state.waiting) + state.unexplored
    if left == 0 and not state.directions:
        return Covered(state.counts, tuple(state.leaves))
    directions = well_spread(state.directions, most)
    return Resisting(state.counts, directions, left, reason or "resists")


def well_spread(directions: list[Direction], most: int) -> tuple[Direction, ...]:
    """The best first; then, again and again, the best of those not close to one already chosen."""
    ranked = sorted(set(directions), key=lambda u: (u.kind != "missed", -u.value, u.sign, u.vector))
    chosen: list[Direction] = []
    units: list[tuple[int, Any]] = []
    for close in (0.99, 0.99999, 2.0):
        for u in ranked:
            if len(chosen) >= most:
                return tuple(chosen)
            v = np.array(u.vector, dtype=np.float64)
            v /= np.sqrt(v @ v)
            if u not in chosen and all(s != u.sign or v @ w < close for s, w in units):
                chosen.append(u)
                units.append((u.sign, v))
    return tuple(chosen)
