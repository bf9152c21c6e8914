"""What to try to prove: the zero network where it is optimal, the guess, and guesses from larger penalties.

For lambda >= lambda_max, which is known exactly, the zero network is the only optimum. For small lambda floats lose the
residual: it is of the size of lambda, or differs by so little from its limit. But as lambda falls to 0 the structure
stays the same in the end, so guesses made at larger penalties, where floats see, are carried down (by
`square_system.root_of`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import TypeVar

import numpy as np
from flint import fmpq

from polyrelu.errors import Undecided
from polyrelu.guess import Guess
from polyrelu.proof.program import Program

T = TypeVar("T")
SMALL = Fraction(1, 1000)
"""Below this part of lambda_max a guess that cannot be proved is sought at larger penalties, too."""
PARTS = tuple(Fraction(1, 10**k) for k in (6, 5, 7, 4, 8, 3, 9))
"""Those penalties, as parts of lambda_max, the most promising first."""


def proposals(
    program: Program, largest: fmpq | None, guess_at: Callable[[Program, Fraction], Guess]
) -> Iterator[Callable[[], Guess]]:
    """Guesses in the order in which they should be tried, each made when it is asked for."""
    lam = program.lam
    if largest is None:  # lambda_max is not known
        yield from (_seen_by(variant, lam, guess_at) for variant in program.variants)
        return
    if program.lamq * program.lamq >= largest:
        yield lambda: Guess(np.array(program.zero_float), (), ())
        return
    top = _root(largest)
    if float(lam / top) > 0:
        yield from (_seen_by(variant, lam, guess_at) for variant in program.variants)
    for part in PARTS:
        if lam < SMALL * top and lam < part * top and not program.free.ridge:
            yield lambda larger=part * top: replace(_seen_by(program, larger, guess_at)(), lam=larger)  # type: ignore[misc]


def _seen_by(
    program: Program, lam: Fraction, guess_at: Callable[[Program, Fraction], Guess]
) -> Callable[[], Guess]:
    flat = 1 / program.scale**2 if program.offset else 0.0
    return lambda: replace(guess_at(program, lam), flat=flat)


def first_proved(tries: Iterator[Callable[[], Guess]], prove: Callable[[Callable[[], Guess]], T]) -> T:
    """The first success; else the first reason."""
    blocked: Undecided | None = None
    for proposal in tries:
        try:
            return prove(proposal)
        except Undecided as failed:
            blocked = blocked or failed
    raise blocked or Undecided("lambda is below the range of floats, where nothing can be guessed")


def _root(square: fmpq) -> Fraction:
    """The root, nearly, of a positive rational of any size."""
    half = (int(square.p).bit_length() - int(square.q).bit_length()) // 2
    return (
        Fraction(float(Fraction(int(square.p), int(square.q)) / Fraction(4) ** half) ** 0.5)
        * Fraction(2) ** half
    )
