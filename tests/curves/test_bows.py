"""How far curves are from their chords: conditions, residuals, shares and coverings are proved by such bows."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb, fmpq

from polyrelu.curves.branch import BITS
from polyrelu.curves.condition import OUTWEIGHED, SIDE, SLACK, WEIGHT, Condition
from polyrelu.curves.conditions import Table
from polyrelu.curves.linear_forms import Known
from polyrelu.curves.nodes import Node
from polyrelu.curves.patience import Patience
from polyrelu.curves.positive import bowed
from polyrelu.curves.room import Room
from polyrelu.curves.slack import Slack
from polyrelu.exact.enclosure import precision
from polyrelu.paths.solution_path import path
from polyrelu.proof.neuron import Neuron

PARTS = (fmpq(1, 97), fmpq(1, 3), fmpq(1, 2), fmpq(9, 10))


@pytest.fixture(scope="module")
def found():
    """Small integers, with a linear phase: pairs, guests and sliding neurons."""
    random = np.random.default_rng(1)
    result = path(random.integers(-9, 10, (8, 2)), random.integers(-9, 10, 8), Fraction(1, 10))
    assert result.status == "proved"
    return result


@pytest.fixture(scope="module")
def pieces(found):
    whole = [p for i in found.intervals for p in i.pieces if p.curve.branch.unknowns]
    assert any(any(p.curve.branch.paired) for p in whole)
    assert any(any(p.chord.anchors) for p in whole)
    return whole


def inside(piece):
    """Roots at some lambda of a piece, with t, for the chord from foot to foot where these are points."""
    chord = piece.chord
    for part in PARTS:
        lam = chord.low + (chord.high - chord.low) * part
        yield arb(part), arb(lam), piece.root_at(lam, BITS)


def between(t, low, high, bow):
    """(1 - t) low + t high + t (1 - t) bow."""
    return [(1 - t) * u + t * v + t * (1 - t) * k for u, v, k in zip(low, high, bow, strict=True)]


@pytest.mark.parametrize("zero", [(False, False), (True, False), (False, True), (True, True)])
def test_a_function_is_positive_by_its_bow_iff_its_parabola_is(zero):
    random, told = np.random.default_rng(0), [0, 0]
    t = np.linspace(0, 1, 2001)[1:-1]
    for _ in range(300):
        low, high, bow = (*random.exponential(1, 2).tolist(), float(random.normal(0, 4)))
        low, high = (0.0 if vanishes else v for v, vanishes in zip((low, high), zero, strict=True))
        least = ((1 - t) * low + t * high + t * (1 - t) * bow)[5:-5].min()
        claim = bowed(arb(low), arb(high), arb(bow), zero)
        told[claim] += 1
        if claim:
            assert least > 0
        elif not any(zero):
            assert least < 1e-3
        assert not bowed(arb(low), arb(high), arb(bow, 100), zero)  # a k of which nothing is known
    assert min(told) > 30
    assert not bowed(arb(-1), arb(1), arb(9))
    assert not bowed(arb(0, 1), arb(1), arb(9))


def test_roots_and_residuals_lie_on_their_bows(pieces):
    with precision(BITS):
        for piece in pieces:
            chord, branch = piece.chord, piece.curve.branch
            (u, a), (v, b) = chord.feet
            low, high = (branch.residual_at(x, lam).entries() for x, lam in ((u, a), (v, b)))
            for t, lam, x in inside(piece):
                for own, where in zip(x, between(t, u, v, chord.bow), strict=True):
                    assert own.overlaps(where)
                nu = branch.residual_at(x, lam).entries()
                for own, where in zip(nu, between(t, low, high, chord.residual_bow), strict=True):
                    assert own.overlaps(where)


def test_bows_are_known_to_a_part_of_the_step(pieces):
    """Else nothing would be gained: on most pieces the enclosure of a large bow is much smaller than the bow."""
    parts = [
        float((v.rad() / abs(v.mid())).mid())
        for p in pieces
        if float((p.chord.width / arb(p.chord.high)).mid()) < 0.1
        for v in p.chord.bow
        if abs(v.mid()) > max(abs(w.mid()) for w in p.chord.bow) / 4
    ]
    assert np.median(parts) < 0.25


def test_anchors_lie_on_the_curve_and_belong_to_the_feet(pieces):
    with precision(BITS):
        for piece in pieces:
            for anchor, foot in zip(piece.chord.anchors, piece.chord.feet, strict=True):
                if anchor is not None:
                    assert all(v.contains(w) for v, w in zip(foot[0], anchor[0], strict=True))
                    assert piece.chord.holds(*anchor)


def test_conditions_have_the_values_of_their_forms(pieces):
    """Sides are read off A W g, others are rows over x: both are form . nu, wherever one looks."""
    kinds = set()
    with precision(BITS):
        for piece in pieces:
            curve, branch = piece.curve, piece.curve.branch
            for t, lam, x in list(inside(piece))[:2]:
                nu = branch.residual_at(x, lam).entries()
                table = curve.table()
                values = table.along(piece.chord)
                on_bow = between(t, values.low, values.high, values.bow)
                for f, value, where in zip(table.conditions, table.values(x, lam), on_bow, strict=True):
                    assert value.overlaps(where)
                    if f.kind not in (WEIGHT, SLACK):
                        direct = sum((arb(c) * v for c, v in zip(f.form, nu, strict=True)), start=arb(0))
                        # values are those of nu, or of eta where nu sees no y_rest
                        assert direct.overlaps(value) or direct.overlaps(value * lam)
                        kinds.add(f.kind)
                        row, by_lambda = table.gradient(f, x, lam)
                        assert sum((g * v for g, v in zip(row, x, strict=True)), start=arb(0)).overlaps(
                            value
                        ) or (not by_lambda.is_zero())
    assert SIDE in kinds
    assert len(kinds) > 1


def test_slacks_lie_on_their_bows(pieces):
    with precision(BITS):
        for piece in pieces:
            branch, chord = piece.curve.branch, piece.chord
            (u, a), (v, b) = chord.feet
            for place in piece.curve.tight[:2]:
                face = tuple(-s if j == 1 else s for j, s in enumerate(place.face))
                other = Slack(branch, Neuron(place.__class__(place.sign, face), branch.program))
                for t, lam, x in inside(piece):
                    where = between(t, [other.value(u, a)], [other.value(v, b)], [other.bow(chord)])
                    assert other.value(x, lam).overlaps(where[0])


def test_shares_lie_on_their_bows(pieces):
    tried = 0
    with precision(BITS):
        for piece in pieces:
            shares, chord, branch = piece.shares, piece.chord, piece.curve.branch
            if shares is None or not shares.basis:
                continue
            low, high = (shares.solved(branch, x) for x, _ in chord.feet)
            bow = shares.bow(chord, low, high)
            for t, _, x in inside(piece):
                tried += 1
                for own, where in zip(shares.solved(branch, x), between(t, low, high, bow), strict=True):
                    assert own.overlaps(where)
    assert tried > 20


def test_conditions_that_differ_in_their_forms_alone_are_kept_apart(pieces):
    """Several functions of one kind at one place are equal as conditions: none may pass for another."""
    piece = pieces[0]
    branch, n = piece.curve.branch, piece.curve.branch.program.n
    place = piece.curve.tight[0]
    nu = piece.curve.node(piece.chord.at_low, piece.chord.low).in_floats
    top = int(np.argmax(np.abs(nu)))
    with precision(BITS):
        signs = [s * (1 if nu[top] > 0 else -1) for s in (-1, 1)]
        forms = [tuple(fmpq(s * (i == top)) for i in range(n)) for s in signs]
        both = [Condition(OUTWEIGHED, place, None, None, form) for form in forms]
        assert both[0] == both[1]
        known = Known()
        for conditions in (both, both[::-1], both[:1], both[1:]):
            failing = Table(branch, conditions, known).failing(piece.chord, set(), set())
            assert [f.form for f in failing] == [f.form for f in conditions if f is both[0]]


def test_no_form_that_is_known_is_turned_away(pieces):
    """A witness says at once that a form is no combination of known ones; it never says so wrongly."""
    told = [0, 0]
    for piece in pieces[::3]:
        fixed, branch = piece.curve.branch.fixed, piece.curve.branch
        for f in piece.curve.table().linear:
            if f.kind == WEIGHT:
                continue
            row = [
                sum((c * branch.W[i, j] for i, c in enumerate(f.form)), fmpq(0)) for j in range(branch.size)
            ]
            sign = fixed.sign(row)
            assert fixed.sign_of(f.form) == sign
            told[sign is None] += 1
    assert min(told) > 10


def test_three_nodes_leave_less_of_the_residual_than_two_and_enough(pieces):
    """nu(lambda) is Bernstein's mean of the nodes up to the errors, and the third node makes these much smaller."""
    better = 0
    with precision(BITS):
        for piece in pieces:
            curve, chord = piece.curve, piece.chord
            nodes = curve.node(chord.at_low, chord.low), curve.node(chord.at_high, chord.high)
            plain = Room.chosen(nodes, chord.drift, curve.rows, Patience(Fraction(10**9)))
            finer = Room.chosen(nodes, chord.drift, curve.rows, Patience(plain.part * 999 / 1000))
            for room in (plain, finer) if finer is not None else (plain,):
                check_mean(piece, room)
            better += finer is not None and finer.part < plain.part / 3
    assert better > len(pieces) / 3


def check_mean(piece, room):
    """Every residual lies where the room says."""
    middle, low, high = [None, *room.nodes] if len(room.nodes) == 2 else room.nodes
    for t, lam, x in inside(piece):
        nu = piece.curve.branch.residual_at(x, lam).entries()
        weights = {low: 1 - t, high: t}
        if middle is not None:
            weights = {low: (1 - t) ** 2, middle: 2 * t * (1 - t), high: t**2}
            assert sum((w * arb(node.lam) for node, w in weights.items()), start=arb(0)).overlaps(lam)
        for i, own in enumerate(nu):
            mean = sum((w * whole(node, room, i) for node, w in weights.items()), start=arb(0))
            assert abs(own - mean) < arb(room.errors[i] + 1) / arb(2) ** room.fine


def whole(node: Node, room: Room, i: int) -> arb:
    """A residual of a node as it is asked about."""
    pinned = room.pins[room.nodes.index(node)]
    return arb(pinned.get(i, node.integers[i])) / arb(2) ** node.bits


def test_unknowns_that_are_affine_in_lambda_do_not_spoil_the_others():
    """One weight is affine and has hardly any radius: derivatives of the others are sharp all the same."""
    random = np.random.default_rng(1)
    X, y = (np.round(1000 * random.standard_normal(shape)).astype(int) for shape in ((8, 2), 8))
    rows = [[Fraction(int(v), 1000) for v in row] for row in X]
    found = path(rows, [Fraction(int(v), 1000) for v in y], Fraction(1, 5))
    assert found.status == "proved"
    chords = [p.chord for i in found.intervals for p in i.pieces if p.curve.branch.unknowns]
    thin = [c for c in chords if min(c.r) < max(c.r) / 2**60]
    assert len(chords) < 40
    assert thin
    for chord in thin:
        assert all(bool(v.rad() < 1 + abs(v.mid())) for v in chord.derivative)
