"""An answer about a network in words."""

from __future__ import annotations

from polyrelu.judging.answer import Answer
from polyrelu.verdict import Status, Verdict

MAX_UNITS_SHOWN = 20


def summary(answer: Answer, digits: int) -> str:
    """The readable form of an answer."""
    shown, problem, network = min(digits, 12), answer.problem, answer.network
    values = answer.to_json(shown)
    bias = " (bias included)" if problem.bias else ""
    form = "its balanced form, which has the same outputs" if answer.balance else "the weights as given"
    lines = [
        f"{problem.n} rows, {problem.d} features{bias}, lambda = {problem.lam}; "
        f"a network of {network.width} units, {_count(answer.distinct_neurons)} distinct neurons",
        f"judged: {form}",
        f"  global optimum   {_verdict(answer.optimal)}",
        f"  objective        {_between(values['objective'])}",
        f"  optimum          {_between(values['optimum'])}",
        f"  gap              {_between(values['gap'])}",
        f"  stationary       {_verdict(answer.stationary)}",
        f"    residual       {_between(values['stationarity_residual'])} (distance from 0 to the subdifferential)",
        f"    chain rule     {_verdict(answer.stationarity.chain_rule)}",
        f"  own patterns     {_verdict(answer.subsampled_optimal)}",
        f"  balanced         {_yes(answer.balanced)}; "
        f"balancing takes {_between(values['balancing_gain'])} off the objective",
        f"  distance         {_between(values['distance'])} in convex weights from the optimal set"
        if answer.distance
        else f"  distance         unknown: {answer.distance_reason}",
    ]
    return "\n".join([*lines, *_nearest(answer), f"  {answer.seconds:.2f} s"])


def _verdict(verdict: Verdict) -> str:
    word = {Status.PROVED: "YES", Status.REFUTED: "NO", Status.UNDECIDED: "UNDECIDED"}[verdict.status]
    return f"{word}: {verdict.reason}"


def _between(bounds: list[str] | None) -> str:
    if bounds is None:
        return "unknown"
    return bounds[0] if bounds[0] == bounds[1] else f"{bounds[0]} .. {bounds[1]}"


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
