"""Guess the number field of some real numbers from many of their digits, by lattice reduction (LLL).

If theta satisfies an integer polynomial whose coefficients are small against the number N of known bits, then the
lattice spanned by the rows (e_i, 2^N theta^i) has an unusually short vector, which LLL finds. In the same way each
number is written over the basis theta^j / f'(theta), in which the coefficients are much smaller than in the
powers of theta (it is, up to a factor, the dual basis for the trace).

This is a GUESS and is named so: relations are only checked on further digits. The field returned is genuine (its
polynomial is factored and its root isolated exactly), but that the elements are the numbers asked about must be
proved by the caller, for instance with `number_field.verify_root`.

>>> from polyrelu.exact.enclosure import ball
>>> guess = recognise(lambda bits: [ball(2, bits).sqrt(), ball(2, bits).sqrt() + 1], 4)
>>> guess is not None and guess[1][1] - guess[1][0] == 1
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from flint import arb, fmpq, fmpq_poly, fmpz, fmpz_mat, fmpz_poly

from polyrelu.budget import check
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import ball, integer_near, precision
from polyrelu.exact.number_field import Element, NumberField
from polyrelu.exact.square_roots import SqrtSum

Values: TypeAlias = Callable[[int], list[arb]]

DEGREES = (1, 2, 3, 4, 6, 8, 12, 16, 20, 24)
COEFFICIENT_BITS = (40, 120, 360, 1080)
MAX_BITS = 12000
CHECK_BITS = 96  # digits a relation has to satisfy beyond those it was found with
EXPRESS_FACTOR = 8  # the numbers may need this many times the bits that revealed the polynomial
FIRST_BITS, ROOT_BITS = 120, 4000
"""For a square root in a given field."""
RELATION_BITS = 150
"""At most, for relations between numbers."""
SINGLES = 2
COMBINATIONS = 2


def recognise(
    values_at: Values, max_degree: int, *, max_bits: int = MAX_BITS
) -> tuple[NumberField, list[Element]] | None:
    """A field of degree at most `max_degree` and its elements that agree with the numbers to all digits tried.

    `values_at(bits)` gives the numbers with about that many correct bits. A primitive element is looked for among
    the first numbers themselves and the last, which have the smallest polynomials, then among random small
    combinations. None:
    no such field was found with `max_bits` bits, which does not prove that there is none.
    """
    digits = _Digits(values_at)
    candidates = _candidates(len(digits.at(64)))
    if max_degree == 1:  # either all numbers are rational, or one that is not says enough
        candidates = candidates[:1]
    for weights in candidates:
        found = _minimal_polynomial(digits, weights, max_degree, max_bits)
        if found is None:
            continue
        field, bits = found
        elements = _express_all(digits, field, bits, min(EXPRESS_FACTOR * bits, max_bits))
        if elements is not None:
            return field, elements
    return None


def over_field(x: SqrtSum, field: NumberField) -> Element | None:
    """A sum of square roots as an element of a field; None where a root was not found to lie in it.

    Each root is guessed from digits, and verified: the square of a positive element.
    """
    total = field.rational(0)
    for m, c in x.terms.items():
        digits = _Digits(lambda bits, m=m: [ball(m, bits).sqrt()])  # type: ignore[misc]
        found = [field.rational(1)] if m == 1 else _express_all(digits, field, FIRST_BITS, ROOT_BITS)
        if found is None or found[0] * found[0] != m or not found[0] > 0:
            return None
        total = total + found[0] * c
    return total


def _candidates(count: int) -> list[list[int]]:
    """Weights of the primitive elements to try."""
    alone = sorted({*range(min(count, SINGLES)), count - 1})
    singles = [[int(i == j) for j in range(count)] for i in alone]
    random = Random(0)
    mixed = [
        [random.choice((-2, -1, 1, 2)) for _ in range(count)] for _ in range(COMBINATIONS if count > 1 else 0)
    ]
    return singles + mixed


@dataclass(frozen=True)
class _Digits:
    """The numbers, and their combinations, with any number of bits."""

    values_at: Values

    def at(self, bits: int) -> list[arb]:
        return self.values_at(bits)

    def combination(self, weights: Sequence[int], bits: int) -> arb:
        values = self.at(bits)
        with precision(bits):
            return sum((w * v for w, v in zip(weights, values, strict=True)), start=arb(0))


def _schedule(max_degree: int, max_bits: int) -> list[tuple[int, int]]:
    """The pairs (degree, bits) to try, cheap ones first: LLL costs about degree^4 bits^1.5, the root of the key."""
    degrees = sorted({*(d for d in DEGREES if d <= max_degree), max_degree})
    pairs = [(d, h * (d + 1)) for d in degrees for h in COEFFICIENT_BITS if h * (d + 1) <= max_bits]
    return sorted(pairs, key=lambda pair: pair[0] ** 8 * pair[1] ** 3)


def _minimal_polynomial(
    digits: _Digits, weights: Sequence[int], max_degree: int, max_bits: int
) -> tuple[NumberField, int] | None:
    """The field of the combination, and the bits that revealed it."""
    size = _binary_exponent(digits.combination(weights, 64))
    for degree, bits in _schedule(max_degree, max_bits):
        check()
        t = digits.combination(weights, bits + abs(size) * degree + 2 * CHECK_BITS)
        with precision(bits + abs(size) * degree + 2 * CHECK_BITS):
            relation = _relation(_powers(t, degree + 1), bits)
            f = None if relation is None else _vanishing_factor(fmpz_poly(relation), t)
        if f is not None:
            try:
                return NumberField.from_root(f, t), bits
            except BadInput:  # digits that fit no root after all
                continue
    return None


def _vanishing_factor(f: fmpz_poly, t: arb) -> fmpz_poly | None:
    """The irreducible factor that vanishes at t as far as t is known, if there is exactly one."""
    factors = [p for p, _ in f.factor()[1] if p.degree() > 0 and p(t).contains(0)]
    return factors[0] if len(factors) == 1 else None


def _express_all(digits: _Digits, field: NumberField, bits: int, max_bits: int) -> list[Element] | None:
    """Every number as an element of the field, raising the bits while some number resists."""
    while bits <= max_bits:
        check()
        known = bits + 2 * CHECK_BITS + field.degree * abs(_binary_exponent(field.theta_ball(64)))
        values = digits.at(known)
        with precision(known):
            elements = _express(values, field, bits, known)
        if elements is not None:
            return elements
        bits *= 2
    return None


def _express(values: Sequence[arb], field: NumberField, bits: int, known: int) -> list[Element] | None:
    """The numbers over the basis theta^j / f'(theta); None if one of them shows no relation."""
    theta, f = field.theta_ball(known), field.polynomial
    powers = _powers(theta, field.degree)
    slope = f.derivative()(theta)
    dual = field.element(f.derivative().coeffs()).inverse()
    elements: list[Element] = []
    for v in values:
        relation = _relation([*powers, v * slope], bits)
        if relation is None or relation[-1] == 0:
            return None
        numerator = fmpq_poly(relation[:-1]) / -fmpq(relation[-1])
        elements.append(Element(field, numerator) * dual)
    return elements


def _relation(numbers: Sequence[arb], bits: int) -> list[fmpz] | None:
    """Integers c, not all zero, with sum c_i x_i = 0 as far as the digits go, or None.

    The shortest vector is sought for c_i weighted by the size of x_i, since the terms c_i x_i cancel and so are of
    like sizes. It counts only if the sum also vanishes on the digits beyond `bits`.
    """
    sizes = [_binary_exponent(x) for x in numbers]
    least = min(sizes)
    n = len(numbers)
    rows = []
    for i, (x, size) in enumerate(zip(numbers, sizes, strict=True)):
        row = [fmpz(0)] * (n + 1)
        row[i] = fmpz(1) << (size - least)
        row[n] = integer_near(x, bits - least)
        rows.append(row)
    shortest = fmpz_mat(rows).lll().tolist()[0]
    c = [entry >> (size - least) for entry, size in zip(shortest[:n], sizes, strict=True)]
    total = sum((k * x for k, x in zip(c, numbers, strict=True)), start=arb(0))
    return c if any(c) and total.contains(0) else None


def relations(numbers: Sequence[arb]) -> list[list[int]]:
    """Independent integer vectors c with sum c_i x_i = 0 as far as the digits go, all far shorter than by accident.

    Any n numbers with N digits have relations whose coefficients have N / n digits: these have half as many.

    >>> t = ball(2, 100).sqrt()
    >>> relations([t, arb(1), t * 2 - 3]), relations([t, arb(1)])
    ([[-2, 3, 1]], [])
    """
    n, widest = len(numbers), max((x.rad() for x in numbers), default=arb(0))
    bits = min(RELATION_BITS, -_binary_exponent(widest) if widest > 0 else RELATION_BITS)
    bound = 1 << max(0, bits // (2 * max(n, 1)))
    if n < 2 or bound <= 2:
        return []
    rows = [[int(i == j) for j in range(n)] + [integer_near(x, bits)] for i, x in enumerate(numbers)]
    short = (list(map(int, row)) for row in fmpz_mat(rows).lll().tolist())
    return [row[:n] for row in short if max(map(abs, row[:n])) < bound and abs(row[n]) < bound * n]


def _powers(t: arb, count: int) -> list[arb]:
    """1, t, t^2, ... by products: flint's own power of a ball around zero is not a number."""
    powers = [arb(1)]
    while len(powers) < count:
        powers.append(powers[-1] * t)
    return powers


def _binary_exponent(x: arb) -> int:
    """An integer e with |x| of about 2^e (0 for a ball around zero)."""
    if x.contains(0):
        return 0
    mantissa, exponent = x.mid().man_exp()
    return int(mantissa.height_bits()) + int(exponent)
