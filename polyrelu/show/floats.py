"""Proved numbers as floats, for display alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from polyrelu.exact.enclosure import precision
from polyrelu.networks.coordinates import rounded
from polyrelu.proof.optimum import Optimum

BITS = 128
"""Precision of the balls whose midpoints are shown."""

Floats = NDArray[np.float64]


def directions(optimum: Optimum) -> Floats:
    """The unit directions u_k of the neurons of S, of shape (K, d)."""
    with precision(BITS):  # the default precision of flint would show in the last digits of a page
        enclosed = optimum.directions(optimum.point.balls(BITS))
    return np.array([[rounded(v) for v in u] for u in enclosed]).reshape(len(enclosed), optimum.program.d)
