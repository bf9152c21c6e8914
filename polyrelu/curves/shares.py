"""The linear phase along a chord: how the weight of each pair is shared between u and -u, for every lambda.

Where the phase has just begun, or is about to end, some pairs have a *thin* share, which is 0 at the breakpoint: thin
shares are unknowns of the basis, alone or several in a fixed ratio, and their derivatives show them positive beside it.
A *new* pair has no weight there, so that whatever part of it goes to -u is thin. That thin unknowns are 0 is known if
the others exchange everything there, which is so for those of the basis if they span what the others do.

A point strictly inside the fibre { 0 <= b'_k <= mu_k, sum b'_k z_k = B c } (z_k = a_k g, mu_k the weight of the pair)
shows that every neuron of every pair is used. Outside a basis of r pairs a share is a fixed part of mu_k; those of the
basis solve r equations whose matrix is nonsingular in balls for the whole chord at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
from flint import arb, arb_mat, fmpq
from numpy.typing import NDArray

from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.chord import Chord
from polyrelu.curves.condition import SHARE, WEIGHT, Condition
from polyrelu.curves.positive import bowed
from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.linear import rank
from polyrelu.guess import central_point, dimension, interior_point

PART_BITS = 48
ROUGH, TINY, MOST_CHOICES = 1e-6, 1e-300, 100


@dataclass(frozen=True)
class Shares:
    """The part of mu_k that goes to -u_k outside of a basis of pairs; thin shares in a fixed ratio are one unknown."""

    parts: dict[int, fmpq]
    basis: tuple[int, ...]
    thin: tuple[dict[int, fmpq], ...] = ()

    def matrix(self, branch: Branch, g: arb_mat) -> arb_mat:
        """Columns: z_k of the basis, and sums over thin ones."""
        columns = [(branch.data.a[k] * g).entries() for k in self.basis]
        for group in self.thin:
            whole = arb_mat(branch.program.d, branch.size)
            for k, ratio in group.items():
                whole = whole + branch.data.a[k] * arb(ratio)
            columns.append((whole * g).entries())
        return arb_mat(branch.onto) * arb_mat(columns).transpose()

    def right(self, branch: Branch, g: arb_mat, b: Sequence[arb], c: Sequence[arb]) -> arb_mat:
        """B c, less what the fixed parts exchange."""
        target = arb_mat(branch.B) * ball_column(c)
        for k, part in self.parts.items():
            target = target - branch.data.a[k] * g * (b[k] * arb(part))
        return arb_mat(branch.onto) * target

    def solved(self, branch: Branch, x: Sequence[arb]) -> Balls | None:
        """b'_k of the basis (and the thin unknowns); None where the matrix is not proved nonsingular."""
        if not branch.r:
            return []
        g, b, c = branch.parts(x)
        try:
            found: Balls = self.matrix(branch, g).solve(self.right(branch, g, b, c)).entries()
        except ZeroDivisionError:
            return None
        return found

    def bow(self, chord: Chord, low: Balls, high: Balls) -> Balls | None:
        """The bows of what is solved for, t, with the values at both ends.

        M(g) t = r with M linear and r quadratic. For the chord th of t, M(gh) th - r is their chord but for products of
        differences D of the ends, so that M(g) (t - th) = t (1 - t) (bow of r + M(Dg) Dt - M(bow of g) th).
        """
        branch, (D, _) = chord.branch, chord.reach
        if not low:
            return []
        (g, b, _), (dg, db, _) = branch.parts(chord.anywhere), branch.parts(D)
        (kg, kb, kc), between = branch.parts(chord.bow), [u.union(v) for u, v in zip(low, high, strict=True)]
        ends = [u.union(v) for u, v in zip(*(foot[0] for foot in chord.feet), strict=True)]
        right = self.right(branch, kg, b, kc)  # (a_k g) b_k moves twice, and the two together
        right = right + self.right(branch, branch.parts(ends)[0], kb, [arb(0)] * len(kc))
        right = right - self.right(branch, dg, db, [arb(0)] * len(kc))
        right = right + self.matrix(branch, dg) * ball_column([v - u for u, v in zip(low, high, strict=True)])
        right = right - self.matrix(branch, kg) * ball_column(between)
        try:
            found: Balls = self.matrix(branch, g).solve(right).entries()
        except ZeroDivisionError:
            return None
        return found

    def inside(self, chord: Chord, new: Set[int], *, thin_at_high: bool = True) -> bool:
        """Whether all inequalities are strict along the chord; thin shares and new weights are 0 at one of its ends."""
        branch, own = chord.branch, len(self.basis)
        low, high = (self.solved(branch, x) for x, _ in chord.feet)
        bow = None if low is None or high is None else self.bow(chord, low, high)
        if low is None or high is None or bow is None:
            return False
        if self.thin and chord.anchors[thin_at_high] is None:
            return False
        zero = (not thin_at_high, thin_at_high)
        if not all(bowed(low[i], high[i], bow[i], zero) for i in range(own, len(low))):
            return False
        (_, b, _), (_, c, _), (_, k, _) = (branch.parts(x) for x in (*(x for x, _ in chord.feet), chord.bow))
        shared = [*((p, i, fmpq(1)) for i, p in enumerate(self.basis))]
        shared += [(p, i + own, m) for i, group in enumerate(self.thin) for p, m in group.items()]
        for p, i, ratio in shared:
            t, u, dt = (v[i] * arb(ratio) for v in (low, high, bow))
            if i < own and not bowed(t, u, dt):
                return False
            if not bowed(b[p] - t, c[p] - u, k[p] - dt, zero if p in new else (False, False)):
                return False
        return True

    def spans(self, branch: Branch, thin: Set[int]) -> bool:
        """Whether the pairs of the basis span what all pairs do that are not thin."""
        held = {k for k, pair in enumerate(branch.paired) if pair} - thin
        if not self.thin or held <= set(self.basis):
            return True
        rows = [row for k in held for row in branch.neurons[k].L.transpose().tolist()]
        return len(self.basis) == rank(rows)


def proposed(
    branch: Branch, x: Sequence[arb], thin: Set[int] = frozenset(), new: Set[int] = frozenset()
) -> Shares | None:
    """Shares at a point, from floats: a basis of pairs, and short fractions for the others."""
    pairs = [k for k, pair in enumerate(branch.paired) if pair]
    if not branch.r:  # whatever the shares, free columns make up for them
        return Shares(dict.fromkeys(pairs, fmpq(1, 2)), ())
    columns, target = fibre_at(branch, x)
    guess = central_point(columns, target) or interior_point(columns, target)
    if guess is None or len(guess[1]) != branch.r:
        return None
    share, basis = guess
    groups = list[dict[int, fmpq]]()
    if thin:
        basis, groups = _thin_basis(columns * share, pairs, (thin, new), branch.r)
    free = {pairs[i] for i in basis} | {k for group in groups for k in group}
    fixed = {k: _short(float(share[i])) for i, k in enumerate(pairs) if k not in free}
    found = Shares(fixed, tuple(pairs[i] for i in basis), tuple(groups))
    return found if len(basis) + len(groups) == branch.r else None


def fibre_at(branch: Branch, x: Sequence[arb]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """In floats, as columns, what the pairs exchange with their whole weights, and what they exchange together."""
    g, b, c = branch.parts([v.mid() for v in x])
    onto = arb_mat(branch.onto)
    moves = [
        (onto * (a * g) * weight).entries()
        for a, weight, pair in zip(branch.data.a, b, branch.paired, strict=True)
        if pair
    ]
    target = (onto * (arb_mat(branch.B) * ball_column(c))).entries()
    return np.array([[float(v.mid()) for v in move] for move in moves]).T, np.array(
        [float(v.mid()) for v in target]
    )


def determined(branch: Branch, x: Sequence[arb]) -> set[int]:
    """Pairs whose share is determined: without one of them fewer directions are left, as far as floats tell."""
    if not any(branch.paired) or not branch.r:
        return set()
    columns, _ = fibre_at(branch, x)
    columns = columns / np.linalg.norm(columns, axis=0)
    pairs = [k for k, pair in enumerate(branch.paired) if pair]
    rank = dimension(list(columns.T))
    others = (np.delete(columns, i, axis=1).T for i in range(len(pairs)))
    return {k for k, rest in zip(pairs, others, strict=True) if dimension(list(rest)) < rank}


def _short(part: float) -> fmpq:
    return fmpq(max(1, min(2**PART_BITS - 1, round(part * 2**PART_BITS))), 2**PART_BITS)


def _thin_basis(
    columns: NDArray[np.float64], pairs: Sequence[int], thin: tuple[Set[int], Set[int]], r: int
) -> tuple[list[int], list[dict[int, fmpq]]]:
    """Columns of pairs that are not thin, as many as are independent, and groups of thin pairs for the rest.

    Columns are as long as their shares. Each thin pair that is not new is in a group; which groups these are is chosen
    for a matrix that is far from singular.
    """
    lengths = np.linalg.norm(columns, axis=0)
    units = columns / lengths
    basis = list[int]()
    for i in (i for i, k in enumerate(pairs) if k not in thin[0]):
        if np.linalg.matrix_rank(units[:, [*basis, i]], tol=ROUGH) > len(basis):
            basis.append(i)
    if len(basis) == r:  # what was there before suffices
        return basis, []
    best, groups = 0.0, list[list[int]]()
    for chosen in islice(
        _groupings([i for i, k in enumerate(pairs) if k in thin[0]], pairs, thin[1], r - len(basis)),
        MOST_CHOICES,
    ):
        sums = np.column_stack([columns[:, group].sum(axis=1) for group in chosen])
        sums /= np.maximum(np.linalg.norm(sums, axis=0), TINY)
        least = float(np.linalg.svd(np.column_stack([units[:, basis], sums]), compute_uv=False)[-1])
        if least > best:
            best, groups = least, chosen
    return basis, [_in_ratio({pairs[i]: float(lengths[i]) for i in group}) for group in groups]


def _groupings(
    small: Sequence[int], pairs: Sequence[int], new: Set[int], count: int
) -> Iterator[list[list[int]]]:
    """So many groups of thin pairs: each alone, but for the last, which takes all that are left and not new."""
    for alone in combinations(small, count - 1):
        left = [i for i in small if i not in alone]
        old = [i for i in left if pairs[i] not in new]
        for last in [old] if old else [[i] for i in left]:
            yield [*([i] for i in alone), last]


def _in_ratio(amounts: dict[int, float]) -> dict[int, fmpq]:
    top = max(amounts.values())
    return {k: _short(v / top) for k, v in amounts.items()}


def shares_of(chord: Chord, low: Set[Condition], high: Set[Condition]) -> Shares | None:
    """Shares that stay strictly inside the fibre along the whole chord; thin ones may be 0 at one of its ends."""
    branch = chord.branch
    ends = [{f.place for f in end if f.kind == SHARE} for end in (low, high)]
    if all(ends):
        return None
    at = chord.at_high if ends[0] else chord.at_low
    if not any(ends):
        at = [(u + v) / 2 for u, v in zip(chord.at_low, chord.at_high, strict=True)]
    weightless = {f.place for f in (high if ends[1] else low) if f.kind == WEIGHT and not f.form}
    thin = {k for k, neuron in enumerate(branch.neurons) if neuron.place in ends[0] | ends[1]}
    new = {k for k in thin if branch.neurons[k].place in weightless}
    found = proposed(branch, at, thin, new)
    if found is None or not found.spans(branch, thin):
        return None
    return found if found.inside(chord, new, thin_at_high=bool(ends[1])) else None
