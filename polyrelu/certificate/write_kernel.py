"""Kernel files (format 2): a proved gap, or a proved optimum, with nothing but what the kernel needs.

The kernel makes its own covering: a file holds X, y, lambda, a rational nu and a rational network. For an optimum nu is
the root, rounded and shrunk by 1 - 2^-k, so that every direction is below lambda with rational multipliers. D(nu) is
then about 2^-k lambda sum |w| below the optimum, the ball that holds the true residual has a radius near 2^(-k/2), and
all other claims are inequalities on it. Where the root is rational it is written as it is: with an optimal network in
exact numbers the two bounds agree, the ball is a point, and equalities are seen. A document is handed out only once the
kernel has accepted it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, inf, lcm
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat

from polyrelu.certificate import kernel
from polyrelu.certificate.document import problem_digest, problem_spec, save
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ends
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.program import Program
from polyrelu.proof.support import exact_residual

Vector = Sequence[Fraction]
SHRINKS = (180, 320)
"""k: nu is shrunk by 1 - 2^-k; the second where the first ball is too wide."""
EXACT = None
"""No shrinking, and no rounding: for a rational nu."""
SPARE = 60
"""Bits of nu beyond k."""
UNITS = 2**30
"""How many units lambda has at least."""
SECONDS = 6 * 3600
"""How long the kernel may take to accept a file: bare Python needs far longer than the proof."""


class OutOfClass(Undecided):
    """The kernel does not accept what can be said of this optimum: it proves inequalities, and few equalities."""


def write_optimum(path: str, optimum: Optimum) -> dict[str, Any]:
    """Write a proved optimum; `OutOfClass` where the kernel does not accept it, and then nothing is written."""
    document = optimum_document(optimum)
    save(document, path)
    return document


def optimum_document(optimum: Optimum) -> dict[str, Any]:
    """The kernel file of a proved optimum, with the widest ball that the kernel accepts."""
    program = optimum.program
    if program.gated or not program.all_cells:
        raise OutOfClass("a kernel file is about ReLU networks with all activation patterns")
    spec, complaint = problem_spec(program.X, program.y, program.lam, more=program_spec(program)), ""
    rational = optimum.point.exact_name == "Q"
    for shrink in (EXACT, *SHRINKS) if rational else SHRINKS:
        try:
            return accepted("optimum", spec, evidence_of(optimum, shrink))
        except kernel.Rejected as refused:
            complaint = str(refused)
        except kernel.Unusable as refused:
            if shrink is EXACT:  # its fractions may be too long, and rounded ones are not
                continue
            raise OutOfClass(f"the kernel refuses it: {in_short(refused)}") from None
    raise OutOfClass(f"the kernel proves inequalities on a ball, and here it cannot show that {complaint}")


def in_short(refused: Exception) -> str:
    """Why the kernel refuses, without the advice that it has for those who run it."""
    return str(refused).partition(": allow more")[0]


def accepted(kind: str, spec: dict[str, Any], evidence: dict[str, Any]) -> dict[str, Any]:
    """The document with the sentences that the kernel proves."""
    head = {"format": "polyrelu-proof", "version": 2, "kind": kind}
    document = {**head, "problem": spec, "problem_sha256": problem_digest(spec), **evidence, "claims": []}
    kernel.allow(SECONDS)
    try:
        document["claims"] = kernel.proved_by(document)
    finally:
        kernel.allow(inf)
    return document


def evidence_of(optimum: Optimum, shrink: int | None) -> dict[str, Any]:
    """nu, the faces of all neurons, and an optimal network along them; where it is the only one, evidence for that:

    an approximate inverse of the Gram matrix of its activations.
    """
    program = optimum.program
    bits = EXACT if shrink is EXACT else shrink + SPARE
    nu = near_residual(optimum, bits) if bits else [to_fraction(v) for v in exact_residual(optimum.point)]
    neurons = sorted(optimum.neurons, key=neuron_text)
    unique = optimum.nullity == 0 and all(optimum.support.used) and not program.free.vanishing
    signs, z = [k.place.sign for k in neurons], [[v * k.place.sign for v in z_of(k, nu)] for k in neurons]
    beta, c = weights_of(program, signs, z, nu, bits, unique)
    used = [k for k, b in enumerate(beta) if b]
    T = grid([*(beta[k] * v for k in used for v in z[k]), *c], bits)
    T *= program.denominator if program.offset else 1
    rows = [through_its_rows(neurons[k], [beta[k] * v for v in z[k]], T) for k in used]
    listed = [
        {"sign": "+" if signs[k] > 0 else "-", "vector": texts(row)}
        for k, row in zip(used, rows, strict=True)
    ]
    stored = nu if shrink is EXACT else orthogonal(program, shrunk(nu, shrink))
    inverse, unit = None, T * common_denominator(program)
    if unique and rows:
        table = [*activations(program, signs, rows).tolist(), *free_rows(program, unit)]
        table += [[unit] * program.n] * program.free.ridge
        inverse = gram_inverse(fmpz_mat(table), unit, program.lam if program.free.ridge else Fraction(0))
    return {
        "nu": rational_vector(stored if neurons else [to_fraction(v) for v in program.zero[0]], program.lam),
        "faces": [neuron_text(k) for k in neurons],
        "network": {"denominator": str(T), "neurons": listed, **coefficients(c, T)},
        "inverse": inverse,
    }


def activations(program: Program, signs: Sequence[int], vectors: list[list[int]]) -> fmpz_mat:
    """s (X w)_+ for integer vectors w, in units of the common denominator: a row for each neuron."""
    scale = common_denominator(program) // program.denominator
    rows = fmpz_mat([[int(v) * scale for v in row] for row in program.X_integer])
    products = fmpz_mat(vectors) * rows.transpose()
    signed = zip(signs, products.tolist(), strict=True)
    return fmpz_mat([[s * v if v > 0 else 0 for v in row] for s, row in signed])


def through_its_rows(neuron: Neuron, w: Vector, T: int) -> list[int]:
    """T w rounded; with an offset the last entry is such that the kink passes through the rows of its face exactly."""
    program = neuron.program
    if not program.offset:
        return [round(v * T) for v in w]
    q = program.denominator
    u = [round(v * T / q) * q for v in w[:-1]]
    row = program.X_integer[neuron.place.zero_set[0]]
    return [*u, -sum(int(a) * v for a, v in zip(row, u, strict=False)) // q]


def program_spec(program: Program) -> dict[str, Any]:
    """What the program has besides its neurons, as it stands in a file: see `setting_spec`."""
    free = {"free": [[str(v) for v in row] for row in program.free.values]} if program.free.values else {}
    flags = {"ridge": program.free.ridge, "offset": program.offset}
    return {**free, **{key: True for key, value in flags.items() if value}}


def common_denominator(program: Program) -> int:
    """Of X and of the free columns."""
    return lcm(program.denominator, *(v.denominator for row in program.free.values for v in row))


def free_rows(program: Program, unit: int) -> list[list[int]]:
    """The free columns in whole units: no fraction is left, since the unit holds their denominators."""
    columns = program.free.table.transpose().tolist() if program.free.values else []
    return [[int(to_fraction(v) * unit) for v in column] for column in columns]


def coefficients(c: Sequence[Fraction], T: int) -> dict[str, Any]:
    """Those of the free columns over T."""
    return {"coefficients": texts(round(v * T) for v in c)} if c else {}


def near_residual(optimum: Optimum, bits: int) -> list[Fraction]:
    """The middle of a ball."""
    return [middle(v) for v in optimum.point.balls(bits + SPARE).nu]


def shrunk(nu: Vector, shrink: int) -> list[Fraction]:
    """(1 - 2^-shrink) nu, rounded."""
    N, less = grid(nu, shrink + SPARE), 1 - Fraction(1, 2**shrink)
    return [Fraction(round(v * less * N), N) for v in nu]


def orthogonal(program: Program, nu: Vector) -> list[Fraction]:
    """A vector made exactly orthogonal to the free columns."""
    if not program.free.kept:
        return list(nu)
    return [to_fraction(v) for v in program.free.modulo([fmpq(v.numerator, v.denominator) for v in nu])]


def weights_of(  # noqa: PLR0917
    program: Program,
    signs: Sequence[int],
    z: list[list[Fraction]],
    nu: Vector,
    bits: int | None,
    unique: bool,
) -> tuple[list[Fraction], list[Fraction]]:
    """beta >= 0 and c with y - nu = sum beta_k s_k (X z_k)_+ + B c, by least squares; on a basis found in floats if
    not unique. The last entry of c is that of a ridge output bias, if there is one.
    """
    T = grid([v for w in z for v in w], bits)
    M = activations(program, signs, [[round(v * T) for v in w] for w in z]).tolist() if z else []
    unit, N = T * common_denominator(program), grid([*program.y, *nu], bits)
    e = [sum(nu) / program.lam] * program.free.ridge
    fit = fmpz_mat([[round((t - v - sum(e)) * N)] for t, v in zip(program.y, nu, strict=True)])
    chosen = list(range(len(z))) if unique else positive_basis(program, M, fit)
    free = free_rows(program, unit)
    table = [*(M[k] for k in chosen), *(free[j] for j in program.free.kept)]
    solved = least_squares(table, fit)
    beta = dict(zip(chosen, (v * unit / N for v in solved), strict=False))
    if min(beta.values(), default=Fraction(0)) < 0:
        raise OutOfClass("no positive weights were found")
    c = dict(zip(program.free.kept, (v * unit / N for v in solved[len(chosen) :]), strict=True))
    nothing = Fraction(0)
    return [beta.get(k, nothing) for k in range(len(z))], [*(c.get(j, nothing) for j in range(len(free))), *e]


def least_squares(rows: list[list[int]], target: fmpz_mat) -> list[Fraction]:
    """The coefficients of independent rows whose combination is nearest to the target."""
    if not rows:
        return []
    columns = fmpz_mat(rows)
    gram = columns * columns.transpose()
    if gram.det() == 0:
        raise OutOfClass("the activations of the neurons are dependent")
    return [to_fraction(v) for v in fmpq_mat(gram).solve(fmpq_mat(columns * target)).entries()]


def positive_basis(program: Program, M: list[list[int]], fit: fmpz_mat) -> list[int]:
    """Neurons whose activations span the fit with positive weights: guessed in floats, solved for exactly after it."""
    from scipy.optimize import nnls

    if not M:
        return []
    rows = [program.free.modulo([fmpq(v) for v in row]) for row in [*M, [int(v) for v in fit.entries()]]]
    sizes = [max(map(abs, row)) or fmpq(1) for row in rows]
    top, high = max(sizes[:-1]), sizes[-1]
    A = np.array([[float(to_fraction(v / top)) for v in row] for row in rows[:-1]]).T
    weights, _ = nnls(A, np.array([float(to_fraction(v / high)) for v in rows[-1]]))
    return [int(k) for k in np.flatnonzero(weights > weights.max() * 1e-9)]


def gram_inverse(M: fmpz_mat, unit: int, ridge: Fraction) -> dict[str, Any]:
    """An approximate inverse of the Gram matrix of activations (over `unit`), good to 2^-20 in the product.

    The last column is that of a ridge, if there is one: see the lemma of the kernel.
    """
    gram, last = fmpq_mat(M * M.transpose()), M.nrows() - 1
    gram[last, last] += to_fmpq(ridge) * unit**2
    size = max(abs(to_fraction(v)) for v in gram.entries()) / unit**2 * M.nrows() * 2**20
    T = 2 ** max(0, size.numerator.bit_length() - size.denominator.bit_length() + 1)
    rows = [[round(to_fraction(v) * unit**2 * T) for v in row] for row in gram.inv().tolist()]
    return {"denominator": str(T), "rows": [texts(row) for row in rows]}


def middle(ball: Any) -> Fraction:
    """The midpoint of an enclosure."""
    low, high = ends(ball)
    return (low + high) / 2


def z_of(neuron: Neuron, nu: Vector) -> list[Fraction]:
    """A nu, in fractions."""
    return [to_fraction(v) for v in neuron.z([fmpq(v.numerator, v.denominator) for v in nu])]


def grid(numbers: Sequence[Fraction], bits: int | None) -> int:
    """A power of two that gives the largest of the numbers so many binary digits; else a common denominator."""
    if bits is EXACT:
        return lcm(*(v.denominator for v in numbers))
    top = max(map(abs, numbers), default=Fraction(1)) or Fraction(1)
    return int(2 ** max(0, bits - top.numerator.bit_length() + top.denominator.bit_length()))


def over_one(numbers: Sequence[Fraction]) -> tuple[int, list[str]]:
    """A common denominator, and the numerators as texts."""
    common = lcm(*(v.denominator for v in numbers))
    return common, texts(v * common for v in numbers)


def rational_vector(numbers: Vector, lam: Fraction) -> dict[str, Any]:
    """A vector as it stands in a file; its unit is small against lambda, of which the kernel takes whole multiples."""
    common, _ = over_one(numbers)
    least = ceil(UNITS / lam)
    common *= 2 ** max(0, least.bit_length() - common.bit_length())
    return {"denominator": str(common), "numerators": texts(v * common for v in numbers)}


def texts(numbers: Any) -> list[str]:
    """Integers as strings."""
    return [str(int(v)) for v in numbers]


def neuron_text(neuron: Neuron) -> str:
    """The sign and the face as characters + - 0."""
    return ("+" if neuron.place.sign > 0 else "-") + "".join("-0+"[side + 1] for side in neuron.place.face)
