"""How the root of singles moves with the table X, at one lambda.

With nu and the weights b_k as unknowns, lambda (nu - y) + sum b_k D_k X z_k = 0 and (|z_k|^2 - lambda^2) / 2 = 0, where
z_k = P_k X^T D_k nu. Let V be the rows of X on which face k is 0, G = (V V^T)^-1, and tau = G V X^T D_k nu, so that
X^T D_k nu = z_k + V^T tau. If entry l of row i moves, V z = 0 and P^2 = P give

    dz_k = a_i P_k e_l - z_l (V^T G)_i,      a = D_k nu - tau (on the rows of V),      z_k . dz_k = a_i z_l,

at fixed nu, and D_k X z_k moves by z_l e_i on active rows, besides. The rest is the inverse of the Jacobian. If the
rows of V depend on each other the multipliers are not unique, and moving one of these rows has no derivative; all other
rows see P alone, which independent rows of V make. Nor is there one by a row of zeros, which leaves every hyperplane.

Free columns B add lambda B c to the first equations, and lambda B^T nu = 0; a ridge adds 1 (1.nu). The column of
feature l in a skip connection is one of X, and moves with it: lambda c_l e_i in the first equations, and lambda nu_i in
its own. There is no derivative by the table where free columns depend on each other on the rows, since moving a row
frees a direction at once; nor by a feature that matters to a pair u, -u which is tight by free columns that stay: only
one of the two remains the best.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, arb_mat, fmpq_mat

from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.fixed import columns_of
from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.linear import independent_rows, null_space, rank
from polyrelu.proof.free_columns import FreeColumns
from polyrelu.proof.neuron import Neuron


@dataclass(frozen=True, eq=False)
class MovedData:
    """Column i d + l of each matrix: the derivative by entry l of row i; nan where there is none."""

    residual: arb_mat
    weights: arb_mat
    directions: tuple[arb_mat, ...]
    coefficients: arb_mat
    """One row for each independent free column."""


def moved_data(branch: Branch, x: Balls, lam: arb, pairs: Branch | None = None) -> MovedData:
    """The derivatives at a root, for a branch of singles, perhaps one network of a branch with pairs."""
    n, d, K, free = branch.program.n, branch.program.d, branch.K, branch.program.free
    e = len(free.kept)
    nu, b = branch.residual_at(x, lam), branch.parts(x)[1]
    parts = [_Face(neuron, nu) for neuron in branch.neurons]
    J, right = _equations(branch, parts, (nu, b), lam)
    borders = [(part.A.transpose() * part.z).entries() for part in parts]
    borders += [[arb(v) * lam for v in column] for column in free.B.transpose().tolist()] if e else []
    wide = [row + [border[i] for border in borders] for i, row in enumerate(J)]
    whole = arb_mat(wide + [border + [arb(0)] * (K + e) for border in borders])
    moved = whole.solve(-right).tolist()
    residual, weights, coefficients = (
        arb_mat(len(rows), n * d, [v for row in rows for v in row])
        for rows in (moved[:n], moved[n : n + K], moved[n + K :])
    )
    turned = tuple(
        (part.moved + part.A * residual) * (neuron.place.sign / lam)
        for part, neuron in zip(parts, branch.neurons, strict=True)
    )
    return _without_undefined(branch, pairs or branch, MovedData(residual, weights, turned, coefficients))


def _equations(
    branch: Branch, parts: list[_Face], at: tuple[arb_mat, Balls], lam: arb
) -> tuple[list[Balls], arb_mat]:
    """The corner of the Jacobian, and how the equations move with every entry."""
    (nu, b), free = at, branch.program.free
    n, d, K = branch.program.n, branch.program.d, branch.K
    J = [[lam * int(i == j) + int(free.ridge) for j in range(n)] for i in range(n)]
    right = arb_mat(n + K + len(free.kept), n * d)
    for k, (part, weight) in enumerate(zip(parts, b, strict=True)):
        square = (part.A.transpose() * part.A).tolist()
        J = [[u + weight * v for u, v in zip(*rows, strict=True)] for rows in zip(J, square, strict=True)]
        fit = part.active * part.moved
        for i in range(n):
            for c in range(d):
                column = i * d + c
                for row in range(n):
                    right[row, column] += fit[row, column] * weight
                if part.on[i]:
                    right[i, column] += part.z[c, 0] * weight
                right[n + k, column] = part.a[i] * part.z[c, 0]
    coefficients = _coefficients(branch, parts, at, lam) if free.skipped else []
    for k, feature in _skipped(free):
        for i in range(n):
            right[i, i * d + feature] += coefficients[k] * lam
            right[n + K + k, i * d + feature] = nu[i, 0] * lam
    return J, right


def _skipped(free: FreeColumns) -> list[tuple[int, int]]:
    """Independent free columns that are features of X: their numbers, and the features'."""
    return [(free.kept.index(j), feature) for j, feature in free.skipped if j in free.kept]


def _coefficients(branch: Branch, parts: list[_Face], at: tuple[arb_mat, Balls], lam: arb) -> Balls:
    """The coefficients of the independent free columns."""
    nu, b = at
    rest = ball_column([arb(v) for v in branch.program.yq]) - nu
    if branch.program.free.ridge:
        rest -= ball_column([sum(nu.entries(), start=arb(0)) / lam] * branch.program.n)
    for part, weight in zip(parts, b, strict=True):
        rest -= part.A.transpose() * part.z * (weight / lam)
    found: Balls = (arb_mat(branch.program.free.inverse) * rest).entries()
    return found


class _Face:
    """One neuron: its matrices, z, a, and dz at fixed nu for every entry."""

    def __init__(self, neuron: Neuron, nu: arb_mat) -> None:
        program, rows = neuron.program, neuron.place.zero_set
        n, d = program.n, program.d
        self.A, self.on = arb_mat(neuron.A), [side > 0 for side in neuron.place.face]
        X = program.Xq.tolist()
        self.active = arb_mat([[v if on else 0 for v in row] for row, on in zip(X, self.on, strict=True)])
        self.z = self.A * nu
        full = self.active.transpose() * nu
        kept = [j for j in rows if any(v != 0 for v in X[j])]
        self.a = [nu[i, 0] if on else arb(0) for i, on in enumerate(self.on)]
        bent = dict[int, list[arb]]()
        P = [[arb(int(i == j)) for j in range(d)] for i in range(d)]
        kept = [kept[i] for i in independent_rows([X[j] for j in kept])] if kept else []
        if kept:
            V = fmpq_mat([X[j] for j in kept])
            G = (V * V.transpose()).inv()
            tau = (arb_mat(G * V) * full).entries()
            H = V.transpose() * G
            P = (arb_mat(P) - arb_mat(H * V)).tolist()
            for index, j in enumerate(kept):
                self.a[j] = -tau[index]
                bent[j] = [arb(H[row, index]) for row in range(d)]
        self.moved = arb_mat(d, n * d)
        for i in range(n):
            for c in range(d):
                for row in range(d):
                    less = bent[i][row] * self.z[c, 0] if i in bent else arb(0)
                    self.moved[row, i * d + c] = P[row][c] * self.a[i] - less


def undefined_rows(branch: Branch) -> set[int]:
    """Rows that cannot be moved: zeros, and rows on which a neuron vanishes together with others they depend on."""
    X = branch.program.Xq.tolist()
    found = {i for i, row in enumerate(X) if all(v == 0 for v in row)}
    for neuron in branch.neurons:
        kept = [j for j in neuron.place.zero_set if j not in found]
        if kept and rank([X[j] for j in kept]) < len(kept):
            found.update(kept)
    return found


def undefined_exchanges(branch: Branch) -> set[int]:
    """Rows that turn a pair which exchanges weight with others by a free function alone: turned, it does so no more,
    if there is a direction left that pairs do not exchange.
    """
    if (
        branch.r == branch.U.ncols()
        or branch.r == branch.program.free.onto_complement(branch.program.Xq).rank()
    ):
        return set()
    pairs = zip(branch.neurons, branch.paired, strict=True)
    return {j for neuron, pair in pairs if pair for j in neuron.place.zero_set}


def undefined_features(branch: Branch) -> set[int]:
    """Features that act on pairs which are tight because X v is a combination of free columns, those that stay."""
    if branch.r == branch.U.ncols():
        return set()
    U, free = branch.U, branch.program.free
    alike = (U * columns_of(null_space((branch.onto * U).tolist(), U.ncols()))).tolist()
    moving = {feature for _, feature in free.skipped}
    return {c for c, row in enumerate(alike) if c not in moving and any(v != 0 for v in row)}


def _without_undefined(branch: Branch, pairs: Branch, found: MovedData) -> MovedData:
    n, d, free = branch.program.n, branch.program.d, branch.program.free
    rows = undefined_rows(branch) | undefined_exchanges(pairs)
    features = undefined_features(pairs)
    if free.vanishing and free.skipped:
        features = set(range(d))
    undefined = [i * d + c for i in range(n) for c in range(d) if i in rows or c in features]
    for table in (found.residual, found.weights, found.coefficients, *found.directions):
        for row in range(table.nrows()):
            for column in undefined:
                table[row, column] = arb("nan")
    return found
