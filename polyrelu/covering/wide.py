"""Leaves A and B for a single box in Python integers: nothing is rounded but slopes and w, and those are free.

Used where the fast layout was too coarse to tell. The same bound as in `leaf_a`, with slopes of 40 bits.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.layout import SLOPE_BITS, Layout, floor_scaled
from polyrelu.covering.question import Question, norm_above

BITS = 40
FINER = 64
"""Further bits of w and of the level."""
CLIMBS = 60


def settles(
    question: Question, layout: Layout, c: NDArray[Any], h: NDArray[Any], slopes: NDArray[Any]
) -> Any:
    """(w, slopes) of a majorant below the level on the box, over 2^(bits + 104) and 2^40; None if there is none.

    `slopes` are proposals over 2^16 for all lines, in the order of `Lines`.
    """
    lines, one = question.lines, 1 << BITS
    c, h = whole(c), whole(h)
    z, r = lines.V @ c, np.abs(lines.V) @ h
    G = np.array([-layout.sign * x * one for x in lines.linear], dtype=object)
    used, gamma = [], 0
    for k, v in enumerate(lines.V):
        C = layout.sign * lines.C[k]
        if abs(z[k]) >= r[k]:
            slope = one if z[k] > 0 else 0
        elif C > 0:
            slope = ((z[k] + r[k]) << BITS) // (2 * r[k])
            gamma += C * max(slope * (r[k] - z[k]), (one - slope) * (z[k] + r[k]))
        else:
            slope = min(one, int(slopes[k]) << (BITS - SLOPE_BITS))
        used.append(slope)
        G = G + C * slope * v
    level = floor_scaled(question.level * 2 ** (question.bits + BITS + FINER), 0)
    G, gamma = G << FINER, gamma << FINER
    w = support(level, maximiser(layout, c, h, G, level), layout.normed)
    D = G - w
    value = int(D @ c) + int(np.abs(D) @ h) + gamma
    return (w, used) if value < 0 else None


def whole(vector: NDArray[Any]) -> NDArray[Any]:
    """Carried integers as Python integers."""
    return np.array([int(x) for x in vector], dtype=object)


def maximiser(layout: Layout, c: NDArray[Any], h: NDArray[Any], G: NDArray[Any], level: int) -> NDArray[Any]:
    """A guess of the maximiser of G.u - lambda ||u|| on the box, as integers."""
    m, size = layout.normed, max(level, *(abs(int(x)) for x in G), 1)
    step = np.array([int(x) * 2**60 // size for x in G], dtype=np.float64) / (level * 2**60 // size or 1)
    low, high = (c - h).astype(np.float64), (c + h).astype(np.float64)
    u = c.astype(np.float64)
    u[m:] += np.sign(step[m:]) * h[m:].astype(np.float64)
    for _ in range(CLIMBS):
        u[:m] = np.clip(step[:m] * np.sqrt((u[:m] ** 2).sum()), low[:m], high[:m])
    return np.array([int(x * 2**20) for x in u], dtype=object)


def support(level: int, u: NDArray[Any], normed: int) -> NDArray[Any]:
    """The integer vector w along u with ||w|| <= level: rounded towards zero."""
    norm = norm_above(u[:normed] << 64)
    w = [(abs(int(x)) << 64) * level // norm * (1 if x > 0 else -1) for x in u[:normed]]
    return np.array([*w, *([0] * (len(u) - normed))], dtype=object)
