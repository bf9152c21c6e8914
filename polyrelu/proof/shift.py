"""Coordinates for problems with a free hidden bias: rows moved to a centre, so that biases are not larger than need be.

x.u + b = (x - c).u + (b + c.u). For the covering the last coordinate of a row is M = max |x_i - c|_1, so that biases of
interest lie between -1 and 1; for the guess, which knows only penalised biases, it is so large a number that the
penalty of the bias hardly counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Shift:
    """The centre c of some rows (x_i, 1)."""

    rows: tuple[tuple[Fraction, ...], ...]
    scale: int
    """The last coordinate for the guess, in units of the largest row: the bias pays 1 / scale^2 of its square."""

    @cached_property
    def centre(self) -> list[Fraction]:
        """The middle of each column but the last."""
        return [(max(column) + min(column)) / 2 for column in list(zip(*self.rows, strict=True))[:-1]]

    @cached_property
    def moved(self) -> list[list[Fraction]]:
        """x_i - c."""
        return [[v - c for v, c in zip(row, self.centre, strict=False)] for row in self.rows]

    @cached_property
    def denominator(self) -> int:
        """The least common denominator of the moved rows."""
        return lcm(*(v.denominator for row in self.moved for v in row))

    @cached_property
    def reach(self) -> int:
        """M times the denominator; 1 for rows that are all alike."""
        return max(int(sum(map(abs, row)) * self.denominator) for row in self.moved) or 1

    @cached_property
    def integer_rows(self) -> NDArray[Any]:
        """(x_i - c, M) times the denominator."""
        rows = [[*(int(v * self.denominator) for v in row), self.reach] for row in self.moved]
        return np.array(rows, dtype=object)

    def covered(self, vector: Sequence[int]) -> tuple[list[Fraction], Fraction]:
        """(u, b) of a direction of the covering."""
        u = [Fraction(v) for v in vector[:-1]]
        away = sum((v * c for v, c in zip(u, self.centre, strict=True)), start=Fraction(0))
        return u, Fraction(vector[-1] * self.reach, self.denominator) - away

    def told(self, w: Sequence[Fraction]) -> tuple[Fraction, ...]:
        """(u, b) of a direction (or weights) of the guess."""
        away = sum((v * c for v, c in zip(w, self.centre, strict=False)), start=Fraction(0))
        return (*w[:-1], w[-1] * Fraction(self.cheap) - away)

    @cached_property
    def cheap(self) -> float:
        """The last coordinate for the guess."""
        return self.scale * float(max(max(map(abs, row), default=Fraction(0)) for row in self.moved) or 1)

    @cached_property
    def guess_rows(self) -> Array:
        """(x_i - c, cheap) in floats."""
        return np.array([[*(float(v) for v in row), self.cheap] for row in self.moved])

    def guess_of(self, direction: Array) -> Array:
        """A direction (u, b) in floats as the guess knows it."""
        u, centre = direction[:-1], np.array([float(v) for v in self.centre])
        return np.append(u, (direction[-1] + u @ centre) / self.cheap)

    def guessed(self, u: Sequence[Fraction], b: Fraction) -> Array:
        """A direction (u, b) as the guess knows it."""
        size = max(map(abs, u), default=Fraction(0)) or Fraction(1)
        at = b + sum((v * c for v, c in zip(u, self.centre, strict=True)), start=Fraction(0))
        return np.array([*(float(v / size) for v in u), float(at / size) / self.cheap])
