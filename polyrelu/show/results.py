"""A result in words: for a terminal, for a notebook, and as one JSON object. What its set says is in `sets`."""

from __future__ import annotations

from html import escape
from typing import Any

from polyrelu.exact.enclosure import bits_of, decimal_bounds
from polyrelu.exact.rational import to_fmpq
from polyrelu.result import Result, timed
from polyrelu.show.figures import html_image
from polyrelu.show.forms import as_html, as_json, as_line, as_text
from polyrelu.show.numbers import exact_or_between
from polyrelu.show.set_keys import OPTIMUM_KEYS, SET_KEYS
from polyrelu.show.sets import in_short, lines
from polyrelu.show.settings import NO_LAMBDA_MAX, setting_keys

MAX_ROWS_SHOWN = 12
RESIDUAL_DIGITS = 8
MAX_LAMBDA_SHOWN = 40

NUMBERS = ("objective", "residual")

# ------------------------------------------------------------------ JSON


@as_json.register
def _(result: Result, digits: int) -> dict[str, Any]:
    found: dict[str, Any] = dict.fromkeys((*NUMBERS, *OPTIMUM_KEYS, *SET_KEYS))
    if result.solutions is not None:
        with timed(result.timings, "set"):
            found |= _proved(result, digits)
    return {
        "status": result.status,
        "reason": result.reason,
        "scope": (result.solutions and result.solutions.optimum.program.scope) or None,
        "lambda": str(result.problem.lam),
        **{key: found.pop(key) for key in NUMBERS},
        "lambda_max": None if (largest := result.lambda_max(digits)) is None else list(largest),
        **({"lambda_max_reason": NO_LAMBDA_MAX} if result.problem.setting.output == "ridge" else {}),
        **setting_keys(result, digits),
        "cells": result.cells,
        **found,
        **({} if result.bounds is None else {"bounds": as_json(result.bounds, digits)}),
        "seconds": round(result.seconds, 6),
        "timings": {step: round(seconds, 6) for step, seconds in result.timings.items()},
    }


def _proved(result: Result, digits: int) -> dict[str, Any]:
    return {
        "objective": list(result.objective(digits)),
        "residual": [list(pair) for pair in result.residual(digits)],
        **as_json(result.optimum, digits),
        **as_json(result.solutions, digits),
    }


# ------------------------------------------------------------------ words


@as_text.register
def _(result: Result, digits: int) -> str:
    if result.solutions is None:
        proved = [] if result.bounds is None else as_text(result.bounds, digits).splitlines()[1:-1]
        return "\n".join([_heading(result), f"UNDECIDED: {result.reason}", *proved, _time(result)])
    with timed(result.timings, "set"):
        said = [*lines(result.solutions, result, min(digits, 12)), "", *_residual(result)]
    return "\n".join([_heading(result), *said, _time(result)])


def _heading(result: Result) -> str:
    problem = result.problem
    bias = " (bias included)" if problem.bias else ""
    patterns = "all activation patterns" if result.cells is None else f"{result.cells} patterns"
    lam = str(problem.lam)
    if len(lam) > MAX_LAMBDA_SHOWN and problem.lam:
        lam = f"about {decimal_bounds(to_fmpq(problem.lam), 6)[0]}"  # the exact one is in --json
    size = f"{problem.n} rows, {problem.d} features{bias}, lambda = {lam}, {patterns}"
    return size if problem.setting.is_plain else f"{size}; {problem.setting.words}"


def _residual(result: Result) -> list[str]:
    values = result.optimal_set.optimum.residual(bits_of(RESIDUAL_DIGITS))
    said = ["  residual y - fit, row by row:"]
    for j, v in enumerate(values[:MAX_ROWS_SHOWN]):
        said.append(f"    {j + 1:>4}  {exact_or_between(v, RESIDUAL_DIGITS)}")
    if len(values) > MAX_ROWS_SHOWN:
        said.append(f"    ... and {len(values) - MAX_ROWS_SHOWN} more rows (see --json)")
    return said


def _time(result: Result) -> str:
    steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in result.timings.items())
    return f"  {result.seconds:.2f} s ({steps})"


@as_line.register
def _(result: Result) -> str:
    if result.solutions is None:
        return f"<polyrelu.Result undecided: {result.reason}>"
    low, _ = result.objective(8)
    facts = [f"objective {low}...", in_short(result.solutions), result.solutions.optimum.program.scope]
    return f"<polyrelu.Result proved: {', '.join(filter(None, facts))}>"


@as_html.register
def _(result: Result) -> str:
    return f"{html_image(result)}<pre>{escape(as_text(result, 12))}</pre>"
