"""From a guess to a proved root of a conjectured structure, and the neurons that may be tight besides.

The linear phase is tried first where the guess shows antipodal pairs whose directions span U; its system is
nonsingular there, and its fibre must have an interior. Otherwise the neurons of the guessed vertex, whose
activations are independent, make a system of singles. Whatever is tried, only a proved root leaves this room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from flint import fmpq, fmpq_mat

from polyrelu.errors import Undecided
from polyrelu.exact.rational import to_fraction
from polyrelu.guess import Guess, GuessedNeuron, coordinates_in, dimension
from polyrelu.proof.fibre import Interior, interior_of_fibre
from polyrelu.proof.neuron import Neuron, Place, gated_place
from polyrelu.proof.pairing import Group, group
from polyrelu.proof.point import BITS, Point, weight
from polyrelu.proof.program import Program
from polyrelu.proof.square_system import root_of
from polyrelu.proof.structure import Structure
from polyrelu.proof.unconfirmed import Unconfirmed


@dataclass(frozen=True, eq=False)
class Conjecture:
    """A proved root, the interior point of its fibre where there are pairs, and the guess that it confirms so far."""

    point: Point
    interior: Interior | None
    guess: Guess
    ties: Sequence[GuessedNeuron]
    """What is left to be tested for tightness."""

    @property
    def candidates(self) -> tuple[Neuron, ...]:
        """Those that may be tight besides the neurons of the structure."""
        return _neurons(self.point.structure.program, self.ties)


def conjecture(program: Program, guess: Guess) -> Conjecture:
    """The first structure read off the guess that has a proved root; its weights are positive."""
    guess = replace(guess, neurons=_directed(program, guess.neurons), ties=_directed(program, guess.ties))
    groups, ties = group(guess, lambda a, b: place_of(program, a).is_opposite(place_of(program, b)))
    if program.is_mirrored:
        groups = [g if g.partner else _mirrored(program, g.neuron) for g in groups]
    if any(g.partner is not None for g in groups):
        found = _linear_phase(program, guess, groups, ties)
        if found is not None:
            return found
    singles = [Group(neuron) for neuron in guess.neurons]
    point = _prove(_structure(program, singles), guess, singles)
    if point is None:
        raise Undecided(
            f"the guessed structure of {len(singles)} neurons has no provable root; "
            "Newton's iteration found none: the optimum may be badly conditioned or at a breakpoint of lambda; "
            "try a lambda nearby, or data with fewer digits"
        )
    show_positive(point)
    return Conjecture(point, None, guess, guess.ties)


def _mirrored(program: Program, neuron: GuessedNeuron) -> Group:
    """With its antipode, which is tight where all features are free, if its block is present."""
    partner = replace(
        neuron, direction=-neuron.direction, face=tuple(-side for side in neuron.face), weight=0.0
    )
    present = Neuron(place_of(program, partner), program).multiplicity
    return Group(neuron, partner if present else None)


def show_positive(point: Point) -> None:
    """Prove that every weight of the root is positive."""
    for k, neuron in enumerate(point.structure.neurons):
        if point.sign(weight(k), "the weight of a neuron") <= 0:
            raise Unconfirmed("a guessed neuron has no positive weight", neuron.place)


def _linear_phase(
    program: Program, guess: Guess, groups: list[Group], ties: list[GuessedNeuron]
) -> Conjecture | None:
    """The root of a system with pairs and a point inside its fibre; groups without positive weight become ties."""
    while any(g.partner is not None for g in groups):
        structure = _structure(program, groups)
        groups = [_completed(structure, g, k) for g, k in zip(groups, structure.neurons, strict=True)]
        structure = replace(structure, paired=tuple(g.partner is not None for g in groups))
        T = np.array(_floats(structure.onto)).reshape(structure.r, program.d)
        if structure.r and dimension([T @ g.neuron.direction for g in groups if g.partner]) != structure.r:
            return None
        point = _prove(structure, guess, groups)
        if point is None:
            return None
        idle = _least_weight(point)
        if idle is None:
            interior = interior_of_fibre(point)
            return Conjecture(point, interior, guess, ties) if interior is not None else None
        out = [k for k in (groups[idle].neuron, groups[idle].partner) if k is not None]
        groups, ties = groups[:idle] + groups[idle + 1 :], [*ties, *out]
        guess = _without(guess, out)
    return None


def _without(guess: Guess, out: Sequence[GuessedNeuron]) -> Guess:
    """The guess where some neurons are ties (compared by identity: they hold arrays)."""
    kept = tuple(k for k in guess.neurons if all(k is not other for other in out))
    new = tuple(k for k in out if all(k is not other for other in guess.ties))
    return replace(guess, neurons=kept, ties=(*guess.ties, *new))


def _least_weight(point: Point) -> int | None:
    """The neuron whose weight is least, if that is not positive."""
    values = [point.balls(BITS[0]).weights[k].mid() for k in range(len(point.structure.neurons))]
    suspects = sorted(range(len(values)), key=lambda k: values[k])
    signs = ((k, point.sign(weight(k), "the weight of a neuron")) for k in suspects)
    return next((k for k, side in signs if side <= 0), None)


def _structure(program: Program, groups: Sequence[Group]) -> Structure:
    paired = tuple(g.partner is not None for g in groups)
    return Structure(program, _neurons(program, [g.neuron for g in groups]), paired)


def _completed(structure: Structure, found: Group, neuron: Neuron) -> Group:
    """A single whose face lies in U is a pair, whatever the guess saw: X^T nu = 0 on U makes -u tight with u."""
    if found.partner is not None or neuron.place.gate is not None or not structure.is_exchanged(neuron):
        return found
    antipode = found.neuron.antipode()
    (there,) = _neurons(structure.program, [antipode])
    return Group(found.neuron, antipode) if there.multiplicity else found


def _prove(structure: Structure, guess: Guess, groups: Sequence[Group]) -> Point | None:
    if not groups:
        return Point(structure, None)
    c = _coefficients(structure, guess, groups)
    lam = None if guess.lam is None else fmpq(guess.lam.numerator, guess.lam.denominator)
    root = root_of(
        structure, [float(v) for v in guess.nu], [float(g.weight) for g in groups], [float(v) for v in c], lam
    )
    return Point(structure, root) if root is not None else None


def _coefficients(structure: Structure, guess: Guess, groups: Sequence[Group]) -> list[float]:
    """Those of the border, as far as the guess tells: the exchanges of the pairs, then the free columns."""
    program, c = structure.program, list[float]()
    if structure.r:
        T = np.array(_floats(structure.onto))
        moved = T @ sum(g.exchanged for g in groups if g.partner is not None)
        c = coordinates_in(moved, (T @ np.array(_floats(structure.B))).tolist())
    free = structure.e - structure.r
    if not free:
        return c
    E = np.array(_floats(structure.E))
    rest = guess.nu - program.y_float - E[:, free:] @ np.array(c)
    for g in groups:
        active = np.maximum(program.X_float @ g.neuron.direction, 0.0) * g.neuron.sign
        rest = rest + g.weight * active
    return [*coordinates_in(rest, E[:, :free].tolist()), *c]


def _floats(matrix: fmpq_mat) -> list[list[float]]:
    return [[float(to_fraction(v)) for v in row] for row in matrix.tolist()]


def _directed(program: Program, neurons: Sequence[GuessedNeuron]) -> tuple[GuessedNeuron, ...]:
    """Without those whose zero rows span the whole space: they have no direction."""
    found = zip(neurons, _neurons(program, neurons), strict=True)
    return tuple(k for k, neuron in found if neuron.dimension > 0)


def _neurons(program: Program, neurons: Sequence[GuessedNeuron]) -> tuple[Neuron, ...]:
    return tuple(Neuron(place_of(program, k), program) for k in neurons)


def place_of(program: Program, guessed: GuessedNeuron) -> Place:
    """The exact description of a guessed neuron."""
    if guessed.gate is None:
        return Place(guessed.sign, tuple(int(v) for v in guessed.face))
    return gated_place(program, guessed.gate)
