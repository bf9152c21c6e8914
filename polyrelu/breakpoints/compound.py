"""Several events at one lambda, by exact algebra.

Symmetric and structured data make several functions vanish together. One of them names lambda*, and the residual nu*
there is an exact point of a number field. It solves the system of the structure above, and that of the structure below,
which was certified a little lower: with exact weights and exchanges that linear equations give. Which functions of
either structure are 0 at lambda* is then decided exactly. The rest is as for any breakpoint: the pieces on both sides
reach lambda*, and every vanishing function leaves 0 in the right direction. Neurons of both structures that are one
direction at lambda*, on different faces, have moved; the others have entered or left.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from typing import Any

from flint import arb, arb_mat

from polyrelu.breakpoints.algebra import TO_DECIDE, ExactZero, exact_zero
from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.events import Change
from polyrelu.breakpoints.forms import as_pairs, as_singles, turned
from polyrelu.breakpoints.gates import newcomers
from polyrelu.breakpoints.meeting import Side, side_by_identities, side_of
from polyrelu.breakpoints.steps import follow, short, zero_between
from polyrelu.breakpoints.zeros import Zero, carried
from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.condition import SLACK, WEIGHT, Condition
from polyrelu.curves.curve import Curve
from polyrelu.curves.implied import ImpliedThere
from polyrelu.curves.nodes import Node
from polyrelu.curves.own_weights import pairs_of
from polyrelu.exact.enclosure import ball
from polyrelu.exact.linear import rank
from polyrelu.exact.real import is_zero
from polyrelu.proof.neuron import Place

Start = tuple[Curve, Node]
Moves = tuple[list[tuple[Place, Place]], tuple[Place, ...], tuple[Place, ...]]
"""Who has moved to another face, who comes, and who goes."""


def compounds(above: Start, below: Start, near: Sequence[Place] = ()) -> Iterator[tuple[Start, Breakpoint]]:
    """Breakpoints between a curve that holds above and one that holds below, as far as exact algebra shows them.

    Neurons that seem to be `near` may be tight at the breakpoint alone.
    """
    ends = list(_forms(*turned(*below, above[0].tight)))
    for start in _forms(*turned(*above, below[0].tight)):
        known: dict[Any, ExactZero | None] = {}
        for end in ends:
            zeros = _zeros(start, end)
            zero = next(zeros, None)
            if zero is None:
                continue
            key = zero.condition, zero.branch.key
            if key not in known:
                known[key] = exact_zero(zero, TO_DECIDE)
            exact = known[key]
            if exact is None:
                by_identities = (joined_by_identities(start, end, z) for z in (zero, *zeros))
                found = next((here for here in by_identities if here is not None), None)
            else:
                found = joined(start[0], end[0], zero, exact, near)
            if found is not None:
                yield start, found


def _forms(curve: Curve, node: Node) -> Iterator[Start]:
    """The neurons as they are written, and as pairs or singles."""
    yield curve, node
    if not curve.further:
        for form in (as_singles, as_pairs):
            other = form(curve, node)
            if other is not None:
                yield other


def _zeros(start: Start, end: Start) -> Iterator[Zero]:
    """Zeros of functions of both curves, each followed past where it holds."""
    (above, high), (below, low) = start, end
    part = (high.lam - low.lam) / high.lam
    for zero in (
        _crossed(above, high, short(low.lam * (1 - part)), below.tight),
        _crossed(below, low, short(high.lam * (1 + part)), above.tight),
    ):
        if zero is not None:
            yield zero


def _crossed(curve: Curve, node: Node, goal: Any, others: Iterable[Place]) -> Zero | None:
    """The zero nearest to a node of what is negative at a goal."""
    point = follow(curve, node, goal)
    if point is None:
        return None
    there = curve.node(point, goal)
    guests = [p for p in others if p not in curve.tight and p not in curve.idle]
    failed = [*curve.table().negative(point, arb(goal)), *(Condition(SLACK, p) for p in guests)]
    zeros = [z for z in (zero_between(curve, f, there, node) for f in failed) if z is not None]
    return min(zeros, key=lambda z: abs(z.lam.mid() - arb(node.lam)), default=None)


def joined(
    above: Curve, below: Curve, zero: Zero, exact: ExactZero, near: Sequence[Place] = ()
) -> Breakpoint | None:
    """The breakpoint at an exact point, if both structures have their root there."""
    pairs, come, gone = _moves(above, below, exact)
    touching = _touching((above, below), exact, near)
    high = side_of(
        above,
        exact,
        [p for p in (*come, *touching) if p not in above.idle],
        1,
        _thin(above, {*below.tight, *(old for old, _ in pairs)}),
    )
    low = side_of(
        below,
        exact,
        [p for p in (*gone, *touching) if p not in below.idle],
        -1,
        _thin(below, {*above.tight, *(new for _, new in pairs)}),
    )
    return _between(above, below, zero, (high, low), (pairs, come, gone))


def joined_by_identities(start: Start, end: Start, zero: Zero) -> Breakpoint | None:
    """The same where the breakpoint has no exact form: neurons move and come, and identities say what else vanishes.

    The root of one curve, with the neurons renamed that have moved and newcomers without weight, is then that of the
    other: activations of a neuron on two faces agree where its direction does. Seen from below, who leaves has come.
    """
    way = 1 if zero.branch is start[0].branch else -1
    (one, _), end = (start, end) if way == 1 else (end, start)
    if zero.branch is not one.branch or one.branch.program.gated or one.branch.E.ncols() > one.branch.r:
        return None  # beside free columns this is not looked at
    f, at, neuron = zero.condition, (zero.x, zero.lam), one.faces.neuron
    form, newcomer = () if f.kind == WEIGHT else f.form, neuron(f.place) if f.kind == SLACK else None
    there = ImpliedThere(one.branch, at, form, newcomer)
    found = _moves_by_identities(one, end[0], there)
    if found is None:
        return None
    pairs, new = found
    names = dict(pairs)
    other = turned(*end, [names.get(p, p) for p in pairs_of(one)])[0] if way == 1 else end[0]
    x = carried(one.branch, at, other.branch, names, {})
    if x is None or not _solves_as_before((one, other), names, new, (x, zero.lam)):
        return None
    mine = side_by_identities(one, (*at, way), there, new, new)
    its = side_by_identities(other, (x, zero.lam, -way), there, new)
    if way == 1:
        return _between(one, other, zero, (mine, its), (pairs, new, ()))
    return _between(other, one, zero, (its, mine), ([(b, a) for a, b in pairs], (), new))


def _moves_by_identities(
    one: Curve, other: Curve, there: ImpliedThere
) -> tuple[list[tuple[Place, Place]], tuple[Place, ...]] | None:
    """Who moves to another face, one to one, and who comes; None where somebody goes, or comes and is not tight."""
    neuron = one.faces.neuron
    come = [p for p in other.tight if p not in one.tight]
    gone = [p for p in one.tight if p not in other.tight]
    pairs = [
        (old, new)
        for old in gone
        for new in come
        if old.sign == new.sign and there.same(neuron(old), neuron(new))
    ]
    moved = {p for pair in pairs for p in pair}
    new = tuple(p for p in come if p not in moved)
    one_to_one = len(moved) == 2 * len(pairs) and all(p in moved for p in gone)
    return (pairs, new) if one_to_one and all(there.is_tight(neuron(p)) for p in new) else None


def _solves_as_before(
    curves: tuple[Curve, Curve],
    names: dict[Place, Place],
    new: Sequence[Place],
    at: tuple[Balls, arb],
) -> bool:
    """Whether the same neurons have weights, with the same pairs and exchanges, as far as names and balls tell."""
    one, other = ({p for k in curve.branch.neurons for p in curve.branch.orbit(k.place)} for curve in curves)
    one = {names.get(p, p) for p in one}
    if not one <= other or not other - one <= set(new):
        return False
    if {names.get(p, p) for p in pairs_of(curves[0])} != pairs_of(curves[1]):
        return False
    B = [curve.branch.B.transpose().tolist() for curve in curves]
    same_span = len(B[0]) == len(B[1]) == (rank([*B[0], *B[1]]) if B[0] else 0)
    return same_span and all(bool(v.contains(0)) for v in curves[1].branch.equations(*at))


def _between(
    above: Curve, below: Curve, zero: Zero, sides: tuple[Side | None, Side | None], moves: Moves
) -> Breakpoint | None:
    """The breakpoint with both sides, and what happens there."""
    (high, low), (pairs, come, gone) = sides, moves
    changes = [
        *(_moved(old, new, below.branch) for old, new in pairs),
        *(Change("enter", p, None, below.branch) for p in come),
        *(Change("leave", p, None, below.branch) for p in gone),
    ]
    if high is None or low is None or not changes:
        return None
    changes[0] = replace(
        changes[0],
        zero_above=high.zero,
        zero_below=low.zero,
        guests_above=high.guests,
        guests_below=low.guests,
    )
    flat = (high.flat, low.flat)
    return Breakpoint(above, below, tuple(changes), zero, high.x, low.x, flat, high.silent, True)


def _moves(above: Curve, below: Curve, exact: ExactZero) -> Moves:
    """Who has moved to another face, who comes, and who goes; two may become one, and one two."""
    come = [p for p in below.tight if p not in above.tight]
    gone = [p for p in above.tight if p not in below.tight]
    at = {p: curve.faces.neuron(p).z(exact.nu) for curve in (above, below) for p in curve.tight}
    pairs = [
        (old, new)
        for old in above.tight
        for new in below.tight
        if (old in gone or new in come) and old.sign == new.sign and _same(at[old], at[new])
    ]
    if above.branch.program.gated:
        pairs = []  # gates of one direction are different neurons
    there = {p for pair in pairs for p in pair}
    return pairs, tuple(p for p in come if p not in there), tuple(p for p in gone if p not in there)


def _thin(curve: Curve, other: Set[Place]) -> list[Place]:
    """Further members of units that are not on the other side of the breakpoint."""
    return [e.place for e in curve.branch.exchanges if e.place not in other]


def _touching(curves: tuple[Curve, Curve], exact: ExactZero, near: Sequence[Place]) -> list[Place]:
    """Neurons that are tight at the breakpoint and on neither side of it."""
    faces = curves[0].faces
    if faces.program.gated:
        nu = arb_mat([[ball(v, BITS)] for v in exact.nu])
        tight = {p for curve in curves for p in curve.tight}
        return [p for p in newcomers(curves[0], nu, ball(exact.lam, BITS)) if p not in tight]
    held = [(p.sign, faces.neuron(p).z(exact.nu)) for curve in curves for p in curve.tight]
    found = list[Place]()
    idle = [p for curve in curves for p in curve.idle]
    for place in dict.fromkeys((*idle, *(image for p in near for image in curves[0].branch.orbit(p)))):
        z = faces.neuron(place).z(exact.nu)
        if is_zero(faces.neuron(place).square(exact.nu) - exact.lam * exact.lam) and not any(
            s == place.sign and _same(z, v) for s, v in held
        ):
            found.append(place)
            held.append((place.sign, z))
    return found


def _same(u: Sequence[Any], v: Sequence[Any]) -> bool:
    return all(is_zero(a - b) for a, b in zip(u, v, strict=True))


def _moved(old: Place, new: Place, below: Branch) -> Change:
    row = next(j for j, (a, b) in enumerate(zip(old.face, new.face, strict=True)) if a != b)
    kind = "hit" if new.face[row] == 0 else "unstick" if old.face[row] == 0 else "cross"
    return Change(kind, old, row, below, names={old: new})
