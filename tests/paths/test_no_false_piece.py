"""Corrupted structures, intervals that hold a breakpoint, and shifted ends are never proved."""

from fractions import Fraction

import numpy as np
import pytest

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.steps import follow
from polyrelu.curves.branch import BITS, Branch
from polyrelu.curves.chord import prove_chord
from polyrelu.curves.curve import Curve, End, Piece
from polyrelu.curves.failure import Failure
from polyrelu.data.problem import Problem
from polyrelu.exact.enclosure import precision
from polyrelu.exact.rational import to_fmpq
from polyrelu.paths.solution_path import path
from polyrelu.proof.neuron import Place


@pytest.fixture(scope="module")
def found():
    random = np.random.default_rng(2)
    result = path(random.integers(-9, 10, (7, 2)), random.integers(-9, 10, 7))
    assert result.status == "proved"
    assert len(result.breakpoints) > 4
    return result


def test_no_piece_reaches_across_a_breakpoint(found):
    """Each curve is followed past its breakpoints, where the root goes on and is not the optimum."""
    tried = 0
    with precision(BITS):
        for interval in found.intervals[1:]:
            curve, low = interval.curve, interval.below.ends[0]
            start = curve.node(interval.pieces[-1].chord.at_high, interval.pieces[-1].chord.high)
            for part in (Fraction(1, 10**5), Fraction(1, 10**9)):
                goal = low * (1 - to_fmpq(part))
                point = follow(curve, start, goal)
                if point is None:
                    continue
                tried += 1
                assert isinstance(curve.prove(curve.node(point, goal), start), Failure)
    assert tried > 4


def test_a_function_that_is_said_to_vanish_has_to_leave_zero(found):
    """An event at the wrong end, or one that never was, proves nothing."""
    with precision(BITS):
        interval = found.intervals[2]
        piece = interval.pieces[0]
        curve, chord = piece.curve, piece.chord
        nodes = curve.node(chord.at_low, chord.low), curve.node(chord.at_high, chord.high)
        weight = curve.table().conditions[0]
        wrong = End(frozenset([weight]))
        assert isinstance(curve.prove(*nodes, wrong, wrong), Failure)


def test_a_structure_without_one_of_its_neurons_is_not_proved(found):
    with precision(BITS):
        for interval in found.intervals[:4]:
            piece = interval.pieces[0]
            branch, chord = piece.curve.branch, piece.chord
            for k in range(branch.K):
                rest = [i for i in range(branch.K) if i != k]
                fewer = Branch(
                    branch.program,
                    tuple(branch.neurons[i] for i in rest),
                    tuple(branch.paired[i] for i in rest),
                )
                start = fewer.newton(fewer_start(fewer, piece, rest), chord.high)
                if start is None:
                    continue
                curve = Curve(fewer, piece.curve.faces)
                end = follow(curve, curve.node(start, chord.high), chord.low)
                if end is not None:
                    got = curve.prove(curve.node(end, chord.low), curve.node(start, chord.high))
                    assert isinstance(got, Failure)


def fewer_start(fewer, piece, rest):
    nu = piece.curve.branch.residual_at(piece.chord.at_high, to_fmpq(1) * 1 + 0 * piece.chord.high)
    data = fewer.data
    g = data.gram.solve(data.W.transpose() * nu).entries() if fewer.size else []
    _, b, _ = piece.curve.branch.parts(piece.chord.at_high)
    return [*g, *(b[i] for i in rest), *([b[0] * 0] * fewer.r)]


def test_a_neuron_on_the_wrong_side_is_not_proved(found):
    with precision(BITS):
        piece = found.intervals[1].pieces[0]
        branch, chord = piece.curve.branch, piece.chord
        neuron = branch.neurons[0]
        j = next(i for i, v in enumerate(neuron.place.face) if v)
        face = tuple(-v if i == j else v for i, v in enumerate(neuron.place.face))
        moved = piece.curve.faces.neuron(Place(neuron.place.sign, face))
        other = Branch(branch.program, (moved, *branch.neurons[1:]), branch.paired)
        start = (
            other.newton([*chord.at_high][: other.unknowns], chord.high)
            if other.unknowns == branch.unknowns
            else None
        )
        if start is not None:
            curve = Curve(other, piece.curve.faces)
            end = follow(curve, curve.node(start, chord.high), chord.low)
            if end is not None:
                assert isinstance(
                    curve.prove(curve.node(end, chord.low), curve.node(start, chord.high)), Failure
                )


def test_ends_that_are_no_roots_make_no_chord(found):
    with precision(BITS):
        piece = next(p for i in found.intervals for p in i.pieces if p.curve.branch.unknowns)
        chord = piece.chord
        shifted = [v + v * 0 + (abs(v) + 1) / 50 for v in chord.at_low]
        got = prove_chord(piece.curve.branch, chord.low, chord.high, shifted, chord.at_high)
        if got is not None:  # then the true root lies in it all the same
            assert all(abs(u - v) < r for u, v, r in zip(chord.at_low, shifted, got.r, strict=True))


def test_two_breakpoints_close_together_are_both_found():
    """Two soft thresholds, at 7 and at 7 - 1e-7: one feature, whose sides decouple."""
    near = Fraction(7) - Fraction(1, 10**7)
    found = path(Problem.of([[1], [2], [-1]], [1, 3, near]), lo=6, hi=8)
    assert found.status == "proved"
    assert [found.exact(k).name for k in range(2)] == [str(near), "7"]
    assert [len(i.places) for i in found.intervals] == [2, 1, 0]
    assert all(isinstance(p, Piece) for i in found.intervals for p in i.pieces)


def test_where_the_curve_below_an_event_is_lost_the_walk_stops(monkeypatch):
    """Huge ratios of scales make systems nearly singular: then no piece is begun with the root of another curve."""
    monkeypatch.setattr(Breakpoint, "node_below", lambda self: None)
    found = path([[1], [2], [-1]], [1, 3, 2], 6, 8)
    assert (found.status, found.breakpoints) == ("undecided", ())
    assert any("nearly singular" in gap.reason for gap in found.undecided)
