"""Convex weights of networks in rational numbers: their residual exactly, their penalty enclosed."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import arb

from polyrelu.bounding.bounds import Weights
from polyrelu.data.problem import Problem, Vector
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import ends, precision
from polyrelu.guess import Guess

BITS = 200


def residual_of(problem: Problem, network: Weights) -> Vector:
    """y minus the network's fit, exactly."""
    residual = list(problem.y or ())
    for sign, w in network:
        for i, row in enumerate(problem.X):
            product = dot(row, w)
            if product > 0:
                residual[i] -= sign * product
    return tuple(residual)


def penalty_bounds(network: Weights) -> tuple[Fraction, Fraction]:
    """An enclosure of sum |w|."""
    with precision(BITS):
        total = arb(0)
        for _, w in network:
            square = dot(w, w)
            total += (arb(square.numerator) / square.denominator).sqrt()
    return ends(total)


def rounded_network(guess: Guess) -> Weights:
    """The network of a guess, its floats taken as the binary numbers they are."""
    return tuple(
        (k.sign, tuple(Fraction(float(v)) for v in k.weight * k.direction))
        for k in guess.neurons
        if k.weight > 0
    )


def dot(a: Any, b: Any) -> Fraction:
    """The inner product of fractions."""
    return sum((x * y for x, y in zip(a, b, strict=True)), start=Fraction(0))


def weights_of(network: Any, problem: Problem) -> Weights:
    """The convex weights of a trained network, rounded where they are not rational: another network nearby."""
    if network.is_gated:
        raise BadInput("a gated network has no bound among ReLU networks; give one without gates")
    if network.d != problem.d:
        raise BadInput(f"the network has {network.d} inputs and the data has {problem.d} columns")
    W1, W2 = network.arrays()
    return tuple(
        (1 if phi > 0 else -1, tuple(Fraction(float(v)) * Fraction(abs(float(phi))) for v in theta))
        for theta, phi in zip(W1, W2[0], strict=True)
        if phi
    )
