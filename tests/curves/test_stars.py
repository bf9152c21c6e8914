"""Which walls a star may lose, and which lines are hard: structure and errors, asked of the functions themselves."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from polyrelu.curves.branch import BITS
from polyrelu.curves.rows import hard_lines
from polyrelu.curves.stars import leaving_zero, opened
from polyrelu.exact.enclosure import precision
from polyrelu.paths.solution_path import path

ROWS = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 2], [2, -1, 1], [-2, 0, 0]]


@pytest.fixture(scope="module")
def pieces():
    found = path(ROWS, [3, 2, 4, -1, 2, -3, 1], Fraction(1, 2))
    assert found.status == "proved"
    return [p for i in found.intervals for p in i.pieces if p.curve.tight]


def test_walls_that_a_star_loses_are_orthogonal_to_each_other(pieces):
    """Beyond two lines at another angle f may be larger: what is lost at one is not that at the other."""
    several = 0
    with precision(BITS):
        for piece in pieces:
            chord, faces = piece.chord, piece.curve.faces
            nu = chord.branch.residual_at(chord.anywhere, chord.all_lambda)
            for place in piece.curve.tight:
                walls = [j for j, side in enumerate(place.face) if side]
                star = opened(faces.angles, faces.neuron(place), walls, nu)
                lost = [j for j in walls if star.face[j] == 0]
                assert all(star.face[j] == place.face[j] for j in range(len(ROWS)) if j not in lost)
                for i, j in itertools.combinations(lost, 2):
                    parallel = i in faces.angles.parallel[j]
                    assert parallel or np.dot(ROWS[i], ROWS[j]) == 0
                    several += not parallel
                for j in lost:
                    line = [abs(np.dot(ROWS[i], ROWS[j])) * nu[i, 0] for i in faces.angles.parallel[j]]
                    assert not sum((v * arb(int(place.sign)) for v in line), start=arb(0)) < 0
    assert several


def test_lines_whose_sign_errors_may_change_are_hard(pieces):
    """With no errors most lines are hard for one sign alone; with large ones for both."""
    tried = 0
    for piece in pieces:
        rows, curve = piece.curve.rows, piece.curve
        node = curve.node(piece.chord.at_high, piece.chord.high)
        question = node.question(rows.rows, Fraction(0), (), None, {})
        none, many = [0] * len(ROWS), [1 << (node.bits + 60)] * len(ROWS)
        sure, open_ = (hard_lines(question, errors, node.bits + 40, rows) for errors in (none, many))
        assert sure <= open_
        free = {(s, k) for s, k in itertools.product((1, -1), range(len(question.lines.C)))} - open_
        assert all(any(rows.sided.get(i) == s for i in range(len(ROWS))) for s, _ in free)
        tried += len(open_) > len(sure)
    assert tried


SILENT = (
    ([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 1]], [3, 4, 3, 4, 0]),
    ([[1, 0], [0, -1], [-1, -1], [-1, -1], [-1, 1], [0, 1]], [0, 0, 1, 1, 0, 0]),
    ([[1, 1], [1, 0], [1, 1], [1, -1], [0, 0], [-1, 0]], [0, 1, 0, -1, 1, 1]),
    ([[1, -1], [-1, 1], [-1, -1], [0, 1], [0, 1], [-1, 0]], [0, 0, 0, 0, -1, -1]),
    ([[1, 0], [1, 1], [0, 1], [1, -1], [-1, -1], [-1, 1]], [1, -1, 0, 1, -1, 1]),
)


def test_a_line_that_leaves_zero_has_the_sign_that_is_told():
    """At these breakpoints coefficients of lines are exactly 0; beside them s C <= 0 for the s that is told."""
    told = set()
    pieces = [p for X, y in SILENT for i in path(X, y).intervals for p in i.pieces]
    for piece in pieces:
        chord, lines = piece.chord, piece.curve.faces.line_weights
        silent = (piece.low.silent, piece.high.silent)
        with precision(BITS):
            for i, s in leaving_zero(chord, silent, lines, scaled=False).items():
                lam = (chord.low + chord.high) / 2
                nu = chord.branch.residual_at(piece.root_at(lam, BITS), arb(lam))
                assert sum((nu[k, 0] * arb(m) for k, m in lines[i].items()), start=arb(0)) * s < 0
                told.add(s)
    assert told
