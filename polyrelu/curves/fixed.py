"""Linear forms in nu that are a known multiple of lambda along a whole branch.

Let (g, 1) = Z zeta for every lambda (see `implied`; pairs give B^T X^T nu = 0, say). If A_k nu = (r.zeta) lambda e, the
direction of neuron k is fixed, and |A_k nu| = lambda says r.zeta = +-1 / |e|; the face of the neuron tells the sign.
So a form whose row over zeta is a combination of such rows is a multiple of lambda, whose sign is decided exactly: it
may be 0 for every lambda.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flint import fmpq, fmpq_mat

from polyrelu.errors import LimitReached
from polyrelu.exact.linear import dot, null_space, solve, squared, transposed
from polyrelu.exact.real import sign
from polyrelu.exact.square_roots import SqrtSum
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.structure import Structure


@dataclass(frozen=True, eq=False)
class Fixed:
    """Rows over zeta, and their values."""

    W: fmpq_mat
    Z: fmpq_mat
    rows: list[list[fmpq]]
    values: list[Any]

    @staticmethod
    def of(branch: Structure, W: fmpq_mat, Z: fmpq_mat) -> Fixed:
        """The rows of all fixed directions of a branch, and of 1."""
        table = Z.tolist()
        top = fmpq_mat(table[:-1])
        found = (
            [v for neuron in branch.neurons for v in _fixed(neuron, neuron.A * W * top)]
            if top.nrows()
            else []
        )
        return Fixed(W, Z, [*(row for row, _ in found), table[-1]], [*(v for _, v in found), fmpq(1)])

    @cached_property
    def witness_over_g(self) -> list[fmpq]:
        """Z v, with v orthogonal to all rows: a form over g that is not 0 here is no combination of them."""
        free = null_space(self.rows, self.Z.ncols())
        v = [
            sum((t * (k + 1) for k, t in enumerate(column)), start=fmpq(0))
            for column in zip(*free, strict=True)
        ]
        top, p = self.Z.tolist()[:-1], self.W.ncols()
        return (fmpq_mat(top) * fmpq_mat(len(v), 1, v)).entries() if v and top else [fmpq(0)] * p

    @cached_property
    def witness(self) -> fmpq_mat:
        """The same for forms of nu."""
        v = self.witness_over_g
        return self.W * fmpq_mat(len(v), 1, v)

    def sign_of(self, form: Sequence[fmpq]) -> int | None:
        """The sign of a form of nu that sees W g alone."""
        row = fmpq_mat([list(form)])
        return None if (row * self.witness)[0, 0] != 0 else self.sign((row * self.W).entries())

    def value(self, form: Sequence[fmpq]) -> Any | None:
        """The value of a form (given over g) along the whole branch, exactly; None where these rows do not tell."""
        over = (fmpq_mat([[*form, fmpq(0)]]) * self.Z).entries()
        c = solve(transposed(self.rows), over)
        return None if c is None else sum((a * v for a, v in zip(c, self.values, strict=True)), start=fmpq(0))

    def sign(self, form: Sequence[fmpq]) -> int | None:
        """Its sign."""
        value = self.value(form)
        return None if value is None else sign(value)


def with_one(V: fmpq_mat) -> fmpq_mat:
    """Z for all (g, 1) with g in the span of some columns."""
    return fmpq_mat([*([*row, fmpq(0)] for row in V.tolist()), [fmpq(0)] * V.ncols() + [fmpq(1)]])


def columns_of(vectors: Sequence[Sequence[fmpq]]) -> fmpq_mat:
    """A matrix with these columns."""
    return fmpq_mat([list(v) for v in vectors]).transpose()


def exchange_free(branch: Structure, W: fmpq_mat) -> fmpq_mat:
    """Columns: a basis of all g with (X B)^T W g = 0."""
    return columns_of(null_space((branch.XB.transpose() * W).tolist() if branch.r else [], W.ncols()))


def _fixed(neuron: Neuron, a: fmpq_mat) -> list[tuple[list[fmpq], Any]]:
    """r and +-1 / |e|, if a = e r^T; a gate does not tell on which sides its direction lies."""
    if neuron.place.gate is not None or a.rank() != 1:
        return []
    table = a.tolist()
    r = next(row for row in table if any(v != 0 for v in row))
    top = next(i for i, v in enumerate(r) if v != 0)
    e = [row[top] / r[top] for row in table]
    place, X = neuron.place, neuron.program.Xq.tolist()
    sides = ((dot(row, e), side) for row, side in zip(X, place.face, strict=True) if side)
    turned = next((side if product > 0 else -side for product, side in sides if product != 0), 0)
    try:
        square = squared(e[: neuron.program.normed])  # a free bias does not count
        size = SqrtSum.sqrt_of(square)
    except LimitReached:
        return []
    return [(r, size * (fmpq(place.sign * turned) / square))] if turned else []
