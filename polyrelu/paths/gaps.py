"""Where the walk cannot go on: breakpoints at which several things happen at once, and gaps.

Below a place where the walk is stuck the optimum is certified afresh, and its curve followed back up. Several functions
that vanish at one lambda are one compound breakpoint if exact algebra shows it: see `compound`. Else the piece between
is a gap, which is told with its reason; nothing is ever bridged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from flint import arb, fmpq

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.compound import compounds
from polyrelu.breakpoints.steps import follow, short
from polyrelu.budget import Budget, OutOfTime, check, seconds_from_now, spending
from polyrelu.certification import certify_penalised
from polyrelu.curves.branch import Branch
from polyrelu.curves.curve import ORDINARY, Curve, Piece
from polyrelu.curves.dependent import coefficients, independent_first, with_parts
from polyrelu.curves.faces import Faces
from polyrelu.curves.gates import Gates, grouped
from polyrelu.curves.implied import Implied, nearly
from polyrelu.curves.nodes import Node
from polyrelu.curves.symmetry import Symmetry
from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.orbits import one_of_each_orbit, orbits_in_pairs, point_at
from polyrelu.paths.walk import FIRST_STEP, HASTY_STEP, LEAST_STEP, Walk
from polyrelu.proof.neuron import Place
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.program import Program

BELOW = (fmpq(1, 10**5), fmpq(1, 10**4), fmpq(1, 10**3), fmpq(1, 10**2))
"""Where the optimum is certified afresh, relative to where the walk is stuck."""
FAR_BELOW = (fmpq(1, 30), fmpq(1, 10), fmpq(1, 3), fmpq(2, 3))
"""The same where no structure near it can be followed: the path goes on, below a gap."""
NEAREST = fmpq(1, 10**9)
SHORT_STEP = fmpq(1, 10**6)
"""Right below a compound breakpoint, where a curve that begins with weights of 0 may bend much."""
MOST = 12
"""Fresh starts of one path."""
TRIES = 2
"""Of a compound breakpoint at one place: what was undone for the first is walked again in other steps."""
DIGITS = 200
UNUSED = "a neuron is tight that no optimal network uses: lambda is a breakpoint, or next to one"
LATE = 1
"""Seconds in which what lies above a breakpoint is proved again after the time allowed is over."""
ADVICE = "`certify` at a lambda inside says what is optimal there, and a path with --gap bounds the piece"

Start = tuple[Curve, Node]


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
        """The lower end of what was proved."""
        return self.pieces[-1].chord.low

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
    walk = Walk(*start, low, told=told)
    tried, tries, fresh_starts = fmpq(0), 0, 0
    while fresh_starts < MOST:
        try:
            done = walk.run()
            fresh = None if done else _below(problem, walk)
            tries = tries + 1 if abs(walk.stuck_at - tried) <= tried * BELOW[0] else 1
            tried = walk.stuck_at
            if fresh is not None and tries <= TRIES and _joins(walk, fresh):
                tries = 0
                continue
            if not done and walk.least > LEAST_STEP:
                walk.least = LEAST_STEP
                continue
            reason = walk.reason
            further = None if done or fresh is not None else _below(problem, walk, FAR_BELOW)
            _withdraw(walk)
        except OutOfTime as over:
            with spending(Budget(seconds_from_now(LATE))):
                _withdraw(walk)
            way.extend(Way(walk.pieces, walk.breaks, [Gap(low, walk.node.lam, str(over))]))
            return way
        way.extend(Way(walk.pieces, walk.breaks))
        if done:
            return way
        if fresh is not None and walk.pieces:  # else nothing was proved where the last start was followed to
            fresh = fresh[0], _as_high_as_possible(*fresh, short(walk.node.lam * (1 - NEAREST)))
        fresh = fresh or further
        end = low if fresh is None else max(low, fresh[1].lam)
        way.gaps.append(Gap(end, walk.node.lam, f"{reason}; {ADVICE}"))
        if fresh is None or end == low:
            return way
        walk = Walk(*fresh, low, step=NEAREST * 4, told=told, least=LEAST_STEP)
        fresh_starts += 1
    way.gaps.append(Gap(low, walk.node.lam, f"{MOST} fresh starts did not suffice; {ADVICE}"))
    return way


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


def _below(problem: Problem, walk: Walk, parts: Sequence[fmpq] = BELOW) -> Start | None:
    """The structure right below where the walk is stuck."""
    stuck = walk.stuck_at
    for part in parts:
        lam = short(stuck * (1 - part))
        if lam <= walk.low:
            return None
        with suppress(Undecided, LimitReached):
            return _starts(problem, walk.curve.faces, lam, walk.curve.tight)
    return None


def _as_high_as_possible(curve: Curve, node: Node, goal: fmpq) -> Node:
    """The curve close to the goal, if nothing seems to be violated there."""
    point = follow(curve, node, goal)
    if point is None or curve.table().negative(point, arb(goal)):
        return node
    return curve.node(point, goal)


def started(problem: Problem, faces: Faces, lam: fmpq, known: Sequence[Place] = ()) -> Start:
    """The curve through the optimum at one lambda, certified there; `Undecided` where its structure is degenerate."""
    return _start(_certified(problem, faces.program, lam), faces, lam, known)


def _certified(problem: Problem, program: Program, lam: fmpq) -> Optimum:
    listed: Any = "cells" if program.listed is None else program.listed
    here = replace(problem, lam=to_fraction(lam))
    return certify_penalised(here, patterns=listed, gated=program.gated).proved()


def _start(optimum: Optimum, faces: Faces, lam: fmpq, known: Sequence[Place]) -> Start:
    if faces.program.gated:
        return _gated(optimum, faces, lam, known)
    structure = optimum.point.structure
    same = len(optimum.neurons) == len(structure.neurons) + sum(structure.paired)
    floats = bool(faces.program.offset and optimum.neurons)
    if not same or floats:  # a structure that floats is written by its ends
        return _with_dependent(optimum, faces, lam, known)
    branch = Branch(faces.program, tuple(faces.neuron(k.place) for k in structure.neurons), structure.paired)
    at = optimum.point.balls(DIGITS)
    point = point_at(branch, at.nu, lam, [*at.weights, *structure.exchanged(at.c)])
    curve = Curve(branch, faces)
    return curve, curve.node(point, lam)


def _gated(optimum: Optimum, faces: Faces, lam: fmpq, known: Sequence[Place]) -> Start:
    """Units of gates through an optimum; where they do not explain all dependences, the gates one by one."""
    at = optimum.point.balls(DIGITS)
    branch = grouped(faces.program, [k.place for k in optimum.used], at.nu, arb(lam))
    curve = Curve(branch, faces)
    if not {k.place for k in optimum.neurons} <= {*curve.tight, *curve.idle}:
        raise Undecided(UNUSED)
    if branch.K + branch.r != optimum.support.rank:
        return _with_dependent(optimum, faces, lam, known)
    start = branch.placed(ball_column(at.nu), arb(lam))
    point = None if start is None else branch.newton(start, lam)
    if point is None:
        raise Undecided("the root could not be followed: its system is nearly singular")
    return curve, curve.node(point, lam)


def _starts(problem: Problem, faces: Faces, lam: fmpq, known: Sequence[Place]) -> Start:
    """The same, with one neuron for each orbit where the table has symmetries and that can be."""
    optimum = _certified(problem, faces.program, lam)
    if faces.symmetry is not None:
        for begun in (_with_dependent, orbits_in_pairs):
            with suppress(Undecided):
                return begun(optimum, faces, lam, known, faces.symmetry)
    with suppress(Undecided):
        return _start(optimum, faces, lam, known)
    return orbits_in_pairs(optimum, faces, lam, known, None)


def _with_dependent(
    optimum: Optimum, faces: Faces, lam: fmpq, known: Sequence[Place], symmetry: Symmetry | None = None
) -> Start:
    """Neurons whose activations depend on others': an independent part, known neurons first, and the rest with it."""
    if not all(optimum.support.used):
        raise Undecided(UNUSED)
    at = optimum.point.balls(DIGITS)
    places = sorted((k.place for k in optimum.neurons), key=lambda p: p not in known)
    whole = (
        Gates.of(faces.program) if faces.program.gated else Branch(faces.program, (), (), symmetry=symmetry)
    )
    neurons = one_of_each_orbit(whole, [faces.neuron(place) for place in places])
    whole = whole.like((k, False) for k in neurons)
    basis = independent_first(whole, at.nu, known)
    branch = whole.like((neurons[k], False) for k in basis)
    point = point_at(branch, at.nu, lam)
    implied = Implied(branch, nearly(point))
    others = {k.place: coefficients(branch, k, implied) for i, k in enumerate(neurons) if i not in basis}
    exact = {place: over for place, over in others.items() if over is not None}
    new = [k.place for k in neurons if k.place not in known] if known else []
    parts = with_parts(branch, at.nu, exact, new)
    if parts is None or len(exact) < len(others):
        raise Undecided("neurons are tight whose activations depend on the others' at this lambda alone")
    curve = Curve(branch, faces, parts)
    return curve, curve.node(point, lam)
