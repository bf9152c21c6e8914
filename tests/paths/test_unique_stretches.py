"""For which lambda the network is unique, told by a path and by `certify` at single lambdas."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq

from polyrelu import certify, path
from polyrelu.paths.gaps import Gap


def seven():
    rng = np.random.default_rng(1)
    return rng.integers(-9, 10, (8, 2)), rng.integers(-9, 10, 8)


def test_a_single_stretch_reaches_over_its_breakpoints():
    (stretch,) = path([[1], [2], [-1]], [1, 3, 2], "1/2", 8).unique
    assert len(stretch.intervals) == 3
    assert stretch.closed == (True, True)
    for lam in ("1/2", 1, 2, 7, 8):
        assert certify([[1], [2], [-1]], [1, 3, 2], lam=lam).p_unique.answer is True


def test_at_zero_it_is_open():
    (stretch,) = path([[1], [2], [-1]], [1, 3, 2], to_zero=True).unique
    assert stretch.closed == (False, True)


def test_uniqueness_ends_and_begins_again():
    """Golden example 7: a pair comes, goes, and comes again; at these breakpoints its weight is still 0."""
    low, high = path(*seven(), 1).unique
    assert [round(float(v.mid()), 5) for s in (low, high) for v in (s.low, s.high)][:3] == [
        2.25836,
        3.63268,
        3.70256,
    ]
    assert (low.closed, high.closed) == ((True, True), (True, True))


@pytest.mark.parametrize(
    ("lam", "unique"), [("9/4", False), ("227/100", True), ("36/10", True), ("37/10", False), (4, True)]
)
def test_certify_says_the_same_inside(lam, unique):
    found = path(*seven(), 1)
    inside = any(s.low < float(Fraction(lam)) < s.high for s in found.unique)
    assert inside is unique
    assert certify(*seven(), lam=lam).p_unique.answer is unique


def test_events_that_come_together():
    """Golden example 3: four neurons enter at 5, and the network is not unique on all of (0, 5), but at 5 it is 0."""
    X, y = [[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]
    (stretch,) = path(X, y).unique
    assert stretch.closed == (True, True)
    assert float(stretch.low.mid()) == pytest.approx(5)
    assert certify(X, y, lam=5).p_unique.answer is True


def test_words_are_rounded_to_the_inside():
    words = path([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]).summary()
    assert "the network is unique for lambda in [5, 5.0050000]" in words
    assert "the set of optimal networks moves continuously with lambda (proved)" in words
    jump = path([[1, 0], [0, 2], [4, -3]], ["6/5", 2, 0], "1/2", 2)
    assert "every choice of block weights jumps at lambda = 1 (proved)" in jump.summary()
    assert jump.to_json()["continuity"]["convex_jumps"] == [0]


def test_a_gap_leaves_continuity_open():
    whole = path([[1], [2], [-1]], [1, 3, 2])
    gap = replace(whole, undecided=(Gap(fmpq(3), fmpq(4), "not tried"),))
    assert "the set of optimal networks may jump: UNDECIDED" in gap.summary()
    assert gap.continuity.network_continuous is None
