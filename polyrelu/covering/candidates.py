"""Leaf M: majorants that the search finds itself, valid far beyond the box that suggested them.

Fix the sign of every positive line as at the centre of a box, and choose any slope t in [0, 1] for every other line:
then f <= w.u, w = sum_(C > 0, +) C_v v + sum_(C <= 0) t_v C_v v - l, wherever the positive lines have these signs. If
||w|| < lambda, all that is settled, at every scale. The slopes that make w shortest are those of the local maximum of f
(an error in t counts by its square only, since v.w = 0 where 0 < t < 1): this ends the search around maxima that come
close to lambda without reaching it, where boxes alone would have to be as small as what is missing, or its root.

The slopes are guessed in floats; w and ||w|| < lambda are exact. This speaks about the midpoint nu_0, as leaf A does.

With an offset nothing of w may be left along it. One line, the *anchor*, makes up for what the others leave: its slope
is the quotient of two integers, and still has to be one in [0, 1]. There positive lines are pushed, too: what is
m_j >= 0 times their value on the fixed side only adds to a majorant. So one majorant settles all that these sides hold.
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
from polyrelu.guess import bounded_least_squares

MOST_LINES = 32
"""Undecided lines of negative coefficient up to which slopes are sought."""
SWEEPS = 30
STIFF, MOST = 64.0, 2.0**10
"""How much the offset counts in the guess, and a bound of pushes."""
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
    question: Question,
    layout: Layout,
    side: NDArray[np.int8],
    free: NDArray[np.intp],
    *,
    anchors: bool = True,
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
    level = question.level * 2 ** (question.bits + BITS)
    if question.offset and anchors and 0 < len(side) <= MOST_LINES:
        found = anchored(question, layout, side, slopes)
        if found is None:
            return None
        w, u, scale = found
        level = level * scale
    else:
        slopes[free] = [int(x * 2.0**BITS) for x in shortest(start, products[free])]
        w = u = exact_majorant(question, layout, slopes)
    if any(w[layout.normed :]):
        return None
    if sum(int(x) * int(x) for x in w) >= level**2:
        return tie(question, layout.sign, u)
    positive = np.where(np.arange(len(side)) < layout.positive, side, 0).astype(np.int8)
    return Candidate(positive, tuple(slopes))


def anchored(
    question: Question, layout: Layout, side: NDArray[np.int8], slopes: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any], int] | None:
    """An integer times w, its direction with the offset at which the anchor vanishes, and the integer.

    The slopes of lines that are not positive are filled in; what is pushed, or makes up for the rest, is in w alone.
    """
    V, C = question.lines.V[layout.order], np.array([question.lines.C[k] for k in layout.order], dtype=object)
    p, signs = layout.positive, np.array([int(v) for v in side], dtype=object)
    slopes[p:] = 0
    start = exact_majorant(question, layout, slopes)
    level = int(question.level * 2**question.bits) + 1
    moves = np.concatenate([V[:p] * (signs[:p] * level)[:, None], V[p:] * (layout.sign * C[p:])[:, None]])
    stiff, unit = np.append(np.ones(layout.normed), STIFF), 1.0 / level
    floats = np.array([[float(x) * unit for x in row] for row in moves]) * stiff
    upper = np.where(np.arange(len(V)) < p, MOST, 1.0)
    t = bounded_least_squares(
        floats.T, -np.array([float(x) / 2.0**BITS * unit for x in start]) * stiff, upper
    )
    r = int((np.where(np.arange(len(V)) < p, t, np.minimum(t, 1 - t)) * np.abs(floats[:, -1])).argmax())
    exact = np.array([0 if i == r else int(x * 2.0**BITS) for i, x in enumerate(t)], dtype=object)
    slopes[p:] = exact[p:]
    w = start + exact @ moves
    last, left = int(moves[r][-1]), int(w[-1])  # -left / last is the slope or the push of the anchor
    if left * last > 0 or (r >= p and -left * last > last * last << BITS):
        return None
    w = w * abs(last) - moves[r] * (left if last > 0 else -left)
    on = V[r] if V[r][-1] > 0 else -V[r]
    return w, np.append(w[:-1] * int(on[-1]), -int(on[:-1] @ w[:-1])), abs(last)


def tie(question: Question, sign: int, w: NDArray[Any]) -> Direction | None:
    """The direction of w, if it is missed, or within 2^-30 of the level: then only more digits, or a star, help."""
    excess = max(max(abs(int(x)) for x in w).bit_length() - 62, 0)
    vector = tuple(int(x) >> excess for x in w)
    if question.offset and abs(vector[-1]) > max(map(abs, vector[:-1])):
        return None  # beyond the offsets that are asked about
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
