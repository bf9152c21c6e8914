"""Derivatives at one lambda: in words, and as a JSON object."""

from __future__ import annotations

from typing import Any

from flint import arb, arb_mat

from polyrelu.exact.enclosure import decimal_bounds
from polyrelu.paths.coefficients import Coefficient
from polyrelu.paths.derivatives import Sensitivity
from polyrelu.paths.moving import Moving, Range, Span
from polyrelu.paths.one_sided import OneSided
from polyrelu.show.breakpoints import place_json
from polyrelu.show.figures import influence
from polyrelu.show.forms import Facts, as_facts, as_json, as_picture, as_text
from polyrelu.show.numbers import short

ROWS = 24
"""Rows of a printed table of influences."""


@as_json.register
def _(found: Sensitivity, digits: int) -> dict[str, Any]:
    return {
        "lambda": None if found.lam is None else str(found.lam),
        **_derivatives(found, digits),
        "minimal_networks": [_derivatives(one, digits) for one in found.minimal],
        "ranges": [_range(r, digits) for r in found.ranges],
    }


def _range(found: Range, digits: int) -> dict[str, Any]:
    """From the lower bound of the least to the upper bound of the greatest."""
    return {
        **place_json(found.place),
        "weight": _spanned(found.weight, digits),
        "by_lambda": _spanned(found.by_lambda, digits),
        "by_target": None if found.by_target is None else [_spanned(v, digits) for v in found.by_target],
    }


def _spanned(span: Span, digits: int) -> list[str]:
    return [decimal_bounds(span[0], digits)[0], decimal_bounds(span[1], digits)[1]]


@as_json.register
def _(found: OneSided, digits: int) -> dict[str, Any]:
    return {
        "lambda": list(decimal_bounds(found.lam, digits)),
        "exact": None if found.exact is None else found.exact.name,
        "above": _derivatives(found.above, digits),
        "below": _derivatives(found.below, digits),
    }


def _derivatives(found: Sensitivity, digits: int) -> dict[str, Any]:
    return {
        "neurons": [_neuron(k, digits) for k in found.neurons],
        "residual_by_lambda": [_bounds(v, digits) for v in found.residual_by_lambda],
        "residual_by_target": _table(found.residual_by_target, digits),
        "residual_by_feature": _table(found.residual_by_feature, digits),
        "objective_by_lambda": _bounds(found.objective_by_lambda, digits),
        "degrees_of_freedom": _bounds(found.degrees_of_freedom, digits),
        **{f"{key}_reason": reason for key, reason in found.reasons.items()},
        **({"free": [_coefficient(c, digits) for c in found.free]} if _joined(found) else {}),
    }


def _joined(found: Sensitivity) -> bool:
    """Whether something joins the network besides its neurons."""
    return bool(found.problem.free_names) or found.problem.setting.output == "ridge"


def _coefficient(c: Coefficient, digits: int) -> dict[str, Any]:
    return {
        "name": c.name,
        "value": _bounds(c.value, digits),
        "by_lambda": _bounds(c.by_lambda, digits),
        "by_target": _row(c.by_target, digits),
        "by_feature": _table(c.by_feature, digits),
    }


def _neuron(k: Moving, digits: int) -> dict[str, Any]:
    return {
        **place_json(k.place),
        "pair": k.pair,
        "weight": _bounds(k.weight, digits),
        "by_lambda": _bounds(k.by_lambda, digits),
        "by_target": _row(k.by_target, digits),
        "by_feature": _table(k.by_feature, digits),
        "direction_by_lambda": [_bounds(v, digits) for v in k.direction_by_lambda],
        "direction_by_target": _table(k.direction_by_target, digits),
        "direction_by_feature": _table(k.direction_by_feature, digits),
    }


def _row(values: list[arb] | None, digits: int) -> list[list[str] | None] | None:
    return None if values is None else [_bounds(v, digits) for v in values]


def _table(table: arb_mat | None, digits: int) -> list[list[list[str] | None]] | None:
    return None if table is None else [[_bounds(v, digits) for v in row] for row in table.tolist()]


def _bounds(v: arb | None, digits: int) -> list[str] | None:
    """An enclosure; null where there is no derivative."""
    return list(decimal_bounds(v, digits)) if v is not None and v.is_finite() else None


@as_text.register
def _(found: Sensitivity, digits: int) -> str:
    lines = [f"derivatives at lambda = {found.lam} (proved enclosures, their middles shown)", *_words(found)]
    for k, one in enumerate(found.minimal, start=1):
        lines += ["", f"  along minimal network {k} of {len(found.minimal)}:", *_words(one)[2:]]
    if found.ranges:
        lines += [
            "",
            "  over all optimal networks:",
            "",
            "  neuron  sign                   weight               by lambda",
        ]
    for k, r in enumerate(found.ranges, start=1):
        sign = "+" if r.place.sign > 0 else "-"
        lines.append(f"  {k:>6}  {sign:<4}{_between(r.weight):>23} {_between(r.by_lambda):>23}")
    return "\n".join(lines)


@as_text.register
def _(found: OneSided, digits: int) -> str:
    name = decimal_bounds(found.lam, 12)[0] + ".." if found.exact is None else found.exact.name
    lines = [f"lambda = {name} is a breakpoint: derivatives on both sides (proved enclosures, middles shown)"]
    for side, one in (("above", found.above), ("below", found.below)):
        lines += ["", f"{side}:", *_words(one)]
    return "\n".join(lines)


def _words(found: Sensitivity) -> list[str]:
    lines = [
        f"  degrees of freedom of the fit: {_freedom(found)}",
        f"  optimal value by lambda: {short(found.objective_by_lambda)}",
        "",
    ]
    if found.neurons:
        lines.append("  neuron  sign       weight  by lambda")
    for k, neuron in enumerate(found.neurons, start=1):
        sign = f"{'pair ' * neuron.pair}{'+' if neuron.place.sign > 0 else '-'}"
        lines.append(f"  {k:>6}  {sign:<6}  {_near(neuron.weight):>9}  {_near(neuron.by_lambda):>9}")
    if found.total is not None:
        lines.append(
            "  neurons that are not listed share their weight with others: no weight of theirs is unique"
        )
    elif not found.neurons:
        lines.append("  no neuron has a weight")
    if found.free:
        lines += ["", "  free                coefficient  by lambda"]
        lines += [f"  {c.name:<18}  {_near(c.value):>11}  {_near(c.by_lambda):>9}" for c in found.free]
    told = {"by_target": "targets", "by_feature": "table"}
    why = [f"  by the {told[key]} no derivative is given: {reason}" for key, reason in found.reasons.items()]
    return lines + _influences(found) + [""] * bool(why) + why


def _influences(found: Sensitivity) -> list[str]:
    """d weight / d target, and the norm of d weight / d row where it is known."""
    if not found.neurons or found.reasons.keys() >= {"by_target", "by_feature"}:
        return []
    largest = list(range(found.problem.n))
    if found.residual_by_target is not None:
        largest.sort(
            key=lambda j: -max(abs(float(k.by_target[j].mid())) for k in found.neurons if k.by_target)
        )
    lines = ["", "  influence of each row on each weight: by its target (by its features)"]
    for j in sorted(largest[:ROWS]):
        lines.append(f"  row {j + 1:>3}  " + "  ".join(f"{_influence(k, j):>22}" for k in found.neurons))
    if len(largest) > ROWS:
        lines.append(f"  the {len(largest) - ROWS} rows of least influence are not shown; --json has all")
    if any("none" in line for line in lines[2:]):
        lines.append(
            "  none: moved that way and the other way the optimum may change unequally, or that is not followed"
        )
    return lines


def _freedom(found: Sensitivity) -> str:
    return "none" if found.degrees_of_freedom is None else short(found.degrees_of_freedom)


def _near(value: arb, digits: int = 6) -> str:
    """The middle of an enclosure; 0 where that may be all there is."""
    return "0" if value.contains(0) else f"{float(value.mid()):.{digits}g}"


def _between(span: Span) -> str:
    return f"{_near(span[0])} .. {_near(span[1])}"


def _influence(neuron: Moving, row: int) -> str:
    target = "none" if neuron.by_target is None else _near(neuron.by_target[row], 4)
    if neuron.by_feature is None:
        return target
    moved = neuron.influence(row)
    return f"{target} ({_near(moved, 4)})" if moved.is_finite() else f"{target} (none)"


@as_picture.register(Sensitivity)
@as_picture.register(OneSided)
def _(found: Sensitivity | OneSided) -> Any:
    return influence(found)


@as_facts.register
def _(found: Sensitivity) -> Facts:
    return {"lambda": found.lam, "neurons": len(found.neurons), "freedom": _freedom(found)}


@as_facts.register
def _(found: OneSided) -> Facts:
    return {"lambda": short(found.lam), "above": len(found.above.neurons), "below": len(found.below.neurons)}
