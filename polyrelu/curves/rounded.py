"""The rational data of a branch in balls of the current precision."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flint import arb_mat, fmpq, fmpq_mat

from polyrelu.exact.enclosure import absolute


class Rounded(NamedTuple):
    """The rational data in balls of the current precision."""

    a: list[arb_mat]
    A: arb_mat
    """All of them below each other,"""
    squares: arb_mat
    """and all a^T a;"""
    flat: arb_mat
    """these again, each as one column."""
    sizes: arb_mat
    """Bounds of all their entries,"""
    flat_sizes: arb_mat
    """and these as columns."""
    gram: arb_mat
    E: arb_mat
    y: arb_mat
    W: arb_mat
    rest: arb_mat
    X: arb_mat
    r: arb_mat
    """r^T W, for a ridge."""

    @staticmethod
    def of(
        exact: tuple[list[fmpq_mat], fmpq_mat, fmpq_mat, fmpq_mat],
        W: fmpq_mat,
        rest: Sequence[fmpq],
        further: tuple[fmpq_mat, fmpq_mat],
    ) -> Rounded:
        """From the a_k, W^T W, W^T X B and W^T y; `rest` is y_N; `further` are X and r^T W."""
        matrices, gram, E, y = exact
        a, p = [arb_mat(m) for m in matrices], W.ncols()
        squares = [m.transpose() * m for m in a]
        flat = arb_mat(len(a), p * p, [v for m in squares for v in m.entries()])
        stack = arb_mat(len(a) * p, p, flat.entries())
        below = arb_mat([row for m in a for row in m.tolist()]) if p and a else arb_mat(0, p)
        turned = flat.transpose()
        y_N = arb_mat(fmpq_mat(len(rest), 1, list(rest)))
        return Rounded(
            a,
            below,
            stack,
            turned,
            absolute(stack),
            absolute(turned),
            arb_mat(gram),
            arb_mat(E),
            arb_mat(y),
            arb_mat(W),
            y_N,
            *map(arb_mat, further),
        )
