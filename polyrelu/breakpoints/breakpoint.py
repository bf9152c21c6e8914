"""A breakpoint: the only event in its place, with no gap between the structures above and below.

The zero of the function g along S1 is a root (x*, lambda*) of S1's augmented system. Carried over, it solves the
system of S2 at lambda*, and the function m that vanishes below is 0 there (see `events`). The chords of the pieces that
end here reach across lambda*, and x* must lie where each has one root only (`End.anchor`): so g = 0 on the curve of S1,
and m = 0 on that of S2, at the same lambda*. From there on g is proved positive on the piece above, and m on the piece
below, so that S1 holds right above and S2 right below, and no lambda lies between.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from flint import arb, fmpq

from polyrelu.breakpoints.algebra import TO_DECIDE, ExactZero, exact_zero
from polyrelu.breakpoints.apart import apart
from polyrelu.breakpoints.events import Change, changes
from polyrelu.breakpoints.gates import gated_changes
from polyrelu.breakpoints.kinks import changes_of_kinks
from polyrelu.breakpoints.meeting import side_of
from polyrelu.breakpoints.phase import phase_begins, phase_begins_with
from polyrelu.breakpoints.zeros import Zero, carried, rate
from polyrelu.curves.branch import Balls
from polyrelu.curves.condition import MULTIPLIER, SLACK, SOFT, Condition
from polyrelu.curves.curve import Curve, End
from polyrelu.curves.implied import Implied
from polyrelu.curves.nodes import Node
from polyrelu.exact.enclosure import bits_of, decimal_bounds
from polyrelu.proof.neuron import Place


@dataclass(frozen=True, eq=False)
class Breakpoint:
    """A proved breakpoint between two curves."""

    above: Curve
    below: Curve
    changes: tuple[Change, ...]
    zero: Zero
    x: Balls
    """The root at the breakpoint, in the unknowns of the curve above."""
    carried: Balls
    """The same in the unknowns of the curve below."""
    flat: tuple[frozenset[Condition], frozenset[Condition]] = (frozenset(), frozenset())
    """Functions above, and below, that vanish to second order."""
    silent: frozenset[int] = frozenset()
    """Lines whose coefficient is exactly 0 there, as far as that was asked."""
    compound: bool = False
    """More vanishes there than what one event needs."""

    @property
    def lam(self) -> arb:
        """Lambda, enclosed."""
        return self.zero.lam

    @cached_property
    def exact(self) -> ExactZero | None:
        """Lambda as an algebraic number of low degree, verified; None where it is not recognised.

        The other numbers are those of the system in which it is: that of the neurons it depends on.
        """
        return exact_zero(apart(self.zero) or self.zero)

    def bounds(self, digits: int) -> tuple[str, str]:
        """Lambda between two decimal numbers."""
        return decimal_bounds(self.zero.refined(bits_of(digits)), digits)

    @property
    def ends(self) -> tuple[fmpq, fmpq]:
        """Short numbers just below and just above it."""
        return self.zero.outside

    @property
    def end_above(self) -> End:
        """The lower end of the piece above."""
        zero = frozenset[Condition]().union(*(c.zero_above for c in self.changes))
        guests = tuple(p for c in self.changes for p in c.guests_above)
        return End(zero, guests, self.flat[0], self.silent, (self.x, self.zero.lam))

    @property
    def end_below(self) -> End:
        """The upper end of the piece below."""
        zero = frozenset[Condition]().union(*(c.zero_below for c in self.changes))
        guests = tuple(p for c in self.changes for p in c.guests_below)
        return End(zero, guests, self.flat[1], self.silent, (self.carried, self.zero.lam))

    def node_above(self) -> Node | None:
        """Where the piece above ends: just below lambda*."""
        point = self.above.branch.newton(self.x, self.ends[0])
        return None if point is None else self.above.node(point, self.ends[0])

    def node_below(self) -> Node | None:
        """Where the piece below begins: just above lambda*."""
        point = self.below.branch.newton(self.carried, self.ends[1])
        return None if point is None else self.below.node(point, self.ends[1])


def breakpoints(curve: Curve, zero: Zero) -> Iterator[Breakpoint]:
    """The events that a vanishing condition can be, as far as they are proved to be one."""
    leaving = rate(zero.branch, zero.condition, zero.x, zero.lam)
    if leaving is None or not leaving > 0:
        return
    for change, *others in _what_happens(curve, zero):
        yield from _with_a_phase(curve, change, zero)
        found = _joined(curve, change, zero)
        if found is not None:
            yield replace(found, changes=(*found.changes, *others))


def _what_happens(curve: Curve, zero: Zero) -> Iterator[tuple[Change, ...]]:
    if curve.branch.program.gated:
        yield from gated_changes(curve, zero)
        return
    yield from ((change,) for change in phase_begins(curve, zero))
    offset = curve.branch.program.offset
    yield from changes_of_kinks(curve, zero) if offset else changes(curve, zero.condition)


def _with_a_phase(curve: Curve, change: Change, zero: Zero) -> Iterator[Breakpoint]:
    """A hit with which the linear phase begins."""
    both = phase_begins_with(change, curve, zero)
    found = None if both is None else _joined(curve, both[0], zero)
    if both is not None and found is not None:
        flat = found.flat[0] | {Condition(SLACK, p) for p in both[0].guests_above}
        yield replace(found, changes=(*found.changes, both[1]), flat=(flat, found.flat[1]), compound=True)


def _joined(curve: Curve, change: Change, zero: Zero) -> Breakpoint | None:
    x = carried(curve.branch, (zero.x, zero.lam), change.below, change.names, {})
    if x is None or not _is_near_a_root(change, x, zero):
        return None
    if change.leads is not None:
        entering = rate(change.below, change.leads, x, zero.lam)
        if entering is None or not entering < 0:
            return None
    below = Curve(change.below, curve.faces, change.further, idle=curve.idle)
    simple = Breakpoint(curve, below, (change,), zero, zero.x, x)
    sides = (
        (curve, change.guests_above, change.zero_above, zero.x),
        (below, change.guests_below, change.zero_below, x),
    )
    if any(_is_wrong(where, guests, root, zero.lam) for where, guests, _, root in sides):
        return None
    others = any(_others(where, guests, zeros, root, zero.lam) for where, guests, zeros, root in sides)
    if not others and curve.branch.program.offset:  # rows where nu_i = 0 end stars there
        return simple
    if not others and not _residuals(curve, zero.x, zero.lam) and not _residuals(below, x, zero.lam):
        return simple
    exact = exact_zero(zero, TO_DECIDE)
    if exact is None:  # a residual that may be 0 contradicts nothing
        return None if others else simple
    high = side_of(curve, exact, change.guests_above, 1)
    low = side_of(below, exact, change.guests_below, -1)
    if high is None or low is None:
        return None
    vanishing = {f for f in high.zero | low.zero if f.kind != SOFT}
    more = not vanishing <= change.zero_above | change.zero_below
    whole = replace(
        change,
        zero_above=change.zero_above | high.zero,
        zero_below=change.zero_below | low.zero,
        guests_above=high.guests,
        guests_below=low.guests,
    )
    return Breakpoint(curve, below, (whole,), zero, high.x, low.x, (high.flat, low.flat), high.silent, more)


def _others(
    curve: Curve, guests: Sequence[Place], zero: frozenset[Condition], x: Sequence[arb], lam: arb
) -> bool:
    """Whether further functions seem to vanish, which are not 0 for every lambda."""
    implied = Implied(curve.branch, x)
    return any(
        bool(v.contains(0))
        and f not in zero
        and i not in table.settled
        and not (f.kind == MULTIPLIER and implied.is_zero(f.form))
        for table in curve.tables(guests)
        for i, (f, v) in enumerate(zip(table.conditions, table.values(x, lam), strict=True))
    )


def _is_wrong(curve: Curve, guests: Sequence[Place], x: Sequence[arb], lam: arb) -> bool:
    """Whether a function is negative: a newcomer that is not on its face comes later, or not at all."""
    table = curve.table(guests)
    return any(v < 0 and i not in table.broken for i, v in enumerate(table.values(x, lam)))


def _residuals(curve: Curve, x: Sequence[arb], lam: arb) -> bool:
    """Whether residuals of rows seem to vanish: stars ask for that, and blocks of a list do not."""
    if curve.branch.program.listed is not None:
        return False
    still = curve.rows.still | set(curve.rows.sided)
    nu = curve.branch.residual_at(x, lam).entries()
    return any(v.contains(0) and i not in still for i, v in enumerate(nu))


def _is_near_a_root(change: Change, x: Balls, zero: Zero) -> bool:
    """A first look; the piece below decides."""
    left = change.below.equations(x, zero.lam)
    return all(bool(v.contains(0)) for v in left) and change.below.newton(x, zero.outside[1]) is not None
