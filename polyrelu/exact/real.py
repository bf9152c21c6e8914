"""What all exact real numbers share: an exact zero test, balls of any precision, and hence a decidable sign.

The order is decided in two steps that together always end: first exact algebra says whether the number is zero;
if it is not, some ball excludes zero. No float takes part.

>>> from fractions import Fraction
>>> sign(Fraction(-1, 7)), is_zero(0)
(-1, True)
"""

from __future__ import annotations

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from flint import arb, ctx

from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import sign_of_ball
from polyrelu.exact.rational import is_rational, to_fmpq

Number: TypeAlias = Any
"""A rational, an `ExactReal`, a ball, or an element of another ordered field: a class with + - * / (also with ints)
and a method `sign()`. No union can say that what comes out of an operation is again of the kind that went in."""
Vector: TypeAlias = Sequence[Number]

FIRST_BITS = 64


class Imprecise(ArithmeticError):
    """A comparison is open at this precision. Never leaves the package: it asks for a finer arithmetic."""


class ExactReal(ABC):
    """A real number with exact arithmetic; subclasses give subtraction, `is_zero` and `ball`.

    Where it meets a ball, it becomes a ball at the current precision, and the result is one.
    """

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

    def _beside(self, other: Any, operation: Callable[[Any, Any], Any]) -> Any:
        """The operation in balls if `other` is a ball; numbers of other kinds are for their own class."""
        return operation(self.ball(ctx.prec), other) if isinstance(other, arb) else NotImplemented

    def _compare(self, other: Any, holds: Callable[[Any, Any], bool]) -> bool:
        """The comparison, exactly; with a ball, as flint has it: whether it certainly holds."""
        if isinstance(other, arb):
            return bool(self._beside(other, holds))
        difference = self.__sub__(other)
        return NotImplemented if difference is NotImplemented else holds(sign(difference), 0)

    def __lt__(self, other: Any) -> bool:
        return self._compare(other, operator.lt)

    def __le__(self, other: Any) -> bool:
        return self._compare(other, operator.le)

    def __gt__(self, other: Any) -> bool:
        return self._compare(other, operator.gt)

    def __ge__(self, other: Any) -> bool:
        return self._compare(other, operator.ge)

    def __abs__(self) -> Any:
        return -self if self.sign() < 0 else self  # type: ignore[operator]

    def __bool__(self) -> bool:
        return not self.is_zero()


def sign(x: Number) -> int:
    """-1, 0 or 1, proved. A ball around zero and other numbers has no sign: `Imprecise`. Floats are refused."""
    decided = known_sign(x)
    if decided is None:
        raise Imprecise(f"the sign of {x}")
    return decided


def known_sign(x: Number) -> int | None:
    """The sign of an exact number or of a ball; None where a ball holds zero and other numbers."""
    if isinstance(x, arb):
        return sign_of_ball(x)
    if is_rational(x):
        return int(x > 0) - int(x < 0)
    if not hasattr(x, "sign"):
        raise BadInput(f"an exact number was expected, found {x!r}: give a Fraction or a field element")
    return int(x.sign())


def is_zero(x: Number) -> bool:
    """Whether the number is exactly zero, by algebra alone where it can be."""
    return x.is_zero() if isinstance(x, ExactReal) else sign(x) == 0


def is_open(x: Number) -> bool:
    """Whether x is a ball without a sign."""
    return isinstance(x, arb) and sign_of_ball(x) is None


def middle(x: Number) -> Number:
    """A number to order by in a first choice that is proved afterwards: the midpoint of a ball."""
    return x.mid() if isinstance(x, arb) else x


def exact(x: Any) -> Any:
    """The number ready for exact division: rationals as fmpq (an int divided by an int would be a float)."""
    return to_fmpq(x) if is_rational(x) else x
