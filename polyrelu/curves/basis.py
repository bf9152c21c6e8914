"""A rational basis that is nearly orthonormal: floats propose it, and its span is exact."""

from __future__ import annotations

import numpy as np
from flint import fmpq, fmpq_mat

BASIS_BITS = 24


def nearly_orthonormal(rows: fmpq_mat) -> fmpq_mat:
    """The same span, by a rational triangular matrix near the one that makes the rows orthonormal.

    Floats propose the matrix. It is triangular without zeros on its diagonal, so the span is the same whatever they do.
    """
    if not rows.nrows():
        return rows
    table = rows.tolist()
    sizes = [max(abs(v) for v in row) for row in table]
    shares = ([v / size for v in row] for row, size in zip(table, sizes, strict=True))
    floats = np.array([[int(v.p) / int(v.q) for v in row] for row in shares])
    with np.errstate(all="ignore"):
        R = np.linalg.qr(floats.T, mode="r")
        if not np.abs(np.diag(R)).min() > 0:
            return rows
        turn = np.linalg.inv(R).T
    exact = [
        [rounded(turn[i, j]) / sizes[j] if j <= i else fmpq(0) for j in range(len(table))]
        for i in range(len(table))
    ]
    return fmpq_mat(exact) * rows if all(row[i] != 0 for i, row in enumerate(exact)) else rows


def rounded(value: float) -> fmpq:
    """A short dyadic fraction near a float; 0 for what is not finite."""
    if not np.isfinite(value) or value == 0:
        return fmpq(0)
    mantissa, exponent = np.frexp(value)
    return fmpq(int(np.ldexp(mantissa, BASIS_BITS))) * fmpq(2) ** (int(exponent) - BASIS_BITS)
