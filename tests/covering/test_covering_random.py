"""Random questions of every kind near their true maximum: what is claimed is re-checked, and every search ends."""

import random
from dataclasses import replace
from fractions import Fraction

import pytest

from polyrelu.covering import Covered, Question, cover
from tests.covering.slow_checker import check

MARGINS = [Fraction(1), Fraction(1, 10), Fraction(1, 1000), Fraction(1, 10**6), Fraction(1, 10**12)]


def question(seed):
    """Small integers or many digits, repeated and opposite rows, any sizes, an enclosure or a midpoint."""
    pick = random.Random(seed)
    n, d = pick.randint(1, 9), pick.randint(1, 4)
    size = pick.choice([1, 2, 5, 10**4, 10**9, 10**20])
    rows = [[pick.randint(-size, size) for _ in range(d)] for _ in range(n)]
    rows += [[pick.choice([-2, -1, 0, 1, 3]) * x for x in rows[0]] for _ in range(pick.randint(0, 2))]
    scale = pick.choice([1, 10, 10**6, 10**30])
    nu = [pick.choice([0, 1, pick.randint(-scale, scale)]) for _ in rows]
    bits = pick.choice([0, 5, 200])
    radius = pick.choice([Fraction(0), Fraction(0), Fraction(1, 10**40)])
    offset = d > 1 and pick.random() < 0.2
    if offset and radius:  # an enclosure is asked for where the residuals add up to 0
        rows = [[*row[:-1], size] for row in rows]
        nu[-1] -= sum(nu)
    return Question(rows, nu, bits, Fraction(1), radius, offset=offset)


def highest(asked):
    """The largest value that the search meets when it is asked for the impossible, again and again."""
    lam = Fraction(1, 10**60)
    for _ in range(40):
        found = cover(replace(asked, lam=lam, radius=Fraction(0)), max_boxes=4000, enough=1)
        if isinstance(found, Covered) or not found.missed:
            break
        lam = Fraction(found.missed[0].value) * (1 + Fraction(1, 2**40))
    return lam


@pytest.mark.parametrize("start", range(0, 30, 10))
def test_what_is_claimed_is_true(start):
    for seed in range(start, start + 10):
        asked = question(seed)
        top = highest(asked)
        for margin in MARGINS:
            found = cover(replace(asked, lam=top * (1 + margin)), record=True, max_boxes=3000)
            if isinstance(found, Covered):
                check(replace(asked, lam=top * (1 + margin)), found.leaves)
            if top > Fraction(1, 10**50):
                below = cover(replace(asked, lam=top * (1 - margin / 2)), max_boxes=3000, enough=1)
                assert not isinstance(below, Covered) or margin < Fraction(1, 10**11), seed
