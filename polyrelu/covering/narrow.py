"""Directions in the row space: rows of rank r < d are a question in r coordinates.

f_s(u) depends only on the part of u in the row space R, which is no longer than u: so f_s < lambda ||u|| everywhere iff
everywhere in R. Let o_1, ..., o_r be an orthogonal basis of R in integers, m_k the least integer with m_k |o_k| >= S,
and u = sum v_k m_k o_k. Then x_i.u = sum v_k m_k (x_i.o_k), an integer row for v, and

    S^2 ||v||^2  <=  ||u||^2 = sum v_k^2 m_k^2 |o_k|^2  <=  S^2 (1 + 2^-64)^2 ||v||^2        if S >= 2^64 |o_k|.

Where f_s < S lambda ||v|| is shown, f_s < lambda ||u|| follows; what is to be above lambda ||u|| has to exceed
S (1 + 2^-64) lambda ||v||, which a tight neuron does not. Signs of x_j.u and parallel rows stay what they are,
and the star of a neuron with them. What is missed in v is looked at again as u.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from polyrelu.covering.question import Question
from polyrelu.covering.results import Covered, Direction, Resisting
from polyrelu.covering.tight import orthogonal, primitive

BITS = 64


class Narrowed(NamedTuple):
    """A question in the coordinates of the row space, and the vectors m_k o_k, as columns."""

    question: Question
    whole: Question
    columns: NDArray[Any]

    def back(self, answer: Covered | Resisting) -> Covered | Resisting:
        """The answer about the question as it was asked."""
        if isinstance(answer, Covered):
            return answer
        return replace(answer, directions=tuple(self.seen(u) for u in answer.directions))

    def seen(self, direction: Direction) -> Direction:
        """A direction that resists, among all."""
        u = tuple(primitive(self.columns @ np.array(direction.vector, dtype=object)).tolist())
        missed = direction.kind == "missed" and self.whole.exceeds(direction.sign, u)
        kind = "missed" if missed else "undecided"
        return Direction(direction.sign, u, kind, self.whole.height(direction.sign, u))


def narrowed(question: Question) -> Narrowed | None:
    """The question in fewer coordinates; None where the rows span all of them (or none)."""
    rank = 0 if question.offset else fmpz_mat(question.rows.tolist()).rank()
    if not 0 < rank < question.d:
        return None
    basis = orthogonal(question.rows)
    squares = [int(o @ o) for o in basis]
    scale = 1 << (BITS + isqrt(max(squares)).bit_length())
    columns = np.array(
        [o * (isqrt((scale * scale - 1) // s) + 1) for o, s in zip(basis, squares, strict=True)]
    )
    rows = question.rows @ columns.T
    narrow = replace(question, rows=rows, lam=question.lam * scale, stretch=Fraction(1, 2**BITS))
    return Narrowed(narrow, question, columns.T)
