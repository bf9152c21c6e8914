"""The fast layout: one sign of a question as integers carried in float64, so that matrix products are exact.

A float64 carries an integer below 2^53 exactly, and sums and products of such integers that stay below 2^53 are exact
in any order: BLAS may be used. Three scales are chosen so that everything fits.

* Lines: 24 bits per entry. Longer lines are rounded (each by its own power of two), and `blur` bounds what that does
  to v.u on the cube |u_j| <= 1: products are then known up to `blur`, which enlarges every box a little.
* Boxes: centre c and half-widths h are integers over 2^P, P <= 30.
* Coefficients: C_v v_j, l_j and lambda in units of 2^q, below 2^56. C_v v is cut in two limbs, so that a sum over lines
  with slopes of 16 bits is exact. Beyond 32 coordinates there are fewer bits, so that a bound, which is a sum over
  coordinates, stays below 2^63. The rounding to units is bounded by `loose` units in each coordinate.

Every rounding is bounded in the direction that makes the test harder, so it can only cost a split, never a proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.question import Question
from polyrelu.exact.integers import largest

Floats = NDArray[np.float64]

LINE_BITS = 24
SLOPE_BITS = 16
UNIT_BITS = 56
WIDE = 5
"""Up to 2^5 coordinates; each further factor of 2 doubles the unit, so that sums over coordinates fit as well."""
MOST_BITS = 30  # of a box


@dataclass(frozen=True, eq=False)
class Layout:
    """One sign of a question. Lines are sorted: positive ones, then those of unproved sign, then negative ones."""

    sign: int
    d: int
    normed: int
    P: int
    unit: Fraction
    """The unit 2^q of coefficients, in the units of the rows times nu."""
    level: int
    """The level, rounded down, in units."""
    order: NDArray[np.intp]
    """The number in `Lines` of each line here."""
    positive: int
    """The first so many have a positive coefficient at the midpoint,"""
    hard: int
    """and the first so many are not proved to be negative or zero."""
    V: Floats
    blur: Floats
    """A bound of |v.u - V u| on the cube, over 2^P."""
    high: Floats
    low: Floats
    limb: int
    """C_v v = high 2^limb + low, in units."""
    C: Floats
    """C_v in units per unit of V u / 2^P, for guesses."""
    bend: Floats
    """At least C_v > 0, as an integer over 2^-bend_shift units."""
    bend_shift: int
    base: NDArray[np.int64]
    """The linear form -s l, in units, rounded."""
    loose: int
    """Units by which a coordinate of a linear part may be wrong."""


def layout_of(question: Question, sign: int) -> Layout:
    """The fast layout of one sign of a question whose level is positive."""
    lines = question.lines
    count, d = lines.V.shape
    order, positive, hard = sorted_lines(question, sign)
    V, C = lines.V[order], np.array([sign * c for c in lines.C], dtype=object)[order]
    products = V * C[:, None]
    level = question.level * 2**question.bits
    q = unit_exponent(level, sum(largest(row) for row in products) + max(map(abs, lines.linear)), d)
    limb = 53 - SLOPE_BITS - 1 - max(count, 1).bit_length()
    whole = rounded(products, q)
    low = whole & ((1 << limb) - 1)
    rounding, e = rounded_lines(V)
    P = min(MOST_BITS, 51 - int(np.abs(rounding).sum(axis=1).max(initial=1) + d).bit_length())
    up = np.array([-((-c << int(s)) >> q) if q > 0 else c << (int(s) - q) for c, s in zip(C, e, strict=True)])
    shift = max(0, max((int(c).bit_length() for c in up), default=0) - 26)
    bend = np.array([max(0, -(-int(c) >> shift)) for c in up], dtype=np.float64)
    return Layout(
        sign=sign,
        d=d,
        normed=question.normed,
        P=P,
        unit=Fraction(2) ** (q - question.bits),
        level=floor_scaled(level, q),
        order=order,
        positive=positive,
        hard=hard,
        V=rounding.astype(np.float64),
        blur=np.where(e > 0, -(-d // 2) << P, 0).astype(np.float64),
        high=((whole - low) >> limb).astype(np.float64),
        low=low.astype(np.float64),
        limb=limb,
        C=np.array([int(c) / 2**P for c in up], dtype=np.float64),
        bend=bend,
        bend_shift=shift,
        base=rounded(np.array([-sign * x for x in lines.linear], dtype=object), q).astype(np.int64),
        loose=(count + 1) // 2 + 3,
    )


def unit_exponent(level: Fraction, size: int, d: int) -> int:
    """q, where 2^q is the unit: level and coefficients fit the bits there are, fewer where many are added up."""
    unit_bits = UNIT_BITS - max(0, d.bit_length() - WIDE)
    q = level.numerator.bit_length() - level.denominator.bit_length() + 1 - unit_bits
    return max(q, size.bit_length() - unit_bits) if size else q


def sorted_lines(question: Question, sign: int) -> tuple[NDArray[np.intp], int, int]:
    """Positive, unproved, negative; a coefficient that is proved to be 0 is dropped."""
    C = [sign * c for c in question.lines.C]
    if question.hard is None:
        radius = question.radius * 2**question.bits
        slack = [radius.numerator * m for m in question.lines.spread]  # over the denominator
        proved_negative = [k for k, r in enumerate(slack) if C[k] * radius.denominator + r < 0]
        zero = [k for k, r in enumerate(slack) if C[k] == 0 and r == 0]
    else:
        proved_negative = [k for k, c in enumerate(C) if c <= 0 and (sign, k) not in question.hard]
        zero = []
    positive = [k for k, c in enumerate(C) if c > 0]
    unproved = sorted(set(range(len(C))) - set(proved_negative) - set(zero) - set(positive))
    order = np.array([*positive, *unproved, *proved_negative], dtype=np.intp)
    return order, len(positive), len(positive) + len(unproved)


def rounded(array: NDArray[Any], q: int) -> NDArray[Any]:
    """The nearest integers to array / 2^q, as Python integers."""
    if q <= 0:
        return np.asarray(array << -q, dtype=object) if array.size else array
    return np.asarray((array + (1 << (q - 1))) >> q, dtype=object) if array.size else array


def floor_scaled(value: Fraction, q: int) -> int:
    """The integer part of value / 2^q."""
    scaled = value / 2**q if q > 0 else value * 2**-q
    return int(scaled.numerator // scaled.denominator)


def rounded_lines(V: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Lines with at most LINE_BITS bits, and the power of two by which each was divided."""
    e = np.array([max(0, largest(row).bit_length() - LINE_BITS) for row in V], dtype=np.int64)
    lines = [rounded(row, int(s)) if s else row for row, s in zip(V, e, strict=True)]
    return np.array(lines, dtype=object).reshape(V.shape), e
