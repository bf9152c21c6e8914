"""The numbers of every proof file, verified once more with python-flint by code that is neither writer nor checker.

The residual is evaluated from the file in balls of 400 bits and rounded to rationals. Then, face by face of the
arrangement and in exact arithmetic, max over unit u of |nu^T (Xu)_+| is lambda to 25 digits (the optimality of nu), the
dual value y.nu - |nu|^2 / 2 is the claimed objective, an interior-point method reaches the same objective, and the
activations of the used neurons, found by projections of their own, have the claimed rank.
"""

from fractions import Fraction

import pytest
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_poly

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.certificate.write import proof_document
from polyrelu.certification import certify
from polyrelu.exact.enclosure import ends, precision
from tests.corpus import degenerate, generic
from tests.reference import conic_optimum, largest_value
from tests.stories import EXAMPLES

BITS = 400
TINY = Fraction(1, 10**25)
FILES = [("example", name) for name, e in EXAMPLES.items() if not e[3]]
FILES += [("generic", s) for s in (2, 4, 6, 7, 16, 17, 18, 20)] + [
    ("degenerate", s) for s in (2, 3, 6, 7, 14, 16, 20, 70)
]


def arguments(kind, key):
    return EXAMPLES[key][:3] if kind == "example" else (generic if kind == "generic" else degenerate)(key)


def fmpq_of(text):
    p, _, q = text.partition("/")
    return fmpq(int(p), int(q or 1))


def basis_values(field):
    """The basis numbers of an exact field as balls."""
    if "radicands" in field:
        return [arb(int(m)).sqrt() for m in field["radicands"]]
    f = fmpz_poly([int(c) for c in field["polynomial"]])
    at = fmpq(int(field["interval"]), 2 ** field["bits"])
    real = [root.real for root, _ in f.complex_roots() if root.imag.is_zero()]
    theta = min(real, key=lambda r: float(abs(r - arb(at)).mid()))
    return [theta**i for i in range(f.degree())]


def residual(point):
    """nu as rationals, within 10^-25."""
    with precision(BITS):
        if "field" in point:
            values = basis_values(point["field"])
            balls = [
                sum((v * fmpq_of(c) for v, c in zip(values, x, strict=True)), start=arb(0))
                for x in point["nu"]
            ]
        else:
            balls = [arb(int(m)) / arb(2) ** point["bits"] for m in point["nu"]]
    return [sum(ends(b)) / 2 for b in balls]


def activation(X, neuron, nu):
    """D X P X^T D nu with P from the normal equations of the rows at zero."""
    n, d = len(X), len(X[0])
    D = [f == "+" for f in neuron["face"]]
    c = fmpq_mat(d, 1, [sum((X[j][k] * nu[j] for j in range(n) if D[j]), start=fmpq(0)) for k in range(d)])
    zero = [j for j, f in enumerate(neuron["face"]) if f == "0" and any(X[j])]
    rows = fmpq_mat([X[j] for j in zero]).rref() if zero else None
    if rows is not None:
        R = fmpq_mat(rows[0].tolist()[: rows[1]])
        c = c - R.transpose() * (R * R.transpose()).solve(R * c)
    return [sum((X[j][k] * c[k, 0] for k in range(d)), start=fmpq(0)) if D[j] else fmpq(0) for j in range(n)]


def numerical_rank(vectors):
    """Gram-Schmidt in balls: what is left of each vector is clearly there, or below 10^-25 of it."""
    kept, rank = [], 0
    for v in vectors:
        rest = list(v)
        for q in kept:
            along = sum((a * b for a, b in zip(q, rest, strict=True)), start=arb(0))
            rest = [a - along * b for a, b in zip(rest, q, strict=True)]
        size, whole = (sum((a * a for a in w), start=arb(0)) for w in (rest, v))
        if size > whole * arb("1e-24"):
            kept.append([a / size.sqrt() for a in rest])
            rank += 1
        else:
            assert size < whole * arb("1e-50")
    return rank


@pytest.mark.parametrize(("kind", "key"), FILES)
def test_the_numbers_of_a_file(kind, key):
    X, y, lam = arguments(kind, key)
    document = proof_document(certify(X, y, lam))
    X = [[Fraction(v) for v in row] for row in X]
    y, lam, claims = [Fraction(v) for v in y], Fraction(lam), document["claims"]
    nu = residual(document["evidence"]["optimum"]["point"])
    largest, neurons = largest_value(X, nu, lam), claims["optimum"]["neurons"]
    assert abs(largest - lam**2) < TINY * (1 + lam**2) if neurons else largest < lam**2
    dual = sum(a * b for a, b in zip(y, nu, strict=True)) - sum(v * v for v in nu) / 2
    assert abs(dual - Fraction(int(claims["optimum"]["objective"]), 10**20)) < Fraction(1, 10**20)
    objective, _ = conic_optimum(X, y, float(lam), enumerate_cells(X).patterns.astype(float))
    assert objective == pytest.approx(float(dual), rel=1e-5, abs=1e-6)
    Xq = [[fmpq(v.numerator, v.denominator) for v in row] for row in X]
    nuq = [fmpq(v.numerator, v.denominator) for v in nu]
    flags = claims["optimal_set"]["used"]
    with precision(BITS):
        used = [
            [arb(v) for v in activation(Xq, k, nuq)] for k, flag in zip(neurons, flags, strict=True) if flag
        ]
        assert numerical_rank(used) == claims["optimal_set"]["rank"]
        for support in claims.get("vertices", {}).get("supports", []):
            columns = [activation(Xq, k, nuq) for k, on in zip(neurons, support, strict=True) if on == "1"]
            assert numerical_rank([[arb(v) for v in c] for c in columns]) == len(columns)
            if columns:
                _assert_positive_fit(columns, [a - b for a, b in zip(y, nu, strict=True)])


def _assert_positive_fit(columns, fit):
    """Least squares weights on the support are positive and reach the fit."""
    A = fmpq_mat(columns).transpose()
    right = A.transpose() * fmpq_mat(len(fit), 1, [fmpq(v.numerator, v.denominator) for v in fit])
    M = arb_mat(A.transpose() * A)
    weights = M.solve(arb_mat(right))
    assert all(w > 0 for w in weights.entries())
    missing = arb_mat(A) * weights - arb_mat(
        len(fit), 1, [arb(fmpq(v.numerator, v.denominator)) for v in fit]
    )
    assert all(abs(v) < arb("1e-20") for v in missing.entries())
    assert ctx.prec == BITS
