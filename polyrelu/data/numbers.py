"""What counts as a number: every value a user may hand in, turned into one exact `Fraction`.

A float is read as its *shortest decimal form*, the one Python prints: `0.1` means 1/10, because that is what
its author wrote. `floats="exact"` takes the binary value instead, `floats="reject"` refuses floats.

>>> exact_number(0.1), exact_number("3/7"), exact_number("1e-3")
(Fraction(1, 10), Fraction(3, 7), Fraction(1, 1000))
>>> exact_number(0.1, floats="exact")
Fraction(3602879701896397, 36028797018963968)
"""

from __future__ import annotations

import math
import numbers
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from polyrelu.errors import BadInput
from polyrelu.limits import MAX_DIGITS, MAX_EXPONENT

Floats = Literal["decimal", "exact", "reject"]

_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE](?P<exponent>[+-]?[0-9]+))?")
_RATIO = re.compile(r"[+-]?[0-9]+\s*/\s*[0-9]+")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def exact_number(value: Any, *, floats: Floats = "decimal") -> Fraction:
    """The rational that `value` stands for; `BadInput` (without a place) if it stands for none."""
    if isinstance(value, str):
        return _from_text(value)
    if isinstance(value, numbers.Rational):  # int, bool, Fraction, numpy integers
        return _within_limit(Fraction(int(value.numerator), int(value.denominator)))
    if isinstance(value, Decimal):
        return _from_decimal(value)
    if isinstance(value, float) or type(value).__name__ in {"float16", "float32", "float64", "longdouble"}:
        return _from_float(value, floats)
    return _from_foreign(value, floats)


def looks_numeric(text: str) -> bool:
    """True for what stands where a number should: a number, an empty cell, nan or infinity.

    >>> [looks_numeric(t) for t in ("1.5", "-3/4", "nan", "x1", "")]
    [True, True, True, False, True]
    """
    text = text.strip()
    return not text or any(p.fullmatch(text) for p in (_DECIMAL, _RATIO, _NOT_FINITE))


def _from_text(text: str) -> Fraction:
    stripped = text.strip()
    if not stripped:
        raise BadInput("empty where a number is needed; fill it in or drop the row")
    if _NOT_FINITE.fullmatch(stripped):
        raise BadInput(f"{stripped} is not a finite number; fill it in or drop the row")
    if len(stripped) > MAX_DIGITS:
        raise BadInput(f"a number {len(stripped)} characters long; the limit is {MAX_DIGITS}")
    if _RATIO.fullmatch(stripped):
        numerator, denominator = (int(part) for part in stripped.split("/"))
        if denominator == 0:
            raise BadInput(f"{stripped} has denominator 0")
        return Fraction(numerator, denominator)
    match = _DECIMAL.fullmatch(stripped)
    if match is None:
        raise BadInput(f"{_short(stripped)!r} is not a number; write it as 12, -0.5, 1e-3 or 3/7")
    _check_exponent(match["exponent"])
    return Fraction(stripped)


def _check_exponent(exponent: str | None) -> None:
    if exponent is not None and (len(exponent) > 6 or abs(int(exponent)) > MAX_EXPONENT):
        raise BadInput(f"the exponent {_short(exponent)} is beyond the limit of {MAX_EXPONENT}")


def _from_decimal(value: Decimal) -> Fraction:
    if not value.is_finite():
        raise BadInput(f"{value} is not a finite number; fill it in or drop the row")
    # Converting first would build the integer 10**exponent, however large: look at the text before.
    return _from_text(str(value))


def _from_float(value: Any, floats: Floats) -> Fraction:
    if not math.isfinite(value):
        raise BadInput(f"{value} is not a finite number; fill it in or drop the row")
    if floats == "reject":
        raise BadInput(
            f'{value} is a float and floats="reject" was asked; use an int, a Fraction or a string'
        )
    if floats == "exact":
        numerator, denominator = value.as_integer_ratio()
        return _within_limit(Fraction(int(numerator), int(denominator)))
    return _from_text(str(value))  # numpy scalars print the shortest form of their own precision


def _from_foreign(value: Any, floats: Floats) -> Fraction:
    """Numbers of sympy and flint, known by their attributes so that neither is imported here."""
    if getattr(value, "is_Rational", False):  # sympy Integer and Rational
        return _within_limit(Fraction(int(value.p), int(value.q)))
    if getattr(value, "is_Float", False):  # sympy Float
        return _from_float(float(value), floats)
    if type(value).__name__ in {"fmpq", "fmpz"}:
        ratio = (value.p, value.q) if type(value).__name__ == "fmpq" else (value, 1)
        return _within_limit(Fraction(int(ratio[0]), int(ratio[1])))
    if hasattr(value, "item") and getattr(value, "shape", None) == ():  # zero-dimensional numpy values
        return exact_number(value.item(), floats=floats)
    if getattr(value, "is_number", False):
        raise BadInput(f"{value} is not rational; polyrelu needs rational data")
    name = type(value).__name__
    raise BadInput(
        f"{_short(repr(value))} (a {name}) is not a number; use an int, a Fraction, a Decimal or a string"
    )


def _within_limit(value: Fraction) -> Fraction:
    bits = max(value.numerator.bit_length(), value.denominator.bit_length())
    if bits > MAX_DIGITS * math.log2(10):
        raise BadInput(f"a number of about {int(bits / math.log2(10))} digits; the limit is {MAX_DIGITS}")
    return value


def _short(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."
