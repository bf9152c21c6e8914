"""Neurons that are said to be tight because their activations depend on others: a false identity makes no piece."""

from dataclasses import replace

import pytest
from flint import fmpq

from polyrelu.curves.branch import BITS
from polyrelu.curves.curve import Curve, Piece
from polyrelu.curves.failure import Failure
from polyrelu.exact.enclosure import precision
from polyrelu.paths.solution_path import path


@pytest.fixture(scope="module")
def piece():
    """Four neurons with activations of rank 3, below 5."""
    found = path([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1, 4)
    assert found.status == "proved"
    return next(p for i in found.intervals for p in i.pieces if p.curve.further)


def again(piece, further):
    """The same piece with other words about its further neurons."""
    curve = Curve(piece.curve.branch, piece.curve.faces, further)
    nodes = [
        curve.node(x, lam)
        for x, lam in ((piece.chord.at_low, piece.chord.low), (piece.chord.at_high, piece.chord.high))
    ]
    return curve.prove(*nodes, piece.low, piece.high)


def test_a_false_identity_makes_no_piece(piece):
    with precision(BITS):
        assert isinstance(again(piece, piece.curve.further), Piece)
        (one,) = piece.curve.further
        lies = [
            tuple(c + (i == k) * fmpq(1, 7) for i, c in enumerate(one.over)) for k in range(len(one.over))
        ]
        lies += [tuple(c * 2 for c in one.over), one.over[1:] + one.over[:1]]
        found = [again(piece, (replace(one, over=over),)) for over in lies if over != one.over]
        assert all(isinstance(got, Failure) for got in found)
        assert any(got.dependent for got in found)  # some leave weights that are positive
