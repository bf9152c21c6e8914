"""Leaf A: one linear majorant below lambda ||u|| on the whole box, in exact integers, for many boxes at once.

On a box with centre c and half-widths h, z = v.c and r = sum |v_j| h_j put v.u into [z - r, z + r]. For C_v > 0 and
any slope m in [0, 1], (v.u)_+ <= m v.u + max(m (r - z), (1 - m)(z + r)): a chord where m = (z + r) / 2r, and exact on a
line that the box does not meet. For C_v < 0, C_v (v.u)_+ <= C_v m v.u for any m in [0, 1]. In all f(u) <= G.u + Gamma.
For ||w|| <= lambda: -lambda ||u|| <= -w.u - (lambda - ||w||) ||u||. So the box is settled, strictly, if

    max over the box of (G - w).u  =  (G - w).c + sum |G_j - w_j| h_j   <   (lambda - ||w||) min ||u|| - Gamma.

Slopes and w may be anything: they are guessed in floats, then rounded to integers, and the bound comes from those.
The best w is lambda u* / ||u*|| at the maximiser u* of G.u - lambda ||u||; with N = ||u||, lambda ||u|| lies below
lambda (||u||^2 / N + N) / 2, whose maximiser is clip(G N / lambda): repeating this climbs towards u*.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.boxes import Boxes
from polyrelu.covering.layout import SLOPE_BITS, Layout

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ONE = float(2**SLOPE_BITS)
CLIMBS = 5
W_BITS = 26
HALF = 30
NORM_BITS = 20


class Kept(NamedTuple):
    """The lines still undecided somewhere in a region, and the linear part of the others."""

    lines: NDArray[np.intp]
    positive: int
    hard: int
    folded: Integers


class Products(NamedTuple):
    """z and r of every box and kept line: |v.u - z| <= r, over 2^P."""

    z: Floats
    r: Floats

    def take(self, chosen: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Products:
        """Those of some boxes."""
        return Products(self.z[chosen], self.r[chosen])


def all_lines(layout: Layout) -> Kept:
    """Nothing decided yet."""
    return Kept(np.arange(len(layout.V)), layout.positive, layout.hard, layout.base)


def products(layout: Layout, kept: Kept, boxes: Boxes) -> Products:
    """Exact, since |z| + r <= ||v||_1 2^P + blur < 2^52."""
    V = layout.V[kept.lines].T
    return Products(boxes.c @ V, boxes.h @ np.abs(V) + layout.blur[kept.lines])


def chord_slopes(z: Floats, r: Floats) -> Floats:
    """The slopes of the chords, as integers over 2^16; exactly 0 or 2^16 where the line is decided."""
    slope = (z + r) / np.maximum(2 * r, 0.25)
    return np.floor(np.clip(slope, 0.0, 1.0) * ONE)


def excess(layout: Layout, kept: Kept, at: Products, slopes: Floats) -> Integers:
    """Gamma in units, rounded up: the sum of C_v max(m (r - z), (1 - m)(z + r)) over the positive lines.

    The terms are scaled by a power of two for each box so that they stay below 2^14 and are rounded up to integers
    (a product of floats is off by less than one part in 2^50, so that "+ 2" is more than enough).
    """
    p = kept.positive
    z, r, m = at.z[:, :p], at.r[:, :p], slopes[:, :p]
    bend = layout.bend[kept.lines[:p]]
    term = np.maximum(m * (r - z), (ONE - m) * (z + r))
    top = term.max(axis=1, initial=0.0)
    bits = 26 - max(len(layout.V), 1).bit_length()
    shift = np.ceil(np.log2(np.maximum(top, 1.0))) - bits + 1
    scaled = np.where(term > 0, np.floor(term * np.exp2(-shift)[:, None]) + 2, 0.0)
    total = (scaled @ bend).astype(np.int64)  # below 2^26 * 2^26 * (count / 2^bits(count))
    power = shift.astype(np.int64) + layout.bend_shift - layout.P - SLOPE_BITS
    return shifted_up(total, power)


def shifted_up(value: Integers, power: Integers) -> Integers:
    """At least value 2^power for value >= 0; a result beyond 2^60 is cut there: it settles nothing anyway."""
    right = np.clip(-power, 0, 62)
    left = np.clip(power, 0, 62)
    big = (value > 0) & (np.log2(np.maximum(value, 1)) + power > 59)
    moved = np.where(power < 0, (value >> right) + 1, value << np.where(big, 0, left))
    return np.asarray(np.where(big, np.int64(2**60), moved))


def linear_part(layout: Layout, kept: Kept, slopes: Floats) -> Integers:
    """G in units, rounded down: exact products of slopes and two limbs, put together in int64."""
    d = layout.d
    limbs = np.hstack([layout.high[kept.lines], layout.low[kept.lines]])
    both = (slopes @ limbs).astype(np.int64)
    return (both[:, :d] << (layout.limb - SLOPE_BITS)) + (both[:, d:] >> SLOPE_BITS) + kept.folded


def maximiser(layout: Layout, boxes: Boxes, G: Floats) -> Floats:
    """A float guess of the maximiser of G.u - lambda ||u|| on each box, over 2^P, for one G or several."""
    m = layout.normed
    c, h = boxes.c[:, :m], boxes.h[:, :m]
    low, high = c - h, c + h
    step = G[..., :m] / max(layout.level, 1)
    u = np.empty_like(G)
    u[..., m:] = boxes.c[:, m:] + np.sign(G[..., m:]) * boxes.h[:, m:]
    best = np.broadcast_to(c, step.shape)
    for _ in range(CLIMBS):
        best = step * np.sqrt(squared(best))[..., None]
        np.minimum(np.maximum(best, low, out=best), high, out=best)
    u[..., :m] = best
    return u


def squared(u: Floats) -> Floats:
    """u.u for each of many vectors."""
    return np.asarray(np.einsum("...j,...j->...", u, u))


def supports(layout: Layout, u: Floats) -> tuple[Integers, Integers]:
    """Vectors w with ||w|| <= lambda along u, and lambda - ||w|| rounded down, in units.

    w = 2^a w' with w'_j below 2^26: w'.w' is exact, its root correctly rounded, hence ||w|| is off by at most 16 units.
    """
    a = max(0, layout.level.bit_length() - W_BITS)
    m = layout.normed
    norm = np.sqrt(squared(u[:, :m]))[:, None]
    size = np.floor(layout.level / 2.0**a) - layout.d
    w = np.zeros_like(u)
    w[:, :m] = np.rint(u[:, :m] / norm * size)
    above = np.floor(np.sqrt((w**2).sum(axis=1)) * 2.0**a).astype(np.int64) + 16
    return w.astype(np.int64) << a, np.int64(layout.level) - above


def least_norm(layout: Layout, boxes: Boxes) -> Integers:
    """min ||u|| on each box, rounded down, over 2^20."""
    nearest = np.maximum(np.abs(boxes.c) - boxes.h, 0.0)[:, : layout.normed]
    norm = np.sqrt(squared(nearest))
    return np.asarray(np.floor(norm * 2.0 ** (NORM_BITS - layout.P) * (1 - 2.0**-40)).astype(np.int64))


def largest_on_box(layout: Layout, boxes: Boxes, D: Integers) -> Integers:
    """max of D.u on each box, in units, rounded up: D.c + |D|.h, in two halves so that nothing overflows."""
    c, h = boxes.c.astype(np.int64), boxes.h.astype(np.int64)
    A = np.abs(D)
    upper = ((D >> HALF) * c + (A >> HALF) * h).sum(axis=1)
    rest = 2**HALF - 1
    lower = ((D & rest) * c + (A & rest) * h).sum(axis=1)
    return np.asarray((upper << (HALF - layout.P)) + (lower >> layout.P) + 1)


def bound(layout: Layout, boxes: Boxes, G: Integers, gamma: Integers, u: Floats) -> tuple[Integers, Integers]:
    """An upper bound of f - lambda ||u|| on each box, in units, with the support at u; and that support."""
    w, slack = supports(layout, u)
    free = np.minimum(slack, 2**36) * least_norm(layout, boxes) >> NORM_BITS
    value = largest_on_box(layout, boxes, G - w) + gamma - free + layout.d * layout.loose
    return np.where(slack < 0, np.int64(2**62), value), w


class Majorants(NamedTuple):
    """The best linear majorant found on every box, and what it proves: value < 0 settles the box."""

    value: Integers
    w: Integers
    slopes: Floats
    u: Floats
    gamma: Integers


def majorants(layout: Layout, kept: Kept, boxes: Boxes, slopes: Floats, gamma: Integers) -> Majorants:
    """The majorants with given slopes, which are integers from 0 to 2^16, and their excess."""
    G = linear_part(layout, kept, slopes)
    u = maximiser(layout, boxes, G.astype(np.float64))
    value, w = bound(layout, boxes, G, gamma, u)
    return Majorants(value, w, slopes, u, gamma)


def first_slopes(kept: Kept, at: Products) -> Floats:
    """Chords for positive lines, the sign at the centre for the others."""
    p = kept.positive
    slopes = np.empty_like(at.z)
    slopes[:, :p] = chord_slopes(at.z[:, :p], at.r[:, :p])
    slopes[:, p:] = np.where(at.z[:, p:] > 0, ONE, 0.0)
    return slopes


def heights(layout: Layout, kept: Kept, boxes: Boxes, at: Products) -> Floats:
    """f - lambda ||c|| at the centres, in units (exact but for a last rounding to float)."""
    G = linear_part(layout, kept, np.where(at.z > 0, ONE, 0.0)).astype(np.float64)
    norm = np.sqrt(squared(boxes.c[:, : layout.normed]))
    return np.asarray(((G * boxes.c).sum(axis=1) - layout.level * norm) / 2.0**layout.P)
