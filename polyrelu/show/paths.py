"""A path: in words, and as a JSON object."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.data.problem import Problem
from polyrelu.exact.enclosure import bits_of, decimal_bounds
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.bounded import BoundedPath
from polyrelu.paths.gaps import Gap
from polyrelu.paths.intervals import Interval
from polyrelu.paths.minimal import Along
from polyrelu.paths.solution_path import Path
from polyrelu.paths.zero import Limit
from polyrelu.proof.neuron import Place
from polyrelu.show.bounds import above, percent
from polyrelu.show.breakpoints import breakpoint_json, words_of_breakpoint
from polyrelu.show.continuity import (
    SHORT,
    SHOWN,
    continuity_json,
    lower_end,
    upper_end,
    value_at,
    words_of_continuity,
)
from polyrelu.show.figures import profile
from polyrelu.show.figures.canvas import counted
from polyrelu.show.forms import Facts, as_facts, as_json, as_picture, as_text

LEAST_DIGITS = 12
"""A breakpoint is enclosed to a relative width of 1e-9 at least."""


@as_json.register
def _(found: Path, digits: int) -> dict[str, Any]:
    digits = max(digits, LEAST_DIGITS)
    return {
        "status": found.status,
        **({"scope": found.scope} if found.scope else {}),
        "from": str(found.low),
        "to": str(found.high),
        "lambda_max": list(found.lambda_max(digits)),
        "intervals": [
            _interval(i, found, digits) | _minimal(found, k) for k, i in enumerate(found.intervals)
        ],
        "breakpoints": [breakpoint_json(b, digits) for b in found.breakpoints],
        **{
            name: None if b is None else breakpoint_json(b, digits)
            for name, b in zip(("at_from", "at_to"), found.at_ends, strict=True)
        },
        **continuity_json(found, digits),
        "undecided": [_gap(g, digits) for g in found.undecided],
        "limit_zero": None if found.limit is None else as_json(found.limit, digits),
        "seconds": round(found.seconds, 6),
    }


def _interval(interval: Interval, found: Path, digits: int) -> dict[str, Any]:
    return {
        "from": lower_end(interval, digits),
        "to": upper_end(interval, digits),
        "neurons": interval.count,
        "rank": interval.rank,
        "pairs": interval.pairs,
        "nullity": interval.nullity,
        "dimension": interval.nullity,
        "convex_unique": interval.convex_unique,
        "p_unique": interval.p_unique,
        "function_unique": interval.function_unique,
        "affine": interval.affine,
    }


def _minimal(found: Path, k: int) -> dict[str, Any]:
    """The minimal networks of interval k, if they have been asked for; each neuron by its sign and face."""
    if "minimal" not in found.__dict__:
        return {}
    along = found.minimal[k]
    return {
        "minimal_networks": [
            {
                "lambda": str(one.lam),
                "count": None if one.networks is None else len(one.networks),
                "widths": None if one.widths is None else list(one.widths),
                "networks": None
                if one.networks is None
                else sorted(sorted(_place_text(p) for p in network) for network in one.networks),
            }
            for one in along.lists
        ],
        "walls": [[str(low), str(high)] for low, high in along.walls],
    }


def _place_text(place: Place) -> str:
    """A neuron as its sign and the signs of all rows."""
    return ("+" if place.sign > 0 else "-") + "".join("-0+"[side + 1] for side in place.face)


def _minimal_lines(along: Along) -> list[str]:
    """How many minimal networks there are, at which lambdas; those next to each other with as many in one line."""
    lines = []
    for counted_as, group in groupby(along.lists, lambda one: (len(one.networks or ()), one.widths)):
        number, widths = counted_as
        at = [f"{float(one.lam):.6g}" for one in group]
        if number > 1 and widths is not None:
            width = str(widths[0]) if widths[0] == widths[1] else f"{widths[0]} to {widths[1]}"
            where = at[0] if len(at) == 1 else f"{len(at)} lambdas from {at[0]} to {at[-1]}"
            lines.append(f"      at {where}: {number} minimal networks of width {width}")
    return lines + [
        f"      their list changes between {float(low):.6g} and {float(high):.6g}"
        for low, high in along.walls
    ]


def _gap(gap: Gap, digits: int) -> dict[str, Any]:
    return {
        "from": list(decimal_bounds(gap.low, digits)),
        "to": list(decimal_bounds(gap.high, digits)),
        "reason": gap.reason,
    }


@as_json.register
def _(limit: Limit, digits: int) -> dict[str, Any]:
    norm = limit.norm(bits_of(digits))
    return {
        "status": limit.status,
        **({} if limit.reason is None else {"reason": limit.reason}),
        "norm": None if norm is None else list(decimal_bounds(norm, digits)),
        "neurons": limit.neurons,
        "exact": limit.exact,
    }


@as_picture.register
def _(found: Path) -> Any:
    return profile(found)


@as_text.register
def _(limit: Limit, digits: int) -> str:
    norm = limit.norm(bits_of(digits))
    if norm is None or limit.eps is None:
        return f"  lambda -> 0: UNDECIDED: {limit.reason}"
    eps = decimal_bounds(limit.eps, 4)[0]
    exact = limit.exact if limit.exact is not None and len(limit.exact) <= SHORT else None
    least = f"{decimal_bounds(norm, min(digits, 12))[0]}.." if exact is None else exact
    what = "sum of weights" + " and half the squared output bias" * limit.has_ridge
    return f"  the structure is the same on (0, {eps}); limit: least {what} {least} (proved)"


@as_text.register
def _(found: Path, digits: int) -> str:
    problem = found.problem
    state = (
        "PROVED: every lambda in between, without a gap."
        if not found.undecided
        else f"UNDECIDED: {len(found.undecided)} piece{'s' * (len(found.undecided) > 1)} of it; the rest is proved."
    )
    state += f" All {found.scope}." if found.scope else ""
    low, high = (decimal_bounds(to_fmpq(v), 6)[0] for v in (found.low, found.high))
    lines = [
        f"{_about(problem)}, lambda from {low} to {high} (lambda_max {found.lambda_max(6)[0]})",
        state,
        "",
        "  lambda                     neurons  rank  pairs  network unique",
    ]
    last, first = found.at_ends
    if first is not None:
        lines.append(f"{_event_line(first)}, where this path ends")
    gaps = sorted(found.undecided, key=lambda g: g.low, reverse=True)
    for interval in reversed(found.intervals):
        top = interval.pieces[0].chord.high
        while gaps and gaps[0].low >= top:
            lines.append(_gap_line(gaps.pop(0)))
        lines.append(_interval_line(interval))
        if "minimal" in found.__dict__:
            lines += _minimal_lines(found.minimal[found.intervals.index(interval)])
        if interval.below is not None:
            lines.append(_event_line(interval.below) + ", where this path begins" * (interval.below is last))
    lines += [_gap_line(g) for g in gaps]
    lines += ["", *words_of_continuity(found)]
    per = f", {found.seconds / len(found.breakpoints):.2f} s each" if found.breakpoints else ""
    if found.limit is not None:
        lines.append(as_text(found.limit, digits))
    return "\n".join(
        [*lines, "", f"  {found.seconds:.2f} s, {counted(len(found.breakpoints), 'breakpoint')}{per}"]
    )


def _interval_line(interval: Interval) -> str:
    low, high = lower_end(interval, SHOWN)[0], upper_end(interval, SHOWN)[1]
    why = f"dimension {interval.nullity}" if interval.nullity else "free columns depend on each other"
    unique = "yes" if interval.p_unique else f"no ({why})"
    pairs = "?" if interval.pairs is None else interval.pairs
    return f"  {low:>11} .. {high:<11} {interval.count:>7} {interval.rank:>5} {pairs:>6}  {unique}"


def _event_line(here: Breakpoint) -> str:
    return f"    {words_of_breakpoint(here)} at {value_at(here)}"


def _about(problem: Problem) -> str:
    """How large the table is."""
    size = f"{counted(problem.n, 'row')}, {counted(problem.d, 'feature')}"
    setting = "" if problem.setting.is_plain else f"; {problem.setting.words}"
    return size + " (bias included)" * problem.bias + setting


def _gap_line(gap: Gap) -> str:
    low, high = decimal_bounds(gap.low, 12)[0], decimal_bounds(gap.high, 12)[1]
    return f"  {low} .. {high}  UNDECIDED: {gap.reason}"


@as_facts.register
def _(found: Path) -> Facts:
    return {
        "status": found.status,
        "lambda": f"{decimal_bounds(to_fmpq(found.low), 6)[0]} .. {decimal_bounds(to_fmpq(found.high), 6)[0]}",
        "breakpoints": len(found.breakpoints),
        "undecided": len(found.undecided),
    }


@as_json.register
def _(found: BoundedPath, digits: int) -> dict[str, Any]:
    return {
        "status": "bounded",
        "from": str(found.nodes[0].lam),
        "to": str(found.nodes[-1].lam),
        "nodes": [
            {
                "lambda": str(node.lam),
                "objective": [
                    decimal_bounds(to_fmpq(node.bounds.lower), digits)[0],
                    decimal_bounds(to_fmpq(node.bounds.upper), digits)[1],
                ],
                "total_weight": decimal_bounds(to_fmpq(node.total), digits)[1],
            }
            for node in found.nodes
        ],
        "gap": above(found.gap),
        "seconds": round(found.seconds, 6),
    }


@as_text.register
def _(found: BoundedPath, digits: int) -> str:
    problem = found.problem
    reached = "" if found.reached else f"; the gap asked for, {percent(found.wanted)}, was not reached"
    low, high = (decimal_bounds(to_fmpq(node.lam), 6)[0] for node in (found.nodes[0], found.nodes[-1]))
    lines = [
        _about(problem),
        f"BOUNDED: for every lambda from {low} to {high} the optimum is known to within {percent(found.gap)} "
        f"(proved){reached}.",
        "",
        "  lambda        objective          total weight of the network",
    ]
    for node in reversed(found.nodes):
        lam, value, total = (
            decimal_bounds(to_fmpq(v), 6)[1] for v in (node.lam, node.bounds.upper, node.total)
        )
        lines.append(f"  {lam:<12}  {value:<17}  {total}")
    return "\n".join([*lines, "", f"  {found.seconds:.2f} s, {counted(len(found.nodes), 'node')}"])


@as_facts.register
def _(found: BoundedPath) -> Facts:
    return {"nodes": len(found.nodes), "gap": percent(found.gap)}
