"""Steps along a curve, and where a condition vanishes on the way: proposals, and proofs of zeros."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from flint import arb, fmpq

from polyrelu.breakpoints.zeros import ENOUGH, Zero, tangent, zero_of
from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.condition import SLACK, Condition
from polyrelu.curves.curve import Curve
from polyrelu.curves.nodes import Node
from polyrelu.curves.rough import in_floats
from polyrelu.exact.rational import to_fraction

LAMBDA_BITS = 40
SECANTS = 12
SETTLED = 2.0**-30
"""A value this small, beside those at both ends, is near enough to 0 for a proof to begin."""


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
    if not x:
        return []
    near = branch.rough.followed(x, float(arb(here).mid()), float(arb(lam).mid()))
    found = None if near is None else branch.newton(near, lam)
    if found is not None:
        return found
    direction = tangent(branch, x, arb(here))
    if direction is None:
        return None
    move = arb(lam) - arb(here)
    return branch.newton([v + d.mid() * move for v, d in zip(x, direction, strict=True)], lam)


def value_at(curve: Curve, f: Condition, at: Point) -> arb:
    """The value of a condition at a point near the curve."""
    return curve.single(f).values(at[0], arb(at[1]))[0]


def held(curve: Curve, failed: Iterable[Condition], below: Node, above: Node) -> tuple[fmpq, fmpq]:
    """About how far down from the upper node, and up from the lower one, all of some conditions hold, of 1.

    Those of a guest have to hold only near the breakpoint at which it comes or goes.
    """
    down, up = fmpq(1), fmpq(1)
    for f in failed:
        low, high = (value_at(curve, f, (node.point, node.lam)).mid() for node in (below, above))
        if low < 0 < high:
            down = min(down, _fraction(high / (high - low)))
        elif high < 0 < low:
            up = min(up, _fraction(low / (low - high)))
    return down, up


def _fraction(part: arb) -> fmpq:
    return fmpq(*float(part.mid()).as_integer_ratio())


def _near_zero(
    curve: Curve, f: Condition, below: tuple[Point, arb], above: tuple[Point, arb]
) -> tuple[Balls, arb] | None:
    """About where a condition vanishes, by secants in floats; of two that keep an end, its value counts half."""
    rough, ends = (
        curve.branch.rough,
        [(in_floats(x), float(arb(lam).mid()), float(v)) for (x, lam), v in (below, above)],
    )
    kept = -1
    for _ in range(SECANTS):
        (x, a, u), (y, b, v) = ends
        part = u / (u - v)
        lam = a + (b - a) * part
        near = rough.root(x + (y - x) * part, lam)
        if near is None:
            return None
        point = [arb(t) for t in near.tolist()]
        here = float(curve.single(f).values(point, arb(lam))[0].mid())
        k = int(here > 0)
        if abs(here) <= SETTLED * max(abs(u), abs(v)) or lam in (a, b):
            return point, arb(lam)
        ends[k] = near, lam, here
        if kept == k:
            ends[1 - k] = *ends[1 - k][:2], ends[1 - k][2] / 2
        kept = k
    return None


def zero_between(curve: Curve, f: Condition, below: Node, above: Node) -> Zero | None:
    """The zero of a condition that is negative at one node and positive at the other: secants, then a proof.

    The node at which it is negative is the lower one, or, on a curve that holds below, the higher one.
    """
    low, high = (below.point, below.lam), (above.point, above.lam)
    at_low, at_high = (value_at(curve, f, at).mid() for at in (low, high))
    if not at_low < 0 or (f.kind == SLACK and not at_high > 0):
        return None  # a newcomer whose face is above lambda at both ends has entered on another face
    near = _near_zero(curve, f, (low, at_low), (high, at_high)) if at_high > 0 else None
    found = None if near is None else zero_of(curve.branch, f, *near, most=ENOUGH)
    if found is not None and _is_between(found.lam, below.lam, above.lam):
        return found
    if not at_high > 0:
        at_high = abs(at_low)
    for k in range(SECANTS):
        part = fmpq(1, 2)
        if k % 3 < 2:
            guess = (at_low / (at_low - at_high)).mid()
            part = min(fmpq(49, 50), max(fmpq(1, 50), fmpq(*float(guess).as_integer_ratio())))
        lam = short(low[1] + (high[1] - low[1]) * part)
        if not _is_between(arb(lam), low[1], high[1]):
            break
        between = [u + (v - u) * arb(part) for u, v in zip(low[0], high[0], strict=True)]
        found = zero_of(curve.branch, f, between, arb(lam), most=ENOUGH)
        if found is not None and _is_between(found.lam, below.lam, above.lam):
            return found
        point = _followed(curve.branch, high, lam)
        if point is None:
            break
        here = value_at(curve, f, (point, lam)).mid()
        if here < 0:
            low, at_low = (point, lam), here
        else:
            high, at_high = (point, lam), here
    return None


def _is_between(lam: arb, one: fmpq, other: fmpq) -> bool:
    return bool(arb(min(one, other)) < lam < arb(max(one, other)))
