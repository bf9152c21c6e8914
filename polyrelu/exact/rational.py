"""Rational numbers and matrices on flint: every conversion, and squares.

The door is one way: `to_fmpq` accepts whatever is exact (int, Fraction, numpy integers, fmpz, fmpq) and refuses
floats; `to_fraction` leads back. A matrix argument may be an `fmpq_mat`, an `fmpz_mat`, or rows of exact numbers.

>>> squarefree_part(Fraction(8, 3))
(2/3, 6)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from numbers import Rational as PythonRational
from typing import Any, TypeAlias

from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from polyrelu.errors import BadInput, LimitReached

Rational: TypeAlias = "int | Fraction | fmpz | fmpq"
Matrix: TypeAlias = "fmpq_mat | fmpz_mat | Sequence[Sequence[Rational]]"

HARD_DIGITS = 50  # flint splits a product of two primes of 25 digits each in about a second
_TRIAL_PRIMES = 3000


# ------------------------------------------------------------------ conversions


def to_fmpq(x: Rational) -> fmpq:
    """The same number as an fmpq; floats are refused, since they are rarely the number that was meant."""
    if isinstance(x, fmpq):
        return x
    if isinstance(x, int | fmpz):
        return fmpq(x)
    if isinstance(x, PythonRational):
        return fmpq(int(x.numerator), int(x.denominator))
    raise BadInput(f"an int, Fraction, fmpz or fmpq was expected, found {x!r} of type {type(x).__name__}")


def to_fraction(x: Rational) -> Fraction:
    """The same number as a Fraction."""
    q = to_fmpq(x)
    return Fraction(int(q.p), int(q.q))


def is_rational(x: object) -> bool:
    """Whether x is of a rational type."""
    return isinstance(x, PythonRational | fmpz | fmpq)


def to_vector(entries: Iterable[Rational]) -> list[fmpq]:
    """The entries as a list of fmpq."""
    return [to_fmpq(x) for x in entries]


def to_matrix(rows: Matrix, columns: int | None = None) -> fmpq_mat:
    """The rows as an fmpq_mat; `columns` gives the width when there may be no rows."""
    if isinstance(rows, fmpq_mat):
        return rows
    if isinstance(rows, fmpz_mat):
        return fmpq_mat(rows)
    table = [to_vector(row) for row in rows]
    width = columns if columns is not None else len(table[0]) if table else 0
    if any(len(row) != width for row in table):
        raise BadInput(f"rows of {width} entries were expected, found rows of {[len(r) for r in table]}")
    return fmpq_mat(len(table), width, [x for row in table for x in row])


def column(entries: Iterable[Rational]) -> fmpq_mat:
    """The entries as a matrix of one column."""
    vector = to_vector(entries)
    return fmpq_mat(len(vector), 1, vector)


def primitive_scale(vector: Sequence[Rational]) -> tuple[list[fmpz], fmpq]:
    """The primitive integer vector w and the positive rational s with w = s * vector (s = 1 for zero)."""
    entries = to_vector(vector)
    multiple, content = fmpz(1), fmpz(0)
    for x in entries:
        multiple = multiple.lcm(x.q)
    integers = [(x * multiple).p for x in entries]
    for n in integers:
        content = content.gcd(n)
    if content == 0:
        return integers, fmpq(1)
    return [n // content for n in integers], fmpq(multiple, content)


def integer_rows(A: Matrix) -> fmpz_mat:
    """Each row replaced by its primitive positive multiple."""
    A = to_matrix(A)
    rows = [primitive_scale(row)[0] for row in A.tolist()]
    return fmpz_mat(A.nrows(), A.ncols(), [x for row in rows for x in row])


def select_rows(A: Any, indices: Sequence[int]) -> Any:
    """The sub-matrix of the given rows, of the same flint type."""
    table = A.tolist()
    return type(A)(len(indices), A.ncols(), [x for i in indices for x in table[i]])


# ------------------------------------------------------------------ squares


def square_root(x: fmpq) -> fmpq | None:
    """The rational square root, where there is one."""
    if x < 0 or not (x.p.is_square() and x.q.is_square()):
        return None
    return fmpq(x.p.isqrt(), x.q.isqrt())


def squarefree_part(m: Rational) -> tuple[fmpq, fmpz]:
    """The pair (c, f) with m = c^2 f, c a positive rational and f a squarefree positive integer.

    This needs the factors of m. After small primes and perfect powers a composite factor of more than
    HARD_DIGITS digits is refused with LimitReached, because nothing fast could split it.
    """
    m = to_fmpq(m)
    if m <= 0:
        raise BadInput(f"the squarefree part of {m} was asked for, but only positive numbers have one")
    root_p, free_p = _split_square(m.p)
    root_q, free_q = _split_square(m.q)
    return fmpq(root_p, root_q * free_q), free_p * free_q


def _split_square(n: fmpz) -> tuple[fmpz, fmpz]:
    """The pair (c, f) with n = c^2 f and f squarefree, for a positive integer n."""
    root, free = fmpz(1), fmpz(1)
    for p, e in _factors(n):
        root *= p ** (e // 2)
        free *= p ** (e % 2)
    return root, free


def _factors(n: fmpz) -> list[tuple[fmpz, int]]:
    """Prime factors, with enough of the work bounded that no number can keep us waiting for hours."""
    found: dict[int, int] = {}
    for p, e in n.factor(trial_limit=_TRIAL_PRIMES):
        for prime, f in _factor_rest(p):
            found[int(prime)] = found.get(int(prime), 0) + e * f
    return [(fmpz(p), e) for p, e in found.items()]


def _factor_rest(n: fmpz) -> list[tuple[fmpz, int]]:
    """Factor what trial division left: a prime, a square, or something of moderate size."""
    if n.is_prime():
        return [(n, 1)]
    if n.is_square():
        return [(p, 2 * e) for p, e in _factors(n.isqrt())]
    digits = n.height_bits() * 30103 // 100000 + 1
    if digits > HARD_DIGITS:
        raise LimitReached(
            f"the squarefree part of a number with a composite factor of about {digits} digits was asked for; "
            f"factoring is limited to {HARD_DIGITS} digits (rational.HARD_DIGITS)"
        )
    return [(p, int(e)) for p, e in n.factor()]
