"""The border of a structure's square system: free columns, floating places, the ridge column, exchanges of pairs.

Each column of the border has a coefficient of its own, and without a ridge gives an equation E^T nu = 0. What these
equations imply about linear forms in nu is exact, whatever the field of the optimum.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any

from flint import fmpq, fmpq_mat

from polyrelu.exact.lattice import row_lattice
from polyrelu.exact.linear import Echelon, echelon, independent_rows, null_space, projected, times
from polyrelu.exact.rational import select_rows
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.program import Program


@dataclass(frozen=True, eq=False)
class Border:
    """Neurons with weights; `paired[k]` says that neuron k stands for itself and its antipode."""

    program: Program
    neurons: tuple[Neuron, ...]
    paired: tuple[bool, ...]
    floating: tuple[Place, ...] = ()
    """With a free hidden bias: places without a zero row, each with the column D 1 of the border and 1^T D nu = 0."""
    exchanging: tuple[Neuron, ...] = ()
    """Further neurons of pairs, of which none or one is among the neurons."""

    @cached_property
    def U(self) -> fmpq_mat:
        """Columns: a rational basis of what the directions of the pairs span."""
        pairs = [*compress(self.neurons, self.paired), *self.exchanging]
        spans = [p.L.transpose().tolist() for p in pairs]
        rows = [row for span in spans for row in span]
        return fmpq_mat(row_lattice(rows, self.program.d)).transpose()

    @cached_property
    def B(self) -> fmpq_mat:
        """Columns: vectors of U whose X v are a basis of X U modulo the free columns (of U, where nothing is free)."""
        if not self.program.free.kept:
            return self.U
        free, moves = self._columns, (self.program.Xq * self.U).transpose().tolist()
        kept = [k - len(free) for k in independent_rows([*free, *moves]) if k >= len(free)] if moves else []
        return fmpq_mat(self.U.nrows(), len(kept), [row[k] for row in self.U.tolist() for k in kept])

    @cached_property
    def _columns(self) -> list[list[fmpq]]:
        """Independent columns of the border without ridge and exchanges: free columns, then floating places."""
        free = self.program.free.B.transpose().tolist() if self.program.free.kept else []
        table = [*free, *([fmpq(int(side > 0)) for side in place.face] for place in self.floating)]
        return [table[k] for k in independent_rows(table)] if table else []

    @cached_property
    def onto(self) -> fmpq_mat:
        """A rational T with kernel U_0 = { v in U : X v in the span of the free columns }: T v = T B c tells exchanges.

        Where nothing is free T = B^T.
        """
        if self.r == self.U.ncols():
            return self.B.transpose()
        moves = (self.program.Xq * self.U).transpose().tolist()
        relations = null_space([list(row) for row in zip(*moves, *self._columns, strict=True)])
        lost = [times(self.U, relation[: self.U.ncols()]) for relation in relations]
        return projected(lost, self.B).transpose()

    @cached_property
    def XB(self) -> fmpq_mat:
        """The exchange directions X B."""
        return self.program.Xq * self.B

    @cached_property
    def relations(self) -> Echelon:
        """The linear equations that the system imposes on nu: the border without its ridge."""
        rows = [row for row, price in zip(self.E.transpose().tolist(), self.R, strict=True) if not price]
        return echelon(rows) if rows else Echelon([], [])

    def implies_zero(self, form: Sequence[fmpq]) -> bool:
        """Whether form . nu = 0 follows from these equations alone."""
        return not any(self.relations.reduce(list(form)))

    def exchanged(self, c: Sequence[Any]) -> list[Any]:
        """The coefficients of X B among those of the border."""
        return list(c[self.e - self.r :])

    @property
    def r(self) -> int:
        """Number of exchange directions: the dimension of X U modulo the free columns."""
        return int(self.B.ncols())

    def is_exchanged(self, neuron: Neuron) -> bool:
        """Whether X^T nu = 0 on the neuron's directions, by the border: there -u is tight with u."""
        if not self.e:
            return False
        span = neuron.L.transpose()
        moves = select_rows(span, independent_rows(span)) * self.program.Xq.transpose()
        return all(map(self.implies_zero, moves.tolist()))

    @cached_property
    def E(self) -> fmpq_mat:
        """The border: free columns and the ridge column, negative, then X B."""
        columns = [*self._columns, self.program.free.r] if self.program.free.ridge else self._columns
        rows = [[-v for v in column] for column in columns] + self.XB.transpose().tolist()
        return fmpq_mat(len(rows), self.program.n, [v for row in rows for v in row]).transpose()

    @property
    def e(self) -> int:
        """Number of columns of the border."""
        return int(self.E.ncols())

    @cached_property
    def R(self) -> list[fmpq]:
        """What half the square of each coefficient of the border costs."""
        ridge = [self.program.lamq] if self.program.free.ridge else []
        return [*([fmpq(0)] * len(self._columns)), *ridge, *([fmpq(0)] * self.r)]
