"""Questions that nobody would ask: every one ends, with a clear answer."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from polyrelu.covering import Covered, Question, Resisting, Star, cover
from polyrelu.covering.region import Side
from tests.covering.slow_checker import check

ROWS = [[3, 0], [0, 4], [-2, 5], [1, 1]]


def settled(question):
    found = cover(question, record=True, max_boxes=200_000)
    assert isinstance(found, Covered), found
    check(question, found.leaves)
    return found


def test_a_residual_of_zeros_is_below_any_level():
    settled(Question(ROWS, (0, 0, 0, 0), 0, Fraction(1, 10**30)))


@pytest.mark.parametrize("power", [0, 300, -300, 1200, -1200])
def test_size_does_not_matter(power):
    scale = Fraction(10) ** power
    nu = [int(Fraction(m) * scale * 2**4200) for m in (3, -1, 2, 1)]
    total = 3 * 3 + 4 + 2 * 6 + 2
    found = settled(Question(ROWS, nu, 4200, total * scale))
    assert found.boxes < 50
    below = cover(Question(ROWS, nu, 4200, scale))
    assert isinstance(below, Resisting)
    assert below.missed


def test_levels_and_enclosures_that_cannot_work():
    with pytest.raises(ValueError, match="positive"):
        Question(ROWS, (1, 1, 1, 1), 0, Fraction(0))
    with pytest.raises(ValueError, match="one for each row"):
        Question(ROWS, (1, 1), 0, Fraction(1))
    wide = cover(Question(ROWS, (1, 1, 1, 1), 0, Fraction(20), radius=Fraction(100)))
    assert isinstance(wide, Resisting)
    assert wide.reason == "enclosure"


def test_a_star_that_is_none_is_refused():
    with pytest.raises(ValueError, match="not tight"):
        cover(Question([[1, 0], [0, 1]], (3, 4), 0, Fraction(6), stars=(Star(1, (1, 1)),)))
    with pytest.raises(ValueError, match="wrong side"):
        cover(Question([[1, 0], [1, 1]], (3, 4), 0, Fraction(3), stars=(Star(1, (1, -1)),)))
    parallel, star = [[1, 0], [2, 0], [0, 1]], Star(1, (1, -1, 1))
    with pytest.raises(ValueError, match="not tight"):
        cover(Question(parallel, (1, 1, 4), 0, Fraction(5), stars=(star,)))
    with pytest.raises(ValueError, match="contradictory"):
        cover(Question(parallel, (1, 1, 4), 0, Fraction(5), stars=(star,), offset=True))


def test_the_tight_direction_of_two_axes():
    """X = I, nu = (3, 4), lambda = 5: w = (3, 4) bounds the whole quadrant by lambda, and is attained."""
    axes = [[1, 0], [0, 1]]
    settled(Question(axes, (3, 4), 0, Fraction(5), stars=(Star(1, (1, 1)),)))
    found = cover(Question(axes, (3, 4), 0, Fraction(5)))
    assert isinstance(found, Resisting)
    assert found.directions[0].kind == "undecided"
    near = np.array(found.directions[0].vector, dtype=float)
    assert near @ [3, 4] > 5 * np.linalg.norm(near) * (1 - 1e-9)


def test_one_column():
    settled(Question([[2], [-3], [1]], (1, 1, -1), 0, Fraction(4)))
    assert cover(Question([[2], [-3], [1]], (1, 1, -1), 0, Fraction(2))).missed


def test_rows_that_repeat_oppose_vanish_or_span_less():
    rows = [[1, 2, 0], [2, 4, 0], [-1, -2, 0], [0, 0, 0], [-3, -6, 0], [1, 0, 0]]
    settled(Question(rows, (5, -2, 3, 7, -1, 2), 1, Fraction(40)))
    settled(Question(rows, (5, -2, 3, 7, -1, 2), 1, Fraction(40), radius=Fraction(1, 1000)))


@pytest.mark.parametrize("power", [15, 30])
def test_many_digits(power):
    """Lines too long for the fast layout are rounded there; what is close to the level is redone in Python integers."""
    rng = np.random.default_rng(power)
    rows = [[int(x * 10**15) * 10 ** (power - 15) + 1 for x in row] for row in rng.standard_normal((12, 3))]
    nu = [int(x * 2**60) for x in rng.standard_normal(12)]
    size = sum(abs(m) * max(abs(x) for x in row) for m, row in zip(nu, rows, strict=True))
    lam = Fraction(size, 2**60) * Fraction(7, 10)
    settled(Question(rows, nu, 60, lam))
    assert cover(Question(rows, nu, 60, lam / 20)).missed


@pytest.mark.parametrize("seed", range(3))
def test_answers_from_one_to_five(seed):
    rng = np.random.default_rng(seed)
    rows = rng.integers(1, 6, (60, 4))
    nu = rng.integers(-3, 4, 60)
    nu -= int(nu.mean())
    lam = Fraction(int(np.abs(rows.T @ np.abs(nu)).max()) // 2 + 1)
    found = cover(Question(rows, nu, 0, lam), max_boxes=100_000)
    assert isinstance(found, Covered) or found.missed


def test_margins_below_the_fast_layout():
    """The level 1e-25 above the maximum: only exact numbers see it."""
    axes = [[1, 0], [0, 1]]
    settled(Question(axes, (3, 4), 0, 5 + Fraction(1, 10**22)))
    assert isinstance(cover(Question(axes, (3, 4), 0, 5 - Fraction(1, 10**22))), Resisting)


def test_an_offset_outside_the_norm():
    """One row (x, M) with nu = 1 grows along b; two that cancel do not: f = (x_1.u + b)_+ - (x_2.u + b)_+."""
    rows = [[3, 1, 10], [1, 2, 10]]
    settled(Question(rows, (1, -1), 0, Fraction(3), offset=True))
    assert cover(Question(rows, (1, 0), 0, Fraction(3), offset=True)).missed
    assert cover(Question(rows, (1, -1), 0, Fraction(2), offset=True)).missed


@pytest.mark.parametrize("options", [{"max_boxes": 8}, {"deadline": 0.0}])
def test_a_budget_ends_without_a_claim(options):
    rng = np.random.default_rng(5)
    rows, nu = rng.integers(-99, 100, (120, 6)), rng.integers(-9, 10, 120)
    found = cover(Question(rows, nu, 0, Fraction(8856)), **options)
    assert isinstance(found, Resisting)
    assert found.left
    assert found.reason in ("boxes", "time")


@pytest.mark.parametrize("d", [130, 260, 400])
def test_sums_over_many_coordinates_do_not_overflow(d):
    """f reaches 2^20 sqrt(d) along the only row; the bound of a whole facet once passed 2^63 and became negative."""
    question = Question([[1] * d], (2**20 - 1,), 0, Fraction(1, 100), signs=(1,))
    found = cover(question, max_boxes=4 * d, record=True)  # in all coordinates
    assert isinstance(found, Resisting)
    assert found.counts.a == 0
    assert cover(question).missed


def test_boxes_are_integers_down_to_the_depth_cap():
    """Long entries leave few digits for boxes; a box that may still be halved is up to 16 times longer than wide."""
    rows = [[2**30 + 1, 2**30 - 3, 5], [7, 2**29 + 9, 2**30 + 11], [2**30 - 1, 3, 2**28 + 1]]
    side = Side.of(Question(rows, (1, 2, -3), 0, Fraction(1)), 1, 24, False)
    assert side.layout.P < 28
    longest_open = 2 ** (side.layout.P - side.max_depth + 1)
    assert longest_open // 16 >= 2


def test_a_level_between_the_ends_of_an_enclosure_is_not_asked_at_every_box(monkeypatch):
    """f = 25 at (4, 3, 0, 0), and a wide enclosure leaves thousands of boxes open, few of them near the upper end."""
    asked, exact = [], Question.exceeds
    monkeypatch.setattr(Question, "exceeds", lambda self, *at: asked.append(at) or exact(self, *at))
    rows = [[4, 3, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [1, -1, 1, 1]]
    question = Question(rows, (5, -1, -1, 0), 0, Fraction(25), radius=Fraction(1, 100), signs=(1,))
    found = cover(question, max_boxes=20_000, max_depth=12)
    assert isinstance(found, Resisting)
    assert not found.missed
    assert found.boxes > 2000 > 10 * len(asked)
    higher = cover(replace(question, lam=Fraction(24)), max_boxes=20_000)
    assert higher.missed


def test_a_hasty_search_that_may_name_no_direction_still_says_no():
    """Three rows, each far above the level."""
    above = Question(np.eye(3, dtype=int), (9, 9, 9), 0, Fraction(1))
    assert isinstance(cover(above, most=0), Resisting)
    assert isinstance(cover(above, most=0, hasty=True), Resisting)


@pytest.mark.parametrize("rows", [[[1, 0, 0], [0, 1, 0], [1, 1, 0]], [[1, 0, 0]]])
def test_a_hasty_record_of_rows_that_leave_out_a_direction(rows):
    """A record is about all coordinates, where lines do not cut space into pointed cells."""
    asked = Question(rows, [1] * len(rows), 0, Fraction(9))
    assert isinstance(cover(asked, record=True, hasty=True), Covered)


def test_an_enclosure_that_is_far_wider_than_what_is_left_of_the_level():
    """The level is 2^-1100, and the enclosure about 2."""
    asked = Question(
        np.eye(4, dtype=int), (0,) * 4, 0, Fraction(1), radius=Fraction(1, 4) - Fraction(1, 2**1102)
    )
    assert isinstance(cover(asked, max_boxes=1000), Covered)
