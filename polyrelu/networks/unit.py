"""One hidden unit (theta, phi) of a two-layer network, and what it is up to scaling: see `network`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq

from polyrelu.exact.linear import dot
from polyrelu.exact.real import known_sign
from polyrelu.networks.coordinates import (
    ball_norm,
    compatible,
    enclosed,
    is_exact,
    norm,
    positive_part,
    root,
    sign_of,
)

Vector = tuple[Any, ...]


@dataclass(frozen=True)
class Unit:
    """A hidden unit with its outgoing weight; `gate` is a fixed rational vector in gated networks."""

    theta: Vector
    phi: Any
    gate: Vector | None = None

    @property
    def coordinates(self) -> Vector:
        """All of theta, then phi."""
        return (*self.theta, self.phi)

    @property
    def sign(self) -> int:
        """s; +1 for every gated unit, whose sign is moved into its weight."""
        return 1 if self.gate is not None else sign_of(self.phi, "an outgoing weight phi")

    @property
    def convex_weight(self) -> Vector:
        """w = theta |phi|, and theta phi for a gated unit."""
        if self.gate is not None:
            return tuple(t * self.phi for t in self.theta)
        size = self.phi * self.sign
        return tuple(t * size for t in self.theta)

    @property
    def is_zero(self) -> bool:
        """Whether the unit computes zero because theta = 0 or phi = 0."""
        if known_sign(self.phi) == 0:
            return True
        return all(known_sign(t) == 0 for t in self.theta)

    def activation(self, row: Sequence[Any], before: Any) -> Any:
        """(theta . x)_+, or 1[g . x >= 0] theta . x, from the row x and `before` = theta . x."""
        if self.gate is None:
            return positive_part(before)
        return before if dot(row, self.gate) >= 0 else fmpq(0)

    def size(self) -> Any:
        """|w| = |theta| |phi|: exact where it is a rational or a square root in reach, else a ball."""
        length = norm(self.theta)
        if length is None:
            return ball_norm(self.theta) * abs(enclosed(self.phi))
        return length * abs(self.phi)

    def balanced(self, normed: int | None = None) -> Unit:
        """The unit (c theta, phi / c) with |c theta| = |phi / c|: exact if c is rational, else in balls.

        Only the first `normed` coordinates of theta enter its norm.
        """
        if self.is_zero:
            return Unit((fmpq(0),) * len(self.theta), fmpq(0), self.gate)
        length = norm(self.theta[:normed])
        ratio = abs(self.phi) / length if length is not None else None
        c = root(ratio) if ratio is not None else None
        if c is not None and (is_exact([c]) or not is_exact(self.coordinates)):
            (*theta, phi), (c,) = compatible(self.coordinates, [c])
            return Unit(tuple(t * c for t in theta), phi / c, self.gate)
        c = (abs(enclosed(self.phi)) / ball_norm(self.theta[:normed])).sqrt()
        return Unit(tuple(enclosed(t) * c for t in self.theta), enclosed(self.phi) / c, self.gate)
