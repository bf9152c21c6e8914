"""Which of some conditions vanishes first on the way down along a curve."""

from __future__ import annotations

from collections.abc import Iterable, Set

import numpy as np
from flint import arb

from polyrelu.breakpoints.steps import value_at, zero_between
from polyrelu.breakpoints.zeros import ENOUGH, Zero, zero_of
from polyrelu.curves.condition import SLACK, Condition, antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.nodes import Node
from polyrelu.proof.directions import places_above

SEARCHES = 6
CLIMBS = 5


def first_zero(
    curve: Curve, way: tuple[Node, Node], failed: Iterable[Condition], passed: Set[Condition]
) -> Zero | None:
    """The largest lambda between two nodes at which one of the conditions vanishes; some are 0 at the upper one."""
    (node, above), best = way, None
    waiting = [f for f in failed if f not in passed]
    for _ in range(SEARCHES):
        waiting = by_their_zeros(curve, waiting, node, above)
        zeros = (zero_between(curve, f, node, above) for f in waiting)
        found = next((zero for zero in zeros if zero is not None), None)
        if found is None:
            return best
        best = on_its_face(curve, found)
        negative = curve.table().negative(best.x, best.lam)
        negative += [f for f in waiting if f.kind == SLACK and curve.single(f).negative(best.x, best.lam)]
        waiting = [f for f in negative if f not in {best.condition, found.condition, *passed}]
        if not waiting:
            return best
        node = curve.node([v.mid() for v in best.x], best.outside[0])
    return best


def has_twin(curve: Curve, zero: Zero) -> bool:
    """Whether the antipode's condition vanishes at the same lambda, as far as balls tell."""
    f = zero.condition
    if f.place.gate is not None:
        return False  # gates of one direction are one unit
    target = None if f.target is None else antipode(f.target)
    twin = Condition(f.kind, antipode(f.place), f.row, target)
    if (f.kind == SLACK) == (twin.place in curve.tight):
        return False
    known = [twin] if f.kind == SLACK else [g for g in curve.table().linear if g == twin]
    return any(bool(curve.single(g).values(zero.x, zero.lam)[0].contains(0)) for g in known)


def by_their_zeros(curve: Curve, failed: Iterable[Condition], below: Node, above: Node) -> list[Condition]:
    """Conditions in the order in which they vanish on a straight line from the upper node down to the lower."""
    table = curve.table()
    known = [
        dict(zip(table.conditions, table.values(node.point, arb(node.lam)), strict=True))
        for node in (below, above)
    ]

    def part(f: Condition) -> float:
        low, high = (
            float((values[f] if f in values else value_at(curve, f, (node.point, node.lam))).mid())
            for values, node in zip(known, (below, above), strict=True)
        )
        return max(high, 0.0) / (max(high, 0.0) - low) if low < 0 else 1.0

    return sorted(failed, key=part)


def on_its_face(curve: Curve, zero: Zero) -> Zero:
    """A newcomer's face at its own lambda: another than where it was seen first, perhaps."""
    program = curve.branch.program
    climbs = zero.condition.kind == SLACK and program.listed is None
    for _ in range(CLIMBS if climbs else 0):
        place = zero.condition.place
        nu = [v.mid() for v in curve.branch.residual_at(zero.x, zero.lam).entries()]
        u = np.array([float((arb(0) + v * place.sign).mid()) for v in curve.faces.neuron(place).z(nu)])
        start = program.shift.guess_of(u) if program.offset else u
        there = places_above(program, np.array([float(v) for v in nu]), [(place.sign, start)])
        if not there or there[0] == place:
            break
        nearer = zero_of(curve.branch, Condition(SLACK, there[0]), zero.x, zero.lam, most=ENOUGH)
        if nearer is None:
            break
        zero = nearer
    return zero
