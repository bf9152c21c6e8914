"""Points of the optimal set as networks, and networks as points of it.

A point gives every neuron (u_k, s_k) of S a weight |w_k| >= 0. Its network has the units theta = u_k, phi = s_k |w_k|:
exact wherever an exact field of the optimum is known, since lambda u = s A nu lies in the field of nu (the balanced
form, with its roots of roots, leaves it: `Network.balanced` gives enclosures of that).

>>> from polyrelu.certification import certify
>>> optimum = certify([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1).proved()
>>> network = network_at(optimum, [0, 0, 4, 4])
>>> network.evaluate([[1, 0], [0, 1]])
[12/5, 16/5]
>>> weights_of(network, optimum)
[0, 0, 4, 4]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from flint import fmpq

from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import dot
from polyrelu.networks.coordinates import BITS, compatible, is_exact, read, sign_of
from polyrelu.networks.network import Network
from polyrelu.optimal_set.families import joined
from polyrelu.proof.optimum import Optimum


def network_at(
    optimum: Optimum,
    weights: Sequence[Any],
    *,
    carriers: Sequence[int] | None = None,
    gates: Any = None,
    bits: int = BITS,
    join: bool = True,
) -> Network:
    """The network with weight |w_k| on neuron k of S (the order of `optimum.used`); weights of 0 give no unit.

    With `carriers` there may be several weights for one neuron: weight b is on neuron carriers[b]. A gated program
    knows the patterns of its gates alone: for it, `gates` gives a vector for each pattern.
    """
    places = [neuron.place for neuron in optimum.used]
    on = range(len(places)) if carriers is None else carriers
    if len(weights) != len(on):
        raise BadInput(
            f"{len(weights)} weights for {len(on)} neurons; give one for each, 0 where it is not used"
        )
    if optimum.program.gated and gates is None:
        raise BadInput(
            "a gated network needs its gate vectors: give gates, one for each pattern of the program"
        )
    norms = [read(w) for w in weights]
    directions = _directions(optimum, exact=is_exact(norms), bits=bits)
    kept = [b for b, w in enumerate(norms) if not (is_exact([w]) and sign_of(w, "a weight") == 0)]
    with precision(bits):
        pairs = [compatible(directions[on[b]], [norms[b] * places[on[b]].sign]) for b in kept]
    if optimum.program.offset and carriers is None and join:
        pairs = _joined(optimum, kept, pairs, bits)
    network = Network.of(
        [u for u, _ in pairs],
        [phi for _, (phi,) in pairs],
        gates=[gates[places[on[b]].gate] for b in kept] if optimum.program.gated else None,
        d=optimum.program.d,
    )
    if optimum.program.columns is None:
        return network
    totals = [fmpq(0)] * len(places)
    for b, k in enumerate(on):
        totals[k] = totals[k] + norms[b]
    c = _coefficients(optimum, totals, exact=is_exact(norms), bits=bits)
    free, offset = optimum.program.free, optimum.program.offset
    return replace(network, coefficients=tuple(c), free_at=free.at, offset=offset)


def _joined(optimum: Optimum, kept: Sequence[int], pairs: Sequence[Any], bits: int) -> list[Any]:
    """With a free hidden bias: neighbours in a family as one neuron at their mean bias, theta = sum |w| (u, b)."""
    number, found = {k: i for i, k in enumerate(kept)}, []
    with precision(bits):
        for group in joined(optimum, kept):
            parts = [pairs[number[k]] for k in group]
            if len(parts) == 1:
                found.append(parts[0])
                continue
            s = optimum.used[group[0]].place.sign
            theta = [
                sum((u[i] * (phi * s) for u, (phi,) in parts), start=fmpq(0))
                for i in range(optimum.program.d)
            ]
            found.append([theta, [fmpq(s)]])
    return found


def _coefficients(optimum: Optimum, weights: Sequence[Any], *, exact: bool, bits: int) -> list[Any]:
    """Those of the free functions, and of a ridge output bias, that go with the weights |w_k|."""
    known, free, program = optimum.point.exact if exact else None, optimum.program.free, optimum.program
    with precision(bits):
        at = known.at if known is not None else optimum.point.balls(bits)
        e = free.ridge_bias(at.nu, program.lamq)
        rest = [y - v - e for y, v in zip(program.yq, at.nu, strict=True)]
        for neuron, w in zip(optimum.used, weights, strict=True):
            if not (is_exact([w]) and sign_of(w, "a weight") == 0):
                column = neuron.activation(at.nu)
                rest = [v - a * w / program.lamq for v, a in zip(rest, column, strict=True)]
        return [*free.coefficients(rest), *([e] if free.ridge else [])]


def weights_of(network: Network, optimum: Optimum) -> list[Any] | None:
    """The weights |w_k| of an exact network, None if one of its units is not along a neuron of S: the way back.

    Whether the weights are those of an optimal network is then a question to the optimal set.
    """
    directions = _directions(optimum, exact=True, bits=BITS)
    weights: list[Any] = [fmpq(0)] * len(directions)
    for unit in network.merged().units:
        w = unit.convex_weight
        for k, (u, neuron) in enumerate(zip(directions, optimum.used, strict=True)):
            along = dot(w, u)
            same = neuron.place.gate is not None or neuron.place.sign == unit.sign
            if (
                same
                and sign_of(along, "a projection") > 0
                and all(v == along * e for v, e in zip(w, u, strict=True))
            ):
                weights[k] = along
                break
        else:
            return None
    return weights


def _directions(optimum: Optimum, *, exact: bool, bits: int) -> list[list[Any]]:
    """u_k = s A nu / lambda for every neuron of S: exact if that is asked for and a field is known, else balls."""
    known = optimum.point.exact if exact else None
    with precision(bits):
        return optimum.directions(known.at if known is not None else optimum.point.balls(bits))
