"""Products of a small-entry integer matrix with big integers, split into 64-bit limbs so that numpy can do them.

A big integer is sum_l w_l 2^(40 l) with |w_l| < 2^40. A row of at most 2^20 entries in {-1, 0, 1} times such limbs
stays below 2^60, so every int64 product is exact.

>>> sign_matrix_product(np.array([[1, -1], [0, 1]], dtype=np.int8), np.array([[2**100], [1]], dtype=object)).tolist()
[[1267650600228229401496703205375], [1]]
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LIMB = 40
MAX_COLUMNS = 2**20


def sign_matrix_product(S: NDArray[np.int8], W: NDArray[Any]) -> NDArray[Any]:
    """S @ W exactly, for S with entries in {-1, 0, 1} and W of Python integers; Python integers come back."""
    if S.shape[1] >= MAX_COLUMNS:
        raise OverflowError(f"{S.shape[1]} columns; at most {MAX_COLUMNS} keep 64-bit sums exact")
    narrow = S.astype(np.int64)
    total: NDArray[Any] = np.zeros((S.shape[0], W.shape[1]), dtype=object)
    rest, shift = W, 0
    while rest.any():
        # The quotient rounds towards zero, so that the limbs of a negative number end, at 0 and not at -1.
        quotient = np.where(rest < 0, -(-rest >> LIMB), rest >> LIMB)
        limb = (rest - (quotient << LIMB)).astype(np.int64)
        total += (narrow @ limb).astype(object) << shift
        rest, shift = quotient, shift + LIMB
    return total
