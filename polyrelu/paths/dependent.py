"""Neurons that stay tight because their activations depend on those of others, for every lambda (delta > 0).

On structured rows more neurons can be tight than have independent activations. The branch then has a maximal
independent part of them. A further neuron f with rational c_k,

    Q_f nu = sum_k c_k Q_k nu  for every nu = lambda W g + y_N,      sum_k c_k = 1,

has |A_f nu|^2 = nu.Q_f nu = lambda^2 along the whole branch: it is tight. Giving it the weight t_f takes c_k t_f from
the others. All of them are used iff some choice of the t_f leaves every weight positive; here t_f is a fixed part of
the sum of all weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, fmpq, fmpq_mat

from polyrelu.guess import positive_weights
from polyrelu.paths.branch import Balls, Branch
from polyrelu.proof.neuron import Neuron, Place

PART_BITS = 20


@dataclass(frozen=True)
class Dependent:
    """A further neuron: its coefficients over the neurons of the branch, and the part of all weight that it gets."""

    place: Place
    over: tuple[fmpq, ...]
    part: fmpq


def is_dependent(branch: Branch, neuron: Neuron, over: Sequence[fmpq]) -> bool:
    """Whether the identity holds for every lambda, exactly."""
    total = neuron.A.transpose() * neuron.A
    for k, c in zip(branch.neurons, over, strict=True):
        total -= (k.A.transpose() * k.A) * c
    rest = fmpq_mat(branch.program.n, 1, branch.y_rest)
    zero = all(v == 0 for v in (*(total * branch.W).entries(), *(total * rest).entries()))
    return zero and sum(over, start=fmpq(0)) == 1


def with_parts(
    branch: Branch, nu: Balls, found: dict[Place, tuple[fmpq, ...]]
) -> tuple[Dependent, ...] | None:
    """Parts that leave all weights positive, proposed in floats; None where there seem to be none."""
    neurons = [*branch.neurons, *(Neuron(place, branch.program) for place in found)]
    table = np.array([[float((arb(0) + v).mid()) for v in neuron.activation(nu)] for neuron in neurons])
    fit = np.array([float((arb(y) - v).mid()) for y, v in zip(branch.program.yq, nu, strict=True)])
    proposed = positive_weights(table, fit, branch.K)
    if proposed is None:
        return None
    shares = proposed[0] / proposed[0].sum()
    parts = [fmpq(round(float(t) * 2**PART_BITS), 2**PART_BITS) for t in shares[branch.K :]]
    return tuple(Dependent(p, over, t) for (p, over), t in zip(found.items(), parts, strict=True))


def mixes(branch: Branch, further: Sequence[Dependent]) -> dict[Place, tuple[fmpq, ...]]:
    """The weight of every tight neuron as a linear form of b."""
    K = branch.K
    found = {}
    for k, neuron in enumerate(branch.neurons):
        taken = sum((f.over[k] * f.part for f in further), start=fmpq(0))
        found[neuron.place] = tuple(fmpq(int(j == k)) - taken for j in range(K))
    return found | {f.place: (f.part,) * K for f in further}
