"""Events of a free hidden bias, where a neuron (u, b) may be tight at a whole interval of biases: its family.

f(u, .) is piecewise linear, so a tight neuron lies on the hyperplane of a row, and its slope in b is a multiplier. Let
q be tight with anchor x_q, and p the next corner of f(u, .), with anchor x_p; D are the rows active between the two.
As matrices, modulo the forms that vanish on every residual (the free columns),

    N_p - N_q = (x_q - x_p) h^T,  h = 1^T D,  so that  |N_p nu|^2 - |N_q nu|^2 = (h.nu) (x_q - x_p).(N_p + N_q) nu .

So p is tight with q iff h.nu = 0, the slope between them, unless the other factor is 0: then (x_q - x_p).u = 0, and the
interval is a point. Hence more vanishes at an event than without a bias, by an identity:

  enter, leave   of a corner p beside q: with the slack (or weight) of p the slope of q. Where D is all rows h.nu = 0 by
                 itself: a neuron active on all rows, (u, s), is tight with (-u, -s); both have the same activation
                 modulo constants, enter and leave together, and share one weight
  swap           the end of a family comes to another row j: x_j.u + b = 0 at its neuron i, which goes on on the
                 hyperplane of j. As h.nu = 0, N_i nu = N_j nu there: both activations agree
  merge          an interval shrinks to a point: its two neurons, on rows i and j, become one on both. Then both
                 multipliers of this neuron are 0: f has one gradient, lambda u, between the two hyperplanes
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from flint import arb, fmpq

from polyrelu.breakpoints.events import Change, changes, side
from polyrelu.breakpoints.zeros import Zero
from polyrelu.curves.condition import MULTIPLIER, SIDE, SLACK, WEIGHT, Condition
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import Dependent
from polyrelu.curves.faces import Faces
from polyrelu.curves.implied import Implied
from polyrelu.exact.linear import dot, echelon, times
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.tightness import on_hyperplane

HALF = fmpq(1, 2)


def changes_of_kinks(curve: Curve, zero: Zero) -> Iterator[tuple[Change, ...]]:
    """What may happen where a condition vanishes, with a free hidden bias."""
    failed = zero.condition
    if failed.kind == SLACK and 0 not in failed.place.face:
        return  # a whole family: activations that depend on others for this lambda, and for others in another way
    if failed.kind == SLACK:
        yield from _entering(curve, failed.place, zero)
    elif failed.kind == WEIGHT:
        yield from _leaving(curve, failed.place, zero)
    elif failed.target is not None and 0 not in failed.target.face:
        if (corner := _corner(curve, failed, zero)) is not None:
            yield from _entering(curve, corner, zero)
    elif failed.kind == SIDE and _slopes(curve, failed.place, zero):
        yield from _at_an_end(curve, failed, zero)
    elif failed.place in {k.place for k in curve.branch.neurons}:
        for change, *others in changes(curve, failed):
            yield _kept(curve, change), *others


def floats_beside(place: Place, known: Iterable[Place]) -> bool:
    """Whether a place on no hyperplane is next to a known neuron: a slope of that one tells whether it is tight."""
    return 0 not in place.face and any(
        q.sign == place.sign and all(b in (0, a) for a, b in zip(place.face, q.face, strict=True))
        for q in known
    )


def _kept(curve: Curve, change: Change) -> Change:
    """With the neurons that depend on others below as they do above; what that is worth is seen on the piece."""
    index = {k.place: i for i, k in enumerate(change.below.neurons)}
    moved = [index.get(change.names.get(k.place, k.place)) for k in curve.branch.neurons]  # None: it is gone
    found = []
    for f in curve.further:
        over = [fmpq(0)] * change.below.K
        for c, i in zip(f.over, moved, strict=True):
            if i is not None:
                over[i] = c
        of = tuple(i for i in (moved[k] for k in f.of) if i is not None)
        found.append(Dependent(change.names.get(f.place, f.place), tuple(over), f.part, of))
    return replace(change, further=(*found, *change.further))


def _is_between(a: Neuron, b: Neuron, form: Sequence[fmpq], curve: Curve) -> bool:
    """Whether N_a - N_b = c h^T modulo what vanishes on every residual, h a form."""
    known = echelon([*curve.branch.relations.rows, list(form)])
    return all(not any(known.reduce(row)) for row in (a.N - b.N).tolist())


def _stay_apart(a: Neuron, b: Neuron, curve: Curve, x: Sequence[arb], lam: arb) -> bool:
    """Whether (x_a - x_b).(N_a + N_b) nu is not 0, in balls."""
    nu = curve.branch.residual_at(x, lam).entries()
    away = [s - t for s, t in zip(a.anchor or [], b.anchor or [], strict=True)][:-1]
    value = dot(away, times((a.N + b.N), nu)) if any(away) else arb(0)
    return bool(value > 0) or bool(value < 0)


def _beside(curve: Curve, place: Place, zero: Zero) -> list[Condition]:
    """The slopes of tight neurons that vanish where a place is tight with them, by the identity above."""
    new, found = curve.faces.neuron(place), list[Condition]()
    for other in curve.tight:
        old = curve.faces.neuron(other)
        if other.sign != place.sign or other == place or not _stay_apart(old, new, curve, zero.x, zero.lam):
            continue
        found += [f for f in free_slopes(curve.faces, other) if _is_between(old, new, f.form, curve)]
    return found


def free_slopes(faces: Faces, place: Place) -> list[Condition]:
    """The multipliers that keep a neuron from moving its bias alone."""
    around = (f for f in faces.around(place) if f.kind == MULTIPLIER)
    return [f for f in around if f.target is not None and 0 not in f.target.face]


def _slopes(curve: Curve, place: Place, zero: Zero) -> list[Condition]:
    """Those of them that are 0 for every lambda."""
    implied = Implied(curve.branch, zero.x)
    return [f for f in free_slopes(curve.faces, place) if implied.is_zero(f.form)]


def _corner(curve: Curve, failed: Condition, zero: Zero) -> Place | None:
    """The next corner at the biases to which a vanishing slope frees a neuron."""
    place, target = failed.place, failed.target
    assert target is not None
    up = target.face[place.face.index(0)] > 0
    rows = [j for j, there in enumerate(target.face) if place.face[j] and (there < 0 if up else there > 0)]
    if not rows:
        return None
    values = _products(curve, place, zero)
    j = max(rows, key=lambda i: values[i] if up else -values[i])
    return _on_row(curve, target, j)


def _on_row(curve: Curve, between: Place, row: int) -> Place:
    """The end on a row of what floats; equal rows are met together."""
    return on_hyperplane(curve.faces.neuron(between), row)


def _left(curve: Curve, place: Place, other: Place) -> frozenset[Condition]:
    """The sides of a neuron at the rows that hold another one."""
    return frozenset(side(curve, place, j) for j in other.zero_set if place.face[j])


def _products(curve: Curve, place: Place, zero: Zero) -> list[arb]:
    """x_j.u + b for all rows, roughly, times lambda."""
    nu = curve.branch.residual_at(zero.x, zero.lam).entries()
    z = [(arb(0) + v * place.sign).mid() for v in curve.faces.neuron(place).z(nu)]
    X = curve.branch.program.Xq.tolist()
    return [(arb(0) + dot(row, z)).mid() for row in X]


def _twin(curve: Curve, place: Place, zero: Zero) -> Place:
    """The other neuron of a linear term: (-u, -s), active on all rows but the outermost on the other side."""
    values = _products(curve, place, zero)
    everywhere = Place(-place.sign, (1,) * len(place.face))
    return _on_row(curve, everywhere, max(range(len(values)), key=values.__getitem__))


def _entering(curve: Curve, place: Place, zero: Zero) -> Iterator[tuple[Change, ...]]:
    """A neuron enters, with the slope of another one beside it, and with its twin."""
    for change, *others in changes(curve, Condition(SLACK, place)):
        whole = _entered(curve, _kept(curve, change), zero)
        if whole is not None:
            yield whole, *others


def _entered(curve: Curve, change: Change, zero: Zero) -> Change | None:
    """What enters, whole; None where the slope that vanished is not one beside it.

    A first linear term comes with its twin, which shares its weight, half of it each.
    """
    place, index = change.place, change.below.K - 1
    new, further, weights = list(change.guests_above), change.further, change.zero_below
    if place.is_affine and not any(p.is_affine and p.sign != place.sign for p in curve.tight):
        new.append(_twin(curve, place, zero))
        over = tuple(fmpq(int(k == index)) for k in range(change.below.K))
        further = (*further, Dependent(new[1], over, HALF, (index,)))
        weights = weights | {Condition(WEIGHT, new[1])}
    gone, guests = _come_or_go(curve, new, zero)
    if zero.condition.kind == MULTIPLIER and zero.condition not in gone:
        return None
    return replace(change, zero_above=gone, zero_below=weights, guests_above=guests, further=further)


def _leaving(curve: Curve, place: Place, zero: Zero) -> Iterator[tuple[Change, ...]]:
    """A neuron leaves, and what depends on it alone with it; the slope of another one beside it is no longer 0."""
    own = [k.place for k in curve.branch.neurons]
    first = next((f.of[0] for f in curve.further if f.place == place and len(f.of) == 1), None)
    place = place if first is None else own[first]
    k = own.index(place) if place in own else None
    with_it = [f for f in curve.further if k is None or f.over[k] != 0]
    if k is None or any(sum(c != 0 for c in f.over) > 1 for f in with_it):
        return
    for change, *others in changes(curve, Condition(WEIGHT, place)):
        kept, twins = _kept(curve, change), [f.place for f in with_it]
        all_gone = [*change.guests_below, *twins]
        come, guests = _come_or_go(curve, all_gone, zero)
        whole = replace(
            kept,
            zero_above=change.zero_above | {Condition(WEIGHT, p) for p in twins},
            zero_below=come,
            guests_below=guests,
            leads=min(come, key=lambda f: (f.kind != SLACK, str(f.place), str(f.target))),
            further=tuple(f for f in kept.further if f.place not in all_gone),
        )
        yield whole, *others


def _come_or_go(
    curve: Curve, places: Sequence[Place], zero: Zero
) -> tuple[frozenset[Condition], tuple[Place, ...]]:
    """What vanishes on the side where some neurons are not tight: their slacks, or slopes of others beside them.

    There f rises from such a neuron to the other, whose star holds it; else it is a guest. What is active on all rows
    is one at infinity: on the cone where all rows are active f = s X^T nu.u, whatever the bias.
    """
    found, guests = set[Condition](), list[Place]()
    for place in places:
        slopes = [f for f in _beside(curve, place, zero) if f.place not in places]
        found.update(slopes)
        if place.is_affine:
            guests.append(Place(place.sign, (1,) * len(place.face)))
        elif not slopes:
            guests.append(place)
    found |= {Condition(SLACK, p) for p in guests}
    return frozenset(found), tuple(guests)


def _at_an_end(curve: Curve, failed: Condition, zero: Zero) -> Iterator[tuple[Change, ...]]:
    """The end of a family comes to another row: it goes on there, or its interval becomes a point."""
    old, row = failed.place, failed.row
    assert row is not None
    for f in _slopes(curve, old, zero):
        assert f.target is not None
        inside, other = f.target.face, _on_row(curve, f.target, row)  # what is active in the family
        if inside[row] != inside[old.face.index(0)]:
            yield from ((change,) for change in _merged(curve, failed, other))
        elif _is_between(curve.faces.neuron(old), curve.faces.neuron(other), f.form, curve):
            yield (_swapped(curve, failed, other),)


def _units(curve: Curve) -> list[tuple[Neuron, bool]]:
    """The neurons of a curve, each with whether it is one of a pair."""
    return list(zip(curve.branch.neurons, curve.branch.paired, strict=True))


def _swapped(curve: Curve, failed: Condition, new: Place) -> Change:
    """A neuron on another row, with one activation for both where it meets it."""
    old = failed.place
    units = [(curve.faces.neuron(new) if k.place == old else k, pair) for k, pair in _units(curve)]
    gone, come = _left(curve, old, new), _left(curve, new, old)
    below, leads = curve.branch.like(units), side(curve, new, old.face.index(0))
    change = Change("swap", old, failed.row, below, gone, come, names={old: new}, leads=leads)
    return _kept(curve, change)


def _merged(curve: Curve, failed: Condition, partner: Place) -> Iterator[Change]:
    """Both ends of an interval become one neuron on two rows."""
    old, row = failed.place, failed.row
    own = [k.place for k in curve.branch.neurons]
    if row is None or old not in own or partner not in own or any(p for _, p in _units(curve)):
        return
    slid = on_hyperplane(curve.faces.neuron(old), row)
    if curve.faces.neuron(slid).dimension == 0:
        return
    units = [(k, p) for k, p in _units(curve) if k.place not in (old, partner)]
    units.append((curve.faces.neuron(slid), False))
    sticks = [f for f in curve.faces.around(slid) if f.kind == MULTIPLIER and f.target in (old, partner)]
    if len(sticks) == 2:
        gone, names = _left(curve, old, partner) | _left(curve, partner, old), {old: slid, partner: slid}
        below, come = curve.branch.like(units), frozenset(sticks)
        yield _kept(curve, Change("merge", old, row, below, gone, come, names=names, leads=sticks[0]))
