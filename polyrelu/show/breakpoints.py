"""A breakpoint: what happens there, and the neurons above, at and below it, in one order."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flint import arb

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.events import Change
from polyrelu.breakpoints.forms import as_singles
from polyrelu.curves.branch import Balls
from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.nodes import Node
from polyrelu.curves.own_weights import heaviest_first, of_both, opposite, own_weights
from polyrelu.paths.continuity import continuity_at
from polyrelu.paths.knots import idle
from polyrelu.paths.ranks import fallen
from polyrelu.proof.neuron import Place


def breakpoint_json(here: Breakpoint, digits: int) -> dict[str, Any]:
    """A breakpoint as a JSON object."""
    exact, at = here.exact, tight_at(here)
    continuous, jump = continuity_at(here)
    return {
        "lambda": list(here.bounds(digits)),
        "exact": None if exact is None else exact.name,
        "events": [
            {"type": change.kind, "neuron": _moving(at, here, change), "row": change.row}
            for change in here.changes
        ],
        "above": [place_json(p) for p in _ordered((*here.above.tight, *idle(here.above)), at, here)],
        "at": [place_json(p) for p in at],
        "below": [place_json(p) for p in _ordered((*here.below.tight, *idle(here.below)), at, here)],
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
            *(p for curve in (below, above) for p in idle(curve)),
        ]
    )
    weights, there = _weights(here), _faces_there(here)
    own = dict[Place, arb]()
    for place in heaviest_first({place: weights.get(place, arb(0)) for place in places}):
        own.setdefault(there.get(place, place), weights.get(place, arb(0)))
    if not (above.branch.program.gated or above.branch.program.offset):
        own = {p: weight for p, weight in own.items() if not any(_is_beside(q, p) for q in own)}
    # In the phase on one side only some share is 0 at the breakpoint, and `certify` finds singles.
    phase = ({there.get(p, p) for p in opposite(*side)} for side in ((above, here.x), (below, here.carried)))
    return heaviest_first(own, next(phase) & next(phase))


def _is_beside(place: Place, other: Place) -> bool:
    """Whether a place lies on the boundary of another face: the row space of its normals holds all that tells their A
    apart, so that two tight neurons there are one.
    """
    faces = zip(place.face, other.face, strict=True)
    return place != other and place.sign == other.sign and all(a in (0, b) for a, b in faces)


def _faces_there(here: Breakpoint) -> dict[Place, Place]:
    """The faces at the breakpoint of neurons that lie on fewer hyperplanes above it or below."""
    moved = [pair for change in here.changes for pair in change.names.items()]
    return {
        **fallen(here.below, here.end_below),
        **fallen(here.above, here.end_above),
        **{place: _smaller(*pair) for pair in moved for place in pair},
    }


def _smaller(old: Place, new: Place) -> Place:
    """The face at the breakpoint of a neuron that moves from one face to another."""
    face = tuple(a if a == b else 0 for a, b in zip(old.face, new.face, strict=True))
    return Place(old.sign, face)


def _number(at: list[Place], here: Breakpoint, place: Place) -> int | None:
    """The position in `at` of a neuron that an event names by its place above or below."""
    there = _faces_there(here).get(place, place)
    return at.index(there) if there in at else None


def _weights(here: Breakpoint) -> dict[Place, arb]:
    """Of the neurons below the breakpoint; of a pair that shares its weight freely, the whole for both."""
    if not any(here.below.branch.paired):
        return own_weights(here.below, here.carried)
    node = here.node_below()
    return {} if node is None else of_both(*_apart(here.below, node))


def _apart(curve: Curve, node: Node) -> tuple[Curve, Balls]:
    """With the members of pairs one by one, where that is regular."""
    curve, node = as_singles(curve, node) or (curve, node)
    return curve, node.point


def _moving(at: list[Place], here: Breakpoint, change: Change) -> int | None:
    """The position of the neuron that an event is about; of two that move as one, the first."""
    alone = {c.place for c in here.changes if c is not change}  # opposite images have events of their own
    moving = {*change.names, *change.guests_above, *change.guests_below}
    others = {p for p in moving if p == antipode(change.place)} | _twins(here, change)
    both = [change.place, *(others - alone)]
    return min((k for k in (_number(at, here, p) for p in both) if k is not None), default=None)


def _twins(here: Breakpoint, change: Change) -> set[Place]:
    """With a free hidden bias a linear term is two neurons that come and go as one: whom the path carries is chance."""
    place = change.place
    if not here.above.branch.program.offset or not place.is_affine or change.kind not in ("enter", "leave"):
        return set()
    on_one_side = {*here.above.tight} ^ {*here.below.tight}
    return {p for p in on_one_side if p.is_affine and p.sign != place.sign}


def _ordered(places: Iterable[Place], at: list[Place], here: Breakpoint) -> list[Place]:
    """In the order of `at`, by which a neuron is named."""
    numbers = {place: _number(at, here, place) for place in places}
    return sorted(numbers, key=lambda p: (numbers[p] is None, numbers[p] or 0, -p.sign, p.face))


def place_json(place: Place) -> dict[str, Any]:
    """A neuron's sign and face."""
    return {"sign": "+" if place.sign > 0 else "-", "face": list(place.face)}


def words_of_breakpoint(here: Breakpoint) -> str:
    """What happens there."""
    return ", ".join(
        change.kind + (f" row {change.row + 1}" if change.row is not None else "") for change in here.changes
    )
