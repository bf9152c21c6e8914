"""A breakpoint as an exact number, and equalities there, by exact algebra.

The field of (lambda, nu, b, c) is guessed from digits and then verified: the guessed numbers satisfy every equation and
the vanishing condition exactly, and lie in the region with one root only. So they are the root.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flint import arb, fmpq, fmpz_poly

from polyrelu.breakpoints.zeros import Zero
from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import Condition
from polyrelu.curves.demands import exact_value
from polyrelu.errors import LimitReached, Undecided
from polyrelu.exact.enclosure import ball, ball_column, precision
from polyrelu.exact.linear import solve, times, transposed
from polyrelu.exact.real import is_zero
from polyrelu.exact.recognise import recognise
from polyrelu.exact.square_roots import SqrtSum


@dataclass(frozen=True)
class Effort:
    """Degrees of lambda and of the field that are tried, and the bits for each."""

    degree: int
    field: int
    lambda_bits: int
    field_bits: int


TO_NAME = Effort(4, 8, 900, 3000)
"""Beyond this an exact form of a breakpoint says no more than digits."""
TO_DECIDE = Effort(12, 16, 4000, 9000)
"""For equalities that nothing else decides."""
CHECK_BITS = 500


@dataclass(frozen=True, eq=False)
class ExactZero:
    """The numbers at a breakpoint in one field, and the polynomial of lambda."""

    lam: Any
    nu: Sequence[Any]
    b: Sequence[Any]
    c: Sequence[Any]
    polynomial: fmpz_poly
    near: arb

    @property
    def name(self) -> str:
        """Lambda in words: a fraction, with a square root, or as the root of a polynomial."""
        return name_of(self.polynomial, self.near)


def rational_zero(
    lam: fmpq, nu: Sequence[Any] = (), b: Sequence[Any] = (), c: Sequence[Any] = ()
) -> ExactZero:
    """A breakpoint at a fraction that is known."""
    return ExactZero(lam, nu, b, c, fmpz_poly([-lam.p, lam.q]), arb(lam))


def name_of(f: fmpz_poly, near: arb) -> str:
    """The root of an irreducible polynomial that a ball tells from the others, in words."""
    if f.degree() == 1:
        return str(-fmpq(int(f[0]), int(f[1])))
    if f.degree() == 2:
        a, b, c = (fmpq(int(f[k])) for k in (2, 1, 0))
        try:
            root = SqrtSum.sqrt_of(b * b - 4 * a * c)
        except LimitReached:
            return _of_polynomial(f)
        for sign in (1, -1):
            found = (root * sign - b) / (2 * a)
            if found.ball(200).overlaps(near):
                return str(found)
    return _of_polynomial(f)


def _of_polynomial(f: fmpz_poly) -> str:
    return f"the root of {str(f).replace('x', 'L')} there"


def exact_zero(zero: Zero, effort: Effort = TO_NAME) -> ExactZero | None:
    """The exact numbers, verified; None where none of low degree were found."""
    if zero.exact is not None:
        known: ExactZero = zero.exact
        return known
    finest = zero.root

    def values_at(bits: int) -> list[arb]:
        nonlocal finest
        finer = finest.refine(bits)
        if finer is None:
            raise Undecided(f"a breakpoint could not be refined to {bits} bits")
        finest = finer
        with precision(bits + 40):
            x, lam = finer.box[:-1], finer.box[-1]
            _, b, c = zero.branch.parts(x)
            return [lam, *zero.branch.residual_at(x, lam).entries(), *b, *c]

    try:
        alone = recognise(lambda bits: values_at(bits)[:1], effort.degree, max_bits=effort.lambda_bits)
        found = None if alone is None else recognise(values_at, effort.field, max_bits=effort.field_bits)
    except Undecided:
        return None
    if alone is None or found is None:
        return None
    n, K = zero.branch.program.n, zero.branch.K
    lam, nu, b, c = found[1][0], found[1][1 : n + 1], found[1][n + 1 : n + 1 + K], found[1][n + 1 + K :]
    exact = ExactZero(lam, nu, b, c, alone[0].polynomial, zero.lam)
    return exact if _verified(zero, exact) else None


def _verified(zero: Zero, exact: ExactZero) -> bool:
    """Whether the numbers are the root."""
    value = sum((int(k) * exact.lam**i for i, k in enumerate(exact.polynomial.coeffs())), start=exact.lam * 0)
    return (
        is_zero(value)
        and solves(zero.branch, exact.lam, exact.nu, exact.b, exact.c)
        and vanishes(zero.condition, zero.branch, exact)
        and _in_region(zero, exact)
    )


def solves(branch: Branch, lam: Any, nu: Sequence[Any], b: Sequence[Any], c: Sequence[Any]) -> bool:
    """Whether exact numbers satisfy the system of a branch: the fit, the norms, and the linear phase."""
    free = branch.program.free
    if free.kept and not all(is_zero(v) for v in times(free.B.transpose(), nu)):
        return False
    left = [lam * (v - y) for v, y in zip(nu, branch.target, strict=True)]
    left = [s + t for s, t in zip(left, of_ridge(branch, nu), strict=True)]
    for k, (neuron, weight) in enumerate(zip(branch.neurons, b, strict=True)):
        if not is_zero(neuron.square(nu) - lam * lam):
            return False
        left = [s + weight * t for s, t in zip(left, branch.activation(k, nu), strict=True)]
    if branch.r:
        left = [s - lam * t for s, t in zip(left, times(branch.XB, c), strict=True)]
        if not all(is_zero(v) for v in times(branch.XB.transpose(), nu)):
            return False
    return all(is_zero(v) for v in left)


def of_ridge(branch: Branch, nu: Sequence[Any]) -> list[Any]:
    """r (r.nu): lambda times what a ridge output bias adds to the fit."""
    r = branch.ridge.entries()
    whole = sum((v * s for v, s in zip(nu, r, strict=True) if s != 0), start=fmpq(0))
    return [whole * s for s in r]


Weights = tuple[list[Any], list[Any]]
"""b and c."""


def derivative_at(branch: Branch, exact: ExactZero, weights: Weights) -> tuple[list[Any], list[Any]] | None:
    """(nu', b'), from the system differentiated by lambda:

    (nu - y) + (lambda + r r^T) nu' + sum b_k Q_k nu' + sum b'_k Q_k nu - X B (lambda c)' = 0,
    (A_k nu).(A_k nu') = lambda, and B^T X^T nu' = 0.
    """
    n, K, (b, _), nu, lam = branch.program.n, branch.K, weights, exact.nu, exact.lam
    ridge = (branch.ridge * branch.ridge.transpose()).tolist()
    corner = [[lam * int(i == j) + ridge[i][j] for j in range(n)] for i in range(n)]
    for k, weight in enumerate(b):
        for row, other in zip(corner, branch.square(k).tolist(), strict=True):
            row[:] = [v + weight * q for v, q in zip(row, other, strict=True)]
    borders = [branch.activation(k, nu) for k in range(K)]
    borders += [[-v for v in column] for column in branch.XB.transpose().tolist()] if branch.r else []
    rows = [[*row, *(border[i] for border in borders)] for i, row in enumerate(corner)]
    rows += [[*border, *([lam * 0] * len(borders))] for border in borders]
    right = [
        *(y - v for y, v in zip(branch.target, nu, strict=True)),
        *([lam] * K),
        *([lam * 0] * branch.r),
    ]
    found = solve(rows, right)
    return None if found is None else (found[:n], found[n : n + K])


def weights_at(branch: Branch, exact: ExactZero) -> Weights | None:
    """The weights b_k and the exchanges c: lambda (y - nu) - r (r.nu) = sum b_k Q_k nu - lambda X B c."""
    if not branch.K:
        return [], []
    columns = [branch.activation(k, exact.nu) for k in range(branch.K)]
    columns += (
        [[-exact.lam * v for v in column] for column in branch.XB.transpose().tolist()] if branch.r else []
    )
    target = [exact.lam * (y - v) for y, v in zip(branch.target, exact.nu, strict=True)]
    target = [t - e for t, e in zip(target, of_ridge(branch, exact.nu), strict=True)]
    found = solve(transposed(columns), target)
    return None if found is None else (found[: branch.K], found[branch.K :])


def vanishes(condition: Condition, branch: Branch, exact: ExactZero) -> bool:
    """Whether a condition is exactly 0."""
    value = exact_value(condition, branch, exact.nu, exact.b, exact.lam)
    return value is not None and is_zero(value)


def _in_region(zero: Zero, exact: ExactZero) -> bool:
    """Whether the exact numbers lie in the region with one root only."""
    branch = zero.branch
    with precision(CHECK_BITS):
        lam = ball(exact.lam, CHECK_BITS)
        eta = ball_column([ball(v, CHECK_BITS) / lam for v in exact.nu])
        data = branch.data
        g = (data.gram.solve(data.W.transpose() * eta)).entries() if branch.size else []
        point = [*g, *(ball(v, CHECK_BITS) for v in (*exact.b, *exact.c)), lam]
        return all(bool(outer.contains(v)) for outer, v in zip(zero.root.region, point, strict=True))
