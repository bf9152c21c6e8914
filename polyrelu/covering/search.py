"""The search below one list of boxes: depth first over batches of boxes that lie together in the tree.

A unit of work is a pure function of the question, the sign and the boxes, so that the same units give the same answer
wherever they run. Lines decided for all boxes of a batch are folded into its linear part before its children are made.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering import leaf_a
from polyrelu.covering import stars as leaf_b
from polyrelu.covering.boxes import Boxes, halves, shares, split_coordinate
from polyrelu.covering.candidates import MOST_LINES, candidate, sides_at
from polyrelu.covering.layout import Layout
from polyrelu.covering.leaf_a import Floats, Kept, Majorants, Products
from polyrelu.covering.mixing import mixed
from polyrelu.covering.recording import recorded
from polyrelu.covering.region import Found, Region, Side
from polyrelu.covering.results import Counts, Direction, Leaf
from polyrelu.covering.stars import Stars
from polyrelu.covering.wide import settles

BATCH = 2048
LOOKED_AT = 64
"""Boxes of one batch around which majorants are sought, at most."""
PER_BATCH = 8
"""Resisting directions kept of one batch, the best ones,"""
PER_UNIT = 16
"""and of one unit of work, about."""
NARROW = 2.0**-6
"""By this part of the width that an enclosure gives the level a height may be off; a box that is passed is halved."""
WIDEST = Fraction(2**1000)
"""No height in floats comes near."""
CELLS = 2**20  # boxes times lines in a batch, which bounds the memory


def search(side: Side, boxes: Boxes, limit: int) -> Found:
    """Look at about `limit` boxes below the given ones; stop early, too, when many directions resist."""
    counts = Counts()
    directions: list[Direction] = []
    leaves: list[Leaf] = []
    settled: list[Boxes] = []
    tried: set[bytes] = set()
    stack = [Region(boxes, leaf_a.all_lines(side.layout), side.stars)]
    while stack and counts.boxes < limit and len(directions) < PER_UNIT:
        region = stack.pop()
        size = batch_size(len(region.kept.lines))
        if len(region.boxes) > size:
            stack.append(region._replace(boxes=region.boxes.take(slice(size, None))))
            region = region._replace(boxes=region.boxes.take(slice(size)))
        done = examine(side, region, tried)
        counts += done.counts
        directions += done.directions
        leaves += done.leaves
        settled += done.settled
        stack += done.children
    waiting = [region.boxes for region in reversed(stack)]
    return Found(counts, tuple(directions), joined(waiting, side.layout.d), tuple(leaves), tuple(settled))


def batch_size(lines: int) -> int:
    """How many boxes to look at together."""
    return max(16, min(BATCH, CELLS // max(1, lines)))


def joined(lists: list[Boxes], d: int) -> Boxes:
    """One list of boxes."""
    nothing = np.zeros((0, d))
    return Boxes(
        np.concatenate([nothing, *(b.c for b in lists)]), np.concatenate([nothing, *(b.h for b in lists)])
    )


class Examined(NamedTuple):
    """What became of one batch."""

    counts: Counts
    directions: list[Direction]
    leaves: list[Leaf]
    settled: list[Boxes]
    children: list[Region]


def examine(side: Side, region: Region, tried: set[bytes]) -> Examined:
    """Leaves A, B and M for a batch; what resists is reported, and the rest is halved."""
    layout, boxes, kept = side.layout, region.boxes, region.kept
    at = leaf_a.products(layout, kept, boxes)
    slopes = leaf_a.first_slopes(kept, at)
    gamma = leaf_a.excess(layout, kept, at, slopes)
    a = mixed(layout, kept, boxes, leaf_a.majorants(layout, kept, boxes, slopes, gamma))
    kind = np.where(a.value < 0, "A", "")
    star = np.full(len(boxes), -1)
    if len(region.stars.number):
        in_stars(region, at, kind, star)
        if side.hasty:
            between_stars(region, at, kind)
    wide = redone(side, region, at, a, kind)
    ties: list[Direction] = []
    if not (kind != "").all():
        region, ties = enriched(side, region, at, kind, star, tried)
    open_ = np.flatnonzero(kind == "")
    height = leaf_a.heights(layout, kept, boxes.take(open_), at.take(open_))
    directions, closed = resisting(side, boxes.take(open_), height)
    share = shares(boxes, layout.P, 2 * layout.normed * len(side.question.signs))
    counts = Counts(
        len(boxes),
        int((kind == "A").sum()),
        int((kind == "B").sum()),
        int((kind == "M").sum()),
        len(wide),
        float(share[kind != ""].sum()),
    )
    on, height = open_[~closed], height[~closed]
    children = below(side, region, at, on, height) if len(on) else []
    leaves = recorded(side, region, a, kind, star, wide) if side.record else []
    settled = [boxes.take(kind != "")] if side.hasty else []
    return Examined(counts, ties + directions, leaves, settled, children)


def in_stars(region: Region, at: Products, kind: NDArray[np.str_], star: NDArray[np.intp]) -> None:
    """Leaf B where it applies and A did not."""
    open_ = np.flatnonzero(kind == "")
    missing, _ = leaf_b.disagreement(region.stars, region.kept, at.take(open_))
    inside = missing == 0
    held = inside.any(axis=1)
    kind[open_[held]] = np.where(region.stars.number[inside[held].argmax(axis=1)] < 0, "M", "B")
    star[open_[held]] = inside[held].argmax(axis=1)


def between_stars(region: Region, at: Products, kind: NDArray[np.str_]) -> None:
    """Leaf B for boxes on the wall between two stars. (Such a leaf is not written down, so only in haste.)"""
    open_ = np.flatnonzero(kind == "")
    if len(open_):
        kind[open_[leaf_b.straddling(region.stars, region.kept, at.take(open_))]] = "B"


def enriched(  # noqa: PLR0917
    side: Side,
    region: Region,
    at: Products,
    kind: NDArray[np.str_],
    star: NDArray[np.intp],
    tried: set[bytes],
) -> tuple[Region, list[Direction]]:
    """Leaf M: look for a majorant around the open box with the highest centre, and use it here and below.

    With an offset sheets between two rows make many boxes, and few cells of sides: in haste several are looked at.
    """
    layout, kept, count = side.layout, region.kept, 0
    open_ = np.flatnonzero(kind == "")
    here = at.take(open_)
    height = leaf_a.heights(layout, kept, region.boxes.take(open_), here)
    several = side.hasty and side.question.offset
    for i in np.argsort(-height, kind="stable")[: LOOKED_AT if several else 1]:
        p = kept.positive
        undecided = np.abs(here.z[i]) < here.r[i]
        free = kept.lines[p:][undecided[p:]]
        if len(free) > MOST_LINES:
            continue
        signs = sides_at(side.question, layout, region.boxes.c[open_[i]])
        cells = (
            [signs, *(_across(signs, line) for line in kept.lines[:p][undecided[:p]])] if several else [signs]
        )
        for there in cells:
            key = there[: layout.positive].tobytes()
            if key in tried or region.stars.hold(there, layout.hard):
                continue
            tried.add(key)
            found = candidate(side.question, layout, there, free, anchors=not side.record)
            if isinstance(found, Direction):  # of a known neuron, perhaps, seen from a cell beside its star
                if not side.stars.hold(sides_at(side.question, layout, found.vector), layout.hard):
                    return region, [found]
            elif found is not None:
                region, count = region._replace(stars=region.stars.joined(found)), count + 1
    if count:
        in_stars(region, at, kind, star)
    return region, []


def _across(signs: NDArray[np.int8], line: int) -> NDArray[np.int8]:
    """The sides behind one line."""
    found = signs.copy()
    found[line] = -found[line]
    return found


def redone(side: Side, region: Region, at: Products, a: Majorants, kind: NDArray[np.str_]) -> dict[int, Any]:
    """Boxes that only the rounding of the layout kept open, or that are at the depth cap, in Python integers."""
    layout, boxes = side.layout, region.boxes
    p = region.kept.positive
    near = a.value <= 8 * layout.d * layout.loose + 256
    if layout.blur.any():
        lines = region.kept.lines[:p]
        blurred = (np.abs(at.z[:, :p]) < at.r[:, :p]) @ (layout.C[lines] * layout.blur[lines])
        near |= a.value <= 2 * blurred
    near |= deepest(side, boxes)
    found = {}
    for i in np.flatnonzero(near & (kind == "")):
        slopes = np.zeros(len(side.question.lines.V))
        slopes[layout.order[region.kept.lines]] = a.slopes[i]
        proof = settles(side.question, layout, boxes.c[i], boxes.h[i], slopes)
        if proof is not None:
            kind[i], found[int(i)] = "A", proof
    return found


def deepest(side: Side, boxes: Boxes) -> NDArray[np.bool_]:
    """Boxes that may not be halved any more."""
    return np.asarray(boxes.h.max(axis=1) <= 2.0 ** (side.layout.P - side.max_depth))


def resisting(side: Side, boxes: Boxes, height: Floats) -> tuple[list[Direction], NDArray[np.bool_]]:
    """The open boxes that end here: the centre is proved above the level, or the depth cap is reached.

    In haste a centre above the level that the covering has to show is enough, if it lies in no star: there is no hope.
    """
    layout, question = side.layout, side.question
    missed, deep = height > 0, deepest(side, boxes)
    closed = np.asarray(deep | (missed & (side.hasty | far_above(side, boxes, height))))
    found: list[Direction] = []
    for i in np.flatnonzero(closed)[np.argsort(-height[closed], kind="stable")]:
        vector = tuple(int(x) for x in boxes.c[i])
        above = bool(missed[i]) and question.exceeds(layout.sign, vector)
        if not above and not deep[i] and not (side.hasty and found) and not _hopeless(side, vector):
            closed[i] = False
        elif len(found) < PER_BATCH:
            value = question.height(layout.sign, vector)
            found.append(Direction(layout.sign, vector, "missed" if above else "undecided", value))
    return found, closed


def far_above(side: Side, boxes: Boxes, height: Floats) -> NDArray[np.bool_]:
    """Centres that may be above the level for every nu of the enclosure: not those between both ends, of which a wide
    enclosure has many, and each is a product in Python integers.
    """
    width = float(min(2 * side.question.eta / side.layout.unit, WIDEST)) * (1 - NARROW)
    norm = np.sqrt(leaf_a.squared(boxes.c[:, : side.layout.normed])) / 2.0**side.layout.P
    return np.asarray(height >= width * norm)


def _hopeless(side: Side, vector: tuple[int, ...]) -> bool:
    """Whether a direction above the level lies in no star, so that no smaller box around it is settled."""
    return side.hasty and not side.stars.hold(sides_at(side.question, side.layout, vector), side.layout.hard)


def below(side: Side, region: Region, at: Products, open_: NDArray[np.intp], height: Floats) -> list[Region]:
    """The halves of the open boxes, in chunks, the most promising chunk last; decided lines are folded first."""
    layout, kept = side.layout, region.kept
    boxes, near = region.boxes.take(open_), at.take(open_)
    p = kept.positive
    undecided = (np.abs(near.z[:, :p]) < near.r[:, :p]).astype(np.float64)
    weight = np.abs(layout.V[kept.lines[:p]]) * layout.C[kept.lines[:p], None]
    j = split_coordinate(boxes, undecided @ weight)
    made = []
    size = batch_size(len(kept.lines)) // 2
    for start in range(0, len(open_), size):
        part = slice(start, start + size)
        smaller, stars = folded(layout, kept, region.stars, near.take(part))
        made.append((height[part].max(), Region(halves(boxes.take(part), j[part]), smaller, stars)))
    made.reverse()
    made.sort(key=lambda one: one[0])
    return [child for _, child in made]


def folded(layout: Layout, kept: Kept, stars: Stars, at: Products) -> tuple[Kept, Stars]:
    """Drop the lines that all boxes decide alike; stars that have another sign there are out of reach."""
    above, under = np.all(at.z >= at.r, axis=0), np.all(at.z <= -at.r, axis=0)
    on = kept.lines[above]
    linear = layout.high[on].astype(np.int64).sum(axis=0) << layout.limb
    linear = linear + layout.low[on].astype(np.int64).sum(axis=0)
    rest = ~(above | under)
    hard = kept.lines[: kept.hard]
    side = stars.side[:, hard]
    alive = ~((side < 0) & above[: kept.hard] & ~under[: kept.hard]).any(axis=1)
    alive &= ~((side > 0) & under[: kept.hard] & ~above[: kept.hard]).any(axis=1)
    smaller = Kept(
        kept.lines[rest],
        int(rest[: kept.positive].sum()),
        int(rest[: kept.hard].sum()),
        kept.folded + linear,
    )
    return smaller, stars.take(alive)
