"""Lattices of integer vectors in the kernel and in the row space of a rational matrix, by bases of short vectors.

>>> kernel_lattice([[1, 1, 1]]).tolist()
[[-1, 1, 0], [-1, 0, 1]]
"""

from __future__ import annotations

import numpy as np
from flint import fmpz_mat, nmod_mat

from polyrelu.exact.integers import IntMatrix, narrow
from polyrelu.exact.linear import independent_rows
from polyrelu.exact.rational import Matrix, integer_rows, select_rows, to_matrix

PRIME = 2**61 - 1


def kernel_lattice(A: Matrix, columns: int | None = None) -> fmpz_mat:
    """Rows: an LLL-reduced basis of the lattice of all integer vectors u with A u = 0.

    A unimodular T that brings A^T to Hermite form has, on the rows where T A^T = 0, a basis of that whole
    lattice, not only of a sublattice; so every row is primitive and the entries are as small as LLL makes them.
    """
    A = to_matrix(A, columns)
    d = A.ncols()
    independent = integer_rows(select_rows(A, independent_rows(A)))
    if independent.nrows() == 0:
        return fmpz_mat(d, d, [int(i == j) for i in range(d) for j in range(d)])
    _, T = independent.transpose().hnf(transform=True)
    kernel = select_rows(T, range(independent.nrows(), d))
    return kernel.lll() if kernel.nrows() > 0 else kernel


def row_lattice(A: Matrix, columns: int | None = None) -> fmpz_mat:
    """Rows: an LLL-reduced basis of the lattice of all integer vectors in the row space of A."""
    A = to_matrix(A, columns)
    if rank_modulo_a_prime(A) == A.ncols():  # the row space is everything
        return fmpz_mat(
            A.ncols(), A.ncols(), [int(i == j) for i in range(A.ncols()) for j in range(A.ncols())]
        )
    if all(v == 0 for v in A.entries()):
        return fmpz_mat(0, A.ncols())
    return kernel_lattice(kernel_lattice(A), A.ncols())


def rank_modulo_a_prime(A: Matrix) -> int:
    """A lower bound of the rank, nearly always the rank itself: a minor that is not 0 modulo a prime is not 0.

    >>> rank_modulo_a_prime([[1, 2], [2, 4]]), rank_modulo_a_prime([[1, 2], [2, 5]])
    (1, 2)
    """
    rows = integer_rows(A)
    return int(nmod_mat(rows, PRIME).rank()) if rows.nrows() and rows.ncols() else 0


def row_space_basis(rows: IntMatrix) -> IntMatrix:
    """Short integer vectors (r, d) that are a basis of the span of the rows: the unit vectors if r = d.

    With R this basis, X w takes on R^d the values of (X R^T) v on R^r, since w = R^T v runs over the row
    space and X vanishes on its complement; and X R^T has full column rank. (They span the lattice that the rows
    span, which may be a part of `row_lattice`.)

    >>> row_space_basis(np.array([[2, 2, 0], [1, 1, 0]])).tolist()
    [[1, 1, 0]]
    """
    width = rows.shape[1]
    if not len(rows):
        return np.zeros((0, width), dtype=np.int64)
    matrix = fmpz_mat(rows.tolist())
    if matrix.rank() == width:
        return np.eye(width, dtype=np.int64)
    reduced = np.array([[int(x) for x in row] for row in matrix.lll().tolist()], dtype=object)
    return narrow(reduced[(reduced != 0).any(axis=1)])
