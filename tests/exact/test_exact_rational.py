"""Rational linear algebra against sympy and against the definitions."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
import sympy
from flint import ctx, fmpq, fmpq_mat, fmpz, fmpz_mat

from polyrelu.errors import BadInput, LimitReached
from polyrelu.exact import lattice, linear, rational


def random_matrix(random: Random, rows: int, columns: int, r: int) -> list[list[Fraction]]:
    """Rational entries, rank at most r."""
    left = [[Fraction(random.randint(-5, 5), random.randint(1, 4)) for _ in range(r)] for _ in range(rows)]
    right = [[random.randint(-5, 5) for _ in range(columns)] for _ in range(r)]
    return [
        [sum((a * b[j] for a, b in zip(row, right, strict=True)), Fraction(0)) for j in range(columns)]
        for row in left
    ]


CASES = [(Random(i), 1 + i % 6, 1 + (i // 2) % 6, i % 5) for i in range(60)]


def test_every_exact_type_arrives_and_returns() -> None:
    for x in (3, Fraction(3), fmpz(3), fmpq(3), np.int64(3)):
        assert rational.to_fmpq(x) == 3
        assert rational.to_fraction(x) == Fraction(3)
    assert rational.to_matrix(np.array([[1, 2], [3, 4]])) == fmpq_mat(2, 2, [1, 2, 3, 4])
    assert rational.to_matrix([], 4).ncols() == 4


@pytest.mark.parametrize("x", [0.5, np.float64(2), "1/2", None])
def test_floats_and_strangers_are_refused(x: object) -> None:
    with pytest.raises(BadInput):
        rational.to_fmpq(x)  # type: ignore[arg-type]


def test_ragged_rows_are_refused() -> None:
    with pytest.raises(BadInput):
        rational.to_matrix([[1, 2], [3]])


@pytest.mark.parametrize(("random", "m", "d", "r"), CASES)
def test_rank_null_space_and_row_space(random: Random, m: int, d: int, r: int) -> None:
    A = random_matrix(random, m, d, r)
    reference = sympy.Matrix(m, d, [sympy.Rational(x) for row in A for x in row])
    rank = reference.rank()
    assert linear.rank(A) == rank
    N = lattice.kernel_lattice(A)
    assert (N.nrows(), N.ncols(), N.rank()) == (d - rank, d, d - rank)
    assert not any((rational.to_matrix(A) * fmpq_mat(N).transpose()).entries())
    R = lattice.row_lattice(A)
    assert R.nrows() == rank
    assert not any((R * N.transpose()).entries())
    assert all(fmpq_gcd(row) == 1 for row in [*N.tolist(), *R.tolist()])


def fmpq_gcd(row: list[fmpz]) -> fmpz:
    g = fmpz(0)
    for x in row:
        g = g.gcd(x)
    return g


def test_the_null_space_basis_spans_the_whole_lattice() -> None:
    # (3, -2, 0) and (5, 0, -2) span a sublattice of index 2; a basis of all has elementary divisors 1
    N = lattice.kernel_lattice([[2, 3, 5]])
    assert [abs(N.snf()[i, i]) for i in range(2)] == [1, 1]
    random = Random(1)
    for _ in range(20):
        A = random_matrix(random, 2, 5, 2)
        N = lattice.kernel_lattice(A)
        S = N.snf()
        assert all(abs(S[i, i]) == 1 for i in range(N.nrows()))


@pytest.mark.parametrize(("random", "m", "d", "r"), CASES)
def test_independent_rows_and_columns_are_the_first_ones(random: Random, m: int, d: int, r: int) -> None:
    A = random_matrix(random, m, d, r)
    greedy: list[int] = []
    for j in range(m):
        if linear.rank([A[i] for i in [*greedy, j]]) == len(greedy) + 1:
            greedy.append(j)
    assert linear.independent_rows(A) == greedy
    assert linear.independent_columns([list(c) for c in zip(*A, strict=True)]) == greedy


@pytest.mark.parametrize(("random", "m", "d", "r"), CASES)
def test_projector(random: Random, m: int, d: int, r: int) -> None:
    A = rational.to_matrix(random_matrix(random, m, d, r))
    P = linear.projector(A)
    assert P * P == P == P.transpose()
    assert not any((A * P).entries())
    assert P.rank() == d - A.rank()


def test_projector_without_rows_is_the_identity() -> None:
    assert linear.projector([], 3) == fmpq_mat(3, 3, [1, 0, 0, 0, 1, 0, 0, 0, 1])
    assert lattice.kernel_lattice([], 2) == fmpz_mat(2, 2, [1, 0, 0, 1])
    assert lattice.kernel_lattice([[0, 0]]) == fmpz_mat(2, 2, [1, 0, 0, 1])
    assert lattice.row_lattice([[0, 0]]).nrows() == 0


@pytest.mark.parametrize(("random", "m", "d", "r"), CASES)
def test_solve_finds_a_solution_iff_there_is_one(random: Random, m: int, d: int, r: int) -> None:
    A = random_matrix(random, m, d, r)
    x = [Fraction(random.randint(-4, 4), 3) for _ in range(d)]
    b = [sum((a * t for a, t in zip(row, x, strict=True)), Fraction(0)) for row in A]
    found = linear.solve(A, b)
    assert found is not None
    assert rational.to_matrix(A) * rational.column(found) == rational.column(b)
    other = [t + random.randint(0, 1) for t in b]
    consistent = linear.rank([[*row, t] for row, t in zip(A, other, strict=True)]) == linear.rank(A)
    assert (linear.solve(A, other) is not None) == consistent


def test_primitive_scale() -> None:
    w, s = rational.primitive_scale([Fraction(-2, 3), Fraction(4, 5), 0])
    assert (w, s) == ([-5, 6, 0], fmpq(15, 2))
    assert rational.primitive_scale([0, 0]) == ([0, 0], 1)


@pytest.mark.parametrize(
    "m", [1, 4, 12, Fraction(1, 2), Fraction(49, 50), 2**101 * 3**7, Fraction(10**40, 7)]
)
def test_squarefree_part(m: int | Fraction) -> None:
    c, f = rational.squarefree_part(m)
    assert c > 0
    assert c * c * f == rational.to_fmpq(m)
    assert all(e == 1 for e in sympy.factorint(int(f)).values())


def test_squarefree_part_of_hard_numbers() -> None:
    p, q = sympy.nextprime(10**45), sympy.nextprime(10**46)
    assert rational.squarefree_part(12 * p * p) == (2 * p, 3)
    assert rational.squarefree_part(5 * p) == (1, 5 * p)
    with pytest.raises(LimitReached, match="digits"):
        rational.squarefree_part(p * q)
    with pytest.raises(BadInput):
        rational.squarefree_part(-2)


def test_nothing_here_touches_the_global_precision() -> None:
    assert ctx.prec == 53
