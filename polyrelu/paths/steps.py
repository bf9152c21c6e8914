"""Steps along a curve, and where a condition vanishes on the way: proposals, and proofs of zeros."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import arb, fmpq

from polyrelu.exact.rational import to_fraction
from polyrelu.paths.branch import Balls, Branch
from polyrelu.paths.conditions import SLACK, Condition
from polyrelu.paths.curve import Curve
from polyrelu.paths.directions import Node
from polyrelu.paths.zeros import Zero, tangent, zero_of
from polyrelu.proof.directions import places_above

LAMBDA_BITS = 40
SECANTS = 12
CLIMBS = 5


def short(lam: fmpq) -> fmpq:
    """A dyadic number near lambda, below it."""
    if lam <= 0:
        return lam
    scale = Fraction(2) ** (LAMBDA_BITS - (int(lam.p).bit_length() - int(lam.q).bit_length()))
    near = (to_fraction(lam) * scale).__floor__() / scale
    return fmpq(near.numerator, near.denominator)


def follow(curve: Curve, node: Node, lam: fmpq) -> Balls | None:
    """A point of the curve at another lambda."""
    return _followed(curve.branch, (node.point, node.lam), lam)


Point = tuple[Balls, fmpq]


def _followed(branch: Branch, start: Point, lam: fmpq) -> Balls | None:
    x, here = start
    direction = tangent(branch, x, arb(here))
    if direction is None:
        return None
    move = arb(lam) - arb(here)
    return branch.newton([v + d.mid() * move for v, d in zip(x, direction, strict=True)], lam)


def part_of_the_way(curve: Curve, f: Condition, below: Node, above: Node) -> float:
    """Where a condition vanishes on a straight line between two nodes, as a part of the way down."""
    at_low, at_high = (float(_value(curve, f, (node.point, node.lam)).mid()) for node in (below, above))
    return max(at_high, 0.0) / (max(at_high, 0.0) - at_low) if at_low < 0 else 1.0


def _value(curve: Curve, f: Condition, at: Point) -> arb:
    return curve.single(f).values(at[0], arb(at[1]))[0]


def zero_between(curve: Curve, f: Condition, below: Node, above: Node) -> Zero | None:
    """The zero of a condition that is negative at one node and positive at the other: secants, then a proof."""
    low, high = (below.point, below.lam), (above.point, above.lam)
    at_low, at_high = (_value(curve, f, at).mid() for at in (low, high))
    if not at_low < 0 or (f.kind == SLACK and not at_high > 0):
        return None  # a newcomer whose face is above lambda at both ends has entered on another face
    if not at_high > 0:
        at_high = abs(at_low)
    for k in range(SECANTS):
        part = fmpq(1, 2)
        if k % 3 < 2:
            guess = (at_low / (at_low - at_high)).mid()
            part = min(fmpq(49, 50), max(fmpq(1, 50), fmpq(*float(guess).as_integer_ratio())))
        lam = short(low[1] + (high[1] - low[1]) * part)
        if not low[1] < lam < high[1]:
            break
        between = [u + (v - u) * arb(part) for u, v in zip(low[0], high[0], strict=True)]
        found = zero_of(curve.branch, f, between, arb(lam))
        if found is not None and arb(below.lam) < found.lam < arb(above.lam):
            return found
        point = _followed(curve.branch, high, lam)
        if point is None:
            break
        here = _value(curve, f, (point, lam)).mid()
        if here < 0:
            low, at_low = (point, lam), here
        else:
            high, at_high = (point, lam), here
    return None


def on_its_face(curve: Curve, zero: Zero) -> Zero:
    """A newcomer's face at its own lambda: another than where it was seen first, perhaps."""
    program = curve.branch.program
    climbs = zero.condition.kind == SLACK and program.listed is None
    for _ in range(CLIMBS if climbs else 0):
        place = zero.condition.place
        nu = [v.mid() for v in curve.branch.residual_at(zero.x, zero.lam).entries()]
        u = np.array([float((arb(0) + v * place.sign).mid()) for v in curve.faces.neuron(place).z(nu)])
        there = places_above(program, np.array([float(v) for v in nu]), [(place.sign, u)])
        if not there or there[0] == place:
            break
        nearer = zero_of(curve.branch, Condition(SLACK, there[0]), zero.x, zero.lam)
        if nearer is None:
            break
        zero = nearer
    return zero
