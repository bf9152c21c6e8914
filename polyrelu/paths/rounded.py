"""The rational data of a branch in balls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flint import arb, arb_mat, fmpq, fmpq_mat

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


def rounded(
    exact: tuple[list[fmpq_mat], fmpq_mat, fmpq_mat, fmpq_mat], W: fmpq_mat, y_rest: Sequence[fmpq]
) -> Rounded:
    """All of it at the current precision, from a_k, W^T W, W^T X B, W^T y, W and y_N."""
    (a, gram, E, y), p = exact, W.ncols()
    balls, rest = [arb_mat(m) for m in a], arb_mat(len(y_rest), 1, [arb(v) for v in y_rest])
    squares = [m.transpose() * m for m in balls]
    flat = arb_mat(len(a), p * p, [v for m in squares for v in m.entries()])
    stack = arb_mat(len(a) * p, p, flat.entries())
    return Rounded(
        balls,
        arb_mat([row for m in balls for row in m.tolist()]) if p and a else arb_mat(0, p),
        stack,
        flat.transpose(),
        absolute(stack),
        absolute(flat.transpose()),
        arb_mat(gram),
        arb_mat(E),
        arb_mat(y),
        arb_mat(W),
        rest,
    )
