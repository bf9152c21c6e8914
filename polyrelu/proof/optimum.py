"""A proved optimum: the residual, the tight neurons E, and the neurons S that optimal networks use.

Theorem (lambda > 0). Let nu be such that every present block b has
||p_b|| <= lambda, and let y - nu be a sum of beta_k Q_k nu with beta_k >= 0 over tight neurons. Then nu is the
residual of every optimal network, and these weights give one. What is shown here, in this order:

1. a root (nu, beta) of a square system exists and is unique in a box            `conjecture`, `structure`
2. its weights are positive, its neurons lie strictly inside their faces         `conjecture`, `show_strict_signs`
3. every block around a neuron has that neuron as its projection                 `show_multipliers`
4. every other block is strictly inactive, or exactly tight                      `unsettled_blocks`, `is_tight`
5. which tight neurons are used by some optimum                                  `support`

nu being unique, a root that passes every test is the optimum, however it was guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import Any

import numpy as np
from flint import arb, fmpq
from numpy.typing import NDArray

from polyrelu.display import Shown
from polyrelu.errors import Undecided
from polyrelu.guess import Guess
from polyrelu.proof import families, offset
from polyrelu.proof.conjecture import Conjecture, conjecture
from polyrelu.proof.directions import unsettled_directions
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.families import Family
from polyrelu.proof.fibre import Interior
from polyrelu.proof.neuron import Neuron, Place, gated_place
from polyrelu.proof.point import Point
from polyrelu.proof.program import Program
from polyrelu.proof.repair import repair
from polyrelu.proof.support import Support, exact_support, explained_support
from polyrelu.proof.tightness import (
    is_off_its_face,
    is_tight,
    show_multipliers,
    show_strict_signs,
    tight_blocks,
    unsettled_blocks,
)
from polyrelu.proof.unconfirmed import Unconfirmed

MAX_REPAIRS = 20
"""How often a failed proof may mend the guess."""
NU_BITS = 160
"""Accuracy of the residual whose directions are covered."""
MAX_ROUNDS = 4
"""How often blocks that resist may name new candidates for tight neurons."""


class BlockStatus(IntEnum):
    """What was proved of a block b = (D, s)."""

    INACTIVE = 0
    """||p_b|| < lambda: no optimum uses it."""
    TIGHT_UNUSED = 1
    """||p_b|| = lambda, and still no optimum uses it."""
    USED = 2
    """||p_b|| = lambda, and some optimum uses it."""


@dataclass(frozen=True, eq=False, repr=False)
class Optimum(Shown):
    """A proved optimum of a program with lambda > 0."""

    program: Program
    point: Point
    neurons: tuple[Neuron, ...]
    """The distinct tight neurons E."""
    support: Support
    interior: Interior | None
    families: tuple[Family, ...] = ()
    """With a free hidden bias: which neurons lie at the ends and corners of one interval of biases."""

    def proved(self) -> Optimum:
        """Itself: what asks for a proof takes an optimum as well as a whole result."""
        return self

    @property
    def used(self) -> list[Neuron]:
        """The neurons S that some optimal network uses."""
        return [neuron for neuron, used in zip(self.neurons, self.support.used, strict=True) if used]

    def block_statuses(self) -> NDArray[np.int8]:
        """A `BlockStatus` for every block: one row per pattern, column 0 for s = +1 and column 1 for s = -1."""
        tight = tight_blocks(self.program, list(self.neurons))
        used = tight_blocks(self.program, self.used)
        return np.asarray(tight.astype(np.int8) + used.astype(np.int8), dtype=np.int8)

    @property
    def tight_blocks(self) -> int:
        """Number of blocks (pattern, sign) with ||p_b|| = lambda: no block holds two neurons of its sign, but for
        neighbours in a family.
        """
        return sum(neuron.multiplicity for neuron in self.neurons) - self._shared((True,) * len(self.neurons))

    @property
    def support_blocks(self) -> int:
        """Number of blocks that are not zero in some optimal solution."""
        return sum(neuron.multiplicity for neuron in self.used) - self._shared(self.support.used)

    def _shared(self, chosen: Sequence[bool]) -> int:
        """Neighbouring corners of a family have one block in common: the one between them."""
        runs = [family.members for family in self.families]
        return sum(chosen[a] and chosen[b] for run in runs for a, b in pairwise(run))

    @property
    def nullity(self) -> int:
        """Dimension of the dependences among the signed activations over S."""
        return sum(self.support.used) - self.support.rank

    @property
    def delta(self) -> int:
        """nullity - (q - r): positive iff two optimal networks are different functions.

        In a list of patterns the pairs of opposed signs count in q and r, too: see `Support`.
        """
        return self.nullity - self.support.exchanges

    @property
    def field(self) -> str:
        """Where the optimum is known to live: Q, multiquadratic, degree D, or enclosures."""
        return self.point.exact_name

    def directions(self, at: Coordinates) -> list[list[Any]]:
        """u_k = s_k A_k nu / lambda for every neuron of S, in the arithmetic of the coordinates."""
        scales = [fmpq(neuron.place.sign) / self.program.lamq for neuron in self.used]
        return [[v * scale for v in neuron.z(at.nu)] for neuron, scale in zip(self.used, scales, strict=True)]

    def residual(self, bits: int) -> list[arb | fmpq]:
        """nu: exact where it is rational or known to be zero, enclosed elsewhere."""
        values = [self.point.value(lambda at, j=j: at.nu[j], bits) for j in range(self.program.n)]  # type: ignore[misc]
        unsure = [j for j, v in enumerate(values) if isinstance(v, arb) and v.contains(0)]
        zero = self.point.vanishing.rows if unsure else frozenset[int]()
        return [fmpq(0) if j in zero else v for j, v in enumerate(values)]

    def objective(self, bits: int) -> arb | fmpq:
        """The optimal value y.nu - |nu|^2 / 2 (see `FreeColumns` for a ridge): lambda sum ||w_b|| = nu.(y - nu)."""
        return self.point.value(lambda at: self.program.objective(at.nu), bits)


def prove(program: Program, guess: Guess) -> Optimum:
    """Turn a guess into a proved optimum, or raise `Undecided`; a wrong guess is never certified.

    A failure that says what was wrong mends the guess, a few times, before it is final.
    """
    tried: set[frozenset[tuple[object, ...]]] = set()
    while True:
        tried.add(_named(guess))
        try:
            if program.offset:
                return prove_with_families(program, guess)
            found = conjecture(program, guess)
            guess = found.guess
            return confirmed(found)
        except Unconfirmed as failed:
            mended = repair(program, guess, failed.wrong, failed.right)
            if mended is None or _named(mended) in tried or len(tried) > MAX_REPAIRS:
                raise
            guess = mended


def _named(guess: Guess) -> frozenset[tuple[object, ...]]:
    """What a structure is read off: a guess that returns would fail as before."""
    ties = (("tie", k.sign, k.face, k.gate) for k in guess.ties)
    return frozenset((*((k.sign, k.face, k.gate) for k in guess.neurons), *ties))


def confirmed(found: Conjecture) -> Optimum:
    """Steps 2 to 5 for a proved root with positive weights."""
    point = found.point
    E = structure_neurons(found)
    for neuron in E:
        show_strict_signs(point, neuron)
        show_multipliers(point, neuron)
    further = further_tight_neurons(point, E, found.candidates)
    support = exact_support(point, [*E, *further]) if further else explained_support(point, E)
    return Optimum(point.structure.program, point, (*E, *further), support, found.interior)


def prove_with_families(program: Program, guess: Guess) -> Optimum:
    """The same for a free hidden bias: the tight neurons come in families, and their weights are solved for last."""
    readings, blocked = offset.read(program, guess), None
    for structure in offset.structures(program, readings, guess.nu):
        point = offset.rooted(structure, guess)
        if point is None:
            continue
        try:
            E = _tight_families(point, readings)
            return Optimum(
                program, point, tuple(E), offset.support(point, E), None, families.families(point, E)
            )
        except Undecided as failed:
            blocked = blocked or failed
    raise blocked or Undecided(
        f"the guessed structure of {len(readings)} neurons has no provable root: the optimum may be badly conditioned "
        "or at a breakpoint of lambda; try a lambda nearby, or data with fewer digits"
    )


def _tight_families(point: Point, readings: Sequence[offset.Reading]) -> list[Neuron]:
    """All tight neurons on hyperplanes, each shown to be one; every other direction is shown to be below lambda."""
    shown: list[Neuron] = []
    waiting = [end for r in readings for end in offset.places(point, r.place)]
    if not readings:  # at lambda_max kinks without weight reach lambda: unknown they would resist for ever
        program = point.structure.program
        waiting = [Place(s, face) for s, face in program.guesser.highest(program.zero_float)]
    for _ in range(MAX_ROUNDS):
        E = families.closure(point, shown, waiting)
        for neuron in E[len(shown) :]:
            show_multipliers(point, neuron)
        shown, known = E, {neuron.place for neuron in E}
        near = _resisting(point, shown)
        if not near:
            return shown
        waiting = sorted(near - known, key=lambda k: (k.sign, k.face))
        if not waiting:
            break
    raise Undecided(f"{len(near)} directions are too close to lambda to be proved below it at this precision")


def structure_neurons(found: Conjecture) -> list[Neuron]:
    """The neurons of the structure, each pair's antipode right behind it."""
    program, E = found.point.structure.program, []
    for neuron, paired in zip(found.point.structure.neurons, found.point.structure.paired, strict=True):
        E.append(neuron)
        if paired:
            E.append(Neuron(_antipode(program, neuron.place), program))
    for neuron in E:
        if not neuron.multiplicity:
            raise Unconfirmed("a guessed neuron lies in the cone of no present block")
    return E


def _antipode(program: Program, place: Place) -> Place:
    if place.gate is None:
        return Place(place.sign, tuple(-side for side in place.face))
    for gate in range(len(program.patterns)):
        complement = gated_place(program, gate)
        if place.is_opposite(complement):
            return complement
    raise Unconfirmed("a guessed pair needs the complement of a gate that is not present")


def further_tight_neurons(point: Point, E: Sequence[Neuron], candidates: Sequence[Neuron]) -> list[Neuron]:
    """Neurons that are exactly tight though the structure does not use them; every other block is settled."""
    known, further = {neuron.place for neuron in E}, []
    waiting = list(candidates)
    for _ in range(MAX_ROUNDS):
        for neuron in waiting:
            if neuron.place in known or not neuron.multiplicity:
                continue
            known.add(neuron.place)
            if is_off_its_face(point, neuron):
                continue
            if is_tight(point, neuron):
                show_strict_signs(point, neuron)
                show_multipliers(point, neuron)
                further.append(neuron)
        near = _resisting(point, [*E, *further])
        if not near:
            return further
        named = near - known
        if not named:
            break
        waiting = [
            Neuron(place, point.structure.program) for place in sorted(named, key=lambda k: (k.sign, k.face))
        ]
    raise Undecided(f"{len(near)} blocks are too close to lambda to be proved inactive at this precision")


def _resisting(point: Point, tight: list[Neuron]) -> set[Place]:
    """Prove everything off the tight neurons strictly inactive; the places of what resists."""
    program = point.structure.program
    if program.listed is None:
        return set(unsettled_directions(program, point.balls(NU_BITS).nu, program.lam, tight))
    return {block.place for block in unsettled_blocks(point, tight_blocks(program, tight))}
