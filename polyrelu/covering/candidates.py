"""Leaf M: majorants that the search finds itself, valid far beyond the box that suggested them.

Fix the sign of every positive line as at the centre of a box, and choose any slope t in [0, 1] for every other line:
then f <= w.u, w = sum_(C > 0, +) C_v v + sum_(C <= 0) t_v C_v v - l, wherever the positive lines have these signs. If
||w|| < lambda, all that is settled, at every scale. The slopes that make w shortest are those of the local maximum of f
(an error in t counts by its square only, since v.w = 0 where 0 < t < 1): this ends the search around maxima that come
close to lambda without reaching it, where boxes alone would have to be as small as what is missing, or its root.

The slopes are guessed in floats; w and ||w|| < lambda are exact. This speaks about the midpoint nu_0, as leaf A does.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.layout import Layout
from polyrelu.covering.leaf_a import Floats
from polyrelu.covering.question import Question
from polyrelu.covering.results import Direction

MOST_LINES = 32
"""Undecided lines of negative coefficient up to which slopes are sought."""
SWEEPS = 30
CLOSE = 2**30
BITS = 40


class Candidate(NamedTuple):
    """Sides of the positive lines (0 on others) and slopes over 2^40 of all lines, in the order of the layout."""

    side: NDArray[np.int8]
    slopes: tuple[int, ...]


def sides_at(question: Question, layout: Layout, c: Sequence[Any] | NDArray[Any]) -> NDArray[np.int8]:
    """The sign of each line at a centre, +1 where it vanishes."""
    centre = np.array([int(x) for x in c], dtype=object)
    z = question.lines.V[layout.order] @ centre
    return np.where(z >= 0, 1, -1).astype(np.int8) if len(z) else np.zeros(0, dtype=np.int8)


def candidate(
    question: Question, layout: Layout, side: NDArray[np.int8], free: NDArray[np.intp]
) -> Candidate | Direction | None:
    """The shortest majorant with these signs, slopes being free on some lines, if it is below the level.

    Else its direction, if f is above the level there, or so close that no majorant will do: a local maximum that nobody
    has told us of.
    """
    size = max(layout.level, 1)
    fixed = np.delete(np.arange(len(side)), free)
    on = fixed[side[fixed] > 0]
    products = (layout.high * 2.0**layout.limb + layout.low)[:, : layout.normed] / size
    start = products[on].sum(axis=0) + layout.base[: layout.normed] / size
    slopes = np.where(side > 0, 1 << BITS, 0).astype(object)
    slopes[free] = [int(x * 2.0**BITS) for x in shortest(start, products[free])]
    w = exact_majorant(question, layout, slopes)
    level = question.level * 2 ** (question.bits + BITS)
    if any(w[layout.normed :]):
        return None
    if sum(int(x) * int(x) for x in w) >= level**2:
        return tie(question, layout.sign, w)
    positive = np.where(np.arange(len(side)) < layout.positive, side, 0).astype(np.int8)
    return Candidate(positive, tuple(slopes))


def tie(question: Question, sign: int, w: NDArray[Any]) -> Direction | None:
    """The direction of w, if it is missed, or within 2^-30 of the level: then only more digits, or a star, help."""
    excess = max(max(abs(int(x)) for x in w).bit_length() - 62, 0)
    vector = tuple(int(x) >> excess for x in w)
    if question.exceeds(sign, vector):
        return Direction(sign, vector, "missed", question.height(sign, vector))
    value = max(Fraction(question.value(sign, vector), 2**question.bits), Fraction(0))
    close = question.level * (1 - Fraction(1, CLOSE))
    if value**2 < close**2 * sum(x * x for x in vector[: question.normed]):
        return None
    return Direction(sign, vector, "undecided", question.height(sign, vector))


def exact_majorant(question: Question, layout: Layout, slopes: NDArray[Any]) -> NDArray[Any]:
    """w over 2^(bits + 40)."""
    lines = question.lines
    C = np.array([lines.C[k] for k in layout.order], dtype=object) * layout.sign * slopes
    linear = np.array(lines.linear, dtype=object) * (layout.sign << BITS)
    return np.asarray(C @ lines.V[layout.order] - linear, dtype=object)


def shortest(start: Floats, moves: Floats) -> Floats:
    """Slopes t in [0, 1] that make start + t @ moves short: coordinate descent, then least squares on the free ones."""
    t = np.full(len(moves), 0.5)
    w = start + t @ moves
    squares = (moves**2).sum(axis=1)
    for _ in range(SWEEPS):
        before = t.copy()
        for k, m in enumerate(moves):
            if squares[k] > 0:
                new = min(1.0, max(0.0, t[k] - (w @ m) / squares[k]))
                w = w + (new - t[k]) * m
                t[k] = new
        if np.abs(t - before).max(initial=0.0) < 2.0**-50:
            break
    inner = (t > 0) & (t < 1)
    if inner.any():
        better = t.copy()
        rest = start + t[~inner] @ moves[~inner]
        better[inner] = np.linalg.lstsq(moves[inner].T, -rest, rcond=None)[0]
        if ((better >= 0) & (better <= 1)).all():
            t = better
    return t
