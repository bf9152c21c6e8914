"""A path that begins or ends exactly at a breakpoint.

Margins vanish at a breakpoint, so that no piece reaches an end that is one. The way is then walked a little beyond it.
If a breakpoint is proved there whose exact lambda is the end itself, what lies beyond is dropped, and the interval
inside ends at that breakpoint, which is not one of the path: it is not strictly between its ends. If there is none, the
way stays what it was.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import fmpq

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.exact.real import is_zero
from polyrelu.paths.gaps import Way

BEYOND = fmpq(1, 100)
"""Relative: how far beyond its end a path is walked."""
NEAR = fmpq(1, 20)
"""Relative: how long a piece is that may be open for its end alone."""

Walk = Callable[[fmpq, fmpq], Way]
"""The way to a lower end from a higher one."""
Further = Callable[[Way, fmpq], Way]
"""A way that is continued down to a lower end."""


def to_its_ends(
    walk: Walk, further: Further, low: fmpq, high: fmpq, *, exact: bool = False, on: bool = False
) -> Way:
    """Walk from high to low; where that fails at an end (an exact way never does), see if that is a breakpoint.

    A way that goes on below its lower end anyway is only continued there.
    """
    way, first, last = walk(low, high), None, None
    if exact or any(gap.high == high for gap in way.gaps):
        near = max(low, high * (1 - BEYOND)), high * (1 + BEYOND)
        if breakpoint_at(high, walk(*near)) is not None:
            longer = walk(low, near[1])
            first = breakpoint_at(high, longer)  # none, where time was over above it
            way = way if first is None else longer
    if low and way.pieces and (exact or _is_open_at(low, way)):
        wider = further(way, low * (1 - BEYOND))
        last = None if on else breakpoint_at(low, wider)
        way = wider if on or last is not None else way
    return _between(way, last, None if first is None else breakpoint_at(high, way))


def _is_open_at(low: fmpq, way: Way) -> bool:
    """Whether a short piece at the lower end is not proved; a long one is no matter of the end."""
    return any(gap.low == low and gap.high - gap.low < gap.high * NEAR for gap in way.gaps)


def breakpoint_at(lam: fmpq, way: Way) -> Breakpoint | None:
    """The breakpoint that is exactly there."""
    near = (b for b in way.breaks if b.ends[0] < lam < b.ends[1])
    return next((b for b in near if b.exact is not None and is_zero(b.exact.lam - lam)), None)


def _between(way: Way, low: Breakpoint | None, high: Breakpoint | None) -> Way:
    """What lies between two breakpoints of a way."""

    def holds(a: fmpq, b: fmpq) -> bool:
        return (low is None or a >= low.ends[0]) and (high is None or b <= high.ends[1])

    return Way(
        [p for p in way.pieces if holds(p.chord.low, p.chord.high)],
        [b for b in way.breaks if b not in (low, high) and holds(*b.ends)],
        [g for g in way.gaps if holds(g.low, g.high)],
        (low, high),
    )
