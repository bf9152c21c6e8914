"""Leaf M: majorants that the search finds itself, valid far beyond the box that suggested them.

Fix the sign of every positive line as at the centre of a box, and choose any slope t in [0, 1] for every other line: then
f <= w.u, w = sum_(C > 0, +) C_v v + sum_(C <= 0) t_v C_v v - l, wherever the positive lines have these signs. If
||w|| < lambda, all that is settled, at every scale. The slopes that make w shortest are those of the local maximum of f
(an error in t counts twice its square only, since v.w = 0 where 0 < t < 1): this ends the search around maxima that come
close to lambda without reaching it, where boxes alone would have to be as small as the square root of what is missing.

The slopes are guessed in floats; w and ||w|| < lambda are exact. All this speaks about the midpoint nu_0, as leaf A does.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.layout import Layout, floor_scaled
from polyrelu.covering.leaf_a import Floats, Kept
from polyrelu.covering.question import Question

MOST_LINES = 32
"""Undecided lines of negative coefficient up to which slopes are sought."""
SWEEPS = 30
BITS = 40


class Candidate(NamedTuple):
    """Sides of the positive lines (0 on others) and slopes over 2^40 of all lines, in the order of the layout."""

    side: NDArray[np.int8]
    slopes: tuple[int, ...]


def sides_at(question: Question, layout: Layout, c: NDArray[Any]) -> NDArray[np.int8]:
    """The sign of each line at a centre, +1 where it vanishes."""
    centre = np.array([int(x) for x in c], dtype=object)
    z = question.lines.V[layout.order] @ centre
    return np.where(z >= 0, 1, -1).astype(np.int8) if len(z) else np.zeros(0, dtype=np.int8)


def candidate(
    question: Question, layout: Layout, kept: Kept, side: NDArray[np.int8], free: NDArray[np.intp]
) -> Candidate | None:
    """The shortest majorant with these signs, slopes being free on some lines; None if it is not below the level."""
    products = (layout.high * 2.0**layout.limb + layout.low)[free] / layout.level
    fixed = np.delete(np.arange(len(side)), free)
    on = fixed[side[fixed] > 0]
    start = (layout.high[on] * 2.0**layout.limb + layout.low[on]).sum(axis=0) + layout.base
    t = shortest(start[: layout.normed] / layout.level, products[:, : layout.normed])
    slopes = np.where(side > 0, 1 << BITS, 0).astype(object)
    slopes[free] = [int(x * 2.0**BITS) for x in t]
    w = exact_majorant(question, layout, slopes)
    level = floor_scaled(question.level * 2 ** (question.bits + BITS), 0)
    if any(w[layout.normed :]) or sum(int(x) * int(x) for x in w) >= level * level:
        return None
    positive = np.where(np.arange(len(side)) < layout.positive, side, 0).astype(np.int8)
    return Candidate(positive, tuple(slopes))


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
