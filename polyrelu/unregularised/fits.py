"""The fits that weights without a penalty can reach: a linear subspace, and the optimal fit as a projection onto it.

With both signs present the fits of one pattern are { D X v - D X w : v, w in K_D } = D X span(K_D), so the
achievable fits are F = sum over D of D X span(K_D); for gated ReLU F = sum D X R^d. A *column* is D X b, b in a basis
of span(K_D).

Full program. Let the nonzero rows fall into m classes of multiples, x_j = c_j v for the rows j of a class, and let a
be the vector with entries |c_j| on the class and 0 elsewhere. Then F = span(col X, all a), and

    dim F = m + rank { v : its class has rows of both orientations }.

Proof. (z)_+ = (z + |z|)/2 gives D X w = (X w + sum over classes of +-(v.w) a)/2 for w in the closed cell of D: no
column leaves the span. Conversely, antipodal cells add up to X w, and two cells on the two sides of a point that lies
on one hyperplane alone differ, at a w off that hyperplane, by +-(v.w) a. Modulo the a, a class of one orientation
vanishes from X w, and one of both keeps (v.w) times a vector independent of a. The "no column leaves" half holds for
every cone K_D, also of lists of patterns, since it holds for each of its points and they span.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import gcd
from typing import NamedTuple

import numpy as np
from flint import fmpq, fmpq_mat

from polyrelu.errors import Contradiction
from polyrelu.exact.labels import lines_of_rows
from polyrelu.exact.linear import dot, rank
from polyrelu.proof.program import Program
from polyrelu.unregularised.cones import Cone, Vector, pattern_cone, whole_space

Moves = dict[int, Vector]
"""u_D for every pattern D where it is not zero: w_(D,+) - w_(D,-), or the weight of a gate."""


class FitColumn(NamedTuple):
    """A pattern, its place among the basis vectors of the span of the cone, that vector b, and the fit D X b."""

    pattern: int
    place: int
    b: Vector
    fit: Vector


@dataclass(frozen=True, eq=False)
class Fits:
    """The achievable fits of a program, with independent columns that span them."""

    program: Program
    _cones: dict[int, Cone] = field(default_factory=dict)

    def cone(self, i: int) -> Cone:
        """The cone of pattern i."""
        if i not in self._cones:
            program = self.program
            self._cones[i] = (
                whole_space(program.d)
                if program.gated
                else pattern_cone(program.Xq.tolist(), program.patterns[i].tolist(), program.d)
            )
        return self._cones[i]

    def span(self, i: int) -> Sequence[Vector]:
        """A basis of the span of the cone of pattern i; the cones of cells are full-dimensional."""
        return self._axes if self.program.gated or self.program.all_cells else self.cone(i).span

    @cached_property
    def _axes(self) -> Sequence[Vector]:
        return whole_space(self.program.d).span

    @cached_property
    def cone_dimensions(self) -> int:
        """The sum of dim K_D over all patterns."""
        if self.program.gated or self.program.all_cells:
            return len(self.program.patterns) * self.program.d
        return sum(len(self.span(i)) for i in range(len(self.program.patterns)))

    @cached_property
    def most(self) -> int:
        """An upper bound of dim F, equal to it for the full program."""
        return int(self.program.nonzero_rows.sum()) if self.program.gated else full_rank(self.program)

    def columns(self) -> Iterator[FitColumn]:
        """All columns; the patterns are visited in long strides, since neighbours in their order are alike."""
        N = len(self.program.patterns)
        stride = next(k for k in range(max(1, 618 * N // 1000), 2 * N + 1) if gcd(k, N) == 1)
        X = self.program.Xq.tolist()
        for i in ((k * stride) % N for k in range(N)):
            pattern = self.program.patterns[i]
            for place, b in enumerate(self.span(i)):
                fit = [dot(row, b) if on else fmpq(0) for row, on in zip(X, pattern, strict=True)]
                yield FitColumn(i, place, b, fit)

    @cached_property
    def basis(self) -> list[FitColumn]:
        """The first independent columns."""
        chosen: list[FitColumn] = []
        table: list[tuple[int, Vector]] = []
        for column in self.columns():
            if len(chosen) == self.most:
                break
            rest = column.fit
            for pivot, row in table:
                if rest[pivot] != 0:
                    factor = rest[pivot]
                    rest = [x - factor * y for x, y in zip(rest, row, strict=True)]
            lead = next((j for j, x in enumerate(rest) if x != 0), None)
            if lead is not None:
                table.append((lead, [x / rest[lead] for x in rest]))
                chosen.append(column)
        if self.program.all_cells and not self.program.gated and len(chosen) != self.most:
            raise Contradiction(f"the cells span {len(chosen)} dimensions of fits, not {self.most}")
        return chosen

    @property
    def rank(self) -> int:
        """dim F."""
        return len(self.basis)

    @cached_property
    def _gram_inverse_times_basis(self) -> fmpq_mat:
        """(F^T F)^-1 F^T for the matrix F of the basis: the coordinates of the projection onto its span."""
        F = fmpq_mat([column.fit for column in self.basis]).transpose()
        left: fmpq_mat = (F.transpose() * F).solve(F.transpose())
        return left

    def coordinates(self, target: Sequence[fmpq]) -> Vector:
        """The coordinates, in the basis, of the orthogonal projection of a vector onto F."""
        if not self.basis:
            return []
        product = self._gram_inverse_times_basis * fmpq_mat(len(target), 1, list(target))
        return list(product.entries())

    @cached_property
    def fit(self) -> Vector:
        """The optimal fit: the projection of y onto F."""
        return self.fit_of(self.moves)

    def fit_of(self, moves: Moves) -> Vector:
        """sum over D of D X u_D."""
        X, total = self.program.Xq.tolist(), [fmpq(0)] * self.program.n
        for i, u in moves.items():
            for j in np.flatnonzero(self.program.patterns[i]):
                total[j] += dot(X[j], u)
        return total

    @cached_property
    def moves(self) -> Moves:
        """One u that reaches the optimal fit."""
        return self.joined(self.coordinates(self.program.yq))

    def joined(self, coordinates: Sequence[fmpq]) -> Moves:
        """The u with these coordinates in the basis."""
        return _joined(self.basis, coordinates)

    def kernel(self) -> Iterator[Moves]:
        """A basis of { u : fit of u = 0 }: every column outside the basis minus its expression in the basis."""
        chosen = {(c.pattern, c.place) for c in self.basis}
        for column in self.columns():
            if (column.pattern, column.place) not in chosen:
                yield _joined([*self.basis, column], [*(-v for v in self.coordinates(column.fit)), fmpq(1)])


def full_rank(program: Program) -> int:
    """dim F of the full program, and an upper bound for every list of patterns.

    >>> from fractions import Fraction as Q
    >>> full_rank(Program(((Q(1),), (Q(2),), (Q(-1),)), (Q(0),) * 3, Q(0), np.zeros((1, 3), dtype=bool)))
    2
    """
    lines = lines_of_rows(program.X_integer)
    orientations = [set(lines.sign[lines.line == k].tolist()) for k in range(len(lines.rows))]
    both = [row.tolist() for row, found in zip(lines.rows, orientations, strict=True) if len(found) == 2]
    return len(lines.rows) + (rank([[int(v) for v in row] for row in both]) if both else 0)


def _joined(columns: Sequence[FitColumn], coefficients: Sequence[fmpq]) -> Moves:
    """The sum of coefficient * b, pattern by pattern."""
    moves: Moves = {}
    for column, c in zip(columns, coefficients, strict=True):
        old = moves.get(column.pattern, [fmpq(0)] * len(column.b))
        moves[column.pattern] = [x + c * y for x, y in zip(old, column.b, strict=True)]
    return {i: u for i, u in moves.items() if any(u)}
