"""A second route: at lambdas inside proved intervals `certify` finds the same structure and the same weights."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from polyrelu import certify, path
from polyrelu.exact.rational import to_fraction


def inside(interval, random):
    low = to_fraction(interval.pieces[-1].chord.low)
    high = to_fraction(interval.pieces[0].chord.high)
    part = Fraction(int(random.integers(1, 1000)), 1001)
    return low + (high - low) * part


@pytest.mark.parametrize(("n", "d", "seed"), [(6, 2, 0), (6, 2, 1), (8, 2, 2), (5, 3, 0)])
def test_certify_agrees_inside_every_interval(n, d, seed):
    random = np.random.default_rng(seed)
    X, y = random.integers(-9, 10, (n, d)), random.integers(-9, 10, n)
    found = path(X, y)
    assert found.status == "proved"
    totals = []
    for interval in found.intervals:
        lam = inside(interval, random).limit_denominator(10**6)
        result = certify(X, y, lam)
        optimum = result.proved()
        assert {k.place for k in optimum.neurons} == set(interval.places)
        assert optimum.nullity == interval.nullity
        assert optimum.support.rank == interval.rank
        assert len(optimum.support.pairs) == interval.pairs
        assert result.p_unique.answer is interval.p_unique
        assert result.convex_unique.answer is interval.convex_unique
        assert result.function_unique.answer is interval.function_unique
        total = sum(float(low) for _, (low, _) in found.weights(lam))
        nu = [float(Fraction(low)) for low, _ in result.residual()]
        expected = sum(v * (float(t) - v) for v, t in zip(nu, y, strict=True)) / float(lam)
        assert total == pytest.approx(expected, abs=1e-9)
        totals.append(total)
    assert totals == sorted(totals, reverse=True)


def test_intervals_and_breakpoints_follow_each_other():
    random = np.random.default_rng(5)
    found = path(random.integers(-9, 10, (7, 2)), random.integers(-9, 10, 7))
    assert found.status == "proved"
    for k, breakpoint in enumerate(found.breakpoints):
        assert found.intervals[k].above is breakpoint
        assert found.intervals[k + 1].below is breakpoint
    for interval in found.intervals:
        spans = [(p.chord.low, p.chord.high) for p in interval.pieces]
        assert all(low == high for (low, _), (_, high) in pairwise(spans))


def test_antipodes_of_symmetric_rows_are_counted_as_certify_counts_them():
    X, y = (
        [[4, 3], [-2, -2], [-4, -3], [2, 2]],
        [2, -5, 2, -5],
    )  # one pair in the plane: X^T nu = 0 by symmetry
    found = path(X, y, 2, 5)
    assert found.status == "proved"
    for interval in found.intervals:
        lam = inside(interval, np.random.default_rng(1))
        assert interval.pairs == certify(X, y, lam).to_json()["antipodal_pairs"]
