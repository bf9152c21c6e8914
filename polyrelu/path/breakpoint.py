"""A breakpoint: the only event in its place, with no gap between the structures above and below.

The zero of the function g along S1 is a root (x*, lambda*) of S1's augmented system. Carried over, it solves the system
of S2 and its function m (see `events`), and it lies in the region in which S2's augmented system has one root only: so
both functions vanish at the same lambda*, and the curves meet there. On the pieces that end here g' > 0 and m' < 0 are
proved, so that S1 holds right above and S2 right below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flint import arb, fmpq

from polyrelu.exact.krawczyk import Root
from polyrelu.path.branch import Balls
from polyrelu.path.conditions import Condition
from polyrelu.path.curve import Curve, End
from polyrelu.path.directions import Node
from polyrelu.path.events import Change, changes
from polyrelu.path.zeros import COARSE, Zero, carried, rate, zero_of


@dataclass(frozen=True, eq=False)
class Breakpoint:
    """A proved breakpoint between two curves."""

    above: Curve
    below: Curve
    changes: tuple[Change, ...]
    zero: Zero
    carried: Balls
    """The root at the breakpoint, in the unknowns of the curve below."""

    @property
    def lam(self) -> arb:
        """Lambda, enclosed."""
        return self.zero.lam

    @property
    def ends(self) -> tuple[fmpq, fmpq]:
        """Short numbers just below and just above it."""
        return self.zero.outside

    @property
    def end_above(self) -> End:
        """The lower end of the piece above."""
        zero = frozenset[Condition]().union(*(c.zero_above for c in self.changes))
        guests = tuple(p for c in self.changes for p in c.guests_above)
        return End(zero, guests, (self.zero.x, self.zero.lam))

    @property
    def end_below(self) -> End:
        """The upper end of the piece below."""
        zero = frozenset[Condition]().union(*(c.zero_below for c in self.changes))
        guests = tuple(p for c in self.changes for p in c.guests_below)
        return End(zero, guests, (self.carried, self.zero.lam))

    def node_above(self) -> Node | None:
        """Where the piece above ends: just below lambda*."""
        point = self.above.branch.newton(self.zero.x, self.ends[0])
        return None if point is None else self.above.node(point, self.ends[0])

    def node_below(self) -> Node | None:
        """Where the piece below begins: just above lambda*."""
        point = self.below.branch.newton(self.carried, self.ends[1])
        return None if point is None else self.below.node(point, self.ends[1])


def breakpoints(curve: Curve, zero: Zero) -> Iterator[Breakpoint]:
    """The events that a vanishing condition can be, as far as they are proved to be one."""
    leaving = rate(zero)
    if leaving is None or not leaving > 0:
        return
    for change in changes(curve, zero.condition):
        found = _joined(curve, change, zero)
        if found is not None:
            yield found


def _joined(curve: Curve, change: Change, zero: Zero) -> Breakpoint | None:
    x = carried(curve.branch, zero.x, zero.lam, change.below, change.names, {})
    if x is None or change.leads is None:
        return None
    near = zero_of(change.below, change.leads, x, zero.lam, COARSE)
    if near is None or not _lies_in(near.root, [*x, zero.lam]):
        return None
    leaving = rate(near)
    if leaving is None or not leaving < 0:
        return None
    return Breakpoint(curve, Curve(change.below, curve.faces), (change,), zero, x)


def _lies_in(root: Root, point: Balls) -> bool:
    """Whether a point lies where the root is the only one."""
    return all(bool(region.contains(v)) for region, v in zip(root.region, point, strict=True))
