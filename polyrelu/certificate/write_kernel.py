"""Kernel files (format 2): a proved gap, or a proved optimum, with nothing but what the kernel needs.

The kernel makes its own covering: a file holds X, y, lambda, a rational nu and a rational network. For an optimum nu is
the root, rounded and shrunk by 1 - 2^-k, so that every direction is below lambda with rational multipliers. D(nu) is
then about 2^-k lambda sum |w| below the optimum, the ball that holds the true residual has a radius near 2^(-k/2), and
all other claims are strict inequalities on it. A document is handed out only once the kernel has accepted it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from flint import fmpq, fmpz_mat

from polyrelu.certificate import kernel
from polyrelu.certificate.document import problem_digest, problem_spec, save
from polyrelu.errors import BadInput, Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import to_fraction
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.optimum import Optimum

Vector = Sequence[Fraction]
SHRINKS = (180, 320)
"""k: nu is shrunk by 1 - 2^-k; the second where the first ball is too wide."""
SPARE = 60
"""Bits of nu beyond k."""
SECONDS = 600
"""How long the kernel may take to accept a file."""


class OutOfClass(Undecided):
    """The kernel does not accept what can be said of this optimum: it proves strict inequalities, and no equality."""


def write_bound(  # noqa: PLR0917
    path: str,
    X: Sequence[Vector],
    y: Vector,
    lam: Fraction,
    nu: Vector,
    eps: Fraction,
    network: Sequence[tuple[int, Vector]],
    t: Fraction | None = None,
) -> dict[str, Any]:
    """Write a proved gap: f_s <= (1 + eps) lambda for nu, so that t nu is feasible, t = 1/(1 + eps) unless given."""
    T, flat = over_one([v for _, w in network for v in w])
    d, signs = len(X[0]), ["+" if sign > 0 else "-" for sign, _ in network]
    vectors = [flat[i * d : (i + 1) * d] for i in range(len(network))]
    evidence = {
        "nu": rational_vector(nu),
        "eps": str(eps),
        "t": str(1 / (1 + eps) if t is None else t),
        "network": {
            "denominator": str(T),
            "neurons": [{"sign": s, "vector": w} for s, w in zip(signs, vectors, strict=True)],
        },
    }
    try:
        document = accepted("bound", problem_spec(X, y, lam), evidence)
    except (kernel.Unusable, kernel.Rejected) as refused:
        raise BadInput(f"--out {path}: the kernel refuses this bound: {refused}") from None
    save(document, path)
    return document


def write_optimum(path: str, optimum: Optimum) -> dict[str, Any]:
    """Write a proved optimum; `OutOfClass` where the kernel does not accept it, and then nothing is written."""
    document = optimum_document(optimum)
    save(document, path)
    return document


def optimum_document(optimum: Optimum) -> dict[str, Any]:
    """The kernel file of a proved optimum with singles only, the ball as wide as the kernel accepts it."""
    program, structure = optimum.program, optimum.point.structure
    if program.gated or not program.all_cells:
        raise OutOfClass("a kernel file is about ReLU networks with all activation patterns")
    if any(structure.paired) or len(optimum.neurons) != len(structure.neurons):
        raise OutOfClass("a kernel file has no pairs of opposite neurons and no ties: these are equalities")
    spec, complaint = problem_spec(program.X, program.y, program.lam), ""
    for shrink in SHRINKS:
        try:
            return accepted("optimum", spec, evidence_of(optimum, shrink))
        except (kernel.Rejected, kernel.Unusable) as refused:
            complaint = str(refused)
    raise OutOfClass(f"the kernel proves strict inequalities alone, and here it cannot show that {complaint}")


def accepted(kind: str, spec: dict[str, Any], evidence: dict[str, Any]) -> dict[str, Any]:
    """The document with the sentences that the kernel proves."""
    head = {"format": "polyrelu-proof", "version": 2, "kind": kind}
    document = {**head, "problem": spec, "problem_sha256": problem_digest(spec), **evidence, "claims": []}
    kernel.allow(SECONDS)
    try:
        document["claims"] = kernel.proved_by(document)
    finally:
        kernel.allow(None)
    return document


def evidence_of(optimum: Optimum, shrink: int) -> dict[str, Any]:
    """nu, the network along the neurons' faces, and an approximate inverse of the Gram matrix of its activations."""
    program, neurons = optimum.program, optimum.point.structure.neurons
    at = optimum.point.balls(shrink + 2 * SPARE)
    nu = [middle(ball) for ball in at.nu]
    order = sorted(range(len(neurons)), key=lambda k: (-neurons[k].place.sign, face_text(neurons[k])))
    vectors = [
        [v * neurons[k].place.sign * middle(at.weights[k]) for v in z_of(neurons[k], nu)] for k in order
    ]
    T = grid([v for w in vectors for v in w], shrink + SPARE)
    rows = [[round(v * T) for v in w] for w in vectors]
    listed = [
        {
            "sign": "+" if neurons[k].place.sign > 0 else "-",
            "face": face_text(neurons[k]),
            "vector": texts(row),
        }
        for k, row in zip(order, rows, strict=True)
    ]
    N = grid(nu, shrink + SPARE)
    less = 1 - Fraction(1, 2**shrink)
    shrunk = {"denominator": str(N), "numerators": texts(round(v * less * N) for v in nu)}
    columns = [
        [max(0, sum(a * b for a, b in zip(x, w, strict=True))) for x in program.X_integer] for w in rows
    ]
    return {
        "nu": shrunk if neurons else rational_vector(program.y),
        "network": {"denominator": str(T), "neurons": listed},
        "inverse": gram_inverse(columns, [s["sign"] for s in listed], program.denominator * T),
    }


def gram_inverse(columns: list[list[int]], signs: list[str], unit: int) -> dict[str, Any]:
    """An approximate inverse of the Gram matrix of the activations (over `unit`), good to 2^-20 in the product."""
    if not columns:
        return {"denominator": "1", "rows": []}
    signed = [[v if s == "+" else -v for v in c] for s, c in zip(signs, columns, strict=True)]
    M = fmpz_mat([[int(v) for v in c] for c in signed])
    gram = M * M.transpose()
    top = max(abs(int(v)) for v in gram.entries())
    if gram.det() == 0:
        raise OutOfClass("the activations of the neurons are dependent")
    size = Fraction(top, unit**2) * len(columns) * 2**20
    T = 2 ** max(0, size.numerator.bit_length() - size.denominator.bit_length() + 1)
    rows = [[round(Fraction(int(v.p), int(v.q)) * unit**2 * T) for v in row] for row in gram.inv().tolist()]
    return {"denominator": str(T), "rows": [texts(row) for row in rows]}


def middle(ball: Any) -> Fraction:
    """The midpoint of an enclosure."""
    low, high = ends(ball)
    return (low + high) / 2


def z_of(neuron: Neuron, nu: Vector) -> list[Fraction]:
    """A nu, in fractions."""
    return [to_fraction(v) for v in neuron.z([fmpq(v.numerator, v.denominator) for v in nu])]


def grid(numbers: Sequence[Fraction], bits: int) -> int:
    """A power of two that gives the largest of the numbers so many binary digits."""
    top = max(map(abs, numbers), default=Fraction(1)) or Fraction(1)
    return int(2 ** max(0, bits - top.numerator.bit_length() + top.denominator.bit_length()))


def over_one(numbers: Sequence[Fraction]) -> tuple[int, list[str]]:
    """A common denominator, and the numerators as texts."""
    common = lcm(*(v.denominator for v in numbers))
    return common, texts(v * common for v in numbers)


def rational_vector(numbers: Vector) -> dict[str, Any]:
    """A vector as it stands in a file."""
    common, numerators = over_one(numbers)
    return {"denominator": str(common), "numerators": numerators}


def texts(numbers: Any) -> list[str]:
    """Integers as strings."""
    return [str(int(v)) for v in numbers]


def face_text(neuron: Neuron) -> str:
    """The face as characters + - 0."""
    return "".join("-0+"[side + 1] for side in neuron.place.face)
