"""The weight of each neuron by itself, from the unknowns of a curve.

There a neuron may stand for all its images under the symmetries of the table, which have one weight each, and give some
of its weight to neurons that depend on it. Where the network is not unique these are weights of one optimal network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from flint import arb, arb_mat

from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import mixes
from polyrelu.curves.gates import Gates
from polyrelu.curves.shares import Shares
from polyrelu.errors import Undecided
from polyrelu.exact.linear import dot
from polyrelu.proof.neuron import Place

NOTHING = 1e-12
"""A part of the largest weight that is shown as none: for the order alone."""
NEAR = 1e-7
"""Up to this directions, of length 1, count as opposite: for the order alone."""


def own_weights(curve: Curve, x: Sequence[arb]) -> dict[Place, arb]:
    """||w|| of every tight neuron; of a unit that can exchange weight the sum, under its first place."""
    branch = curve.branch
    if is_determined(curve):
        each = _of_members(branch, x)
        if each is None:
            raise Undecided("the weights of gates with one direction were not told apart")
        return each
    _, b, _ = branch.parts(x)
    whole = {k.place: w for k, w in zip(branch.neurons, b, strict=True)}
    if curve.further:
        whole = {place: arb(0) + dot(form, b) for place, form in mixes(branch, curve.further).items()}
    own = dict[Place, arb]()
    for place, weight in whole.items():
        images = branch.orbit(place)
        own |= dict.fromkeys(images, weight / len(images))
    return own


def is_determined(curve: Curve) -> bool:
    """Whether gates of one direction have one weight each, though they are written as a unit."""
    return isinstance(curve.branch, Gates) and _leaves_no_choice(curve.branch)


def _leaves_no_choice(branch: Branch) -> bool:
    """Whether further members are as many as the directions that are exchanged."""
    return 0 < len(branch.exchanges) == branch.r


def _of_members(branch: Branch, x: Sequence[arb]) -> dict[Place, arb] | None:
    """The weights of members of units, where they are determined: first members keep what the others do not take."""
    _, b, _ = branch.parts(x)
    found = Shares({}, tuple(range(branch.r))).solved(branch, x)
    if found is None:
        return None
    own = {k.place: w for k, w in zip(branch.neurons, b, strict=True)}
    for e, weight in zip(branch.exchanges, found, strict=True):
        own[branch.neurons[e.unit].place] -= weight
        own[e.place] = weight
    return own


def pairs_of(curve: Curve) -> set[Place]:
    """The first places of the units that exchange weight, with their images."""
    if is_determined(curve):
        return set()
    branch = curve.branch
    firsts = [k.place for k, pair in zip(branch.neurons, branch.paired, strict=True) if pair]
    firsts += [f.place for f in curve.further if f.pair]
    return {p for place in firsts for p in branch.orbit(place)}


def told_apart(curve: Curve, x: Sequence[arb]) -> tuple[dict[Place, arb], set[Place]]:
    """The same with the members of pairs one by one, where as many pairs as exchanged directions leave no choice.

    With them the places whose weight is still the sum over a pair.
    """
    branch = curve.branch
    if _leaves_no_choice(branch) and branch.symmetry is None and not curve.further:
        each = _of_members(branch, x)
        if each is not None:
            return each, set()
    return own_weights(curve, x), pairs_of(curve)


def of_both(curve: Curve, x: Sequence[arb]) -> dict[Place, arb]:
    """The same with all members of each unit that is not told apart, each with the sum."""
    own, pairs = told_apart(curve, x)
    if isinstance(curve.branch, Gates):
        return {e.place: own[curve.branch.neurons[e.unit].place] for e in curve.branch.exchanges} | own
    return own | {antipode(place): own[place] for place in pairs}


def opposite(curve: Curve, x: Sequence[arb]) -> set[Place]:
    """Neurons that seem to have an antipode of their sign, however they are written: for the order alone."""
    if curve.branch.program.gated:
        return set()
    tight, seen, neuron = set(curve.tight), curve.branch.seen_at(x), curve.faces.neuron
    sums = {p: arb_mat(neuron(p).A + neuron(antipode(p)).A) * seen for p in tight if antipode(p) in tight}
    return {p for p, v in sums.items() if all(abs(float(u.mid())) < NEAR for u in v.entries())}


def heaviest_first(weights: Mapping[Place, arb], phase: Set[Place] = frozenset()) -> list[Place]:
    """The order in which `certify` counts the neurons of one network; equal weights by their faces.

    In a linear phase the antipode of a neuron, if it has a weight of its own, comes right behind it.
    """
    sizes = {place: float((arb(0) + w).mid()) for place, w in weights.items()}
    least = NOTHING * max(map(abs, sizes.values()), default=0)
    rounded = {place: float(f"{w:.8e}") if abs(w) > least else 0.0 for place, w in sizes.items()}
    order = dict[Place, None]()
    for place in sorted(rounded, key=lambda p: (-rounded[p], -p.sign, p.face)):
        both = (place, antipode(place))
        order |= dict.fromkeys(both if place in phase and both[1] in weights else both[:1])
    return list(order)
