"""The optimal set and the verdicts as keys of the JSON object, and in words."""

from __future__ import annotations

from typing import Any

from flint import arb

from polyrelu.errors import LimitReached, Undecided
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.moves import Freedom, Move
from polyrelu.optimal_set.uniqueness import Status, Uniqueness, Verdict

LABEL = 17
SET_KEYS = (
    "convex_unique",
    "p_unique",
    "function_unique",
    "dimension",
    "block_dimension",
    "vertices",
    "rays",
    "lines",
    "widths",
    "narrowest_width",
)
"""The keys that `optimal_set_keys` gives, for a result that has none of them."""


def optimal_set_keys(networks: OptimalSet) -> dict[str, Any]:
    """What the set adds to the JSON object; counts are those of the neuron polytope, null with a reason if too many."""
    verdicts = Uniqueness(networks)
    keys: dict[str, Any] = {
        "convex_unique": verdicts.convex_unique.answer,
        "p_unique": verdicts.p_unique.answer,
        "function_unique": verdicts.function_unique.answer,
        "dimension": networks.neurons.dimension,
        "block_dimension": networks.blocks.dimension,
    }
    return {**keys, **_counts(networks)}


def _counts(networks: OptimalSet) -> dict[str, Any]:
    nothing_unbounded = {"rays": 0, "lines": 0}
    try:
        least, greatest = networks.neurons.widths
    except (LimitReached, Undecided) as blocked:
        unknown = {"vertices": None, **nothing_unbounded, "widths": None, "narrowest_width": None}
        return {**unknown, "vertices_reason": str(blocked)}
    count = len(networks.neurons.vertices)
    return {
        "vertices": count,
        **nothing_unbounded,
        "widths": [least, greatest],
        "narrowest_width": least,
    }


def optimal_set_text(networks: OptimalSet) -> list[str]:
    """What is unique and what is not, in lines for a terminal."""
    verdicts, counts = Uniqueness(networks), _counts(networks)
    lines = [
        _line("network", verdicts.p_unique, _network_in_words(verdicts.p_unique)),
        _line("function", verdicts.function_unique, _function_in_words(verdicts.function_unique)),
        _line("convex program", verdicts.convex_unique, _convex_in_words(verdicts.convex_unique)),
        f"  {'optimal set':<{LABEL}}dimension {networks.neurons.dimension}"
        f" (convex program: {networks.blocks.dimension})",
    ]
    if counts["vertices"] is None:
        return [*lines, f"  {'minimal networks':<{LABEL}}not counted: {counts['vertices_reason']}"]
    least, greatest = counts["widths"]
    width = f"{least}" if least == greatest else f"{least} to {greatest}"
    return [*lines, f"  {'minimal networks':<{LABEL}}{counts['vertices']}, of width {width}"]


def _line(label: str, verdict: Verdict, words: str) -> str:
    heading = {Status.PROVED: "unique", Status.REFUTED: "NOT unique", Status.UNDECIDED: "UNDECIDED"}
    return f"  {label:<{LABEL}}{heading[verdict.status]}: {words}"


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
        a, b = (_short(value) for value in move.witness.outputs)
        return f"optimal networks predict differently off the data, for instance {a} and {b} at ({point})"
    return verdict.reason


def _convex_in_words(verdict: Verdict) -> str:
    if verdict.status is Status.PROVED:
        return "one solution"
    move = verdict.evidence
    if isinstance(move, Move) and move.freedom is Freedom.SPLIT:
        return f"{verdict.reason}; the network is the same"
    return f"it has more than one solution ({verdict.reason})"


def _short(value: arb) -> str:
    return f"{float(value.mid()):.6g}"
