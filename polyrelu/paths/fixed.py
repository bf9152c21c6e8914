"""Linear forms in nu that are a known multiple of lambda along a whole branch.

If A_k nu = (r.g) lambda e on the space of the branch, the direction of neuron k is fixed, and |A_k nu| = lambda says
r.g = +-1 / |e|; the face of the neuron tells the sign. Pairs give B^T X^T nu = 0. So a form whose row over g is a
combination of such rows is a multiple of lambda, whose sign is decided exactly: it may be 0 for every lambda.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat

from polyrelu.errors import LimitReached
from polyrelu.exact.linear import dot, solve, squared, transposed
from polyrelu.exact.real import sign
from polyrelu.exact.square_roots import SqrtSum
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.structure import Structure


@dataclass(frozen=True, eq=False)
class Fixed:
    """Rows over g, and their values."""

    rows: list[list[fmpq]]
    values: list[Any]

    @staticmethod
    def of(branch: Structure, W: fmpq_mat) -> Fixed:
        """The rows of all fixed directions and exchanges of a branch."""
        found = [v for neuron in branch.neurons for v in _fixed(neuron, neuron.A * W)]
        exchanges = (branch.XB.transpose() * W).tolist() if branch.r else []
        return Fixed(
            [*(row for row, _ in found), *exchanges], [*(v for _, v in found), *([fmpq(0)] * len(exchanges))]
        )

    def sign(self, form: Sequence[fmpq]) -> int | None:
        """The sign of a form (given over g) along the whole branch; None where these rows do not tell."""
        if not self.rows:
            return None
        c = solve(transposed(self.rows), list(form))
        return (
            None
            if c is None
            else sign(sum((a * v for a, v in zip(c, self.values, strict=True)), start=fmpq(0)))
        )


def _fixed(neuron: Neuron, a: fmpq_mat) -> list[tuple[list[fmpq], Any]]:
    """r and +-1 / |e|, if a = e r^T."""
    if a.rank() != 1:
        return []
    table = a.tolist()
    r = next(row for row in table if any(v != 0 for v in row))
    top = next(i for i, v in enumerate(r) if v != 0)
    e = [row[top] / r[top] for row in table]
    place, X = neuron.place, neuron.program.Xq.tolist()
    sides = ((dot(row, e), side) for row, side in zip(X, place.face, strict=True) if side)
    turned = next((side if product > 0 else -side for product, side in sides if product != 0), 0)
    try:
        size = SqrtSum.sqrt_of(squared(e))
    except LimitReached:
        return []
    return [(r, size * (fmpq(place.sign * turned) / squared(e)))] if turned else []
