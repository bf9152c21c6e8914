"""What the equations of a branch imply about forms of its residual, for every lambda of a chord.

Along a curve eta = nu / lambda = W g + y_N / lambda, the |a_k g| = 1 agree for all neurons, as lambda varies, too. So
the identities of `proof.vanishing` hold with xi = (g, 1) = Z zeta on a whole curve: x(lambda) is analytic, and where a
product of two analytic functions is 0 for every lambda of an interval, the factor that is not 0 at one of them shows
that the other one is 0 at all of them. (The same for r forms and a matrix that is nonsingular at one lambda.)
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from flint import arb, fmpq, fmpq_mat

from polyrelu.exact.linear import dot, independent_rows, null_space, times
from polyrelu.exact.rational import select_rows
from polyrelu.paths.fixed import Fixed
from polyrelu.proof.identities import steps_at
from polyrelu.proof.structure import Structure


NEAR = 2.0**-60


def coordinates(branch: Structure, W: fmpq_mat) -> fmpq_mat:
    """Columns that span all (g, 1) with the exchanges of the pairs."""
    forms = (branch.XB.transpose() * W).tolist() if branch.r else []
    return _columns(null_space([[*form, fmpq(0)] for form in forms], W.ncols() + 1))


def nearly(point: Sequence[arb]) -> list[arb]:
    """Balls around a point that is nearly a root: what follows from them is a guess."""
    return [arb(v.mid(), NEAR) for v in point]


class Implied:
    """Forms that are known at every lambda of a curve through a root; `g` encloses its first unknowns at one lambda."""

    def __init__(self, branch: Structure, W: fmpq_mat, g: Sequence[arb]) -> None:
        self.branch, self.W, self._xi = branch, W, [*g, arb(1)]

    @cached_property
    def Z(self) -> fmpq_mat:
        """Columns: (g, 1) lies in their span for every lambda."""
        Z = coordinates(self.branch, self.W)
        while steps := steps_at(self._tight(Z), self._zeta(Z)):
            Z = Z * _columns(null_space([form for step in steps for form in step.forms]))
        return Z

    @cached_property
    def fixed(self) -> Fixed:
        """Forms that are a known multiple of lambda."""
        return Fixed.of(self.branch, self.W, self.Z)

    @property
    def says_more(self) -> bool:
        """Whether anything follows that was not known without a point of the curve."""
        return self.Z.ncols() < coordinates(self.branch, self.W).ncols()

    def sign(self, form: Sequence[fmpq]) -> int | None:
        """The sign of form . nu for every lambda; None where it is not the same by structure."""
        if dot(form, self.branch.y_rest) != 0:
            return None
        return self.fixed.sign((fmpq_mat([list(form)]) * self.W).entries())

    def is_zero(self, form: Sequence[fmpq]) -> bool:
        """Whether form . nu = 0 for every lambda."""
        return dot(form, self.branch.y_rest) == 0 and not any(self.on_zeta(fmpq_mat([list(form)])).entries())

    def on_zeta(self, matrix: fmpq_mat) -> fmpq_mat:
        """matrix W g as a linear function of zeta."""
        return matrix * self.W * fmpq_mat(self.Z.tolist()[:-1])

    def _tight(self, Z: fmpq_mat) -> list[fmpq_mat]:
        """Matrices T with |T zeta| = 1."""
        top, last = fmpq_mat(Z.tolist()[:-1]), fmpq_mat([Z.tolist()[-1]])
        return [*(k.A * self.W * top for k in self.branch.neurons), last]

    def _zeta(self, Z: fmpq_mat) -> list[Any]:
        rows = independent_rows(Z)
        return times(fmpq_mat(select_rows(Z, rows)).inv(), [self._xi[i] for i in rows])


def _columns(vectors: Sequence[Sequence[fmpq]]) -> fmpq_mat:
    return fmpq_mat([list(v) for v in vectors]).transpose()
