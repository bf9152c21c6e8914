"""The optimal networks at a breakpoint, as one of its sides leaves them.

Let D be the directions at lambda* of the neurons of one side that keep their weight there, N all others that are tight
at lambda*, a_k their activations. The networks of that side tend to one with positive weights on D and none on N.

*Only D is used* at lambda*, if there is a p with p.a_k = 0 for D and p.a_k > 0 for N: p.(sum b_k a_k) is the same for
all optimal networks, and 0 for one of them, so that b_k = 0 on N for all. Then if the a_k of D are independent, there
is only one network at lambda*.

*Continuity.* Let only D be used, and let a side have one neuron for each of D, with activations of the same rank as at
lambda*. Then every optimal network b at lambda* is a limit of optimal ones from that side. For let b be positive on D
(others are limits of such), and b~ be the network near lambda* that the side was proved with: its weights move
continuously, to 0 off D. The equations A_D x = A_D b~_D have a solution as close to b as the right side is to A_D* b,
since the rank is constant; it is positive, and optimal together with the rest of b~. The converse always holds: limits
of optimal networks are optimal.

*A jump.* If the network is unique on one side, right beside lambda*, while the a_k of D depend on each other and their
directions differ, then there are further networks at lambda*, which no network of that side comes near.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.breakpoints.breakpoint import Breakpoint
from polyrelu.breakpoints.meeting import across
from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.condition import SHARE, SIDE, SLACK, WEIGHT, antipode
from polyrelu.curves.curve import Curve, End
from polyrelu.curves.implied import Implied
from polyrelu.curves.own_weights import pairs_of
from polyrelu.curves.rough import in_floats
from polyrelu.exact.enclosure import precision
from polyrelu.exact.minors import nonzero_minor
from polyrelu.guess import nearest_of_hull
from polyrelu.paths.ranks import fallen, generic_rank
from polyrelu.proof.neuron import Place


@dataclass(frozen=True, eq=False)
class LimitSet:
    """One side of a breakpoint."""

    curve: Curve
    end: End
    x: Balls
    lam: arb

    @staticmethod
    def both(here: Breakpoint) -> tuple[LimitSet, LimitSet]:
        """From above and from below."""
        return (
            LimitSet(here.above, here.end_above, here.x, here.lam),
            LimitSet(here.below, here.end_below, here.carried, here.lam),
        )

    @cached_property
    def at(self) -> dict[Place, Place]:
        """The places of the neurons of this side at lambda*."""
        found = fallen(self.curve, self.end)
        return {p: found.get(p, p) for p in self.curve.tight}

    @cached_property
    def heavy(self) -> dict[Place, list[Place]]:
        """For each of D the neurons that become it."""
        orbit, pairs = self.curve.branch.orbit, pairs_of(self.curve)
        vanishing = {(f.kind, p) for f in self.end.zero if f.kind in (WEIGHT, SHARE) for p in orbit(f.place)}
        if (
            vanishing
        ):  # neurons that depend on others and have no part of their own: small weights may be none here
            vanishing |= {(WEIGHT, p) for f in self.curve.further if not f.part for p in orbit(f.place)}
        light = {p for kind, p in vanishing if kind == WEIGHT}
        light |= {antipode(p) for kind, p in vanishing if kind == SHARE or p in pairs}
        found: dict[Place, list[Place]] = {}
        for place, there in self.at.items():
            if place not in light:
                found.setdefault(there, []).append(place)
        return found

    @cached_property
    def others(self) -> list[Place]:
        """N, without guests that are a neuron's own direction: right beyond a row on which it is (see `meeting`)."""
        slack = {f.place for f in self.end.zero if f.kind == SLACK}
        sides = [f for f in self.end.zero if f.kind == SIDE and f.row is not None and f.place in self.at]
        same = {
            p
            for f in sides
            if f.row is not None
            for p in self.curve.branch.orbit(across(self.curve.faces.neuron(f.place), f.row))
        }
        tight = (*self.at.values(), *self.curve.idle, *(p for p in self.end.guests if p not in same & slack))
        return [p for p in dict.fromkeys(tight) if p not in self.heavy]

    def square(self, place: Place) -> fmpq_mat:
        """Q modulo the free columns."""
        A = self.curve.faces.neuron(place).A
        return self.curve.branch.program.free.onto_complement(A.transpose() * A)

    def activations(self, places: Sequence[Place]) -> list[Balls]:
        """The a_k at lambda*."""
        nu = self.curve.branch.residual_at(self.x, self.lam)
        return [(arb_mat(self.square(p)) * nu).entries() for p in places]

    @cached_property
    def least_rank(self) -> int:
        """The rank of the a_k of D is not less."""
        rows = self.activations(list(self.heavy))
        return len(nonzero_minor(arb_mat(rows))[0]) if rows else 0

    def greatest_rank(self, places: Sequence[Place]) -> int:
        """The rank of the activations of some neurons is nowhere on this side greater, nor at lambda*."""
        if not places:
            return 0
        branch, neuron = self.curve.branch, self.curve.faces.neuron
        firsts = tuple(neuron(p) for p in pairs_of(self.curve) if p in places and antipode(p) in places)
        exchanges = len(firsts) - Branch(branch.program, (), (), exchanging=firsts).r
        implied = Implied(branch, self.x)
        generic = generic_rank([implied.on_zeta(self.square(p)) for p in places])
        return min(generic, len(places) - max(0, exchanges))

    @cached_property
    def is_all(self) -> bool:
        """Whether only D is used at lambda*, where the rank of its activations is known."""
        if self.curve.branch.program.free.vanishing:
            return False
        if not self.others or not self.heavy:  # without any weight p = nu will do
            return True
        rows = self.activations(list(self.heavy))
        if self.greatest_rank([p for owners in self.heavy.values() for p in owners]) > self.least_rank:
            return False
        rest = arb_mat(self.activations(self.others))
        if rows:
            S = arb_mat([rows[i] for i in nonzero_minor(arb_mat(rows))[0]])
            try:
                rest = rest - rest * S.transpose() * (S * S.transpose()).inv() * S
            except ZeroDivisionError:
                return False
        parts = nearest_of_hull(np.array([in_floats(row) for row in rest.tolist()]))
        d = arb_mat([[arb(fmpq(*v.as_integer_ratio())) for v in parts.tolist()]])
        return all(bool(v > 0) for v in (rest * (d * rest).transpose()).entries())

    @property
    def is_unique(self) -> bool:
        """Whether there is one network at lambda*."""
        return self.is_all and self.least_rank == len(self.heavy)

    def follows(self, directions: Sequence[Place], rank: int) -> bool:
        """Whether this side has one neuron for each direction, with activations of no greater rank."""
        owners = [self.heavy.get(p, []) for p in directions]
        return all(len(own) == 1 for own in owners) and self.greatest_rank([p for (p,) in owners]) <= rank

    @property
    def has_many(self) -> bool:
        """Whether there are several networks at lambda*."""
        places = list(self.heavy)
        if self.greatest_rank([p for owners in self.heavy.values() for p in owners]) >= len(places):
            return False
        nu = self.curve.branch.residual_at(self.x, self.lam)
        z = [(p.sign, (arb_mat(self.curve.faces.neuron(p).A) * nu).entries()) for p in places]
        return all(
            s != t or any(not (a - b).contains(0) for a, b in zip(u, v, strict=True))
            for (s, u), (t, v) in combinations(z, 2)
        )

    @property
    def begins_unique(self) -> bool:
        """Whether the network is unique right beside lambda*: a regular system of single neurons."""
        branch = self.curve.branch
        alone = branch.symmetry is None or all(len(branch.orbit(k.place)) == 1 for k in branch.neurons)
        return (
            alone and not any(branch.paired) and not self.curve.further and not branch.program.free.vanishing
        )


def unique_there(here: Breakpoint) -> bool:
    """Whether the optimal network at a breakpoint is shown to be the only one."""
    with precision(BITS):
        return any(side.is_unique for side in LimitSet.both(here))


def is_continuous(here: Breakpoint) -> bool | None:
    """Whether the set of optimal networks is continuous at a breakpoint where the network need not be unique."""
    with precision(BITS):
        sides = LimitSet.both(here)
        for one in sides:
            if one.is_all and all(side.follows(list(one.heavy), one.least_rank) for side in sides):
                return True
        jumps = any(one.begins_unique and other.has_many for one, other in (sides, sides[::-1]))
        return False if jumps else None
