"""Engines for the one computation behind all exact polyhedra: the generators of a cone.

An engine is a function `(inequalities, equations, dim) -> (rays, lines)`: for the cone
{ x in K^dim : a.x >= 0, e.x = 0 } it returns the extreme rays (one per minimal proper face) and a basis of the
lineality space, in no particular scale or order. By duality the same function turns generators into facets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import TypeAlias

from polyrelu.errors import BadInput
from polyrelu.exact.real import Vector

Generators: TypeAlias = tuple[list[Vector], list[Vector]]
Engine: TypeAlias = Callable[[Sequence[Vector], Sequence[Vector], int], Generators]


def choose(name: str | None, *, rational: bool) -> Engine:
    """The engine called "cdd" or "python"; None means cdd where it is installed and the data is rational."""
    from polyrelu.exact.engines import cdd_engine, double_description

    if name not in (None, "cdd", "python"):
        raise BadInput(f'engine={name!r} is unknown: choose "cdd", "python" or None (the best available)')
    if name == "cdd" and not rational:
        raise BadInput('engine="cdd" works over the rationals only; use engine="python" for other fields')
    if name == "cdd" or (name is None and rational and find_spec("cdd") and find_spec("cdd.gmp")):
        return cdd_engine.generators
    return double_description.generators
