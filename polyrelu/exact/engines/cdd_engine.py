"""Fukuda's cddlib through pycddlib's exact module `cdd.gmp`, and through nothing else.

Its floating-point mode can return an empty set for a non-empty one and is never touched. cddlib keeps global
state: use one process per worker, not threads.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType

from polyrelu.errors import EngineMissing
from polyrelu.exact.real import Vector
from polyrelu.exact.vectors import primitive


def generators(
    inequalities: Sequence[Vector], equations: Sequence[Vector], dim: int
) -> tuple[list[Vector], list[Vector]]:
    """Extreme rays and a lineality basis of { x in Q^dim : a.x >= 0, e.x = 0 }."""
    if dim == 0:
        return [], []
    gmp = _exact_module()
    # primitive integers: common denominators inside cddlib cost half as much again
    rows = [[0, *primitive(row)] for row in (*inequalities, *equations)]
    matrix = gmp.matrix_from_array(
        rows or [[0] * (dim + 1)],  # cddlib reads the dimension off a row
        lin_set=set(range(len(inequalities), len(rows))),
        rep_type=_inequality_type(),
    )
    answer = gmp.copy_generators(gmp.polyhedron_from_matrix(matrix))
    found = [(i in answer.lin_set, tuple(row[1:])) for i, row in enumerate(answer.array) if row[0] == 0]
    return [v for line, v in found if not line], [v for line, v in found if line]


def _exact_module() -> ModuleType:
    try:
        import cdd.gmp
    except ImportError as missing:
        raise EngineMissing(
            'the engine "cdd" needs pycddlib with its exact part: '
            'apt-get install libcdd-dev libgmp-dev, then pip install "polyrelu[cdd]"'
        ) from missing
    module: ModuleType = cdd.gmp
    return module


def _inequality_type() -> object:
    import cdd

    return cdd.RepType.INEQUALITY
