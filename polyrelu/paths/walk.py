"""From the largest lambda downwards: a piece, the next event, the structure below it, and so on.

Steps are proposed by Newton's iteration on the branch. A condition that is negative at the end of a step, or a
direction that a covering finds above lambda, announces an event; its zero is proved, the structure below is read off
the table of `events`, and pieces lead down to it. Nothing depends on how an event was found: a piece or a breakpoint
that was overlooked or mistaken fails a test, and what cannot be proved becomes a gap that is told.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from flint import arb, fmpq

from polyrelu import budget
from polyrelu.breakpoints.breakpoint import Breakpoint, breakpoints
from polyrelu.breakpoints.events import moves_as_one
from polyrelu.breakpoints.first_zero import first_zero, has_twin
from polyrelu.breakpoints.forms import as_pairs, as_singles, shared_anew
from polyrelu.breakpoints.kinks import floats_beside
from polyrelu.breakpoints.phase_end import phase_ends
from polyrelu.breakpoints.steps import follow, held, short
from polyrelu.breakpoints.zeros import Zero
from polyrelu.curves.caps import Lookout
from polyrelu.curves.condition import MULTIPLIER, SLACK, WEIGHT, Condition
from polyrelu.curves.curve import ORDINARY, Curve, End, Piece
from polyrelu.curves.directions import Above
from polyrelu.curves.failure import Failure
from polyrelu.curves.nodes import Node
from polyrelu.proof.directions import in_guess, places_above
from polyrelu.proof.neuron import Place

FIRST_STEP, LARGEST_STEP = fmpq(1, 8), fmpq(2, 5)
CLOSE_STEP = fmpq(1, 1000)
"""Below it a direction that is neither above nor below lambda may be a newcomer, too: on its face, f is steep."""
LEAST_STEP = fmpq(1, 10**9)
"""Relative; a piece that needs shorter ones is left undecided."""
HASTY_STEP = fmpq(1, 20_000)
"""Before a piece needs shorter ones, it is looked whether several events come together."""
HALF, LEAST_PART, LESS = fmpq(1, 2), fmpq(1, 16), fmpq(4, 5)
SLOW, GROWTH = fmpq(5, 4), fmpq(6)


@dataclass
class Walk:
    """One way down; `pieces` and `breaks` in the order in which they were proved."""

    curve: Curve
    node: Node
    low: fmpq
    entry: End = ORDINARY
    step: fmpq = FIRST_STEP
    pieces: list[Piece] = field(default_factory=list)
    breaks: list[Breakpoint] = field(default_factory=list)
    waiting: Breakpoint | None = None
    """The next event, as far as it is known."""
    reason: str = ""
    turned_at: fmpq | None = None
    """Where the form was changed last."""
    told: Callable[[fmpq], object] | None = None
    growth: fmpq = GROWTH
    """By how much the next step may be longer."""
    near: set[Place] = field(default_factory=set)
    """Neurons that have seemed to enter since the last piece."""
    stop: fmpq | None = None
    """Where the next piece has to end, so that the one after it is short enough."""
    leap: bool = False
    """Whether the next step leads to the event that is waiting, however far: shares vanish on the way to it."""
    least: fmpq = HASTY_STEP
    """The shortest step before the walk is stuck."""

    def __post_init__(self) -> None:
        """Who looks around."""
        self.lookout = Lookout(self.curve.branch.program)

    def run(self) -> bool:
        """Go down as far as it is proved; whether the end was reached."""
        while self.node.lam > self.low:
            if not self.advance():
                return False
            if self.told is not None:
                self.told(self.node.lam)
        return True

    def advance(self) -> bool:
        """One proved piece further down; False where even the shortest step fails."""
        while self.step > self.least:
            budget.check()
            goal = self.goal()
            node = _beside(self.waiting) if goal is None and self.waiting else self.node_at(goal)
            if node is None:
                self.shorten("the root could not be followed: its system is nearly singular")
                continue
            if goal is not None and self.negative_at(node):
                continue
            end = self.waiting.end_above if goal is None and self.waiting else ORDINARY
            found = self.curve.prove(node, self.node, end, self.entry, self.lookout)
            if isinstance(found, Piece):
                self.accept(found, node, reached=goal is None)
                return True
            self.refused(found, node)
        return False

    @property
    def stuck_at(self) -> fmpq:
        """Where the next breakpoint may be."""
        near = self.node.lam * (1 - 2 * self.least)
        if self.waiting is None or self.entry is not ORDINARY:
            return near
        return max(near, self.waiting.ends[0])

    def state(self) -> tuple[Any, ...]:
        """Where the walk is."""
        return (
            self.curve,
            self.node,
            self.entry,
            list(self.pieces),
            list(self.breaks),
            self.waiting,
            self.step,
        )

    def restore(self, state: tuple[Any, ...]) -> None:
        """Back to where it was."""
        self.curve, self.node, self.entry, self.pieces, self.breaks, self.waiting, self.step = state

    def undo(self) -> None:
        """Back above a breakpoint from which no piece leads down: it was none, or not all of one."""
        if self.entry is ORDINARY or not self.breaks or not self.pieces:
            return
        self.breaks.pop()
        piece = self.pieces.pop()
        self.curve, self.entry, self.waiting = piece.curve, piece.high, None
        self.node = self.curve.node(piece.chord.at_high, piece.chord.high)

    def goal(self) -> fmpq | None:
        """The end of the next step; None stands for the event that is waiting."""
        b = self.node.lam
        if self.stop is not None:
            return self.stop
        goal = max(self.low, short(b * (1 - self.step)))
        if self.waiting and (self.leap or b * (1 - self.step * fmpq(3, 2)) <= self.waiting.ends[1]):
            return None
        return goal if b * (1 - self.step * fmpq(3, 2)) > self.low else self.low

    def node_at(self, lam: fmpq | None) -> Node | None:
        """The curve at another lambda, by Newton's iteration along the tangent."""
        if lam is None:
            return None
        point = follow(self.curve, self.node, lam)
        return None if point is None else self.curve.node(point, lam)

    def shorten(self, reason: str, part: fmpq = HALF) -> None:
        """A part of the step that was tried."""
        self.reason, self.stop, self.leap = reason, None, False
        if self.waiting is not None:
            left = (self.node.lam - self.waiting.ends[0]) / self.node.lam
            self.step = min(self.step, left)
        self.step = self.step * part

    def negative_at(self, node: Node) -> bool:
        """Whether some condition is negative at the end of the step: then an event is sought, or the step cut."""
        negative = self.curve.table().negative(node.point, arb(node.lam))
        new = self.unknown(p for p, above in self.lookout.seen(node).items() if above)
        self.near.update(new)
        negative += [Condition(SLACK, p) for p in new]
        if not negative:
            return False
        if not self.shares_anew(negative) and not self.found_event(negative, node):
            self.shorten(Failure(conditions=tuple(negative)).reason)
        return True

    def refused(self, failure: Failure, node: Node) -> None:
        """A piece was not proved: newcomers are an event, and anything else asks for a shorter step."""
        if (failure.shares and self.left_phase(node)) or self.shares_anew(failure.conditions):
            return
        if failure.shares and self.waiting is not None and not self.leap:
            self.leap = True
            return
        above = failure.above
        if above is not None and above.node is not self.node:
            newcomers = self.newcomers(above)
            if newcomers and self.found_event(newcomers, above.node):
                return
        self.growth = GROWTH if above is not None or failure.conditions else SLOW
        down, up = held(self.curve, failure.conditions, node, self.node)
        if down == 1 and 1 > up > LEAST_PART and self.stop is None:
            self.reason, self.stop = failure.reason, short(node.lam + (self.node.lam - node.lam) * up * LESS)
            return
        part = HALF if down == 1 else max(LEAST_PART, down * LESS)
        self.shorten(failure.reason, part if above is None else self.scale(LEAST_PART, LESS))

    def left_phase(self, node: Node) -> bool:
        """No shares were found on the way to a node: single neurons may follow, or the phase ends."""
        if self.entry is not ORDINARY:
            return False
        if self.took(as_singles(self.curve, self.node)):
            return True
        found = phase_ends(self.curve, self.node, node)
        if found is None or not found[1].lam > (arb(self.low) if self.waiting is None else self.waiting.lam):
            return False
        (self.curve, self.node), self.waiting = found
        return True

    def shares_anew(self, failed: Iterable[Condition]) -> bool:
        """Give neurons that depend on others other parts, where some weight is not positive."""
        wrong = self.entry is ORDINARY and any(f.kind == WEIGHT for f in failed)
        return wrong and self.took(shared_anew(self.curve, self.node))

    def scale(self, least: fmpq, most: fmpq) -> fmpq:
        """By what steps may grow, or have to shrink: errors are as their third powers."""
        ratio = math.cbrt(self.curve.patience.ratio)
        return min(most, max(least, fmpq(int(ratio * 64), 64)))

    def newcomers(self, above: Above) -> list[Condition]:
        """The slacks of local maxima above lambda, or near it."""
        close = above.undecided if self.step < CLOSE_STEP else ()
        program, places = self.curve.branch.program, list(above.places)
        starts = [(s, in_guess(program, u)) for s, u in (*above.missed, *close)]
        if program.listed is None:
            places = places_above(program, above.node.in_floats, starts)
        found = self.unknown(places)
        self.near.update(found)
        return [Condition(SLACK, place) for place in found]

    def unknown(self, places: Iterable[Place]) -> list[Place]:
        """Places that are neither tight nor guests, nor between such neurons."""
        known = {*self.curve.tight, *self.curve.idle, *self.entry.guests}
        offset = self.curve.branch.program.offset
        return [p for p in places if p not in known and not (offset and floats_beside(p, known))]

    def found_event(self, failed: Iterable[Condition], node: Node) -> bool:
        """Find the first zero of some conditions on the way to a node, and what happens there."""
        zero = first_zero(self.curve, (node, self.node), failed, self.entry.zero)
        if zero is None or (self.waiting is not None and not zero.lam > self.waiting.lam):
            return False
        form = self.other_form(zero)
        other = None if form is None else form(self.curve, self.node)
        if other is not None:
            return self.entry is ORDINARY and self.took(other)
        found = next(breakpoints(self.curve, zero), None)
        if found is None:
            return False
        self.waiting = found
        return True

    def other_form(self, zero: Zero) -> Callable[[Curve, Node], tuple[Curve, Node] | None] | None:
        """The other form of the same neurons, if the event asks for it: the path goes on in that form before."""
        kind, place, branch = zero.condition.kind, zero.condition.place, self.curve.branch
        if kind != WEIGHT and has_twin(self.curve, zero):
            return None if moves_as_one(self.curve, place) else as_pairs
        alone = kind in (WEIGHT, MULTIPLIER) and place in self.curve.tight
        return as_singles if alone and any(branch.paired) and sum(branch.paired) == branch.r else None

    def took(self, other: tuple[Curve, Node] | None) -> bool:
        """Go on in another form; at each node only once, so that this ends."""
        if other is None or self.turned_at == self.node.lam:
            return False
        self.curve, self.node = other
        self.turned_at = self.node.lam
        self.waiting = None
        return True

    def accept(self, piece: Piece, node: Node, *, reached: bool) -> None:
        """Book a piece, and pass the event at its lower end."""
        self.pieces.append(piece)
        self.stop, self.leap = None, False
        taken = (self.node.lam - node.lam) / self.node.lam
        self.step = min(LARGEST_STEP, max(self.step, short(taken)) * self.scale(fmpq(1), self.growth))
        self.growth = min(GROWTH, self.growth * SLOW)
        self.node, self.entry = node, ORDINARY
        self.near.clear()
        if reached and self.waiting is not None:
            passed = self.waiting
            below = passed.node_below()
            self.breaks.append(passed)
            self.curve.forget()
            self.curve, self.entry, self.waiting = passed.below, passed.end_below, None
            self.least, self.growth = HASTY_STEP, GROWTH
            assert below is not None  # see `_beside`
            below.proved.extend(node.proved)
            self.node = below


def _beside(here: Breakpoint) -> Node | None:
    """Where the piece above an event ends, if the curve below it can be followed, too: the path goes on there."""
    return None if here.node_below() is None else here.node_above()
