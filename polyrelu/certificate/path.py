#!/usr/bin/env python3
# ruff: noqa: B905, UP031 -- it runs on Python 3.9, where zip has no strict=
"""Check a proof file about a whole path (format 2, kinds "path" and "bounded path"); check.py hands such files to it.

Bare Python 3.9, no floats. It lies beside kernel.py, which it loads by its path, and whose lemmas it uses.
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

from __future__ import annotations

import copy
import hashlib
import importlib.util
import json
import os
import sys
from decimal import ROUND_CEILING, ROUND_FLOOR
from fractions import Fraction
from math import ceil, gcd
from typing import Any, NamedTuple

BITS, GRID = 256, 200  # of an approximate inverse; of all bounds
ROUNDS = 8
Matrix = list[list[int]]


def load_kernel() -> Any:
    """kernel.py as it lies beside this file; nothing else is imported from here."""
    place = os.path.join(os.path.dirname(os.path.abspath(__file__)), "kernel.py")
    spec = importlib.util.spec_from_file_location("polyrelu_kernel_of_paths", place)
    if spec is None or spec.loader is None:
        raise ImportError(place)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


kernel = load_kernel()
need, usable, fields, items, dot = kernel.need, kernel.usable, kernel.fields, kernel.items, kernel.dot


def pairwise(listed: list[Any]) -> Any:
    """Neighbours (Python 3.9 has no such function)."""
    return zip(listed, listed[1:])  # noqa: RUF007


class Problem(NamedTuple):
    """The problem (at its largest lambda), both ends, and the hash of the question."""

    base: Any
    low: Fraction
    high: Fraction
    sha256: str

    def at(self, lam: Fraction) -> Any:
        """The problem at one lambda."""
        here = copy.copy(self.base)
        here.lam = lam
        return here

    def about(self) -> str:
        """What every answer begins with."""
        n, d = self.base.n, self.base.d
        size = "%d row%s, %d column%s" % (n, "s" * (n != 1), d, "s" * (d != 1))
        words, more = (
            "%s, lambda from %s to %s, ReLU, all activation patterns%s; fingerprint %s",
            self.base.name,
        )
        more = more[len(kernel.NETWORKS) :]
        return words % (size, shown(self.low), shown(self.high), more, self.sha256[:12])


def problem_of(spec: Any) -> Problem:
    """Read what a file is about."""
    more = [key for key in ("free", "offset") if type(spec) is dict and key in spec]
    fields(spec, "problem", " ".join(["X y from to gated patterns", *more]))
    low, high = kernel.rational(spec["from"], "from"), kernel.rational(spec["to"], "to")
    usable(0 <= low < high, "a path needs 0 <= from < to")
    plain = {key: spec[key] for key in ("X", "y", "gated", "patterns", *more)}
    text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
    base = kernel.Problem({**plain, "lambda": spec["to"]})
    return Problem(base, low, high, hashlib.sha256(text.encode()).hexdigest())


def shown(x: Fraction) -> str:
    """A number for a heading."""
    near: str = kernel.decimal(x, ROUND_FLOOR)
    return str(x) if len(str(x)) <= 30 else "about " + near


# -------------------------------------------------------------------------------- a tube around a chord
#
# Let x_a, x_b be the values of (nu, beta) at the nodes a < b, x(t) = (1 - t) x_a + t x_b and lambda likewise, D the
# difference of the ends, and q(D) the quadratic part of F. Then
#     F(x(t)) = (1 - t) F_a + t F_b - t (1 - t) q(D),     J(x(t)) = J_0 + sigma J_1  with  sigma = t - 1/2.
#
# Lemma (tube). For any matrices Y_0, Y_1, with |.| taken entry by entry and r > 0, put
#     C(r) = |I - Y_0 J_0| + |Y_1 J_0 + Y_0 J_1| / 2 + |Y_1 J_1| / 4 + (|Y_0| + |Y_1| / 2) |J|(r),
#     m = |Y_0 F_a| + |Y_0 F_b| + (|Y_1 F_a| + |Y_1 F_b|) / 2 + (|Y_0 q| + |Y_1 q| / 2) / 4,
# with |J|(r) >= |J(x) - J(x(t))| for |x - x(t)| <= r. If C(r) r + m < r, then for every lambda in [a, b] the system has
# one root with |x - x(t)| <= r, and J is regular there.
# Proof. Fix t, Y = Y_0 + sigma Y_1. By the mean value theorem x - Y F(x) is within C(r) r + m of x(t) for |x - x(t)| <=
# r, and N = |I - Y J| <= C(r) has N r < r, so that the map contracts in the norm max |x_i| / r_i.   QED


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
        moved = [[dot(row, nu) for row in square] for square in self.M]
        top = [row + [v[i] for v in moved] for i, row in enumerate(table)]
        below = [[dot(row, nu) for row in square] for square in self.Q] + [
            [one * self.q * x for x in row] for row in self.E
        ]
        return top + [row + [0] * wide for row in below]

    def quadratic(self, x: list[int], lam: int, one: int, y: list[int]) -> list[int]:
        """Twice F without its last part, with y over one; its quadratic part if y = 0 and one = 0."""
        n, level = len(x) - len(self.M), one if self.scaled else lam
        moved = [[dot(row, x[:n]) for row in square] for square in self.M]
        fit = [2 * sum(b * v[i] for b, v in zip(x[n:], moved)) for i in range(n)]
        linear = [lam * dot(a, x[:n]) + one * dot(b, x[:n]) for a, b in zip(*self.corner)]
        fit = [2 * (a - level * self.q * t) + v for a, t, v in zip(linear, y, fit)]
        norms = [dot(x[:n], [dot(row, x[:n]) for row in square]) - level**2 * self.q for square in self.Q]
        return fit + norms + [0] * len(self.E)

    def last(self, x: list[int]) -> list[int]:
        """E^T nu, below zeros."""
        n = len(x) - len(self.M)
        return [0] * (n + len(self.Q)) + [dot(row, x[:n]) for row in self.E]


class Dependent(NamedTuple):
    """A further face, its activation over those of the singles, and its weight over theirs."""

    face: str
    activation: list[Fraction]
    weight: list[Fraction]


def operators(problem: Any, lines: Any, face: str) -> tuple[Any, Any, Any]:
    """Q and R of a face, and the rows of X P, times powers of q. (Its star tests that its lines are independent.)"""
    kernel.tick()
    Z = sorted({k for side, (k, turn) in zip(face[1:], lines.place) if side == "0" and turn})
    duals = kernel.duals([lines.V[k] for k in Z])
    bends = [[Fraction(dot(a, row), dot(a, lines.V[k])) for k, a in zip(Z, duals)] for row in problem.rows]
    projected = [
        [Fraction(x) - dot(bend, [lines.V[k][j] for k in Z]) for j, x in enumerate(row)]
        for row, bend in zip(problem.rows, bends)
    ]
    on = [side == "+" for side in face[1:]]
    R = [[dot(row, v) * here for v, here in zip(projected, on)] for row in problem.rows]
    return [[x * here for x in row] for row, here in zip(R, on)], R, projected


def system_of(
    problem: Any, faces: list[str], shares: list[Any], further: list[Dependent], scaled: bool = False
) -> System:
    """All matrices of some faces."""
    lines, n, K = kernel.lines_of(problem.rows, problem.q, [0] * problem.n), problem.n, len(faces)
    kernel.moderate(2 * n * n * (K + 2), problem.rows, problem.rows)
    onto, M, E, solved = modulo(n, problem.free), [], Matrix(), []
    usable(len(basis(problem.free)) == len(problem.free), "free columns are independent")
    found = [operators(problem, lines, face) for face in faces]
    Q = [square for square, _, _ in found]
    for k, ((square, R, projected), share) in enumerate(zip(found, shares)):
        part = Fraction(0) if share in (None, "solved") else share
        M.append([[u - part * v for u, v in zip(*rows)] for rows in zip(square, R)])
        for v in projected if share is not None else ():
            moved = apply(onto, [dot(row, v) for row in problem.rows])
            E += orthogonal_part(E, kernel.over_one(moved)[0])
        solved += [k] if share == "solved" else []
    M += [[[-x for x in row] for row in found[k][1]] for k in solved]
    need(len(solved) == len(E), "as many pairs are solved for as their directions have dimensions")
    if problem.free:
        M = [transposed([apply(onto, column) for column in transposed(square)]) for square in M]
    y = apply(onto, [Fraction(v, problem.p) for v in problem.targets])
    inside = (
        onto if not scaled else split_off(problem, [*E, *(apply(onto, v) for square in Q for v in square)], y)
    )
    outside = [[(i == j) - a for j, a in enumerate(row)] for i, row in enumerate(inside)]
    corner = [[[problem.q**2 * x for x in row] for row in square] for square in (inside, outside)]
    flat, common = kernel.over_one(
        [Fraction(x) for square in [*M, *Q, *corner] for row in square for x in row]
    )
    rows = [flat[i : i + n] for i in range(0, len(flat), n)]
    tables = [rows[i : i + n] for i in range(0, len(rows), n)]
    forms = [[Fraction(i == j) for j in range(len(M))] for i in range(len(M))]
    forms += [[(i == k) - Fraction(i == K + j) for i in range(len(M))] for j, k in enumerate(solved)]
    for one in further:
        depends(one, operators(problem, lines, one.face)[0], Q, (onto, y))
        for k, c in enumerate(one.activation):
            forms[k] = [a - c * b for a, b in zip(forms[k], one.weight)]
        forms.append(one.weight)
    whole, both = [kernel.over_one(form)[0] for form in forms], (tables[-2], tables[-1])
    right = apply(inside, y)
    return System(tables[: len(M)], tables[len(M) : -2], E, common * problem.q**2, whole, both, right, scaled)


def depends(one: Dependent, square: Any, Q: list[Any], within_: Any) -> None:
    """D = Q_f - sum c_k Q_k has P D y = 0 and P D P Q_k = 0, and the c_k add up to 1."""
    onto, y = within_
    images, nothing = [y, *(apply(onto, row) for other in Q for row in other)], sum(one.activation) == 1
    rows = [[a - dot(one.activation, others) for a, *others in zip(*rows)] for rows in zip(square, *Q)]
    for v in images:
        kernel.tick()
        nothing = nothing and not any(apply(onto, [dot(row, v) for row in rows]))
    need(nothing, "a dependent neuron depends on the others for every lambda")


def apply(table: Any, v: Any) -> list[Fraction]:
    """A matrix times a vector."""
    return [dot(row, v) for row in table]


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
        table = [[a - Fraction(x * z, dot(o, o)) for a, z in zip(row, o)] for row, x in zip(table, o)]
    return table


def split_off(problem: Any, spans: Any, y: list[Fraction]) -> list[list[Fraction]]:
    """The projection onto a span; what is left of y acts on no direction."""
    outside = modulo(problem.n, spans)
    lines = kernel.lines_of(problem.rows, 1, kernel.over_one(apply(outside, y))[0])
    need(not any([*lines.C, *lines.linear]), "what no neuron fits acts on no direction")
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
        rows.append([dot(row, column) for column in columns])
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
        need(pivot != 0, "the system of a chord is regular at its middle")
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
    kernel.moderate(3 * size**2, [flat], [row for square in (*system.M, *system.corner) for row in square])
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
    loose = [[up(2 * abs(x) + abs(z), 2 << BITS) for x, z in zip(*rows)] for rows in zip(Y0, Y1)]
    m = []
    for p, t in zip(Y0, Y1):
        at_ends = sum(8 * abs(dot(p, f)) + 4 * abs(dot(t, f)) for f in F)
        m.append(up(at_ends + 2 * abs(dot(p, bend)) + abs(dot(t, bend)), 8 * unit * T))
    return radius(system, fixed, loose, m)


def radius(system: System, fixed: Matrix, loose: Matrix, m: list[int]) -> list[int]:
    """An r with C(r) r + m < r."""
    M, Q = (
        [[[up(x, system.q) for x in row] for row in square] for square in part]
        for part in (system.M, system.Q)
    )
    r, n = [2 * x + (1 << GRID // 2) for x in m], len(m) - len(M)
    for _ in range(ROUNDS):
        moved = [[dot(row, r[:n]) for row in square] for square in M]
        near = [2 * sum(b * v[i] for b, v in zip(r[n:], moved)) for i in range(n)]
        near += [dot(r[:n], [dot(row, r[:n]) for row in square]) for square in Q] + [0] * len(system.E)
        near = [-(-x >> 2 * GRID) for x in near]
        image = [-(-(dot(f, r) + dot(g, near)) >> GRID) + x for f, g, x in zip(fixed, loose, m)]
        if all(s < t for s, t in zip(image, r)):
            return r
        r = [max(2 * s, t) for s, t in zip(image, r)]
    raise kernel.Rejected("a tube around each chord holds one root for every lambda")


# -------------------------------------------------------------------------------- an interval
#
# Lemma (interval). On [a, b] let rho bound |nu* - nu(t)| over the tube. Call a line decided if C_v has one sign, with
# the margin of kernel.py, at both ends; as C_v is linear in nu, it has that sign at every nu* of the tube. If at both
# ends
#   - each neuron (a single, or either of a pair) passes the tests of its star (kernel.py) with the radius rho,
#   - all weights are positive in the tube: beta_k (less c_k times the weight of each face that depends on it), b_k and
#     beta_k - b_k of a pair that is solved for, and those of dependent faces,
#   - f_s(u) < (lambda - rho F) |u| off the stars, whose hard lines are all that are not decided for s C_v < 0,
# then for every lambda in [a, b] the root nu* is the residual of every optimum, the neurons that reach lambda are
# these, some optimal network uses all of them, the optimal networks are, up to permutation and splitting, a polytope
# of dimension (pairs) - dim U + (dependent faces), and, if no face is dependent and no column free, all are one
# function. (With free columns dim X U modulo these stands for dim U; their coefficients make up the rest of the fit.)
# Proof. The tests of a star are linear in nu up to fixed margins, so they hold along the chord, and within rho of it.
# Off the stars f_s(u) is linear in nu, so f_s(u) < (lambda(t) - rho F) |u| at nu(t), and f_s(u) < lambda |u| at nu*.
# By the last equation P_k X^T nu*, which lies in U, is 0 for pairs: the opposite of z_k is -z_k. In a star f_s(u) <=
# w*.u, and |w*| = lambda by the system: so nu* is feasible, f_s(u) = lambda |u| on the rays of the w* alone, and
# f_s(w*) = lambda^2. The weights beta, b (and tau_k beta_k), over lambda, are those of a network, all positive, of fit
# y - nu*, and P = D, since the sum of weight |w*|^2 is nu*.(y - nu*): it is optimal. All optimal networks have this
# residual, so neurons along the w*, with weights that solve one linear system. J is regular, so the columns M_j nu*
# are independent; with the Q_k nu* their span holds X U, in which the R_k nu* = X z_k of all pairs lie: so the rank
# is the number of columns, and all solutions have the same beta and the same sum of b_k z_k, hence one function.
# For a dependent face let D = Q_f - sum c_k Q_k. Since D y = 0 and D Q_k = 0, and lambda (y - nu*) is a sum of Q_k
# nu*, also D nu* = 0: so |z_f|^2 = nu*.Q_f nu* = sum c_k lambda^2 = lambda^2, its activation is the sum of c_k Q_k nu*,
# and giving it a weight takes c_k times that from beta_k. The rank stays the same.   QED
#
# Lemma (scaled). On [0, b] let all this be shown of eta, with 1 for lambda, and let y_N = (I - P) y act on nothing:
# y_N.(X u)_+ = 0 for every u. Then for every lambda in (0, b] the same holds of nu = lambda eta + y_N, and as lambda
# falls to 0 the sum of the norms of optimal networks tends to the sum of the beta at 0, the least such sum among all
# networks that fit best.
# Proof. All terms of F but (I - P) eta lie in V: so eta* lies in V. As A_k y_N = 0, E^T y_N = 0 and y_N is orthogonal
# to V, lambda eta* + y_N solves the system above, with the same beta, b; and f_s(u) at nu is lambda times that at
# eta. The residual tends to y_N, which is orthogonal to all activations: the limit fits best. A network w that fits
# best has P(w) >= the optimum, and no smaller residual than the optimum's: so its sum of norms is no less.   QED
#
# A node is covered once, with the larger rho and the fewer decided lines of its two sides. A star with fewer decided
# lines is smaller, so that this shows what each side needs.


def node_of(problem: Problem, spec: Any, width: int, scaled: bool) -> Node:
    """Read a node."""
    name = "eta" if scaled else "nu"
    fields(spec, "a node", "lambda denominator weights " + name)
    lam, N = kernel.rational(spec["lambda"], "lambda"), kernel.denominator(spec["denominator"])
    usable(lam > 0 or (scaled and lam == 0), "lambda must be positive")
    m, weights = (
        kernel.integers(spec[name], name, problem.base.n),
        kernel.integers(spec["weights"], "weights", width),
    )
    return Node(lam, N, m, weights, Fraction(1) if scaled else lam)


def faces_of(problem: Problem, spec: Any) -> list[str]:
    """Read faces."""
    faces: list[str] = items(spec, "faces")
    for face in faces:
        spelt = type(face) is str and len(face) == problem.base.n + 1 and set(face) <= set("+-0")
        usable(spelt and face[0] != "0", "a face is a sign and %d characters + - 0" % problem.base.n)
    need(faces == sorted(set(faces)), "the faces are sorted, each once")
    return faces


def shares_of(spec: Any, width: int) -> list[Any]:
    """For each face None (a single), "solved" or a part between 0 and 1."""
    found = [
        share if share in (None, "solved") else kernel.rational(share, "a share")
        for share in items(spec, "shares", width)
    ]
    need(all(share in (None, "solved") or 0 < share < 1 for share in found), "a share lies between 0 and 1")
    return found


def opposite(face: str) -> str:
    """The other neuron of a pair."""
    return face[0] + face[1:].translate({ord("+"): "-", ord("-"): "+"})


def further_of(problem: Problem, spec: Any, shares: list[Any]) -> list[Dependent]:
    """Read dependent faces."""
    found, width = list[Dependent](), len(shares)
    for one in items(spec, "dependent"):
        fields(one, "a dependent face", "face activation weight")
        numbers = [
            [kernel.rational(x, key) for x in items(one[key], key, width)] for key in ("activation", "weight")
        ]
        found.append(Dependent(faces_of(problem, [one["face"]])[0], *numbers))
    usable(not found or not any(shares), "dependent faces stand beside singles")
    return found


class Shown(NamedTuple):
    """An interval that is proved: all neurons, the dimension of the set, both ends, and the limit at 0."""

    faces: list[str]
    dimension: int
    one: bool  # all are one function
    low: Fraction
    high: Fraction
    limit: tuple[Fraction, Fraction] | None


def show_interval(problem: Problem, spec: Any) -> Shown:
    """Prove one interval."""
    more = " dependent" * (type(spec) is dict and "dependent" in spec)
    fields(spec, "an interval", "faces shares nodes" + more)
    faces = faces_of(problem, spec["faces"])
    shares = shares_of(spec["shares"], len(faces))
    further, solved = further_of(problem, spec.get("dependent", []), shares), shares.count("solved")
    tight, listed = all_faces(faces, shares, further), items(spec["nodes"], "nodes")
    need(len(set(tight)) == len(tight), "no neuron is listed twice")
    usable(len(listed) > 1, "an interval has two nodes at least")
    scaled = type(listed[0]) is dict and "eta" in listed[0]
    nodes = [node_of(problem, one, len(faces) + solved, scaled) for one in listed]
    need(all(a.lam < b.lam for a, b in pairwise(nodes)), "the nodes are in increasing order")
    need(problem.low <= nodes[0].lam and nodes[-1].lam <= problem.high, "an interval lies between both ends")
    system = system_of(problem.base, faces, shares, further, scaled)
    radii, decided, limit = [Fraction(0)] * len(nodes), [[True] * problem.base.n for _ in nodes], None
    for k in range(len(nodes) - 1):
        piece = show_piece(problem, tight, system, nodes[k : k + 2])
        for i in (k, k + 1):
            radii[i] = max(radii[i], piece.rho)
            decided[i] = [x and y for x, y in zip(decided[i], piece.decided)]
        if not nodes[k].lam:
            limit = limit_of(system, nodes[k], piece.r)
    for node, rho, clear in zip(nodes, radii, decided):
        cover_node(problem, tight, node, rho, clear)
    dimension = len(tight) - len(faces) - solved
    return Shown(tight, dimension, not (further or problem.base.free), nodes[0].lam, nodes[-1].lam, limit)


def all_faces(faces: list[str], shares: list[Any], further: list[Dependent]) -> list[str]:
    """With the second neuron of every pair, and dependent ones."""
    second = [opposite(face) for face, share in zip(faces, shares) if share is not None]
    return sorted(faces + second + [one.face for one in further])


class Proved(NamedTuple):
    """A piece: rho, which lines are decided, and the tube."""

    rho: Fraction
    decided: list[bool]
    r: list[int]


def show_piece(problem: Problem, tight: list[str], system: System, nodes: list[Node]) -> Proved:
    """The tube between two nodes, with all its tests but the coverings."""
    n, r = len(system.y), tube_around(system, *nodes)
    for node in nodes:
        clear = [
            (dot(form, node.weights) << GRID) > node.N * dot(map(abs, form), r[n:]) for form in system.forms
        ]
        need(all(clear), "every weight is positive")
    rho, lines = kernel.root(Fraction(dot(r[:n], r[:n]), 4**GRID)), []
    for node in nodes:
        lines.append(kernel.lines_of(problem.base.rows, node.N * problem.base.q, node.m))
        stars_of(problem, tight, node, lines[-1], rho)
    decided = []
    for c, d, spread in zip(lines[0].C, lines[1].C, lines[0].spread):
        most = [rho * here.unit * spread for here in lines]
        decided.append((c > most[0] and d > most[1]) or (-c > most[0] and -d > most[1]))
    return Proved(rho, decided, r)


def limit_of(system: System, node: Node, r: list[int]) -> tuple[Fraction, Fraction]:
    """The sum of the beta at a node: its own tube holds a root, which lies in that of the chord if it is no wider."""
    n, K, own = len(system.y), len(system.Q), tube_around(system, node, node)
    near = own if all(a <= b for a, b in zip(own, r)) else r
    total, apart = Fraction(sum(node.weights[:K]), node.N), Fraction(sum(near[n : n + K]), 1 << GRID)
    return total - apart, total + apart


def stars_of(problem: Problem, tight: list[str], node: Node, lines: Any, rho: Fraction) -> list[Any]:
    """The stars of all neurons at a node, their hypotheses tested within rho."""
    here = problem.at(node.level)
    return [kernel.star_of(here, lines, 1 if face[0] == "+" else -1, face[1:], rho) for face in tight]


def cover_node(problem: Problem, tight: list[str], node: Node, rho: Fraction, decided: list[bool]) -> None:
    """All directions off the stars, at one node."""
    lines = kernel.lines_of(problem.base.rows, node.N * problem.base.q, node.m)
    slack, far = rho * lines.unit, 1 + max(map(abs, lines.C), default=0)
    wide = ceil(far / slack)  # makes a line hard for both signs
    marked = lines._replace(spread=[x if clear else wide for x, clear in zip(lines.spread, decided)])
    stars = stars_of(problem, tight, node, lines, rho)
    kernel.cover(marked, node.level - rho * problem.base.frobenius, stars, slack, top=node.level)


def path_claims(problem: Problem, top: Any) -> tuple[list[str], list[str]]:
    """The sentences about all intervals, and what lies between them."""
    usable(not problem.base.offset, "a path with a free hidden bias has bounds, not intervals")
    specs, found = items(top["intervals"], "intervals"), list[Shown]()
    usable(len(specs) > 0, "a path has one interval at least")
    for spec in specs:
        found.append(show_interval(problem, spec))
        if len(found) > 1 and found[-2].high == found[-1].low and found[-2].faces == found[-1].faces:
            one = found[-2].one and found[-1].one
            found[-2:] = [found[-2]._replace(high=found[-1].high, one=one)]
    need(all(a.high < b.low for a, b in pairwise(found)), "the intervals are in increasing order")
    proved, left = [about_interval(problem, one) for one in found], []
    for below, above in pairwise(found):
        if below.faces != above.faces:
            ends = within(below.high, above.low, ROUND_FLOOR, ROUND_CEILING)
            proved.append(
                "Between lambda = %s and %s there is a breakpoint: the neurons on both sides differ." % ends
            )
    if found[0].faces and found[0].limit:
        proved.append(
            "As lambda falls to 0 the sum of the norms of optimal networks tends to a number between %s and %s, the "
            "least one among all networks that fit best."
            % within(*found[0].limit, ROUND_FLOOR, ROUND_CEILING)
        )
    ends_of = [problem.low, *(lam for one in found for lam in (one.low, one.high)), problem.high]
    for low, high in zip(ends_of[::2], ends_of[1::2]):
        if low < high:
            words = "the optimal networks for lambda between %s and %s"
            left.append(words % within(low, high, ROUND_FLOOR, ROUND_CEILING))
    return proved, left


def within(
    low: Fraction, high: Fraction, down: str = ROUND_CEILING, upward: str = ROUND_FLOOR
) -> tuple[str, str]:
    """Two ends in 20 digits, rounded inwards unless it is said otherwise; exactly where nothing would be left."""
    ends = kernel.decimal(low, down), kernel.decimal(high, upward)
    return ends if Fraction(ends[0]) <= Fraction(ends[1]) else (str(low), str(high))


def about_interval(problem: Problem, shown_: Shown) -> str:
    """What is proved of an interval."""
    faces, ends = shown_.faces, "For every lambda from %s to %s " % within(shown_.low, shown_.high)
    if not shown_.low:
        ends = "For every lambda > 0 up to %s " % within(shown_.low, shown_.high)[1]
    name: str = problem.base.name
    if not faces:
        none = "no optimal network, among all %s, has a neuron." if problem.base.free else ""
        return ends + (none or "the zero network is the only optimal one, among all %s.") % name
    reach = "exactly %d neurons reach lambda, in the faces %s, and an optimal network uses them all; "
    if len(faces) == 1:
        reach = "exactly %d neuron reaches lambda, in the face %s, and an optimal network uses it; "
    words = ends + reach % (len(faces), " ".join(faces))
    if shown_.dimension:
        among = "the optimal networks, among all %s, are up to permutation and splitting a polytope of dimension %d, "
        words += among % (name, shown_.dimension) + "and all are one function on R^d."
        return words if shown_.one else words.replace(", and all are one function on R^d.", ".")
    flat = any(side == "0" and any(row) for face in faces for side, row in zip(face[1:], problem.base.rows))
    convex = ", and the convex program over all activation patterns has exactly one solution" * (not flat)
    unique = "the optimal network, among all %s, is unique up to permutation and splitting%s."
    return words + unique % (name, convex)


# -------------------------------------------------------------------------------- kind "bounded path"
#
# Lemma (mixture). At nodes a < b let nu_a, nu_b be feasible, w_a, w_b networks with residuals r_a, r_b and sums of
# norms R_a, R_b, and g = P - D at each. At lambda = (1 - t) a + t b the vector (1 - t) nu_a + t nu_b is feasible, the
# networks mix to one with the residual (1 - t) r_a + t r_b and a sum of norms of (1 - t) R_a + t R_b, and P - D is
# at most  (1 - t) g_a + t g_b + t (1 - t) ( (b - a)(R_a - R_b) - |r_b - r_a|^2 / 2 - |nu_b - nu_a|^2 / 2 ).
# Proof. { (nu, lambda) : nu feasible } is a convex cone. P is (1 - t) P_a + t P_b but for the bends of |r|^2 / 2 and of
# lambda R, each t (1 - t) times a product or square of differences; D likewise with |nu|^2 / 2. (Coefficients of free
# columns are mixed as well, and nu stays orthogonal to these; with an offset |w| leaves out the bias.)   QED
# The optimum grows with lambda, so that a gap over the lower bound at a is one relative to the optimum in between.


class Bounds(NamedTuple):
    """A node of a bounded path: lambda, t nu, the residual, the sum of norms, the gap and the lower bound."""

    lam: Fraction
    nu: list[Fraction]
    residual: list[Fraction]
    total: Fraction
    gap: Fraction
    lower: Fraction


def bounds_of(problem: Problem, spec: Any) -> Bounds:
    """Prove the bounds at a node."""
    fields(spec, "a node", "lambda nu eps t network")
    lam, (eps, t) = (
        kernel.rational(spec["lambda"], "lambda"),
        (kernel.rational(spec[key], key) for key in ("eps", "t")),
    )
    usable(lam > 0 and eps >= 0 and 0 <= t * (1 + eps) <= 1, "eps and t must satisfy 0 <= t <= 1 / (1 + eps)")
    here, nu = problem.at(lam), fields(spec["nu"], "nu", "denominator numerators")
    N, m = kernel.denominator(nu["denominator"]), kernel.integers(nu["numerators"], "nu", here.n)
    network = kernel.network_of(here, spec["network"])
    dual = [t * Fraction(x, N) for x in m]
    gap, _ = kernel.bound_of(here, [*dual, Fraction(0)], network)
    need(not any(dot(b, m) for b in here.free), "nu is orthogonal to the free columns")
    kernel.show_feasible(here, (N, m), lam * (1 + eps), [], Fraction(0))
    lower = sum((Fraction(y, here.p) * v - v * v / 2 for y, v in zip(here.targets, dual)), Fraction(0))
    return Bounds(lam, dual, list(network.residual), sum(network.lengths, Fraction(0)), gap, lower)


def gap_between(a: Bounds, b: Bounds) -> Fraction:
    """The largest gap between two nodes, relative to the lower bound at the first."""
    apart = [u - v for u, v in zip((*b.residual, *b.nu), (*a.residual, *a.nu))]
    bend, largest = (b.lam - a.lam) * (a.total - b.total) - dot(apart, apart) / 2, max(a.gap, b.gap)
    if bend > abs(b.gap - a.gap):  # the parabola has its top inside
        t = (bend + b.gap - a.gap) / (2 * bend)
        largest = (1 - t) * a.gap + t * b.gap + t * (1 - t) * bend
    need(largest == 0 or a.lower > 0, "the lower bound of a node is positive")
    return largest / a.lower if largest else Fraction(0)


def bounded_claims(problem: Problem, top: Any) -> tuple[list[str], list[str]]:
    """The sentences of a bounded path."""
    nodes = [bounds_of(problem, spec) for spec in items(top["nodes"], "nodes")]
    usable(len(nodes) > 1, "a path has two nodes at least")
    need(all(a.lam < b.lam for a, b in pairwise(nodes)), "the nodes are in increasing order")
    whole = nodes[0].lam == problem.low and nodes[-1].lam == problem.high
    need(whole, "the first and the last node are the ends of the path")
    gap = max(gap_between(a, b) for a, b in pairwise(nodes))
    words = "a mixture of the next stored network below and the next above, of %d, has an objective above the least of "
    words += "all %s by at most the part %s of it."
    words %= (len(nodes), problem.base.name, kernel.decimal(gap, ROUND_CEILING))
    proved = ["For every lambda from %s to %s " % within(problem.low, problem.high) + words]
    for name, node in (("smallest", nodes[0]), ("largest", nodes[-1])):
        ends = within(node.lower, node.lower + node.gap, ROUND_FLOOR, ROUND_CEILING)
        proved.append("At the %s lambda the least objective lies between %s and %s." % (name, *ends))
    return proved, ["the neurons of optimal networks, and breakpoints"]


# -------------------------------------------------------------------------------- the whole file


KINDS = {"path": "intervals", "bounded path": "nodes"}


def proved_by(document: Any) -> tuple[list[str], list[str]]:
    """The sentences that a document proves, whatever it claims, and what it leaves out."""
    kind: Any = document.get("kind") if type(document) is dict else None
    usable(kind in KINDS, "not a file about a path: its kind must be path or bounded path")
    keys = "format version kind problem problem_sha256 claims left_out " + KINDS[kind]
    top = fields(document, "the file", keys)
    version = top["format"] == "polyrelu-proof" and top["version"] == 2 and type(top["version"]) is int
    usable(version, "not a file of format polyrelu-proof, version 2")
    problem = problem_of(top["problem"])
    need(problem.sha256 == top["problem_sha256"], "the SHA-256 of the problem is " + problem.sha256)
    return path_claims(problem, top) if kind == "path" else bounded_claims(problem, top)


def check(document: Any) -> tuple[list[str], list[str]]:
    """The sentences that a document claims, all proved, and what it says that it leaves out."""
    proved, left = proved_by(document)
    need(document["claims"] == proved, "the claims are what was proved: " + " ".join(proved))
    need(document["left_out"] == left, "what is left out is told: " + "; ".join(left))
    return proved, left
