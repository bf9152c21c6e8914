"""Minimal networks as a JSON object, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import arb

from polyrelu.data.setting import Setting
from polyrelu.exact.enclosure import precision
from polyrelu.optimal_set.families import joined, moving_kinks
from polyrelu.optimal_set.set_point import OptimalNetwork
from polyrelu.proof.optimum import Optimum
from polyrelu.selection.pruning import Step
from polyrelu.show.numbers import bits_for, bounds
from polyrelu.show.numbers import directions as enclosed_directions

ROWS_SHOWN = 12


def report(
    optimum: Optimum, steps: tuple[Step, ...], networks: tuple[OptimalNetwork, ...], places: int
) -> dict[str, Any]:
    """The JSON object, but for the narrowest width."""
    directions = enclosed_directions(optimum, places)
    neurons = _neurons(optimum, directions, places)
    return {
        "status": "proved",
        "lambda": str(optimum.program.lam),
        "neurons": neurons,
        "steps": [
            {"dependence": [bounds(v, places) for v in step.dependence], "removed": list(step.removed)}
            for step in steps
        ],
        "networks": [_network(network, neurons, directions, places) for network in networks],
    }


def _neurons(optimum: Optimum, directions: list[list[Any]], places: int) -> list[dict[str, Any]]:
    found = []
    for neuron, u in zip(optimum.used, directions, strict=True):
        place = neuron.place
        found.append(
            {
                "sign": place.sign,
                "direction": [bounds(v, places) for v in u],
                "active": [int(j) for j in place.active],
                "zero": [int(j) for j in place.zero_set],
            }
        )
    return found


def _network(
    network: OptimalNetwork, neurons: list[dict[str, Any]], directions: list[list[Any]], places: int
) -> dict[str, Any]:
    weights, units = network.weights(bits_for(places)), []
    for group in _groups(network):
        k = group[0]
        with precision(bits_for(places) + 32):
            weight = sum((arb(weights[j]) for j in group[1:]), start=weights[k])
            parts = [[u * weights[j] for u in directions[j]] for j in group]
            total = [sum(column, start=arb(0)) for column in zip(*parts, strict=True)]
            direction = directions[k] if len(group) == 1 else [v / weight for v in total]
            root = arb(weight).sqrt()
            convex, theta = [u * weight for u in direction], [u * root for u in direction]
            phi = root * neurons[k]["sign"]
        units.append(
            {
                "neuron": k,
                **({} if len(group) == 1 else {"joined_with": list(group[1:])}),
                "sign": neurons[k]["sign"],
                "direction": [bounds(v, places) for v in direction],
                "weight": bounds(weight, places),
                "convex_weight": [bounds(v, places) for v in convex],
                "theta": [bounds(v, places) for v in theta],
                "phi": bounds(phi, places),
            }
        )
    return {"width": network.width, "neurons": units, **_free_part(network, places)}


def _groups(network: OptimalNetwork) -> Sequence[tuple[int, ...]]:
    """Which neurons of S make one unit: with a free hidden bias neighbours in a family, at their mean bias."""
    optimum = network.polytope.optimum
    if not optimum.program.offset:
        return [(k,) for k in network.support]
    return list(joined(optimum, network.support))


def _free_part(network: OptimalNetwork, places: int) -> dict[str, Any]:
    """The coefficients of the free functions, where there are any."""
    free = network.polytope.optimum.program.free
    if not free.border:
        return {}
    c = network.network(bits=bits_for(places)).coefficients
    names = [*free.names, *(["ridge output bias"] if free.ridge else [])]
    return {"free_coefficients": {name: bounds(v, places) for name, v in zip(names, c, strict=True)}}


def readable(shown: dict[str, Any], optimum: Optimum, setting: Setting) -> str:
    """The readable form."""
    program, count = optimum.program, len(shown["networks"])
    among = program.scope and f" {program.scope}"
    which = "" if setting.is_plain else f"; {setting.words}"
    moving = ", up to kinks that can move at no cost" if moving_kinks(optimum) else ""
    lines = [
        f"{program.n} rows, {program.d} features{' (bias included)' * setting.bias}, lambda = {program.lam}{which}",
        f"PROVED: {count} optimal network{'s' if count > 1 else ''} from which no neuron can be left out"
        f"{among}{moving} (optimal networks use {len(shown['neurons'])} distinct neurons).",
    ]
    if shown["narrowest_width"] is not None:
        lines.append(f"  narrowest width  {shown['narrowest_width']}{among}")
    for step in shown["steps"]:
        lines.append(f"  step: a dependence brings neuron {_counted(step['removed'])} to zero")
    for k, network in enumerate(shown["networks"]):
        lines += ["", f"  network {k + 1}, width {network['width']}"]
        for name, value in network.get("free_coefficients", {}).items():
            lines.append(f"    {name}: {_short(value)}")
        for unit in network["neurons"]:
            lines += _unit_lines(unit, shown["neurons"][unit["neuron"]])
    return "\n".join(lines)


def _unit_lines(unit: dict[str, Any], neuron: dict[str, Any]) -> list[str]:
    if "joined_with" in unit:
        w, theta = (", ".join(_short(v) for v in unit[key]) for key in ("direction", "theta"))
        return [
            f"    neurons {_counted([unit['neuron'], *unit['joined_with']])} joined  sign "
            f"{'+' if unit['sign'] > 0 else '-'}  weight {_short(unit['weight'])}",
            f"      direction and mean bias ({w}); network weights theta = ({theta}), phi = {_short(unit['phi'])}",
        ]
    w, theta = (", ".join(_short(v) for v in unit[key]) for key in ("convex_weight", "theta"))
    return [
        f"    neuron {unit['neuron'] + 1}  sign {'+' if unit['sign'] > 0 else '-'}  weight {_short(unit['weight'])}",
        f"      convex weight ({w}); network weights theta = ({theta}), phi = {_short(unit['phi'])}",
        f"      rows active {_counted(neuron['active'])}; zero {_counted(neuron['zero'])}",
    ]


def _short(pair: list[str]) -> str:
    """The middle of an enclosure, for reading only."""
    return f"{(float(pair[0]) + float(pair[1])) / 2:.6g}"


def _counted(places: list[int]) -> str:
    if len(places) > ROWS_SHOWN:
        return f"{len(places)} rows"
    return ", ".join(str(k + 1) for k in places) or "none"
