"""Elimination over exact fields against rational linear algebra and sympy; certified minors."""

from __future__ import annotations

import operator
from fractions import Fraction
from random import Random
from typing import Any

import pytest
from flint import arb, arb_mat, fmpq, fmpz_poly

from polyrelu.exact import linear, rational
from polyrelu.exact.enclosure import ball, ball_matrix, precision
from polyrelu.exact.minors import nonzero_minor
from polyrelu.exact.number_field import NumberField
from polyrelu.exact.real import Imprecise, exact, is_zero, sign
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
    rank = linear.rank(A)
    assert rank <= min(r, m, d)
    kernel = linear.null_space(A)
    assert len(kernel) == d - rank
    assert all(is_zero(x) for v in kernel for row in product(A, [[t] for t in v], zero) for x in row)
    assert linear.rank(kernel) == len(kernel)
    assert linear.rank([list(c) for c in zip(*A, strict=True)]) == rank
    chosen = linear.independent_rows(A)
    assert len(chosen) == linear.rank([A[i] for i in chosen]) == rank
    x = [random.randint(-3, 3) + zero for _ in range(d)]
    b = [row[0] for row in product(A, [[t] for t in x], zero)]
    found = linear.solve(A, b)
    assert found is not None
    assert [row[0] for row in product(A, [[t] for t in found], zero)] == b
    other = [t + 1 for t in b]
    widened = linear.rank([[*row, t] for row, t in zip(A, other, strict=True)])
    assert (linear.solve(A, other) is None) == (widened > rank)


@pytest.mark.parametrize("seed", range(15))
def test_elimination_agrees_with_flint(seed: int) -> None:
    """The same rational matrix as fmpq (flint's echelon form), and in fields that go through elimination."""
    random = Random(seed)
    A = random_matrix(random, "rational", random.randint(1, 6), random.randint(1, 6), random.randint(1, 4))
    b = [fmpq(random.randint(-3, 3)) for _ in A]
    theta = field_basis("cubic")[1]
    for lift in (SqrtSum, theta.field.rational, lambda q: Fraction(int(q.p), int(q.q))):  # type: ignore[attr-defined]
        B, c = [[lift(x) for x in row] for row in A], [lift(x) for x in b]
        assert linear.echelon(B) == linear.echelon(A)
        assert linear.rank(B) == linear.rank(A) == len(linear.independent_rows(A))
        assert linear.independent_rows(B) == linear.independent_rows(A)
        assert linear.null_space(B) == linear.null_space(A)
        assert linear.solve(B, c) == linear.solve(A, b)
        assert linear.products(B, B) == linear.products(A, A)
        assert list(map(exact, linear.times(B, B[0]))) == linear.times(A, A[0])


def enclosed(rows: list[list[object]]) -> list[list[arb]]:
    return [[ball(x, 200) for x in row] for row in rows]


def holds(balls: list[object], values: list[object]) -> bool:
    """Whether every ball holds its exact value, and is not too wide to say so."""
    return all(
        ball(x, 200).overlaps(ball(y, 400)) and ball(x, 200).rad() < 1e-30
        for x, y in zip(balls, values, strict=True)
    )


@pytest.mark.parametrize(("seed", "name"), CASES)
def test_balls_enclose_the_exact_answer_or_give_none(seed: int, name: str) -> None:
    random = Random(200 + seed)
    m, d, r = random.randint(1, 4), random.randint(1, 5), random.randint(1, 4)
    A = random_matrix(random, name, m, d, r)
    b, exact_rank = linear.times(A, [fmpq(k + 1) for k in range(d)]), linear.rank(A)
    with precision(200):
        B, c = enclosed(A), enclosed([b])[0]
        for v, w in zip(linear.products(B, B), linear.products(A, A), strict=True):
            assert holds(v, w)
        assert holds(linear.times(B, B[0]), linear.times(A, A[0]))
        columns = linear.transposed(B)
        assert len(linear.independent(columns, range(d))) == exact_rank
        if exact_rank < min(m, d):
            with pytest.raises(Imprecise):
                linear.rank(B)
        else:
            assert linear.rank(B) == exact_rank
        if exact_rank < d:
            with pytest.raises(Imprecise):
                linear.independent_columns(B)
        else:
            assert linear.independent_columns(B) == linear.independent_columns(A)
        if exact_rank < m:
            for question in (lambda: linear.solve(B, c), lambda: linear.null_space(B)):
                with pytest.raises(Imprecise):
                    question()
        else:
            x = linear.solve(B, c)
            assert x is not None
            assert holds(linear.times(B, x), b)
            kernel = linear.null_space(B)
            assert len(kernel) == d - m
            assert all(holds(linear.times(B, v), [fmpq(0)] * m) for v in kernel)
        if exact_rank == m == d:
            assert all(map(holds, linear.solve_columns(B, B), linear.solve_columns(A, A)))
            assert holds(x, [fmpq(k + 1) for k in range(d)])


@pytest.mark.parametrize("name", ["rational", "roots", "cubic", "balls"])
def test_a_singular_basis_is_an_error_and_never_a_solution(name: str) -> None:
    basis = random_matrix(Random(3), "roots" if name == "balls" else name, 3, 3, 2)
    basis = enclosed(basis) if name == "balls" else basis
    with precision(200), pytest.raises(Imprecise if name == "balls" else ZeroDivisionError):
        linear.solve_columns(basis, basis)


def test_echelon_forms_and_residues_are_canonical() -> None:
    r2 = SqrtSum.sqrt_of(2)
    form = linear.echelon([[r2, 2, 0], [1, r2, 1]])
    assert form.pivot_columns == [0, 2]
    assert form.reduce([r2, 5, r2]) == [0, 3, 0]
    assert form.reduce(linear.dot([r2], [r2]) * x for x in [r2, 5, r2]) == [0, 6, 0]  # type: ignore[arg-type]
    with pytest.raises(Imprecise):
        linear.echelon([[arb(1)]])


def test_exact_zeros_take_no_part_in_a_product() -> None:
    theta, unknown = field_basis("cubic")[1], arb(1, 1)
    assert linear.dot([0, fmpq(1, 2)], [unknown, 4]) == 2
    assert linear.dot([SqrtSum(0), theta], [theta, 0]) == 0  # numbers of two fields that never meet
    assert isinstance(linear.dot([fmpq(0)], [unknown]), fmpq)
    assert linear.dot([], []) == 0
    assert (linear.squared([theta]) - theta * theta).is_zero()


@pytest.mark.parametrize("number", [SqrtSum.sqrt_of(2), field_basis("cubic")[1], fmpq(7, 5)], ids=str)
@pytest.mark.parametrize("operation", [operator.add, operator.sub, operator.mul, operator.truediv])
@pytest.mark.parametrize("bits", [53, 300])
def test_an_exact_number_that_meets_a_ball_becomes_one(number: object, operation: Any, bits: int) -> None:
    with precision(bits):
        other = arb(3) / 7
        for a, b in ((number, other), (other, number)):
            mixed = operation(a, b)
            assert isinstance(mixed, arb)
            assert mixed.overlaps(operation(ball(a, 2 * bits), ball(b, 2 * bits)))
            assert mixed.rel_accuracy_bits() > bits - 10


@pytest.mark.parametrize("number", [SqrtSum.sqrt_of(2), field_basis("cubic")[1]], ids=str)
def test_an_order_between_an_exact_number_and_a_ball_holds_for_certain(number: Any) -> None:
    assert number < arb(2)
    assert arb(2) > number
    assert number >= arb(1)
    assert not number < arb(1)
    wide = arb(1, 1)
    assert not any(
        certainly(number, wide) for certainly in (operator.lt, operator.gt, operator.le, operator.ge)
    )
    with pytest.raises(Imprecise):
        sign(number - wide)


def test_integers_are_not_divided_into_floats() -> None:
    assert linear.solve([[3]], [1]) == [rational.to_fmpq(Fraction(1, 3))]
    assert linear.null_space([], 2) == [[1, 0], [0, 1]]
    assert linear.rank([]) == 0


@pytest.mark.parametrize(("seed", "name"), CASES)
def test_nonzero_minor_meets_the_exact_rank(seed: int, name: str) -> None:
    random = Random(100 + seed)
    A = random_matrix(random, name, random.randint(1, 6), random.randint(1, 6), random.randint(1, 3))
    with precision(200):
        rows, columns = nonzero_minor(arb_mat([[ball(x, 200) for x in row] for row in A]))
    assert len(rows) == len(columns) == linear.rank(A)
    assert linear.rank([[A[i][j] for j in columns] for i in rows]) == len(rows)


def test_a_ball_that_may_be_singular_is_not_certified() -> None:
    wide = arb_mat([[arb(1), arb(1, 1e-9)], [arb(1, 1e-9), arb(1)]])
    assert len(nonzero_minor(wide)[0]) == 1
    assert nonzero_minor(arb_mat([[arb(0, 1)]])) == ([], [])
    badly_scaled = ball_matrix([[10**12, 1], [1, Fraction(2, 10**12)]], 100)
    assert len(nonzero_minor(badly_scaled)[0]) == 2
