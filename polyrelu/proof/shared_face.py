"""Multipliers around a neuron on a hyperplane.

Let u lie in the closed cone of a present block (D_b, s), with zero set Z, and let nu satisfy A nu = s lambda u. Then
p_b = lambda u iff there is rho >= 0 on Z with s X^T D_b nu + sum_Z (2D_b - I)_jj rho_j x_j = lambda u; by Farkas, iff
the linear form c_b = (I - P) s X^T D_b nu is <= 0 on the cone { v in L^perp : (2D_b - I)_jj x_j.v >= 0, j in Z }.

With a free hidden bias the rows are (x_j, 1) and p_b = (lambda u, 0); in place of L^perp stands the complement of the
(v, b) that vanish on Z in which u.v = 0: v orthogonal to the L of `neuron`, and any b.

Rows of Z that are multiples of one direction e_i are joined. When the directions are independent, c_b = sum tau_i e_i
and the form is <= 0 iff each tau_i has the sign that its side allows, where tau_i depends on the block's side of e_i
alone: two tests per direction serve all 2^|Z| blocks. Otherwise the form is tested on the extreme rays of the cone of
each distinct local pattern. Every test is the sign of a rational linear form in nu.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from polyrelu.exact.cone import generators
from polyrelu.exact.linear import dot, independent_rows
from polyrelu.exact.rational import primitive_scale, select_rows, to_fmpq
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.program import Program


@dataclass(frozen=True)
class FaceTest:
    """The claim form . nu <= 0."""

    form: tuple[fmpq, ...]
    ray: tuple[fmpq, ...]
    """Where the claim fails, the value grows from u along this ray."""


@dataclass(frozen=True, eq=False)
class Surroundings:
    """The present blocks around a neuron's face, seen in L^perp."""

    neuron: Neuron
    program: Program

    @cached_property
    def Z(self) -> list[int]:
        """The zero set without the zero rows of X."""
        return self.neuron.zero_rows

    @cached_property
    def local_patterns(self) -> NDArray[np.bool_]:
        """The distinct restrictions to Z of the present patterns whose cone holds u."""
        return np.unique(self.neuron.patterns[:, self.Z], axis=0)

    @cached_property
    def directions(self) -> tuple[list[list[Any]], list[tuple[int, int]]]:
        """Primitive directions e_i up to sign, and for each row of Z its (direction, orientation)."""
        found: dict[tuple[int, ...], int] = {}
        place = []
        for j in self.Z:
            e, _ = primitive_scale([self.program.Xq[j, c] for c in range(self.program.d)])
            orientation = 1 if next(v for v in e if v != 0) > 0 else -1
            key = tuple(int(v) * orientation for v in e)
            place.append((found.setdefault(key, len(found)), orientation))
        return [[fmpq(v) for v in key] for key in found], place

    def tests(self) -> Iterator[FaceTest]:
        """All claims form . nu <= 0 that together prove p_b = lambda u for every present block around u."""
        if not self.Z or self.neuron.place.gate is not None:
            return
        E = fmpq_mat(self.directions[0])
        yield from self._by_direction(E) if E.rank() == E.nrows() else self._by_rays()

    def beside(self, ray: tuple[fmpq, ...]) -> Place:
        """The neuron of the face that one enters from u along a ray of L^perp."""
        face = list(self.neuron.place.face)
        for j in self.Z:
            product = dot([self.program.Xq[j, c] for c in range(self.program.d)], ray)
            face[j] = (product > 0) - (product < 0)
        return Place(self.neuron.place.sign, tuple(face))

    def form_on(self, v: list[fmpq], local: NDArray[np.bool_]) -> tuple[fmpq, ...]:
        """Coefficients in nu of s nu^T D_b X v, for a local pattern on Z."""
        rows = [*self.neuron.place.active, *(j for j, on in zip(self.Z, local, strict=True) if on)]
        X, form = self.program.Xq, [fmpq(0)] * self.program.n
        for j in rows:
            form[j] = (
                sum((X[j, c] * v[c] for c in range(self.program.d)), start=fmpq(0)) * self.neuron.place.sign
            )
        return tuple(form)

    def _by_direction(self, E: fmpq_mat) -> Iterator[FaceTest]:
        """The dual basis v_i (e_j.v_i = [i = j]) reads off tau_i; it also is the ray of its side."""
        V = self._complement(E)
        dual = V * (E * V).inv()
        _, place = self.directions
        for i in range(E.nrows()):
            v = [dual[c, i] for c in range(E.ncols())]
            members = [k for k, (direction, _) in enumerate(place) if direction == i]
            for local in self._local(members, [place[k][1] for k in members]):
                side = self._side(local, [place[k][1] for k in members])
                if side == 0:
                    continue  # the rows of this direction leave no room: the cone is flat here
                pattern = np.zeros(len(self.Z), dtype=bool)
                pattern[members] = local
                ray = [x * side for x in v]
                yield FaceTest(self.form_on(ray, pattern), tuple(ray))

    def _complement(self, E: fmpq_mat) -> fmpq_mat:
        """Columns: a basis of the complement in which u.v = 0."""
        if not self.program.offset:
            return E.transpose()
        normals = (
            select_rows(fmpq_mat(self.neuron.normals), independent_rows(self.neuron.normals)).tolist()
            if self.neuron.normals
            else []
        )
        rows = [[*row, fmpq(0)] for row in normals] + [[fmpq(0)] * self.program.normed + [fmpq(1)]]
        return fmpq_mat(rows).transpose()

    def _local(self, members: list[int], orientations: list[int]) -> NDArray[np.bool_]:
        """The present patterns on the rows of one direction: of independent directions all cells hold both sides."""
        if self.program.listed is None:
            plus = np.array(orientations) > 0
            return np.array([plus, ~plus])
        return np.unique(self.local_patterns[:, members], axis=0)

    @staticmethod
    def _side(local: NDArray[np.bool_], orientations: list[int]) -> int:
        sides = {o if on else -o for on, o in zip(local, orientations, strict=True)}
        return sides.pop() if len(sides) == 1 else 0

    def _by_rays(self) -> Iterator[FaceTest]:
        seen = set()
        X, d = self.program.Xq, self.program.d
        # P v = 0 says v in L^perp
        flat = [[*row, *[fmpq(0)] * self.program.offset] for row in self.neuron.projection.tolist()]
        for local in self.local_patterns:
            signed = [
                [X[j, c] * (1 if on else -1) for c in range(d)] for j, on in zip(self.Z, local, strict=True)
            ]
            rays, _ = generators(signed, flat, d)  # no lines: the rows of Z span L^perp
            for ray in rays:
                v = [to_fmpq(x) for x in ray]
                test = FaceTest(self.form_on(v, local), tuple(v))
                if test.form not in seen:
                    seen.add(test.form)
                    yield test
