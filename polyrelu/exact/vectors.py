"""Vectors up to scale over one ordered field: what exact geometry compares, sorts and lists.

A number is rational, or an object of any class with the four operations (with itself and with ints) and a method
`sign()` returning -1, 0 or 1. Rational vectors are kept as primitive integers, since division-free integer arithmetic
is both exact and fast; other vectors are scaled so that the first entry that is not zero is 1 or -1.

>>> primitive([fmpq(1, 2), fmpq(-1, 3)])
(3, -2)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cmp_to_key
from math import gcd

from flint import fmpq

from polyrelu.exact.rational import is_rational, primitive_scale, to_fmpq
from polyrelu.exact.real import Number, Vector, is_zero, sign


def all_rational(vectors: Iterable[Vector]) -> bool:
    """Whether every entry is of a rational type."""
    return all(is_rational(x) for v in vectors for x in v)


def common_field(vectors: Iterable[Vector]) -> list[Vector]:
    """The same vectors with all entries in one field: all fmpq, or all of the one other type present.

    After this no operation mixes types, and no division of two ints can slip into floating point.
    """
    rows: list[Vector] = [tuple(to_fmpq(x) if is_rational(x) else x for x in v) for v in vectors]
    others = [x for row in rows for x in row if not isinstance(x, fmpq)]
    for x in others:
        sign(x)  # refuses what is not exact
    if not others:
        return rows
    zero = others[0] - others[0]

    def lift(x: Number) -> Number:
        return (zero + int(x.p)) / int(x.q) if isinstance(x, fmpq) else x

    return [tuple(map(lift, row)) for row in rows]


def primitive(vector: Vector) -> tuple[Number, ...]:
    """The canonical positive multiple: primitive integers over Q, first nonzero entry +-1 elsewhere."""
    if all(isinstance(x, int) for x in vector):
        common = gcd(*vector)
        return tuple(vector) if common < 2 else tuple(x // common for x in vector)
    if all_rational([vector]):
        return tuple(map(int, primitive_scale(vector)[0]))
    pivot = next((x for x in vector if not is_zero(x)), None)
    if pivot is None:
        return tuple(vector)
    size = pivot if sign(pivot) > 0 else -1 * pivot
    return tuple(x / size for x in vector)


def distinct(vectors: Iterable[Vector]) -> list[Vector]:
    """The vectors in lexicographic order, each once."""

    def compare(v: Vector, w: Vector) -> int:
        return next((s for x, y in zip(v, w, strict=True) if (s := sign(x - y))), 0)

    given = [tuple(v) for v in vectors]
    if all_rational(given):
        return [*sorted(set(given))]
    ordered: list[Vector] = sorted(given, key=cmp_to_key(compare))
    return [v for i, v in enumerate(ordered) if i == 0 or compare(ordered[i - 1], v)]
