"""A branch with everything that has to hold along it, and pieces of it that are proved.

A piece is an interval [low, high] with a chord, on which the weights are positive, every neuron lies strictly inside
its face with strict multipliers, and all other directions are strictly below lambda: then the neurons of the branch are
the tight ones, and the used ones, at every lambda of the piece (`proof.optimum`, read with "for all lambda"). At an end
that is a breakpoint some of these functions vanish; they are named, and shown to leave 0 in the right direction.
*Guests* are neurons about to enter, or that have just left: the slack of each is one more function.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property, partial

from flint import arb, fmpq

from polyrelu.curves.blocks import unsettled_blocks
from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.caps import Lookout, fitting_places
from polyrelu.curves.chord import Chord, Drift, prove_chord
from polyrelu.curves.condition import SIDE, Condition, antipode
from polyrelu.curves.conditions import Table
from polyrelu.curves.demands import slack, weights
from polyrelu.curves.dependent import Dependent, depends, mixes
from polyrelu.curves.directions import Above, unsettled
from polyrelu.curves.faces import Faces
from polyrelu.curves.failure import Failure
from polyrelu.curves.gates import Gates
from polyrelu.curves.idle import idle_gates, stay_idle
from polyrelu.curves.linear_forms import Known
from polyrelu.curves.nodes import Node
from polyrelu.curves.patience import Patience
from polyrelu.curves.room import Room
from polyrelu.curves.rows import Rows
from polyrelu.curves.shares import Shares, shares_of
from polyrelu.curves.stars import Stars, leaving_zero
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.exact.krawczyk import prove_root
from polyrelu.proof.neuron import Place


@dataclass(frozen=True)
class End:
    """What happens at an end of a piece: functions that vanish there, and guests."""

    zero: frozenset[Condition] = frozenset()
    guests: tuple[Place, ...] = ()
    flat: frozenset[Condition] = frozenset()
    """Those whose derivative vanishes there, too."""
    silent: frozenset[int] = frozenset()
    """Lines (the first row of each) whose coefficient is 0 there."""
    anchor: tuple[Balls, arb] | None = field(default=None, compare=False, repr=False)
    """The root at the breakpoint itself, which has to lie on the curve."""


ORDINARY = End()
LOOKS = 5  # at directions that resist a covering
ROOT_BITS = 160
"""At least, for a root that has to lie inside the tube of its piece."""


@dataclass(frozen=True, eq=False)
class Piece:
    """A proved interval of one curve."""

    curve: Curve
    chord: Chord
    low: End
    high: End
    shares: Shares | None

    @property
    def ends(self) -> tuple[fmpq, fmpq]:
        """low <= high."""
        return self.chord.low, self.chord.high

    def near(self, lam: fmpq) -> Balls:
        """The point of the chord at one lambda; no claim."""
        chord = self.chord
        with precision(BITS):
            part = (arb(lam) - arb(chord.low)) / chord.width
            return [(u + (v - u) * part).mid() for u, v in zip(chord.at_low, chord.at_high, strict=True)]

    def root_at(self, lam: fmpq, bits: int) -> Balls:
        """The root at one lambda of the piece, to so many bits."""
        branch, chord = self.chord.branch, self.chord
        if not branch.unknowns:
            return []
        start = Piece.near(self, lam)
        finer = max(bits, ROOT_BITS)
        root = prove_root(
            lambda x: branch.equations(x, arb(lam)), lambda x: branch.jacobian(x, arb(lam)), start, finer
        )
        if root is None:
            raise Undecided(f"the root at lambda = {lam} was not refined")
        with precision(BITS):
            tube = [arb(v, r) for v, r in zip(start, chord.r, strict=True)]
        if not all(bool(outer.contains(v)) for outer, v in zip(tube, root.box, strict=True)):
            raise Undecided(f"the root at lambda = {lam} was lost")
        return root.box


class Curve:
    """A structure's root as a function of lambda, with its conditions."""

    def __init__(
        self,
        branch: Branch,
        faces: Faces,
        further: tuple[Dependent, ...] = (),
        *,
        idle: Iterable[Place] = (),
        scaled: bool = False,
    ) -> None:
        self.branch, self.faces, self.further = branch, faces, further
        self._idle = tuple(idle)
        self.scaled = scaled
        """Whether all is divided by lambda, down to lambda = 0."""
        self.known = Known()
        self.whole: dict[tuple[Place, ...], Table] = {}
        self.alone: dict[Condition, Table] = {}
        self.beside: dict[Place, Table] = {}
        self.softness: dict[tuple[Condition, ...], Table] = {}
        self.patience = Patience(divisions=faces.divisions)
        if branch.program.listed is not None:
            self.patience.last = Fraction(0)  # nothing is covered, and no step is too long for it

    def forget(self) -> None:
        """Tables take much room: they are made again where they are asked for."""
        for known in (self.known, self.whole, self.alone, self.beside, self.softness):
            known.clear()

    @cached_property
    def tight(self) -> tuple[Place, ...]:
        """The places of E: the further members of a unit right behind the first."""
        found: list[Place] = []
        for k, neuron in enumerate(self.branch.neurons):
            found += self.branch.orbit(neuron.place)
            for e in self.branch.exchanges:
                found += self.branch.orbit(e.place) if e.unit == k else ()
        for f in self.further:
            found += self.branch.orbit(f.place)
            if f.pair:
                found += self.branch.orbit(antipode(f.place))
        return tuple(found)

    @cached_property
    def idle(self) -> tuple[Place, ...]:
        """Places of neurons that are tight without weight, proposed; gates tell their own: see `idle`."""
        if isinstance(self.branch, Gates):
            return tuple(idle_gates(self.branch))
        return tuple(p for p in self._idle if p not in self.tight)

    @cached_property
    def rows(self) -> Rows:
        """What is known of the residual's rows by structure."""
        return Rows.of(self.branch, self.tight, scaled=self.scaled)

    def table(self, guests: Sequence[Place] = ()) -> Table:
        """All conditions, with those of some guests."""
        key = tuple(sorted(set(guests), key=lambda k: (k.sign, k.face)))
        if key not in self.whole:
            places: Sequence[Place] = self.tight
            if self.branch.symmetry is not None:  # the same for all of an orbit
                units = [(k.place, p) for k, p in zip(self.branch.neurons, self.branch.paired, strict=True)]
                units += [(f.place, f.pair) for f in self.further]
                places = [
                    p for place, pair in units for p in ((place, antipode(place)) if pair else (place,))
                ]
            around = [f for place in (*places, *self.idle, *key) for f in self.faces.around(place)]
            leaving = [slack(self.faces.neuron(place)) for place in key]
            shared = mixes(self.branch, self.further) if any(f.part for f in self.further) else {}
            conditions = [*weights(self.branch, shared), *around, *leaving]
            self.whole[key] = self._made(conditions)
        return self.whole[key]

    def tables(self, guests: Sequence[Place]) -> list[Table]:
        """What has to be shown, one by one; of a guest no sides.

        Let z = s A nu for any face, with its multipliers. On the directions v that are on its sides of all hard lines,
        f(v) <= z.v: beyond other lines f bends down, and beside the rows of the face that is what the multipliers say.
        """
        for place in guests:
            if place not in self.beside:
                around = [f for f in self.faces.around(place) if f.kind != SIDE]
                self.beside[place] = self._made([*around, slack(self.faces.neuron(place))])
        return [self.table(), *(self.beside[place] for place in dict.fromkeys(guests))]

    def _made(self, conditions: list[Condition]) -> Table:
        return Table(self.branch, conditions, self.known, self.faces.neuron, scaled=self.scaled)

    def single(self, f: Condition) -> Table:
        """One condition by itself."""
        if f not in self.alone:
            self.alone[f] = Table(self.branch, [f], self.known, self.faces.neuron)
        return self.alone[f]

    def soft(self, guests: Sequence[Place] = ()) -> Table:
        """All lines that stars may cross."""
        places = dict.fromkeys((*self.tight, *guests))
        return Table(self.branch, [f for p in places for f in self.faces.soft(p)])

    def stars(self, chord: Chord, low: End, high: End, node: Node) -> Stars:
        """The stars of all tight neurons and guests, each with a 0 for the lines that it may cross."""
        places = list(dict.fromkeys((*self.tight, *self.idle, *low.guests, *high.guests)))
        return Stars.along(
            chord, (low.zero, high.zero), node, places, (self.faces, self.softness, self.known)
        )

    def node(self, point: Balls, lam: fmpq) -> Node:
        """A node on this curve."""
        return Node.of(self.branch, point, lam)

    def prove(
        self,
        below: Node,
        above: Node,
        low: End = ORDINARY,
        high: End = ORDINARY,
        lookout: Lookout | None = None,
    ) -> Piece | Failure:
        """The piece between two nodes; a lookout may know what comes close to lambda."""
        anchors = (low.anchor, high.anchor)
        chord = prove_chord(self.branch, below.lam, above.lam, below.point, above.point, anchors)
        if chord is None:
            return Failure(chord=True)
        return self.prove_on(chord, (below, above), chord.drift, low, high, lookout)

    def prove_on(  # noqa: PLR0917
        self,
        chord: Chord,
        nodes: tuple[Node, Node],
        drift: Drift,
        low: End = ORDINARY,
        high: End = ORDINARY,
        lookout: Lookout | None = None,
    ) -> Piece | Failure:
        """All that has to hold along a chord; the residual drifts from that of two nodes."""
        guests = tuple(dict.fromkeys((*low.guests, *high.guests)))
        zero = (low.zero, high.zero, low.flat | high.flat)
        failing = [f for table in self.tables(guests) for f in table.failing(chord, *zero)]
        if failing:
            return Failure(conditions=tuple(failing))
        if not all(depends(chord.implied, self.branch, self.faces.neuron(f.place), f) for f in self.further):
            return Failure(dependent=True)
        if not stay_idle(chord, self.idle, self.tight, self.faces.neuron, self._made):
            return Failure(idle=True)
        listed, rows, room = self.branch.program.listed is not None, self.rows, None
        if not listed:
            ends, lines = (low.silent, high.silent), self.faces.line_weights
            silent = leaving_zero(chord, ends, lines, scaled=self.scaled)
            rows = rows.with_lines(self.faces.line_weights, silent)
            room = Room.chosen(nodes, drift, rows, self.patience)
            if room is None:
                return Failure(above=Above(nodes[0], (), ()))
        shares = shares_of(chord, low.zero, high.zero) if any(self.branch.paired) else None
        if shares is None and any(self.branch.paired):
            return Failure(shares=True)
        if room is None:
            own, others = (
                [self.faces.neuron(p) for p in places] for places in (self.tight, (*self.idle, *guests))
            )
            found = unsettled_blocks(chord, drift, nodes, (own, others), self._made)
        else:
            stars = self.stars(chord, low, high, nodes[0])
            found = self._unsettled(chord, room, nodes, stars, rows, lookout)
        if found is not None:
            return Failure(above=found)
        chord.forget()
        return Piece(self, chord, low, high, shares)

    def _unsettled(  # noqa: PLR0917
        self,
        chord: Chord,
        room: Room,
        nodes: tuple[Node, Node],
        stars: Stars,
        rows: Rows,
        lookout: Lookout | None,
    ) -> Above | None:
        """The coverings, with caps over what comes close to lambda; those that they find themselves are tried, too."""
        for look in range(LOOKS):
            caps = (
                lookout.caps(nodes, rows, (*self.tight, *self.idle), chord, closer=look > 0)
                if lookout
                else []
            )
            fitting = partial(fitting_places, caps, rows)
            found = unsettled(room, stars.simple, rows, self.patience, fitting)
            if found is None or lookout is None or not lookout.hears(found):
                break
        further = None if found is None or found.missed else stars.further(found.undecided)
        return found if further is None else unsettled(room, further, rows, self.patience, fitting)
