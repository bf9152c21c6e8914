"""What the setting adds to an answer: which problem it was, and the coefficients of what is free."""

from __future__ import annotations

from typing import Any

from polyrelu.data.setting import Setting
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import bits_of
from polyrelu.optimal_set.families import used_families
from polyrelu.optimal_set.kinks import total_weight
from polyrelu.result import Result
from polyrelu.show.forms import answered
from polyrelu.show.numbers import bounds, directions, exact_or_between, range_bounds, short_range

NO_LAMBDA_MAX = (
    "with a ridge output bias the zero network need not be optimal for all penalties above some number"
)
MAX_SHOWN = 12
READING = 12
BITS = 64


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
    if problem.setting.hidden == "free":
        found["families"] = None
        if result.solutions is not None:
            found |= answered("families", lambda: family_list(result, digits))
    return found


def family_list(result: Result, digits: int) -> list[dict[str, Any]]:
    """Every used family: sign, direction, range of its total weight, interval of biases, and its neurons (from 0)."""
    optimum, networks = result.proved(), result.optimal_set.neurons
    u, bits, found = directions(optimum, digits), bits_of(digits), []
    for family in used_families(optimum):
        low, high = total_weight(networks, family.members)
        first, last = family.members[0], family.members[-1]
        found.append(
            {
                "sign": "+" if optimum.used[first].place.sign > 0 else "-",
                "direction": [bounds(v, digits) for v in u[first][:-1]],
                "weight": range_bounds((low.value(bits), high.value(bits)), digits),
                "bias": [
                    bounds(u[first][-1], digits),
                    ["inf", "inf"] if family.affine else bounds(u[last][-1], digits),
                ],
                "neurons": list(family.members),
            }
        )
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


def family_lines(result: Result) -> list[str]:
    """With a free hidden bias: the kinks, where they may lie, and with what weight, in lines for a terminal."""
    if result.problem.setting.hidden != "free":
        return []
    optimum, networks = result.proved(), result.optimal_set.neurons
    u, said = directions(optimum, READING), ["  kinks u.x + b = 0 of optimal networks:"]
    for number, family in enumerate(used_families(optimum)[:MAX_SHOWN], start=1):
        first, last = u[family.members[0]], u[family.members[-1]]
        try:
            low, high = total_weight(networks, family.members)
            weight = short_range(low.value(BITS), high.value(BITS))
        except (LimitReached, Undecided) as blocked:
            weight = f"UNDECIDED ({blocked})"
        start = short_range(first[-1], first[-1])
        end = "any larger b" if family.affine else short_range(last[-1], last[-1])
        bias = f"b = {start}" if first is last and not family.affine else f"b from {start} to {end}"
        sign = "+" if optimum.used[family.members[0]].place.sign > 0 else "-"
        along = ", ".join(short_range(v, v) for v in first[:-1])
        said.append(f"    kink {number}  sign {sign}  weight {weight}  u = ({along})  {bias}")
    return [*said, ""]
