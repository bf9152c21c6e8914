"""A list of patterns as it is given: 0/1 entries, one for each row of X."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from polyrelu.errors import BadInput


def as_patterns(given: Any, n: int) -> NDArray[np.bool_]:
    """A list of patterns as a boolean matrix with one row per pattern."""
    try:
        table = np.array(given)
    except ValueError:
        raise BadInput("the patterns have different lengths; give one entry per row of X in each") from None
    if table.ndim != 2 or table.shape[1] != n or len(table) == 0:
        raise BadInput(
            f"patterns of shape {table.shape} do not fit {n} rows of X; give a list of 0/1 lists of length {n}"
        )
    if not np.isin(table, (0, 1)).all():
        raise BadInput("a pattern has an entry other than 0 and 1; 1 means that the row is active")
    return table.astype(bool)
