"""Neurons that are tight on a whole interval by identity, and that no optimal network uses."""

from fractions import Fraction

import pytest

from polyrelu import certify, path
from polyrelu.curves import idle as room
from polyrelu.curves.condition import IDLE
from polyrelu.curves.curve import Curve, Piece
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.sensitivity import sensitivity

TABLES = {
    "two idle beside one": (
        [[0, 1, -1], [0, -1, 1], [1, 1, -1], [-1, -1, -1], [1, 0, -1]],
        [0, -1, 0, 0, -1],
    ),
    "one idle beside two": ([[-1, 0, -1], [2, 2, 0], [0, 2, 2], [1, -1, 1]], [-2, -1, 0, 0]),
}


@pytest.fixture(params=TABLES)
def table(request):
    return TABLES[request.param]


def test_proved_without_a_gap_as_certify_finds_it(table):
    found = path(*table)
    assert found.status == "proved"
    assert any(interval.curve.idle for interval in found.intervals)
    for interval in found.intervals:
        low, high = (float(v.mid()) for v in (interval.low, interval.high))
        for part in (0.1, 0.5, 0.9):
            result = certify(*table, Fraction(low + part * (high - low)).limit_denominator(10**5))
            optimum = result.proved()
            assert {k.place for k in optimum.used} == set(interval.places)
            assert {k.place for k in optimum.neurons} == {*interval.places, *interval.curve.idle}
            claimed = (interval.rank, interval.nullity, interval.pairs)
            assert (optimum.support.rank, optimum.nullity, len(optimum.support.pairs)) == claimed
            for name in ("p_unique", "convex_unique", "function_unique"):
                assert getattr(interval, name) in (None, getattr(result, name).answer)


def lies(curve):
    """Idle neurons that are used, that are not tight, that are not told, or that are told on a wrong face."""
    idle, used = curve.idle, curve.tight
    yield "not told", Curve(curve.branch, curve.faces, curve.further, idle=idle[1:])
    turned = [type(p)(-p.sign, p.face) for p in idle]
    yield "not tight, or elsewhere", Curve(curve.branch, curve.faces, curve.further, idle=turned)
    fewer = curve.branch.like([(k, False) for k in curve.branch.neurons[1:]])
    yield "used", Curve(fewer, curve.faces, idle=(*idle, used[0]))


def test_lies_about_idle_neurons_make_no_piece(table):
    interval = next(i for i in path(*table).intervals if i.curve.idle)
    piece = interval.pieces[0]
    high, tried = piece.chord.high, 0
    low = max(piece.chord.low, high * to_fmpq(Fraction(9, 10)))
    high = low + (high - low) / 2
    for name, curve in lies(piece.curve):
        ends = []
        for lam in (low, high):
            point = curve.branch.newton(piece.near(lam)[: curve.branch.unknowns], lam)
            ends.append(None if point is None else curve.node(point, lam))
        if None not in ends:
            tried += 1
            assert not isinstance(curve.prove(*ends), Piece), name
    assert tried >= 2


def test_weights_that_are_not_shown_to_vanish_make_no_piece(table, monkeypatch):
    """Without the p, or with one that is negative for an idle neuron, nothing is proved there."""
    before = room.unused

    def negative(*given):
        found = before(*given)
        return [type(f)(IDLE, f.place, form=tuple(-v for v in f.form)) for f in found]

    interval = next(i for i in path(*table).intervals if i.curve.idle)
    chord, curve = interval.pieces[0].chord, interval.pieces[0].curve
    nodes = [curve.node(x, lam) for x, lam in ((chord.at_low, chord.low), (chord.at_high, chord.high))]
    for lie in (negative, lambda *_: None):
        monkeypatch.setattr(room, "unused", lie)
        assert not isinstance(curve.prove(*nodes, interval.pieces[0].low, interval.pieces[0].high), Piece)


def test_no_derivative_by_the_targets(table):
    with pytest.raises(Undecided, match="no optimal network uses"):
        sensitivity(Problem.of(*table, Fraction(1, 2)))
