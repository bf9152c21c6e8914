"""From a root at one penalty to a start at a much smaller one, where floats cannot hold the residual.

Let R be the span of the columns of all A_k^T, and nu_0 the part of y orthogonal to R. The equations say that nu - nu_0
lies in R, and A_k nu_0 = 0. With nu = nu_0 + lambda m and convex weights b_k = lambda beta_k they read

    lambda m + sum_k b_k Q_k m = y - nu_0,      |A_k m| = 1,

which has a limit as lambda falls to 0: m and b change little while the structure stays the same. So a residual found at
a larger penalty lambda' gives the start nu_0 + (lambda / lambda') (nu' - nu_0), with nu_0 rational; the weights b stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from flint import fmpq, fmpq_mat

from polyrelu.exact.rational import column, independent_rows, projector, select_rows
from polyrelu.proof.structure import Structure


def start_below(
    structure: Structure, nu: Sequence[float], lam: float, weights: Sequence[float]
) -> tuple[list[Any], list[Any]]:
    """The start (nu, beta) at the structure's penalty, from the residual and the convex weights at `lam`."""
    program = structure.program
    rows = fmpq_mat([row for neuron in structure.neurons for row in neuron.A.tolist()])
    P = projector(select_rows(rows, independent_rows(rows)), program.n)
    orthogonal, before = P * column(program.yq), column(map(_rational, nu))
    inside = (before - P * before) * (program.lamq / _rational(lam))
    return list((orthogonal + inside).entries()), [_rational(w) / program.lamq for w in weights]


def _rational(x: float) -> fmpq:
    exact = Fraction(float(x))
    return fmpq(exact.numerator, exact.denominator)
