"""From guessed neurons to a conjectured structure: which of them are antipodal pairs.

Nothing here is trusted: it only says what the proof should try.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from polyrelu.guess import Guess, GuessedNeuron


@dataclass(frozen=True)
class Group:
    """A single neuron, or an antipodal pair with its partner; weights are those of the guessed solution."""

    neuron: GuessedNeuron
    partner: GuessedNeuron | None = None

    @property
    def weight(self) -> float:
        """The weight of the neuron and its partner together."""
        return self.neuron.weight + (self.partner.weight if self.partner else 0)

    @property
    def exchanged(self) -> Any:
        """What goes to the partner: its weight times s u (a pair's share of B c)."""
        assert self.partner is not None
        return self.partner.weight * self.neuron.sign * self.neuron.direction


Opposite = Callable[[GuessedNeuron, GuessedNeuron], bool]
"""Do two neurons lie on opposite faces (or belong to complementary gates)?"""


def group(guess: Guess, opposite: Opposite) -> tuple[list[Group], list[GuessedNeuron]]:
    """Supported neurons as singles and pairs (a partner may come from the ties), and the remaining ties."""
    ties, groups = list(guess.ties), []
    waiting = list(guess.neurons)
    while waiting:
        neuron = waiting.pop(0)
        antipodes = (k for k in [*waiting, *ties] if neuron.is_antipode(k) and opposite(neuron, k))
        partner = next(antipodes, None)
        if partner is not None:
            # Dataclass equality would compare arrays: remove by identity.
            waiting = [k for k in waiting if k is not partner]
            ties = [k for k in ties if k is not partner]
        groups.append(Group(neuron, partner))
    return groups, ties
