"""A neuron: a unit direction u with a sign s, described exactly by the face of the arrangement that holds u.

For u in the relative interior of a face with zero set Z and strictly active rows D, let L = { v : x_j.v = 0, j in Z }
and P the (rational) orthogonal projection onto L. Where u is optimal, with residual nu,

    z := A nu = s lambda u,   A := P X^T D  (rational, d x n),    Q nu := A^T A nu,    |A nu|^2 = lambda^2,

and Q nu is the neuron's signed activation: a block weight w = beta lambda u adds beta Q nu to the fit. In the gated
program P = I and D is the gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from polyrelu.display import Shown
from polyrelu.exact.linear import projected, projector, rank, squared, times
from polyrelu.proof.program import Program


@dataclass(frozen=True)
class Place:
    """Sign, face (sign of x_j.u for every row; 0 also on zero rows) and, in the gated program, the gate."""

    sign: int
    face: tuple[int, ...]
    gate: int | None = None

    @property
    def zero_set(self) -> tuple[int, ...]:
        """Rows whose hyperplane holds u (zero rows included)."""
        return tuple(j for j, side in enumerate(self.face) if side == 0) if self.gate is None else ()

    @property
    def active(self) -> tuple[int, ...]:
        """Rows with x_j.u > 0; in the gated program the rows of the gate."""
        return tuple(j for j, side in enumerate(self.face) if side > 0)

    def is_opposite(self, other: Place, *, opposed: bool = False) -> bool:
        """Equal (or opposed) signs on opposite faces or complementary gates: necessary for an antipodal pair."""
        same = self.sign == other.sign
        return same != opposed and self.face == tuple(-side for side in other.face)


@dataclass(frozen=True, eq=False, repr=False)
class Neuron(Shown):
    """A neuron with the rational matrices of its face."""

    place: Place
    program: Program

    @cached_property
    def projection(self) -> fmpq_mat:
        """P, the orthogonal projection onto L."""
        return projector(self._normals, self.program.d)

    @property
    def _normals(self) -> list[list[fmpq]]:
        """The rows that span the complement of L."""
        X = self.program.Xq
        return [[X[j, c] for c in range(self.program.d)] for j in self.zero_rows]

    @cached_property
    def dimension(self) -> int:
        """The dimension of L."""
        return self.program.d - rank(self._normals)

    @cached_property
    def A(self) -> fmpq_mat:
        """P X^T D, with A nu = s lambda u; never by way of P, which is large where there are many features."""
        active, X = set(self.place.active), self.program.Xq
        XtD = fmpq_mat(
            self.program.d,
            self.program.n,
            [
                X[j, c] if j in active else fmpq(0)
                for c in range(self.program.d)
                for j in range(self.program.n)
            ],
        )
        return projected(self._normals, XtD)

    @cached_property
    def L(self) -> fmpq_mat:
        """Columns that span the part of L inside the row space of X: P X^T."""
        return projected(self._normals, self.program.Xq.transpose())

    @cached_property
    def zero_rows(self) -> list[int]:
        """The rows that vanish at u, without the zero rows of X; none in the gated program."""
        return [j for j in self.place.zero_set if self.program.nonzero_rows[j]]

    @property
    def patterns(self) -> NDArray[np.bool_]:
        """The present patterns whose closed cone holds u: where no list is at hand, the cells of the zero rows."""
        program = self.program
        if program.listed is not None:
            return program.listed[holds(program, self.place)]
        from polyrelu.arrangement.cells import enumerate_cells

        around = (np.array(self.place.face) > 0) | ~program.nonzero_rows
        if not self.zero_rows:
            return np.asarray(around[None])
        local = enumerate_cells(program.X_integer[self.zero_rows]).patterns
        out = np.repeat(around[None], len(local), axis=0)
        out[:, self.zero_rows] = local
        return out

    @cached_property
    def multiplicity(self) -> int:
        """How many present patterns hold u in their closed cone; counted, not listed, where all cells are present."""
        program = self.program
        if program.listed is not None:
            return int(holds(program, self.place).sum())
        from polyrelu.arrangement.counting import number_of_cells

        return number_of_cells(program.X_integer[self.zero_rows]) if self.zero_rows else 1

    def z(self, nu: Sequence[Any]) -> list[Any]:
        """A nu = s lambda u, over whatever numbers nu is made of."""
        return times(self.A, nu)

    def activation(self, nu: Sequence[Any]) -> list[Any]:
        """Q nu, the signed activation of the neuron per unit of beta."""
        return times(self.A.transpose(), self.z(nu))

    def excess(self, nu: Sequence[Any]) -> Any:
        """|A nu|^2 - lambda^2: zero exactly where the neuron is tight."""
        return squared(self.z(nu)) - self.program.lamq * self.program.lamq


def holds(program: Program, place: Place, patterns: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Which present patterns have the neuron's direction in their closed cone K_D.

    u is in K_D iff (2D - I)_jj x_j.u >= 0 for all j: D must agree with the face off its zero set.
    """
    present = program.patterns if patterns is None else patterns
    if place.gate is not None:
        return np.asarray(np.arange(len(present)) == place.gate)
    face = np.array(place.face)
    return np.asarray((present[:, face != 0] == (face[face != 0] > 0)).all(axis=1))


def gated_place(program: Program, gate: int) -> Place:
    """The neuron of a gate: its "face" is the gate itself, with 0 on zero rows so that complements can be compared."""
    sides = zip(program.patterns[gate], program.nonzero_rows, strict=True)
    return Place(1, tuple((1 if on else -1) if nonzero else 0 for on, nonzero in sides), int(gate))
