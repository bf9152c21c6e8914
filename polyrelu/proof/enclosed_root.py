"""The root (nu, weights, c) of a structure in balls, as fine as anyone asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import arb

from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.krawczyk import Root
from polyrelu.proof.structure import Structure

GUARD_BITS = 40
"""Beyond the accuracy of the root, for nu = W g + y_N."""


@dataclass(frozen=True)
class Coordinates:
    """Values of the unknowns: all balls, or all elements of one exact field."""

    nu: Sequence[Any]
    weights: Sequence[Any]
    c: Sequence[Any]

    @staticmethod
    def split(structure: Structure, values: Sequence[Any]) -> Coordinates:
        """Cut a root's vector (g, weights, c) into its three parts, with nu = W g + y_N."""
        p, K = structure.size, len(structure.neurons)
        nu = structure.residual(values[:p])
        return Coordinates(nu, list(values[p : p + K]), list(values[p + K :]))


@dataclass(frozen=True, eq=False)
class EnclosedRoot:
    """A proved root of a structure; `root` is None for the structure without neurons, whose residual is rational."""

    structure: Structure
    root: Root | None

    @cached_property
    def _enclosed(self) -> dict[int, Coordinates]:
        return {}

    def balls(self, bits: int) -> Coordinates:
        """Enclosures to a relative accuracy of `bits`; computed once, since thousands of signs are asked of them."""
        if bits not in self._enclosed:
            self._enclosed[bits] = self._refined(bits)
        return self._enclosed[bits]

    def _refined(self, bits: int) -> Coordinates:
        if self.root is None:
            with precision(bits):
                nu, c = self.structure.program.zero
                return Coordinates([arb(v) for v in nu], [], [arb(v) for v in c])
        finer = self.root.refine(bits)
        if finer is None:
            raise Undecided(
                f"the optimum could not be refined to {bits} bits; its system is too badly conditioned"
            )
        with precision(bits + GUARD_BITS):
            return Coordinates.split(self.structure, finer.box)
