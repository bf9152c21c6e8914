"""How a long computation is run: until when, on what, who is told, and where it is kept; never what it answers.

A `Budget` holds within a `with` block for everything called in it, so that no room has to hand it on. An answer that
is reached is the same under every budget; one that is not reached in time is `OutOfTime`, never a verdict.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from polyrelu.errors import Undecided


class OutOfTime(Undecided):
    """The seconds that were allowed are over; what was proved before stays proved."""


PART = 0.8
GRACE = 5.0
"""Seconds that are left for what was proved when Ctrl-C ends a computation that had a deadline."""


@dataclass(frozen=True)
class Budget:
    """The end (a value of `time.monotonic()`), an executor, who hears of the share done, and a checkpoint."""

    deadline: float | None = None
    executor: Executor | None = None
    progress: Callable[..., object] | None = None
    checkpoint: Any = None

    @property
    def means(self) -> dict[str, Any]:
        """What a covering is told of it."""
        told = ("deadline", "executor", "progress", "checkpoint")
        return {name: getattr(self, name) for name in told}


_UNLIMITED = Budget()
_CURRENT: ContextVar[Budget] = ContextVar("budget", default=_UNLIMITED)


def current() -> Budget:
    """The budget that holds here."""
    return _CURRENT.get()


@contextmanager
def spending(budget: Budget) -> Iterator[None]:
    """Let a budget hold within the block."""
    token = _CURRENT.set(budget)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def part_of_the_time(part: float) -> Iterator[None]:
    """Allow only a part of the time that is left."""
    budget = current()
    if budget.deadline is None:
        yield
        return
    left = budget.deadline - time.monotonic()
    with spending(replace(budget, deadline=time.monotonic() + part * left)):
        yield


@contextmanager
def most_of_the_time() -> Iterator[None]:
    """Keep a part of the time that is left for what is said when nothing was proved; Ctrl-C ends this part early."""
    budget = current()
    try:
        with part_of_the_time(PART):
            yield
    except KeyboardInterrupt:
        if budget.deadline is None:
            raise
        _CURRENT.set(replace(budget, deadline=min(budget.deadline, time.monotonic() + GRACE)))
        raise OutOfTime("interrupted") from None


def seconds_from_now(seconds: float | None) -> float | None:
    """A deadline."""
    return None if seconds is None else time.monotonic() + seconds


def with_at_least(seconds: float) -> Budget:
    """The budget that holds here, with a little time for what is said of what was proved."""
    budget = current()
    later = None if budget.deadline is None else max(budget.deadline, time.monotonic() + seconds)
    return replace(budget, deadline=later)


def check() -> None:
    """Raise `OutOfTime` once the deadline has passed."""
    deadline = current().deadline
    if deadline is not None and time.monotonic() > deadline:
        raise OutOfTime("the time allowed (--seconds) is over; allow more")
