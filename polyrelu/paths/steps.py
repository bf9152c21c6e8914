"""Steps along a curve, and where a condition vanishes on the way: proposals, and proofs of zeros."""

from __future__ import annotations

from fractions import Fraction

from flint import arb, fmpq

from polyrelu.exact.rational import to_fraction
from polyrelu.paths.branch import Balls
from polyrelu.paths.conditions import SLACK, Condition
from polyrelu.paths.curve import Curve
from polyrelu.paths.directions import Node
from polyrelu.paths.zeros import Zero, tangent, zero_of

LAMBDA_BITS = 40
SECANTS = 12


def short(lam: fmpq) -> fmpq:
    """A dyadic number near lambda, below it."""
    if lam <= 0:
        return lam
    scale = Fraction(2) ** (LAMBDA_BITS - (int(lam.p).bit_length() - int(lam.q).bit_length()))
    near = (to_fraction(lam) * scale).__floor__() / scale
    return fmpq(near.numerator, near.denominator)


def follow(curve: Curve, node: Node, lam: fmpq) -> Balls | None:
    """A point of the curve at another lambda."""
    direction = tangent(curve.branch, node.point, arb(node.lam))
    if direction is None:
        return None
    move = arb(lam) - arb(node.lam)
    start = [v + d.mid() * move for v, d in zip(node.point, direction, strict=True)]
    return curve.branch.newton(start, lam)


def zero_between(curve: Curve, f: Condition, below: Node, above: Node) -> Zero | None:
    """The zero of a condition that is negative at one node and positive at the other: secants, then a proof."""
    table = curve.table((f.place,)) if f.kind == SLACK else curve.table()
    index = table.conditions.index(f)

    def value(node: Node) -> arb:
        return table.values(node.point, arb(node.lam))[index].mid()

    low, high, at_low, at_high = below, above, value(below), value(above)
    if not at_low < 0:
        return None
    if not at_high > 0:
        at_high = abs(at_low)
    for k in range(SECANTS):
        part = fmpq(1, 2)
        if k % 3 < 2:
            guess = (at_low / (at_low - at_high)).mid()
            part = min(fmpq(49, 50), max(fmpq(1, 50), fmpq(*float(guess).as_integer_ratio())))
        lam = short(low.lam + (high.lam - low.lam) * part)
        point = follow(curve, high, lam)
        if point is None or not low.lam < lam < high.lam:
            break
        node = curve.node(point, lam)
        here = value(node)
        if here < 0:
            low, at_low = node, here
        else:
            high, at_high = node, here
        if (high.lam - low.lam) * 1000 < above.lam - below.lam:
            break
    start = low if abs(at_low) < abs(at_high) else high
    found = zero_of(curve.branch, f, start.point, arb(start.lam))
    if found is None or not (found.lam > arb(below.lam) and found.lam < arb(above.lam)):
        return None
    return found
