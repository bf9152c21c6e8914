"""For which lambda is the optimal network unique: intervals with a unique network, and the breakpoints between them.

Inside an interval uniqueness is a matter of rank. At a breakpoint the network is unique if it is shown to be so there,
or if the set of optimal networks is continuous there and has one point on one side: its limit is one point, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.paths.continuity import continuity_at
from polyrelu.paths.intervals import Interval
from polyrelu.paths.limit_sets import unique_there


@dataclass(frozen=True, eq=False)
class Stretch:
    """As many lambdas in a row as are shown to have one optimal network; every interval inside is one."""

    intervals: tuple[Interval, ...]
    """In increasing lambda; the breakpoints between them have one network, too."""
    closed: tuple[bool, bool]
    """Whether the lower end, and the upper end, is shown to have one network, too."""

    @property
    def low(self) -> arb:
        """The lower end, enclosed."""
        return self.intervals[0].low

    @property
    def high(self) -> arb:
        """The upper end, enclosed."""
        return self.intervals[-1].high


def unique_stretches(intervals: Sequence[Interval]) -> tuple[Stretch, ...]:
    """All lambdas with a unique network, as far as that is shown, from intervals in increasing lambda."""
    found: list[Stretch] = []
    for interval in intervals:
        if not interval.p_unique:
            continue
        low, high = _is_unique(interval.below), _is_unique(interval.above)
        last = found[-1] if found else None
        if last is not None and low and interval.below is last.intervals[-1].above is not None:
            found[-1] = Stretch((*last.intervals, interval), (last.closed[0], high))
        else:
            found.append(Stretch((interval,), (low and bool(interval.low > 0), high)))
    return tuple(found)


def _is_unique(end: Breakpoint | None) -> bool:
    """At the end of an interval with a unique network: a breakpoint, or where what is proved ends (that is proved)."""
    return end is None or bool(continuity_at(end)[0]) or unique_there(end)
