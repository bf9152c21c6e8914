"""When a function is positive on an interval: by its values at the ends, and its first or second derivative between."""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb


def positive(low: arb, high: arb, slope: arb, width: arb, zero: tuple[bool, bool]) -> bool:
    """Whether a function is positive between the ends, and at those where it is not known to vanish."""
    if zero[0]:
        return not zero[1] and bool(slope > 0) and bool(high > 0)
    if zero[1]:
        return bool(slope < 0) and bool(low > 0)
    if not (low > 0 and high > 0):
        return False
    if slope >= 0 or slope <= 0:
        return True
    c, d = slope.lower(), slope.upper()
    return bool((low * d - high * c + width * (c * d)) > 0)


def positive_between(at_ends: Sequence[arb], slope: arb, turned: arb, width: arb) -> bool:
    """Whether a function is positive from one end to the other, by its first or by its second derivative."""
    low, high = at_ends
    return positive(low, high, slope, width, (False, False)) or bent((low, high), turned, width)


def bent(at_ends: Sequence[arb], turned: arb, width: arb) -> bool:
    """Whether f >= the smaller end - h^2 / 8 max f'' shows it."""
    return bool(at_ends[0].min(at_ends[1]) - width * width * turned.max(arb(0)) / 8 > 0)
