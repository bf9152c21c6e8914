"""What the setting adds to an answer: which problem it was, and the coefficients of what is free."""

from __future__ import annotations

from typing import Any

from polyrelu.data.setting import Setting
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import bits_of
from polyrelu.result import Result
from polyrelu.show.forms import answered
from polyrelu.show.numbers import bounds, exact_or_between

NO_LAMBDA_MAX = (
    "with a ridge output bias the zero network need not be optimal for all penalties above some number"
)
MAX_SHOWN = 12


def described(setting: Setting) -> dict[str, Any]:
    """The choices, as keys."""
    return {
        "hidden_bias": setting.hidden,
        "output_bias": setting.output,
        "skip": setting.skip,
        "free_columns": list(setting.columns),
    }


def setting_keys(result: Result, digits: int) -> dict[str, Any]:
    """`setting`, and where something is free `free_coefficients`: enclosures, or null where they are not unique."""
    problem = result.problem
    found: dict[str, Any] = {"setting": described(problem.setting)}
    if not problem.setting.is_plain:
        found["free_coefficients"] = None
        if result.solutions is not None:
            found |= answered("free_coefficients", lambda: _enclosed(result, digits))
    return found


def _enclosed(result: Result, digits: int) -> dict[str, Any]:
    bits = bits_of(digits)
    return {
        name: None if c is None else bounds(c.value(bits), digits)
        for name, c in result.free_coefficients.items()
    }


def setting_lines(result: Result, digits: int) -> list[str]:
    """The coefficients of what is free, in lines for a terminal."""
    if result.problem.setting.is_plain:
        return []
    try:
        known = result.free_coefficients
    except (LimitReached, Undecided) as blocked:
        return [f"  free part        UNDECIDED: {blocked}"]
    shown = [
        f"{name}: {'not unique' if c is None else exact_or_between(c.value(bits_of(digits)), digits)}"
        for name, c in list(known.items())[:MAX_SHOWN]
    ]
    more = [f"... and {len(known) - MAX_SHOWN} more (see --json)"] if len(known) > MAX_SHOWN else []
    return [f"  {'free part' if k == 0 else '':<17}{line}" for k, line in enumerate([*shown, *more])]
