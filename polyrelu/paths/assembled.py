"""From what was proved on the way down to intervals between breakpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flint import fmpq

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.curves.curve import Piece
from polyrelu.errors import Undecided
from polyrelu.paths.gaps import Gap, Way
from polyrelu.paths.intervals import Interval


def assembled(way: Way, kind: type[Interval]) -> tuple[Interval, ...]:
    """The intervals in increasing lambda; those whose rank is not shown become gaps of the way."""
    parts = (kind(i.pieces, i.above, i.below) for i in _intervals(way))
    return tuple(reversed(list(_known(parts, way.gaps))))


def _known(found: Iterable[Interval], gaps: list[Gap]) -> Iterator[Interval]:
    """Those whose rank is shown; the others are gaps."""
    for interval in found:
        try:
            interval.rank  # noqa: B018 (kept with the interval)
        except Undecided as open_:
            gaps.append(Gap(interval.pieces[-1].chord.low, interval.pieces[0].chord.high, str(open_)))
            continue
        yield interval


def _intervals(way: Way) -> Iterable[Interval]:
    """Pieces between breakpoints and gaps, from above."""
    last, first = way.at_ends
    after = {id(b.below): b for b in [*way.breaks, *([] if first is None else [first])]}
    cuts = sorted(
        [*((b.ends[0], b) for b in after.values()), *((g.low, None) for g in way.gaps)],
        key=lambda cut: cut[0],
        reverse=True,
    )
    held: list[Piece] = []
    above: Breakpoint | None = None
    for piece in way.pieces:
        while cuts and piece.chord.high <= _reach(cuts[0]):
            _, here = cuts.pop(0)
            if held:
                yield Interval(tuple(held), above, here)
            held, above = [], here
        held.append(piece)
    if held:
        reaches = last is not None and held[-1].chord.low <= last.ends[1]
        yield Interval(tuple(held), above, last if reaches else None)


def _reach(cut: tuple[fmpq, Breakpoint | None]) -> fmpq:
    """Pieces whose upper end is at most this lie below the cut."""
    low, here = cut
    return here.ends[1] if here is not None else low
