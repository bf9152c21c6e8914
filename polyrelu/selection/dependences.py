"""Algorithm 1 of Mishkin and Pilanci (ICML 2023) for given weights: convex weights, or those of a network.

One step. Let a_k be the signed activations of the weights w_k != 0, and sum alpha_k a_k = 0 a dependence, scaled so
that its entry of largest modulus is 1 (positive: a negative one would double a weight and bring nothing to zero). Then

    w_k  <-  w_k (1 - alpha_k)     in network weights:  (theta_k, phi_k)  <-  sqrt(1 - alpha_k) (theta_k, phi_k)

keeps the fit, keeps every factor in [0, 2], and brings a weight to zero. The penalty changes by -lambda sum
alpha_k |w_k|. At an optimum lambda |w_k| = nu.a_k, so there it does not change, and the new weights are optimal as
well. The end is a set of weights with independent activations, none of which can be left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from flint import fmpq

from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.linear import dot, null_space
from polyrelu.exact.rational import to_fmpq
from polyrelu.exact.real import is_zero, sign
from polyrelu.networks.coordinates import compatible, enclosed, root
from polyrelu.networks.network import Network
from polyrelu.networks.unit import Unit

Vector = list[Any]


@dataclass(frozen=True)
class Step:
    """A dependence alpha among the weighted activations (largest modulus 1), and the weights it brought to zero."""

    dependence: tuple[Any, ...]
    removed: tuple[int, ...]


@dataclass(frozen=True)
class Pruned:
    """The factor by which each given weight was multiplied (0 where it is gone), and the steps."""

    factors: tuple[Any, ...]
    steps: tuple[Step, ...]

    @property
    def support(self) -> tuple[int, ...]:
        """The weights that are left."""
        return tuple(k for k, factor in enumerate(self.factors) if not is_zero(factor))


def prune_activations(activations: Sequence[Sequence[Any]]) -> Pruned:
    """Algorithm 1 for weights with these signed activations (vectors over one exact field).

    The fit is kept whatever the weights; the penalty is kept if they are optimal.

    >>> pruned = prune_activations([[fmpq(1), fmpq(0)], [fmpq(2), fmpq(0)], [fmpq(0), fmpq(3)]])
    >>> pruned.factors, [step.dependence for step in pruned.steps]
    ((0, 3/2, 1), [(1, -1/2, 0)])
    """
    factors: Vector = [fmpq(1)] * len(activations)
    steps: list[Step] = []
    while True:
        kept = [k for k, factor in enumerate(factors) if not is_zero(factor)]
        rows = zip(*([factors[k] * v for v in activations[k]] for k in kept), strict=True)
        basis = null_space([list(row) for row in rows], len(kept))
        if not basis:
            return Pruned(tuple(factors), tuple(steps))
        largest = _largest(basis[0])
        alpha: Vector = [fmpq(0)] * len(factors)
        for k, value in zip(kept, basis[0], strict=True):
            alpha[k] = value / largest
            factors[k] = factors[k] * (1 - alpha[k])
        steps.append(Step(tuple(alpha), tuple(k for k in kept if is_zero(factors[k]))))


def _largest(vector: Sequence[Any]) -> Any:
    """The entry of largest modulus, with its sign."""
    best = vector[0]
    for value in vector[1:]:
        if sign(abs(value) - abs(best)) > 0:
            best = value
    return best


def network_activations(network: Network, X: Any) -> list[Vector]:
    """The signed activation of every unit at the rows of X, exactly."""
    if not network.is_exact:
        raise BadInput(
            "units known only as balls cannot be pruned exactly; give exact weights, or prune the optimum"
        )
    rows = [[to_fmpq(v) for v in row] for row in Problem.of(X).X]
    return [[unit.activation(x, dot(x, unit.theta)) * unit.phi for x in rows] for unit in network.units]


def prune_network(network: Network, X: Any) -> tuple[Network, Pruned]:
    """Algorithm 1 on network weights: each (theta, phi) times the root of its factor, units at zero left out."""
    pruned = prune_activations(network_activations(network, X))
    kept = [_scaled(network.units[k], pruned.factors[k]) for k in pruned.support]
    return replace(network, units=tuple(kept)), pruned


def prune_weights(weights: Sequence[tuple[int, Sequence[Any]]], X: Any) -> list[tuple[int, Vector]]:
    """Algorithm 1 on convex weights (s, w): what is left of them.

    >>> prune_weights([(1, [1, 0]), (1, [2, 0]), (-1, [0, 1])], [[1, 0], [0, 1]])
    [(1, [3, 0]), (-1, [0, 1])]
    """
    width = len(weights[0][1]) if weights else 0
    network = Network.of([w for _, w in weights], [s for s, _ in weights], d=width)
    pruned = prune_activations(network_activations(network, X))
    kept = [(weights[k][0], network.units[k].theta, pruned.factors[k]) for k in pruned.support]
    return [(s, [v * factor for v in theta]) for s, theta, factor in kept]


def is_minimal(network: Network, X: Any) -> bool:
    """Whether the activations of the units are independent, so that no part of the network can be pruned."""
    return not prune_activations(network_activations(network, X)).steps


def _scaled(unit: Unit, factor: Any) -> Unit:
    """The unit times the square root of the factor: exact where that root is in reach, else in balls."""
    scale = root(factor)
    values, scales = compatible(unit.coordinates, [enclosed(factor).sqrt() if scale is None else scale])
    *theta, phi = (v * scales[0] for v in values)
    return Unit(tuple(theta), phi, unit.gate)
