"""What a guess says: plain values, nothing proved."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

OPPOSITE = 1e-5
"""Two unit directions whose sum is shorter than this are taken for antipodes."""
CLOSE = 1e-3
"""Two unit directions that differ by less may be one."""


@dataclass(frozen=True, eq=False)
class GuessedNeuron:
    """A direction that is believed to reach the value lambda, and the face it is believed to lie on."""

    sign: int
    direction: Array
    face: tuple[int, ...]
    weight: float
    gate: int | None
    block: int

    @classmethod
    def unseen(cls, sign: int, face: tuple[int, ...], gate: int | None, z: Sequence[float]) -> GuessedNeuron:
        """A neuron that the solver did not find, without weight so far, along the moment z."""
        direction = sign * np.asarray(z, dtype=np.float64)
        return cls(sign, direction / (np.linalg.norm(direction) or 1.0), face, 0.0, gate, -1)

    def antipode(self) -> GuessedNeuron:
        """-u at the same sign, without weight (no gate: a gate's complement need not be there)."""
        face = tuple(-side for side in self.face)
        return replace(self, direction=-self.direction, face=face, weight=0.0)

    def is_antipode(self, other: GuessedNeuron) -> bool:
        """Do the directions seem opposite, at equal signs?"""
        return self.sign == other.sign and float(np.linalg.norm(self.direction + other.direction)) < OPPOSITE

    def is_close(self, other: GuessedNeuron) -> bool:
        """May the two be one neuron read twice?"""
        return self.sign == other.sign and float(np.linalg.norm(self.direction - other.direction)) < CLOSE


@dataclass(frozen=True, eq=False)
class Guess:
    """The residual of the optimal fit and the neurons of one vertex of the optimal set, as far as floats tell."""

    nu: Array
    neurons: tuple[GuessedNeuron, ...]
    ties: tuple[GuessedNeuron, ...]
    message: str = ""
    timings: Mapping[str, float] = field(default_factory=dict)
    lam: Fraction | None = None
    """The penalty it was made for, if that is a larger one than the penalty asked about."""
    flat: float = 0.0
    """The part of its square that a free hidden bias has paid in the guess."""
