"""A small shelf of data sets, each with its story and its verdict.

>>> from polyrelu.certification import certify
>>> example = load("four-points")
>>> certify(example.problem()).objective(3), example.verdict
(('9.00', '9.00'), 'different optimal functions')
"""

from __future__ import annotations

from polyrelu.errors import BadInput
from polyrelu.examples.constructed import CONSTRUCTED
from polyrelu.examples.example import Example, Expected
from polyrelu.examples.measured import MEASURED
from polyrelu.examples.paths import PATHS

__all__ = ["SHELF", "Example", "Expected", "load"]

SHELF: dict[str, Example] = {example.name: example for example in (*CONSTRUCTED, *PATHS, *MEASURED)}


def load(name: str) -> Example:
    """The example of that name."""
    if name not in SHELF:
        raise BadInput(f"there is no example {name!r}; the shelf holds {', '.join(SHELF)}")
    return SHELF[name]
