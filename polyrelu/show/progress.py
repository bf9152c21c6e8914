"""A progress bar on standard error: shown on a terminal, for work longer than a second, and silent elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[..., None]
"""Called with (done, total) and, if that is not to be read as "done of total", with words."""

_WIDTH = 30


@contextmanager
def progress_bar(what: str) -> Iterator[Progress | None]:
    """Yield a function progress(done, total), or None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    start, drawn = time.monotonic(), [0.0]

    def show(done: float, total: float, words: str = "") -> None:
        now = time.monotonic()
        if now - start < 1 or now - drawn[0] < 0.1 or total <= 0:
            return
        drawn[0] = now
        full = int(_WIDTH * min(done / total, 1))
        bar = "#" * full + "." * (_WIDTH - full)
        print(
            f"\r  {what} [{bar}] {words or f'{done:,} of {total:,}'}  {now - start:.0f} s ",
            end="",
            file=sys.stderr,
            flush=True,
        )

    try:
        yield show
    finally:
        if drawn[0]:
            print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)


@contextmanager
def share_bar(what: str) -> Iterator[Callable[..., None] | None]:
    """Yield a function progress(share, note="") for a share between 0 and 1, or None where nobody would see it."""
    with progress_bar(what) as show:

        def percent(share: float, note: str = "") -> None:
            if show is not None:
                show(share, 1.0, f"{share:.1%}{note and f', {note}'}")

        yield None if show is None else percent


@contextmanager
def stage_line() -> Iterator[Callable[[str], None] | None]:
    """Yield a function stage(name) that shows the current step of a long computation; None where nobody sees it."""
    if not sys.stderr.isatty():
        yield None
        return
    start = time.monotonic()

    def show(name: str) -> None:
        print(
            f"\r  {name} ... ({time.monotonic() - start:.0f} s so far)     ",
            end="",
            file=sys.stderr,
            flush=True,
        )

    try:
        yield show
    finally:
        print("\r" + " " * 78 + "\r", end="", file=sys.stderr, flush=True)
