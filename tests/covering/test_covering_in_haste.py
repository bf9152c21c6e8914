"""A covering that begins with the boxes of another one, and gives up early, claims nothing else."""

import random
from dataclasses import replace
from fractions import Fraction
from math import prod

import numpy as np

from polyrelu.covering import Covered, Question, Star, cover
from polyrelu.covering import stars as leaf_b
from polyrelu.covering.boxes import Boxes
from polyrelu.covering.candidates import sides_at
from polyrelu.covering.leaf_a import all_lines, products
from polyrelu.covering.region import Side
from tests.covering.test_covering_random import highest, question


def test_what_is_kept_is_all_directions():
    for seed in range(12):
        asked = question(seed)
        found = cover(replace(asked, lam=2 * highest(asked)), hasty=True)
        if not isinstance(found, Covered) or found.partition is None:
            continue
        for sign, boxes in found.partition.boxes.items():
            one = 2 ** found.partition.digits[sign]
            share = [prod((Fraction(int(h), one) for h in row if h), start=Fraction(1)) for row in boxes.h]
            assert sum(share) == 2 * found.partition.normed


def test_beginning_with_another_answer_proves_no_lie():
    begun = 0
    for seed in range(24):
        asked = question(seed)
        top = highest(asked)
        first = cover(replace(asked, lam=2 * top), hasty=True)
        if not isinstance(first, Covered) or top < Fraction(1, 10**50):
            continue  # nothing is positive
        begun += 1
        lie = replace(asked, lam=top * (1 - Fraction(1, 10**6)))
        assert not isinstance(cover(lie, hasty=True, start=first.partition, max_boxes=5000), Covered)
    assert begun > 12


def test_a_box_on_a_wall_lies_in_two_stars():
    """Every direction of such a box is in one of the stars."""
    pick, told = np.random.default_rng(0), 0
    for seed in range(20):
        draw = random.Random(seed)
        rows = [[draw.randint(-9, 9) for _ in range(3)] for _ in range(5)]
        centres = pick.integers(-9, 10, (6, 3))
        sides = {tuple(np.sign(np.array(rows) @ u).tolist()) for u in centres}
        stars = tuple(Star(1, side, False) for side in sides)
        asked = Question(rows, [draw.randint(1, 9) for _ in rows], 0, Fraction(10**6), stars=stars)
        side = Side.of(asked, 1, 24, False)
        c = np.hstack([pick.integers(-(2**20), 2**20, (400, 2)) * 2.0**10, np.full((400, 1), 2.0**30)])
        boxes = Boxes(c, np.hstack([np.full((400, 2), 2.0**26), np.zeros((400, 1))]))
        at = products(side.layout, all_lines(side.layout), boxes)
        for i in np.flatnonzero(leaf_b.straddling(side.stars, all_lines(side.layout), at)):
            told += 1
            for t in pick.uniform(-1, 1, (20, 3)):
                u = [int(v) for v in c[i] + t * boxes.h[i]]
                assert side.stars.hold(sides_at(asked, side.layout, u), side.layout.hard)
    assert told > 50
