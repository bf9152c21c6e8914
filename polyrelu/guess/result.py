"""What a guess says: plain values, nothing proved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Mapping

Array = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class GuessedNeuron:
    """A direction that is believed to reach the value lambda, and the face it is believed to lie on."""

    sign: int
    direction: Array
    face: tuple[int, ...]
    weight: float
    gate: int | None
    block: int


@dataclass(frozen=True, eq=False)
class Guess:
    """The residual of the optimal fit and the neurons of one vertex of the optimal set, as far as floats tell."""

    nu: Array
    neurons: tuple[GuessedNeuron, ...]
    ties: tuple[GuessedNeuron, ...]
    message: str = ""
    lam: float | None = None
    """The penalty it was made for, if that is a larger one than the penalty asked about."""
    timings: Mapping[str, float] = field(default_factory=dict)
