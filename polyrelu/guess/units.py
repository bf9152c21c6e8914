"""Powers of two that bring data of extreme size to the middle of the range of floats, exactly.

The optimum for (X, y, lambda) is that for (X / r, y / t, lambda / (r t)) with residual times t and weights times t / r.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from polyrelu.guess.values import Array

ORDINARY = 64
"""Data between 2^-64 and 2^64 stay as they are."""


class Units(NamedTuple):
    """The exponents of r and t."""

    rows: int
    target: int

    @property
    def row(self) -> Fraction:
        """r."""
        return Fraction(2) ** self.rows

    @property
    def penalty(self) -> Fraction:
        """r t."""
        return Fraction(2) ** (self.rows + self.target)


def exponent(values: Array) -> int:
    """That of the largest entry, if it is extreme, else 0.

    >>> exponent(np.array([3.0, -5.0])), exponent(np.array([0.0, 2.0**-900]))
    (0, -899)
    """
    size = float(np.abs(values).max(initial=0.0))
    found = math.frexp(size)[1] if 0 < size < math.inf else 0
    return found if abs(found) > ORDINARY else 0
