"""From where to where a path leads."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

from polyrelu.data.numbers import exact_number
from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import decimal_bounds
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.limits import MAX_SCALE

LOWEST, HIGHEST = fmpq(1, 1000), fmpq(1001, 1000)
"""Of lambda_max: where a path ends unless it is told."""
RATIO_DIGITS = 10**6


def ends_of_path(top: Fraction, lo: Any, hi: Any) -> tuple[fmpq, fmpq]:
    """Both ends as rationals: as they were given, else short ones near parts of lambda_max."""
    scale = to_fmpq(_short(top)) if top else fmpq(1)
    high = scale * HIGHEST if hi is None else to_fmpq(penalty(hi, "--to"))
    low = min(scale, high) * LOWEST if lo is None else to_fmpq(penalty(lo, "--from"))
    if hi is None and low >= high:
        raise BadInput(
            f"--from: {lo} is above lambda_max ({decimal_bounds(to_fmpq(top), 6)[0]}), where no neuron is used; "
            "a path that begins there needs --to as well"
        )
    if low >= high:
        raise BadInput(f"a path needs 0 < from < to, and from = {low}, to = {high} were given")
    return low, high


def table_in_range(problem: Problem) -> None:
    """Refuse a table whose size floats do not hold several times over."""
    for name, values in (("X", [v for row in problem.X for v in row]), ("y", problem.y or ())):
        _in_range(f"the largest entry of {name}", max(map(abs, values), default=Fraction(0)))


def lambdas_in_range(low: fmpq, high: fmpq) -> None:
    """The same of penalties, of which 0 is one."""
    for name, value in (("lower", low), ("upper", high)):
        _in_range(f"the {name} end of the path", to_fraction(value))


def _in_range(name: str, value: Fraction) -> None:
    if value and not Fraction(1, 10**MAX_SCALE) <= value <= 10**MAX_SCALE:
        side = "above 1e" if value > 1 else "below 1e-"
        raise BadInput(
            f"{name} is {side}{MAX_SCALE}, where paths are not walked; multiplying y by t and X by r multiplies lambda "
            "by t r and the optimal weights by t / r: scale the data"
        )


def _short(value: Fraction) -> Fraction:
    """A number near it with a short denominator, or of a tiny one with a short reciprocal."""
    if value * 10**6 < 1:
        return 1 / (1 / value).limit_denominator(10**12)
    return value.limit_denominator(10**12)


def penalty(value: Any, name: str) -> Fraction:
    """An exact positive number, or one line that names the option."""
    try:
        found = exact_number(value)
    except BadInput as error:
        raise BadInput(f"{name}: {error}") from None
    if found <= 0:
        raise BadInput(
            f"{name}: {value} is not positive; a path needs positive numbers (for 0 see --to-zero)"
        )
    return found


def between(low: Fraction, high: Fraction, count: int) -> list[Fraction]:
    """Penalties at about equal ratios, strictly between the ends."""
    ratio = Fraction((high / low) ** Fraction(1, count)).limit_denominator(RATIO_DIGITS)
    found = [_short(low * ratio**k) for k in range(1, count)]
    return [lam for lam in found if low < lam < high]
