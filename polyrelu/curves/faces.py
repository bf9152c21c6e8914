"""Neurons of one program with their conditions, lines and symmetries, each computed once."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from flint import fmpq

from polyrelu.curves.angles import Angles
from polyrelu.curves.condition import Condition
from polyrelu.curves.demands import multipliers, sides, soft_lines
from polyrelu.curves.patience import Divisions
from polyrelu.curves.symmetry import Symmetry, symmetry_of
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.program import Program


@dataclass(eq=False)
class Faces:
    """Neurons of one program with their conditions, each computed once."""

    program: Program
    neurons: dict[Place, Neuron] = field(default_factory=dict)
    known: dict[Place, list[Condition]] = field(default_factory=dict)
    lines: dict[Place, list[Condition]] = field(default_factory=dict)
    divisions: Divisions = field(default_factory=Divisions)

    @cached_property
    def symmetry(self) -> Symmetry | None:
        """The symmetries of the table, if it has any."""
        if self.program.listed is not None:
            return None  # of a list of patterns nothing is known
        found = symmetry_of(self.program)
        return None if found.is_trivial else found

    @cached_property
    def angles(self) -> Angles:
        """How the rows lie to each other."""
        return Angles(self.program)

    @cached_property
    def line_weights(self) -> dict[int, dict[int, fmpq]]:
        """For the first row j of every line the rows x_i = m_i x_j, with |m_i|: its coefficient is sum |m_i| nu_i."""
        gram, parallel = self.angles.gram, self.angles.parallel
        firsts = dict.fromkeys(line[0] for line in parallel if line)
        return {j: {i: abs(gram[i][j] / gram[j][j]) for i in parallel[j]} for j in firsts}

    def neuron(self, place: Place) -> Neuron:
        """The neuron of a place."""
        if place not in self.neurons:
            self.neurons[place] = Neuron(place, self.program)
        return self.neurons[place]

    def around(self, place: Place) -> list[Condition]:
        """Its strict sides and multipliers."""
        if place not in self.known:
            neuron = self.neuron(place)
            at_infinity = self.program.offset and set(place.face) == {1}
            self.known[place] = [] if at_infinity else [*sides(neuron), *multipliers(neuron)]
        return self.known[place]

    def soft(self, place: Place) -> list[Condition]:
        """Lines that its star may cross."""
        if self.program.offset:
            return []  # the norm of u says nothing of its bias
        if place not in self.lines:
            self.lines[place] = soft_lines(self.neuron(place), self.angles.gram, self.angles.parallel)
        return self.lines[place]
