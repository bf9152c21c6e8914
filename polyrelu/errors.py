"""One tree of exceptions. Every message says what was asked, what was found, where, and what to do.

The failures of a proof are different things and stay different types:

* `BadInput`      the question is not well posed (exit status 2);
* `LimitReached`  the question is fine, but larger than a stated limit (exit status 2);
* `EngineMissing` an optional library is needed and absent (exit status 2);
* `Undecided`     an exact equality could not be settled (exit status 3);
* `Contradiction` two independent routes disagree: a bug in polyrelu, never an answer.
"""

from __future__ import annotations


class PolyreluError(Exception):
    """Root of the tree."""


class BadInput(PolyreluError, ValueError):
    """The data or an option is not what it must be."""


class LimitReached(PolyreluError):
    """A stated limit (cells, digits, vertices) would be exceeded; the message names its flag."""


class EngineMissing(PolyreluError, ImportError):
    """An optional library is not installed; the message says how to install it."""


class Undecided(PolyreluError):
    """An exact equality that this version cannot settle; never to be read as a yes or a no."""


class Contradiction(PolyreluError, AssertionError):
    """Two routes to the same fact disagree. This is a bug; no result is returned."""
