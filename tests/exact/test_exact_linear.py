"""Elimination over exact fields against rational linear algebra and sympy; certified minors."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from flint import arb, arb_mat, fmpq, fmpz_poly

from polyrelu.exact import exact_linear, rational
from polyrelu.exact.enclosure import ball, ball_matrix, precision
from polyrelu.exact.number_field import NumberField
from polyrelu.exact.real import is_zero
from polyrelu.exact.square_roots import SqrtSum

Scalar = object


def field_basis(name: str) -> list[object]:
    if name == "roots":
        return [SqrtSum.sqrt_of(m) for m in (1, 2, 3, 6)]
    if name == "cubic":
        theta = NumberField.from_root(fmpz_poly([-2, 0, 0, 1]), arb(1.26, 0.01)).theta
        return [theta**0, theta, theta**2]
    return [fmpq(1)]


def random_matrix(random: Random, name: str, m: int, d: int, r: int) -> list[list[object]]:
    """A product of m x r and r x d matrices over the field: rank at most r."""
    basis = field_basis(name)

    def number() -> object:
        return sum(
            (random.randint(-2, 2) * b for b in random.sample(basis, k=min(2, len(basis)))),
            start=0 * basis[0],
        )  # type: ignore[operator]

    left = [[number() for _ in range(r)] for _ in range(m)]
    right = [[number() for _ in range(d)] for _ in range(r)]
    return product(left, right, 0 * basis[0])  # type: ignore[operator]


def product(A: list[list], B: list[list], zero: object) -> list[list]:  # type: ignore[type-arg]
    columns = list(zip(*B, strict=True))
    return [[sum((a * b for a, b in zip(row, c, strict=True)), start=zero) for c in columns] for row in A]


CASES = [(seed, name) for name in ("rational", "roots", "cubic") for seed in range(12)]


@pytest.mark.parametrize(("seed", "name"), CASES)
def test_rank_null_space_and_solutions(seed: int, name: str) -> None:
    random = Random(seed)
    m, d, r = random.randint(1, 5), random.randint(1, 5), random.randint(1, 3)
    A = random_matrix(random, name, m, d, r)
    zero = 0 * A[0][0]
    rank = exact_linear.rank(A)
    assert rank <= min(r, m, d)
    kernel = exact_linear.null_space(A)
    assert len(kernel) == d - rank
    assert all(is_zero(x) for v in kernel for row in product(A, [[t] for t in v], zero) for x in row)
    assert exact_linear.rank(kernel) == len(kernel)
    assert exact_linear.rank([list(c) for c in zip(*A, strict=True)]) == rank
    chosen = exact_linear.independent_rows(A)
    assert len(chosen) == exact_linear.rank([A[i] for i in chosen]) == rank
    x = [random.randint(-3, 3) + zero for _ in range(d)]
    b = [row[0] for row in product(A, [[t] for t in x], zero)]
    found = exact_linear.solve(A, b)
    assert found is not None
    assert [row[0] for row in product(A, [[t] for t in found], zero)] == b
    other = [t + 1 for t in b]
    widened = exact_linear.rank([[*row, t] for row, t in zip(A, other, strict=True)])
    assert (exact_linear.solve(A, other) is None) == (widened > rank)


@pytest.mark.parametrize("seed", range(15))
def test_rationals_agree_with_flint(seed: int) -> None:
    random = Random(seed)
    A = random_matrix(random, "rational", random.randint(1, 6), random.randint(1, 6), random.randint(1, 4))
    assert exact_linear.rank(A) == rational.rank(A)  # type: ignore[arg-type]
    assert exact_linear.independent_rows(A) == rational.independent_rows(A)  # type: ignore[arg-type]
    assert exact_linear.independent_columns(A) == rational.independent_columns(A)  # type: ignore[arg-type]


def test_integers_are_not_divided_into_floats() -> None:
    assert exact_linear.solve([[3]], [1]) == [rational.to_fmpq(Fraction(1, 3))]
    assert exact_linear.null_space([], 2) == [[1, 0], [0, 1]]
    assert exact_linear.rank([]) == 0


@pytest.mark.parametrize(("seed", "name"), CASES)
def test_nonzero_minor_meets_the_exact_rank(seed: int, name: str) -> None:
    random = Random(100 + seed)
    A = random_matrix(random, name, random.randint(1, 6), random.randint(1, 6), random.randint(1, 3))
    with precision(200):
        rows, columns = exact_linear.nonzero_minor(arb_mat([[ball(x, 200) for x in row] for row in A]))
    assert len(rows) == len(columns) == exact_linear.rank(A)
    assert exact_linear.rank([[A[i][j] for j in columns] for i in rows]) == len(rows)


def test_a_ball_that_may_be_singular_is_not_certified() -> None:
    wide = arb_mat([[arb(1), arb(1, 1e-9)], [arb(1, 1e-9), arb(1)]])
    assert len(exact_linear.nonzero_minor(wide)[0]) == 1
    assert exact_linear.nonzero_minor(arb_mat([[arb(0, 1)]])) == ([], [])
    badly_scaled = ball_matrix([[10**12, 1], [1, Fraction(2, 10**12)]], 100)
    assert len(exact_linear.nonzero_minor(badly_scaled)[0]) == 2
