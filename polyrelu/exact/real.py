"""What all exact real numbers share: an exact zero test, balls of any precision, and hence a decidable sign.

The order is decided in two steps that together always end: first exact algebra says whether the number is zero;
if it is not, some ball excludes zero. No float takes part.

>>> from fractions import Fraction
>>> sign(Fraction(-1, 7)), is_zero(0)
(-1, True)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from flint import arb

from polyrelu.exact.enclosure import sign_of_ball
from polyrelu.exact.ordered_field import sign
from polyrelu.exact.rational import is_rational, to_fmpq

__all__ = ["ExactReal", "exact", "is_zero", "known_sign", "sign"]

FIRST_BITS = 64


class ExactReal(ABC):
    """A real number with exact arithmetic; subclasses give subtraction, `is_zero` and `ball`."""

    __slots__ = ()

    @abstractmethod
    def is_zero(self) -> bool:
        """Whether the number is exactly zero."""

    @abstractmethod
    def ball(self, bits: int) -> arb:
        """A ball that contains the number, computed with that many bits."""

    @abstractmethod
    def __sub__(self, other: Any) -> Any: ...

    def sign(self) -> int:
        """-1, 0 or 1, exactly."""
        if self.is_zero():
            return 0
        bits = FIRST_BITS
        while (decided := sign_of_ball(self.ball(bits))) is None:
            bits *= 2
        return decided

    def _compare(self, other: Any) -> int | None:
        """The sign of self - other, or None when other is no such number."""
        difference = self.__sub__(other)
        return None if difference is NotImplemented else sign(difference)

    def __lt__(self, other: Any) -> bool:
        order = self._compare(other)
        return NotImplemented if order is None else order < 0

    def __le__(self, other: Any) -> bool:
        order = self._compare(other)
        return NotImplemented if order is None else order <= 0

    def __gt__(self, other: Any) -> bool:
        order = self._compare(other)
        return NotImplemented if order is None else order > 0

    def __ge__(self, other: Any) -> bool:
        order = self._compare(other)
        return NotImplemented if order is None else order >= 0

    def __abs__(self) -> Any:
        return -self if self.sign() < 0 else self  # type: ignore[operator]

    def __bool__(self) -> bool:
        return not self.is_zero()


def is_zero(x: Any) -> bool:
    """Whether an exact number (rational or `ExactReal`) is zero."""
    return bool(to_fmpq(x) == 0) if is_rational(x) else bool(x.is_zero())


def known_sign(x: Any) -> int | None:
    """The sign of an exact number or of a ball; None where a ball holds zero and other numbers."""
    return sign_of_ball(x) if isinstance(x, arb) else sign(x)


def exact(x: Any) -> Any:
    """The number ready for exact division: rationals as fmpq (an int divided by an int would be a float)."""
    return to_fmpq(x) if is_rational(x) else x
