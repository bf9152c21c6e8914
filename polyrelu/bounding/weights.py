"""Convex weights of networks in rational numbers: their residual exactly, their penalty enclosed."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from flint import arb

from polyrelu.bounding.bounds import Weights
from polyrelu.data.problem import Problem, Vector
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import ends, precision
from polyrelu.guess import Guess

BITS = 200


def residual_of(problem: Problem, network: Weights) -> Vector:
    """y minus the network's fit, exactly: in integers over common denominators."""
    scale = lcm(*(v.denominator for row in problem.X for v in row))
    unit = lcm(*(v.denominator for _, w in network for v in w))
    rows = np.array([[int(v * scale) for v in row] for row in problem.X], dtype=object)
    fit = np.zeros(problem.n, dtype=object)
    for sign, w in network:
        fit += sign * np.maximum(rows @ np.array([int(v * unit) for v in w], dtype=object), 0)
    return tuple(y - Fraction(int(f), scale * unit) for y, f in zip(problem.y or (), fit, strict=True))


def penalty_bounds(network: Weights) -> tuple[Fraction, Fraction]:
    """An enclosure of sum |w|."""
    with precision(BITS):
        total = arb(0)
        for _, w in network:
            square = dot(w, w)
            total += (arb(square.numerator) / square.denominator).sqrt()
    return ends(total)


def rounded_network(guess: Guess) -> Weights:
    """The network of a guess."""
    return weighted((k.sign, k.weight, k.direction) for k in guess.neurons)


def weighted(neurons: Iterable[tuple[int, float, Any]]) -> Weights:
    """Signs, weights and directions in floats, taken as the binary numbers they are."""
    return tuple(
        (sign, tuple(Fraction(float(v)) for v in weight * direction))
        for sign, weight, direction in neurons
        if weight > 0
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
