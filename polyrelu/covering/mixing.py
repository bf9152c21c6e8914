"""Better slopes for the lines with negative coefficients: a few steps of a cutting plane method, in floats.

On a box, phi(u) = sum_(C > 0) chords + sum_(C < 0) C (v.u)_+ + l.u - lambda ||u|| is concave, and every choice of
slopes t in [0, 1] for the negative lines is a majorant of it. At the maximiser u* of the majorant at hand the best
slopes are t* = 1[v.u* > 0]; between t and t* the maximum over the box is convex in the mixture, which is searched.
Where phi(u*) >= 0 no slopes settle the box, and it is left alone.
"""

from __future__ import annotations

import numpy as np

from polyrelu.covering.boxes import Boxes
from polyrelu.covering.layout import Layout
from polyrelu.covering.leaf_a import (
    ONE,
    Floats,
    Kept,
    Majorants,
    linear_part,
    majorants,
    maximiser,
    squared,
)

ROUNDS = 4
THETA = np.array([0.0, 0.0625, 0.125, 0.25, 0.5, 0.75, 1.0])


def mixed(layout: Layout, kept: Kept, boxes: Boxes, first: Majorants) -> Majorants:
    """The same majorants with better slopes where that settles more boxes."""
    p = kept.positive
    open_ = np.flatnonzero(first.value >= 0)
    if p == len(kept.lines) or not len(open_):
        return first
    lines = kept.lines[p:]
    normals = (layout.high[lines] * 2.0**layout.limb + layout.low[lines]) / ONE
    V = layout.V[lines].T
    here = boxes.take(open_)
    slopes = first.slopes[open_]
    gamma = first.gamma[open_].astype(np.float64)
    G = linear_part(layout, kept, slopes).astype(np.float64)
    u = first.u[open_]
    alive = np.arange(len(open_))
    for _ in range(ROUNDS):
        step = np.where(u[alive] @ V > 0, ONE, 0.0) - slopes[alive, p:]
        move = step @ normals
        hopeful = peak(layout, u[alive], G[alive] + move, gamma[alive]) < 0
        alive, step, move = alive[hopeful], step[hopeful], move[hopeful]
        if not len(alive):
            break
        theta, u[alive], value = best_mixture(
            layout, here.take(alive), G[alive], move, gamma[alive], u[alive]
        )
        slopes[alive, p:] += theta[:, None] * step
        G[alive] += theta[:, None] * move
        alive = alive[(value >= 0) & (theta > 0)]
    slopes[:, p:] = np.rint(np.clip(slopes[:, p:], 0.0, ONE))
    again = majorants(layout, kept, here, slopes, first.gamma[open_])
    better = again.value < first.value[open_]
    for old, new in zip(first, again, strict=True):
        old[open_[better]] = new[better]
    return first


def peak(layout: Layout, u: Floats, G: Floats, gamma: Floats) -> Floats:
    """G.u + gamma - lambda ||u||, in units."""
    norm = np.sqrt(squared(u[..., : layout.normed]))
    inner = np.einsum("...j,...j->...", G, u)
    return np.asarray((inner - layout.level * norm) / 2.0**layout.P + gamma)


def best_mixture(  # noqa: PLR0917
    layout: Layout, boxes: Boxes, G: Floats, move: Floats, gamma: Floats, u: Floats
) -> tuple[Floats, Floats, Floats]:
    """The best of a few mixtures, its maximiser, and its value there."""
    mixtures = G + THETA[:, None, None] * move
    there = np.concatenate([u[None], maximiser(layout, boxes, mixtures[1:])])
    value = peak(layout, there, mixtures, gamma)
    best, line = value.argmin(axis=0), np.arange(len(u))
    return THETA[best], there[best, line], value[best, line]
