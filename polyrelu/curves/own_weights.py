"""The weight of each neuron by itself, from the unknowns of a curve.

There a neuron may stand for all its images under the symmetries of the table, which have one weight each, and give some
of its weight to neurons that depend on it. Where the network is not unique these are weights of one optimal network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flint import arb

from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import mixes
from polyrelu.exact.linear import dot
from polyrelu.proof.neuron import Place

NOTHING = 1e-12
"""A part of the largest weight that is shown as none: for the order alone."""


def own_weights(curve: Curve, x: Sequence[arb]) -> dict[Place, arb]:
    """||w|| of every tight neuron; of a pair, which may exchange weight, the sum of both under its first place."""
    branch = curve.branch
    _, b, _ = branch.parts(x)
    whole = {k.place: w for k, w in zip(branch.neurons, b, strict=True)}
    if curve.further:
        whole = {place: arb(0) + dot(form, b) for place, form in mixes(branch, curve.further).items()}
    own = dict[Place, arb]()
    for place, weight in whole.items():
        images = branch.orbit(place)
        own |= dict.fromkeys(images, weight / len(images))
    return own


def pairs_of(curve: Curve) -> set[Place]:
    """The first places of the pairs, with their images."""
    branch = curve.branch
    firsts = [k.place for k, pair in zip(branch.neurons, branch.paired, strict=True) if pair]
    firsts += [f.place for f in curve.further if f.pair]
    return {p for place in firsts for p in branch.orbit(place)}


def of_both(curve: Curve, x: Sequence[arb]) -> dict[Place, arb]:
    """The same with both members of each pair, each with the sum."""
    own = own_weights(curve, x)
    return own | {antipode(place): own[place] for place in pairs_of(curve)}


def heaviest_first(weights: Mapping[Place, arb]) -> list[Place]:
    """The order in which `certify` counts the neurons of one network; equal weights by their faces."""
    sizes = {place: float((arb(0) + w).mid()) for place, w in weights.items()}
    least = NOTHING * max(map(abs, sizes.values()), default=0)
    rounded = {place: float(f"{w:.8e}") if abs(w) > least else 0.0 for place, w in sizes.items()}
    return sorted(rounded, key=lambda p: (-rounded[p], -p.sign, p.face))
