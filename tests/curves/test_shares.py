"""Shares of pairs that are said to be inside are inside: each member keeps a weight at every lambda."""

import pytest
from flint import arb, fmpq

from polyrelu.curves.branch import BITS
from polyrelu.curves.shares import Shares
from polyrelu.exact.enclosure import precision
from polyrelu.paths.solution_path import path

ROWS = [[5, 0], [3, 4], [3, -4]]
INSIDE = (fmpq(1, 50), fmpq(1, 3), fmpq(1, 2), fmpq(2, 3), fmpq(49, 50))


@pytest.fixture(scope="module")
def pieces():
    """Three pairs in a plane: one share is free, and two follow."""
    found = path([*ROWS, *([-v for v in row] for row in ROWS)], [2, 0, 1, 1, 5, 3], 1, 5)
    assert found.status == "proved"
    return [p for p in found.intervals[0].pieces if p.shares is not None and not p.shares.thin]


def left_at(piece, shares, part):
    """What each member of every pair has at a lambda of the piece."""
    branch = piece.curve.branch
    lam = piece.chord.low + (piece.chord.high - piece.chord.low) * part
    x = piece.root_at(lam, BITS)
    _, b, _ = branch.parts(x)
    units = [e.unit for e in branch.exchanges]
    given = {i: b[units[i]] * arb(p) for i, p in shares.parts.items()}
    given |= dict(zip(shares.basis, shares.solved(branch, x), strict=True))
    return [v for i, w in given.items() for v in (w, b[units[i]] - w)]


def test_shares_are_inside_only_if_both_members_have_a_weight(pieces):
    told = {True: 0, False: 0}
    with precision(BITS):
        for piece in pieces:
            count = len(piece.curve.branch.exchanges)
            for k in range(count):
                for tenths in range(1, 13):  # parts that are proposed are positive
                    shares = Shares({k: fmpq(tenths, 10)}, tuple(i for i in range(count) if i != k))
                    least = [v for part in INSIDE for v in left_at(piece, shares, part)]
                    claim = shares.inside(piece.chord, set())
                    told[claim] += 1
                    assert not claim or all(v > 0 for v in least)
    assert min(told.values()) > 3
