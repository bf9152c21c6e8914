"""Real algebraic numbers in one field Q(theta), with theta a real root of an irreducible polynomial.

An element is a polynomial in theta of degree below that of the field, so it is zero iff the polynomial is; its
sign is then found by balls. The real root is named by a ball that provably contains exactly one root.

>>> K = NumberField.from_root(fmpz_poly([-2, 0, 0, 1]), arb(1.26, 0.01))
>>> x = K.theta
>>> x**3 == 2, (x - Fraction(5, 4)).sign(), str(1 / x)
(True, 1, '1/2*x^2')
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import arb, fmpq, fmpq_poly, fmpz_poly

from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import ends, precision
from polyrelu.exact.rational import is_rational, to_fmpq, to_fraction
from polyrelu.exact.real import ExactReal, is_zero

_ISOLATING_BITS = 64


@dataclass(frozen=True, eq=False)
class NumberField:
    """Q(theta) inside the real numbers. Two fields are the same only if they are the same object."""

    polynomial: fmpz_poly
    isolating: arb = field(repr=False)
    _balls: dict[int, arb] = field(default_factory=dict, repr=False)

    @classmethod
    def from_root(cls, polynomial: fmpz_poly | fmpq_poly, near: arb) -> NumberField:
        """The field of the only real root in the ball `near`; BadInput unless irreducible with one root there.

        The polynomial is factored exactly. Its real roots are isolated with growing precision until every one
        of them is proved to be inside or outside of `near`.
        """
        f = polynomial.numer() if isinstance(polynomial, fmpq_poly) else polynomial
        factors = f.factor()[1]
        if len(factors) != 1 or factors[0][1] != 1:
            raise BadInput(f"an irreducible polynomial was expected, found {polynomial}")
        f = factors[0][0]
        inside = _roots_inside(f, *ends(near))
        if len(inside) != 1:
            raise BadInput(f"one root of {f} was expected in {near}, found {len(inside)}")
        return cls(f, inside[0])

    @property
    def degree(self) -> int:
        """The degree over Q."""
        return int(self.polynomial.degree())

    @property
    def theta(self) -> Element:
        """The primitive element."""
        return Element(self, fmpq_poly([0, 1]) % fmpq_poly(self.polynomial))

    def rational(self, q: Any) -> Element:
        """A rational number as an element."""
        return Element(self, fmpq_poly([to_fmpq(q)]))

    def element(self, coefficients: Sequence[Any]) -> Element:
        """The element sum c_i theta^i, for any number of rational coefficients."""
        return Element(self, fmpq_poly([to_fmpq(c) for c in coefficients]) % fmpq_poly(self.polynomial))

    def theta_ball(self, bits: int) -> arb:
        """A ball around theta of relative accuracy about 2^-bits, inside no other root's reach."""
        if bits not in self._balls:
            self._balls[bits] = self._refined(bits)
        return self._balls[bits]

    def _refined(self, bits: int) -> arb:
        """The only ball among those of all real roots that meets the isolating one.

        The isolating ball contains theta and no other root; a ball of another root may still touch it from
        outside, and then the precision is raised.
        """
        working = bits + 10
        while True:
            touching = [b for b in _real_roots(self.polynomial, working) if b.overlaps(self.isolating)]
            if len(touching) == 1:
                return touching[0]
            working *= 2


def _real_roots(f: fmpz_poly, bits: int) -> list[arb]:
    """Disjoint balls around the real roots of a squarefree polynomial (flint proves which roots are real)."""
    with precision(bits):
        return [root.real for root, _ in f.complex_roots() if root.imag.is_zero()]


def _roots_inside(f: fmpz_poly, lo: Fraction, hi: Fraction) -> list[arb]:
    """Balls, disjoint from each other, of those real roots of f in [lo, hi]; ends that are roots count as inside."""
    bits = _ISOLATING_BITS
    while True:
        decided = [(b, _between(f, b, lo, hi)) for b in _real_roots(f, bits)]
        if all(inside is not None for _, inside in decided):
            return [b for b, inside in decided if inside]
        bits *= 2


def _between(f: fmpz_poly, root: arb, lo: Fraction, hi: Fraction) -> bool | None:
    """Whether the root in the ball lies in [lo, hi]; None if the ball must shrink first."""
    left, right = ends(root)
    if lo <= left and right <= hi:
        return True
    if right < lo or hi < left:
        return False
    meets = [end for end in (lo, hi) if left <= end <= right and f(to_fmpq(end)) == 0]
    return True if meets else None


class Element(ExactReal):
    """A frozen element of a number field; + - * / and comparisons also with rationals."""

    __slots__ = ("_inverse", "field", "poly")

    def __init__(self, field: NumberField, poly: fmpq_poly):
        """Trusts that the polynomial has smaller degree than the field."""
        self.field = field
        self.poly = poly
        self._inverse: Element | None = None

    def is_zero(self) -> bool:
        """Exact: 1, theta, theta^2, ... are independent below the degree."""
        return bool(self.poly == 0)

    def rational(self) -> fmpq | None:
        """The number as an fmpq if it is rational, else None."""
        return self.poly[0] if self.poly.degree() <= 0 else None

    def ball(self, bits: int) -> arb:
        """A ball that contains the number, computed with that many bits (relative accuracy may be less)."""
        theta = self.field.theta_ball(bits)
        with precision(bits):
            return self.poly.numer()(theta) / arb(self.poly.denom())

    def _lift(self, other: Any) -> fmpq_poly | None:
        """The polynomial of a number of the same field, or None if other is of another kind."""
        if isinstance(other, Element):
            if other.field is not self.field:
                raise BadInput("two numbers of different number fields cannot be combined")
            return other.poly
        return fmpq_poly([to_fmpq(other)]) if is_rational(other) else None

    def __add__(self, other: Any) -> Any:
        q = self._lift(other)
        return self._beside(other, operator.add) if q is None else Element(self.field, self.poly + q)

    __radd__ = __add__

    def __neg__(self) -> Element:
        return Element(self.field, -self.poly)

    def __pos__(self) -> Element:
        return self

    def __sub__(self, other: Any) -> Any:
        q = self._lift(other)
        return self._beside(other, operator.sub) if q is None else Element(self.field, self.poly - q)

    def __rsub__(self, other: Any) -> Any:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Any:
        q = self._lift(other)
        if q is None:
            return self._beside(other, operator.mul)
        return Element(self.field, (self.poly * q) % fmpq_poly(self.field.polynomial))

    __rmul__ = __mul__

    def __pow__(self, exponent: int) -> Element:
        base = self if exponent >= 0 else self.inverse()
        power = self.field.rational(1)
        for bit in bin(abs(exponent))[2:]:
            power = power * power * (base if bit == "1" else 1)
        return power

    def inverse(self) -> Element:
        """1/x from the Bezout identity with the minimal polynomial; kept, since it costs a hundred products."""
        if self.is_zero():
            raise ZeroDivisionError("division by an algebraic number that is zero")
        if self._inverse is None:
            _, u, _ = self.poly.xgcd(fmpq_poly(self.field.polynomial))
            self._inverse = Element(self.field, u)
        return self._inverse

    def __truediv__(self, other: Any) -> Any:
        if is_rational(other):
            return self.__mul__(1 / to_fmpq(other))
        if isinstance(other, Element):
            return self.__mul__(other.inverse())
        return self._beside(other, operator.truediv)

    def __rtruediv__(self, other: Any) -> Any:
        return self.inverse().__mul__(other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Element) and other.field is not self.field:
            return NotImplemented
        q = self._lift(other)
        return NotImplemented if q is None else bool(self.poly == q)

    def __hash__(self) -> int:
        q = self.rational()
        return hash((id(self.field), str(self.poly))) if q is None else hash(to_fraction(q))

    def __str__(self) -> str:
        return str(self.poly)

    def __repr__(self) -> str:
        return f"Element({self.poly}, x = {self.field.theta_ball(64).str(15, radius=False)})"


def verify_root(
    F: Callable[[Sequence[Any]], Sequence[Any]], elements: Sequence[Any], box: Sequence[arb]
) -> bool:
    """Whether the exact numbers satisfy F = 0 exactly and lie in the box: the proof after a guess.

    F must use only + - * / of its arguments and rational numbers. If a Krawczyk test has shown that the box holds
    exactly one root, True means that the elements are that root.
    """
    return all(is_zero(value) for value in F(elements)) and all(
        lies_in(x, b) for x, b in zip(elements, box, strict=True)
    )


def lies_in(x: Any, b: arb) -> bool:
    """Whether an exact number lies in the ball, ends included; decided exactly."""
    lo, hi = map(to_fmpq, ends(b))
    return bool(lo <= x <= hi)
