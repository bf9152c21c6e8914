"""Sums of square roots against sympy, high-precision decimals, and the field axioms."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from math import isqrt
from random import Random

import pytest
import sympy
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from polyrelu.errors import LimitReached
from polyrelu.exact import real, vectors
from polyrelu.exact.enclosure import ends
from polyrelu.exact.square_roots import SqrtSum

root = SqrtSum.sqrt_of
coefficients = st.fractions(min_value=-9, max_value=9, max_denominator=9)
sums = st.dictionaries(st.sampled_from([1, 2, 3, 5, 6, 10, 15, 30, 7]), coefficients, max_size=4).map(
    lambda terms: sum((c * root(m) for m, c in terms.items()), start=SqrtSum(0))
)
quick = settings(derandomize=True, deadline=None, max_examples=120)


def decimal_value(x: SqrtSum) -> Decimal:
    """A second route to the value, in plain decimals."""
    with localcontext() as context:
        context.prec = 120
        return sum((Decimal(int(c.p)) / int(c.q) * Decimal(m).sqrt() for m, c in x.terms.items()), Decimal(0))


@quick
@given(sums, sums, sums)
def test_ring_axioms(x: SqrtSum, y: SqrtSum, z: SqrtSum) -> None:
    assert (x + y) * z == x * z + y * z
    assert x * (y * z) == (x * y) * z
    assert x - y == -(y - x)
    assert hash(x + y) == hash(y + x)
    assert x**3 == x * x * x


@quick
@given(sums)
def test_inverse(x: SqrtSum) -> None:
    if x.is_zero():
        with pytest.raises(ZeroDivisionError):
            1 / x
    else:
        assert (1 / x) * x == 1
        assert x / x == 1
        assert x**-2 == (1 / x) * (1 / x)
        assert Fraction(2, 3) / x == fmpq(2, 3) * x.inverse()


@quick
@given(sums, sums)
def test_order_agrees_with_decimals(x: SqrtSum, y: SqrtSum) -> None:
    a, b = decimal_value(x), decimal_value(y)
    close = abs(a - b) < Decimal(10) ** -100
    assert (x == y) == close
    if not close:
        assert (x < y) == (a < b)
        assert (x - y).sign() == (1 if a > b else -1)
    assert (x <= y) == (a <= b or close)
    assert (x > y) == (not x <= y)
    assert (x >= y) == (not x < y)
    assert abs(x) == (x if a > 0 else -x)


@quick
@given(sums, st.integers(30, 300))
def test_balls_and_sympy(x: SqrtSum, bits: int) -> None:
    lo, hi = ends(x.ball(bits))
    assert lo - Fraction(1, 10**100) <= Fraction(decimal_value(x)) <= hi + Fraction(1, 10**100)
    assert abs(x.to_sympy().evalf(40) - sympy.Float(str(decimal_value(x)), 40)) < 1e-30


def test_signs_of_nearly_equal_sums() -> None:
    assert (root(2) - root(3)).sign() == -1  # sympy's algebraic fields get this one wrong
    assert (root(2) + root(3) - root(10)).sign() == -1
    # (sqrt(n+1) - sqrt(n)) - (sqrt(n) - sqrt(n-1)) < 0, of size n^(-3/2) / 4
    n = 10**30
    assert (root(n + 1) - 2 * root(n) + root(n - 1)).sign() == -1
    digits = Fraction(isqrt(2 * 10**600), 10**300)
    assert (root(2) - digits).sign() == 1
    assert (root(2) - digits - Fraction(1, 10**300)).sign() == -1
    assert ((root(2) - 1) ** 200).sign() == 1


def test_zero_is_decided_not_approximated() -> None:
    assert (root(8) - 2 * root(2)).is_zero()
    assert (root(2) * root(3) - root(6)).sign() == 0
    assert ((1 + root(2)) * (root(2) - 1) - 1).is_zero()
    assert (root(Fraction(1, 2)) - root(2) / 2).is_zero()
    # sqrt(5 + 2 sqrt 6) = sqrt 2 + sqrt 3
    assert (root(2) + root(3)) ** 2 == 5 + 2 * root(6)


def test_it_mixes_with_every_rational_type_on_either_side() -> None:
    for half in (Fraction(1, 2), fmpq(1, 2)):
        x = root(2) + half
        assert x == half + root(2)
        assert x - half == root(2)
        assert half - x == -root(2)
        assert half * x == x * half
        assert (half / root(2)) * root(2) == half
        assert x > half
        assert half < x
        assert SqrtSum(half) == half
    assert {SqrtSum(3): "a"}[3] == "a"  # type: ignore[index]
    assert hash(SqrtSum(Fraction(1, 3))) == hash(Fraction(1, 3))
    assert SqrtSum(fmpq(2, 4)).rational() == fmpq(1, 2)
    assert root(2).rational() is None
    assert root(0) == 0
    assert not SqrtSum(0)
    with pytest.raises(TypeError):
        root(2) + 0.5
    assert root(2) != 0.5
    assert root(2) != "a"


def test_writing() -> None:
    assert str(Fraction(1, 2) - root(3) * Fraction(2, 3) + root(2)) == "1/2 + sqrt(2) - 2/3*sqrt(3)"
    assert str(SqrtSum(0)) == "0"
    assert repr(-root(2)) == "SqrtSum(-sqrt(2))"


def test_inverse_over_many_roots_and_the_limit() -> None:
    x = sum((root(p) for p in (2, 3, 5, 7, 11, 13, 17)), start=SqrtSum(1))
    assert x * x.inverse() == 1
    y = SqrtSum(1)
    for p in sympy.primerange(2, 40):
        y = y * (1 + root(p))
    assert len(y.terms) == 4096
    with pytest.raises(LimitReached):
        y * (1 + root(41))


def test_division_needs_no_prime_factors() -> None:
    random = Random(3)
    for _ in range(30):
        x = sum(
            (random.randint(-3, 3) * root(random.choice((6, 10, 15, 21, 35, 30, 42))) for _ in range(4)),
            SqrtSum(0),
        )
        if x:
            assert x * x.inverse() == 1


def test_it_serves_the_polyhedra() -> None:
    for x in (root(2) - root(3), SqrtSum(0), root(5)):
        assert real.sign(x) == x.sign()
    assert vectors.primitive([-root(2), root(6)]) == (-1, root(3))
