"""When a function is positive on an interval: by its values at the ends, and how far it is from its chord between.

With f = (1 - t) f_a + t f_b + t (1 - t) k, where k = k(t) is only enclosed, f > 0 on [0, 1] if f_a, f_b > 0 and

    -k < f_a / t + f_b / (1 - t)      for all t, that is      -k < (sqrt f_a + sqrt f_b)^2,

as Cauchy and Schwarz say. If f_a = 0, f / t = f_b + (1 - t) k > 0 on (0, 1] if f_b > 0 and f_b + k > 0; if both are 0,
f > 0 between if k > 0. Where f has two derivatives, -k is half of h^2 times a value of f''.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb


def positive(low: arb, high: arb, slope: arb, width: arb, zero: tuple[bool, bool]) -> bool:
    """Whether a function is positive between the ends, and at those where it is not known to vanish: by its slope."""
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


def bowed(low: arb, high: arb, bow: arb, zero: tuple[bool, bool] = (False, False)) -> bool:
    """The same, by k; a function that vanishes at an end is taken to do so there."""
    if zero[0] and zero[1]:
        return bool(bow > 0)
    if zero[0]:
        return bool(high > 0) and bool(high + bow > 0)
    if zero[1]:
        return bool(low > 0) and bool(low + bow > 0)
    if not (low > 0 and high > 0):
        return False
    down, ends = (-bow).max(arb(0)), low + high
    return bool(down < ends) or bool(down < ends + 2 * (low * high).sqrt())


def bow_of_slack(h: arb, low: Sequence[arb], high: Sequence[arb], bow: Sequence[arb]) -> arb:
    """k of lambda^2 - |z|^2, where z = (1 - t) z_a + t z_b + t (1 - t) Z and lambda moves by h:

    |z_b - z_a|^2 - h^2 - 2 zh.Z - t (1 - t) |Z|^2, with zh between z_a and z_b.
    """
    found = -h * h
    for u, v, w in zip(low, high, bow, strict=True):
        found = found + (v - u) ** 2 - 2 * u.union(v) * w - (w * w / 4).union(arb(0))
    return found
