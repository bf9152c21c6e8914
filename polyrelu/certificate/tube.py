#!/usr/bin/env python3
# ruff: noqa: B905 -- it runs on Python 3.9, where zip has no strict=
"""The systems of path.py, which loads this file from beside itself: their matrices, and tubes around their chords.

Bare Python 3.9, no floats.
"""

# Letters as in kernel.py. Here lambda varies from `from` to `to`, and every sentence is about every lambda of an
# interval. A file of kind "path" holds intervals; each has the faces of its neurons and nodes: lambda, a vector nu
# and weights, in increasing lambda. Face k has A_k = P_k X^T D_k, P_k the projection onto { v : x_j.v = 0 where the
# face is 0 } and D_k its rows of side +, Q_k = A_k^T A_k, R_k = X A_k: exact rational matrices; z_k = A_k nu. A face
# is a *single*, or stands for a *pair*, itself and its opposite, of weight beta_k together. U is the sum of the
# P_k (row space) over the pairs, and E a basis of X U. Where X^T nu is orthogonal to U, the neurons of a pair have
# opposite directions, and beta - b on one with b on the other has the activation beta Q_k nu - b R_k nu. For dim U
# pairs b_k is an unknown, for the others it is a fixed part tau_k of beta_k. The system
#     F = ( lambda (nu - y) + sum beta_k (Q_k - tau_k R_k) nu - sum b_k R_k nu,  (nu.Q_k nu - lambda^2) / 2,  E^T nu )
# (beta_k and b_k are lambda times those weights: the norms of the vectors that a user sees) is quadratic in (nu,
# beta, b, lambda), and its Jacobian J in (nu, beta, b) is affine. Where all directions are fixed, its roots are
# affine in lambda. Down to lambda = 0 an interval is *scaled*: its unknown is eta = P nu / lambda, P the projection
# onto the span V of the Q_k and of E. Let F be the system above, over lambda, with (I - P) eta for (I - P)(nu - y):
#     F = ( lambda P eta + (I - P) eta - P y + sum beta_k (Q_k - tau_k R_k) eta - sum b_k R_k eta,
#           (eta.Q_k eta - 1) / 2,  E^T eta ),                                          nu = lambda eta + (I - P) y .
# A face may *depend* on singles: Q_f nu = sum c_k Q_k nu with sum c_k = 1, and its weight is sum p_k beta_k.
# With free columns let H project onto what is orthogonal to them. nu lies in the range of H, and all that adds to the
# fit counts as H leaves it: F has H (Q_k - tau_k R_k), H R_k, H y and (I - H) nu, and E is a basis of H X U.
# A ridge adds e = 1.nu / lambda to all fits, so that F has J nu, too, with J = 1 1^T.
# With an offset every face is 0 on a row, and A_k, Q_k, R_k are made of the rows a_i - a_j as seen from one such row j.
# The choice is nothing to them but for constants, which H takes away: P_k (a_j - a_j') = 0.

from __future__ import annotations

import sys
from fractions import Fraction
from math import gcd
from typing import Any, NamedTuple

BITS, GRID = 256, 200  # of an approximate inverse; of all bounds
ROUNDS = 8
Matrix = list[list[int]]


kernel: Any = sys.modules.get("polyrelu_kernel_of_paths")  # as path.py has loaded it


# -------------------------------------------------------------------------------- a tube around a chord
#
# Let x_a, x_b be the values of (nu, beta) at the nodes a < b, x(t) = (1 - t) x_a + t x_b and lambda likewise, D the
# difference of the ends, and q(D) the quadratic part of F. Then
#     F(x(t)) = (1 - t) F_a + t F_b - t (1 - t) q(D),     J(x(t)) = J_0 + sigma J_1  with  sigma = t - 1/2.
#
# Lemma (tube). For any matrices Y_0, Y_1, with |.| taken entry by entry and r > 0, put
#     C(r) = |I - Y_0 J_0| + |Y_1 J_0 + Y_0 J_1| / 2 + |Y_1 J_1| / 4 + D(r),
#     m = |Y_0 F_a| + |Y_0 F_b| + (|Y_1 F_a| + |Y_1 F_b|) / 2 + (|Y_0 q| + |Y_1 q| / 2) / 4,
# with D(r) >= |(Y_0 + sigma Y_1) (J(x) - J(x(t)))| for |x - x(t)| <= r and |sigma| <= 1/2. If C(r) r + m < r, then for
# every lambda in [a, b] the system has one root with |x - x(t)| <= r, and J is regular there.
# Proof. Fix t, Y = Y_0 + sigma Y_1. By the mean value theorem x - Y F(x) is within C(r) r + m of x(t) for |x - x(t)| <=
# r, and N = |I - Y J| <= C(r) has N r < r, so that the map contracts in the norm max |x_i| / r_i.   QED
# J(x) - J(x(t)) = [[sum e_j M_j, M_j e], [Q_k e, 0]] for x - x(t) = (e, e_j). With W_j >= |Y_0 M_j| + |Y_1 M_j| / 2 (of
# the columns of Y that meet M_j) and V >= |Y_0| + |Y_1| / 2 on those of the squares,
#     D(r) r = 2 sum_j r_j W_j r + sum_k V_k (r.|Q_k| r),
# where r without a number is that of nu. (Y M_j is far smaller than |Y| |M_j| where columns are free.)


class Node(NamedTuple):
    """lambda, and nu (or eta) = m / N with weights (beta, then b) over N; lambda or 1 is what neurons reach."""

    lam: Fraction
    N: int
    m: list[int]
    weights: list[int]
    level: Fraction


class System(NamedTuple):
    """M_j and Q_k over q, and the rows of E; `forms` of the weights are to be positive.

    The corner is lambda P + one (I - P) over q, with the right side `y`: lambda y, or one P y if it is scaled.
    """

    M: list[Matrix]
    Q: list[Matrix]
    E: Matrix
    q: int
    forms: Matrix
    corner: tuple[Matrix, Matrix]
    y: list[Fraction]
    scaled: bool

    def jacobian(self, lam: int, one: int, nu: list[int], weights: list[int]) -> Matrix:
        """[[corner + sum w_j M_j, M_j nu], [Q_k nu, 0], [one E, 0]] times q."""
        wide = len(self.M)
        table = [[lam * a + one * b for a, b in zip(*rows)] for rows in zip(*self.corner)]
        for square, weight in zip(self.M, weights):
            table = [[a + weight * b for a, b in zip(row, other)] for row, other in zip(table, square)]
        moved = [[kernel.dot(row, nu) for row in square] for square in self.M]
        top = [row + [v[i] for v in moved] for i, row in enumerate(table)]
        below = [[kernel.dot(row, nu) for row in square] for square in self.Q] + [
            [one * self.q * x for x in row] for row in self.E
        ]
        return top + [row + [0] * wide for row in below]

    def quadratic(self, x: list[int], lam: int, one: int, y: list[int]) -> list[int]:
        """Twice F without its last part, with y over one; its quadratic part if y = 0 and one = 0."""
        n, level = len(x) - len(self.M), one if self.scaled else lam
        moved = [[kernel.dot(row, x[:n]) for row in square] for square in self.M]
        fit = [2 * sum(b * v[i] for b, v in zip(x[n:], moved)) for i in range(n)]
        linear = [lam * kernel.dot(a, x[:n]) + one * kernel.dot(b, x[:n]) for a, b in zip(*self.corner)]
        fit = [2 * (a - level * self.q * t) + v for a, t, v in zip(linear, y, fit)]
        norms = [
            kernel.dot(x[:n], [kernel.dot(row, x[:n]) for row in square]) - level**2 * self.q
            for square in self.Q
        ]
        return fit + norms + [0] * len(self.E)

    def last(self, x: list[int]) -> list[int]:
        """E^T nu, below zeros."""
        n = len(x) - len(self.M)
        return [0] * (n + len(self.Q)) + [kernel.dot(row, x[:n]) for row in self.E]


class Dependent(NamedTuple):
    """A further face, its activation over those of the singles, and its weight over theirs."""

    face: str
    activation: list[Fraction]
    weight: list[Fraction]


def table_of(problem: Any, face: str) -> Any:
    """The rows; with an offset as they are seen from the first row on which the face is 0."""
    at = problem.rows[face.index("0", 1) - 1] if problem.offset else []
    return [[a - b for a, b in zip(row[:-1], at)] for row in problem.rows] if at else problem.rows


def operators(problem: Any, face: str) -> tuple[Any, Any, Any]:
    """Q and R of a face, and the rows of X P, times powers of q. (Its star tests that its lines are independent.)"""
    kernel.tick()
    rows = table_of(problem, face)
    lines = kernel.lines_of(rows, problem.q, [0] * problem.n)
    Z = sorted({k for side, (k, turn) in zip(face[1:], lines.place) if side == "0" and turn})
    duals = kernel.duals([lines.V[k] for k in Z])
    bends = [
        [Fraction(kernel.dot(a, row), kernel.dot(a, lines.V[k])) for k, a in zip(Z, duals)] for row in rows
    ]
    projected = [
        [Fraction(x) - kernel.dot(bend, [lines.V[k][j] for k in Z]) for j, x in enumerate(row)]
        for row, bend in zip(rows, bends)
    ]
    on = [side == "+" for side in face[1:]]
    R = [[kernel.dot(row, v) * here for v, here in zip(projected, on)] for row in rows]
    return [[x * here for x in row] for row, here in zip(R, on)], R, projected


def system_of(
    asked: Any, faces: list[str], shares: list[Any], further: list[Dependent], scaled: bool = False
) -> System:
    """All matrices of some faces, for the problem of a path."""
    problem = asked.base
    n, K = problem.n, len(faces)
    kernel.moderate(2 * n * n * (K + 2), problem.rows, problem.rows)
    onto, M, E, solved = modulo(n, problem.free), [], Matrix(), []
    kernel.usable(len(basis(problem.free)) == len(problem.free), "free columns are independent")
    found = [operators(problem, face) for face in faces]
    Q = [square for square, _, _ in found]
    for k, ((square, R, projected), share) in enumerate(zip(found, shares)):
        part = Fraction(0) if share in (None, "solved") else share
        M.append([[u - part * v for u, v in zip(*rows)] for rows in zip(square, R)])
        seen = table_of(problem, faces[k])
        for v in projected if share is not None else ():
            moved = apply(onto, apply(seen, v))
            E += orthogonal_part(E, kernel.over_one(moved)[0])
        solved += [k] if share == "solved" else []
    M += [[[-x for x in row] for row in found[k][1]] for k in solved]
    kernel.need(len(solved) == len(E), "as many pairs are solved for as their directions have dimensions")
    if problem.free:
        M = [transposed([apply(onto, column) for column in transposed(square)]) for square in M]
    y = apply(onto, [Fraction(v, problem.p) for v in problem.targets])
    inside = (
        onto if not scaled else split_off(asked, [*E, *(apply(onto, v) for square in Q for v in square)], y)
    )
    corner, mean = corner_of(problem, inside, onto)
    flat, common = kernel.over_one(
        [Fraction(x) for square in [*M, *Q, *corner] for row in square for x in row]
    )
    rows = [flat[i : i + n] for i in range(0, len(flat), n)]
    tables = [rows[i : i + n] for i in range(0, len(rows), n)]
    forms = [[Fraction(i == j) for j in range(len(M))] for i in range(len(M))]
    forms += [[(i == k) - Fraction(i == K + j) for i in range(len(M))] for j, k in enumerate(solved)]
    for one in further:
        depends(one, operators(problem, one.face)[0], Q, (onto, [y, *mean]))
        for k, c in enumerate(one.activation):
            forms[k] = [a - c * b for a, b in zip(forms[k], one.weight)]
        forms.append(one.weight)
    whole, both = [kernel.over_one(form)[0] for form in forms], (tables[-2], tables[-1])
    right = apply(inside, y)
    return System(tables[: len(M)], tables[len(M) : -2], E, common * problem.q**2, whole, both, right, scaled)


def corner_of(problem: Any, inside: Any, onto: Any) -> tuple[list[Any], list[Any]]:
    """P and I - P, with H J H = (H 1) (H 1)^T of a ridge, in the unit of the Q_k; and H 1 if there is one."""
    mean = [apply(onto, [Fraction(1)] * problem.n)] * problem.ridge
    outside = [[(i == j) - a for j, a in enumerate(row)] for i, row in enumerate(inside)]
    for ones in mean:
        outside = [[a + u * v for a, v in zip(row, ones)] for row, u in zip(outside, ones)]
    return [[[problem.q**2 * x for x in row] for row in square] for square in (inside, outside)], mean


def depends(one: Dependent, square: Any, Q: list[Any], within_: Any) -> None:
    """D = Q_f - sum c_k Q_k has H D y = 0 and H D H Q_k = 0 (beside a ridge H D H 1 = 0), and the c_k add up to 1."""
    onto, known = within_
    images, nothing = [*known, *(apply(onto, row) for other in Q for row in other)], sum(one.activation) == 1
    rows = [[a - kernel.dot(one.activation, others) for a, *others in zip(*rows)] for rows in zip(square, *Q)]
    for v in images:
        kernel.tick()
        nothing = nothing and not any(apply(onto, [kernel.dot(row, v) for row in rows]))
    kernel.need(nothing, "a dependent neuron depends on the others for every lambda")


def off_space(system: System, free: Matrix, ridge: bool) -> Matrix:
    """An orthogonal basis of what is orthogonal to V: see the lemma (space) of path.py."""
    off, span, n = kernel.orthogonal([*free, *system.E]), Matrix(), len(system.y)
    waiting, maps = [kernel.over_one(system.y)[0]], [*system.Q, [[1] * n] * n] if ridge else system.Q
    while waiting:
        kernel.tick()
        found = orthogonal_part([*off, *span], waiting.pop())
        span += found
        kernel.moderate(n * n, span)
        waiting += [[kernel.dot(row, v) for row in square] for v in found for square in maps]
    return complement(span, n)


def complement(span: Matrix, n: int) -> Matrix:
    """An orthogonal basis of what is orthogonal to an orthogonal list."""
    rest = Matrix()
    for unit in ([int(i == j) for j in range(n)] for i in range(n)):
        rest += orthogonal_part([*span, *rest], unit)
    return rest


def factors(system: System, off: Matrix, numbers: list[int], forms: Any) -> bool:
    """Whether nu.(Q_k - Q_l) nu is a multiple, not 0, of (e.nu)(g.nu) for all nu that are orthogonal to a list."""
    space, (i, j) = complement(off, len(system.y)), numbers
    D = [[a - b for a, b in zip(*rows)] for rows in zip(system.Q[i], system.Q[j])]
    e, g = ([kernel.dot(o, form) for o in space] for form in forms)
    square = [kernel.dot(o, [kernel.dot(row, v) for row in D]) for o in space for v in space]
    product_ = [a * d + b * c for a, b in zip(e, g) for c, d in zip(e, g)]
    first = next((at for at, v in enumerate(product_) if v), None)
    if first is None or not square[first]:
        return False
    return all(a * product_[first] == b * square[first] for a, b in zip(square, product_))


def apply(table: Any, v: Any) -> list[Fraction]:
    """A matrix times a vector."""
    return [kernel.dot(row, v) for row in table]


def transposed(table: Any) -> list[list[Any]]:
    """Rows as columns."""
    return [list(column) for column in zip(*table)]


def basis(vectors: Any) -> Matrix:
    """Orthogonal integer vectors with the same span."""
    found: Matrix = kernel.orthogonal([kernel.over_one([Fraction(x) for x in v])[0] for v in vectors])
    return found


def modulo(n: int, vectors: Any) -> list[list[Fraction]]:
    """The projection onto what is orthogonal to some vectors."""
    table = [[Fraction(i == j) for j in range(n)] for i in range(n)]
    for o in basis(vectors):
        table = [[a - Fraction(x * z, kernel.dot(o, o)) for a, z in zip(row, o)] for row, x in zip(table, o)]
    return table


def split_off(asked: Any, spans: Any, y: list[Fraction]) -> list[list[Fraction]]:
    """The projection onto a span; what is left of y acts on no direction (of a list: X^T D y_N = 0 for all D)."""
    outside, rows = modulo(asked.base.n, spans), asked.base.rows
    rest = kernel.over_one(apply(outside, y))[0]
    lines = kernel.lines_of(rows, 1, rest)
    acts = any([*lines.C, *lines.linear])
    if asked.blocks is not None:
        kept = [[v * int(bit) for v, bit in zip(rest, block)] for block in asked.blocks]
        acts = any(kernel.dot(column, v) for v in kept for column in zip(*rows))
    kernel.need(not acts, "what no neuron fits acts on no direction")
    return [[(i == j) - a for j, a in enumerate(row)] for i, row in enumerate(outside)]


def orthogonal_part(span: Matrix, v: list[int]) -> Matrix:
    """What v adds to an orthogonal list, as a primitive vector; nothing if it lies in the span."""
    rest = kernel.reduced(v, span)
    common = gcd(*rest)
    return [[x // common for x in rest]] if common else []


def product(A: Matrix, B: Matrix) -> Matrix:
    """A B."""
    columns, rows = list(zip(*B)), Matrix()
    for row in A:
        kernel.tick()
        rows.append([kernel.dot(row, column) for column in columns])
    return rows


def near_inverse(J: Matrix, scale: int) -> Matrix:
    """Integers near 2^BITS (J / scale)^-1, by elimination; any other matrix would be as sound."""
    size = len(J)
    table = [
        [(v << BITS) // scale for v in row] + [(i == j) << BITS for j in range(size)]
        for i, row in enumerate(J)
    ]
    for j in range(size):
        kernel.tick()
        top = max(range(j, size), key=lambda i: abs(table[i][j]))
        table[j], table[top] = table[top], table[j]
        pivot = table[j][j]
        kernel.need(pivot != 0, "the system of a chord is regular at its middle")
        table[j] = [(v << BITS) // pivot for v in table[j]]
        for i in (i for i in range(size) if i != j):
            factor = table[i][j]
            table[i] = [v - (factor * w >> BITS) for v, w in zip(table[i], table[j])]
    return [row[size:] for row in table]


def up(value: int, scale: int) -> int:
    """An upper bound of |value| / scale on the grid."""
    return -(-(abs(value) << GRID) // scale)


def tube_around(system: System, a: Node, b: Node) -> list[int]:
    """r on the grid, after the lemma."""
    q, nodes = system.q, [Fraction(v, node.N) for node in (a, b) for v in (*node.m, *node.weights)]
    flat, T = kernel.over_one([*nodes, *system.y, a.lam, b.lam])
    n, size = len(system.y), len(system.y) + len(system.M)
    whole = [row for square in (*system.M, *system.corner) for row in square]
    kernel.moderate(3 * size**2 + n * size * len(system.M), [flat], whole)
    u, v, y, (la, lb) = flat[:size], flat[size : 2 * size], flat[2 * size : -2], flat[-2:]
    D, both, s = [t - r for r, t in zip(u, v)], [t + r for r, t in zip(u, v)], 2 * T * q
    J0 = system.jacobian(la + lb, 2 * T, both[:n], both[n:])  # over s, as J1
    J1 = system.jacobian(2 * (lb - la), 0, [2 * x for x in D[:n]], [2 * x for x in D[n:]])
    Y0 = near_inverse(J0, s)
    turned = product(Y0, J1)
    Y1 = [[-x // (s << BITS) for x in row] for row in product(turned, Y0)]
    ends = ((u, la), (v, lb))
    F = [[s * x + z for x, z in zip(system.last(w), system.quadratic(w, lam, T, y))] for w, lam in ends]
    bend, unit = system.quadratic(D, lb - la, 0, [0] * n), s << BITS
    fixed = []
    for i, rows in enumerate(zip(product(Y0, J0), product(Y1, J0), turned, product(Y1, J1))):
        parts = enumerate(zip(*rows))
        fixed.append(
            [
                up(4 * abs(unit * (i == j) - p) + 2 * abs(t + z) + abs(w), 4 * unit)
                for j, (p, t, z, w) in parts
            ]
        )
    m = []
    for p, t in zip(Y0, Y1):
        at_ends = sum(8 * abs(kernel.dot(p, f)) + 4 * abs(kernel.dot(t, f)) for f in F)
        m.append(up(at_ends + 2 * abs(kernel.dot(p, bend)) + abs(kernel.dot(t, bend)), 8 * unit * T))
    tops = [[row[:n] for row in Y] for Y in (Y0, Y1)]
    turned_M = []
    for square in system.M:
        pairs = zip(*(product(top, square) for top in tops))
        turned_M.append([[up(2 * abs(x) + abs(z), q << BITS + 1) for x, z in zip(*rows)] for rows in pairs])
    squares = slice(n, n + len(system.Q))
    loose = [
        [up(2 * abs(x) + abs(z), 2 << BITS) for x, z in zip(u[squares], v[squares])] for u, v in zip(Y0, Y1)
    ]
    return radius(system, fixed, (turned_M, loose), m)


def radius(system: System, fixed: Matrix, loose: tuple[list[Matrix], Matrix], m: list[int]) -> list[int]:
    """An r with C(r) r + m < r."""
    Q = [[[up(x, system.q) for x in row] for row in square] for square in system.Q]
    r, (W, V) = [2 * x + (1 << GRID // 2) for x in m], loose
    n, most = len(m) - len(W), max(r) << GRID
    for _ in range(ROUNDS):
        kernel.tick()
        if max(r) > most:  # r would square in each round
            break
        norms = [kernel.dot(r[:n], [kernel.dot(row, r[:n]) for row in square]) for square in Q]
        norms = [-(-x >> 2 * GRID) for x in norms]
        moved = [[2 * b * kernel.dot(row, r[:n]) for row in square] for b, square in zip(r[n:], W)]
        near = [-(-sum(parts) >> 2 * GRID) for parts in zip(*moved)] or [0] * len(m)
        sums = [kernel.dot(f, r) + kernel.dot(v, norms) for f, v in zip(fixed, V)]
        image = [-(-x >> GRID) + y + z for x, y, z in zip(sums, near, m)]
        if all(s < t for s, t in zip(image, r)):
            return r
        r = [max(2 * s, t) for s, t in zip(image, r)]
    raise kernel.Rejected("a tube around each chord holds one root for every lambda")
