"""The proof file of proved bounds: a kernel file that holds the dual vector and the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from polyrelu.certificate.write_kernel import write_bound as write_kernel_bound
from polyrelu.data.problem import Vector

if TYPE_CHECKING:
    from polyrelu.bounding.bounds import Bounds


def write_bound(path: str, found: Bounds) -> dict[str, Any]:
    """Write what was proved, completely or not at all; the document, accepted by the kernel."""
    problem, dual = found.problem, found.dual
    y: Vector = problem.y or ()
    assert problem.lam is not None  # bounds have a penalty
    return write_kernel_bound(path, problem.X, y, problem.lam, dual.nu, dual.eps, found.network, dual.t)
