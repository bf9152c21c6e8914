"""What happens where a condition vanishes: the structure on the other side, and the function that leaves 0 there.

Going down in lambda, S1 above and S2 below; at the breakpoint both have the same residual:

  enter        a slack of S1 vanishes: the neuron joins with weight 0, and its weight grows
  leave        a weight of S1 vanishes: the neuron goes, and its slack grows
  hit          x_j.u of S1 vanishes: the neuron slides on the face of row j; the multiplier of the side it came from
               leaves 0. With u on H_j, P_2 A_1 nu = A_1 nu and P_2 x_j = 0, so A_1 nu = A_2 nu: both activations agree
  unstick      a multiplier of S1 vanishes: the neuron leaves the face along the ray v of that multiplier, which spans
               the new directions, and (A_2 nu).v = 0 there, so again A_1 nu = A_2 nu
  cross        as hit, where sliding is impossible since nu_j = 0 there: y_j = 0 and no other neuron acts on row j
  pair_enter, pair_leave   the same as enter and leave for a pair {u, -u} whose directions the other pairs exchange:
               X^T nu = 0 on them, so that both slacks are one function. In hit and unstick such a pair moves as one
  phase_begin  see `phase`

So the root of S1 solves the system of S2 together with the function that vanishes below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import MULTIPLIER, SIDE, SLACK, WEIGHT, Condition, antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import Dependent
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.tightness import on_hyperplane


@dataclass(frozen=True)
class Change:
    """One event: what vanishes above and below, who is a guest where, and the structure below."""

    kind: str
    place: Place
    row: int | None
    below: Branch = field(compare=False)
    zero_above: frozenset[Condition] = frozenset()
    zero_below: frozenset[Condition] = frozenset()
    guests_above: tuple[Place, ...] = ()
    guests_below: tuple[Place, ...] = ()
    names: dict[Place, Place] = field(default_factory=dict, compare=False)
    """Places that one neuron has above, and below."""
    leads: Condition | None = None
    """The function below whose zero is sought."""
    further: tuple[Dependent, ...] = field(default=(), compare=False)
    """Neurons below that depend on others."""


def changes(curve: Curve, failed: Condition) -> Iterator[tuple[Change, ...]]:
    """What may happen where a condition of this curve vanishes, the usual first; then the same of the whole orbit."""
    for change in _changes(curve, failed):
        if curve.branch.symmetry is None:
            yield (change,)
            continue
        orbit, new = curve.branch.symmetry.orbit, change.names.get(change.place, change.place)
        names = {old: there for pair in change.names.items() for old, there in reversed(orbit(*pair))}
        whole = replace(change, names=names)
        others = {old: there for old, there in orbit(change.place, new) if old != change.place}
        yield whole, *(Change(change.kind, old, _differs(old, t), change.below) for old, t in others.items())


def _differs(old: Place, new: Place) -> int | None:
    return next((j for j, (a, b) in enumerate(zip(old.face, new.face, strict=True)) if a != b), None)


def _changes(curve: Curve, failed: Condition) -> Iterator[Change]:
    if failed.kind == SLACK:
        yield from _enter(curve, failed.place)
    elif failed.kind == WEIGHT:
        yield from _leave(curve, failed.place)
    elif failed.kind == SIDE:
        yield from list(_cross(curve, failed)) or _hit(curve, failed)
    elif failed.kind == MULTIPLIER:
        yield from _unstick(curve, failed)


def side(curve: Curve, place: Place, row: int) -> Condition:
    """The condition that a neuron stays on its side of a row."""
    return next(f for f in curve.faces.around(place) if f.kind == SIDE and f.row == row)


def _sticks(curve: Curve, slid: Place, place: Place) -> list[Condition]:
    """The multipliers of a face that keep a neuron from going to another."""
    return [f for f in curve.faces.around(slid) if f.kind == MULTIPLIER and f.target == place]


def _units(curve: Curve) -> list[tuple[Neuron, bool]]:
    return list(zip(curve.branch.neurons, curve.branch.paired, strict=True))


def _branch(curve: Curve, units: list[tuple[Neuron, bool]]) -> Branch:
    return curve.branch.like(units)


def _enter(curve: Curve, place: Place) -> Iterator[Change]:
    pair = _in_span(curve, place)
    both = _whole(curve, place, pair=pair)
    weight = Condition(WEIGHT, place)
    yield Change(
        "pair_enter" if pair else "enter",
        place,
        None,
        _branch(curve, [*_units(curve), (curve.faces.neuron(place), pair)]),
        frozenset(Condition(SLACK, p) for p in both),
        frozenset([weight]),
        guests_above=both,
        leads=weight,
    )


def _leave(curve: Curve, place: Place) -> Iterator[Change]:
    units = _units(curve)
    pair = next(pair for neuron, pair in units if neuron.place == place)
    both = _whole(curve, place, pair=pair)
    yield Change(
        "pair_leave" if pair else "leave",
        place,
        None,
        _branch(curve, [unit for unit in units if unit[0].place != place]),
        frozenset([Condition(WEIGHT, place)]),
        frozenset(Condition(SLACK, p) for p in both),
        guests_below=both,
        leads=Condition(SLACK, place),
    )


def _whole(curve: Curve, place: Place, *, pair: bool) -> tuple[Place, ...]:
    """All that a place stands for, with its antipode if it is one of a pair."""
    orbit = curve.branch.orbit
    return (*orbit(place), *orbit(antipode(place))) if pair else orbit(place)


def _moved(curve: Curve, old: Place, new: Place) -> Branch:
    """The neuron at one place goes to another, and its antipode with it."""
    units = []
    for neuron, pair in _units(curve):
        place = {old: new, antipode(old): antipode(new)}.get(neuron.place) if pair else None
        place = new if neuron.place == old else place
        units.append((neuron if place is None else curve.faces.neuron(place), pair))
    return _branch(curve, units)


def _hit(curve: Curve, failed: Condition) -> Iterator[Change]:
    assert failed.row is not None
    neuron = curve.faces.neuron(failed.place)
    slid = on_hyperplane(neuron, failed.row)
    if curve.faces.neuron(slid).dimension == 0:
        return
    sticks, moving, names = _sticks(curve, slid, failed.place), [failed.place], {failed.place: slid}
    if _is_paired(curve, failed.place):
        sticks += _sticks(curve, antipode(slid), antipode(failed.place))
        moving.append(antipode(failed.place))
        names[antipode(failed.place)] = antipode(slid)
    new = [j for j, there in enumerate(slid.face) if there == 0 and failed.place.face[j]]
    if sticks:
        yield Change(
            "hit",
            failed.place,
            new[0],  # of rows that vanish together, parallel ones, say: whose condition was met is chance
            _moved(curve, failed.place, slid),
            frozenset(side(curve, place, j) for place in moving for j in new),
            frozenset(sticks),
            names=names,
            leads=sticks[0],
        )


def _cross(curve: Curve, failed: Condition) -> Iterator[Change]:
    j, place = failed.row, failed.place
    assert j is not None
    acting = [p for p in curve.tight if p != place and p.face[j] > 0]
    parallel = [i for i in on_hyperplane(curve.faces.neuron(place), j).zero_set if place.face[i]]
    program = curve.branch.program
    if acting or program.yq[j] != 0 or program.free.acts_on(j) or parallel != [j]:
        return
    if _is_paired(curve, place):
        return
    across = Place(place.sign, tuple(-v if i == j else v for i, v in enumerate(place.face)))
    beyond = side(curve, across, j)
    yield Change(
        "cross",
        place,
        j,
        _moved(curve, place, across),
        frozenset([failed]),
        frozenset([beyond]),
        names={place: across},
        leads=beyond,
    )


def _unstick(curve: Curve, failed: Condition) -> Iterator[Change]:
    target = failed.target
    assert target is not None
    leaving = [j for j, old in enumerate(failed.place.face) if old == 0 and target.face[j]]
    gone, come, names = [failed], [side(curve, target, j) for j in leaving], {failed.place: target}
    if _is_paired(curve, failed.place):
        if not _in_span(curve, target):
            return
        gone += _sticks(curve, antipode(failed.place), antipode(target))
        come += [side(curve, antipode(target), j) for j in leaving]
        names[antipode(failed.place)] = antipode(target)
    if leaving:
        yield Change(
            "unstick",
            failed.place,
            leaving[0],
            _moved(curve, failed.place, target),
            frozenset(gone),
            frozenset(come),
            names=names,
            leads=come[0],
        )


def _is_paired(curve: Curve, place: Place) -> bool:
    return any(pair and place in (k.place, antipode(k.place)) for k, pair in _units(curve))


def moves_as_one(curve: Curve, place: Place) -> bool:
    """Whether a place and its antipode are, or would be, one unit of the structure."""
    return _is_paired(curve, place) or curve.branch.is_exchanged(curve.faces.neuron(place))


def _in_span(curve: Curve, place: Place) -> bool:
    """Whether all directions of a face (in the row space) are exchanged by the pairs: X^T nu = 0 on them.

    Where an orbit holds -u as well, that is no pair.
    """
    alone = antipode(place) in curve.branch.orbit(place)
    return not alone and curve.branch.is_exchanged(curve.faces.neuron(place))
