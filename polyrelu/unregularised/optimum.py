"""The optimum without a penalty: the projection of y onto the achievable fits, all rational."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NoReturn

from flint import fmpq

from polyrelu.display import Shown
from polyrelu.errors import BadInput
from polyrelu.proof.program import Program
from polyrelu.unregularised.cones import Vector
from polyrelu.unregularised.fits import Fits


@dataclass(frozen=True, eq=False, repr=False)
class LeastSquares(Shown):
    """The one optimal fit of a program with lambda = 0. The precision that is asked for makes no difference."""

    program: Program
    field: str = "Q"

    @cached_property
    def fits(self) -> Fits:
        """The space of achievable fits."""
        return Fits(self.program)

    @property
    def fit(self) -> Vector:
        """The optimal fit, the same for all optimal networks."""
        return self.fits.fit

    def residual(self, bits: int = 0) -> Vector:
        """y - fit."""
        return [y - f for y, f in zip(self.program.yq, self.fit, strict=True)]

    def objective(self, bits: int = 0) -> fmpq:
        """|residual|^2 / 2."""
        return sum((v * v for v in self.residual()), start=fmpq(0)) / 2

    def proved(self) -> NoReturn:
        """There is no list of neurons: without a penalty a neuron may be split, and noise added, at no cost."""
        raise BadInput(
            "at lambda = 0 the optimal networks have no list of neurons: this needs a penalty lambda > 0"
        )
