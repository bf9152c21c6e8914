"""A path: in words, and as a JSON object."""

from __future__ import annotations

from typing import Any

from flint import arb

from polyrelu.exact.enclosure import bits_of, decimal_bounds, precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.bounded import BoundedPath
from polyrelu.paths.breakpoint import Breakpoint
from polyrelu.paths.continuity import continuity_at
from polyrelu.paths.gaps import Gap
from polyrelu.paths.intervals import Interval
from polyrelu.paths.solution_path import Path
from polyrelu.paths.zero import Limit
from polyrelu.proof.neuron import Place
from polyrelu.show.bounds import above, percent
from polyrelu.show.figures import profile
from polyrelu.show.figures.canvas import counted
from polyrelu.show.forms import Facts, as_facts, as_json, as_picture, as_text

LEAST_DIGITS = 12
"""A breakpoint is enclosed to a relative width of 1e-9 at least."""
SHOWN, SHORT = 8, 40


@as_json.register
def _(found: Path, digits: int) -> dict[str, Any]:
    digits = max(digits, LEAST_DIGITS)
    return {
        "status": found.status,
        "from": str(found.low),
        "to": str(found.high),
        "lambda_max": list(found.lambda_max(digits)),
        "intervals": [_interval(i, found, digits) for i in found.intervals],
        "breakpoints": [_breakpoint(found, k, digits) for k in range(len(found.breakpoints))],
        "undecided": [_gap(g, digits) for g in found.undecided],
        "limit_zero": None if found.limit is None else as_json(found.limit, digits),
        "seconds": round(found.seconds, 6),
    }


def _interval(interval: Interval, found: Path, digits: int) -> dict[str, Any]:
    low = _enclosed(interval.below, interval.pieces[-1].chord.low, digits)
    high = _enclosed(interval.above, interval.pieces[0].chord.high, digits)
    return {
        "from": low,
        "to": high,
        "neurons": len(interval.places),
        "rank": interval.rank,
        "pairs": interval.pairs,
        "nullity": interval.nullity,
        "dimension": interval.nullity,
        "convex_unique": interval.convex_unique,
        "p_unique": interval.p_unique,
        "function_unique": interval.function_unique,
        "affine": interval.affine,
    }


def _enclosed(end: Breakpoint | None, otherwise: Any, digits: int) -> list[str]:
    """A breakpoint to so many digits, or the end of what is proved."""
    return list(decimal_bounds(otherwise if end is None else end.zero.refined(bits_of(digits)), digits))


def _breakpoint(found: Path, k: int, digits: int) -> dict[str, Any]:
    here, exact = found.breakpoints[k], found.exact(k)
    at = tight_at(here)
    continuous, jump = continuity_at(here)
    return {
        "lambda": list(found.breakpoint(k, digits)),
        "exact": None if exact is None else exact.name,
        "events": [
            {"type": change.kind, "neuron": _number(at, here, change.place), "row": change.row}
            for change in here.changes
        ],
        "above": [_place(p) for p in here.above.tight],
        "at": [_place(p) for p in at],
        "below": [_place(p) for p in here.below.tight],
        "network_continuous": continuous,
        "convex_jump": jump,
    }


def tight_at(here: Breakpoint) -> list[Place]:
    """The neurons that are tight at the breakpoint itself: heavy ones first.

    Where neurons come or go these are all of both sides; one that slides is on the smaller face.
    """
    renamed = {old: new for c in here.changes for old, new in c.names.items()}
    below, above = here.below, here.above
    places = dict.fromkeys(
        [
            *below.tight,
            *(p for p in above.tight if p not in renamed),
            *(p for c in here.changes for p in c.guests_above),
        ]
    )
    slid = {
        new: on
        for c in here.changes
        for old, new in c.names.items()
        for on in [_smaller(old, new)]
        if on is not None
    }
    with precision(64):
        _, b, _ = below.branch.parts(here.carried)
        weights = {k.place: w for k, w in zip(below.branch.neurons, b, strict=True)}
    order = sorted(places, key=lambda p: (-float(weights.get(p, arb(0)).mid()), -p.sign, p.face))
    return [slid.get(p, p) for p in order]


def _smaller(old: Place, new: Place) -> Place | None:
    """The face at the breakpoint of a neuron that moves from one face to another."""
    face = tuple(a if a == b else 0 for a, b in zip(old.face, new.face, strict=True))
    return Place(old.sign, face)


def _number(at: list[Place], here: Breakpoint, place: Place) -> int | None:
    """The position in `at` of a neuron that an event names by its place above or below."""
    moved = {old: _smaller(old, new) for c in here.changes for old, new in c.names.items()}
    there = moved.get(place, place)
    return at.index(there) if there in at else None


def _place(place: Place) -> dict[str, Any]:
    return {"sign": "+" if place.sign > 0 else "-", "face": list(place.face)}


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
    return f"  the structure is the same on (0, {eps}]; limit: least sum of weights {least} (proved)"


@as_text.register
def _(found: Path, digits: int) -> str:
    problem = found.problem
    state = (
        "PROVED: every lambda in between, without a gap."
        if not found.undecided
        else f"UNDECIDED: {len(found.undecided)} piece{'s' * (len(found.undecided) > 1)} of it; the rest is proved."
    )
    low, high = (decimal_bounds(to_fmpq(v), 6)[0] for v in (found.low, found.high))
    lines = [
        f"{counted(problem.n, 'row')}, {counted(problem.d, 'feature')}{' (bias included)' if problem.bias else ''}, "
        f"lambda from {low} to {high} (lambda_max {found.lambda_max(6)[0]})",
        state,
        "",
        "  lambda                     neurons  rank  pairs  network unique",
    ]
    cuts = {id(b): k for k, b in enumerate(found.breakpoints)}
    gaps = sorted(found.undecided, key=lambda g: g.low, reverse=True)
    for interval in reversed(found.intervals):
        top = interval.pieces[0].chord.high
        while gaps and gaps[0].low >= top:
            lines.append(_gap_line(gaps.pop(0)))
        lines.append(_interval_line(interval, digits))
        if interval.below is not None:
            lines.append(_event_line(found, cuts[id(interval.below)], digits))
    lines += [_gap_line(g) for g in gaps]
    per = f", {found.seconds / len(found.breakpoints):.2f} s each" if found.breakpoints else ""
    if found.limit is not None:
        lines += ["", as_text(found.limit, digits)]
    return "\n".join(
        [*lines, "", f"  {found.seconds:.2f} s, {counted(len(found.breakpoints), 'breakpoint')}{per}"]
    )


def _interval_line(interval: Interval, digits: int) -> str:
    low = _enclosed(interval.below, interval.pieces[-1].chord.low, SHOWN)[0]
    high = _enclosed(interval.above, interval.pieces[0].chord.high, SHOWN)[1]
    unique = "yes" if interval.p_unique else f"no (dimension {interval.nullity})"
    return f"  {low:>11} .. {high:<11} {len(interval.places):>7} {interval.rank:>5} {interval.pairs:>6}  {unique}"


def _event_line(found: Path, k: int, digits: int) -> str:
    here, exact = found.breakpoints[k], found.exact(k)
    events = ", ".join(
        change.kind + (f" row {change.row + 1}" if change.row is not None else "") for change in here.changes
    )
    value = found.breakpoint(k, SHOWN + 4)[0] if exact is None else exact.name
    value = value if len(value) <= SHORT else found.breakpoint(k, SHOWN + 4)[0]
    return f"    {events} at {value}"


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
        f"{counted(problem.n, 'row')}, {counted(problem.d, 'feature')}{' (bias included)' if problem.bias else ''}",
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
