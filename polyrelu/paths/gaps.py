"""Where the walk cannot go on: breakpoints at which several things happen at once, and gaps.

Below a place where the walk is stuck the optimum is certified afresh, and its curve followed back up. Several functions
that vanish at one lambda are one compound breakpoint if exact algebra shows it: see `compound`. Else the piece between
is a gap, which is told with its reason; nothing is ever bridged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from flint import arb, fmpq

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.compound import compounds
from polyrelu.breakpoints.steps import follow, short
from polyrelu.budget import Budget, OutOfTime, check, seconds_from_now, spending
from polyrelu.curves.curve import ORDINARY, Curve, Piece
from polyrelu.curves.nodes import Node
from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached, Undecided
from polyrelu.paths.starts import Start, started_below
from polyrelu.paths.walk import FIRST_STEP, HASTY_STEP, LEAST_STEP, Walk
from polyrelu.proof.neuron import Place

BELOW = (fmpq(1, 10**5), fmpq(1, 10**4), fmpq(1, 10**3), fmpq(1, 10**2))
"""Where the optimum is certified afresh, relative to where the walk is stuck; further below, the more such starts in a
row led nowhere."""
FAR_BELOW = (fmpq(1, 30), fmpq(1, 10), fmpq(1, 3), fmpq(2, 3))
"""The same where no structure near it can be followed: the path goes on, below a gap."""
FARTHEST = len(BELOW) + len(FAR_BELOW) - 1
NEAREST = fmpq(1, 10**9)
SHORT_STEP = fmpq(1, 10**6)
"""Right below a compound breakpoint, where a curve that begins with weights of 0 may bend much."""
MOST = 12
"""Fresh starts of one path."""
TRIES = 2
"""Of a compound breakpoint at one place: what was undone for the first is walked again in other steps."""
LATE = 1
"""Seconds in which what lies above a breakpoint is proved again after the time allowed is over."""
ADVICE = "`certify` at a lambda inside says what is optimal there, and a path with --gap bounds the piece"


@dataclass(frozen=True)
class Gap:
    """An interval about which nothing is proved, and why."""

    low: fmpq
    high: fmpq
    reason: str


@dataclass
class Way:
    """What was proved on the way down, from above, and what was not."""

    pieces: list[Piece] = field(default_factory=list)
    breaks: list[Breakpoint] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    at_ends: tuple[Breakpoint | None, Breakpoint | None] = None, None
    """Breakpoints that are exactly its lower and its upper end: none of `breaks`."""

    @property
    def reached(self) -> fmpq:
        """Its lower end, proved or not."""
        return min([*(p.chord.low for p in self.pieces), *(g.low for g in self.gaps)])

    def extend(self, further: Way) -> None:
        """Go on below."""
        self.pieces += further.pieces
        self.breaks += further.breaks
        self.gaps += further.gaps


def walked(
    problem: Problem, start: Start | None, low: fmpq, high: fmpq, told: Callable[[fmpq], object] | None
) -> Way:
    """The way down, with fresh starts."""
    way = Way()
    if start is None:
        way.gaps.append(Gap(low, high, _nothing_at_the_upper_end()))
        return way
    walk, in_vain = Walk(*start, low, told=told), 0
    for count in range(MOST):
        try:
            done, fresh = _run(problem, walk, (*BELOW, *FAR_BELOW)[in_vain:])
            reason = walk.reason
            _withdraw(walk)
        except OutOfTime as over:
            with spending(Budget(seconds_from_now(LATE))):
                _withdraw(walk)
            way.extend(Way(walk.pieces, walk.breaks, [Gap(low, walk.node.lam, str(over))]))
            return way
        way.extend(Way(walk.pieces, walk.breaks))
        if done:
            return way
        if (
            fresh is not None and walk.pieces and _is_near(walk, fresh)
        ):  # else nothing was proved there before
            fresh = fresh[0], _as_high_as_possible(*fresh, short(walk.node.lam * (1 - NEAREST)))
        end = low if fresh is None else max(low, fresh[1].lam)
        _leave_open(way, Gap(end, walk.node.lam, f"{reason}; {ADVICE}"))
        if fresh is None or end == low:
            return way
        in_vain = min(in_vain + 1, FARTHEST) if count and not walk.pieces else 0
        walk = Walk(*fresh, low, step=NEAREST * 4, told=told, least=LEAST_STEP)
    _leave_open(way, Gap(low, walk.node.lam, f"{MOST} fresh starts did not suffice; {ADVICE}"))
    return way


def _run(problem: Problem, walk: Walk, parts: Sequence[fmpq]) -> tuple[bool, Start | None]:
    """Walk, through compound breakpoints; whether the end was reached, else a structure below where it is stuck."""
    tried, tries = fmpq(0), 0
    while not walk.run():
        fresh = _below(problem, walk, parts)
        tries = tries + 1 if abs(walk.stuck_at - tried) <= tried * BELOW[0] else 1
        tried = walk.stuck_at
        if fresh is not None and tries <= TRIES and _is_near(walk, fresh) and _joins(walk, fresh):
            tries = 0
        elif walk.least > LEAST_STEP:
            walk.least = LEAST_STEP
        else:
            return False, fresh
    return True, None


def _is_near(walk: Walk, fresh: Start) -> bool:
    return bool(fresh[1].lam >= short(walk.stuck_at * (1 - BELOW[-1])))


def _leave_open(way: Way, gap: Gap) -> None:
    """Tell a gap; one that goes on right below another is the same."""
    last = way.gaps[-1] if way.gaps else None
    if last is not None and last.low == gap.high:
        way.gaps[-1] = Gap(gap.low, last.high, last.reason)
    else:
        way.gaps.append(gap)


def _nothing_at_the_upper_end() -> str:
    try:
        check()
    except OutOfTime as over:
        return str(over)
    return "nothing was proved at the upper end"


def _withdraw(walk: Walk) -> None:
    """Withdraw a breakpoint from which no piece leads down, since nothing says what happens there.

    What lies above it, up to a little, is proved again; if that fails, or takes too long, the breakpoint above it may
    have no piece either.
    """
    while walk.entry is not ORDINARY and walk.breaks and walk.pieces:
        above = walk.breaks[-1].ends[1]
        walk.undo()
        with suppress(OutOfTime):
            if _proved_again(walk, above):
                return


def _proved_again(walk: Walk, above: fmpq) -> bool:
    """The piece that led down to a breakpoint, as far as it does not reach across."""
    for part in (NEAREST, *BELOW):
        goal = short(above * (1 + part))
        check()
        node = walk.node_at(goal) if goal < walk.node.lam else None
        found = (
            None if node is None else walk.curve.prove(node, walk.node, ORDINARY, walk.entry, walk.lookout)
        )
        if node is not None and isinstance(found, Piece):
            walk.accept(found, node, reached=False)
            return True
    return False


def _joins(walk: Walk, fresh: Start) -> bool:
    """Find a compound breakpoint on the way to a fresh start; what has just been passed may be a part of it."""
    before, near = walk.state(), _near(walk, fresh[1])
    walk.undo()
    if any(_passes(walk, *found) for found in compounds((walk.curve, walk.node), fresh, near)):
        return True
    walk.restore(before)
    return False


def _near(walk: Walk, below: Node) -> tuple[Place, ...]:
    """Local maxima that come close to lambda on both sides of a place."""
    seen = [] if walk.lookout is None else [walk.lookout.seen(node) for node in (walk.node, below)]
    return tuple(dict.fromkeys((*walk.near, *(place for places in seen for place in places))))


def _passes(walk: Walk, start: Start, here: Breakpoint) -> bool:
    """Go through a compound breakpoint, if the pieces on both sides are proved."""
    before = walk.state()
    (walk.curve, walk.node), walk.waiting, walk.step = start, here, FIRST_STEP
    count = len(walk.breaks)
    while len(walk.breaks) == count and walk.advance():
        pass
    if len(walk.breaks) > count:
        walk.step, walk.least = FIRST_STEP, SHORT_STEP
        if walk.advance():
            walk.least = HASTY_STEP
            return True
    walk.restore(before)
    return False


def _below(problem: Problem, walk: Walk, parts: Sequence[fmpq]) -> Start | None:
    """The structure right below where the walk is stuck."""
    stuck = walk.stuck_at
    for part in parts:
        lam = short(stuck * (1 - part))
        if lam <= walk.low:
            return None
        with suppress(Undecided, LimitReached):
            return started_below(problem, walk.curve.faces, lam, walk.curve.tight)
    return None


def _as_high_as_possible(curve: Curve, node: Node, goal: fmpq) -> Node:
    """The curve close to the goal, if nothing seems to be violated there."""
    point = follow(curve, node, goal)
    if point is None or curve.table().negative(point, arb(goal)):
        return node
    return curve.node(point, goal)
