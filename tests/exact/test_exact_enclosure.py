"""Enclosures must enclose: checked with Fractions, which know nothing of balls."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from polyrelu.errors import BadInput, LimitReached
from polyrelu.exact import enclosure
from polyrelu.exact.real import is_zero, sign

fractions = st.fractions(max_denominator=10**30) | st.builds(
    lambda f, e: f * Fraction(10) ** e, st.fractions(max_denominator=10**6), st.integers(-60, 60)
)


def test_precision_is_restored_even_after_an_error() -> None:
    before = ctx.prec
    with enclosure.precision(300):
        assert ctx.prec == 300
        with pytest.raises(ZeroDivisionError), enclosure.precision(20):
            fmpq(1, ctx.prec - 20)
        assert ctx.prec == 300
    assert ctx.prec == before


@settings(derandomize=True, deadline=None, max_examples=200)
@given(fractions, st.integers(2, 200))
def test_a_ball_contains_its_number(x: Fraction, bits: int) -> None:
    b = enclosure.ball(x, bits)
    lo, hi = enclosure.ends(b)
    assert lo <= x <= hi
    assert hi - lo <= abs(x) * Fraction(8, 2**bits)
    assert enclosure.sign_of_ball(b) == sign(x)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(fractions, fractions, st.integers(1, 40))
def test_decimal_bounds_enclose_and_are_tight(x: Fraction, radius: Fraction, digits: int) -> None:
    b = arb(arb(fmpq(x.numerator, x.denominator)), abs(float(radius)))
    lo, hi = enclosure.ends(b)
    texts = enclosure.decimal_bounds(b, digits)
    low, high = map(Fraction, texts)
    assert low <= lo <= hi <= high
    assert [Fraction(Decimal(t)) for t in texts] == [low, high]
    largest = max(abs(lo), abs(hi))
    unit = largest * Fraction(10) ** (1 - digits)
    assert lo - low <= unit
    assert high - hi <= unit
    assert all(
        sum(ch.isdigit() for ch in t.split("e")[0].lstrip("-0.")) <= max(digits + 1, 22) for t in texts
    )


def test_decimal_bounds_of_particular_numbers() -> None:
    assert enclosure.decimal_bounds(0, 5) == ("0", "0")
    assert enclosure.decimal_bounds(Fraction(1, 4), 5) == ("0.25000", "0.25000")
    assert enclosure.decimal_bounds(Fraction(-2, 3), 3) == ("-0.667", "-0.666")
    assert enclosure.decimal_bounds(Fraction(999999, 1000), 2) == ("990", "1000")
    assert enclosure.decimal_bounds(Fraction(1, 3 * 10**30), 2) == ("3.3e-31", "3.4e-31")
    assert enclosure.decimal_bounds(arb(0, 1), 1) == ("-2", "2")  # flint rounds the radius up
    with pytest.raises(LimitReached):
        enclosure.decimal_bounds(1, 5000)


def test_signs_of_balls() -> None:
    assert enclosure.sign_of_ball(arb(0)) == 0
    assert enclosure.sign_of_ball(arb(0, 1e-300)) is None
    assert enclosure.sign_of_ball(arb(1, 1)) is None
    assert enclosure.sign_of_ball(arb("nan")) is None
    assert enclosure.sign_of_ball(arb(-1, 0.5)) == -1


def test_what_is_not_finite_or_too_large_is_refused() -> None:
    for b in (arb("nan"), arb("inf"), arb(0, float("inf"))):
        with pytest.raises(BadInput):
            enclosure.ends(b)
    with pytest.raises(LimitReached):
        enclosure.ends(arb(2) ** (10**7))


def test_matrices_and_rounding() -> None:
    M = enclosure.ball_matrix([[Fraction(1, 3), 2]], 100)
    assert enclosure.contains(M[0, 0], fmpq(1, 3))
    assert not enclosure.contains(M[0, 0], fmpq(1, 3) + fmpq(1, 2**90))
    assert M[0, 0].rel_accuracy_bits() > 90
    assert enclosure.integer_near(arb(3), 4) == 48
    assert enclosure.integer_near(arb(48), -4) == 3


def test_the_protocol_accepts_rationals() -> None:
    assert [sign(x) for x in (-2, Fraction(1, 9), fmpq(0))] == [-1, 1, 0]
    assert is_zero(fmpq(0))
    assert not is_zero(Fraction(1, 10**400))
