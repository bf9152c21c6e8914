"""The linear phase along a chord: how the weight of each pair is shared between u and -u, for every lambda.

Where the phase has just begun, or is about to end, some members have a *thin* share, which is 0 at the breakpoint: thin
shares are unknowns of the basis, alone or several in a fixed ratio, and their derivatives show them positive beside it.
A *new* pair has no weight there, so that whatever part of it goes to -u is thin. That thin unknowns are 0 is known if
the others exchange everything there, which is so for those of the basis if they span what the others do.

A point strictly inside the fibre { 0 <= b'_k <= mu_k, sum b'_k z_k = B c } (z_k = a_k g, mu_k the weight of the pair)
shows that every neuron of every pair is used. Outside a basis of r pairs a share is a fixed part of mu_k; those of the
basis solve r equations whose matrix is nonsingular in balls for the whole chord at once. Units of more than two members
(see `exchange`) have a b' for each but the first, and these make up less than mu_k.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from itertools import combinations, islice

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat
from numpy.typing import NDArray

from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.chord import Chord
from polyrelu.curves.condition import SHARE, WEIGHT, Condition
from polyrelu.curves.positive import bowed
from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.linear import rank
from polyrelu.guess import central_point, dimension, interior_point, of_length_one

PART_BITS = 48
ROUGH, TINY, MOST_CHOICES = 1e-6, 1e-300, 100


@dataclass(frozen=True)
class Shares:
    """The part of mu_k that goes to each further member outside of a basis; members count as in `branch.exchanges`.

    Thin shares in a fixed ratio are one unknown.
    """

    parts: dict[int, fmpq]
    basis: tuple[int, ...]
    thin: tuple[dict[int, fmpq], ...] = ()

    def matrix(self, branch: Branch, g: arb_mat) -> arb_mat:
        """Columns: what the members of the basis take, and sums over thin ones."""
        columns = [taken(branch, i, g) for i in self.basis]
        for group in self.thin:
            each = [arb_mat([taken(branch, i, g)]) * arb(ratio) for i, ratio in group.items()]
            columns.append(sum(each[1:], start=each[0]).entries())
        return arb_mat(columns).transpose()

    def right(self, branch: Branch, g: arb_mat, b: Sequence[arb], c: Sequence[arb]) -> arb_mat:
        """B c, less what the fixed parts exchange."""
        target = arb_mat(branch.onto) * (arb_mat(branch.B) * ball_column(c))
        for i, part in self.parts.items():
            target = target - ball_column(taken(branch, i, g)) * (b[branch.exchanges[i].unit] * arb(part))
        return target

    def solved(self, branch: Branch, x: Sequence[arb]) -> Balls | None:
        """b' of the basis (and the thin unknowns); None where the matrix is not proved nonsingular."""
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
        return self._leaves_room(chord, (low, high, bow), new, zero)

    def _leaves_room(
        self, chord: Chord, known: tuple[Balls, Balls, Balls], new: Set[int], zero: tuple[bool, bool]
    ) -> bool:
        """Whether the shares of the basis are positive, and the first member of each unit has a positive rest."""
        branch, own = chord.branch, len(self.basis)
        if not all(bowed(*(v[i] for v in known)) for i in range(own)):
            return False
        solved = [(i, p, fmpq(1)) for p, i in enumerate(self.basis)]
        solved += [(i, own + p, m) for p, group in enumerate(self.thin) for i, m in group.items()]
        _, weights, _ = zip(*(branch.parts(x) for x in (*(x for x, _ in chord.feet), chord.bow)), strict=True)
        weightless = {branch.exchanges[i].unit for i in new}
        for k in {e.unit for e in branch.exchanges}:
            left = 1 - sum((v for i, v in self.parts.items() if branch.exchanges[i].unit == k), start=fmpq(0))
            mine = [(p, m) for i, p, m in solved if branch.exchanges[i].unit == k]
            rest = [
                sum((-v[p] * arb(m) for p, m in mine), start=w[k] * arb(left))
                for w, v in zip(weights, known, strict=True)
            ]
            ends = zero if k in weightless else (False, False)
            if not left > 0 or (mine and not bowed(rest[0], rest[1], rest[2], ends)):
                return False
        return True

    def spans(self, branch: Branch, thin: Set[int]) -> bool:
        """Whether the members of the basis span what all do that are not thin.

        These span no more than the values of some of their differences, one vector each, and the ranges of the others.
        """
        held = [i for i in range(len(branch.exchanges)) if i not in thin]
        if not self.thin or set(held) <= set(self.basis):
            return True
        told = _differences(branch, held)
        for least in (1, branch.program.d):  # ranges up to this dimension are taken as a whole
            rows = [row for m in told if m.rank() <= least for row in m.transpose().tolist()]
            alone = sum(m.rank() > least for m in told)
            if len(self.basis) == alone + (rank(rows) if rows else 0):
                return True
        return False


def _differences(branch: Branch, held: Sequence[int]) -> list[fmpq_mat]:
    """Maps of what members take, and where that is simpler of their differences within a unit: these span the same."""
    found, before = list[fmpq_mat](), dict[int, list[fmpq_mat]]()
    for i in held:
        e = branch.exchanges[i]
        told = e.told * branch.neurons[e.unit].L
        others = before.setdefault(e.unit, [told * fmpq(0)])
        found.append(min((told - other for other in others), key=lambda m: int(m.rank())))
        others.append(told)
    return found


def taken(branch: Branch, i: int, g: arb_mat) -> Balls:
    """What member i takes from the first of its unit, for a unit of weight."""
    e = branch.exchanges[i]
    found: Balls = (arb_mat(e.told) * branch.directed(e.unit, g)).entries()
    return found


def proposed(
    branch: Branch, x: Sequence[arb], thin: Set[int] = frozenset(), new: Set[int] = frozenset()
) -> Shares | None:
    """Shares at a point, from floats: a basis of members, and short fractions for the others."""
    units = units_of(branch)
    if not branch.r:  # whatever the shares, free columns make up for them
        return Shares(dict.fromkeys(range(len(units)), fmpq(1, 2)), ())
    columns, target = fibre_at(branch, x)
    guess = central_point(columns, target, units) or interior_point(columns, target, units)
    if guess is None or len(guess[1]) != branch.r or not guess[0].min() > 0 or not columns.any(axis=0).all():
        return None
    share, basis = guess
    groups = list[dict[int, fmpq]]()
    if thin:
        basis, groups = _thin_basis(columns * share, (thin, new), branch.r)
    free = {*basis, *(i for group in groups for i in group)}
    fixed = {i: _short(float(v)) for i, v in enumerate(share) if i not in free}
    found = Shares(fixed, tuple(basis), tuple(groups))
    return found if len(basis) + len(groups) == branch.r else None


def units_of(branch: Branch) -> list[int]:
    """The unit of every member that takes something."""
    return [e.unit for e in branch.exchanges]


def fibre_at(branch: Branch, x: Sequence[arb]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """In floats, as columns, what the members take with the whole weights, and what is exchanged altogether."""
    g, b, c = branch.parts([v.mid() for v in x])
    moves = [[v * b[unit] for v in taken(branch, i, g)] for i, unit in enumerate(units_of(branch))]
    target = (arb_mat(branch.onto) * (arb_mat(branch.B) * ball_column(c))).entries()
    return np.array([[float(v.mid()) for v in move] for move in moves]).T, np.array(
        [float(v.mid()) for v in target]
    )


def determined(branch: Branch, x: Sequence[arb]) -> set[int]:
    """Units whose share is determined: without one of them fewer directions are left, as far as floats tell."""
    if not any(branch.paired) or not branch.r:
        return set()
    columns = of_length_one(fibre_at(branch, x)[0])
    rank = dimension(list(columns.T))
    others = (np.delete(columns, i, axis=1).T for i in range(columns.shape[1]))
    return {k for k, rest in zip(units_of(branch), others, strict=True) if dimension(list(rest)) < rank}


def _short(part: float) -> fmpq:
    return fmpq(max(1, min(2**PART_BITS - 1, round(part * 2**PART_BITS))), 2**PART_BITS)


def _thin_basis(
    columns: NDArray[np.float64], thin: tuple[Set[int], Set[int]], r: int
) -> tuple[list[int], list[dict[int, fmpq]]]:
    """Columns that are not thin, as many as are independent, and groups of thin ones for the rest.

    Columns are as long as their shares. Each thin one that is not new is in a group; which groups these are is chosen
    for a matrix that is far from singular.
    """
    lengths, units = np.linalg.norm(columns, axis=0), of_length_one(columns)
    basis = list[int]()
    for i in (i for i in range(len(lengths)) if i not in thin[0]):
        if np.linalg.matrix_rank(units[:, [*basis, i]], tol=ROUGH) > len(basis):
            basis.append(i)
    if len(basis) == r:  # what was there before suffices
        return basis, []
    best, groups = 0.0, list[list[int]]()
    for chosen in islice(_groupings(sorted(thin[0]), thin[1], r - len(basis)), MOST_CHOICES):
        sums = np.column_stack([columns[:, group].sum(axis=1) for group in chosen])
        sums /= np.maximum(np.linalg.norm(sums, axis=0), TINY)
        least = float(np.linalg.svd(np.column_stack([units[:, basis], sums]), compute_uv=False)[-1])
        if least > best:
            best, groups = least, chosen
    return basis, [_in_ratio({i: float(lengths[i]) for i in group}) for group in groups]


def _groupings(small: Sequence[int], new: Set[int], count: int) -> Iterator[list[list[int]]]:
    """So many groups of thin ones: each alone, but for the last, which takes all that are left and not new."""
    for alone in combinations(small, count - 1):
        left = [i for i in small if i not in alone]
        old = [i for i in left if i not in new]
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
    thin = {i for i, e in enumerate(branch.exchanges) if e.place in ends[0] | ends[1]}
    new = {i for i in thin if branch.neurons[branch.exchanges[i].unit].place in weightless}
    found = proposed(branch, at, thin, new)
    if found is None or not found.spans(branch, thin):
        return None
    return found if found.inside(chord, new, thin_at_high=bool(ends[1])) else None
