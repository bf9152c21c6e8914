"""The covering as the guess's pricing oracle: floats in, directions above the level out, nothing proved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.budget import current
from polyrelu.proof.shift import Shift

ORACLE_BOXES = 500_000
"""The guess is told what was found by then; the proof misses nothing anyway."""
GAP = Fraction(1, 100)
"""What exceeds lambda by less is left to the proof, which sends the guess back if there is something."""
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

    def __call__(self, nu: Array, level: float) -> list[tuple[int, Array]]:
        """Directions (s, u) with s nu.(Xu)_+ > level ||u||."""
        from polyrelu.covering import Covered, Question, cover

        exact = [Fraction(float(v)) for v in nu]
        bits = max((v.denominator.bit_length() - 1 for v in exact), default=0)
        rounded = [int(v * 2**bits) for v in exact]
        if self.shift is not None:  # a residual that adds up to 0 but for rounding
            rounded[0] -= sum(rounded)
        question = Question(
            self.rows,
            tuple(rounded),
            bits,
            Fraction(level) * self.denominator,
            gap=GAP,
            offset=self.shift is not None,
        )
        means = current()
        answer = cover(
            question,
            max_boxes=ORACLE_BOXES,
            executor=means.executor,
            deadline=means.deadline,
            checkpoint=means.checkpoint,
        )
        found = () if isinstance(answer, Covered) else answer.missed
        if self.shift is not None:
            return [(u.sign, self.shift.guessed(*self.shift.covered(u.vector))) for u in found]
        return [(u.sign, in_floats(u.vector)) for u in found]


def in_floats(vector: Sequence[int]) -> Array:
    """An integer direction, scaled before it is rounded."""
    size = max(abs(v) for v in vector) or 1
    return np.array([float(Fraction(v, size)) for v in vector])
