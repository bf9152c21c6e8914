"""What a search for bounds returns: lower <= optimum <= upper, with a feasible dual vector and a network to show it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from polyrelu.data.problem import Problem, Vector
from polyrelu.display import Reported


@dataclass(frozen=True)
class DualPoint:
    """mu = t nu, feasible for all activation patterns: f_s <= (1 + eps) lambda for nu, and t <= 1 / (1 + eps)."""

    nu: Vector
    eps: Fraction
    t: Fraction

    @property
    def mu(self) -> Vector:
        """The feasible vector."""
        return tuple(self.t * v for v in self.nu)


Weights = tuple[tuple[int, Vector], ...]
"""Convex weights of a network: signs s and vectors w, each computing s (w.x)_+ ."""


@dataclass(frozen=True, eq=False, repr=False)
class Bounds(Reported):
    """lower <= optimum <= upper over networks of any width, both proved."""

    problem: Problem
    dual: DualPoint
    network: Weights
    lower: Fraction
    upper: Fraction
    radius_squared: Fraction
    """The optimal residual lies within its root of (mu + r) / 2, r the residual of the network."""
    wanted: Fraction
    """The relative gap that was asked for."""
    boxes: int
    seconds: float
    judged: tuple[Fraction, Fraction] | None = None
    """The objective of a network that was asked about, enclosed."""
    coefficients: Vector = ()
    """Those of the free functions of the network, then that of a ridge output bias."""

    @property
    def gap(self) -> Fraction:
        """(upper - lower) / upper; 0 if both are 0."""
        return (self.upper - self.lower) / self.upper if self.upper else Fraction(0)

    @property
    def reached(self) -> bool:
        """Whether the gap is as small as was asked."""
        return self.gap <= self.wanted

    @property
    def network_gap(self) -> tuple[Fraction | None, Fraction | None] | None:
        """(objective - optimum) / optimum of the network asked about; 0 when both are 0, None where unbounded."""
        if self.judged is None:
            return None
        if self.upper == 0:
            return (Fraction(0), Fraction(0)) if self.judged[1] == 0 else (None, None)
        above = (self.judged[1] - self.lower) / self.lower if self.lower else None
        return max(Fraction(0), (self.judged[0] - self.upper) / self.upper), above
