"""A result in words: for a terminal, and as HTML for a notebook."""

from __future__ import annotations

from html import escape
from typing import Any

from flint import fmpq

from polyrelu.exact.enclosure import decimal_bounds
from polyrelu.exact.rational import to_fmpq
from polyrelu.networks.coordinates import rounded
from polyrelu.proof.neuron import Neuron
from polyrelu.result import Result, bits_of
from polyrelu.show.floats import BITS, directions
from polyrelu.show.set_report import optimal_set_text

MAX_ROWS_SHOWN = 12
MAX_NEURONS_SHOWN = 40
RESIDUAL_DIGITS = 8
MAX_LAMBDA_SHOWN = 40


def summary(result: Result, digits: int) -> str:
    """The readable form of a result."""
    if result.optimum is None:
        return "\n".join([_heading(result), f"UNDECIDED: {result.reason}", _time(result)])
    optimum, shown = result.optimum, min(digits, 12)
    pairs = len(optimum.support.pairs)
    rank = f"{len(optimum.used)} distinct, activations of rank {optimum.support.rank}"
    lines = [
        _heading(result),
        "PROVED: the optimal fit is unique, and these are all the neurons that optimal networks use.",
        f"  objective        {_value(optimum.objective(bits_of(shown)), shown)}",
        f"  lambda_max       {between(result.lambda_max(shown))}",
        f"  blocks           {optimum.tight_blocks} tight, {optimum.support_blocks} used, of {result.blocks}",
        f"  neurons          {rank}" + (f"; {pairs} antipodal pairs (linear phase)" if pairs else ""),
        f"  numbers          {field_in_words(optimum.field)}",
        *optimal_set_text(result.optimal_set),
        "",
    ]
    return "\n".join([*lines, *_neuron_table(result), "", *_residual(result), _time(result)])


def field_in_words(field: str) -> str:
    """What the field of the optimum means for its digits.

    >>> field_in_words("Q")
    'rational (exact)'
    """
    known = {
        "Q": "rational (exact)",
        "multiquadratic": "sums of square roots (exact)",
        "enclosures": "proved enclosures",
    }
    return known.get(field, f"in a number field of {field} (exact)")


def _heading(result: Result) -> str:
    problem = result.problem
    bias = " (bias included)" if problem.bias else ""
    lam = str(problem.lam)
    if len(lam) > MAX_LAMBDA_SHOWN and problem.lam:
        lam = f"about {decimal_bounds(to_fmpq(problem.lam), 6)[0]}"  # the exact one is in --json
    return f"{problem.n} rows, {problem.d} features{bias}, lambda = {lam}, {result.cells} patterns"


def _time(result: Result) -> str:
    steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in result.timings.items())
    return f"  {result.seconds:.2f} s ({steps})"


def between(bounds: tuple[str, str] | None) -> str:
    """An enclosure in words.

    >>> between(("0.1", "0.2")), between(("4.50", "4.50"))
    ('0.1 .. 0.2', '4.5')
    """
    if bounds is None:
        return "unknown"
    low, high = bounds
    if low != high:
        return f"{low} .. {high}"
    return low.rstrip("0").rstrip(".") if "." in low and "e" not in low else low


def _value(value: Any, digits: int) -> str:
    """A rational as itself where it is short, any other number between two decimals."""
    if isinstance(value, fmpq) and len(str(value)) <= 2 * digits:
        return str(value)
    return between(decimal_bounds(value, digits))


def _residual(result: Result) -> list[str]:
    values = result.proved().residual(bits_of(RESIDUAL_DIGITS))
    lines = ["  residual y - fit, row by row:"]
    lines += [f"    {j + 1:>4}  {_value(v, RESIDUAL_DIGITS)}" for j, v in enumerate(values[:MAX_ROWS_SHOWN])]
    if len(values) > MAX_ROWS_SHOWN:
        lines.append(f"    ... and {len(values) - MAX_ROWS_SHOWN} more rows (see --json)")
    return lines


def _neuron_table(result: Result) -> list[str]:
    optimum = result.optimum
    if optimum is None or not optimum.used:
        return ["  The zero network is the only optimum."]
    weights, u = neuron_weights(result), directions(optimum)
    lines = []
    for k, neuron in enumerate(optimum.used[:MAX_NEURONS_SHOWN]):
        lines += [
            f"  neuron {k + 1}  sign {'+' if neuron.place.sign > 0 else '-'}  weight {weights[k]}",
            f"    direction ({', '.join(f'{v:.6g}' for v in u[k])})",
            f"    rows active {_rows(neuron, 1)}; zero {_rows(neuron, 0)}; off {_rows(neuron, -1)}",
        ]
    if len(optimum.used) > MAX_NEURONS_SHOWN:
        lines.append(f"  ... and {len(optimum.used) - MAX_NEURONS_SHOWN} more neurons")
    return lines


def neuron_weights(result: Result) -> list[str]:
    """The weight ||w|| of each used neuron, or its range over the optimal networks."""
    return [_range(low, high) for low, high in result.optimal_set.neurons.ranges(BITS)]


def _range(low: Any, high: Any) -> str:
    a, b = rounded(low), rounded(high)
    if isinstance(low, fmpq) and low == high:
        return f"{a:.6g}"
    # Rounded to six digits the ends of an enclosure of one number agree, and those of a true range rarely do.
    return f"{a:.6g}" if f"{a:.6g}" == f"{b:.6g}" else f"{a:.6g} to {b:.6g}"


def _rows(neuron: Neuron, side: int) -> str:
    gated = neuron.place.gate is not None
    rows = [j + 1 for j, s in enumerate(neuron.place.face) if s == side and not (gated and side == 0)]
    if len(rows) > MAX_ROWS_SHOWN:
        return f"{len(rows)} rows"
    return ", ".join(map(str, rows)) or "none"


def html_summary(result: Result) -> str:
    """The readable form in a notebook."""
    from polyrelu.show.figures import html_image

    return f"{html_image(result)}<pre>{escape(summary(result, 12))}</pre>"
