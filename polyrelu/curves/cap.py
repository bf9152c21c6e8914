"""A cap: the sides, slopes and pushes of a majorant. See `caps`, and `anchored` for a free hidden bias."""

from __future__ import annotations

from dataclasses import dataclass

from polyrelu.curves.rows import Hard, Rows
from polyrelu.proof.neuron import Place

ONE = 2**30


@dataclass(frozen=True)
class Cap:
    """A sign, the sides of all rows (0 where a slope is free), and over 2^30 the slope and m of every row."""

    place: Place
    slopes: tuple[int, ...]
    pushes: tuple[int, ...]
    anchor: int | None = None
    """With a free hidden bias: the row that makes up for the rest."""

    def fits(self, rows: Rows, hard: Hard) -> bool:
        """Whether a line has a free slope only if it is not hard, and is pushed only if it is (else none looks there).

        Rows of one line agree on its slope.
        """
        slopes: dict[int, int] = {}
        used = [push or (i == self.anchor and self.place.face[i]) for i, push in enumerate(self.pushes)]
        table = zip(rows.line, rows.turned, self.place.face, self.slopes, used, strict=True)
        for line, turned, side, slope, push in table:
            fixed = (self.place.sign, line) in hard
            if line < 0 or (side and (fixed or not push)):
                continue
            if side or fixed or push:
                return False
            own = slope if turned > 0 else ONE - slope
            if slopes.setdefault(line, own) != own:
                return False
        return True
