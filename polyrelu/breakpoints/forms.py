"""Two ways to write down the same neurons when antipodal pairs are used: as pairs, or one by one.

As pairs (with B^T X^T nu = 0 and the exchange c) the system is regular whenever delta = 0, and u and -u move as one.
One by one it is regular only if q = r; then each weight is an unknown of its own, and one member may leave or turn.
Both describe the same tight neurons, so that a path may go on in the other form at any node: each piece is a proof by
itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, arb_mat

from polyrelu.breakpoints.zeros import carried
from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import with_parts
from polyrelu.curves.gates import Gates
from polyrelu.curves.nodes import Node
from polyrelu.curves.own_weights import is_determined, own_weights
from polyrelu.curves.shares import determined, proposed
from polyrelu.proof.neuron import Place

NEAR = arb(2) ** -60


def opposite_places(places: list[Place]) -> list[tuple[Place, Place]]:
    """Pairs of places of equal sign on opposite faces, each once."""
    known, found = set(places), list[tuple[Place, Place]]()
    for place in places:
        if antipode(place) in known and (antipode(place), place) not in found:
            found.append((place, antipode(place)))
    return found


def exact_pairs(curve: Curve, node: Node) -> list[tuple[Place, Place]]:
    """Opposite places whose directions seem to be exactly opposite at a node: P X^T nu = 0."""
    if curve.branch.program.gated:
        return []
    singles = [k.place for k, pair in zip(curve.branch.neurons, curve.branch.paired, strict=True) if not pair]
    nu = curve.branch.residual_at(node.point, arb(node.lam))
    found = []
    for u, v in opposite_places(singles):
        total = arb_mat(curve.faces.neuron(u).A + curve.faces.neuron(v).A) * nu
        if all(abs(t) < NEAR * arb(node.lam) for t in total.entries()):
            found.append((u, v))
    return found


def as_pairs(curve: Curve, node: Node) -> tuple[Curve, Node] | None:
    """The same with all exact pairs as pairs, if there are at least as many as dimensions of what they span."""
    pairs = exact_pairs(curve, node) if curve.branch.symmetry is None else []
    if not pairs:
        return None
    seconds = {v for _, v in pairs}
    firsts = {u for u, _ in pairs}
    units = [
        (k, pair or k.place in firsts)
        for k, pair in zip(curve.branch.neurons, curve.branch.paired, strict=True)
        if k.place not in seconds
    ]
    branch = curve.branch.like(units)
    return _reached(curve, node, branch, {}) if sum(branch.paired) >= branch.r else None


def turned(curve: Curve, node: Node, known: Sequence[Place]) -> tuple[Curve, Node]:
    """The same with each unit written by a member that is known, if one of them is."""
    if isinstance(curve.branch, Gates):
        return _reached(curve, node, curve.branch.led_by(known), {}) or (curve, node)
    paired = list(zip(curve.branch.neurons, curve.branch.paired, strict=True))
    turn = {k.place for k, pair in paired if pair and k.place not in known and antipode(k.place) in known}
    if not turn:
        return curve, node
    units = [(curve.faces.neuron(antipode(k.place)) if k.place in turn else k, pair) for k, pair in paired]
    return _reached(curve, node, curve.branch.like(units), {}) or (curve, node)


def as_singles(curve: Curve, node: Node) -> tuple[Curve, Node] | None:
    """The same with pairs whose shares are determined written as two neurons: all of them where q = r.

    Such a pair moves in a direction that is independent of what all others exchange.
    """
    branch = curve.branch
    alone = set() if branch.program.gated else determined(branch, node.point)
    shares = proposed(branch, node.point) if alone else None
    if shares is None:
        return None
    solved = shares.solved(branch, node.point)
    if solved is None:
        return None
    _, b, _ = branch.parts(node.point)
    units, split = [], dict[Place, arb]()
    given = {branch.exchanges[i].unit: b for i, b in zip(shares.basis, solved, strict=True)}
    for k, (neuron, pair) in enumerate(zip(branch.neurons, branch.paired, strict=True)):
        units.append((neuron, pair and k not in alone))
        if k in alone:
            other = curve.faces.neuron(antipode(neuron.place))
            units.append((other, False))
            split |= {neuron.place: b[k] - given[k], other.place: given[k]}
    return _reached(curve, node, branch.like(units), split)


def shared_anew(curve: Curve, node: Node) -> tuple[Curve, Node] | None:
    """The same with other parts for the neurons that depend on others: what was fair above may be none below."""
    if not curve.further or curve.branch.r:
        return None
    nu = curve.branch.residual_at(node.point, arb(node.lam)).entries()
    parts = with_parts(curve.branch, nu, {f.place: f.over for f in curve.further})
    if parts is None or parts == curve.further:
        return None
    there = Curve(curve.branch, curve.faces, parts, idle=curve.idle)
    return there, there.node(node.point, node.lam)


def one_by_one(curve: Curve, node: Node) -> tuple[Curve, Node] | None:
    """The same with every neuron by itself and its part of the weight: those of an orbit, gates of one direction."""
    branch, lam = curve.branch, arb(node.lam)
    if branch.symmetry is None and not (isinstance(branch, Gates) and branch.exchanges):
        return curve, node
    if (any(branch.paired) and not is_determined(curve)) or curve.further:
        return None
    weights = own_weights(curve, node.point)
    neurons = [curve.faces.neuron(place) for place in weights]
    own = Branch(branch.program, tuple(neurons), (False,) * len(neurons))
    eta = branch.residual_at(node.point, lam) * (1 / lam)
    g = own.data.gram.solve(own.data.W.transpose() * eta).entries() if own.size else []
    point = own.newton([*g, *weights.values()], node.lam)
    if point is None:
        return None
    alone = Curve(own, curve.faces, idle=curve.idle)
    return alone, alone.node(point, node.lam)


def _reached(curve: Curve, node: Node, branch: Branch, split: dict[Place, arb]) -> tuple[Curve, Node] | None:
    """The other branch at the same lambda, if Newton's iteration finds the same residual there."""
    x = carried(curve.branch, (node.point, arb(node.lam)), branch, {}, split)
    point = None if x is None else branch.newton(x, node.lam)
    if point is None:
        return None
    before = curve.branch.residual_at(node.point, arb(node.lam))
    after = branch.residual_at(point, arb(node.lam))
    apart = [abs(u - v) for u, v in zip(before.entries(), after.entries(), strict=True)]
    if not all(v < NEAR * (1 + abs(u)) for u, v in zip(before.entries(), apart, strict=True)):
        return None
    there = Curve(branch, curve.faces, idle=curve.idle)
    return there, there.node(point, node.lam)
