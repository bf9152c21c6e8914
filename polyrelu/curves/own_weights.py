"""The weight of each neuron by itself, from the unknowns of a curve.

There a neuron may stand for all its images under the symmetries of the table, which have one weight each, and give some
of its weight to neurons that depend on it. Where the network is not unique these are weights of one optimal network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flint import arb

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


def own_weights(curve: Curve, x: Sequence[arb]) -> dict[Place, arb]:
    """||w|| of every tight neuron; of a unit that can exchange weight the sum, under its first place."""
    branch = curve.branch
    if is_determined(curve):
        return _of_members(branch, x)
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
    branch = curve.branch
    return isinstance(branch, Gates) and 0 < len(branch.exchanges) == branch.r


def _of_members(branch: Branch, x: Sequence[arb]) -> dict[Place, arb]:
    """The weights of members of units, where they are determined: first members keep what the others do not take."""
    _, b, _ = branch.parts(x)
    found = Shares({}, tuple(range(branch.r))).solved(branch, x)
    if found is None:
        raise Undecided("the weights of gates with one direction were not told apart")
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


def of_both(curve: Curve, x: Sequence[arb]) -> dict[Place, arb]:
    """The same with all members of each unit, each with the sum."""
    own, branch = own_weights(curve, x), curve.branch
    if isinstance(branch, Gates):
        return {e.place: own[branch.neurons[e.unit].place] for e in branch.exchanges} | own
    return own | {antipode(place): own[place] for place in pairs_of(curve)}


def heaviest_first(weights: Mapping[Place, arb]) -> list[Place]:
    """The order in which `certify` counts the neurons of one network; equal weights by their faces."""
    sizes = {place: float((arb(0) + w).mid()) for place, w in weights.items()}
    least = NOTHING * max(map(abs, sizes.values()), default=0)
    rounded = {place: float(f"{w:.8e}") if abs(w) > least else 0.0 for place, w in sizes.items()}
    return sorted(rounded, key=lambda p: (-rounded[p], -p.sign, p.face))
