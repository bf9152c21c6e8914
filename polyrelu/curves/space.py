"""The space of a structure's residual, and its rational data there.

For every lambda the residual lies in a rational space: that of the vectors with the symmetries of the table, or that of
the vectors orthogonal to the free columns. What a neuron or an exchange adds to the fit counts projected onto it, and y
likewise. So W lies in this space, free columns need no unknowns, and all else is as without them.

A ridge output bias e = r.nu / lambda = r.W g, r = (1, ..., 1), adds r e to the fit. So r joins W.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flint import fmpq, fmpq_mat, fmpz_mat

from polyrelu.curves.basis import nearly_orthonormal
from polyrelu.curves.condition import antipode
from polyrelu.curves.exchange import Exchange
from polyrelu.curves.symmetry import Symmetry
from polyrelu.exact.linear import dot, independent_rows, null_space
from polyrelu.exact.rational import integer_rows, select_rows
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.structure import Structure


@dataclass(frozen=True, eq=False)
class Space(Structure):
    """A structure whose neurons stand for their orbits, where the table has symmetries: see `symmetry`.

    A weight is then that of the whole orbit.
    """

    symmetry: Symmetry | None = None

    def orbit(self, place: Place) -> tuple[Place, ...]:
        """The neurons that a place stands for."""
        return (place,) if self.symmetry is None else self.symmetry.images(place)

    def neuron(self, place: Place) -> Neuron:
        """The neuron of a place, one of its own or another."""
        own = next((k for k in self.neurons if k.place == place), None)
        return Neuron(place, self.program) if own is None else own

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
        return self.program.free.modulo(self.program.yq)

    @cached_property
    def ridge(self) -> fmpq_mat:
        """r as a column, projected onto the space of the residual; 0 where the output bias pays no ridge."""
        return self.projected(fmpq_mat(self.program.n, 1, self.program.free.r))

    @cached_property
    def U(self) -> fmpq_mat:
        """What pairs exchange; where a pair stands for two opposite orbits, the mean of that."""
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
        return self._complement * columns if self.r else columns

    @cached_property
    def _complement(self) -> fmpq_mat:
        return fmpq_mat(null_space(self.XB.transpose().tolist(), self.program.n))

    @cached_property
    def ridge_over_g(self) -> list[fmpq]:
        """r^T W."""
        return list((self.ridge.transpose() * self.W).entries())

    @cached_property
    def W(self) -> fmpq_mat:
        """Columns: a nearly orthonormal rational basis of the space that holds the fit."""
        spans = [row for neuron in self.neurons for row in neuron.N.tolist()] + self.XB.transpose().tolist()
        if self.neurons or dot(
            self.ridge.entries(), self.target
        ):  # else it is 0 for every lambda, and no unknown
            spans.append(self.program.free.r)
        if spans:
            spans = self.projected(fmpq_mat(spans).transpose()).transpose().tolist()
        rows = integer_rows(spans) if spans else fmpz_mat(0, self.program.n)
        return nearly_orthonormal(fmpq_mat(select_rows(rows, independent_rows(rows)))).transpose()

    @cached_property
    def K(self) -> int:
        """Number of weights."""
        return len(self.neurons)

    @cached_property
    def size(self) -> int:
        """Number of coordinates g."""
        return int(self.W.ncols())

    @cached_property
    def unknowns(self) -> int:
        """Length of x = (g, b, c)."""
        return self.size + self.K + self.r

    @cached_property
    def held(self) -> frozenset[Place]:
        """The places of its neurons, with their orbits, and what is opposite to each of its own."""
        places = [neuron.place for neuron in self.neurons]
        opposite = (replace(place, face=tuple(-side for side in place.face)) for place in places)
        return frozenset((*opposite, *(p for place in places for p in self.orbit(place))))

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What -u takes from u, for each pair."""
        pairs = ((k, neuron) for k, neuron in enumerate(self.neurons) if self.paired[k])
        return tuple(Exchange(k, antipode(neuron.place), self.onto) for k, neuron in pairs)

    @cached_property
    def key(self) -> frozenset[tuple[Place, bool]]:
        """Two branches with the same key are the same curve."""
        return frozenset((k.place, pair) for k, pair in zip(self.neurons, self.paired, strict=True))

    @cached_property
    def exact(self) -> tuple[list[fmpq_mat], fmpq_mat, fmpq_mat, fmpq_mat]:
        """a_k, W^T W, W^T X B and W^T y."""
        W_t = self.W.transpose()
        y = fmpq_mat(self.program.n, 1, self.target)
        return [k.N * self.W for k in self.neurons], W_t * self.W, W_t * self.XB, W_t * y
