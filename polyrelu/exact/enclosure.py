"""Enclosures: real numbers as flint balls, read and written without losing the enclosure.

A ball that contains zero says nothing about the sign. flint's working precision is one global number, so it is
only ever changed inside `precision`, which puts it back.

>>> from fractions import Fraction
>>> decimal_bounds(ball(Fraction(1, 3), 64), 5)
('0.33333', '0.33334')
>>> sign_of_ball(ball(2, 64).sqrt() - 1)
1
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, ctx, fmpz

from polyrelu.errors import BadInput, LimitReached
from polyrelu.exact.rational import Matrix, Rational, is_rational, to_fmpq, to_matrix

GUARD_BITS = 40
MAX_DIGITS = 4000  # Python refuses to read integers of more than 4300 digits
MAX_EXPONENT = 1_000_000  # binary; beyond it an exact end would fill the memory


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Work with that many bits inside the block, and with the former number after it, whatever happens."""
    before = ctx.prec
    ctx.prec = bits
    try:
        yield
    finally:
        ctx.prec = before


def ball(x: Any, bits: int) -> arb:
    """A ball around an exact number: a rational, a ball (kept as it is), or anything with `.ball(bits)`."""
    if isinstance(x, arb):
        return x
    if is_rational(x):
        with precision(bits):
            return arb(to_fmpq(x))
    return x.ball(bits)


def sign_of_ball(b: arb) -> int | None:
    """1 or -1 if every number of the ball has that sign, 0 if the ball is exactly zero, else None."""
    if b > 0:
        return 1
    if b < 0:
        return -1
    return 0 if b.is_zero() else None


def ends(b: arb) -> tuple[Fraction, Fraction]:
    """The lower and the upper end of the ball, exactly (both are dyadic rationals)."""
    if not b.is_finite():
        raise BadInput(f"the ends of the ball {b} were asked for, but it is not finite: raise the precision")
    mid, rad = _dyadic(b.mid()), _dyadic(b.rad())
    return mid - rad, mid + rad


def contains(b: arb, x: Rational) -> bool:
    """Whether the rational x lies in the ball, exactly.

    The method of flint does not answer this: it rounds x to a ball at the working precision first.
    """
    lo, hi = ends(b)
    return bool(to_fmpq(lo) <= to_fmpq(x) <= to_fmpq(hi))


def _dyadic(exact: arb) -> Fraction:
    mantissa, exponent = (int(part) for part in exact.man_exp())
    if abs(exponent) > MAX_EXPONENT:
        raise LimitReached(f"a ball with the binary exponent {exponent} exceeds the limit of {MAX_EXPONENT}")
    return Fraction(mantissa << exponent) if exponent >= 0 else Fraction(mantissa, 1 << -exponent)


def decimal_bounds(b: arb | Rational, digits: int) -> tuple[str, str]:
    """Decimal strings lo and hi with lo <= every number of the ball <= hi.

    Both are rounded outwards at the same place, where the larger end in modulus has `digits` digits. They are
    plain or in e-notation, and readable by Fraction and Decimal.
    """
    if not 1 <= digits <= MAX_DIGITS:
        raise LimitReached(f"{digits} digits were asked for; between 1 and {MAX_DIGITS} can be written")
    lo, hi = ends(b) if isinstance(b, arb) else (Fraction(int(to_fmpq(b).p), int(to_fmpq(b).q)),) * 2
    largest = max(abs(lo), abs(hi))
    if largest == 0:
        return "0", "0"
    place = decimal_exponent(largest) - digits + 1
    unit = Fraction(10) ** place
    return _written(lo // unit, place), _written(-(-hi // unit), place)


def bits_of(digits: int) -> int:
    """Working precision for that many decimal digits, and some more."""
    return digits * 10 // 3 + GUARD_BITS


def decimal_exponent(x: Fraction) -> int:
    """The integer e with 10^e <= |x| < 10^(e+1), for x != 0."""
    x = abs(x)
    # log10(2) = 0.30102999566...; the guess is off by one at most, up to exponents of MAX_EXPONENT
    e = (x.numerator.bit_length() - x.denominator.bit_length()) * 30102999566 // 10**11
    while Fraction(10) ** e > x:
        e -= 1
    while Fraction(10) ** (e + 1) <= x:
        e += 1
    return e


def _written(n: int, place: int) -> str:
    """The decimal n * 10^place: positional near 1, in e-notation far from it."""
    if n == 0:
        return "0"
    minus, figures = ("-" if n < 0 else ""), str(abs(n))
    exponent = len(figures) - 1 + place
    if place >= 0 and exponent <= 20:
        return minus + figures + "0" * place
    if place < 0 and exponent >= -6:
        padded = figures.rjust(1 - place, "0")
        return minus + padded[:place] + "." + padded[place:]
    fraction = "." + figures[1:] if len(figures) > 1 else ""
    return f"{minus}{figures[0]}{fraction}e{exponent}"


def accuracy_bits(b: arb) -> int:
    """The number of correct leading bits of the ball; a ball around zero has none, an exact one very many."""
    return int(b.rel_accuracy_bits())


def strictly_inside(inner: arb, outer: arb) -> bool:
    """Whether inner lies in the interior of outer."""
    return bool(outer.contains_interior(inner))


def ball_matrix(A: Matrix, bits: int) -> arb_mat:
    """The matrix of balls around a rational matrix."""
    with precision(bits):
        return arb_mat(to_matrix(A))


def identity(n: int) -> arb_mat:
    """The unit matrix."""
    return arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])


def ball_column(vector: Sequence[Any]) -> arb_mat:
    """Balls as a matrix of one column."""
    return arb_mat(len(vector), 1, list(vector))


def scaled_up(b: arb, bits: int) -> int:
    """The least integer m with b <= m / 2^bits for every number of the ball."""
    if not b.is_finite():
        raise BadInput(
            f"an upper bound of the ball {b} was asked for, but it is not finite: raise the precision"
        )
    mantissa, exponent = (int(part) for part in b.upper().man_exp())
    shift = exponent + bits
    return mantissa << shift if shift >= 0 else -(-mantissa >> -shift)


def absolute(M: arb_mat) -> arb_mat:
    """Upper bounds of the absolute values."""
    return arb_mat(M.nrows(), M.ncols(), [v.abs_upper() for v in M.entries()])


def max_of(values: Iterable[arb]) -> arb:
    """The largest of some bounds."""
    best = arb(0)
    for v in values:
        best = best.max(v)
    return best.abs_upper()


def integer_near(b: arb, shift: int) -> fmpz:
    """An integer near 2^shift times the midpoint: for lattice reduction, which only guesses."""
    mantissa, exponent = b.mid().man_exp()
    exponent = int(exponent) + shift
    return mantissa << exponent if exponent >= 0 else mantissa >> -exponent
