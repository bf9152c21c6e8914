"""The set of all optimal networks for lambda > 0, as keys of the JSON object: what is open is null, with its reason."""

from __future__ import annotations

from typing import Any

from polyrelu.exact.enclosure import bits_of
from polyrelu.optimal_set.families import used_families
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.optimum import Optimum
from polyrelu.show.forms import answered, as_json
from polyrelu.show.numbers import bounds, directions, range_bounds

OPTIMUM_KEYS = (
    "tight_blocks",
    "support_blocks",
    "neurons",
    "rank",
    "antipodal_pairs",
    "linear_phase",
    "field",
)
VERDICTS = ("convex_unique", "p_unique", "function_unique")
SET_KEYS = (
    *VERDICTS,
    "dimension",
    "block_dimension",
    "vertices",
    "rays",
    "lines",
    "widths",
    "narrowest_width",
    "neuron_list",
)
"""The keys of an optimum and of its set, null where nothing is proved."""


@as_json.register
def _(optimum: Optimum, digits: int) -> dict[str, Any]:
    pairs, support = len(optimum.support.pairs), optimum.support
    count = number_of_neurons(optimum)
    numbers = (optimum.tight_blocks, optimum.support_blocks, count, support.rank, pairs)
    return dict(zip(OPTIMUM_KEYS, (*numbers, bool(pairs), optimum.field), strict=True))


@as_json.register
def _(solutions: OptimalSet, digits: int) -> dict[str, Any]:
    neurons = solutions.neurons
    return {
        **verdict_keys(solutions),
        **answered("dimension", lambda: solutions.dimension),
        **answered("block_dimension", lambda: solutions.block_dimension),
        **answered("vertices", lambda: len(neurons.vertices)),
        "rays": len(neurons.rays),
        "lines": len(neurons.lines),
        **answered("widths", lambda: list(neurons.widths)),
        **answered("narrowest_width", lambda: neurons.widths[0]),
        "neuron_list": _neuron_list(solutions, digits),
    }


def verdict_keys(solutions: Any) -> dict[str, Any]:
    """The three verdicts; an open one is null, with its reason."""
    found: dict[str, Any] = {}
    for key in VERDICTS:
        verdict = getattr(solutions, key)
        found[key] = verdict.answer
        if verdict.answer is None:
            found[f"{key}_reason"] = verdict.reason
    return found


def _neuron_list(solutions: OptimalSet, digits: int) -> list[dict[str, Any]]:
    """Every neuron of S: sign, exact face, direction, and the range of its weight over all optimal networks."""
    used = solutions.optimum.used
    ranges = answered("weight", lambda: solutions.neurons.ranges(bits_of(digits)))
    listed = []
    for k, (neuron, u) in enumerate(zip(used, directions(solutions.optimum, digits), strict=True)):
        known = ranges["weight"]
        weight = ranges if known is None else {"weight": range_bounds(known[k], digits)}
        listed.append(
            {
                "sign": sign_of(neuron),
                "face": list(neuron.place.face),
                **({} if neuron.place.gate is None else {"gate": neuron.place.gate}),
                "direction": [bounds(v, digits) for v in u],
                **weight,
            }
        )
    return listed


def number_of_neurons(optimum: Optimum) -> int:
    """The distinct neurons of S; with a free hidden bias the families, whose ends `neuron_list` has."""
    return len(used_families(optimum)) if optimum.program.offset else len(optimum.used)


def sign_of(neuron: Neuron) -> str:
    """The sign as a character."""
    return "+" if neuron.place.sign > 0 else "-"
