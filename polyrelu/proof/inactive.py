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
from functools import cached_property
from math import floor
from typing import Any

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from polyrelu.exact.enclosure import ends
from polyrelu.exact.limbs import sign_matrix_product
from polyrelu.exact.linear import squared
from polyrelu.exact.projection import project
from polyrelu.proof.neuron import Place, gated_place
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

    @cached_property
    def moments(self) -> Objects:
        """S X^T D m / 2^k for every present pattern D, as integers."""
        weighted = self.m[:, None] * self.program.X_integer
        return sign_matrix_product(self.program.patterns.astype(np.int8), weighted)

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


def not_proved_inactive(
    residual: RoundedResidual, lam: Fraction, nu: NDArray[np.float64], blocks: Bools
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Of the given blocks (patterns x signs), those not proved shorter than lam: pattern indices and columns.

    `nu` is the residual in floats: a float projection turns it into proposals for rho, which are tested exactly.
    """
    program, open_blocks = residual.program, blocks.copy()
    if program.gated:
        open_blocks[:, 1] = False
    if lam <= 0:
        rows, columns = np.nonzero(open_blocks)
        return rows, columns
    limit = residual.limit(lam)
    open_blocks[_shorter(residual.moments, limit)] = False
    rows, columns = np.nonzero(open_blocks)
    if program.gated or not len(rows):
        return rows, columns
    signs = np.where(columns == 0, 1, -1)
    rho = program.guesser.multipliers(rows, signs, nu, lam)
    proved = _shorter(with_multipliers(residual, rows, signs, rho), limit)
    return rows[~proved], columns[~proved]


def with_multipliers(
    residual: RoundedResidual, rows: NDArray[np.intp], signs: NDArray[np.int64], rho: NDArray[np.float64]
) -> Objects:
    """The integer vectors C of the blocks (rows[i], signs[i]) for multipliers rounded to the grid, at least 0.

    A multiplier has few entries that are not zero, so its part of C is summed entry by entry.
    """
    program = residual.program
    rho = np.maximum(np.nan_to_num(rho, nan=0.0, posinf=0.0, neginf=0.0), 0.0)
    C: Objects = residual.moments[rows] * signs[:, None].astype(object)
    block, row = np.nonzero(rho)
    inside = np.where(program.patterns[rows[block], row], 1, -1).astype(object)
    pushed = (to_grid(rho[block, row], residual.k) * inside)[:, None] * program.X_integer[row]
    np.add.at(C, block, pushed)
    return C


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
    place: Place


def project_block(program: Program, nu: list[fmpq], pattern: Bools, sign: int, gate: int | None) -> Projected:
    """Project s X^T D nu onto K_D exactly for a rational nu, and read off the face of the direction."""
    X, rows = program.Xq, range(program.n)
    c = [sum((X[j, k] * nu[j] * sign for j in rows if pattern[j]), start=fmpq(0)) for k in range(program.d)]
    if gate is not None:
        return Projected(squared(c), gated_place(program, gate))
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
    return Projected(norm, Place(sign, tuple(face)))
