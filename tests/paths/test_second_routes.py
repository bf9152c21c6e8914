"""Paths by other routes: the lasso of scikit-learn, differences, changes of the table, and no certificate inside."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn.linear_model import lars_path

from polyrelu import certify, path
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths import starts
from polyrelu.paths.sensitivity import sensitivity
from tests.instance import Instance
from tests.paths.test_golden_paths import GOLDEN, ROWS, on_and_off
from tests.strategies import changes, problems

# ------------------------------------------------------------------ activations of rank one: a lasso

RHOMBUS = [[3, 4], [-3, -4], [4, -3], [-4, 3]]
MASKS = [[1, 1, 0, 0, 1, 0], [0, 1, 1, 0, 0, 1], [1, 0, 1, 1, 0, 0], [0, 0, 1, 0, 1, 1], [1, 1, 1, 0, 0, 1]]
"""Gates of one feature: each gives the column of its rows, with either sign."""


def one_feature(seed):
    random = np.random.default_rng(seed)
    x, y = random.integers(-9, 10, 7), random.integers(-9, 10, 7)
    return x[:, None], y, {}, [np.maximum(x, 0), -np.maximum(x, 0), np.maximum(-x, 0), -np.maximum(-x, 0)]


def rhombus(seed):
    """Opposite rows on two lines at right angles; of one sign on each line, so that no neuron turns."""
    y = np.random.default_rng(seed).integers(1, 30, 4) * [1, 1, -1, -1]
    return RHOMBUS, y, {}, (5 * np.eye(4, dtype=int) * [1, 1, -1, -1]).tolist()


def gates(seed):
    """A general lasso: the gates of one feature choose any rows."""
    random = np.random.default_rng(seed)
    x, y = random.integers(1, 10, 6), random.integers(-9, 10, 6)
    columns = [x * m for m in np.array(MASKS)]
    return x[:, None], y, {"patterns": MASKS, "gated": True}, [*columns, *(-c for c in columns)]


@pytest.mark.parametrize("make", [one_feature, rhombus, gates])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_fixed_directions_are_a_lasso(make, seed):
    X, y, options, columns = make(seed)
    A = np.array(columns, float).T
    alphas, _, weights = lars_path(A, np.array(y, float), method="lasso", positive=True, alpha_min=0)
    lams = alphas * len(y)
    top = next(k for k in range(len(lams)) if k + 1 == len(lams) or np.abs(weights[:, k + 1]).max() > 0)
    lo, hi = Fraction(lams[top] / 500).limit_denominator(1000), Fraction(2 * lams[top]).limit_denominator(10)
    found = path(X, y, lo, hi, **options)
    assert found.status == "proved"
    assert all(interval.affine for interval in found.intervals)
    expected = [v for v in lams[top:] if float(lo) < v]
    assert [
        float(Fraction(found.breakpoint(k)[0])) for k in reversed(range(len(found.breakpoints)))
    ] == pytest.approx(expected, rel=1e-8)
    assert len(expected) > 1
    for interval in found.intervals:
        low, high = (Fraction(*float(v.mid()).as_integer_ratio()) for v in (interval.low, interval.high))
        lam = ((low + high) / 2).limit_denominator(10**6)
        between = [np.interp(float(lam), lams[::-1], w[::-1]) for w in weights]
        own = sorted(float(Fraction(v)) for _, (v, _) in found.weights(lam))
        assert own == pytest.approx(sorted(v for v in between if v > 1e-9), rel=1e-7)


# ------------------------------------------------------------------ differences of two certified optima

FREE = ([[1, 2], [3, -1], [-2, 1], [2, 2]], [3, 1, -2, 2])
SLIDING = (ROWS, [Fraction(6, 5), Fraction(2), Fraction(-1, 100)])
STEP = Fraction(1, 10**5)


def proved_at(table, lam):
    """Total weight and residual, from the certificate alone, enclosed to many digits."""
    X, y = table
    with precision(300):
        low_high = certify(X, y, lam).residual(60)
        nu = [arb(to_fmpq(Fraction(a))).union(arb(to_fmpq(Fraction(b)))) for a, b in low_high]
        total = sum((v * (arb(to_fmpq(Fraction(t))) - v) for v, t in zip(nu, y, strict=True)), start=arb(0))
        return [total / arb(to_fmpq(Fraction(lam))), *nu]


def derivatives_at(table, lam, j):
    """The same quantities by lambda (j None) or by target j: total weight, then residual."""
    found, n = sensitivity(Problem.of(*table), lam), len(table[1])
    with precision(300):
        if j is None:
            total = sum((k.by_lambda for k in found.neurons), start=arb(0))
            return [total, *found.residual_by_lambda]
        total = sum((k.by_target[j] for k in found.neurons), start=arb(0))
        return [total, *(found.residual_by_target[i, j] for i in range(n))]


@pytest.mark.parametrize(("table", "lam"), [(FREE, Fraction(1)), (SLIDING, Fraction(19, 20))])
@pytest.mark.parametrize("j", [None, 0, 2])
def test_a_difference_of_two_optima_lies_between_two_derivatives(table, lam, j):
    """Where the derivative is monotone between both, by the mean value theorem; where it is constant they are equal."""
    X, y = table

    def moved(sign):
        if j is None:
            return table, lam + sign * STEP
        return (X, [Fraction(t) + (sign * STEP if i == j else 0) for i, t in enumerate(y)]), lam

    up, down = proved_at(*moved(1)), proved_at(*moved(-1))
    above, below = derivatives_at(*moved(1), j), derivatives_at(*moved(-1), j)
    here, told = derivatives_at(table, lam, j), 0
    with precision(300):
        for a, b, s, t, middle in zip(up, down, above, below, here, strict=True):
            slope = (a - b) / arb(to_fmpq(2 * STEP))
            between = s.union(t)
            assert between.overlaps(slope)
            assert between.overlaps(middle)
            assert float(between.rad()) < 1e-3
            told += not between.contains(0)
    assert told


# ------------------------------------------------------------------ changes of the table


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_breakpoints_follow_the_table(data):
    """Scaling X or y scales them; rows and columns permuted, turned, split or added leave them where they are."""
    p = data.draw(problems(5, 2, variants=False))._replace(lam=Fraction(1))
    change = data.draw(changes(p))
    size = sum(abs(t) * sum(map(abs, row)) for t, row in zip(p.y, p.X, strict=True)) or Fraction(1)
    factor = change.problem.lam
    one, other = whole(p, size), whole(change.problem, size * factor)
    assert (one.status, len(one.breakpoints)) == (other.status, len(other.breakpoints))
    if one.status == "undecided":
        return
    for k, (a, b) in enumerate(zip(one.breakpoints, other.breakpoints, strict=True)):
        (low, high), (lower, upper) = (tuple(map(Fraction, f.breakpoint(k, 25))) for f in (one, other))
        assert low * factor <= upper
        assert lower <= high * factor
        assert {c.kind for c in a.changes} == {c.kind for c in b.changes}
    told = [(len(i.places), i.rank, i.pairs, i.p_unique, i.affine) for i in one.intervals]
    assert told == [(len(i.places), i.rank, i.pairs, i.p_unique, i.affine) for i in other.intervals]


def whole(p: Instance, size: Fraction):
    return path(p.X, p.y, size / 40, size * 2)


# ------------------------------------------------------------------ without a certificate inside


@pytest.fixture
def off(monkeypatch):
    """`certify` answers nothing while a path is walked."""

    def nothing(*_, **__):
        raise Undecided("switched off")

    monkeypatch.setattr(starts, "certify_penalised", nothing)


@pytest.mark.parametrize("name", GOLDEN)
def test_the_path_needs_no_certificate_after_its_first_point(off, name):
    X, y, expected = GOLDEN[name]
    found = path(X, y)
    assert found.status == "proved"
    seen = [(found.exact(k).name, *(c.kind for c in b.changes)) for k, b in enumerate(found.breakpoints)]
    assert seen == expected


def test_pairs_and_dependent_neurons_need_none_either(off):
    pairs = path([[5, 0], [3, 4], [3, -4], [-5, 0], [-3, -4], [-3, 4]], [2, 0, 1, 1, 5, 3])
    assert (pairs.status, pairs.exact(0).name, pairs.intervals[0].pairs) == ("proved", "1000/189", 3)
    four = path([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], to_zero=True)
    assert (four.status, four.exact(0).name, four.intervals[0].rank) == ("proved", "5", 3)
    crossed = path(ROWS, ["6/5", 2, 0])
    assert (crossed.status, crossed.exact(1).name) == ("proved", "1")
    assert [b.changes[0].kind for b in crossed.breakpoints] == ["enter", "cross", "enter"]


def test_pairs_that_enter_and_leave_need_none_down_to_a_thousandth(off):
    """Golden example 7: 16 breakpoints, of all simple kinds but a cross."""
    found = path(*on_and_off())
    assert found.status == "proved"
    kinds = [c.kind for b in reversed(found.breakpoints) for c in b.changes]
    assert kinds[:7] == [*["enter"] * 4, "pair_enter", "pair_leave", "pair_enter"]
    assert len(kinds) == len(found.breakpoints) == 16
    assert {*kinds[7:]} == {"hit", "unstick", "pair_enter"}
    unique = [i.p_unique for i in reversed(found.intervals)]
    assert unique[4:8] == [True, False, True, False]
    for lam in ("1/10", "1", "3", "18/5", "5", "35", "55"):
        optimum, interval = certify(*on_and_off(), lam).proved(), found.interval_at(lam)
        assert {k.place for k in optimum.used} == set(interval.places)
        assert (optimum.support.rank, optimum.nullity) == (interval.rank, interval.nullity)


# ------------------------------------------------------------------ two events close together


@pytest.mark.parametrize("small", [Fraction(1, 10**6), Fraction(1, 10**8), Fraction(1, 10**10)])
def test_a_row_that_is_nearly_crossed_at_once_is_hit_and_left(small):
    """A target of 0 makes one cross at lambda = 1; of -e, a hit at 1 and an unstick at 1 - 365/36 e."""
    found = path(ROWS, [Fraction(6, 5), 2, -small], "1/2", 5)
    assert found.status == "proved"
    kinds = [[c.kind for c in b.changes] for b in found.breakpoints]
    assert kinds == [["unstick"], ["hit"], ["enter"]]
    assert [found.exact(k).name for k in range(2)] == [str(1 - Fraction(365, 36) * small), "1"]


@pytest.mark.parametrize("small", [Fraction(1, 10**7), Fraction(1, 10**9), Fraction(1, 10**11)])
def test_neurons_that_nearly_enter_together_are_told_apart(small):
    """XOR with one target a little larger: each neuron is active on one row, and enters at |y_j| sqrt 2."""
    found = path([[1, 1], [-1, -1], [1, -1], [-1, 1]], [1 + small, 1, -1, -1], 1, 2)
    if found.status == "undecided":  # told, with both breakpoints inside
        assert any(float(gap.low) <= 2**0.5 <= float(gap.high) for gap in found.undecided)
        return
    lams = [tuple(map(Fraction, found.breakpoint(k, 30))) for k in range(len(found.breakpoints))]
    assert [[c.kind for c in b.changes] for b in found.breakpoints] == [["enter"] * 3, ["enter"]]
    for (low, high), y in zip(lams, (1, 1 + small), strict=True):
        assert low**2 < 2 * y**2 < high**2
