"""A neuron: a unit direction u with a sign s, described exactly by the face of the arrangement that holds u.

For u in the relative interior of a face with zero set Z and strictly active rows D, let L = { v : x_j.v = 0, j in Z }
and P the (rational) orthogonal projection onto L. Where u is optimal, with residual nu,

    z := A nu = s lambda u,   A := P X^T D  (rational, d x n),    Q nu := A^T A nu,    |A nu|^2 = lambda^2,

and Q nu is the neuron's signed activation: a block weight w = beta lambda u adds beta Q nu to the fit. In the gated
program P = I and D is the gate.

*A free hidden bias.* A direction is (u, b), b the last coordinate; the rows are (x_i, 1), and the norm is that of u. A
neuron on the hyperplanes of Z has an *anchor* there, a row j of Z (any of them gives the same): b = -u.x_j, and with

    L = { v : (x_i - x_j).v = 0, i in Z },   N := P (X - 1 x_j^T)^T D,   A := (N, -x_j^T N),   Q := N^T N,

N nu is s lambda u, and A nu is s lambda (u, b). Where Z is empty the neuron *floats*: N = (X - 1 m^T)^T D for any m
(the middle of the rows) if 1^T D nu = 0, and b is where its anchor is: in an interval, so that an anchor may also be a
new row. N = A without a free hidden bias.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
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

    def __hash__(self) -> int:
        """Made once: places are looked up very often, and a face is as long as the table."""
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((self.sign, self.face, -1 if self.gate is None else self.gate))

    @property
    def zero_set(self) -> tuple[int, ...]:
        """Rows whose hyperplane holds u (zero rows included)."""
        return tuple(j for j, side in enumerate(self.face) if side == 0) if self.gate is None else ()

    @property
    def active(self) -> tuple[int, ...]:
        """Rows with x_j.u > 0; in the gated program the rows of the gate."""
        return tuple(j for j, side in enumerate(self.face) if side > 0)

    @property
    def is_affine(self) -> bool:
        """Whether no row lies on the other side: on the data (Xw)_+ is X w."""
        return -1 not in self.face

    def is_opposite(self, other: Place, *, opposed: bool = False) -> bool:
        """Equal (or opposed) signs on opposite faces or complementary gates: necessary for an antipodal pair."""
        same = self.sign == other.sign
        return same != opposed and self.face == tuple(-side for side in other.face)


@dataclass(frozen=True, eq=False, repr=False)
class Neuron(Shown):
    """A neuron with the rational matrices of its face."""

    place: Place
    program: Program
    point: tuple[fmpq, ...] | None = None
    """With a free hidden bias: another anchor than a row of Z (the last coordinate, 1, included)."""

    @cached_property
    def projection(self) -> fmpq_mat:
        """P, the orthogonal projection onto L (without the coordinate of a free hidden bias)."""
        return projector(self.normals, self.program.normed)

    @cached_property
    def anchor(self) -> list[fmpq] | None:
        """With a free hidden bias the point through which the hyperplane goes; None for a neuron that floats."""
        if self.point is not None or not self.program.offset:
            return None if self.point is None else list(self.point)
        return self.program.Xq.tolist()[self.zero_rows[0]] if self.zero_rows else None

    @cached_property
    def normals(self) -> list[list[fmpq]]:
        """The rows that span the complement of L."""
        X = self.program.Xq.tolist()
        if not self.program.offset:
            return [X[j] for j in self.zero_rows]
        return [[a - b for a, b in zip(X[j], X[i], strict=True)][:-1] for i, j in pairwise(self.zero_rows)]

    @cached_property
    def dimension(self) -> int:
        """The dimension of L."""
        return self.program.normed - rank(self.normals)

    @cached_property
    def N(self) -> fmpq_mat:
        """P X^T D, the part of A that has the norm; not by way of P, which is large where there are many features."""
        active, X, away = set(self.place.active), self.program.Xq, self.anchor or self.program.middle
        XtD = fmpq_mat(
            self.program.normed,
            self.program.n,
            [
                X[j, c] - (away[c] if self.program.offset else 0) if j in active else fmpq(0)
                for c in range(self.program.normed)
                for j in range(self.program.n)
            ],
        )
        return projected(self.normals, XtD)

    @cached_property
    def A(self) -> fmpq_mat:
        """A nu = s lambda u, with the bias b (0 for a neuron that floats: it has none of its own)."""
        if not self.program.offset:
            return self.N
        bias = times(self.N.transpose(), [-v for v in (self.anchor or [fmpq(0)] * self.program.d)[:-1]])
        return fmpq_mat([*self.N.tolist(), bias])

    @cached_property
    def L(self) -> fmpq_mat:
        """Columns that span the part of L inside the row space of X: P X^T (the coordinate of a free bias is 0)."""
        X_t = self.program.Xq.transpose()
        if not self.program.offset:
            return projected(self.normals, X_t)
        spanning = projected(self.normals, fmpq_mat(X_t.tolist()[:-1]))
        return fmpq_mat([*spanning.tolist(), [fmpq(0)] * self.program.n])

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
        return times(self.N.transpose(), times(self.N, nu))

    def column(self, nu: Sequence[Any]) -> list[Any]:
        """The activation modulo the free columns: what counts where weights are compared."""
        return self.program.free.modulo(self.activation(nu))

    def square(self, nu: Sequence[Any]) -> Any:
        """|N nu|^2: lambda^2 exactly where the neuron is tight. A free bias has no part in it."""
        return squared(times(self.N, nu))

    def excess(self, nu: Sequence[Any]) -> Any:
        """|N nu|^2 - lambda^2."""
        return self.square(nu) - self.program.lamq * self.program.lamq


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
