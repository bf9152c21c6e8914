"""A structure in the rational space that holds the residual for every lambda.

That is the space of the vectors with the symmetries of the table, or of those orthogonal to the free columns. Where the
table has symmetries, a neuron stands for its orbit, a weight is that of the orbit (see `symmetry`), and a pair stands
for two orbits, each with the antipodes of the other: what it exchanges counts in the mean over the group alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import fmpq, fmpq_mat

from polyrelu.curves.symmetry import Symmetry
from polyrelu.exact.linear import null_space
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.structure import Structure


@dataclass(frozen=True, eq=False)
class Averaged(Structure):
    """Neurons, single or paired, each with all of its images."""

    symmetry: Symmetry | None = None

    def orbit(self, place: Place) -> tuple[Place, ...]:
        """The neurons that a place stands for."""
        return (place,) if self.symmetry is None else self.symmetry.images(place)

    def activation(self, k: int, nu: Sequence[Any]) -> list[Any]:
        """Q nu of neuron k in the space of the residual: its mean over the orbit, or modulo the free columns."""
        found = self.program.free.modulo(self.neurons[k].activation(nu))
        return found if self.symmetry is None else self.symmetry.averaged(found)

    def square(self, k: int) -> fmpq_mat:
        """The matrix of this map."""
        N = self.neurons[k].N
        return self.projected(N.transpose() * N)

    def projected(self, columns: fmpq_mat) -> fmpq_mat:
        """Columns, projected onto the space of the residual."""
        found = self.program.free.onto_complement(columns)
        return found if self.symmetry is None else self.symmetry.mean * found

    @property
    def target(self) -> list[fmpq]:
        """y in the space of the residual."""
        return self.program.zero[0]

    @cached_property
    def U(self) -> fmpq_mat:
        """What pairs exchange; where a pair stands for its orbit, the mean of that."""
        found = super().U
        return found if self.symmetry is None else self.symmetry.averaged_vectors(found)

    def is_exchanged(self, neuron: Neuron) -> bool:
        """Whether X^T nu = 0 on the neuron's directions, by the equations and the symmetries."""
        if not self.e or self.symmetry is None:
            return super().is_exchanged(neuron)
        moves = self.projected(self.program.Xq * neuron.L)
        return all(map(self.implies_zero, moves.transpose().tolist()))

    @cached_property
    def XB(self) -> fmpq_mat:
        """The exchange directions X B, modulo the free columns."""
        return self.program.free.onto_complement(self.program.Xq * self.B)

    def beyond_exchange(self, columns: fmpq_mat) -> fmpq_mat:
        """What is 0 exactly for columns in the span of X B: their products with its complement."""
        return columns if not self.r else self._complement * columns

    @cached_property
    def _complement(self) -> fmpq_mat:
        return fmpq_mat(null_space(self.XB.transpose().tolist(), self.program.n))
