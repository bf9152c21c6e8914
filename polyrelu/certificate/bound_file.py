"""The proof file of proved bounds: a kernel file that holds the dual vector and the network."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from polyrelu.certificate import kernel
from polyrelu.certificate.document import problem_spec, save, setting_spec
from polyrelu.certificate.write_kernel import accepted, in_short, over_one, rational_vector
from polyrelu.data.problem import Vector
from polyrelu.errors import BadInput

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
    return document_of(spec, dual.nu, dual.eps, network, dual.t)


def document_of(
    spec: dict[str, Any],
    nu: Vector,
    eps: Fraction,
    network: tuple[Sequence[tuple[int, Vector]], Vector],
    t: Fraction | None = None,
) -> dict[str, Any]:
    """A proved gap: f_s <= (1 + eps) lambda for nu, so that t nu is feasible, t = 1/(1 + eps) unless given.

    The network is its convex weights, and the coefficients of what joins linearly.
    """
    evidence = bound_evidence(len(spec["X"][0]), Fraction(spec["lambda"]), nu, eps, network, t)
    try:
        return accepted("bound", spec, evidence)
    except (kernel.Unusable, kernel.Rejected) as refused:
        raise BadInput(f"no proof file can hold these bounds: {in_short(refused)}") from None


def bound_evidence(  # noqa: PLR0917
    d: int,
    lam: Fraction,
    nu: Vector,
    eps: Fraction,
    network: tuple[Sequence[tuple[int, Vector]], Vector],
    t: Fraction | None = None,
) -> dict[str, Any]:
    """What shows a proved gap, as it stands in a file."""
    neurons, c = network
    T, flat = over_one([*(v for _, w in neurons for v in w), *c])
    signs = ["+" if sign > 0 else "-" for sign, _ in neurons]
    vectors = [flat[i * d : (i + 1) * d] for i in range(len(neurons))]
    return {
        "nu": rational_vector(nu, lam),
        "eps": str(eps),
        "t": str(1 / (1 + eps) if t is None else t),
        "network": {
            "denominator": str(T),
            "neurons": [{"sign": s, "vector": w} for s, w in zip(signs, vectors, strict=True)],
            **({"coefficients": flat[len(neurons) * d :]} if c else {}),
        },
    }
