"""A failed proof says what was wrong with the guess; here the guess is mended, to be proved from the start.

Near a breakpoint of lambda a neuron lies within rounding of a hyperplane, and floats cannot tell on which side. The
proof can: a multiplier of the wrong sign sends the neuron off the hyperplane along the ray that refuted it, a product
of the wrong sign puts it on, a weight that is not positive drops it, and a block above lambda asks for its neuron.
Nothing is trusted here: the mended guess passes through every test again.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from flint import fmpq

from polyrelu.guess import Guess, GuessedNeuron
from polyrelu.proof.neuron import Neuron

if TYPE_CHECKING:
    from polyrelu.proof.neuron import Place
    from polyrelu.proof.program import Program


def repair(program: Program, guess: Guess, wrong: Place | None, right: Place | None) -> Guess | None:
    """The guess with one neuron moved, dropped or added; None where the failure does not say how."""
    if wrong is None and right is not None:
        return _admitted(program, guess, right)
    if wrong is None:
        return None
    mended = [_moved(k, wrong, right) for k in guess.neurons]
    kept = tuple(k for k in mended if k is not None)
    ties = tuple(k for k in (_moved(k, wrong, right) for k in guess.ties) if k is not None)
    return replace(guess, neurons=_distinct(kept), ties=_distinct(ties))


def _moved(k: GuessedNeuron, wrong: Place, right: Place | None) -> GuessedNeuron | None:
    """The guessed neuron with its face corrected, also where it is the antipode of the wrong one."""
    if k.sign != wrong.sign:
        return k
    if _names(k, wrong):
        return None if right is None else replace(k, face=right.face)
    if right is not None and k.face == tuple(-side for side in wrong.face):
        return replace(k, face=tuple(-side for side in right.face))
    return k


def _admitted(program: Program, guess: Guess, right: Place) -> Guess:
    """A tie or a new neuron joins: in the place of the one it was confused with, or beside the others."""
    named = next((k for k in guess.ties if _names(k, right)), None)
    if named is None:
        return replace(guess, neurons=(*guess.neurons, _unseen(program, guess, right)))
    # Different gates are different neurons, however close their directions.
    near = [k for k in guess.neurons if k.gate is None and k.is_close(named)]
    others = tuple(k for k in guess.neurons if all(k is not other for other in near))
    weight = sum(k.weight for k in near)
    ties = tuple(k for k in guess.ties if k is not named)
    return replace(guess, neurons=(*others, replace(named, weight=weight)), ties=ties)


def _unseen(program: Program, guess: Guess, place: Place) -> GuessedNeuron:
    """A neuron that the guess did not know: Newton finds its weight."""
    z = Neuron(place, program).z([fmpq(*float(v).as_integer_ratio()) for v in guess.nu])
    largest = max(map(abs, z), default=fmpq(0)) or fmpq(1)
    floats = [float(Fraction(int((v / largest).p), int((v / largest).q))) for v in z]
    return GuessedNeuron.unseen(place.sign, place.face, place.gate, floats)


def _names(k: GuessedNeuron, place: Place) -> bool:
    if place.gate is not None:
        return k.gate == place.gate
    return k.sign == place.sign and k.face == place.face


def _distinct(neurons: tuple[GuessedNeuron, ...]) -> tuple[GuessedNeuron, ...]:
    """One neuron per sign and face, with the sum of the weights."""
    found: dict[tuple[int, tuple[int, ...], int | None], GuessedNeuron] = {}
    for k in neurons:
        key = (k.sign, k.face, k.gate)
        found[key] = replace(found[key], weight=found[key].weight + k.weight) if key in found else k
    return tuple(found.values())
