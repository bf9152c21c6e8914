"""Algebraic numbers against sympy's roots, against sums of square roots, and recognition of planted fields."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from random import Random
from typing import Any

import pytest
import sympy
from flint import arb, arb_mat, fmpq, fmpq_poly, fmpz_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from polyrelu.errors import BadInput
from polyrelu.exact import number_field, real
from polyrelu.exact.enclosure import ball, ends, precision
from polyrelu.exact.krawczyk import prove_root
from polyrelu.exact.number_field import Element, NumberField, lies_in, verify_root
from polyrelu.exact.recognise import recognise
from polyrelu.exact.square_roots import SqrtSum

QUINTIC = NumberField.from_root(fmpz_poly([-1, -1, 0, 0, 0, 1]), arb(1.2, 0.1))  # x^5 = x + 1
coefficients = st.fractions(min_value=-9, max_value=9, max_denominator=9)
elements = st.lists(coefficients, min_size=1, max_size=5).map(QUINTIC.element)
quick = settings(derandomize=True, deadline=None, max_examples=100)


@quick
@given(elements, elements, elements)
def test_field_axioms(x: Element, y: Element, z: Element) -> None:
    assert (x + y) * z == x * z + y * z
    assert x * (y * z) == (x * y) * z
    assert x - y == -(y - x)
    assert hash(x * y) == hash(y * x)
    if not x.is_zero():
        assert (y / x) * x == y
        assert x * x**-1 == 1
        assert Fraction(1, 3) / x * x == fmpq(1, 3)


@quick
@given(elements, elements)
def test_order_agrees_with_sympy_digits(x: Element, y: Element) -> None:
    theta = sympy.CRootOf(sympy.Poly([1, 0, 0, 0, -1, -1], sympy.Symbol("t")), 0).evalf(80)
    values = [
        sum(
            (sympy.Rational(int(c.p), int(c.q)) * theta**i for i, c in enumerate(e.poly.coeffs())),
            sympy.Float(0, 80),
        )
        for e in (x, y)
    ]
    difference = values[0] - values[1]
    if abs(difference) > 1e-60:
        assert (x < y) == bool(difference < 0)
        assert (x - y).sign() == (1 if difference > 0 else -1)
    else:
        assert x == y
    lo, hi = ends(x.ball(200))
    slack = Fraction(1, 10**60)
    assert lo - slack <= Fraction(str(values[0])) <= hi + slack


def test_relations_are_exact() -> None:
    t = QUINTIC.theta
    assert t**5 - t == 1
    assert (t**5 - t - 1).sign() == 0
    assert t**4 - 1 == 1 / t
    assert QUINTIC.rational(Fraction(2, 3)) == Fraction(2, 3)
    assert hash(QUINTIC.rational(2)) == hash(2)
    assert t.rational() is None
    assert fmpq(1) < t < Fraction(6, 5)
    assert (t + 0 * t).rational() is None
    with pytest.raises(ZeroDivisionError):
        1 / (t - t)
    with pytest.raises(TypeError):
        t + 0.5
    assert t != 1.5


def test_signs_of_tiny_elements() -> None:
    t = QUINTIC.theta
    lo, hi = ends(QUINTIC.theta_ball(1000))
    assert (t - lo).sign() == 1
    assert (t - hi).sign() == -1
    assert real.sign(t - hi) == -1


def test_fields_are_not_mixed() -> None:
    other = NumberField.from_root(fmpz_poly([-2, 0, 1]), arb(1.4, 0.1))
    with pytest.raises(BadInput):
        QUINTIC.theta + other.theta
    assert (QUINTIC.theta == other.theta) is False


@pytest.mark.parametrize(
    ("coefficients", "near"),
    [
        ([-2, 0, 1], arb(0, 3)),  # two roots
        ([-2, 0, 1], arb(5, 1)),  # none
        ([1, 0, 1], arb(0, 3)),  # no real root
        ([-1, 0, 1], arb(1, 0.1)),  # reducible
        ([4, -4, 1], arb(2, 0.1)),  # a square
    ],
)
def test_a_field_needs_one_root_of_an_irreducible_polynomial(coefficients: list[int], near: arb) -> None:
    with pytest.raises(BadInput):
        NumberField.from_root(fmpz_poly(coefficients), near)


def test_roots_are_told_apart_however_close() -> None:
    # Mignotte: x^8 - 2 (10^6 x - 1)^2 has two roots about 10^-30 apart near 10^-6
    f = fmpz_poly([0] * 8 + [1]) - 2 * fmpz_poly([-1, 10**6]) ** 2
    assert len(f.factor()[1]) == 1
    with pytest.raises(BadInput):
        NumberField.from_root(f, arb(1e-6, 1e-20))
    with precision(400):
        middle = arb(fmpq(1, 10**6))
        left = NumberField.from_root(f, arb(middle - arb(fmpq(1, 10**29)), arb(fmpq(1, 10**29))))
    assert left.theta < Fraction(1, 10**6)


def test_a_rational_end_that_is_a_root_counts_as_inside() -> None:
    K = NumberField.from_root(fmpq_poly([fmpq(-3, 4), 1]), arb(0.75))
    assert K.degree == 1
    assert K.theta == Fraction(3, 4)


def test_recognise_square_roots_and_compare_with_their_exact_arithmetic() -> None:
    r = {m: SqrtSum.sqrt_of(m) for m in (2, 3, 5)}
    planted = [
        r[2] / 3 - r[3],
        (r[2] + r[5]) ** 2 / 7,
        1 / (1 + r[3] + r[5]),
        SqrtSum(Fraction(5, 9)),
        SqrtSum(0),
    ]
    guess = recognise(lambda bits: [x.ball(bits + 20) for x in planted], 8)
    assert guess is not None
    field, found = guess
    assert field.degree == 8
    for i, x in enumerate(planted):
        for j, y in enumerate(planted):
            assert (x - y).sign() == (found[i] - found[j]).sign()
            assert (x * y).rational() == (found[i] * found[j]).rational()
    assert found[3] == Fraction(5, 9)
    assert found[4] == 0


def random_root(degree: int, seed: int) -> tuple[fmpz_poly, arb]:
    random = Random(seed)
    while True:
        f = fmpz_poly([random.randint(-99, 99) for _ in range(degree)] + [random.randint(1, 9)])
        real = [root.real for root, _ in f.complex_roots() if root.imag.is_zero()]
        if len(f.factor()[1]) == 1 and f.degree() == degree and real:
            return f, real[0]


@pytest.mark.parametrize("degree", [1, 2, 3, 5, 8, 12])
def test_recognise_planted_fields(degree: int) -> None:
    K = NumberField.from_root(*random_root(degree, degree))
    t = K.theta
    planted = [t, (t * t + 3) / 7, 1 / (t * t + 2) - t * 10**6, (t - 1) / 10**12]
    guess = recognise(lambda bits: [x.ball(bits + 60) for x in planted], degree)
    assert guess is not None
    field, found = guess
    assert field.degree == degree
    a = found[0]
    assert found[1] * 7 == a * a + 3
    assert (found[2] + a * 10**6) * (a * a + 2) == 1
    assert found[3] * 10**12 == a - 1


def test_recognise_gives_up_honestly() -> None:
    def pi(bits: int) -> list[arb]:
        with precision(bits):
            return [arb.pi()]

    assert recognise(pi, 6) is None
    K = NumberField.from_root(*random_root(8, 8))
    assert recognise(lambda bits: [K.theta.ball(bits)], 7) is None
    assert recognise(lambda bits: [K.theta.ball(bits)], 8, max_bits=30) is None


def circle(x: Sequence[Any]) -> list[Any]:
    return [x[0] * x[0] + x[1] * x[1] - 3, x[0] * x[1] - fmpq(1, 2)]


def test_from_a_proved_box_to_a_verified_exact_root() -> None:
    proved = prove_root(circle, lambda x: arb_mat([[2 * x[0], 2 * x[1]], [x[1], x[0]]]), [1.7, 0.3], 100)
    assert proved is not None

    def values(bits: int) -> list[arb]:
        finer = proved.refine(bits)
        assert finer is not None
        return finer.box

    guess = recognise(values, 6)
    assert guess is not None
    _, found = guess
    assert verify_root(circle, found, proved.region)
    assert not verify_root(circle, [found[1], found[0]], proved.region)  # another root of the system
    assert not verify_root(circle, [found[0], found[1] + fmpq(1, 10**200)], proved.region)  # no root
    # x + y = 2 and x - y = sqrt 2: the second route
    assert found[0] + found[1] == 2
    assert (found[0] - found[1]) ** 2 == 2


def test_lies_in_counts_the_ends_and_is_exact() -> None:
    root2 = SqrtSum.sqrt_of(2)
    assert lies_in(root2, ball(root2, 3000))
    assert lies_in(fmpq(1, 2), arb(0.5))
    assert not lies_in(fmpq(1, 2) + fmpq(1, 10**500), arb(0.5))
    assert not lies_in(root2, arb(1.5, 0.01))


def test_a_rough_ball_of_another_root_is_not_taken_for_theta(monkeypatch: pytest.MonkeyPatch) -> None:
    # with wide balls the one around -sqrt 2 reaches into [-1.4142, 2], which isolates sqrt 2
    real_roots = number_field._real_roots

    def rough(f: fmpz_poly, bits: int) -> list[arb]:
        return [arb(b.mid(), arb(2) ** (6 - bits)) for b in real_roots(f, bits)]

    monkeypatch.setattr(number_field, "_real_roots", rough)
    K = NumberField(fmpz_poly([-2, 0, 1]), arb(0.2929, 1.7071))
    for bits in (1, 2, 4, 64):
        assert K.theta_ball(bits) > 1


def test_an_inverse_is_computed_once() -> None:
    """Elimination divides a whole row by one pivot, and inverses of large elements cost a hundred products."""
    x = NumberField.from_root(fmpz_poly([-2, 0, 0, 1]), arb(1.25, 0.05)).theta
    assert x.inverse() is x.inverse()
    assert x.inverse() * x == 1
