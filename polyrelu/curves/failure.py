"""Why a piece was not proved."""

from __future__ import annotations

from dataclasses import dataclass

from polyrelu.curves.condition import Condition
from polyrelu.curves.directions import Above


@dataclass(frozen=True)
class Failure:
    """Why a piece was not proved: its chord, some conditions, or directions."""

    chord: bool = False
    conditions: tuple[Condition, ...] = ()
    above: Above | None = None
    shares: bool = False
    dependent: bool = False
    idle: bool = False

    @property
    def reason(self) -> str:
        """In words."""
        if self.chord:
            return "the root could not be followed: its system is nearly singular"
        if self.conditions:
            kinds = sorted({f.kind for f in self.conditions})
            return f"not proved positive: {', '.join(kinds)}"
        if self.shares:
            return "no point inside the fibre of the antipodal pairs was proved"
        if self.dependent:
            return "activations were not proved to depend on each other for every lambda"
        if self.idle:
            return "neurons may be tight that some optimal networks use, and others do not"
        if self.above is not None and self.above.node.program.listed is not None:
            return "blocks beside a neuron are close to lambda"
        return "directions close to lambda resist the covering"
