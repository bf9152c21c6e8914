"""How the numbers of a root are written: exactly, or as the integers nearest to 2^bits times each coordinate.

*Enclosed.* The coordinate x is written as the integer m with |x - m / 2^bits| < 1 / 2^(bits + 1). So m is determined
by x, and the checker's box of half a unit around m leaves no other choice.

*Exact.* Rational combinations of a basis: square roots of integers, or the powers of one root of a polynomial.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Any

from flint import fmpq

from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import ends, precision
from polyrelu.exact.number_field import Element, NumberField
from polyrelu.exact.rational import is_rational, to_fmpq
from polyrelu.exact.square_roots import SqrtSum
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.point import Point

MAX_DIGITS = 4000
ISOLATING_BITS = 64
MARGIN_BITS = 64
"""Bits beyond those written, so that rounding to the nearest integer is decided."""


def rational_text(x: Any) -> str:
    """p or p/q in lowest terms."""
    text = str(to_fmpq(x))
    if max(map(len, text.split("/"))) > MAX_DIGITS:
        raise LimitReached(f"a number of the proof has more than {MAX_DIGITS} digits; it is not written")
    return text


def c_in_echelon(point: Point, c: Sequence[Any]) -> list[Any]:
    """The coordinates of B c in the reduced row echelon basis of U: its entries at the pivots."""
    B = point.structure.B
    if not point.structure.r:
        return []
    reduced, rank = B.transpose().rref()
    pivots = [next(j for j in range(reduced.ncols()) if reduced[i, j] != 0) for i in range(rank)]
    return [sum((v * B[p, k] for k, v in enumerate(c)), start=fmpq(0)) for p in pivots]


def enclosed_point(point: Point, order: Sequence[int], bits: int) -> dict[str, Any]:
    """The root with `bits` binary digits after the point, its neurons in the given order."""
    rough = point.balls(bits)
    size = max((abs(end) for v in [*rough.nu, *rough.weights, *rough.c] for end in ends(v)), default=0)
    digits = bits + MARGIN_BITS + floor(size).bit_length()
    at = point.balls(digits)
    with precision(digits + MARGIN_BITS):
        c = c_in_echelon(point, at.c)
    return {
        "bits": bits,
        "nu": [_nearest(v, bits) for v in at.nu],
        "weights": [_nearest(at.weights[k], bits) for k in order],
        "c": [_nearest(v, bits) for v in c],
    }


def _nearest(ball: Any, bits: int) -> str:
    lo, hi = (floor(end * 2**bits + Fraction(1, 2)) for end in ends(ball))
    if lo != hi:
        raise Undecided(f"a coordinate of the root is not known to {bits} binary digits")
    return str(lo)


class Basis:
    """The basis that all exact numbers of one proof are written in."""

    def __init__(self, numbers: Sequence[Any]):
        self.field: NumberField | None = next((x.field for x in numbers if isinstance(x, Element)), None)
        self.radicands = sorted({1}.union(*(x.terms for x in numbers if isinstance(x, SqrtSum))))

    def spec(self) -> dict[str, Any]:
        """The description of the basis."""
        if self.field is None:
            return {"radicands": [str(m) for m in self.radicands]}
        lo, hi = ends(self.field.theta_ball(2 * ISOLATING_BITS))
        unit = 2**ISOLATING_BITS
        if floor(lo * unit) != floor(hi * unit):
            raise Undecided("the root of the number field cannot be isolated on the grid of the proof file")
        return {
            "polynomial": [str(c) for c in self.field.polynomial.coeffs()],
            "bits": ISOLATING_BITS,
            "interval": str(floor(lo * unit)),
        }

    def number(self, x: Any) -> list[str]:
        """The coefficients of a number."""
        if self.field is not None:
            poly = x.poly if isinstance(x, Element) else None
            coefficients = [poly[i] if poly is not None else fmpq(0) for i in range(self.field.degree)]
            if is_rational(x):
                coefficients[0] = to_fmpq(x)
            return [rational_text(c) for c in coefficients]
        terms = {1: to_fmpq(x)} if is_rational(x) else x.terms
        return [rational_text(terms.get(m, 0)) for m in self.radicands]


def exact_coordinates(point: Point) -> Coordinates:
    """The root as exact numbers, with c in the echelon basis of U."""
    if point.exact is None:
        raise Undecided("no exact field was found for the root")
    at = point.exact.at
    return Coordinates(list(at.nu), list(at.weights), c_in_echelon(point, at.c))


def exact_point(at: Coordinates, order: Sequence[int], basis: Basis) -> dict[str, Any]:
    """The root in a basis, its neurons in the given order."""
    return {
        "field": basis.spec(),
        "nu": [basis.number(v) for v in at.nu],
        "weights": [basis.number(at.weights[k]) for k in order],
        "c": [basis.number(v) for v in at.c],
    }
