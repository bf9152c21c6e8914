"""What the equations of a branch imply about forms of its residual, for every lambda of a chord.

Along a curve eta = nu / lambda = W g + y_N / lambda, the |a_k g| = 1 agree for all neurons, as lambda varies, too. So
the identities of `proof.vanishing` hold with xi = (g, 1) = Z zeta on a whole curve: x(lambda) is analytic, and where a
product of two analytic functions is 0 for every lambda of an interval, the factor that is not 0 at one of them shows
that the other one is 0 at all of them. (The same for r forms and a matrix that is nonsingular at one lambda.)

Besides, let N be a space that holds W g for every lambda and is orthogonal to X B, P the projection onto it, and let V
in N hold P y and be mapped into itself by all P Q_k. As the weights are positive,

    lambda W g + sum_k b_k Q_k W g - X B c = y   gives   W g = (lambda + sum_k b_k P Q_k P)^-1 P y,

which lies in V: a positive definite operator that maps a space of finite dimension into itself does so in both
directions. A symmetry gives such a V, and other coincidences do, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from flint import arb, fmpq, fmpq_mat

from polyrelu.curves.branch import Branch
from polyrelu.curves.fixed import Fixed, columns_of, exchange_free, with_one
from polyrelu.exact.linear import echelon, independent_rows, null_space, solve, squared, times
from polyrelu.exact.rational import select_rows
from polyrelu.exact.real import is_zero
from polyrelu.proof.identities import steps_at
from polyrelu.proof.neuron import Neuron

NEAR = arb(2) ** -60


def invariant(branch: Branch, N: fmpq_mat) -> list[list[fmpq]]:
    """A basis of all g with W g in the smallest such V; columns of N span the g with W g in N."""
    W = branch.W * N
    inverse = (W.transpose() * W).inv()
    moves = [(inverse * (W.transpose() * (branch.square(k) * W))).transpose() for k in range(branch.K)]
    y = fmpq_mat(branch.program.n, 1, branch.program.yq)
    found = echelon((inverse * (W.transpose() * y)).transpose()).rows
    while 0 < len(found) < W.ncols():
        here = fmpq_mat(found)
        further = echelon([*found, *(row for move in moves for row in (here * move).tolist())]).rows
        if len(further) == len(found):
            break
        found = further
    return [times(N, v) for v in found]


def nearly(point: Sequence[arb]) -> list[arb]:
    """Balls around a point that is nearly a root: what follows from them is a guess."""
    return [arb(v.mid(), NEAR) for v in point]


class Implied:
    """Forms that are known at every lambda of a curve through a root; x encloses that of one lambda."""

    def __init__(self, branch: Branch, x: Sequence[arb]) -> None:
        self.branch, self._x = branch, x
        self.seen = branch.W
        """What makes eta of all coordinates but the last, but for what `_vanishes` asks by itself."""
        self._xi = [*x[: branch.size], arb(1)]

    @cached_property
    def Z(self) -> fmpq_mat:
        """Columns: (g, 1) lies in their span for every lambda."""
        Z, before = self._first(), None
        while before is None or Z.ncols() < before:
            before = Z.ncols()
            forms = self._off_invariant(Z)
            forms += [form for step in steps_at(self._tight(Z), self._zeta(Z)) for form in step.forms]
            Z = Z * columns_of(null_space(forms, before))
        return Z

    def _first(self) -> fmpq_mat:
        """What is known without a point."""
        return with_one(exchange_free(self.branch, self.seen))

    def _off_invariant(self, Z: fmpq_mat) -> list[list[fmpq]]:
        """Forms over zeta that vanish because W g lies in V."""
        if self.branch.E.ncols() != self.branch.XB.ncols() or not all(
            weight > 0 for weight in self.branch.parts(self._x)[1]
        ):
            return []  # beside free columns this is not looked at
        top = fmpq_mat(Z.tolist()[: self.branch.size])
        columns = top.transpose().tolist()
        V = invariant(self.branch, columns_of([columns[j] for j in independent_rows(columns)]))
        forms = (fmpq_mat(null_space(V, self.branch.size)) * top).tolist() if 0 < len(V) < top.rank() else []
        return [form for form in forms if any(form)]

    @cached_property
    def fixed(self) -> Fixed:
        """Forms that are a known multiple of lambda."""
        return Fixed.of(self.branch, self.branch.W, self.Z)

    def sign(self, form: Sequence[fmpq]) -> int | None:
        """The sign of form . nu for every lambda; None where it is not the same by structure."""
        if self._sees_rest(fmpq_mat([list(form)])):
            return None
        return self.fixed.sign((fmpq_mat([list(form)]) * self.branch.W).entries())

    def is_zero(self, form: Sequence[fmpq]) -> bool:
        """Whether form . nu = 0 for every lambda."""
        return self._vanishes(fmpq_mat([list(form)]))

    def values(self, matrix: fmpq_mat) -> list[Any] | None:
        """The entries of matrix W g, exactly, where they are the same for every lambda."""
        found = list[Any]()
        for row in (matrix * self.branch.W).tolist():
            value = self.fixed.value(row)
            if value is None:
                return None
            found.append(value)
        return found

    def on_zeta(self, matrix: fmpq_mat) -> fmpq_mat:
        """matrix W g as a linear function of zeta."""
        return matrix * self.seen * fmpq_mat(self.Z.tolist()[:-1])

    def _vanishes(self, matrix: fmpq_mat) -> bool:
        """Whether matrix nu = 0."""
        return not self._sees_rest(matrix) and not any(self.on_zeta(matrix).entries())

    def _sees_rest(self, matrix: fmpq_mat) -> bool:
        """Whether matrix y_N is not 0."""
        return any(times(matrix, self.branch.y_rest))

    def _tight(self, Z: fmpq_mat) -> list[fmpq_mat]:
        """Matrices T with |T zeta| = 1."""
        top, last = fmpq_mat(Z.tolist()[:-1]), fmpq_mat([Z.tolist()[-1]])
        return [*(k.N * self.seen * top for k in self.branch.neurons), last]

    def is_tight(self, neuron: Neuron) -> bool:
        """Whether |A nu| = lambda for every lambda."""
        if any(times(neuron.N, self.branch.y_rest)):
            return False
        if self._has_length_one(neuron):
            return True
        values = self.values(neuron.N)
        return values is not None and is_zero(squared(values) - 1)

    def _has_length_one(self, neuron: Neuron) -> bool:
        """Whether |N eta|^2 is a mean of lengths that are 1, as a quadratic form of zeta."""
        T = self.on_zeta(neuron.N)
        columns = [(S.transpose() * S).entries() for S in self._tight(self.Z)]
        rows = [list(row) for row in zip(*columns, strict=True)]
        return solve([*rows, [fmpq(1)] * len(columns)], [*(T.transpose() * T).entries(), fmpq(1)]) is not None

    def same(self, one: Neuron, other: Neuron) -> bool:
        """Whether A nu is the same for two neurons."""
        return self._vanishes(one.A - other.A)

    def _zeta(self, Z: fmpq_mat) -> list[Any]:
        """zeta in balls."""
        rows = independent_rows(Z)
        return times(fmpq_mat(select_rows(Z, rows)).inv(), [self._xi[i] for i in rows])


class ImpliedForAll(Implied):
    """The same whatever the targets are, as long as they are near, for a branch without symmetries.

    Then g may be anything near with (X B)^T W g = 0 and all |a_k g| = 1, and y_N as well: identities need no more, and
    an invariant space needs these targets.
    """

    def _off_invariant(self, Z: fmpq_mat) -> list[list[fmpq]]:
        return []

    def _sees_rest(self, matrix: fmpq_mat) -> bool:
        """Whether it sees anything outside of W that is orthogonal to the free columns."""
        W, onto = self.branch.W, self.branch.program.free.onto_complement(matrix.transpose())
        if W.ncols():
            onto = onto - W * (W.transpose() * W).inv() * (W.transpose() * onto)
        return any(onto.entries())


class ImpliedThere(Implied):
    """The same at the one lambda at which a form of nu is 0, or a newcomer is tight.

    Here 1 / lambda is one more coordinate: eta = (W, y_N) (g, 1 / lambda).
    """

    def __init__(
        self, branch: Branch, at: tuple[Sequence[arb], arb], form: Sequence[fmpq], newcomer: Neuron | None
    ) -> None:
        x, lam = at
        super().__init__(branch, x)
        self._form, self._newcomer = form, newcomer
        if any(branch.y_rest):
            self.seen = fmpq_mat(
                [[*row, v] for row, v in zip(self.seen.tolist(), branch.y_rest, strict=True)]
            )
            self._xi.insert(branch.size, 1 / lam)

    def is_tight(self, neuron: Neuron) -> bool:
        """Whether |A nu| = lambda there."""
        known = self._newcomer is not None and neuron.place == self._newcomer.place
        return known or self._has_length_one(neuron)

    def _vanishes(self, matrix: fmpq_mat) -> bool:
        return not any(self.on_zeta(matrix).entries())

    def _first(self) -> fmpq_mat:
        Z = super()._first()
        over = self._over(fmpq_mat([list(self._form)]), Z).entries() if self._form else []
        return Z * columns_of(null_space([over])) if any(over) else Z

    def _tight(self, Z: fmpq_mat) -> list[fmpq_mat]:
        found = super()._tight(Z)
        return [*found[:-1], *([self._over(self._newcomer.N, Z)] if self._newcomer else []), found[-1]]

    def _over(self, matrix: fmpq_mat, Z: fmpq_mat) -> fmpq_mat:
        return matrix * self.seen * fmpq_mat(Z.tolist()[:-1])
