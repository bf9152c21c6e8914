"""The set of all optimal networks for lambda = 0, a rational polyhedron: its JSON keys and its lines."""

from __future__ import annotations

from typing import Any

from polyrelu.errors import LimitReached
from polyrelu.result import Result
from polyrelu.show.forms import Facts, as_facts, as_json
from polyrelu.show.numbers import exact_or_between
from polyrelu.show.set_keys import OPTIMUM_KEYS, verdict_keys
from polyrelu.show.sets import fact, in_short, lines, verdict_line
from polyrelu.unregularised.functions import Weights, value
from polyrelu.unregularised.optimal_set import UnregularisedSet
from polyrelu.unregularised.optimum import LeastSquares


@as_facts.register
def _(optimum: LeastSquares) -> Facts:
    return {"lambda": 0, "rows": optimum.program.n, "patterns": len(optimum.program.patterns)}


@as_facts.register
def _(solutions: UnregularisedSet) -> Facts:
    return {"lambda": 0, "dimension": solutions.dimension, "lines": solutions.lineality}


@in_short.register
def _(solutions: UnregularisedSet) -> str:
    return f"a polyhedron of dimension {solutions.dimension} with {solutions.lineality} lines"


# ------------------------------------------------------------------ JSON


@as_json.register
def _(optimum: LeastSquares, digits: int) -> dict[str, Any]:
    return {**dict.fromkeys(OPTIMUM_KEYS), "field": optimum.field}


@as_json.register
def _(solutions: UnregularisedSet, digits: int) -> dict[str, Any]:
    scope, agreement = solutions.optimum.program.scope, solutions.agreement
    return {
        **verdict_keys(solutions),
        "function_reason": f"{scope}{': ' * bool(scope)}{agreement.reason}",
        "counterexample": _counterexample(solutions),
        "dimension": solutions.dimension,
        "block_dimension": solutions.block_dimension,
        **_counts(solutions),
        "neuron_list": None,
        "neuron_list_reason": "at lambda = 0 optimal networks have no list of neurons: any may be split or added",
    }


def _counts(solutions: UnregularisedSet) -> dict[str, Any]:
    """Counts are null where the set is too large to list, and widths where it has no vertices."""
    found: dict[str, Any] = {"lines": solutions.lineality, "vertices_reason": None}
    counts = ("vertex_count", "ray_count", "widths", "narrowest_width")
    for key, name in zip(("vertices", "rays", "widths", "narrowest_width"), counts, strict=True):
        try:
            found[key] = getattr(solutions, name)
        except LimitReached as limit:
            found[key], found["vertices_reason"], found[f"{key}_reason"] = None, str(limit), str(limit)
    found["widths"] = found["widths"] and list(found["widths"])
    if solutions.lineality:
        found["widths_reason"] = "the polyhedron contains lines and has no vertices"
        if found["narrowest_width"] is None:
            found["narrowest_width_reason"] = found["widths_reason"]
    return found


def _counterexample(solutions: UnregularisedSet) -> dict[str, Any] | None:
    """Two optimal networks that are different functions, as exact fractions; `x` and the values there for ReLU."""
    found = solutions.agreement
    if found.first is None or found.second is None:
        return None
    networks = [_network(weights, solutions.signs) for weights in (found.first, found.second)]
    if found.x is None:
        return {"networks": networks, "x": None, "values": None}
    values = [str(value(weights, found.x)) for weights in (found.first, found.second)]
    return {"networks": networks, "x": [str(v) for v in found.x], "values": values}


def _network(weights: Weights, signs: int) -> list[dict[str, Any]]:
    return [
        {"pattern": b // signs, "sign": -1 if b % signs else 1, "weight": [str(v) for v in w]}
        for b, w in sorted(weights.items())
    ]


# ------------------------------------------------------------------ words


@lines.register
def _(solutions: UnregularisedSet, result: Result, digits: int) -> list[str]:
    optimum, program, agreement = solutions.optimum, solutions.program, solutions.agreement
    among = program.scope and f"{program.scope} "
    interpolated = "" if any(optimum.residual()) else "  (the data is interpolated)"
    coordinates = program.listed_blocks * program.d
    weights = "one solution" if solutions.dimension == 0 else "weight can move at no cost"
    return [
        f"PROVED: {among}the optimal fit is unique and rational; all optimal weights form a polyhedron.",
        fact("objective", f"{exact_or_between(optimum.objective(), digits)}{interpolated}"),
        fact("achievable fits", f"a space of dimension {optimum.fits.rank} in R^{program.n}"),
        fact("dimension", f"{solutions.dimension} (in {coordinates} coordinates of weights)"),
        fact("generators", _generators(solutions)),
        verdict_line("weights", solutions.convex_unique, weights),
        verdict_line("function", solutions.function_unique, agreement.reason),
        *_difference(solutions),
        *_narrowest(solutions),
    ]


def _generators(solutions: UnregularisedSet) -> str:
    try:
        counts = f"{solutions.vertex_count} vertices, {solutions.ray_count} rays"
    except LimitReached as limit:
        return f"{solutions.lineality} lines; {limit}"
    return f"{counts}, {solutions.lineality} lines"


def _difference(solutions: UnregularisedSet) -> list[str]:
    found = solutions.agreement
    if found.x is None or found.first is None or found.second is None:
        return []
    values = " and ".join(str(value(weights, found.x)) for weights in (found.first, found.second))
    return [fact("", f"at x = ({', '.join(map(str, found.x))}) two of them have the values {values}")]


def _narrowest(solutions: UnregularisedSet) -> list[str]:
    try:
        width = solutions.narrowest_width
    except LimitReached:
        return []
    return [] if width is None else [fact("narrowest", f"{width} neurons")]
