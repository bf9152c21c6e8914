"""Strict inactivity of a block, proved by a rational multiplier in integer arithmetic.

For a block (D, s) and any rho >= 0,   || s X^T D nu + ((2D - I) X)^T rho || < lambda   proves ||p_b|| < lambda.
The residual is known as nu = m / 2^k + e with integers m and |e_j| <= r, so with S = 2^k * denominator(X)

    || ... || <= || C || / S + r * sum |x_jl|,     C = ((s D m + (2D - I) R) X_int  an integer vector,  rho = R / 2^k,

and the test is one comparison of integers. rho = 0 settles most blocks; a float projection proposes rho for most of
the others; what is left is projected exactly, which either proves it or shows a block that is (nearly) tight.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
from flint import arb, fmpq, fmpz_mat
from numpy.typing import NDArray

from polyrelu.exact.enclosure import ends
from polyrelu.exact.limbs import sign_matrix_product
from polyrelu.exact.projection import project
from polyrelu.proof.neuron import Neuron, gated_neuron, squared
from polyrelu.proof.program import Program

Bools = NDArray[np.bool_]
Objects = NDArray[Any]

BITS = 110
"""Binary digits of the residual, relative to its largest entry, in the integer test."""


@dataclass(frozen=True, eq=False)
class RoundedResidual:
    """nu = m / 2^k + e with |e_j| <= radius, and the bound that decides: |C| < limit proves a block inactive."""

    program: Program
    m: Objects
    k: int
    radius: Fraction

    @staticmethod
    def of(program: Program, nu: list[arb], bits: int = BITS) -> RoundedResidual:
        """Round an enclosure to a grid of `bits` digits below its largest entry."""
        bounds = [ends(ball) for ball in nu]
        largest = max((max(abs(lo), abs(hi)) for lo, hi in bounds), default=Fraction(0))
        k = bits - (largest.numerator.bit_length() - largest.denominator.bit_length() if largest else 0)
        scale = Fraction(2) ** k
        m = [round((lo + hi) / 2 * scale) for lo, hi in bounds]
        radius = max(
            max(Fraction(v) / scale - lo, hi - Fraction(v) / scale)
            for v, (lo, hi) in zip(m, bounds, strict=True)
        )
        return RoundedResidual(program, np.array(m, dtype=object), k, radius)

    @property
    def rational(self) -> list[fmpq]:
        """The centre m / 2^k."""
        scale = fmpq(2) ** self.k
        return [fmpq(int(v)) / scale for v in self.m]

    def error(self) -> Fraction:
        """A bound of || X^T D e || for every D."""
        return self.radius * sum((abs(v) for row in self.program.X for v in row), start=Fraction(0))

    def limit(self, lam: Fraction) -> int:
        """The integer l such that |C|^2 < l^2 proves || ... || < lam; 0 if nothing can be proved."""
        return max(0, floor((lam - self.error()) * self.program.denominator * Fraction(2) ** self.k))


def inactive_without_multiplier(residual: RoundedResidual, lam: Fraction) -> Bools:
    """For every present pattern: is || X^T D nu || < lambda? Then both its blocks are inactive."""
    program, limit = residual.program, residual.limit(lam)
    weighted = residual.m[:, None] * program.X_integer
    C = sign_matrix_product(program.patterns.astype(np.int8), weighted)
    return _shorter(C, limit)


def inactive_with_multipliers(
    residual: RoundedResidual,
    lam: Fraction,
    patterns: Bools,
    signs: NDArray[np.int8],
    rho: NDArray[np.float64],
) -> Bools:
    """For blocks (patterns[i], signs[i]) and proposed multipliers: is || s X^T D nu + ((2D-I)X)^T rho || < lambda?"""
    program = residual.program
    R = to_grid(np.maximum(np.nan_to_num(rho, nan=0.0, posinf=0.0, neginf=0.0), 0.0), residual.k)
    total = np.where(patterns, signs[:, None].astype(object) * residual.m[None, :] + R, -R)
    product = fmpz_mat(total.tolist()) * fmpz_mat(program.X_integer.tolist())
    return _shorter(
        np.array(product.tolist(), dtype=object).reshape(len(patterns), program.d), residual.limit(lam)
    )


def to_grid(values: NDArray[np.float64], k: int) -> Objects:
    """floor(2^k * value) as Python integers, exactly."""
    mantissa, exponent = np.frexp(values)
    digits, shift = np.ldexp(mantissa, 53).astype(np.int64).astype(object), exponent.astype(int) - 53 + k
    return np.asarray(
        np.frompyfunc(lambda v, e: v << e if e >= 0 else v >> -e, 2, 1)(digits, shift), dtype=object
    )


def _shorter(C: Objects, limit: int) -> Bools:
    squares = (C.astype(object) ** 2).sum(axis=1) if len(C) else np.zeros(0, dtype=object)
    return np.asarray(squares < limit * limit, dtype=bool)


@dataclass(frozen=True)
class Projected:
    """An exact projection of a block at the rounded residual: its squared norm, and the neuron its direction names."""

    squared_norm: fmpq
    neuron: Neuron


def project_block(program: Program, nu: list[fmpq], pattern: Bools, sign: int, gate: int | None) -> Projected:
    """Project s X^T D nu onto K_D exactly for a rational nu, and read off the face of the direction."""
    X, rows = program.Xq, range(program.n)
    c = [sum((X[j, k] * nu[j] * sign for j in rows if pattern[j]), start=fmpq(0)) for k in range(program.d)]
    if gate is not None:
        return Projected(squared(c), gated_neuron(program, gate))
    kept = [j for j in rows if program.nonzero_rows[j]]
    cone = [[X[j, k] * (1 if pattern[j] else -1) for k in range(program.d)] for j in kept]
    p = project(cone, c).p
    face = [0] * program.n
    norm = squared(p)
    for j in kept:
        side = sum((X[j, k] * p[k] for k in range(program.d)), start=fmpq(0))
        size = sum((X[j, k] * X[j, k] for k in range(program.d)), start=fmpq(0))
        near = side * side * fmpq(2) ** BITS < norm * size  # too close to the hyperplane to be off it
        face[j] = 0 if near else 1 if side > 0 else -1
    return Projected(norm, Neuron(sign, tuple(face)))
