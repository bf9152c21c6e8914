"""Gated neurons as units: all gates with one direction have one weight, and exchange parts of it.

A gate D is tight iff |X^T D nu| = lambda, and no side or multiplier binds its neuron. Let D and D' be tight, with

    X^T D' nu = t X^T D nu =: t z,      t = 1 or -1.

They are one *unit*: a part b' of its weight mu at D' changes the fit by -b' M z, as

    D' X (t z) = D X z - M z,      M = (D - t D') X.

Let B be a rational basis of the columns of all M. The branch of these units has the unknowns (g, mu, c), the fit
sum mu_k Q_k eta - B c, and the equations B^T nu = 0 beside |X^T D_k nu| = lambda. As M^T nu = X^T D nu - t X^T D' nu,
these make all members of a unit tight, for every lambda: so it is the system of the linear phase (`docs/theory`), with
other exchanges. There are two reasons for such a B on generic data, which may come together:

*A row that is fitted.* If nu_j = 0 then t = 1 for D and D' = D + e_j or D - e_j, with M = - e_j x_j^T or its opposite:
what the units exchange is the fit at row j, and B^T nu = 0 says nu_j = 0. (Conversely equal norms of z and z + nu_j x_j
allow nu_j = 0 and one other value.) So the residual is that of the table without row j.

*No linear trend.* If X^T nu = 0 then t = -1 for D and I - D, and M = X, as for u and -u without gates.

With q further members in all units and r columns of B, q - r is the dimension of the set of optimal networks: mu and z
are unique, and the members' weights are the polytope { b' >= 0, sum of a unit's <= mu_k, sum b' M z = B c }.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from flint import arb, arb_mat, fmpq_mat

from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.exchange import Exchange
from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.lattice import row_lattice
from polyrelu.exact.linear import rank, times
from polyrelu.exact.minors import nonzero_minor
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.program import Program

NEAR = arb(2) ** -60


class Member(NamedTuple):
    """A further gate of a unit, and t."""

    place: Place
    turn: int


@dataclass(frozen=True, eq=False)
class Gates(Branch):
    """A branch of gated neurons."""

    members: tuple[tuple[Member, ...], ...] = ()
    """For each unit its further gates."""

    @staticmethod
    def of(program: Program, units: Iterable[tuple[Neuron, tuple[Member, ...]]] = ()) -> Gates:
        """From the first neuron of each unit, and its other members."""
        given = list(units)
        members = tuple(m for _, m in given)
        return Gates(program, tuple(k for k, _ in given), tuple(map(bool, members)), members=members)

    def like(self, units: Iterable[tuple[Neuron, bool]]) -> Branch:
        """Other neurons, each a unit by itself."""
        return Gates.of(self.program, ((neuron, ()) for neuron, _ in units))

    def only(self, kept: Sequence[int]) -> Branch:
        """Some of its units alone."""
        return Gates.of(self.program, ((self.neurons[k], self.members[k]) for k in kept))

    @cached_property
    def _moves(self) -> list[tuple[int, Place, fmpq_mat]]:
        """M of every further member."""
        found, X = list[tuple[int, Place, fmpq_mat]](), self.program.Xq.transpose()
        for k, (first, members) in enumerate(zip(self.neurons, self.members, strict=True)):
            for place, turn in members:
                D = [int(side > 0) for side in first.place.face]
                other = [int(side > 0) * turn for side in place.face]
                rows = [[v * (a - b) for v, a, b in zip(row, D, other, strict=True)] for row in X.tolist()]
                found.append((k, place, fmpq_mat(rows).transpose()))
        return found

    @cached_property
    def B(self) -> fmpq_mat:
        """Columns: a basis of what the members exchange, as fits."""
        rows = [row for _, _, M in self._moves for row in M.transpose().tolist()]
        return fmpq_mat(row_lattice(rows, self.program.n)).transpose()

    @property
    def U(self) -> fmpq_mat:
        """The same: no linear functions stand behind it."""
        return self.B

    @property
    def XB(self) -> fmpq_mat:
        """The same as fits."""
        return self.B

    @cached_property
    def onto(self) -> fmpq_mat:
        """B^T tells vectors of the exchange space."""
        return self.B.transpose()

    @cached_property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What each further member of a unit takes from the first."""
        return tuple(Exchange(k, place, self.onto * M) for k, place, M in self._moves)

    @cached_property
    def held(self) -> frozenset[Place]:
        """All members."""
        return frozenset((*(k.place for k in self.neurons), *(e.place for e in self.exchanges)))

    @cached_property
    def key(self) -> frozenset[Any]:
        """Two branches with the same key are the same curve."""
        return frozenset(frozenset(m.place for m in unit) for unit in self.units)

    @property
    def units(self) -> list[tuple[Member, ...]]:
        """The members of each unit, the first before the others."""
        found = zip(self.neurons, self.members, strict=True)
        return [(Member(k.place, 1), *members) for k, members in found]

    def fits(self, j: int) -> bool:
        """Whether nu_j = 0 by the exchanges: e_j is one."""
        unit = [int(i == j) for i in range(self.program.n)]
        return bool(self.r) and rank([*self.B.transpose().tolist(), unit]) == self.r

    @cached_property
    def has_no_trend(self) -> bool:
        """Whether X^T nu = 0 by the exchanges."""
        columns = [*self.B.transpose().tolist(), *self.program.Xq.transpose().tolist()]
        return bool(self.r) and rank(columns) == self.r

    def includes(self, other: Gates) -> bool:
        """Whether the exchanges of another branch are among its own."""
        columns = [column for branch in (self, other) for column in branch.B.transpose().tolist()]
        return not columns or rank(columns) == self.r

    def led_by(self, known: Sequence[Place]) -> Gates:
        """The same with a first member that is known, for each unit that has one."""
        found = []
        for unit in self.units:
            head = next((m for m in unit if m.place in known), unit[0])
            rest = tuple(Member(m.place, m.turn * head.turn) for m in unit if m != head)
            found.append((Neuron(head.place, self.program), rest))
        return Gates.of(self.program, found)

    def placed(self, nu: arb_mat, lam: arb) -> Balls | None:
        """The unknowns at a residual: its coordinates, and weights and exchanges, which are linear in it.

        None where activations and exchanges are not proved independent.
        """
        eta = nu * (1 / lam)
        columns = [(arb_mat(self.square(k)) * eta).entries() for k in range(self.K)]
        columns += [[-arb(v) for v in column] for column in self.B.transpose().tolist()]
        right = ball_column([arb(y) - v for y, v in zip(self.target, nu.entries(), strict=True)])
        try:
            g = self.data.gram.solve(self.data.W.transpose() * eta).entries() if self.size else []
            A = arb_mat(columns) if columns else arb_mat(0, self.program.n)
            rest = (A * A.transpose()).solve(A * right).entries() if columns else []
        except ZeroDivisionError:
            return None
        return [*g, *rest]


def grouped(program: Program, places: Iterable[Place], nu: Sequence[arb], lam: arb) -> Gates:
    """Gates as units, as far as their directions agree at a residual: a proposal, whose equations decide.

    Where the directions of the units do not span what these would exchange, gates stay by themselves.
    """
    near = [arb((arb(0) + v).mid(), NEAR * lam) for v in nu]
    heads = list[tuple[Neuron, list[Member]]]()
    for place in places:
        neuron = Neuron(place, program)
        for first, members in heads:
            turn = next((t for t in (1, -1) if _agree(first, neuron, t, near)), 0)
            if turn:
                members.append(Member(place, turn))
                break
        else:
            heads.append((neuron, []))
    found = Gates.of(program, ((first, tuple(members)) for first, members in heads))
    rows = [times(e.told, found.neurons[e.unit].z(near)) for e in found.exchanges]
    if not rows or len(nonzero_minor(arb_mat(rows))[0]) == found.r:
        return found
    everyone = [*(k.place for k in found.neurons), *(e.place for e in found.exchanges)]
    return Gates.of(program, ((Neuron(place, program), ()) for place in everyone))


def _agree(one: Neuron, other: Neuron, turn: int, nu: Sequence[arb]) -> bool:
    """Whether A nu is the same, or the opposite, as far as balls tell."""
    return all((arb(0) + v).contains(0) for v in times(other.A - one.A * turn, nu))
