"""The linear phase begins: several neurons get their antipodes at once, where X^T nu becomes 0 on what they span.

Let u_k and -u_k both be tight: |A_k nu| = |A_-k nu|, and A_k nu + A_-k nu = P_k X^T nu. So v_k = A_k nu - A_-k nu,
which lies in L_k, has v_k.X^T nu = 0. Let U be the span of all L_k concerned and w the projection of X^T nu onto it. If
the v_k of the pairs whose two members are tight at lambda* span U, then w = 0, exactly; and then the antipode of every
neuron with L_k in U is tight: all of them enter together. (With one newcomer nothing is special: it enters.)

Below, as many pairs as there are newcomers share a thin part m, the same for each; m = 0 at lambda*.

The same may come with a *hit*: a neuron h falls onto a face opposite to a tight neuron, and a further v is complete.
Let a.nu be the side of h that vanishes, so that |A_h nu|^2 = |A_slid nu|^2 + (a.nu)^2: above, v_k.w = 0 for the other
pairs, and -(a.nu)^2 for that of h. Hence w and its derivative are 0 at lambda*, and the slacks of all newcomers vanish
there to second order. Their shares need not: right above the network is unique, right below it may have any share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from flint import arb, arb_mat

from polyrelu.breakpoints.events import Change
from polyrelu.breakpoints.zeros import Zero
from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import SHARE, SLACK, Condition, antipode
from polyrelu.curves.curve import Curve
from polyrelu.exact.minors import nonzero_minor
from polyrelu.proof.neuron import Place


def phase_begins(curve: Curve, zero: Zero) -> Iterator[Change]:
    """The event that several antipodes enter at once, if it is proved to be that."""
    failed, tight = zero.condition, set(curve.tight)
    if failed.kind != SLACK or antipode(failed.place) not in tight or curve.branch.symmetry is not None:
        return
    new = _newcomers(curve, zero, curve.tight)
    if len(new) < 2 or failed.place not in new:
        return
    olds = [antipode(p) for p in new]
    below, firsts = _with_pairs(curve, curve.tight, olds)
    if not _spanned(curve, zero, below, [*firsts, antipode(failed.place)]):
        return
    yield Change(
        "phase_begin",
        antipode(failed.place),
        None,
        below,
        frozenset(Condition(SLACK, p) for p in new),
        frozenset(Condition(SHARE, p) for p in new),
        guests_above=tuple(new),
    )


def phase_begins_with(hit: Change, curve: Curve, zero: Zero) -> tuple[Change, Change] | None:
    """A hit with which antipodes enter, if it is proved to be that: their slacks above vanish to second order."""
    if hit.kind != "hit" or curve.branch.symmetry is not None or curve.further:
        return None
    tight = [hit.names.get(p, p) for p in curve.tight]
    new = _newcomers(curve, zero, tight)
    if not new:
        return None
    olds = [antipode(p) for p in new]
    below, firsts = _with_pairs(curve, tight, olds)
    if not _spanned(curve, zero, below, firsts):
        return None
    slacks = frozenset(Condition(SLACK, p) for p in new)
    whole = replace(hit, below=below, zero_above=hit.zero_above | slacks, guests_above=tuple(new))
    return whole, Change("phase_begin", olds[0], None, below)


def _with_pairs(curve: Curve, tight: Sequence[Place], olds: Sequence[Place]) -> tuple[Branch, list[Place]]:
    """The branch in which opposite neurons, and some others with antipodes, are pairs; one of each opposite two."""
    both = [p for p in tight if antipode(p) in tight]
    firsts = [p for i, p in enumerate(both) if antipode(p) not in both[:i]]
    paired, seconds = {*olds, *firsts}, {antipode(p) for p in firsts}
    return curve.branch.like((curve.faces.neuron(p), p in paired) for p in tight if p not in seconds), firsts


def _newcomers(curve: Curve, zero: Zero, tight: Sequence[Place]) -> list[Place]:
    """Antipodes that are not tight above, but are at lambda*, as far as balls tell."""
    waiting = [antipode(p) for p in tight if antipode(p) not in tight]
    table = curve.table(waiting)
    values = table.values(zero.x, zero.lam)
    slacks = {f.place: v for f, v in zip(table.conditions, values, strict=True) if f.kind == SLACK}
    return [p for p in waiting if slacks[p].contains(0)]


def _spanned(curve: Curve, zero: Zero, below: Branch, pairs: list[Place]) -> bool:
    """Whether the v_k of these pairs span U: then w = 0 at lambda*."""
    nu = curve.branch.residual_at(zero.x, zero.lam)
    T = arb_mat(below.onto)
    columns: list[list[arb]] = []
    for place in pairs:
        u, v = curve.faces.neuron(place), curve.faces.neuron(antipode(place))
        columns.append((T * (arb_mat(u.A - v.A) * nu)).entries())
    return bool(columns) and len(nonzero_minor(arb_mat(columns))[0]) == below.r
