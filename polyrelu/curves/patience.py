"""What coverings have learnt that helps the next ones: which errors they bear, and how directions were divided."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

from polyrelu.covering import Partition

ROOM = Fraction(5, 4)
"""A covering is asked for so many times the error, so that it serves the next chord as well."""
KEPT = Fraction(4, 5)
"""Of what seems possible."""
GROWN = 2
"""Times as many boxes as a covering from the start has needed."""


@dataclass
class Divisions:
    """How all directions were divided for the last covering: at a residual close by most boxes are settled at once."""

    last: Partition | None = None
    fresh: int = 0
    """Boxes of the last covering that was not begun in this way."""

    def hears(self, found: Partition | None, begun: bool) -> None:
        """A covering has succeeded; boxes that have become too many are forgotten."""
        self.last, self.fresh = found, self.fresh if begun or found is None else len(found)
        if found is not None and len(found) > GROWN * self.fresh:
            self.last = None


@dataclass
class Patience:
    """The largest error, as a part of lambda, at which a covering is worth trying: learnt from the last ones."""

    part: Fraction = Fraction(1, 8)
    last: Fraction = Fraction(1, 8)
    """What was asked last."""
    divisions: Divisions = field(default_factory=Divisions)

    def hears(self, part: Fraction, level: Fraction, top: Fraction | None, *, covered: bool) -> None:
        """A covering has succeeded, or not; then the margin below the level of what is highest is all there is."""
        if covered:
            self.part = max(self.part, 2 * part)
            return
        margin = part / 3 if top is None else (1 - top / level) / ROOM * KEPT
        self.part = shortened(min(part / 2, max(part / 30, margin)))

    @property
    def ratio(self) -> Fraction:
        """By what errors may grow, or have to fall."""
        return self.part * KEPT / self.last if self.last else Fraction(100)


def shortened(part: Fraction) -> Fraction:
    """A short positive fraction near a part."""
    return part.limit_denominator(10**12) or Fraction(1, 10**12)
