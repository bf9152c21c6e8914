"""What a path says as a whole: for which lambda the network is unique, and what moves continuously with lambda."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.exact.enclosure import decimal_bounds
from polyrelu.paths.intervals import Interval
from polyrelu.paths.solution_path import Path
from polyrelu.paths.stretches import Stretch

SHOWN, SHORT = 8, 40


def continuity_json(found: Path, digits: int) -> dict[str, Any]:
    """`unique` and `continuity` of the JSON object of a path."""
    verdicts = found.continuity
    return {
        "unique": [
            {
                "from": lower_end(s.intervals[0], digits),
                "to": upper_end(s.intervals[-1], digits),
                "closed": list(s.closed),
            }
            for s in found.unique
        ],
        "continuity": {
            "network_continuous": verdicts.network_continuous,
            "network_jumps": list(verdicts.network_jumps),
            "convex_continuous": verdicts.convex_continuous,
            "convex_jumps": list(verdicts.convex_jumps),
        },
    }


def words_of_continuity(found: Path) -> list[str]:
    """The same in words."""
    verdicts = found.continuity
    moves = "moves continuously with lambda (proved)"
    jumps, torn = (
        [value_at(found.breakpoints[k]) for k in ks] for ks in (verdicts.convex_jumps, verdicts.network_jumps)
    )
    places = [_words(s) for s in found.unique]
    return [
        "  the network is unique for "
        + (f"lambda in {', '.join(places)}" if places else "no interval of lambda")
        + " (elsewhere UNDECIDED, or not unique: see above)" * bool(found.undecided),
        "  the set of optimal networks "
        + (
            f"jumps at lambda = {', '.join(torn)}: some there are no limits from one side (proved)"
            if torn
            else moves
            if verdicts.network_continuous
            else OPEN
        ),
        "  the convex program: "
        + (
            f"every choice of block weights jumps at lambda = {', '.join(jumps)} (proved)"
            if jumps
            else "some choice of block weights " + (moves if verdicts.convex_continuous else OPEN)
        ),
    ]


OPEN = "may jump: UNDECIDED, pieces or breakpoints where events come together are open"


def _words(stretch: Stretch, digits: int = SHOWN) -> str:
    """As an interval, by the names of its ends or rounded to the inside: it holds for every lambda that it contains."""
    low, high = stretch.intervals[0], stretch.intervals[-1]
    inside = lower_end(low, digits)[1], upper_end(high, digits)[0]
    if Fraction(inside[0]) > Fraction(inside[1]):
        return _words(stretch, 2 * digits)
    names = (short_name(low.below) or inside[0], short_name(high.above) or inside[1])
    return f"{'(['[stretch.closed[0]]}{names[0]}, {names[1]}{')]'[stretch.closed[1]]}"


def short_name(here: Breakpoint | None) -> str | None:
    """A breakpoint as an exact number, if it has a short form."""
    exact = None if here is None else here.exact
    return exact.name if exact is not None and len(exact.name) <= SHORT else None


def value_at(here: Breakpoint) -> str:
    """Lambda at a breakpoint: its name, or some digits."""
    return short_name(here) or here.bounds(SHOWN + 4)[0]


def lower_end(interval: Interval, digits: int) -> list[str]:
    """A breakpoint to so many digits, or the end of what is proved."""
    below = interval.below
    return list(
        decimal_bounds(interval.pieces[-1].chord.low, digits) if below is None else below.bounds(digits)
    )


def upper_end(interval: Interval, digits: int) -> list[str]:
    """The same above."""
    above = interval.above
    return list(
        decimal_bounds(interval.pieces[0].chord.high, digits) if above is None else above.bounds(digits)
    )
