"""Independent routes to an optimum, for tests: a conic solver, and an exact re-check of every KKT condition.

The re-check shares nothing with the proof: it enumerates all faces of the arrangement and evaluates
max over unit u of s nu^T (Xu)_+ face by face, where the proof uses multipliers block by block.
"""

from __future__ import annotations

from fractions import Fraction

import clarabel
import numpy as np
from scipy import sparse

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.arrangement.cones import faces


def conic_optimum(X, y, lam, patterns, gated=False):
    """Objective and residual of the full program by an interior-point method in floats."""
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    n, d = X.shape
    blocks = [(p, s) for p in patterns for s in ((1,) if gated else (1, -1))]
    # Variables: w (d per block), t (1 per block), residual r. min 1/2 |r|^2 + lam sum t.
    N = len(blocks)
    size = N * d + N + n
    P = sparse.diags(np.concatenate([np.zeros(N * d + N), np.ones(n)]), format="csc")
    q = np.concatenate([np.zeros(N * d), np.full(N, lam), np.zeros(n)])
    fit = np.hstack([s * p[:, None] * X for p, s in blocks])
    rows = [sparse.hstack([sparse.csc_matrix(fit), sparse.csc_matrix((n, N)), sparse.eye(n)])]
    rhs, cones = [y], [clarabel.ZeroConeT(n)]
    if not gated:
        cone = sparse.block_diag([-((2.0 * p[:, None] - 1) * X) for p, _ in blocks])
        rows.append(sparse.hstack([cone, sparse.csc_matrix((N * n, N + n))]))
        rhs.append(np.zeros(N * n))
        cones.append(clarabel.NonnegativeConeT(N * n))
    for k in range(N):
        block = sparse.lil_matrix((d + 1, size))
        block[0, N * d + k] = -1
        for c in range(d):
            block[1 + c, k * d + c] = -1
        rows.append(block)
        rhs.append(np.zeros(d + 1))
        cones.append(clarabel.SecondOrderConeT(d + 1))
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    A = sparse.vstack(rows, format="csc")
    solution = clarabel.DefaultSolver(P, q, A, np.concatenate(rhs), cones, settings).solve()
    return solution.obj_val, np.array(solution.x[N * d + N :])


def largest_value(X, nu, lam):
    """max over unit u, both signs, of s nu^T (Xu)_+, squared, in exact arithmetic, face by face.

    On the face F the function is c.u with c = s X^T D nu; its maximum over the sphere in the face's span is along
    P c, and it counts only where P c lies in F itself. Every local maximum of the whole is found this way.
    """
    from flint import fmpq, fmpq_mat

    from polyrelu.exact.linear import projector

    n, d = len(X), len(X[0])
    Xq = fmpq_mat(n, d, [fmpq(v.numerator, v.denominator) for row in X for v in row])
    residual = [fmpq(v.numerator, v.denominator) for v in nu]
    best = fmpq(0)
    projections: dict[tuple[int, ...], fmpq_mat] = {}
    for face in (face for layer in faces(enumerate_cells(X)).values() for face in layer.signs):
        sides = tuple(int(v) for v in face)
        zero = tuple(j for j in range(n) if sides[j] == 0)
        if zero not in projections:
            projections[zero] = projector([[Xq[j, c] for c in range(d)] for j in zero], d)
        active = fmpq_mat(n, 1, [residual[j] if sides[j] > 0 else fmpq(0) for j in range(n)])
        moment = Xq.transpose() * active
        p = projections[zero] * moment
        for sign in (1, -1):
            products = Xq * (p * fmpq(sign))
            if all(_sign(products[j, 0]) == sides[j] for j in range(n)):
                best = max(best, sum((v * v for v in p.entries()), start=fmpq(0)))
    return Fraction(int(best.p), int(best.q))


def _sign(v):
    return (v > 0) - (v < 0)
