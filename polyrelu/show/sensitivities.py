"""Derivatives at one lambda: in words, and as a JSON object."""

from __future__ import annotations

from typing import Any

from flint import arb

from polyrelu.exact.enclosure import decimal_bounds
from polyrelu.paths.sensitivity import Sensitivity
from polyrelu.show.forms import Facts, as_facts, as_json, as_text
from polyrelu.show.numbers import short


@as_json.register
def _(found: Sensitivity, digits: int) -> dict[str, Any]:
    def bounds(v: arb) -> list[str]:
        return list(decimal_bounds(v, digits))

    return {
        "lambda": str(found.lam),
        "neurons": [
            {
                "sign": "+" if k.place.sign > 0 else "-",
                "face": list(k.place.face),
                "pair": k.pair,
                "weight": bounds(k.weight),
                "by_lambda": bounds(k.by_lambda),
                "by_target": [bounds(v) for v in k.by_target],
                "direction_by_lambda": [bounds(v) for v in k.direction_by_lambda],
            }
            for k in found.neurons
        ],
        "residual_by_lambda": [bounds(v) for v in found.residual_by_lambda],
        "objective_by_lambda": bounds(found.objective_by_lambda),
        "degrees_of_freedom": bounds(found.degrees_of_freedom),
    }


@as_text.register
def _(found: Sensitivity, digits: int) -> str:
    lines = [
        f"derivatives at lambda = {found.lam} (proved enclosures, their middles shown)",
        f"  degrees of freedom of the fit: {short(found.degrees_of_freedom)}",
        f"  optimal value by lambda: {short(found.objective_by_lambda)}",
        "",
        "  neuron  sign     weight  by lambda  row of most influence (d weight / d target)",
    ]
    for k, neuron in enumerate(found.neurons, start=1):
        sizes = [abs(float(v.mid())) for v in neuron.by_target]
        j = max(range(len(sizes)), key=sizes.__getitem__)
        lines.append(
            f"  {k:>6}  {'pair ' * neuron.pair}{'+' if neuron.place.sign > 0 else '-'}  {short(neuron.weight):>9}  "
            f"{short(neuron.by_lambda):>9}  {j + 1} ({short(neuron.by_target[j])})"
        )
    return "\n".join(lines)


@as_facts.register
def _(found: Sensitivity) -> Facts:
    return {"lambda": found.lam, "neurons": len(found.neurons), "freedom": short(found.degrees_of_freedom)}
