"""One condition that a root has to meet to be the optimum."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from polyrelu.proof.neuron import Place


@dataclass(frozen=True)
class Condition:
    """A function that must be positive; what happens where it is not is told by `kind`.

    `place` is the neuron concerned, `row` the hyperplane of a side, `target` the face that a multiplier sends u to.
    """

    kind: str
    place: Place
    row: int | None = None
    target: Place | None = None
    form: tuple[Any, ...] = field(default=(), compare=False, repr=False)
    """Over nu, for sides and multipliers; over b for weights that are shared with dependent neurons."""

    def __hash__(self) -> int:
        """Few conditions agree in all of these."""
        return hash((self.place, self.row, self.target))


WEIGHT, SIDE, MULTIPLIER, SLACK, SHARE = "weight", "side", "multiplier", "slack", "share"
IDLE = "sign of idle neurons"
"""Neurons that are tight for every lambda have no weight: see `idle`."""
SOFT = "soft line"
"""Not needed, but if it holds the star of a neuron does not end at a line."""
OUTWEIGHED = "outweighed line"
"""The same for another reason."""


def antipode(place: Place) -> Place:
    """The same sign on the opposite face."""
    return Place(place.sign, tuple(-side for side in place.face))
