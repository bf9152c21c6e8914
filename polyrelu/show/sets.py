"""The set of all optimal networks for lambda > 0, in lines for a terminal.

What is asked of the set is asked line by line: a question that is open is shown as open, and discards no other.
"""

from __future__ import annotations

from typing import Any

from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import bits_of
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.moves import Freedom, Move
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.optimum import Optimum
from polyrelu.result import Result
from polyrelu.show.forms import Form, answered
from polyrelu.show.numbers import (
    between,
    directions,
    exact_or_between,
    short,
    short_range,
)
from polyrelu.show.set_keys import number_of_neurons, sign_of
from polyrelu.show.settings import family_lines, setting_lines
from polyrelu.verdict import Status, Verdict

LABEL = 17
READING = 12
"""Digits of the directions that are rounded for reading."""
MAX_ROWS_SHOWN = 12
MAX_NEURONS_SHOWN = 40


@Form
def lines(solutions: Any, result: Result, digits: int) -> list[str]:
    """What is proved about a set of optimal networks, and what is open, in lines for a terminal."""
    raise TypeError(f"a {type(solutions).__name__} has no lines")


@Form
def in_short(solutions: Any) -> str:
    """What a line about a result says of its set."""
    raise TypeError(f"a {type(solutions).__name__} has no short form")


@in_short.register
def _(solutions: OptimalSet) -> str:
    optimum = solutions.optimum
    rank = f"{number_of_neurons(optimum)} neurons of rank {optimum.support.rank}"
    return f"{rank}, {optimum.support_blocks}{_of_blocks(optimum)} blocks in the support"


def _of_blocks(optimum: Optimum) -> str:
    """How many blocks there are in all, where they were counted."""
    of = optimum.program.block_count
    return "" if of is None else f" of {of}"


# ------------------------------------------------------------------ words


@lines.register
def _(solutions: OptimalSet, result: Result, digits: int) -> list[str]:
    optimum, pairs = solutions.optimum, len(solutions.optimum.support.pairs)
    among = optimum.program.scope and f"{optimum.program.scope} "
    used, of = optimum.support_blocks, optimum.program.block_count
    in_all, largest = "" if of is None else f", of {of}", between(result.lambda_max(digits))
    rank = f"{number_of_neurons(optimum)} distinct, activations of rank {optimum.support.rank}"
    return [
        f"PROVED: {among}the optimal fit is unique, and these are all the neurons that optimal networks use.",
        fact("objective", exact_or_between(optimum.objective(bits_of(digits)), digits)),
        fact("lambda_max", "none with a ridge" if optimum.program.free.ridge else largest),
        *setting_lines(result, digits),
        fact("blocks", f"{optimum.tight_blocks} tight, {used} used{in_all}"),
        fact("neurons", rank + (f"; {pairs} antipodal pairs (linear phase)" if pairs else "")),
        fact("numbers", field_in_words(optimum.field)),
        *uniqueness_lines(solutions),
        "",
        *family_lines(result),
        *_neuron_table(solutions),
    ]


def fact(label: str, text: str) -> str:
    """A line of the table at the top."""
    return f"  {label:<{LABEL}}{text}"


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


def uniqueness_lines(solutions: OptimalSet) -> list[str]:
    """What is unique and what is not, and how large the set is."""
    verdicts = solutions.uniqueness
    return [
        verdict_line("network", verdicts.p_unique, _network_in_words(verdicts.p_unique)),
        verdict_line("function", verdicts.function_unique, _function_in_words(verdicts.function_unique)),
        verdict_line("convex program", verdicts.convex_unique, _convex_in_words(verdicts.convex_unique)),
        fact("optimal set", f"dimension {solutions.dimension} (convex program: {solutions.block_dimension})"),
        fact("minimal networks", _minimal_networks(solutions)),
    ]


def verdict_line(label: str, verdict: Verdict, words: str) -> str:
    """A verdict with its scope, in one line."""
    heading = {Status.PROVED: "unique", Status.REFUTED: "NOT unique", Status.UNDECIDED: "UNDECIDED"}
    return fact(label, f"{heading[verdict.status]}{' ' * bool(verdict.scope)}{verdict.scope}: {words}")


def _minimal_networks(solutions: OptimalSet) -> str:
    try:
        least, greatest = solutions.neurons.widths
    except LimitReached as limit:
        return f"not counted: {limit}"
    except Undecided as blocked:
        return f"UNDECIDED: {blocked}"
    width = f"{least}" if least == greatest else f"{least} to {greatest}"
    return f"{len(solutions.neurons.vertices)}, of width {width}"


def _network_in_words(verdict: Verdict) -> str:
    if verdict.status is Status.PROVED:
        return "every optimal network is this one, up to the order of neurons and copies of a neuron"
    return f"different sets of weights are optimal ({verdict.reason})"


def _function_in_words(verdict: Verdict) -> str:
    if verdict.status is Status.PROVED:
        return f"all optimal networks predict the same at every input ({verdict.reason})"
    move = verdict.evidence
    if isinstance(move, Move) and move.witness is not None:
        point = ", ".join(map(str, move.witness.x))
        a, b = (short(value) for value in move.witness.outputs)
        return f"optimal networks predict differently off the data, for instance {a} and {b} at ({point})"
    return verdict.reason


def _convex_in_words(verdict: Verdict) -> str:
    if verdict.status is Status.PROVED:
        return "one solution"
    move = verdict.evidence
    if isinstance(move, Move) and move.freedom is Freedom.SPLIT:
        return f"{verdict.reason}; the network is the same"
    return f"it has more than one solution ({verdict.reason})"


def _neuron_table(solutions: OptimalSet) -> list[str]:
    used, scope = solutions.optimum.used, solutions.optimum.program.scope
    if not used:
        return [f"  The zero network is the only optimum{' ' * bool(scope)}{scope}."]
    ranges = answered("weights", solutions.neurons.ranges)
    said = []
    if ranges["weights"] is None:
        said = [f"  weights          UNDECIDED: {ranges['weights_reason']}", ""]
    u = directions(solutions.optimum, READING)
    for k, neuron in enumerate(used[:MAX_NEURONS_SHOWN]):
        weight = "undecided" if ranges["weights"] is None else short_range(*ranges["weights"][k])
        said += [
            f"  neuron {k + 1}  sign {sign_of(neuron)}  weight {weight}",
            f"    direction ({', '.join(short_range(v, v) for v in u[k])})",
            f"    rows active {_rows(neuron, 1)}; zero {_rows(neuron, 0)}; off {_rows(neuron, -1)}",
        ]
    if len(used) > MAX_NEURONS_SHOWN:
        said.append(f"  ... and {len(used) - MAX_NEURONS_SHOWN} more neurons (see --json)")
    return said


def _rows(neuron: Neuron, side: int) -> str:
    gated = neuron.place.gate is not None
    rows = [j + 1 for j, s in enumerate(neuron.place.face) if s == side and not (gated and side == 0)]
    if len(rows) > MAX_ROWS_SHOWN:
        return f"{len(rows)} rows"
    return ", ".join(map(str, rows)) or "none"
