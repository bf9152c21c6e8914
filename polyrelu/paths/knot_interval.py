"""What is constant between two breakpoints of one feature with a free hidden bias, and the limit at lambda = 0.

The columns are fixed, and the fit moves inside one face of the cone that the tight ones span. So which neurons are
tight and used, the rank of their activations, their pairs and their families are the same at every lambda of an
interval, and with them all verdicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from flint import fmpq

from polyrelu.curves.condition import antipode
from polyrelu.paths.gaps import Gap, Way
from polyrelu.paths.intervals import Interval
from polyrelu.paths.knot_path import ExactPiece
from polyrelu.paths.knots import Line
from polyrelu.paths.zero import Limit


@dataclass(frozen=True, eq=False)
class KnotInterval(Interval):
    """An interval of a lasso's path."""

    @property
    def count(self) -> int:
        """Families of neurons: what `certify` counts where kinks can move."""
        return self.line.families

    @cached_property
    def rank(self) -> int:
        """The independent kinks."""
        return self.curve.branch.K

    @cached_property
    def pairs(self) -> int:
        """Opposite directions with one kink."""
        return sum(antipode(place) in self.places for place in self.places) // 2

    @cached_property
    def function_unique(self) -> bool:
        """Whether all optimal networks are one function."""
        return not self._free.vanishing and (not self.places or self.line.is_one_function(self.rank))

    @cached_property
    def line(self) -> Line:
        """Where the kinks are."""
        return Line(self.curve.branch.program, self.places)


@dataclass(frozen=True, eq=False, repr=False)
class ExactLimit(Limit):
    """The limit of exact pieces: a rational number."""

    @property
    def neurons(self) -> int | None:
        """Number of families, for all lambda in (0, eps)."""
        if self.piece is None:
            return None
        return Line(self.piece.curve.branch.program, self.piece.curve.tight).families

    @property
    def eps(self) -> fmpq | None:
        """The structure is the same on (0, eps): eps is the end of the last segment, a breakpoint."""
        last = self.piece
        return last.segment.high or last.chord.high if isinstance(last, ExactPiece) else None

    @cached_property
    def exact(self) -> str | None:
        """The least sum of weights."""
        if not isinstance(self.piece, ExactPiece):
            return None
        return str(sum(self.piece.segment.weights_at(fmpq(0)), start=fmpq(0)))


def limit_of(way: Way) -> Limit:
    """What the last piece says of lambda = 0."""
    last = way.pieces[-1] if way.pieces else None
    if last is not None and last.chord.low == 0:
        return ExactLimit(last)
    gaps: Sequence[Gap] = [gap for gap in way.gaps if gap.low == 0]
    return ExactLimit(None, gaps[0].reason if gaps else "nothing was proved at the lower end")
