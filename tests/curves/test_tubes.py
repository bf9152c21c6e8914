"""What the test behind a chord claims, asked of points and roots that it has not seen."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from polyrelu.curves.branch import BITS
from polyrelu.curves.chord import prove_chord
from polyrelu.curves.condition import WEIGHT
from polyrelu.curves.curve import Piece
from polyrelu.curves.tube import Test as Tube
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ball_column, identity, precision
from polyrelu.paths.solution_path import path


@pytest.fixture(scope="module")
def pieces():
    random = np.random.default_rng(5)
    found = path(random.integers(-9, 10, (6, 2)), random.integers(-9, 10, 6), Fraction(1, 4))
    assert found.status == "proved"
    return [p for i in found.intervals for p in i.pieces if p.curve.branch.unknowns]


def tube_of(piece):
    chord = piece.chord
    return Tube.of(piece.curve.branch, arb(chord.low), arb(chord.high), chord.at_low, chord.at_high)


def test_no_jacobian_near_a_chord_is_further_from_its_inverse_than_is_said(pieces):
    """|I - Y J| <= C(r) at any point within r of the chord, whatever r is."""
    random = np.random.default_rng(0)
    with precision(BITS):
        for piece in pieces:
            chord, branch, tube = piece.chord, piece.curve.branch, tube_of(piece)
            for size in (1e-6, 1e-2, 1.0):
                r = [arb(size) * (abs(v) + 1) for v in chord.at_low]
                most = tube.contraction(r)
                for t in (0.0, 0.3, 1.0):
                    signs = random.choice([-1.0, 1.0], len(r)).tolist()
                    ends = zip(chord.at_low, chord.at_high, r, signs, strict=True)
                    x = [u + (v - u) * t + w * s for u, v, w, s in ends]
                    lam = arb(chord.low) + chord.width * t
                    Y = tube.Y0 + tube.Y1 * arb(t - 0.5)
                    off = identity(branch.unknowns) - Y * branch.jacobian(x, lam)
                    assert all(
                        abs(v) <= w + arb(1e-12) for v, w in zip(off.entries(), most.entries(), strict=True)
                    )


def test_a_radius_is_one_that_the_tube_maps_into_itself(pieces):
    """Short chords have one, and of long ones none is taken that does not do it."""
    refused = 0
    with precision(BITS):
        for piece in pieces:
            branch, chord = piece.curve.branch, piece.chord
            for times in (1, 4, 64):
                high = chord.high + (chord.high - chord.low) * times
                point = branch.newton(chord.at_high, high)
                tube = point and Tube.of(branch, arb(chord.low), arb(high), chord.at_low, point)
                r = tube.radius() if tube else None
                if r is None:
                    refused += 1
                    continue
                image = (tube.contraction(r) * ball_column(r)).entries()
                assert all(v + m < w for v, m, w in zip(image, tube.m, r, strict=True))
    assert refused


def test_an_anchor_has_to_lie_on_the_curve(pieces):
    """A breakpoint beside the tube, or at a lambda beside the interval, is none of this piece."""
    tried = 0
    with precision(BITS):
        for piece in pieces:
            chord = piece.chord
            known = (chord.low, chord.high, chord.at_low, chord.at_high)
            for k in (0, 1):
                anchor = chord.anchors[k]
                if anchor is None:
                    continue
                tried += 1
                x, lam = anchor
                beside = [v + 2 * r for v, r in zip(x, chord.r, strict=True)]
                for wrong in ((beside, lam), (x, lam + chord.width * (2 * k - 1))):
                    both = tuple(wrong if i == k else other for i, other in enumerate(chord.anchors))
                    assert prove_chord(piece.curve.branch, *known, both) is None
                assert prove_chord(piece.curve.branch, *known, chord.anchors) is not None
    assert tried


def test_a_root_that_is_not_in_the_tube_is_not_the_one_that_was_proved(pieces):
    """The root at a lambda of the piece is refined from the chord, and may be another one."""
    piece = max(pieces, key=lambda p: max(float(v.mid()) for v in p.chord.r))
    lam = (piece.chord.low + 2 * piece.chord.high) / 3
    assert piece.root_at(lam, BITS)
    narrow = replace(piece.chord, r=[v * arb(2) ** -100 for v in piece.chord.r])
    with pytest.raises(Undecided, match="lost"):
        Piece(piece.curve, narrow, piece.low, piece.high, piece.shares).root_at(lam, BITS)


def test_what_is_flat_at_an_end_has_to_bend_upwards(pieces):
    """Functions that are said to vanish twice are positive beside that end only if they are convex."""
    bent = set()
    with precision(BITS):
        for piece in pieces:
            chord, table = piece.chord, piece.curve.table()
            if any(anchor is not None for anchor in chord.anchors):
                continue
            known = (chord.anywhere, chord.derivative, chord.curvature, chord.all_lambda)
            for f, v in zip(table.conditions, table.curvatures(*known), strict=True):
                if f.kind != WEIGHT or v.contains(0):
                    continue
                failing = table.failing(chord, {f}, set(), {f})
                assert (f in failing) == bool(v < 0)
                bent.add(bool(v < 0))
    assert True in bent
