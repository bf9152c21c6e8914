"""Leaf B: the star of a known tight neuron.

Lemma. Let ||u_k|| = 1, f(u_k) = lambda, and f(v) <= lambda u_k.v for all v near u_k. Let Z_k be the lines v.u_k = 0,
and let u be such that every line outside Z_k whose coefficient is positive, or of unproved sign, has at u the sign that
it has at u_k, or is 0 there. Then f(u) <= lambda u_k.u; so f(u) < lambda ||u|| unless u is a multiple of u_k.

Proof. Choose a sign for each such line of Z_k that agrees with u (and with u_k: there it is 0). Let K be the cone where
all lines of positive or unproved coefficient have these signs, or 0; u and u_k lie in it. On K f is concave, since the
lines that still bend there have negative coefficients; positively homogeneous, it is superadditive. For small e > 0,
f(u_k) + e f(u) <= f(u_k + e u) <= lambda u_k.(u_k + e u) = lambda + e lambda u_k.u.   QED

The hypothesis is about the true nu. It holds if for every cell around u_k the block's projection is lambda u_k
(`show_multipliers`): then f <= lambda u_k.v in each of those closed cells, which cover a neighbourhood of u_k.
Note that the star is not small: it ends where a *positive* line outside Z_k changes sign.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.candidates import Candidate
from polyrelu.covering.layout import Layout
from polyrelu.covering.leaf_a import Kept, Products
from polyrelu.covering.question import Question


class Stars(NamedTuple):
    """The stars of one sign: the side of every line of the layout (0 on Z_k), and their numbers in the question."""

    side: NDArray[np.int8]
    number: NDArray[np.intp]
    slopes: tuple[Any, ...]

    def joined(self, found: Candidate) -> Stars:
        """With a majorant that the search found itself: its number is -1."""
        return Stars(
            np.vstack([self.side, found.side]), np.append(self.number, -1), (*self.slopes, found.slopes)
        )

    def hold(self, signs: NDArray[np.int8], hard: int) -> bool:
        """Whether a direction with these signs of all lines lies in one of the stars."""
        side = self.side[:, :hard]
        return bool(((side == 0) | (side == signs[:hard])).all(axis=1).any())

    def take(self, chosen: NDArray[np.bool_]) -> Stars:
        """Some of them."""
        return Stars(
            self.side[chosen],
            self.number[chosen],
            tuple(m for m, kept in zip(self.slopes, chosen, strict=True) if kept),
        )


def stars_of(question: Question, layout: Layout) -> Stars:
    """For one sign, in the order of its layout."""
    known = list(sides_of(question, layout.sign))
    table = np.array([side for _, side in known], dtype=np.int8).reshape(len(known), len(question.lines.V))
    number = np.array([k for k, _ in known], dtype=np.intp)
    return Stars(table[:, layout.order], number, (None,) * len(number))


def sides_of(question: Question, sign: int) -> Iterator[tuple[int, list[int]]]:
    """Stars of one sign with their numbers: sides of lines instead of rows; the rows of one line must agree."""
    lines = question.lines
    for k, star in enumerate(question.stars):
        if star.sign != sign:
            continue
        side: dict[int, int] = {}
        for row, (line, turned) in enumerate(zip(lines.line, lines.turned, strict=True)):
            if line >= 0 and side.setdefault(line, star.side[row] * turned) != star.side[row] * turned:
                raise ValueError(f"star {k} puts parallel rows on contradictory sides (row {row})")
        yield k, [side[line] for line in range(len(lines.V))]


def disagreement(stars: Stars, kept: Kept, at: Products) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For every box and star, how many hard lines outside Z_k are not decided as the star has them, and how many
    are decided otherwise.
    """
    hard = kept.hard
    z, r = at.z[:, :hard], at.r[:, :hard]
    above, below = (z >= r).astype(np.float64), (z <= -r).astype(np.float64)
    side = stars.side[:, kept.lines[:hard]]
    plus, minus = (side > 0).astype(np.float64).T, (side < 0).astype(np.float64).T
    right = above @ plus + below @ minus
    wrong = (z >= r).astype(np.float64) @ minus + below @ plus
    return ((side != 0).sum(axis=1) - right).astype(np.intp), wrong.astype(np.intp)


def straddling(stars: Stars, kept: Kept, at: Products) -> NDArray[np.bool_]:
    """Boxes that one hard line cuts into parts in two stars: all else is decided as both have it."""
    hard = kept.hard
    z, r = at.z[:, :hard], at.r[:, :hard]
    above, below = (z >= r).astype(np.float64), (z <= -r).astype(np.float64)
    side = stars.side[:, kept.lines[:hard]].astype(np.float64)
    missing, wrong = disagreement(stars, kept, at)
    number = np.arange(1.0, hard + 1)
    right = above @ ((side > 0) * number).T + below @ ((side < 0) * number).T
    cut = ((np.abs(side) @ number)[None, :] - right).astype(np.intp)
    candidate = (missing == 1) & (wrong == 0)
    signed = np.where(candidate, cut, 1)
    code = np.where(candidate, signed * side[np.arange(len(side))[None, :], signed - 1], 0.0)
    return np.asarray(((code[:, :, None] == -code[:, None, :]) & candidate[:, :, None]).any(axis=(1, 2)))
