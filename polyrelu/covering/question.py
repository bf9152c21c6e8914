"""What is asked: is f_s(u) = sum_i s nu_i (x_i.u)_+ < lambda ||u|| in every direction u that no known star settles?

Merge first. Rows that are multiples x_i = m_i v of one primitive integer vector v (first entry positive) share a
hyperplane. Since (-z)_+ = (z)_+ - z, together they add

    C_v (v.u)_+  -  (sum_(m_i < 0) nu_i |m_i|) v.u,        C_v = sum_i nu_i |m_i|,

so that f_s = s (sum_v C_v (v.u)_+ - l.u) has one kink for each line v, and none where C_v = 0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from math import gcd, inf, isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.exact.integers import IntMatrix


@dataclass(frozen=True)
class Star:
    """A known tight neuron u_k: its sign s, and the sign of x_j.u_k for every row (0 on Z_k, and on zero rows).

    Not `tight`: another vector of R^n is meant, for which the caller has shown f(u) <= w.u on the star, |w| <= lambda.
    """

    sign: int
    side: tuple[int, ...]
    tight: bool = True


@dataclass(frozen=True, eq=False)
class Lines:
    """The rows, merged: integer lines V, numerators C of their coefficients, and the linear form l (all times 2^k)."""

    V: IntMatrix  # (L, d), Python integers
    C: tuple[int, ...]
    linear: tuple[int, ...]
    spread: tuple[int, ...]
    """sum of |m_i|: C_v is known up to `radius` times this."""
    line: tuple[int, ...]
    """The line of each row; -1 for zero rows."""
    turned: tuple[int, ...]
    """The sign of m_i for each row."""


@dataclass(frozen=True, eq=False)
class Question:
    """Rows (integers), an enclosure of nu, the level lambda in the units of the rows, and the stars known.

    `nu` are integers m_i with |nu_i - m_i / 2^bits| <= radius. With `gap` the question is f < (1 + gap) lambda ||u||.
    With `offset`, the last coordinate b of a direction (u, b) does not enter the norm, and |b| <= max |u_j|. Then the
    sum of nu is 0 (of the true one, too), as with a free output bias, and all rows end with the same number; without an
    error of rounding that is not asked.
    `hard`, where it is given, are the pairs (s, line) whose coefficient s C_v a star may not take for negative, as far
    as the caller knows; else they are those of unproved sign. A coefficient that is positive here always is.
    `stretch` is for coordinates in which a direction may be longer than ||u||, by this share at most: above the level
    is what is above it all the same.
    """

    rows: Any
    nu: tuple[int, ...]
    bits: int
    lam: Fraction
    radius: Fraction = Fraction(0)
    stars: tuple[Star, ...] = ()
    gap: Fraction = Fraction(0)
    signs: tuple[int, ...] = (1, -1)
    offset: bool = False
    hard: frozenset[tuple[int, int]] | None = None
    stretch: Fraction = Fraction(0)

    def __post_init__(self) -> None:
        """Refuse what has no meaning; integers of any numpy type become Python integers."""
        rows = np.array([[int(x) for x in row] for row in self.rows], dtype=object)
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "nu", tuple(int(m) for m in self.nu))
        object.__setattr__(self, "lam", Fraction(self.lam))
        object.__setattr__(self, "gap", Fraction(self.gap))
        object.__setattr__(self, "radius", Fraction(self.radius))
        object.__setattr__(self, "stars", tuple(self.stars))
        if rows.ndim != 2 or not rows.size or len(rows) != len(self.nu):
            raise ValueError(
                f"{len(self.nu)} residuals for rows of shape {rows.shape}; give one for each row"
            )
        if self.lam <= 0:
            raise ValueError(f"the level is {self.lam}; a covering needs a positive one")
        if self.radius < 0 or self.gap < 0 or self.bits < 0:
            raise ValueError("radius, gap and bits must not be negative")
        if self.offset and rows.shape[1] < 2:
            raise ValueError("with an offset the rows need a column besides it")
        if self.offset and self.radius and (sum(self.nu) != 0 or len({row[-1] for row in rows}) > 1):
            raise ValueError("with an offset the residuals add up to 0, and the last column is constant")
        for star in self.stars:
            if star.sign not in (1, -1) or len(star.side) != len(rows) or not set(star.side) <= {-1, 0, 1}:
                raise ValueError("a star needs the sign 1 or -1, and a side -1, 0 or 1 for each row")

    @property
    def d(self) -> int:
        """Number of coordinates of a direction, the offset included."""
        return int(self.rows.shape[1])

    @property
    def normed(self) -> int:
        """Number of coordinates that enter the norm."""
        return self.d - self.offset

    @cached_property
    def eta(self) -> Fraction:
        """An upper bound of sum ||x_i|| |nu_i - m_i / 2^bits|: f_s moves by at most eta ||u|| inside the enclosure."""
        if (
            self.radius and self.offset
        ):  # sums of nu and of the midpoint are 0: any row may be taken for the origin
            return self.radius * len(self.rows) * max(norm_above(row[:-1]) for row in self.rows)
        return self.radius * sum(self.norms) if self.radius else Fraction(0)

    @cached_property
    def norms(self) -> list[int]:
        """An integer that is at least the norm, for each row."""
        return [norm_above(row) for row in self.rows]

    @cached_property
    def lines(self) -> Lines:
        """The rows merged into lines, in the order of their first rows."""
        return merged(self.rows, self.nu)

    @property
    def level(self) -> Fraction:
        """What the rational midpoint must stay below, so that nu itself is below (1 + gap) lambda."""
        return self.lam * (1 + self.gap) - self.eta

    @cached_property
    def fingerprint(self) -> str:
        """A hash of everything that is asked."""
        parts = (
            self.rows.shape,
            [str(x) for x in self.rows.flat],
            self.nu,
            self.bits,
            *(str(x) for x in (self.lam, self.radius, self.gap)),
            [(star.sign, tuple(int(x) for x in star.side)) for star in self.stars],
            tuple(self.signs),
            self.offset,
            *([] if self.hard is None else [sorted(self.hard)]),
            *([str(self.stretch)] if self.stretch else []),
        )
        return hashlib.sha256(repr(parts).encode()).hexdigest()

    def value(self, sign: int, vector: Sequence[int]) -> int:
        """2^bits f_s(vector) at the midpoint, for an integer vector."""
        products = self.rows @ np.array([int(x) for x in vector], dtype=object)
        return sign * sum(m * int(z) for m, z in zip(self.nu, products, strict=True) if z > 0)

    def height(self, sign: int, vector: Sequence[int]) -> float:
        """f_s(vector) / ||vector||, rounded: for people and for sorting only."""
        square = sum(int(x) ** 2 for x in vector[: self.normed])
        try:
            return float(Fraction(self.value(sign, vector), 2**self.bits) / isqrt(square << 128) * 2**64)
        except OverflowError:
            return inf

    def exceeds(self, sign: int, vector: Sequence[int]) -> bool:
        """Whether f_s(vector) > (1 + gap) lambda ||vector|| is proved, for every nu of the enclosure."""
        level = self.lam * (1 + self.gap) * (1 + self.stretch) + self.eta
        value = Fraction(self.value(sign, vector), 2**self.bits)
        return value > 0 and value**2 > level**2 * sum(int(x) ** 2 for x in vector[: self.normed])


def norm_above(vector: Sequence[int] | NDArray[Any]) -> int:
    """An integer that is at least the Euclidean norm."""
    square = sum(int(x) * int(x) for x in vector)
    root = isqrt(square)
    return root if root * root == square else root + 1


def merged(rows: IntMatrix, nu: Sequence[int]) -> Lines:
    """One line for each direction among the rows, up to sign.

    >>> found = merged(np.array([[2, 4], [-1, -2], [0, 0]], dtype=object), [3, 5, 7])
    >>> found.V.tolist(), found.C, found.linear, found.line
    ([[1, 2]], (11,), (5, 10), (0, 0, -1))
    """
    V, line, factor = _directions(tuple(map(tuple, rows.tolist())))
    C, spread, linear = [0] * len(V), [0] * len(V), [0] * rows.shape[1]
    for k, f, m in zip(line, factor, nu, strict=True):
        if k < 0:
            continue
        C[k] += m * abs(f)
        spread[k] += abs(f)
        if f < 0:
            linear = [a - m * f * x for a, x in zip(linear, V[k], strict=True)]
    turned = tuple((f > 0) - (f < 0) for f in factor)
    return Lines(V, tuple(C), tuple(linear), tuple(spread), line, turned)


@lru_cache(maxsize=16)
def _directions(rows: tuple[tuple[int, ...], ...]) -> tuple[IntMatrix, tuple[int, ...], tuple[int, ...]]:
    """The primitive vectors, and for each row the number of its own and the factor m_i; -1 and 0 for a zero row."""
    place: dict[tuple[int, ...], int] = {}
    line, factors = [], []
    for row in rows:
        factor = gcd(*row)
        if factor and next(x for x in row if x) < 0:
            factor = -factor
        v = tuple(x // factor for x in row) if factor else ()
        line.append(place.setdefault(v, len(place)) if factor else -1)
        factors.append(factor)
    V = np.array(list(place), dtype=object).reshape(len(place), len(rows[0]))
    return V, tuple(line), tuple(factors)
