"""The linear phase ends: the fibre shrinks to a point, and several pairs lose a member at once.

At lambda* all optimal networks are one: B c = sum b'_k z_k lies on the boundary of the zonotope sum [0, mu_k] z_k, on a
facet whose pairs (r - 1 of them, if nothing is special) keep both members, while each other pair is left with u_k or
with -u_k. Floats say which. Seen from below, on the curve without those members, this is a phase that begins (`phase`):
there the slack of one of them vanishes, w = 0 follows, and all are tight. That root, its weights shared by the pairs of
the facet alone, is the root of the curve above.

A pair whose z_k is independent of all others (one that no exchange concerns) is written as two singles before, as in
`forms`: a member of it leaves by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from flint import arb
from numpy.typing import NDArray

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.events import Change
from polyrelu.breakpoints.forms import turned
from polyrelu.breakpoints.gates import after_the_end, gated_changes
from polyrelu.breakpoints.phase import phase_begins
from polyrelu.breakpoints.zeros import Zero, carried, rate, zero_of
from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import SLACK, Condition, antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.nodes import Node
from polyrelu.curves.shares import fibre_at, units_of
from polyrelu.guess import dimension, interior_point, nearest_facet, of_length_one
from polyrelu.proof.neuron import Neuron, Place

Units = list[tuple[Neuron, bool]]
REVERSE = {"phase_begin": "phase_end", "fit_begin": "fit_end", "enter": "leave"}


def phase_ends(curve: Curve, node: Node, below: Node) -> tuple[tuple[Curve, Node], Breakpoint] | None:
    """The end of the phase below a node, with the curve above in the form that it needs; None if it is not that.

    It is looked for near a second node, where shares become few, or none are left.
    """
    if curve.branch.symmetry is not None or curve.further:
        return None
    facet = after_the_end if curve.branch.program.gated else _left
    left = facet(curve, below)
    if left is None:
        return None
    branch, gone, split = left
    after = Curve(branch, curve.faces, idle=curve.idle)
    start = carried(curve.branch, (below.point, arb(below.lam)), branch, {}, split)
    zero = None if start is None else zero_of(branch, Condition(SLACK, gone[0]), start, arb(below.lam))
    if zero is None or not zero.lam < arb(node.lam):
        return None
    if not all(weight > 0 for weight in branch.parts(zero.x)[1]):
        return None  # beside the facet, in the same hyperplane
    here = turned(curve, node, after.tight)
    found = _ending(here[0], after, zero)
    return None if found is None else (here, found)


def _ending(curve: Curve, after: Curve, zero: Zero) -> Breakpoint | None:
    """The breakpoint where a slack of the curve below vanishes, if that begins the phase of the curve above."""
    falling = rate(after.branch, zero.condition, zero.x, zero.lam)
    begun = next(_begins(after, zero), None)
    if begun is None or falling is None or not falling < 0:
        return None
    first = begun[0]
    if set(Curve(first.below, curve.faces).tight) != set(curve.tight):
        return None
    if curve.branch.program.gated and first.below.key != curve.branch.key:
        return None
    x = carried(after.branch, (zero.x, zero.lam), curve.branch, {}, {})
    if x is None or interior_point(*fibre_at(curve.branch, x), units_of(curve.branch)) is not None:
        return None  # a wall inside the fibre
    ended = [Change(REVERSE[c.kind], c.place, c.row, after.branch) for c in begun]
    whole = replace(
        ended[0],
        zero_above=first.zero_below,
        zero_below=first.zero_above,
        guests_below=first.guests_above,
    )
    return Breakpoint(curve, after, (whole, *ended[1:]), zero, x, zero.x)


def _begins(after: Curve, zero: Zero) -> Iterator[tuple[Change, ...]]:
    """The exchanges that begin on a curve where a slack vanishes."""
    if after.branch.program.gated:
        yield from (found for found in gated_changes(after, zero) if found[0].below.r > after.branch.r)
    else:
        yield from ((change,) for change in phase_begins(after, zero))


def _left(curve: Curve, below: Node) -> tuple[Branch, list[Place], dict[Place, arb]] | None:
    """What is left of an empty fibre: the branch, who goes, and the weights of pairs that are singles now."""
    branch = curve.branch
    pairs = [k for k, pair in enumerate(branch.paired) if pair]
    if not branch.r:
        return None
    columns, target = fibre_at(branch, below.point)
    found = nearest_facet(columns, target)
    if found is None:
        return None
    share, empty, full, _ = found
    facet = [i for i in range(len(pairs)) if i not in empty and i not in full]
    exchanging = _exchanging(branch, [pairs[i] for i in facet], columns[:, facet])
    units: Units = []
    split, gone = dict[Place, arb](), list[Place]()
    _, weights, _ = branch.parts(below.point)
    for k, (neuron, weight) in enumerate(zip(branch.neurons, weights, strict=True)):
        if k not in pairs or k in exchanging:
            units.append((neuron, k in pairs))
            continue
        i, other = pairs.index(k), curve.faces.neuron(antipode(neuron.place))
        part = 0.0 if i in empty else 1.0 if i in full else float(share[i])
        for member, its in ((neuron, 1 - part), (other, part)):
            if its > 0:
                units.append((member, False))
                split[member.place] = weight * arb(its)
            else:
                gone.append(member.place)
    return (branch.like(units), gone, split) if gone else None


def _exchanging(branch: Branch, pairs: Sequence[int], columns: NDArray[np.float64]) -> set[int]:
    """Pairs of a facet that go on exchanging weight: more of them than dimensions, with faces inside their span."""
    columns = of_length_one(columns)
    rank = dimension(list(columns.T))
    if len(pairs) == rank:
        return set()
    onto = np.array([[float(v) for v in row] for row in branch.onto.tolist()])
    found = set[int]()
    for k in pairs:
        face = onto @ np.array([[float(v) for v in row] for row in branch.neurons[k].L.tolist()])
        if dimension([*columns.T, *face.T]) == rank:
            found.add(k)
    return found
