"""Floats for guesses: on one thread of the linear algebra, and nobody is warned of what overflows.

The matrices of a guess are small, and threads cost ten times what they save (in a worker they would take the cores from
the others, too). On data of extreme size floats may overflow: that spoils the guess alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import numpy as np
from threadpoolctl import ThreadpoolController


@contextmanager
def guessing() -> Iterator[None]:
    """While floats guess.

    >>> with guessing():
    ...     float(np.float64(1e308) * 10)
    inf
    """
    with _controller().limit(limits=1, user_api="blas"), np.errstate(all="ignore"):
        yield


@cache
def _controller() -> ThreadpoolController:
    """Found once: to look through all loaded libraries takes milliseconds."""
    import scipy.linalg  # noqa: F401  (it brings a library of its own, which the controller has to see)

    return ThreadpoolController()
