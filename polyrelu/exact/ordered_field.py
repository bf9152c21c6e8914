"""What exact geometry asks of a number: + - * / and the sign. Vectors over any such ordered field.

A number is an int, a Fraction, a flint `fmpz` or `fmpq`, or an object of any class with the four operations
(with itself and with ints) and a method `sign()` returning -1, 0 or 1. Rational vectors are kept as primitive
integers, since division-free integer arithmetic is both exact and fast; other vectors are scaled so that the
first entry that is not zero is 1 or -1.

>>> primitive([Fraction(1, 2), Fraction(-1, 3)])
(3, -2)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from functools import cmp_to_key
from math import gcd, lcm
from numbers import Rational
from typing import Any, TypeAlias

import flint

from polyrelu.errors import BadInput

Scalar: TypeAlias = Any  # an element of an ordered field; a Protocol cannot say "closed under + with ints"
Vector: TypeAlias = tuple[Scalar, ...]


def sign(x: Scalar) -> int:
    """-1, 0 or 1, exactly. Floating point is refused: its sign is not the sign of the number meant."""
    if isinstance(x, Rational | flint.fmpz | flint.fmpq):
        value: Scalar = x  # the abstract class Rational declares no order
        return int(value > 0) - int(value < 0)
    _refuse_inexact(x)
    return int(x.sign())


def _refuse_inexact(x: Scalar) -> None:
    if not hasattr(x, "sign") or isinstance(x, float):
        raise BadInput(f"an exact number was expected, found {x!r}: give a Fraction or a field element")


def is_zero(x: Scalar) -> bool:
    """Whether x is exactly zero."""
    return sign(x) == 0


def as_fraction(x: Scalar) -> Fraction | None:
    """The Fraction equal to x, or None if the type of x is not a rational one."""
    if isinstance(x, Rational):
        return Fraction(int(x.numerator), int(x.denominator))
    if isinstance(x, flint.fmpq):
        return Fraction(int(x.p), int(x.q))
    return Fraction(int(x)) if isinstance(x, flint.fmpz) else None


def common_field(vectors: Iterable[Sequence[Scalar]]) -> list[Vector]:
    """The same vectors with all entries in one field: all Fractions, or all of the one other type present.

    After this no operation mixes types, and no division of two ints can slip into floating point.
    """
    rows = [tuple((x, as_fraction(x)) for x in v) for v in vectors]
    others = [x for row in rows for x, q in row if q is None]
    for x in others:
        _refuse_inexact(x)
    if not others:
        return [tuple(q for _, q in row) for row in rows]
    zero = others[0] - others[0]

    def lift(x: Scalar, q: Fraction | None) -> Scalar:
        return x if q is None else (zero + q.numerator) / q.denominator

    return [tuple(lift(x, q) for x, q in row) for row in rows]


def is_rational(vectors: Iterable[Sequence[Scalar]]) -> bool:
    """Whether every entry is of a rational type."""
    return all(isinstance(x, Rational | flint.fmpz | flint.fmpq) for v in vectors for x in v)


def primitive(vector: Sequence[Scalar]) -> Vector:
    """The canonical positive multiple: primitive integers over Q, first nonzero entry +-1 elsewhere."""
    if all(isinstance(x, int) for x in vector):
        common = gcd(*vector)
        return tuple(vector) if common < 2 else tuple(x // common for x in vector)
    if is_rational([vector]):
        fractions = [as_fraction(x) or Fraction(0) for x in vector]
        scale = lcm(*(q.denominator for q in fractions))
        return primitive([int(q * scale) for q in fractions])
    pivot = next((x for x in vector if not is_zero(x)), None)
    if pivot is None:
        return tuple(vector)
    size = pivot if sign(pivot) > 0 else -1 * pivot
    return tuple(x / size for x in vector)


def dot(a: Sequence[Scalar], x: Sequence[Scalar]) -> Scalar:
    """The inner product a.x; the sum over no coordinates is 0."""
    products = [p * q for p, q in zip(a, x, strict=True)]
    return sum(products[1:], start=products[0]) if products else 0


def echelon(vectors: Iterable[Sequence[Scalar]]) -> list[Vector]:
    """The reduced row echelon basis of the span (every pivot 1): canonical for the subspace."""
    basis: list[Vector] = []
    for vector in common_field(vectors):
        rest = reduce_modulo(vector, basis)
        lead = next((j for j, x in enumerate(rest) if not is_zero(x)), None)
        if lead is not None:
            unit = tuple(x / rest[lead] for x in rest)
            basis = [*(_eliminate(row, unit, lead) for row in basis), unit]
    return sorted(basis, key=pivot)


def pivot(row: Sequence[Scalar]) -> int:
    """The position of the first entry that is not zero."""
    return next(j for j, x in enumerate(row) if not is_zero(x))


def reduce_modulo(vector: Sequence[Scalar], basis: Iterable[Sequence[Scalar]]) -> Vector:
    """The representative of the vector modulo an echelon basis: zero in every pivot position."""
    rest = tuple(vector)
    for row in basis:
        rest = _eliminate(rest, row, pivot(row))
    return rest


def _eliminate(vector: Sequence[Scalar], row: Sequence[Scalar], j: int) -> Vector:
    factor = vector[j]
    return tuple(x - factor * y for x, y in zip(vector, row, strict=True))


def distinct(vectors: Iterable[Sequence[Scalar]]) -> list[Vector]:
    """The vectors in lexicographic order, each once."""

    def compare(v: Vector, w: Vector) -> int:
        return next((s for x, y in zip(v, w, strict=True) if (s := sign(x - y))), 0)

    given = [tuple(v) for v in vectors]
    if is_rational(given):
        return sorted(set(given))
    ordered = sorted(given, key=cmp_to_key(compare))
    return [v for i, v in enumerate(ordered) if i == 0 or compare(ordered[i - 1], v)]
