"""What a battery is: a long test with a seed, a count and an end, that says how often what was found."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st


@dataclass
class Tally:
    """Outcomes and how often each was found; `failures` is empty unless a claim of the project is false."""

    counts: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def attempt(self, case: object, work: Callable[[], str]) -> None:
        """Count the outcome that the work names; whatever it raises is a failure, reported with the case."""
        try:
            outcome = work()
        except Exception as error:  # a crash is what a battery looks for
            outcome = "FAILED"
            self.failures.append(f"{type(error).__name__}: {error}\n  {case}")
        self.counts[outcome] += 1

    @property
    def cases(self) -> int:
        return self.counts.total()


@dataclass(frozen=True)
class Battery:
    """`cases(tally, seed, count)` is a generator that yields after every case, so that it can be stopped there."""

    words: str
    cases: Callable[[Tally, int, int], Any]
    full: int
    """Cases of the whole battery."""
    slice: int
    """Cases in every run of the tests: some five seconds."""

    def run(self, seed: int, count: int | None = None, limit: float = float("inf")) -> Tally:
        """At most `count` cases, and none begun after `limit` seconds."""
        tally, start = Tally(), time.perf_counter()
        for _ in self.cases(tally, seed, self.full if count is None else count):
            if time.perf_counter() - start > limit:
                break
        tally.seconds = time.perf_counter() - start
        return tally


def drawn(strategy: st.SearchStrategy[Any], number: int, count: int) -> list[Any]:
    """That many examples of a hypothesis strategy; the seed decides which."""
    found: list[Any] = []

    @seed(number)
    @settings(max_examples=count, phases=[Phase.generate], database=None, suppress_health_check=HealthCheck)
    @given(strategy)
    def keep(example: Any) -> None:
        found.append(example)

    keep()
    return found
