"""Independent routes to an optimum, for tests: a conic solver, and an exact re-check of every KKT condition.

`recheck(result)` takes a proved result apart: dual feasibility, a network that meets the dual value, floats.

The re-check shares nothing with the proof: it enumerates all faces of the arrangement and evaluates
max over unit u of s nu^T (Xu)_+ face by face, where the proof uses multipliers block by block.
"""

from __future__ import annotations

from fractions import Fraction

import clarabel
import numpy as np
from flint import arb, fmpq, fmpq_mat
from scipy import sparse

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.arrangement.cones import faces
from polyrelu.exact.enclosure import ends, precision
from polyrelu.exact.linear import projector

TINY = Fraction(1, 10**40)
"""The re-check works at the middle of enclosures of some 70 digits."""


def cells_of(patterns, X, size):
    """The rows -(2D - 1)X of each block at its d weights, block after block: not positive inside of its cone."""
    (n, d), N = X.shape, len(patterns)
    values = -(2.0 * np.array(patterns, float).reshape(N, n, 1) - 1) * X
    k, j, c = np.indices(values.shape)
    return sparse.csc_matrix((values.ravel(), ((k * n + j).ravel(), (k * d + c).ravel())), (N * n, size))


def norms(N, d, normed, size):
    """The second-order cone of each block: its t, which is behind the weights of all, and the first of its weights."""
    k, c = np.indices((N, normed))
    height = normed + 1
    at = [np.arange(N) * height, (k * height + 1 + c).ravel()], [N * d + np.arange(N), (k * d + c).ravel()]
    places = tuple(map(np.concatenate, at))
    return sparse.csc_matrix((np.full(N * height, -1.0), places), (N * height, size))


def conic_optimum(X, y, lam, patterns, gated=False, *, blocks=None):
    """Objective and residual of the full program by an interior-point method in floats."""
    X, y = np.asarray(X, dtype=float), np.asarray(y, dtype=float)
    n, d = X.shape
    blocks = blocks or [(p, s) for p in patterns for s in ((1,) if gated else (1, -1))]
    # Variables: w (d per block), t (1 per block), residual r. min 1/2 |r|^2 + lam sum t.
    N = len(blocks)
    size = N * d + N + n
    P = sparse.diags(np.concatenate([np.zeros(N * d + N), np.ones(n)]), format="csc")
    q = np.concatenate([np.zeros(N * d), np.full(N, lam), np.zeros(n)])
    fit = np.hstack([s * p[:, None] * X for p, s in blocks])
    rows = [sparse.hstack([sparse.csc_matrix(fit), sparse.csc_matrix((n, N)), sparse.eye(n)])]
    rhs, cones = [y], [clarabel.ZeroConeT(n)]
    if not gated:
        rows.append(cells_of([p for p, _ in blocks], X, size))
        rhs.append(np.zeros(N * n))
        cones.append(clarabel.NonnegativeConeT(N * n))
    rows.append(norms(N, d, d, size))
    rhs.append(np.zeros(N * (d + 1)))
    cones += [clarabel.SecondOrderConeT(d + 1)] * N
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


def largest_gate(X, nu, patterns):
    """max over the gates D of ||X^T D nu||^2: the projection onto all of R^d is the vector itself."""
    active = [[v * row for v, row in zip(nu, on, strict=True)] for on in np.asarray(patterns, int).tolist()]
    moments = (
        [sum(a * row[c] for a, row in zip(v, X, strict=True)) for c in range(len(X[0]))] for v in active
    )
    return max((sum(v * v for v in moment) for moment in moments), default=Fraction(0))


def recheck(result):
    """Every KKT condition of a proved result by separate exact code, and agreement with a conic solver."""
    optimum = result.proved()
    program, at = optimum.program, optimum.point.balls(250)
    X, y = ([[Fraction(v) for v in row] for row in program.X], [Fraction(v) for v in program.y])
    lam, nu = Fraction(program.lam), [sum(ends(v)) / 2 for v in at.nu]
    # 1. dual feasibility; in a list of patterns the conic solver alone speaks of it
    if program.gated:
        assert largest_gate(X, nu, program.patterns) <= lam**2 * (1 + TINY)
    elif program.all_cells:
        assert largest_value(X, nu, lam) <= lam**2 * (1 + TINY)
    # 2. a network of the program whose objective meets the dual one
    fit, norm = primal(optimum, at, X)
    assert all(abs(f - (t - v)) < TINY * (1 + abs(t)) for f, t, v in zip(fit, y, nu, strict=True))
    low, high = (Fraction(v) for v in result.objective(30))
    value = sum(v * v for v in nu) / 2 + lam * norm
    assert low - (1 + abs(low)) / 10**25 <= value <= high + (1 + abs(high)) / 10**25
    # 3. floats
    data = (np.array(X, float), np.array(y, float), float(lam), program.patterns, program.gated)
    objective, _ = conic_optimum(*data)
    assert abs(float(low) - objective) <= 1e-5 * (1 + abs(objective))


def primal(optimum, at, X):
    """Fit and sum of norms of the weights of one optimal network, in Fractions to 60 digits."""
    structure, program = optimum.point.structure, optimum.program
    fit, norm = [Fraction(0)] * len(X), Fraction(0)
    for neuron, weight in zip(structure.neurons, at.weights, strict=True):
        beta = sum(ends(weight)) / 2
        assert beta > 0
        with precision(300):
            z = [sum(ends(arb(v))) / 2 for v in neuron.z(at.nu)]
        sign, place = neuron.place.sign, neuron.place
        products = [sign * sum(a * b for a, b in zip(row, z, strict=True)) for row in X]
        assert program.gated or is_present(program.patterns, products)
        for j, v in enumerate(products):
            on = program.patterns[place.gate][j] if program.gated else v > 0
            fit[j] += beta * v * sign if on else 0
        norm += beta * Fraction(program.lam)
    if structure.r:  # the exchanged linear part X B c costs nothing
        c = [sum(ends(v)) / 2 for v in at.c]
        for j, row in enumerate(structure.XB.tolist()):
            fit[j] -= sum(Fraction(int(a.p), int(a.q)) * b for a, b in zip(row, c, strict=True))
    return fit, norm


def is_present(patterns, products):
    """Whether the direction with these products lies in the closed cone of one of the patterns."""
    sides = np.array([0 if abs(v) < TINY else _sign(v) for v in products])
    return bool((patterns[:, sides != 0] == (sides[sides != 0] > 0)).all(axis=1).any())
