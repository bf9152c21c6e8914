"""Convex weights of networks in rational numbers: their residual exactly, their penalty enclosed.

What joins linearly is left out of the weights: it is always the best for them. A residual nu then has one more entry,
that of a ridge output bias e (0 without a ridge). As in the kernel, a ridge is
a free column with one row more, on which the residual is -sqrt(lambda) e; this entry is kept divided by sqrt(lambda).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np
from flint import arb

from polyrelu.bounding.bounds import Weights
from polyrelu.data.problem import Problem, Vector
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import ends, precision
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.guess import Guess
from polyrelu.proof.program import Program
from polyrelu.proof.shift import Shift

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


def refitted(program: Program, rest: Vector) -> tuple[Vector, Vector]:
    """The residual (extended) and the coefficients of what joins linearly, the best for what neurons leave."""
    nu, found = program.free.zero([to_fmpq(v) for v in rest], program.lamq)
    e = [to_fraction(found[-1])] if program.free.ridge else []
    values = dict(zip(program.free.kept, map(to_fraction, found), strict=False))
    c = [values.get(j, Fraction(0)) for j in range(len(program.free.names))]
    return (*map(to_fraction, nu), -sum(e, start=Fraction(0))), (*c, *e)


def extended(program: Program, nu: Vector) -> Vector:
    """A vector made orthogonal to the free columns, with the entry of the ridge."""
    inside = [to_fraction(v) for v in program.free.modulo([to_fmpq(v) for v in nu])]
    return (*inside, -to_fraction(program.free.ridge_bias([to_fmpq(v) for v in inside], program.lamq)))


def square(program: Program, nu: Vector) -> Fraction:
    """|nu|^2 of an extended vector."""
    return dot(nu[:-1], nu[:-1]) + program.lam * nu[-1] ** 2


def penalty_bounds(network: Weights, normed: int | None = None) -> tuple[Fraction, Fraction]:
    """An enclosure of sum |w|; only the first `normed` entries pay."""
    with precision(BITS):
        total = arb(0)
        for _, w in network:
            square = dot(w[:normed], w[:normed])
            total += (arb(square.numerator) / square.denominator).sqrt()
    return ends(total)


def rounded_network(guess: Guess, shift: Shift | None = None) -> Weights:
    """The network of a guess; with a free hidden bias `shift` has its coordinates."""
    found = weighted((k.sign, k.weight, k.direction) for k in guess.neurons)
    return found if shift is None else tuple((sign, shift.told(w)) for sign, w in found)


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
    W1, W2 = replace(network, coefficients=()).arrays()
    return tuple(
        (1 if phi > 0 else -1, tuple(Fraction(float(v)) * Fraction(abs(float(phi))) for v in theta))
        for theta, phi in zip(W1, W2[0], strict=True)
        if phi
    )
