"""What is constant between two breakpoints of one feature with a free hidden bias, and the limit at lambda = 0.

The columns are fixed, and the fit moves inside one face of the cone that the tight ones span. So which neurons are
tight and used, the rank of their activations, their pairs and their families are the same at every lambda of an
interval. The verdict on functions depends on nothing else, and is that of `certify` at one lambda inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from flint import fmpq

from polyrelu.certification import certify_penalised
from polyrelu.data.problem import Problem
from polyrelu.errors import Contradiction, LimitReached, Undecided
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.condition import antipode
from polyrelu.paths.gaps import Gap, Way
from polyrelu.paths.intervals import Interval
from polyrelu.paths.knot_path import ExactPiece
from polyrelu.paths.knots import families
from polyrelu.paths.zero import Limit


@dataclass(frozen=True, eq=False)
class KnotInterval(Interval):
    """An interval of a lasso's path."""

    problem: Problem

    @property
    def count(self) -> int:
        """Families of neurons: what `certify` counts where kinks can move."""
        return families(self.curve.branch.program, self.places)

    @cached_property
    def rank(self) -> int:
        """The independent kinks."""
        return self.curve.branch.K

    @cached_property
    def pairs(self) -> int:
        """Opposite directions with one kink."""
        return sum(antipode(place) in self.places for place in self.places) // 2

    @cached_property
    def certified(self) -> Any:
        """`certify` in the middle; None where it is undecided."""
        middle = (self.pieces[-1].chord.low + self.pieces[0].chord.high) / 2
        try:
            found = certify_penalised(replace(self.problem, lam=to_fraction(middle)))
            optimum = found.proved()
        except (Undecided, LimitReached):
            return None
        if {k.place for k in optimum.neurons} != set(self.places) or not all(optimum.support.used):
            raise Contradiction(f"the neurons at lambda = {middle} are others than those of the path")
        return found

    @cached_property
    def function_unique(self) -> bool | None:
        """Whether all optimal networks are one function."""
        return None if self.certified is None else self.certified.function_unique.answer


@dataclass(frozen=True, eq=False, repr=False)
class ExactLimit(Limit):
    """The limit of exact pieces: a rational number."""

    @property
    def neurons(self) -> int | None:
        """Number of families, for all lambda in (0, eps]."""
        return (
            None if self.piece is None else families(self.piece.curve.branch.program, self.piece.curve.tight)
        )

    @cached_property
    def exact(self) -> str | None:
        """The least sum of weights."""
        if not isinstance(self.piece, ExactPiece):
            return None
        return str(sum(self.piece.stretch.weights_at(fmpq(0)), start=fmpq(0)))


def limit_of(way: Way) -> Limit:
    """What the last piece says of lambda = 0."""
    last = way.pieces[-1] if way.pieces else None
    if last is not None and last.chord.low == 0:
        return ExactLimit(last)
    gaps: Sequence[Gap] = [gap for gap in way.gaps if gap.low == 0]
    return ExactLimit(None, gaps[0].reason if gaps else "nothing was proved at the lower end")
