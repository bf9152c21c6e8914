"""Integer matrices that never overflow: `int64` while a bound proves it safe, Python integers beyond.

Everything here is exact. Floating point appears in one role only, as a *carrier of integers*: sums and
products of integers that stay below 2^53 in absolute value are represented exactly by a float64, in any
order of summation, so a BLAS product is an exact integer product whenever the bound of `carried_exactly`
holds. Outside the bound the same product is formed in int64 (below 2^63) or in Python integers.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cmp_to_key
from math import lcm
from numbers import Rational
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from polyrelu.errors import BadInput

if TYPE_CHECKING:
    from numpy.typing import NDArray

IntMatrix: TypeAlias = "NDArray[Any]"  # dtype int64, or object holding Python integers

FLOAT_LIMIT = 2**53
INT64_LIMIT = 2**63 - 1


def largest(array: IntMatrix) -> int:
    """The largest absolute value, as a Python integer (so that -2^63 is no trap)."""
    return max(int(array.max()), -int(array.min())) if array.size else 0


def widen(array: IntMatrix) -> IntMatrix:
    """The same integers as Python integers."""
    return array.astype(object)


def row_sizes(array: IntMatrix) -> IntMatrix:
    """The largest absolute value in each row."""
    return np.asarray(np.abs(array).max(axis=1, initial=0))


def rough(array: IntMatrix) -> NDArray[np.float64]:
    """Floats in the proportions of the integers, for guesses only: huge integers lose a power of two."""
    excess = largest(array).bit_length() - 900
    return (array >> excess if excess > 0 else array).astype(np.float64)


def narrow(array: IntMatrix) -> IntMatrix:
    """The same integers in int64 if they all fit, else as they are."""
    if array.dtype == object and largest(array) <= INT64_LIMIT:
        return array.astype(np.int64)
    return array


def row_weight(rows: IntMatrix) -> int:
    """The largest sum of absolute values in a row: |x.w| <= row_weight * largest(w)."""
    if rows.dtype != object and largest(rows) * rows.shape[1] > INT64_LIMIT:
        rows = widen(rows)
    return int(np.abs(rows).sum(axis=1).max()) if rows.size else 0


def values(points: IntMatrix, rows: IntMatrix) -> NDArray[Any]:
    """The exact integers `points @ rows.T`: carried by float64, int64 or Python integers, as needed.

    >>> values(np.array([[2**40, 1]]), np.array([[2**40, -1]])).tolist()
    [[1208925819614629174706175]]
    """
    bound = max(1, row_weight(rows)) * max(
        1, largest(points)
    )  # no points at all do not make large rows small
    if bound < FLOAT_LIMIT:
        result: NDArray[Any] = points.astype(np.float64) @ rows.T.astype(np.float64)
        return result
    if bound <= INT64_LIMIT:
        return narrow(points) @ narrow(rows).T
    return widen(points) @ widen(rows).T


def integers(carried: NDArray[Any]) -> IntMatrix:
    """Exact values, carried in whatever way, as Python integers."""
    return widen(carried.astype(np.int64) if carried.dtype == np.float64 else carried)


def product(left: IntMatrix, right: IntMatrix) -> IntMatrix:
    """`left @ right.T` as an integer matrix (int64 or object)."""
    result = values(left, right)
    return result.astype(np.int64) if result.dtype == np.float64 else result


def nearest_quotient(numerator: IntMatrix, denominator: IntMatrix) -> IntMatrix:
    """The integer nearest to numerator / denominator (halves go up)."""
    quotient: IntMatrix = (2 * numerator + denominator) // (2 * denominator)
    return quotient


def divided_by_gcd(points: IntMatrix) -> IntMatrix:
    """Every row divided by the greatest common divisor of its entries; zero rows stay.

    >>> divided_by_gcd(np.array([[4, -6], [0, 0]])).tolist()
    [[2, -3], [0, 0]]
    """
    divisor = np.abs(np.gcd.reduce(points, axis=-1, keepdims=True))  # a single entry is not made positive
    quotient: IntMatrix = points // np.where(divisor == 0, 1, divisor)
    return quotient


def integer_row(row: Any) -> list[int]:
    """A positive multiple of a rational row, in integers. Floats are refused: they have no place here."""
    fractions = []
    for x in row:
        if not isinstance(x, Rational | np.integer):
            raise BadInput(f"rows must be integers or fractions, found {x!r}: convert it to a Fraction first")
        fractions.append(Fraction(int(x)) if isinstance(x, np.integer) else Fraction(x))
    scale = lcm(*(x.denominator for x in fractions))
    return [int(x * scale) for x in fractions]


def primitive_rows(rows: Any) -> IntMatrix:
    """Every row scaled by a positive rational to a primitive integer row; zero rows stay zero.

    >>> primitive_rows([[Fraction(1, 2), 3], [0, 0], [-4, 2]]).tolist()
    [[1, 6], [0, 0], [-2, 1]]
    """
    if isinstance(rows, np.ndarray) and rows.ndim == 2 and rows.dtype.kind in "iu":
        whole = rows.astype(object)
    else:
        lines = [integer_row(row) for row in rows]
        width = len(lines[0]) if lines else 0
        for number, line in enumerate(lines, 1):
            if len(line) != width:
                raise BadInput(f"row {number} has {len(line)} entries, row 1 has {width}: make them equal")
        whole = np.array(lines, dtype=object).reshape(len(lines), width)
    if whole.size == 0:
        raise BadInput(f"an arrangement needs at least one row and one column, found shape {whole.shape}")
    return narrow(divided_by_gcd(whole))


def slope_keys(x: IntMatrix, y: IntMatrix) -> NDArray[np.float64] | None:
    """Floats ordered and distinguished exactly as the slopes y / x, x >= 0, or None if that is not sure.

    Two different fractions with entries below 2^26 differ by at least 2^-52 relative to either of them, and
    division is correctly rounded (hence monotone, and equal fractions give equal floats): so below 2^26 the
    floats are distinct, and in order, exactly when the fractions are. Slope 1 / 0 is +infinity.
    """
    if max(largest(x), largest(y)) >= 2**26:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        keys: NDArray[np.float64] = y.astype(np.float64) / x.astype(np.float64)
    return keys


def slope_order(x: IntMatrix, y: IntMatrix, present: NDArray[np.bool_]) -> NDArray[np.intp]:
    """In each line, the present entries by increasing slope y / x (x >= 0, not both 0); the others last."""
    keys = slope_keys(x, y)
    if keys is not None:
        return np.argsort(np.where(present, keys, np.nan), axis=1)
    order = np.argsort(~present, axis=1, kind="stable")

    def compare(a: tuple[int, int], b: tuple[int, int]) -> int:
        return a[1] * b[0] - b[1] * a[0]

    for line, count in enumerate(np.count_nonzero(present, axis=1)):
        slopes = {int(k): (int(x[line, k]), int(y[line, k])) for k in order[line, :count]}
        order[line, :count] = sorted(slopes, key=lambda k: cmp_to_key(compare)(slopes[k]))
    return order


def packed(bits: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Rows of bits as rows of 64-bit words, in lexicographic order."""
    eight = np.packbits(bits, axis=1)
    whole = np.zeros((len(bits), -(-bits.shape[1] // 64) * 8), dtype=np.uint8)
    whole[:, : eight.shape[1]] = eight
    return whole.view(">u8").astype(np.uint64)
