"""Caps: majorants that hold along a whole chord."""

from dataclasses import replace

import numpy as np
import pytest
from flint import arb, fmpq

from polyrelu.curves.branch import BITS
from polyrelu.curves.caps import ONE, Lookout, below_lambda, cap_at
from polyrelu.exact.enclosure import precision
from polyrelu.paths.solution_path import path


@pytest.fixture(scope="module")
def pieces():
    random = np.random.default_rng(5)
    found = path(random.integers(-99, 100, (8, 2)), random.integers(-99, 100, 8), 100)
    assert found.status == "proved"
    return [piece for interval in found.intervals for piece in interval.pieces if piece.curve.branch.unknowns]


def caps_of(piece, random):
    """Caps in random directions, with the nodes of the piece."""
    branch, chord = piece.curve.branch, piece.chord
    node = branch_node(piece)
    at = node.in_floats, float(chord.low.p) / float(chord.low.q)
    directions = random.standard_normal((12, branch.program.d))
    return [cap_at(branch.program, piece.curve.rows, at, s, v) for v in directions for s in (1, -1)]


def branch_node(piece):
    return piece.curve.node(piece.chord.at_low, piece.chord.low)


def inside(piece, part):
    """The residual and lambda at one point of a piece, in floats."""
    chord = piece.chord
    lam = chord.low + (chord.high - chord.low) * part
    x = piece.root_at(lam, 80)
    nu = piece.curve.branch.residual_at(x, arb(lam)).entries()
    return np.array([float(v.mid()) for v in nu]), float(lam.p) / float(lam.q)


def vector(cap, X, nu, lam):
    """w."""
    slopes, pushes = np.array(cap.slopes) / ONE, np.array(cap.pushes) / ONE
    return cap.place.sign * (slopes * nu) @ X + lam * (pushes * np.array(cap.place.face)) @ X


def test_they_are_majorants_shorter_than_lambda(pieces):
    random, shown = np.random.default_rng(0), 0
    with precision(BITS):
        for piece in pieces[:20]:
            program = piece.curve.branch.program
            X = program.X_float
            caps = caps_of(piece, random)
            for cap in below_lambda(caps, piece.chord, Lookout(program).columns):
                for part in (fmpq(0), fmpq(1, 3), fmpq(1)):
                    nu, lam = inside(piece, part)
                    w = vector(cap, X, nu, lam)
                    shown += 1
                    assert np.linalg.norm(w) < lam
                    for u in random.standard_normal((200, program.d)):
                        z = X @ u
                        fixed = (cap.place.sign * nu >= 0) & (np.array(cap.place.face) != 0)
                        if (np.sign(z)[fixed] == np.array(cap.place.face)[fixed]).all() and cap.fits(
                            piece.curve.rows, hard_at(piece, nu)
                        ):
                            assert cap.place.sign * np.maximum(z, 0) @ nu <= w @ u + 1e-9 * lam
    assert shown > 50


def hard_at(piece, nu):
    """The lines whose coefficient is not negative (each row is a line here)."""
    line = piece.curve.rows.line
    assert len(set(line)) == len(line)
    return frozenset((s, k) for k, v in zip(line, nu, strict=True) for s in (1, -1) if s * v >= 0)


def test_one_that_is_too_long_or_does_not_fit_is_refused(pieces):
    random, long = np.random.default_rng(1), 0
    with precision(BITS):
        for piece in pieces[:20]:
            program, rows = piece.curve.branch.program, piece.curve.rows
            caps = [
                replace(cap, pushes=tuple(m + ONE * (i == 0) for i, m in enumerate(cap.pushes)))
                for cap in caps_of(piece, random)
            ]
            kept = set(below_lambda(caps, piece.chord, Lookout(program).columns))
            for cap in caps:
                nu, lam = inside(piece, fmpq(1, 2))
                if np.linalg.norm(vector(cap, program.X_float, nu, lam)) > lam:
                    long += 1
                    assert cap not in kept
                assert not cap.fits(rows, frozenset())  # pushed by a line that nobody looks at
                free = replace(cap, place=replace(cap.place, face=(0,) * program.n))
                assert not free.fits(rows, frozenset((cap.place.sign, k) for k in rows.line))
    assert long > 20
