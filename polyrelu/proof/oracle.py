"""The covering as the guess's pricing oracle: floats in, directions above the level out, nothing proved."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.budget import current
from polyrelu.proof.shift import Shift

if TYPE_CHECKING:
    from polyrelu.covering import Direction, Question

ORACLE_BOXES = 500_000
"""The guess is told what was found by then; the proof misses nothing anyway."""
GAP = Fraction(1, 100)
"""What exceeds lambda by less is left to the proof, which sends the guess back if there is something."""
BLUR = Fraction(2, 10**7)
"""The same where the neurons are known: how far from lambda their values are taken to be."""
Array = NDArray[np.float64]
MAX_BOXES = 20_000_000
"""A covering that needs more is given up: the same on every machine, unlike a limit of seconds."""


@dataclass(frozen=True, eq=False)
class Oracle:
    """X as integers over a common denominator."""

    rows: Any
    denominator: int
    shift: Shift | None = None
    """With a free hidden bias: the coordinates of rows and directions."""

    def __call__(
        self, nu: Array, level: Fraction | float, known: Sequence[tuple[int, tuple[int, ...]]]
    ) -> list[tuple[int, Array]]:
        """Directions (s, u) with s nu.(Xu)_+ > level ||u||, outside the stars of known neurons (sign, face)."""
        from polyrelu.covering import Question, Star

        exact = [Fraction(float(v)) for v in nu]
        bits = max((v.denominator.bit_length() - 1 for v in exact), default=0)
        rounded, lam = [int(v * 2**bits) for v in exact], Fraction(level) * self.denominator
        if self.shift is not None:  # a residual that adds up to 0 but for rounding
            rounded[0] -= sum(rounded)
            found = _missed(Question(self.rows, tuple(rounded), bits, lam, gap=GAP, offset=True))
            return [(u.sign, self.shift.guessed(*self.shift.covered(u.vector))) for u in found]
        if known:
            from polyrelu.covering.question import norm_above

            stars = tuple(Star(sign, face) for sign, face in known)
            radius = BLUR * lam / sum(norm_above(row) for row in self.rows)
            question = Question(self.rows, tuple(rounded), bits, lam, radius=radius, stars=stars)
            with suppress(ValueError):  # one of them is not near lambda
                return [(u.sign, in_floats(u.vector)) for u in _missed(question)]
        found = _missed(Question(self.rows, tuple(rounded), bits, lam, gap=GAP))
        return [(u.sign, in_floats(u.vector)) for u in found]


def _missed(question: Question) -> Sequence[Direction]:
    from polyrelu.covering import Covered, cover

    means = {**current().means, "progress": None}  # the bar is for the proof
    answer = cover(question, max_boxes=ORACLE_BOXES, **means)
    return () if isinstance(answer, Covered) else answer.missed


def in_floats(vector: Sequence[int]) -> Array:
    """An integer direction, scaled before it is rounded."""
    size = max(abs(v) for v in vector) or 1
    return np.array([float(Fraction(v, size)) for v in vector])
