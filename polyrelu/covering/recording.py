"""Settled boxes written down in exact numbers, for a second check that shares nothing with the search."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.covering.layout import SLOPE_BITS
from polyrelu.covering.leaf_a import Majorants
from polyrelu.covering.region import Region, Side
from polyrelu.covering.results import Leaf
from polyrelu.covering.wide import BITS, FINER


def recorded(  # noqa: PLR0917
    side: Side,
    region: Region,
    a: Majorants,
    kind: NDArray[np.str_],
    star: NDArray[np.intp],
    wide: dict[int, Any],
) -> list[Leaf]:
    """The settled boxes with what settles them, in exact numbers."""
    layout, found = side.layout, []
    scale = 2**layout.P
    for i in np.flatnonzero(kind != ""):
        centre = tuple(Fraction(int(x), scale) for x in region.boxes.c[i])
        half = tuple(Fraction(int(x), scale) for x in region.boxes.h[i])
        witness: Any = None
        if kind[i] == "A" and int(i) in wide:
            w, slopes = wide[int(i)]
            witness = (
                tuple(Fraction(int(x), 2 ** (side.question.bits + BITS + FINER)) for x in w),
                tuple(Fraction(int(m), 2**BITS) for m in slopes),
            )
        elif kind[i] == "A":
            slopes = np.zeros(len(side.question.lines.V))
            slopes[layout.order[region.kept.lines]] = a.slopes[i]
            w = tuple(int(x) * layout.unit for x in a.w[i])
            witness = (w, tuple(Fraction(int(m), 2**SLOPE_BITS) for m in slopes))
        elif kind[i] == "B":
            witness = int(region.stars.number[star[i]])
        else:
            slopes = np.zeros(len(side.question.lines.V), dtype=object)
            slopes[layout.order] = region.stars.slopes[star[i]]
            witness = tuple(Fraction(int(m), 2**BITS) for m in slopes)
        found.append(Leaf(layout.sign, centre, half, str(kind[i]), witness))
    return found
