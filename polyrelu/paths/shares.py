"""The linear phase along a chord: how the weight of each pair is shared between u and -u, for every lambda.

Where the phase has just begun, some pairs have a *thin* share m, the same for each, which is 0 at the breakpoint: it is
one of the unknowns of the basis, and m' < 0 shows it positive below.

A point strictly inside the fibre { 0 <= b'_k <= mu_k, sum b'_k z_k = B c } (z_k = a_k g, mu_k the weight of the pair)
shows that every neuron of every pair is used. (All is modulo the vectors v with X v in the span of the free columns.)
Outside a basis of r pairs a share is a fixed part of mu_k; those of the basis solve r equations whose matrix is
nonsingular in balls for the whole chord at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb, arb_mat, fmpq

from polyrelu.exact.enclosure import ball_column
from polyrelu.guess import interior_point
from polyrelu.paths.branch import Balls, Branch
from polyrelu.paths.chord import Chord
from polyrelu.paths.conditions import SHARE, Condition
from polyrelu.paths.positive import positive

PART_BITS = 48


@dataclass(frozen=True)
class Shares:
    """The part of mu_k that goes to -u_k outside of a basis of pairs; pairs with a thin share count as one unknown."""

    parts: dict[int, fmpq]
    basis: tuple[int, ...]
    thin: tuple[int, ...] = ()

    def matrix(self, branch: Branch, g: arb_mat) -> arb_mat:
        """Columns: z_k of the basis, and the sum over the thin ones."""
        columns = [(branch.data.a[k] * g).entries() for k in self.basis]
        if self.thin:
            thin = sum((branch.data.a[k] for k in self.thin[1:]), start=branch.data.a[self.thin[0]])
            columns.append((thin * g).entries())
        return arb_mat(branch.onto) * arb_mat(columns).transpose()

    def right(self, branch: Branch, g: arb_mat, b: Sequence[arb], c: Sequence[arb]) -> arb_mat:
        """B c, less what the fixed parts exchange."""
        target = arb_mat(branch.B) * ball_column(c)
        for k, part in self.parts.items():
            target = target - branch.data.a[k] * g * (b[k] * arb(part))
        return arb_mat(branch.onto) * target

    def solved(self, branch: Branch, x: Sequence[arb]) -> Balls | None:
        """b'_k of the basis (and m); None where the matrix is not proved nonsingular."""
        if not branch.r:
            return []
        g, b, c = branch.parts(x)
        try:
            found: Balls = self.matrix(branch, g).solve(self.right(branch, g, b, c)).entries()
        except ZeroDivisionError:
            return None
        return found

    def slope(self, chord: Chord) -> Balls | None:
        """Derivatives of what is solved for, along the chord, by differentiating its equations."""
        branch, x, dx = chord.branch, chord.anywhere, chord.derivative
        (g, b, c), (dg, db, dc) = branch.parts(x), branch.parts(dx)
        t = self.solved(branch, x)
        if not t:
            return t
        right = self.right(branch, dg, b, dc) + self.right(
            branch, g, db, [arb(0)] * len(c)
        )  # (a_k g) b_k moves twice
        found: Balls = (
            self.matrix(branch, g).solve(right - self.matrix(branch, dg) * ball_column(t)).entries()
        )
        return found

    def inside(self, chord: Chord) -> bool:
        """Whether all inequalities are strict along the chord; a thin share may be 0 at its upper end."""
        branch, slope = chord.branch, self.slope(chord)
        at = [self.solved(branch, x) for x in (chord.root_low, chord.root_high)]
        if slope is None or at[0] is None or at[1] is None or (self.thin and not slope[-1] < 0):
            return False
        (_, low, _), (_, high, _), (_, moved, _) = map(
            branch.parts, (chord.root_low, chord.root_high, chord.derivative)
        )
        members = [*((k, i, True) for i, k in enumerate(self.basis)), *((k, -1, False) for k in self.thin)]
        for k, i, own in members:
            t, u, dt = at[0][i], at[1][i], slope[i]
            if own and not positive(t, u, dt, chord.width, (False, False)):
                return False
            if not positive(low[k] - t, high[k] - u, moved[k] - dt, chord.width, (False, False)):
                return False
        return True


def proposed(branch: Branch, x: Sequence[arb]) -> Shares | None:
    """Shares at a point, from floats: a basis of pairs, and short fractions for the others."""
    g, b, c = branch.parts([v.mid() for v in x])
    pairs, onto = [k for k, pair in enumerate(branch.paired) if pair], arb_mat(branch.onto)
    if not branch.r:  # whatever the shares, free columns make up for them
        return Shares(dict.fromkeys(pairs, fmpq(1, 2)), ())
    moves = [(onto * (branch.data.a[k] * g) * b[k]).entries() for k in pairs]
    columns = np.array([[float(v.mid()) for v in move] for move in moves]).T
    target = np.array([float(v.mid()) for v in (onto * (arb_mat(branch.B) * ball_column(c))).entries()])
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


def shares_of(chord: Chord, high: frozenset[Condition]) -> Shares | None:
    """Shares that stay strictly inside the fibre along the whole chord; thin ones may be 0 at its upper end."""
    branch = chord.branch
    places = {f.place for f in high if f.kind == SHARE}
    if places:
        thin = tuple(k for k, neuron in enumerate(branch.neurons) if neuron.place in places)
        basis = tuple(k for k, pair in enumerate(branch.paired) if pair and k not in thin)
        found = Shares({}, basis, thin) if len(basis) == branch.r - 1 else None
        return found if found is not None and found.inside(chord) else None
    middle = [(u + v) / 2 for u, v in zip(chord.at_low, chord.at_high, strict=True)]
    found = proposed(branch, middle)
    return found if found is not None and found.inside(chord) else None
