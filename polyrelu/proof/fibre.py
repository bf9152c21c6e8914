"""The fibre of the linear phase: how each pair's weight may be shared between u and -u.

At a root of the structure's system, the optimal networks are those with weights 0 <= beta'_k <= mu_k of -u_k (and
mu_k - beta'_k of u_k) and sum_k beta'_k z_k = B c, up to vectors v for which X v lies in the span of the free columns:
T sum_k beta'_k z_k = T B c, with T = `Structure.onto`. A point with all inequalities strict proves that the fibre is
not empty, that every neuron of every pair is used, and that its dimension is q - r, provided the T z_k have rank r:
then the equation has r independent rows. (With all features free r = 0, and weight moves as it likes.)

The proof: fix beta' at rationals outside r basis columns and solve for these in balls. The solve succeeds only if the
r x r matrix T (z_k) is nonsingular, which is the minor that shows rank r.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, fmpq

from polyrelu.exact.enclosure import ball_column, precision
from polyrelu.guess import interior_point
from polyrelu.proof.point import Point

BITS = 200
FLOAT_BITS = 53


@dataclass(frozen=True)
class Interior:
    """A strictly interior point: rational beta' off the basis, enclosed beta' on it."""

    fixed: dict[int, fmpq]
    basis: tuple[int, ...]


def interior_of_fibre(point: Point) -> Interior | None:
    """A proved interior point of the fibre, or None if none was found."""
    structure = point.structure
    pairs = [k for k, paired in enumerate(structure.paired) if paired]
    at = point.balls(BITS)
    with precision(BITS):
        z = [[arb(v) for v in structure.neurons[k].z(at.nu)] for k in pairs]
        T = arb_mat(structure.onto)
        target = T * arb_mat(structure.B) * arb_mat(structure.r, 1, structure.exchanged(at.c))
        mu = [at.weights[k] for k in pairs]
        z = [(T * ball_column(v)).entries() for v in z]
        if not structure.r:
            return Interior({k: _part(0.5, m) for k, m in enumerate(mu)}, ())
        guess = interior_point(
            np.array([[float((v * m).mid()) for v in column] for column, m in zip(z, mu, strict=True)]).T,
            np.array([float(v.mid()) for v in target.entries()]),
        )
        if guess is None or len(guess[1]) != structure.r:
            return None
        share, basis = guess
        fixed = {k: _part(share[k], mu[k]) for k in range(len(pairs)) if k not in basis}
        for k, value in fixed.items():
            target -= arb_mat(len(z[k]), 1, z[k]) * arb(value)
        if not _solves_inside(z, target, mu, basis) or not all(v > 0 and v < mu[k] for k, v in fixed.items()):
            return None
    return Interior(fixed, tuple(basis))


def _part(share: float, mu: arb) -> fmpq:
    """A short rational number near share * mu; mu may be beyond floats."""
    mantissa, exponent = (int(v) for v in mu.mid().man_exp())
    spare = max(0, mantissa.bit_length() - FLOAT_BITS)
    power = exponent + spare - FLOAT_BITS
    return fmpq(int(share * 2**FLOAT_BITS) * (mantissa >> spare)) * fmpq(2) ** power


def _solves_inside(z: list[list[arb]], target: arb_mat, mu: list[arb], basis: list[int]) -> bool:
    columns = arb_mat([z[k] for k in basis]).transpose()
    try:
        solution = columns.solve(target)
    except ZeroDivisionError:  # the matrix of balls may be singular
        return False
    return all(bool(v > 0) and bool(v < mu[k]) for k, v in zip(basis, solution.entries(), strict=True))
