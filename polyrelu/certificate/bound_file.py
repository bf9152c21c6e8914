"""The proof file of proved bounds: a kernel file that holds the dual vector and the network."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from polyrelu.certificate import write_kernel
from polyrelu.certificate.document import problem_spec, save, setting_spec
from polyrelu.data.problem import Vector

if TYPE_CHECKING:
    from polyrelu.bounding.bounds import Bounds


def write_bound(path: str, found: Bounds) -> dict[str, Any]:
    """Write what was proved, completely or not at all; the document, accepted by the kernel."""
    document = bound_document(found)
    save(document, path)
    return document


def bound_document(found: Bounds) -> dict[str, Any]:
    """The kernel file of proved bounds."""
    problem, dual = found.problem, found.dual
    y: Vector = problem.y or ()
    lam = problem.lam or Fraction(0)
    spec = problem_spec(problem.X, y, lam, more=setting_spec(problem))
    network = (found.network, found.coefficients)
    return write_kernel.bound_document(spec, dual.nu, dual.eps, network, dual.t)
