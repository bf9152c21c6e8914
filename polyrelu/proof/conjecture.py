"""From a guess to a proved root of a conjectured structure, and the neurons that may be tight besides.

The linear phase is tried first where the guess shows antipodal pairs whose directions span U; its system is
nonsingular there, and its fibre must have an interior. Otherwise the neurons of the guessed vertex, whose
activations are independent, make a system of singles. Whatever is tried, only a proved root leaves this room.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from flint import fmpq

from polyrelu.errors import Undecided
from polyrelu.exact.rational import to_fraction
from polyrelu.guess import Guess, GuessedNeuron, coordinates_in, dimension
from polyrelu.proof.fibre import Interior, interior_of_fibre
from polyrelu.proof.neuron import Neuron, Place, gated_place
from polyrelu.proof.pairing import Group, group
from polyrelu.proof.point import Point
from polyrelu.proof.program import Program
from polyrelu.proof.structure import Structure


@dataclass(frozen=True, eq=False)
class Conjecture:
    """A proved root, the interior point of its fibre where there are pairs, and neurons to be tested for tightness."""

    point: Point
    interior: Interior | None
    candidates: tuple[Neuron, ...]


def conjecture(program: Program, guess: Guess) -> Conjecture:
    """The first structure read off the guess that has a proved root."""
    guess = replace(guess, neurons=_directed(program, guess.neurons), ties=_directed(program, guess.ties))
    groups, ties = group(guess, lambda a, b: place_of(program, a).is_opposite(place_of(program, b)))
    if any(g.partner is not None for g in groups):
        found = _linear_phase(program, guess, groups)
        if found is not None:
            return Conjecture(*found, _neurons(program, ties))
    singles = [Group(neuron) for neuron in guess.neurons]
    point = _prove(
        Structure(program, _neurons(program, guess.neurons), (False,) * len(singles)), guess, singles
    )
    if point is None:
        raise Undecided(
            f"the guessed structure of {len(singles)} neurons has no provable root; "
            "Newton's iteration found none: the optimum may be badly conditioned or at a breakpoint of lambda; "
            "try a lambda nearby, or data with fewer digits"
        )
    return Conjecture(point, None, _neurons(program, guess.ties))


def _linear_phase(program: Program, guess: Guess, groups: Sequence[Group]) -> tuple[Point, Interior] | None:
    neurons = [g.neuron for g in groups]
    structure = Structure(program, _neurons(program, neurons), tuple(g.partner is not None for g in groups))
    if dimension([g.neuron.direction for g in groups if g.partner is not None]) != structure.r:
        return None
    point = _prove(structure, guess, groups)
    interior = interior_of_fibre(point) if point is not None else None
    return (point, interior) if point is not None and interior is not None else None


def _prove(structure: Structure, guess: Guess, groups: Sequence[Group]) -> Point | None:
    if not groups:
        return Point(structure, None)
    B = [[float(to_fraction(v)) for v in row] for row in structure.B.tolist()]
    c = coordinates_in(sum(g.exchanged for g in groups if g.partner is not None), B) if structure.r else []
    lam = None if guess.lam is None else fmpq(guess.lam.numerator, guess.lam.denominator)
    root = structure.prove_root(
        [float(v) for v in guess.nu], [float(g.weight) for g in groups], [float(v) for v in c], lam
    )
    return Point(structure, root) if root is not None else None


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
