"""Proved numbers as texts: bounds for JSON, short forms for reading."""

from __future__ import annotations

from typing import Any

from flint import arb, fmpq

from polyrelu.exact.enclosure import ball, decimal_bounds, precision
from polyrelu.exact.rational import is_rational
from polyrelu.networks.coordinates import rounded
from polyrelu.proof.optimum import Optimum

GUARD_BITS = 64


def bits_for(digits: int) -> int:
    """Working precision with room for a few operations."""
    return int(digits * 3.33) + GUARD_BITS


def bounds(value: Any, digits: int) -> list[str]:
    """Decimal strings [lo, hi] around a number of any kind."""
    return list(decimal_bounds(value if is_rational(value) else ball(value, bits_for(digits)), digits))


def range_bounds(ends: tuple[Any, Any], digits: int) -> list[str]:
    """Decimal strings [lo, hi] around everything between two numbers."""
    low, high = ends
    return [bounds(low, digits)[0], bounds(high, digits)[1]]


def directions(optimum: Optimum, digits: int) -> list[list[Any]]:
    """u = s z / lambda for every used neuron: exact where the optimum is rational, else in balls."""
    exact = optimum.point.exact if optimum.field == "Q" else None
    at = exact.at if exact is not None else optimum.point.balls(bits_for(digits))
    with precision(bits_for(digits) + 32):
        return optimum.directions(at)


def short(value: arb) -> str:
    """The middle of an enclosure to six digits, for reading only."""
    return f"{float(value.mid()):.6g}"


def short_range(low: Any, high: Any) -> str:
    """A number, or "a to b", to six digits, for reading only."""
    a, b = (0.0 if isinstance(v, arb) and v.contains(0) else rounded(v) for v in (low, high))
    if isinstance(low, fmpq) and low == high:
        return f"{a:.6g}"
    # Rounded to six digits the ends of an enclosure of one number agree, and those of a true range rarely do.
    return f"{a:.6g}" if f"{a:.6g}" == f"{b:.6g}" else f"{a:.6g} to {b:.6g}"


def between(pair: tuple[str, str] | list[str] | None) -> str:
    """A number between two decimals, as a person would write it.

    >>> between(("0.1", "0.2")), between(("4.50", "4.50"))
    ('0.1 .. 0.2', '4.5')
    """
    if pair is None:
        return "unknown"
    low, high = pair
    if low != high:
        return f"{low} .. {high}"
    return low.rstrip("0").rstrip(".") if "." in low and "e" not in low else low


def exact_or_between(value: Any, digits: int) -> str:
    """A rational as itself where it is short, any other number between two decimals."""
    if isinstance(value, fmpq) and len(str(value)) <= 2 * digits:
        return str(value)
    return between(decimal_bounds(value, digits))
