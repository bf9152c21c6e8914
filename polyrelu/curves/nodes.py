"""Nodes: the residual at one lambda in exact integers, with the coverings that were proved there or close by."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from polyrelu.covering import Question, Star
from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.rows import Hard
from polyrelu.exact.enclosure import ends, max_of
from polyrelu.exact.rational import to_fraction
from polyrelu.proof.directions import balanced
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

BITS = 100
"""Binary digits of the residual at a node."""


@dataclass(frozen=True, eq=False)
class Proved:
    """What a covering has shown, or has to show: off these stars f is below a level less an error, at one residual.

    A residual that is off by at most delta moves f by at most K delta ||u||; K radius is the error of the question.
    """

    stars: frozenset[Place]
    hard: Hard
    question: Question
    radius: Fraction

    def serves(self, wanted: Proved) -> bool:
        """Whether this shows what is wanted, at this residual or close by: for fewer hard lines stars grow."""
        near = all(any(_within(p, q) for q in wanted.stars) for p in self.stars)
        return near and self.hard >= wanted.hard and self._left_at(wanted.question) >= wanted.radius

    def _left_at(self, other: Question) -> Fraction:
        """The radius for which this is a proof at the residual and level of another question; negative: for none."""
        mine = self.question
        if not mine.eta or not np.array_equal(mine.rows, other.rows):
            return Fraction(-1)
        a, b = max(0, other.bits - mine.bits), max(0, mine.bits - other.bits)
        delta = max(abs((u << a) - (v << b)) for u, v in zip(mine.nu, other.nu, strict=True))
        lost = (mine.lam - other.lam) * mine.radius / mine.eta
        return self.radius - Fraction(delta, 1 << max(mine.bits, other.bits)) - lost


def _within(star: Place, other: Place) -> bool:
    """Whether a star is a part of another: it has more walls, and else the same."""
    return star.sign == other.sign and all(b in (a, 0) for a, b in zip(star.face, other.face, strict=True))


@dataclass(eq=False)
class Node:
    """An end of chords: lambda, the residual near it (exact integers over 2^bits), and coverings proved there."""

    program: Program
    lam: fmpq
    point: Balls
    integers: tuple[int, ...]
    bits: int
    error: Fraction
    """By how much the integers differ from the residual at `point`, at most."""
    proved: list[Proved] = field(default_factory=list)
    """Coverings that were done here, or at a node close by."""

    @cached_property
    def in_floats(self) -> NDArray[np.float64]:
        """The residual, for guesses."""
        return np.array([float(Fraction(m, 2**self.bits)) for m in self.integers])

    @property
    def level(self) -> Fraction:
        """Lambda in the units of the rows."""
        return to_fraction(self.lam) * units(self.program)

    @staticmethod
    def of(branch: Branch, point: Balls, lam: fmpq) -> Node:
        """The node of a point near the root."""
        return Node._rounded(branch, point, lam, branch.residual_at(point, arb(lam)).entries())

    @staticmethod
    def scaled(branch: Branch, point: Balls) -> Node:
        """The node of W g = (nu - y_N) / lambda, for level 1."""
        g, _, _ = branch.parts(point)
        return Node._rounded(branch, point, fmpq(1), (branch.data.W * g).entries())

    @staticmethod
    def _rounded(branch: Branch, point: Balls, lam: fmpq, nu: Balls) -> Node:
        top = max((_digits(v) for v in nu), default=0)
        bits = max(0, BITS - top)
        unit = arb(2) ** -bits
        integers = rounded(branch.program, [near(v, bits) for v in nu])
        off = max_of(abs(v - arb(m) * unit) for v, m in zip(nu, integers, strict=True))
        return Node(branch.program, lam, point, integers, bits, ends(off)[1])

    def question(
        self, rows: Any, radius: Fraction, stars: Sequence[Place], hard: Hard | None, pinned: dict[int, int]
    ) -> Question:
        """What is asked here."""
        return Question(
            rows,
            tuple(pinned.get(i, m) for i, m in enumerate(self.integers)),
            self.bits,
            self.level,
            radius=radius,
            stars=tuple(Star(k.sign, k.face, False) for k in stars),
            hard=hard,
            offset=self.program.offset,
        )


def units(program: Program) -> int:
    """By what the rows of coverings are multiplied."""
    return program.shift.denominator if program.offset else program.denominator


def rounded(program: Program, integers: Sequence[int]) -> tuple[int, ...]:
    """With a free hidden bias a residual adds up to 0, and so must what stands for it."""
    return tuple(balanced(integers) if program.offset else integers)


def _digits(v: arb) -> int:
    """Binary digits before the point."""
    mantissa, exponent = v.abs_upper().man_exp()
    return int(mantissa).bit_length() + int(exponent) if mantissa else 0


def near(v: arb, bits: int) -> int:
    """An integer near v 2^bits."""
    mantissa, exponent = (int(part) for part in v.mid().man_exp())
    shift = exponent + bits
    return mantissa << shift if shift >= 0 else (mantissa + (1 << (-shift - 1))) >> -shift
