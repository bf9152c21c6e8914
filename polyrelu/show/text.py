"""A result in words: for a terminal, and as HTML for a notebook."""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np

from polyrelu.proof.neuron import Piece
from polyrelu.result import Result, rounded
from polyrelu.set_report import optimal_set_text

BITS = 128
MAX_ROWS_SHOWN = 12
MAX_NEURONS_SHOWN = 40


def summary(result: Result, digits: int) -> str:
    """The readable form of a result."""
    if result.optimum is None:
        return "\n".join([_heading(result), f"UNDECIDED: {result.reason}", _time(result)])
    support, shown = result.optimum.support, min(digits, 12)
    low, high = result.objective(shown)
    lines = [
        _heading(result),
        "PROVED: the optimal fit is unique, and these are all the neurons that optimal networks use.",
        f"  objective        {low} .. {high}",
        f"  lambda_max       {_between(result.lambda_max(shown))}",
        f"  blocks           {result.optimum.tight_blocks} tight, {result.optimum.support_blocks} used, "
        f"of {blocks(result)}",
        f"  neurons          {len(result.optimum.used)} distinct, activations of rank {support.rank}",
    ]
    if support.pairs:
        lines.append(f"  antipodal pairs  {len(support.pairs)} (linear phase)")
    lines += [f"  numbers          {field_in_words(result.optimum.field)}", ""]
    lines[-1:-1] = optimal_set_text(result.optimum, result.max_vertices)
    return "\n".join([*lines, *_neuron_table(result), "", *_residual(result, shown), _time(result)])


def blocks(result: Result) -> int:
    """Number of blocks in the program."""
    gated = result.optimum is not None and result.optimum.program.gated
    return result.cells * (1 if gated else 2)


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
    return f"{problem.n} rows, {problem.d} features{bias}, lambda = {problem.lam}, {result.cells} patterns"


def _time(result: Result) -> str:
    steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in result.timings.items())
    return f"  {result.seconds:.2f} s ({steps})"


def _between(bounds: tuple[str, str] | None) -> str:
    return "unknown" if bounds is None else f"{bounds[0]} .. {bounds[1]}"


def _residual(result: Result, digits: int) -> list[str]:
    pairs = result.residual(min(digits, 8))
    lines = ["  residual y - fit, row by row:"]
    lines += [f"    {j + 1:>4}  {low} .. {high}" for j, (low, high) in enumerate(pairs[:MAX_ROWS_SHOWN])]
    if len(pairs) > MAX_ROWS_SHOWN:
        lines.append(f"    ... and {len(pairs) - MAX_ROWS_SHOWN} more rows (see --json)")
    return lines


def _neuron_table(result: Result) -> list[str]:
    optimum = result.optimum
    if optimum is None or not optimum.used:
        return ["  The zero network is the only optimum."]
    weights = neuron_weights(result)
    lines = []
    for k, piece in enumerate(optimum.used[:MAX_NEURONS_SHOWN]):
        u = direction(result, piece)
        lines += [
            f"  neuron {k + 1}  sign {'+' if piece.neuron.sign > 0 else '-'}  weight {weights[k]}",
            f"    direction ({', '.join(f'{v:.6g}' for v in u)})",
            f"    rows active {_rows(piece, 1)}; zero {_rows(piece, 0)}; off {_rows(piece, -1)}",
        ]
    if len(optimum.used) > MAX_NEURONS_SHOWN:
        lines.append(f"  ... and {len(optimum.used) - MAX_NEURONS_SHOWN} more neurons")
    return lines


def direction(result: Result, piece: Piece) -> Any:
    """The unit direction, rounded for display."""
    point = result.proved().point
    z = np.array([rounded(v) for v in piece.z(point.balls(BITS).nu)])
    return piece.neuron.sign * z / (np.linalg.norm(z) or 1.0)


def neuron_weights(result: Result) -> list[str]:
    """The weight ||w|| of each used neuron; "shared" or "varies" where optimal networks differ in it."""
    optimum = result.proved()
    at, lam = optimum.point.balls(BITS), float(result.problem.lam or 0)
    weight = {
        id(p): rounded(b) * lam for p, b in zip(optimum.point.structure.pieces, at.weights, strict=True)
    }
    partner = {a: b for pair in optimum.support.pairs for a, b in (pair, pair[::-1])}
    used, unique = [i for i, flag in enumerate(optimum.support.used) if flag], optimum.nullity == 0
    texts = []
    for i in used:
        value = weight.get(id(optimum.neurons[i]))
        if i in partner and optimum.interior is not None:
            value = value if value is not None else weight.get(id(optimum.neurons[partner[i]]))
            texts.append(f"{value:.6g} together with neuron {used.index(partner[i]) + 1}, its antipode")
        elif optimum.interior is not None or (unique and value is not None):
            texts.append(f"{value:.6g}")
        else:
            texts.append("differs between optimal networks")
    return texts


def _rows(piece: Piece, side: int) -> str:
    gated = piece.neuron.gate is not None
    rows = [j + 1 for j, s in enumerate(piece.neuron.face) if s == side and not (gated and side == 0)]
    if len(rows) > MAX_ROWS_SHOWN:
        return f"{len(rows)} rows"
    return ", ".join(map(str, rows)) or "none"


def html_summary(result: Result) -> str:
    """The readable form in a notebook."""
    return f"<pre>{escape(summary(result, 12))}</pre>"
