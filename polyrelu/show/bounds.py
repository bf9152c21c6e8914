"""Bounds of an optimum: in words, and as a JSON object."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from polyrelu.bounding.bounds import Bounds
from polyrelu.exact.rational import to_fmpq
from polyrelu.show.forms import Facts, as_facts, as_json, as_text
from polyrelu.show.numbers import between, bounds
from polyrelu.show.sets import fact
from polyrelu.show.settings import described


@as_json.register
def _(found: Bounds, digits: int) -> dict[str, Any]:
    keys: dict[str, Any] = {
        "status": "bounded",
        "setting": described(found.problem.setting),
        "lambda": str(found.problem.lam),
        "objective": _enclosed(found.lower, found.upper, digits),
        "gap": above(found.gap),
        "residual_radius": root_above(found.radius_squared),
        "boxes": found.boxes,
    }
    if found.judged is not None and found.network_gap is not None:
        low, high = found.network_gap
        keys["network_objective"] = _enclosed(*found.judged, digits)
        keys["network_gap"] = [
            None if low is None else below(low),
            None if high is None else above(high),
        ]
    return keys | {"seconds": round(found.seconds, 6)}


@as_text.register
def _(found: Bounds, digits: int) -> str:
    problem = found.problem
    reached = "" if found.reached else f"; the gap asked for, {percent(found.wanted)}, was not reached"
    size = f"{problem.n} rows, {problem.d} features{' (bias included)' if problem.bias else ''}"
    setting = "" if problem.setting.is_plain else f"; {problem.setting.words}"
    lines = [
        f"{size}, lambda = {problem.lam}{setting}",
        f"BOUNDED: the optimum over all networks is known to within {percent(found.gap)} (proved){reached}.",
        fact("objective", between(tuple(_enclosed(found.lower, found.upper, digits)))),  # type: ignore[arg-type]
        fact(
            "residual", f"within {root_above(found.radius_squared):.3g} of a known vector, for every optimum"
        ),
    ]
    if found.judged is not None and found.network_gap is not None:
        low, high = found.network_gap
        words = "not bounded" if high is None or low is None else f"{percent(low)} to {percent(high)}"
        lines += [
            fact("this network", between(tuple(_enclosed(*found.judged, digits)))),  # type: ignore[arg-type]
            fact("above the optimum", f"{words} (proved)"),
        ]
    return "\n".join([*lines, f"  {found.seconds:.2f} s, {found.boxes:,} boxes of directions"])


@as_facts.register
def _(found: Bounds) -> Facts:
    low, high = _enclosed(found.lower, found.upper, 8)
    return {"objective": f"{low} .. {high}", "gap": percent(found.gap)}


def _enclosed(low: Fraction, high: Fraction, digits: int) -> list[str]:
    return [bounds(to_fmpq(low), digits)[0], bounds(to_fmpq(high), digits)[1]]


def above(x: Fraction) -> float:
    """A float that is not below x."""
    near = float(x)
    return near if Fraction(near) >= x else math.nextafter(near, math.inf)


def below(x: Fraction) -> float:
    """A float that is not above x."""
    return 0.0 - above(-x)


def root_above(square: Fraction) -> float:
    """A float that is not below the root."""
    near = math.sqrt(above(square))
    while Fraction(near) ** 2 < square:
        near = math.nextafter(near, math.inf)
    return near


def percent(x: Fraction) -> str:
    """A share, for reading, rounded away from zero.

    >>> percent(Fraction(1, 3)), percent(Fraction(0)), percent(Fraction(1, 10**6))
    ('33.4%', '0%', '0.0001%')
    """
    if x <= 0:
        return "0%"
    size = math.floor(math.log10(float(x) * 100)) if float(x) else -300
    unit = Fraction(10) ** (size - 2)
    rounded = -(-x * 100 // unit) * unit
    return f"{float(rounded):.3g}%" if rounded < 1000 else f"{float(rounded):.6g}%"
