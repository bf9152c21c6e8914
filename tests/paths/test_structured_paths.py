"""Degenerate and symmetric tables: repeated, opposite and dependent rows, a low rank, ties of several neurons."""

import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq

from polyrelu import budget, certify, path
from polyrelu.budget import Budget, OutOfTime, seconds_from_now, spending
from polyrelu.curves.dependent import depends
from polyrelu.exact.rational import is_rational
from polyrelu.paths import gaps, intervals, walk

CUBE = [list(v) for v in itertools.product((-1, 1), repeat=3)]
GRID = list(itertools.product((-1, 0, 1), repeat=2))
ZERO_ONE = [list(v) for v in itertools.product((0, 1), repeat=3)]
SQUARE = [[0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 1]]
TABLES = {
    "repeated and opposite rows": ([[1, 2], [1, 2], [-1, -2], [2, 1]], [1, 2, 3, -1], 4),
    "rank 2 in three columns": ([[1, 2, 3], [2, 4, 6], [1, 0, 1], [0, 1, 1]], [1, -2, 3, 1], 5),
    "one row": ([[3, 4]], [2], 1),
    "one feature": ([[1], [2], [3], [-1], [-2]], [1, 1, 1, 1, 1], 2),
    "the unit vectors": (np.eye(3, dtype=int).tolist(), [1, 1, 1], 1),
    "and, with a bias": (SQUARE, [0, 0, 0, 1], 2),
    "xor, with a bias": (SQUARE, [0, 1, 1, 0], 2),
    "parity, which nothing fits": (CUBE, [a * b * c for a, b, c in CUBE], 0),
    "a majority of three": (CUBE, [1 if sum(v) > 0 else -1 for v in CUBE], 1),
    "a zero row": ([[1, 1], [0, 0], [2, -1]], [1, 5, 2], None),
}


@pytest.mark.parametrize("name", TABLES)
def test_proved_without_a_gap_and_certify_agrees(name):
    X, y, breakpoints = TABLES[name]
    found = path(X, y)
    assert found.status == "proved"
    assert breakpoints is None or len(found.breakpoints) == breakpoints
    for interval in found.intervals:
        low, high = (Fraction(*float(v.mid()).as_integer_ratio()) for v in (interval.low, interval.high))
        lam = ((low + 2 * high) / 3).limit_denominator(10**5)
        optimum = certify(X, y, lam).proved()
        assert {k.place.face for k in optimum.neurons} == {p.face for p in interval.places}
        assert (optimum.nullity, optimum.support.rank) == (interval.nullity, interval.rank)
        assert len(optimum.support.pairs) == interval.pairs


def test_any_number_of_digits():
    found = path(SQUARE, [0, 1, 1, 0], "1/5", 3)
    low, high = (Fraction(v) for v in found.breakpoint(1, 60))  # sqrt 6
    assert low < high
    assert low**2 < 6 < high**2
    assert high - low < Fraction(1, 10**57)


@pytest.mark.parametrize("ends", [(2, 3), ("1/10", 7)])
def test_a_square_root_is_named_from_wherever_the_walk_begins(ends):
    """A free neuron and one that slides: all numbers lie in a field of degree 8, which one weight generates."""
    X, y = [[1, 2], [-2, 1], [3, -1], [-1, -3], [2, 2]], [3, "3/2", -2, "7/10", -1]
    found = path(X, y, *ends)
    assert found.status == "proved"
    assert "7/10*sqrt(10)" in [b.exact.name for b in found.breakpoints if b.exact is not None]


REPROS = {
    "a pair unsticks": ([[0, 4], [1, -4], [3, 0], [3, -3], [4, -1]], [-2, -2, 1, 0, 0]),
    "three pairs of axes": (
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [-1, 0, 0], [0, -1, 0], [0, 0, -1]],
        [1, 1, 1, 2, 1, 1],
    ),
    "a cross by symmetry": ([[2, 0], [0, 1], [-2, 0], [0, -1], [1, 1], [-1, -1]], [2, 2, 2, 2, 1, 1]),
    "a multiplier that is 0 above": ([[0, -2], [-1, 2], [0, 2], [1, -2]], [-4, 4, -4, -4]),
    "two signs": ([[1, 0], [0, 1], [-1, 0], [0, -1]], [-1, 3, -1, 3]),
    "a hit beside an orthogonal row": ([[0, 0], [0, 1], [-1, -1], [-1, 1]], [1, -3, -3, -1]),
    "a neuron that only touches": (
        [[-4, 0], [4, 0], [-2, -4], [4, 0], [-4, 0], [-2, -4]],
        [0, -1, -1, -1, 0, -1],
    ),
    "a grid with one value": (list(itertools.product((-1, 0, 1), repeat=2)), [1] * 9),
    "a cube with one value": (CUBE, [1] * 8),
    "neurons that become one far above a piece": (
        list(itertools.product((-1, 0, 1), repeat=2)),
        [0, 0, 0, 0, 0, 0, 1, 0, 0],
    ),
    "a curve that bends much right below": (
        [[2, 0, -2], [-2, 0, 2], [2, 0, -2], [0, -2, 4], [-2, 0, 2]],
        [-2, 2, 1, -1, 0],
    ),
    "multipliers that are 0 for every lambda": (
        [[1, 1], [1, 1], [0, 1], [1, 0], [1, 0]],
        [2, -2, -2, -2, 0],
    ),
    "multipliers that are 0 by the equation of the fit": (GRID, [-1, -1, 1, 1, 1, 1, -1, -1, -1]),
    "opposite rows that leave 0 together": (
        [[-2, -2], [-2, 2], [-1, 0], [0, -1], [0, 1], [1, 0], [2, -2], [2, 2]],
        [0, 0, 5, 5, 0, 5, 5, 0],
    ),
    "a cross of two opposite rows": (
        [[7, -4], [-4, -7], [-7, -4], [-8, -1], [1, 8], [8, -1], [-1, 8], [-1, -8], [-8, 1], [1, -8]],
        [-1, -1, -1, 1, 1, 1, 1, -1, -1, -1],
    ),
    "four neurons become eight": (
        [[-2, -2], [-2, 2], [-1, 0], [0, -1], [0, 1], [1, 0], [2, -2], [2, 2]],
        [1] * 8,
    ),
    "a phase that begins beside a pair": (GRID, [1, -1, -1, -1, -1, -1, 1, -1, -1]),
    "a phase that begins with all its pairs": (
        list(itertools.product((-1, 0, 1), (-1, 0, 1, 2))),
        [-1, 1, -1, 1, 1, -1, 1, -1, -1, 1, -1, 1],
    ),
    "twelve neurons that touch": (
        [[x, y] for x in range(-2, 3) for y in range(-2, 3) if x * x + y * y in (1, 5)],
        [1] * 12,
    ),
    "a guest leaves a row, and there is a second one beyond": (GRID, [0, 0, 1, 1, 1, 0, 0, 1, 0]),
    "activations that depend on each other with irrational factors": (
        ZERO_ONE,
        [-1, -2, -2, -2, 0, 2, -1, -2],
    ),
    "the same right below a breakpoint, where shares have to change": (ZERO_ONE, [-1, 1, 1, -1, 1, -1, 1, 1]),
    "f stays level beyond the row that a neuron leaves": (
        [[-1, 0, -2], [2, 2, -2], [-1, 1, -1]],
        [-2, 0, 2],
    ),
    "a cross of all rows on one line": ([[0, 1, 1], [-2, -1, -3], [0, 2, 2], [-2, -2, -4]], [2, -2, -1, -1]),
    "two orbits get their antipodes, and share their weight": (
        [[0, 1], [-2, 0], [0, -2], [-1, -2], [0, 1], [2, 0], [0, -2], [1, -2]],
        [-1, -2, -1, -2, -1, -2, -1, -2],
    ),
    "the same on a grid": (GRID, [1, 2, 1, 2, 1, 2, 2, 1, 2]),
    "a neuron on a row becomes two, and all are pairs": (
        [[-2, 1], [-1, 1], [1, 1], [-1, 0], [-2, -1], [-1, -1], [1, -1], [-1, 0]],
        [1, -1, 2, 1, 1, -1, 2, 1],
    ),
    "five pairs in two dimensions, of a symmetric table": (
        list(itertools.product((-1, 0, 1, 2), (-1, 0, 1))),
        [1, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0],
    ),
    "a pair whose activations depend on those of three others": (GRID, [2, 1, 1, 2, 1, 2, 2, 2, 1]),
    "f is level beyond a row that a neuron leaves with the square of the step": (
        [[-1, 0], [1, 1], [1, -1], [-1, -1]],
        [0, 1, 0, -1],
    ),
    "a neuron leaves a row whose residual is 0 throughout": (
        [[0, 1, 2], [2, 2, 1], [-1, 2, 1], [0, -1, 1]],
        [0, 0, -1, -2],
    ),
    "two hits that are seen as one": (
        [[-2, -1], [-2, 0], [-2, 1], [-1, -2], [-1, 2], [0, -2], [0, 2], [1, -2]],
        [0, 0, 5, 0, 0, 5, 0, 5],
    ),
}


@pytest.mark.parametrize("name", REPROS)
def test_no_piece_is_left_open(name):
    X, y = [list(row) for row in REPROS[name][0]], REPROS[name][1]
    found = path(X, y)
    assert found.status == "proved", [gap.reason for gap in found.undecided]
    random = np.random.default_rng(len(name))
    for interval in found.intervals:
        low, high = (Fraction(*float(v.mid()).as_integer_ratio()) for v in (interval.low, interval.high))
        lam = (low + (high - low) * Fraction(int(random.integers(1, 99)), 100)).limit_denominator(10**7)
        result = certify(X, y, lam)
        optimum = result.proved()
        assert {k.place for k in optimum.neurons} == set(interval.places)
        assert (optimum.nullity, optimum.support.rank) == (interval.nullity, interval.rank)
        assert len(optimum.support.pairs) == interval.pairs
        assert interval.function_unique in (None, result.function_unique.answer)
        assert result.convex_unique.answer is interval.convex_unique


def test_a_second_maximum_beyond_the_row_that_a_neuron_leaves():
    """Its slack vanishes with its derivative at the breakpoint, and grows below."""
    found = path([[-1, -1, 1], [-1, 1, 1], [1, -1, 1], [1, 1, 1]], [-2, 1, -2, 0], "8/5", 2)
    assert found.status == "proved"
    (here,) = found.breakpoints
    assert found.exact(0).name == "2/3*sqrt(6)"
    assert sorted(change.kind for change in here.changes) == ["enter", "unstick"]
    (guest,) = here.end_below.guests
    assert guest.face == (1, 0, 1, -1)
    rows = list(itertools.product((0, 1, 2), repeat=2))
    found = path(rows, [0, 0, 0, 0, 1, 0, 1, 1, 0], "6/100", "7/100")  # f beyond the row is flat there, too
    assert found.status == "proved"
    assert found.exact(0).name == "2/67*sqrt(5)"
    (guest,) = found.breakpoints[0].end_below.guests
    assert guest.face == (0, -1, -1, 1, 1, 1, 1, 1, 1)


def test_irrational_factors_are_decided_exactly():
    """A factor that is off by a hair, or has the other sign, is refused; so is a sum that is not 1."""
    found = path(ZERO_ONE, [-1, 1, 1, -1, 1, -1, 1, 1], "1/10", "11/100")
    piece = found.intervals[0].pieces[-1]
    curve, implied = piece.curve, piece.chord.implied
    (one,) = curve.further
    assert not all(is_rational(c) for c in one.over)
    neuron = curve.faces.neuron(one.place)
    assert depends(implied, curve.branch, neuron, one)
    wrong = next(k for k, c in enumerate(one.over) if not is_rational(c))
    for other in (one.over[wrong] + fmpq(1, 10**30), -one.over[wrong]):
        over = tuple(other if k == wrong else c for k, c in enumerate(one.over))
        assert not depends(implied, curve.branch, neuron, replace(one, over=over))
    shifted = [k for k, c in enumerate(one.over) if c != 0][:2]
    over = tuple(c + fmpq(1, 7) * ((k == shifted[0]) - (k == shifted[1])) for k, c in enumerate(one.over))
    assert not depends(implied, curve.branch, neuron, replace(one, over=over))


def test_no_breakpoint_without_a_piece_below_it(monkeypatch):
    """Where a compound event is not found, a part of it must not be told as a breakpoint."""
    monkeypatch.setattr(gaps, "compounds", lambda *_: iter(()))
    found = path(ZERO_ONE, [-1, -2, -2, -2, 0, 2, -1, -2], "1/2", 1)
    assert found.status == "undecided"
    tops = {(id(piece.curve), piece.chord.high) for i in found.intervals for piece in i.pieces}
    assert all((id(here.below), here.ends[1]) in tops for here in found.breakpoints)
    assert sum(float(gap.high - gap.low) for gap in found.undecided) < 1e-8


@pytest.mark.parametrize("seconds", [0.3, 1, 2])
def test_out_of_time_is_a_piece_that_is_told(seconds):
    """Wherever it happens."""
    with spending(Budget(seconds_from_now(seconds))):
        found = path(ZERO_ONE, [-2, 0, 0, -1, -1, -1, -2, 0], to_zero=True)
    assert found.status == "undecided"
    assert any("time" in gap.reason for gap in found.undecided)
    tops = {(id(piece.curve), piece.chord.high) for i in found.intervals for piece in i.pieces}
    assert all((id(here.below), here.ends[1]) in tops for here in found.breakpoints)


def test_ranks_are_still_told_of_what_was_proved_in_time(monkeypatch):
    """On a symmetric table they ask for identities; nothing that was proved above the gap is taken back."""
    sooner = []

    def run(walk_):
        if walk_.node.lam < 2 and not sooner:  # below the first two breakpoints the time is over
            sooner.append(budget.current())
            budget._CURRENT.set(Budget(seconds_from_now(-1)))
        return advance(walk_)

    advance = walk.Walk.advance
    monkeypatch.setattr(walk.Walk, "advance", run)
    with spending(Budget(seconds_from_now(1000))):
        found = path(GRID, [0, 1, 0, 1, 1, 1, 1, 1, 1])
    assert sooner
    (gap,) = found.undecided
    assert "time" in gap.reason
    assert float(gap.high) < 2
    assert len(found.intervals) > 1


def test_events_without_an_exact_form():
    """Two neurons hit together, since one side is a multiple of the other; a newcomer pushes a neuron off its row."""
    rows = list(itertools.product((-1, 0, 1), (-1, 0, 1, 2)))
    for y, ends, kinds in (
        ([5, 5, 0, 5, 5, 5, 0, 0, 0, 0, 0, 0], ("4/5", "9/10"), ["hit", "hit"]),
        ([1, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1], ("44/100", "46/100"), ["enter", "unstick"]),
    ):
        found = path(rows, y, *ends)
        assert found.status == "proved"
        assert [sorted(c.kind for c in here.changes) for here in found.breakpoints] == [kinds]
        assert found.exact(0) is None
        above, below = found.intervals[1].places, found.intervals[0].places
        for lam, places in ((ends[0], below), (ends[1], above)):
            assert {k.place for k in certify(rows, y, lam).proved().neurons} == set(places)


def test_continuity_where_events_come_together():
    """Four neurons enter at once; a neuron crosses two opposite rows, whose residuals add up to 0 there."""
    four = path([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4]).continuity
    assert (four.network_continuous, four.convex_jumps, four.convex_continuous) == (True, (), True)
    rows, y = REPROS["a cross of two opposite rows"]
    found = path(rows, y, 26, 27)
    assert [sorted(c.kind for c in here.changes) for here in found.breakpoints] == [["cross"]]
    assert found.breakpoints[0].compound
    assert (found.continuity.network_continuous, found.continuity.convex_jumps) == (True, (0,))


def test_four_rows_with_a_bias():
    found = path([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], bias=True)
    assert found.status == "proved"
    assert [found.exact(k).name for k in range(2)] == ["2/3", "14"]
    assert [(len(i.places), i.rank) for i in found.intervals] == [(3, 3), (1, 1), (0, 0)]


def test_the_limit_is_named_exactly():
    assert path([[1], [2], [-1]], [1, 3, 2], to_zero=True).limit.exact == "17/5"  # (7 - 0)/5 + 2
    one = path([[3, 4]], [2], to_zero=True)
    assert one.limit.exact == "2/5"
    assert "1 row, 2 features" in one.summary()
    assert "1 breakpoint," in one.summary()


def test_a_neuron_that_enters_on_a_row_is_listed_once():
    """It leaves the row at once: at 3 there is one direction, on the row."""
    X, y = [[1, 0], [0, 1], [1, 1]], [3, -1, 0]
    here = path(X, y).to_json()["breakpoints"][-1]
    assert here["exact"] == "3"
    assert here["at"] == [{"sign": "+", "face": [1, 0, 1]}]
    assert here["below"] == [{"sign": "+", "face": [1, -1, 1]}]
    assert here["events"] == [{"type": "enter", "neuron": 0, "row": None}]
    assert [list(k.place.face) for k in certify(X, y, 3).proved().neurons] == [[1, 0, 1]]


def test_pairs_that_are_neither_exact_nor_told_apart_are_not_counted(monkeypatch):
    below = path([[1], [2], [-1]], [1, 3, 2]).intervals[0]
    assert below.pairs == 1
    monkeypatch.setattr(intervals, "_exact_among_singles", lambda piece: [])
    asked = path([[1], [2], [-1]], [1, 3, 2])
    assert asked.intervals[0].pairs is None
    assert asked.to_json()["intervals"][0]["pairs"] is None
    assert " ?  yes" in asked.summary()


PENTAGON = [[2, 0], [1, 2], [-2, 1], [-2, -1], [1, -2]]


def test_new_pairs_that_another_pair_does_not_span():
    """Two mirrored pairs come at once to one: three pairs in the plane, of which any two are a basis."""
    found = path(PENTAGON, [1] * 5)
    assert found.status == "proved"
    assert [found.exact(k).name for k in range(2)] == ["40/79 + 12/79*sqrt(55)", "4"]
    assert [(i.count, i.pairs, i.nullity) for i in found.intervals] == [(6, 3, 1), (2, 1, 0), (0, 0, 0)]
    for lam, interval in (("1.6328", found.intervals[0]), ("1.6329", found.intervals[1])):
        there = certify(PENTAGON, [1] * 5, lam).proved()
        assert (len(there.neurons), there.nullity) == (interval.count, interval.nullity)
        assert interval.holds(fmpq(round(float(lam) * 10**4), 10**4))


def test_thin_shares_are_0_only_if_the_basis_spans_what_other_pairs_exchange():
    piece = path(PENTAGON, [1] * 5).intervals[0].pieces[0]
    branch, shares = piece.curve.branch, piece.shares
    (old,) = shares.basis
    thin = {0, 1, 2} - {old}
    assert shares.spans(branch, thin)
    lying = replace(shares, basis=(), thin=(*shares.thin, {old: fmpq(1)}))
    assert not lying.spans(branch, thin)


@pytest.mark.parametrize("late", [0, 1])
@pytest.mark.parametrize("calls", range(1, 10))
def test_time_that_runs_out_at_any_step_leaves_no_breakpoint_without_a_piece_below(monkeypatch, calls, late):
    """Where an interval is one piece, two breakpoints in a row are without one for a moment; little is proved again."""
    left = [calls]

    def check():
        left[0] -= 1
        if left[0] == 0:
            raise OutOfTime("the time allowed is over")

    monkeypatch.setattr(walk.budget, "check", check)
    monkeypatch.setattr(gaps, "LATE", late)
    found = path([[3, 4], [-3, -4], [4, -3], [-4, 3]], [4, 3, -2, -1], "1/2")
    tops = {(id(piece.curve), piece.chord.high) for i in found.intervals for piece in i.pieces}
    assert all((id(here.below), here.ends[1]) in tops for here in found.breakpoints)


def test_what_no_fresh_start_can_follow_is_one_piece():
    """Four pairs, of which one depends on the others that carry everything: right below a breakpoint and far below it
    the same is open, and a walk that begins again and again goes further down each time.
    """
    X = [[-2, -2], [-2, 0], [-2, 2], [0, -2], [0, 2], [2, -2], [2, 0], [2, 2]]
    found = path(X, [0, 1, 0, 0, 1, 1, 0, 1], "1/100")
    assert len(found.undecided) <= 1
    assert all(gap.low < gap.high for gap in found.undecided)
    assert [len(i.places) for i in found.intervals[-3:]] == [4, 2, 0]
