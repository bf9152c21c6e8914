"""The linear phase along a chord: how the weight of each pair is shared between u and -u, for every lambda.

A point strictly inside the fibre { 0 <= b'_k <= mu_k, sum b'_k z_k = B c } (z_k = a_k g, mu_k the weight of the pair)
shows that every neuron of every pair is used. Outside a basis of r pairs a share is a fixed part of mu_k; those of the
basis solve r equations whose matrix is nonsingular in balls for the whole chord at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, fmpq

from polyrelu.exact.enclosure import ball_column
from polyrelu.guess import interior_point
from polyrelu.path.branch import Balls, Branch
from polyrelu.path.chord import Chord

PART_BITS = 12


@dataclass(frozen=True)
class Shares:
    """The part of mu_k that goes to -u_k, outside of a basis of pairs."""

    parts: dict[int, fmpq]
    basis: tuple[int, ...]

    def solved(self, branch: Branch, x: Sequence[arb]) -> Balls | None:
        """b'_k of the basis; None where the matrix is not proved nonsingular."""
        g, b, c = branch.parts(x)
        z = {k: branch.data.a[k] * g for k in (*self.basis, *self.parts)}
        B = arb_mat(branch.B)
        target = B * ball_column(c)
        for k, part in self.parts.items():
            target = target - z[k] * (b[k] * arb(part))
        columns = arb_mat([z[k].entries() for k in self.basis]).transpose()
        try:
            found: Balls = (B.transpose() * columns).solve(B.transpose() * target).entries()
        except ZeroDivisionError:
            return None
        return found

    def inside(self, branch: Branch, x: Sequence[arb]) -> bool:
        """Whether all inequalities are strict for every x of a box."""
        found = self.solved(branch, x)
        if found is None:
            return False
        _, b, _ = branch.parts(x)
        return all(bool(v > 0) and bool(v < b[k]) for k, v in zip(self.basis, found, strict=True))


def proposed(branch: Branch, x: Sequence[arb]) -> Shares | None:
    """Shares at a point, from floats: a basis of pairs, and short fractions for the others."""
    g, b, c = branch.parts([v.mid() for v in x])
    pairs = [k for k, pair in enumerate(branch.paired) if pair]
    columns = np.array([[float((v * b[k]).mid()) for v in (branch.data.a[k] * g).entries()] for k in pairs]).T
    target = np.array([float(v.mid()) for v in (arb_mat(branch.B) * ball_column(c)).entries()])
    guess = interior_point(columns, target)
    if guess is None or len(guess[1]) != branch.r:
        return None
    share, basis = guess
    fixed = {
        pairs[i]: fmpq(max(1, min(2**PART_BITS - 1, round(float(share[i]) * 2**PART_BITS))), 2**PART_BITS)
        for i in range(len(pairs))
        if i not in basis
    }
    return Shares(fixed, tuple(pairs[i] for i in basis))


def shares_of(chord: Chord, *_: object) -> Shares | None:
    """Shares that stay strictly inside the fibre along the whole chord."""
    middle = [(u + v) / 2 for u, v in zip(chord.at_low, chord.at_high, strict=True)]
    found = proposed(chord.branch, middle)
    return found if found is not None and found.inside(chord.branch, chord.anywhere) else None
