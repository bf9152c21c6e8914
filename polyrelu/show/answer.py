"""An answer about a network: in words, and as a JSON object."""

from __future__ import annotations

from html import escape
from typing import Any

from flint import arb

from polyrelu.exact.enclosure import bits_of, decimal_bounds, precision
from polyrelu.exact.rational import is_rational
from polyrelu.judging.answer import Answer
from polyrelu.networks.coordinates import enclosed
from polyrelu.show.forms import as_html, as_json, as_line, as_text
from polyrelu.show.numbers import between
from polyrelu.show.trained import headline, trained_keys, trained_lines
from polyrelu.verdict import Status, Verdict

MAX_UNITS_SHOWN = 20


@as_json.register
def _(answer: Answer, digits: int) -> dict[str, Any]:
    return {
        "optimal": answer.optimal.answer,
        "optimal_reason": answer.optimal.reason,
        "objective": interval((answer.objective, answer.objective), digits),
        "optimum": interval(answer.full.optimum, digits),
        "gap": interval(answer.full.gap, digits),
        "stationary": answer.stationary.answer,
        "stationary_reason": answer.stationary.reason,
        "stationary_chain_rule": answer.stationarity.chain_rule.answer,
        "stationarity_residual": interval(answer.stationarity.residual, digits),
        "subsampled_optimal": answer.subsampled_optimal.answer,
        "subsampled_reason": answer.subsampled_optimal.reason,
        "subsampled_optimum": interval(answer.subsampled.optimum, digits),
        "width": answer.network.width,
        "distinct_neurons": answer.distinct_neurons,
        "balanced": answer.balanced,
        "balancing_gain": interval((answer.balancing_gain, answer.balancing_gain), digits),
        "distance": interval((answer.distance.lower, answer.distance.upper), digits)
        if answer.distance
        else None,
        "distance_reason": answer.distance_reason,
        "nearest": list(answer.distance.nearest) if answer.distance else None,
        "nearest_vertex": _nearest_vertex(answer, digits),
        **trained_keys(answer, digits),
        "seconds": round(answer.seconds, 6),
    }


def _nearest_vertex(answer: Answer, digits: int) -> dict[str, Any] | None:
    near = answer.distance.vertex if answer.distance else None
    if near is None:
        return None
    return {"neurons": list(near.neurons), "distance": interval((arb(0), near.distance), digits)}


def interval(pair: tuple[Any, Any], digits: int) -> list[str] | None:
    """Decimal strings around numbers that are >= 0, below the first and above the second; None if not finite."""
    with precision(bits_of(digits)):
        low, high = (x if isinstance(x, arb) or is_rational(x) else enclosed(x) for x in pair)
    if not all(is_rational(x) or x.is_finite() for x in (low, high)):
        return None
    below = decimal_bounds(low, digits)[0]
    return ["0" if below.startswith("-") else below, decimal_bounds(high, digits)[1]]


@as_line.register
def _(answer: Answer) -> str:
    gap = " .. ".join(interval(answer.full.gap, 4) or ["unknown"])
    optimal, stationary = answer.optimal.status.value, answer.stationary.status.value
    scope = f", {answer.optimal.scope}" * bool(answer.optimal.scope)
    return f"<polyrelu.Answer optimal: {optimal}{scope}, stationary: {stationary}, gap {gap}>"


@as_html.register
def _(answer: Answer) -> str:
    return f"<pre>{escape(as_text(answer, 12))}</pre>"


@as_text.register
def _(answer: Answer, digits: int) -> str:
    shown, problem, network = min(digits, 12), answer.problem, answer.network
    values = as_json(answer, shown)
    bias = " (bias included)" if problem.bias else ""
    more = "" if problem.setting.is_plain else f", {problem.setting.words}"
    form = "its balanced form, which has the same outputs" if answer.balance else "the weights as given"
    lines = [
        f"{problem.n} rows, {problem.d} features{bias}, lambda = {problem.lam}{more}; "
        f"a network of {network.width} units, {_count(answer.distinct_neurons)} distinct neurons",
        f"judged: {form}",
        f"{headline(answer)}",
        f"  global optimum   {_verdict(answer.optimal)}",
        f"  objective        {between(values['objective'])}",
        f"  optimum          {between(values['optimum'])}",
        f"  gap              {between(values['gap'])}",
        *trained_lines(answer, shown),
        f"  stationary       {_verdict(answer.stationary)}",
        f"    residual       {between(values['stationarity_residual'])} (distance from 0 to the subdifferential)",
        f"    chain rule     {_verdict(answer.stationarity.chain_rule)}",
        f"  own patterns     {_verdict(answer.subsampled_optimal)}",
        f"  balanced         {_yes(answer.balanced)}; "
        f"balancing takes {between(values['balancing_gain'])} off the objective",
        f"  distance         {between(values['distance'])} in convex weights from the optimal set"
        if answer.distance
        else f"  distance         unknown: {answer.distance_reason}",
    ]
    return "\n".join([*lines, *_nearest(answer), f"  {answer.seconds:.2f} s"])


def _verdict(verdict: Verdict) -> str:
    word = {Status.PROVED: "YES", Status.REFUTED: "NO", Status.UNDECIDED: "UNDECIDED"}[verdict.status]
    return f"{word}{' ' * bool(verdict.scope)}{verdict.scope}: {verdict.reason}"


def _yes(value: bool | None) -> str:
    return {True: "yes", False: "no", None: "unknown"}[value]


def _count(value: int | None) -> str:
    return "an unknown number of" if value is None else str(value)


def _nearest(answer: Answer) -> list[str]:
    if answer.distance is None or not answer.distance.nearest:
        return []
    named = [
        f"{i}: {'none' if k is None else k + 1}"
        for i, k in enumerate(answer.distance.nearest[:MAX_UNITS_SHOWN], start=1)
    ]
    more = ", ..." if len(answer.distance.nearest) > MAX_UNITS_SHOWN else ""
    lines = [f"  nearest neuron of the optimum, unit by unit: {', '.join(named)}{more}"]
    if answer.distance.vertex is not None:
        neurons = ", ".join(str(k + 1) for k in answer.distance.vertex.neurons) or "none"
        lines.append(f"  nearest minimal network: the one with the neurons {neurons}")
    return lines
