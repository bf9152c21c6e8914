"""What is constant between two breakpoints with a free hidden bias: the same, with the families of moving kinks.

Listed are the ends and corners of families (see `proof.families`). Two neighbours belong together iff the slope of f in
the bias between them is 0 for every lambda, which the equations of the structure imply, or do not: where they do not,
the slope is one of the multipliers that are proved positive.
"""

from __future__ import annotations

from functools import cached_property

from polyrelu.breakpoints.kinks import free_slopes
from polyrelu.errors import Undecided
from polyrelu.paths.intervals import Interval
from polyrelu.proof.neuron import Place


class KinkInterval(Interval):
    """An interval with families."""

    @cached_property
    def families(self) -> list[tuple[Place, ...]]:
        """Neighbouring corners together, by growing bias."""
        after = {place: end for place in self.places if (end := self._next(place)) is not None}
        runs = [[place] for place in self.places if place not in after.values()]
        for run in runs:
            while run[-1] in after:
                run.append(after[run[-1]])
        return [tuple(run) for run in runs]

    def _next(self, place: Place) -> Place | None:
        """The next corner at larger biases, if the neuron is tight up to it; one at smaller ones is listed, too."""
        implied, row, found = self.pieces[-1].chord.implied, place.zero_set[0], None
        for f in free_slopes(self.curve.faces, place):
            between = f.target.face if f.target is not None else ()
            if -1 not in between or not implied.is_zero(f.form):
                continue  # beyond all rows, or up to where f falls
            ends = [p for p in self.places if p != place and p.sign == place.sign and _is_end(p, between)]
            if not ends:
                raise Undecided("an end of a family of neurons is not among those that were followed")
            found = ends[0] if between[row] > 0 else found
        return found

    @property
    def count(self) -> int:
        """Families of neurons: what `certify` counts where kinks can move."""
        return len(self.families)

    @cached_property
    def rank(self) -> int:
        """Rank of the signed activations; `Undecided` where a family is not complete, as `families` finds."""
        _ = self.families
        return super().rank

    @property
    def function_unique(self) -> bool | None:
        """Kinks must not move, neither between rows nor beyond them; the rest is as without a bias."""
        moving = self.count < len(self.places) or any(place.is_affine for place in self.places)
        return False if moving else super().function_unique


def _is_end(place: Place, between: tuple[int, ...]) -> bool:
    """Whether a neuron lies at the end of an interval with these sides."""
    return all(a in (b, 0) for a, b in zip(place.face, between, strict=True))
