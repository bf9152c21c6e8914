"""The root (nu, weights, c) of a structure as real numbers that answer sign questions.

A question is a polynomial in them with rational coefficients, given as a Python function. It is answered by balls of
growing precision; where a ball still holds zero at the last precision, by exact arithmetic in a field that holds the
root; where no such field is found, by `Undecided`, which names the equality.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb, fmpq

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import decimal_bounds, precision, sign_of_ball
from polyrelu.exact.linear import dot
from polyrelu.exact.real import sign
from polyrelu.proof.enclosed_root import Coordinates, EnclosedRoot
from polyrelu.proof.field import ExactPoint, exact_point, quick_point
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.vanishing import Vanishing

BITS = (128, 320, 800)
"""Precisions at which a sign is asked of balls before exact algebra is tried."""
MAX_DEGREE = 16
"""Highest degree of a number field that is searched for the root."""

Question = Callable[[Coordinates], Any]


@dataclass(frozen=True)
class Linear:
    """The question form . nu."""

    form: Sequence[fmpq]

    def __call__(self, at: Coordinates) -> Any:
        """Its value."""
        return dot(self.form, at.nu)

    def is_implied(self, known: Vanishing) -> bool:
        """Whether it is zero for a reason that needs no field."""
        return known.is_zero(self.form)


@dataclass(frozen=True)
class Excess:
    """The question |A nu|^2 - lambda^2."""

    neuron: Neuron

    def __call__(self, at: Coordinates) -> Any:
        """Its value."""
        return self.neuron.excess(at.nu)

    def is_implied(self, known: Vanishing) -> bool:
        """Whether it is zero for a reason that needs no field."""
        return known.is_tight(self.neuron)


def linear(form: Sequence[fmpq]) -> Question:
    """The question form . nu."""
    return Linear(form)


def weight(k: int) -> Question:
    """The weight of the structure's neuron k."""
    return lambda at: at.weights[k]


def excess(neuron: Neuron) -> Question:
    """|A nu|^2 - lambda^2."""
    return Excess(neuron)


@dataclass(frozen=True, eq=False)
class Point(EnclosedRoot):
    """A proved root of a structure, enclosed and, where that was asked for and found, exact."""

    @cached_property
    def exact(self) -> ExactPoint | None:
        """The root in an exact field, verified by substitution; None if none was found."""
        return exact_point(self, MAX_DEGREE)

    @cached_property
    def vanishing(self) -> Vanishing:
        """What is exactly zero at the root for reasons that need no field."""
        return Vanishing(self)

    @cached_property
    def _quick(self) -> ExactPoint | None:
        """The root as rationals or sums of square roots."""
        return quick_point(self)

    @property
    def exact_name(self) -> str:
        """The field of the optimum as far as it is known without a long search."""
        if "exact" not in self.__dict__:
            if self._quick is None:
                return "enclosures"
            self.__dict__["exact"] = self._quick
        return self.exact.name if self.exact is not None else "enclosures"

    def ball(self, question: Question, bits: int) -> arb:
        """The value of a question, enclosed."""
        at = self.balls(bits)
        with precision(bits + 32):
            return arb(0) + question(at)

    def value(self, question: Question, bits: int) -> arb | fmpq:
        """The value of a question: exact where the optimum is rational, enclosed elsewhere."""
        if self.exact_name == "Q" and self.exact is not None:
            return fmpq(0) + question(self.exact.at)
        return self.ball(question, bits)

    def sign(self, question: Question, claim: str) -> int:
        """The exact sign of a question; `claim` is the equality that blocks it where it stays open."""
        for bits in BITS:
            side = sign_of_ball(self.ball(question, bits))
            if side is not None:
                return side
            if (
                bits == BITS[0]
                and isinstance(question, Linear | Excess)
                and question.is_implied(self.vanishing)
            ):
                return 0
        if self.exact is None:
            raise Undecided(self._open_equality(question, claim))
        return sign(question(self.exact.at))

    def _open_equality(self, question: Question, claim: str) -> str:
        low, high = decimal_bounds(self.ball(question, BITS[-1]), 50)
        return (
            f"is {claim} = 0? Its value lies between {low} and {high}, "
            f"and no exact field of degree up to {MAX_DEGREE} was found for the optimum"
        )
