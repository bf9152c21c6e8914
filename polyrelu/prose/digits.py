"""Proved numbers for a reader: closed forms where these are short, else decimals that hold."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor, isqrt
from typing import Any

from polyrelu.certificate import check

DIGITS = 10
MAX_TERMS = 2
MAX_LENGTH = 24
DECIMALS = "Decimals are within one unit of the last digit."


def number(enclosure: check.Interval, exact: Any = None) -> str:
    """A formula: a short closed form, or digits."""
    return (None if exact is None else closed(exact)) or f"${decimal(enclosure)}$"


def closed(exact: Any) -> str | None:
    """The closed form of an exact number as a formula, if it is short."""
    rational = isinstance(exact, Fraction | int)
    terms = {1: Fraction(exact)} if rational else exact.terms
    if not rational and exact.field.f and set(terms) <= {0}:
        rational, terms = True, {1: terms.get(0, Fraction(0))}
    if len(terms) > MAX_TERMS or not (rational or not exact.field.f):
        return None
    length = sum(len(str(c)) + (len(str(m)) + 6 if m != 1 else 0) for m, c in terms.items())
    return f"${sum_of_roots(terms)}$" if length <= MAX_LENGTH else None


def sum_of_roots(terms: dict[int, Fraction]) -> str:
    """The sum of c sqrt(m) over its terms {m: c}, in TeX."""
    text = ""
    for m, c in sorted(terms.items()):
        sign = ("-" if c < 0 else "") if not text else (" - " if c < 0 else " + ")
        size = rf"\tfrac{{{abs(c.numerator)}}}{{{c.denominator}}}" if c.denominator > 1 else str(abs(c))
        text += sign + (str(abs(c)) if m == 1 else ("" if abs(c) == 1 else size) + rf"\sqrt{{{m}}}")
    return text or "0"


def decimal(x: check.Interval, digits: int = DIGITS) -> str:
    """As many digits, at most, as are within one unit of the last place for all numbers of the enclosure."""
    unit = 2**check.Interval.bits
    while digits > 0 and (x.hi - x.lo) * 10**digits > unit:
        digits -= 1
    middle = Fraction(x.lo + x.hi, 2 * unit)
    units = floor(abs(middle) * 10**digits + Fraction(1, 2))
    text = f"{units // 10**digits}" + (f".{units % 10**digits:0{digits}d}" if digits else "")
    return ("-" if middle < 0 and units else "") + text


def vector(entries: Sequence[str]) -> str:
    """Formulas as one formula, which may break behind its commas."""
    return "$(" + r",\ ".join(entry.strip("$") for entry in entries) + ")$"


def around(middle: Fraction, radius: Fraction) -> check.Interval:
    """The numbers within a radius."""
    unit = 2**check.Interval.bits
    return check.Interval(floor((middle - radius) * unit), ceil((middle + radius) * unit))


def root(x: check.Interval) -> check.Interval:
    """The square root of an enclosure without negative numbers."""
    low, high = (isqrt(max(0, end) << check.Interval.bits) for end in (x.lo, x.hi))
    return check.Interval(low, high + 1)


def norm(vector: Sequence[check.Interval]) -> check.Interval:
    """The length of a vector."""
    return root(sum((v * v for v in vector), start=check.Interval(0, 0)))
