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
# affine in lambda.

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
        words = "%s, lambda from %s to %s, ReLU, all activation patterns; fingerprint %s"
        return words % (size, shown(self.low), shown(self.high), self.sha256[:12])


def problem_of(spec: Any) -> Problem:
    """Read what a file is about."""
    fields(spec, "problem", "X y from to gated patterns")
    low, high = kernel.rational(spec["from"], "from"), kernel.rational(spec["to"], "to")
    usable(0 < low < high, "a path needs 0 < from < to")
    plain = {key: spec[key] for key in ("X", "y", "gated", "patterns")}
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
    """lambda, and nu = m / N with weights (beta, then b) over N."""

    lam: Fraction
    N: int
    m: list[int]
    weights: list[int]


class System(NamedTuple):
    """M_j and Q_k over q, and the rows of E; `shares` says what each face is."""

    M: list[Matrix]
    Q: list[Matrix]
    E: Matrix
    q: int
    shares: list[Any]

    def jacobian(self, lam: int, one: int, nu: list[int], weights: list[int]) -> Matrix:
        """[[lambda I + sum w_j M_j, M_j nu], [Q_k nu, 0], [one E, 0]]."""
        n, wide = len(nu), len(self.M)
        table = [[lam * self.q * (i == j) for j in range(n)] for i in range(n)]
        for square, weight in zip(self.M, weights):
            table = [[a + weight * b for a, b in zip(row, other)] for row, other in zip(table, square)]
        moved = [[dot(row, nu) for row in square] for square in self.M]
        top = [row + [v[i] for v in moved] for i, row in enumerate(table)]
        below = [[dot(row, nu) for row in square] for square in self.Q] + [
            [one * x for x in row] for row in self.E
        ]
        return top + [row + [0] * wide for row in below]

    def quadratic(self, x: list[int], lam: int, y: list[int]) -> list[int]:
        """Twice F without its last part; its quadratic part if y = 0."""
        n = len(x) - len(self.M)
        moved = [[dot(row, x[:n]) for row in square] for square in self.M]
        fit = [2 * sum(b * v[i] for b, v in zip(x[n:], moved)) for i in range(n)]
        fit = [2 * lam * self.q * (a - t) + v for a, t, v in zip(x, y, fit)]
        norms = [dot(x[:n], [dot(row, x[:n]) for row in square]) - lam * lam * self.q for square in self.Q]
        return fit + norms + [0] * len(self.E)

    def last(self, x: list[int]) -> list[int]:
        """E^T nu, below zeros."""
        n = len(x) - len(self.M)
        return [0] * (n + len(self.Q)) + [dot(row, x[:n]) for row in self.E]


def system_of(problem: Any, faces: list[str], shares: list[Any]) -> System:
    """All matrices of some faces. (That the lines of a face are independent is tested in its star, too.)"""
    lines, span, M, Q, R = kernel.lines_of(problem.rows, problem.q, [0] * problem.n), Matrix(), [], [], []
    for face, share in zip(faces, shares):
        Z = sorted({k for side, (k, turn) in zip(face[1:], lines.place) if side == "0" and turn})
        duals = kernel.duals([lines.V[k] for k in Z])
        bends = [
            [Fraction(dot(a, row), dot(a, lines.V[k])) for k, a in zip(Z, duals)] for row in problem.rows
        ]
        projected = [
            [Fraction(x) - dot(bend, [lines.V[k][j] for k in Z]) for j, x in enumerate(row)]
            for row, bend in zip(problem.rows, bends)
        ]
        on = [side == "+" for side in face[1:]]
        R.append([[dot(row, v) * here for v, here in zip(projected, on)] for row in problem.rows])
        Q.append([[x * here for x in row] for row, here in zip(R[-1], on)])
        part = Fraction(0) if share in (None, "solved") else share
        M.append([[u - part * v for u, v in zip(*rows)] for rows in zip(Q[-1], R[-1])])
        for v in projected if share is not None else ():
            span += orthogonal_part(span, kernel.over_one(v)[0])
    M += [[[-x for x in row] for row in R[k]] for k, share in enumerate(shares) if share == "solved"]
    need(len(M) - len(Q) == len(span), "as many pairs are solved for as their directions have dimensions")
    flat, common = kernel.over_one([Fraction(x) for square in M + Q for row in square for x in row])
    n = problem.n
    rows = [flat[i : i + n] for i in range(0, len(flat), n)]
    tables = [rows[i : i + n] for i in range(0, len(rows), n)]
    E = [[dot(row, v) for row in problem.rows] for v in span]
    return System(tables[: len(M)], tables[len(M) :], E, common * problem.q**2, shares)


def orthogonal_part(span: Matrix, v: list[int]) -> Matrix:
    """What v adds to an orthogonal list, as a primitive vector; nothing if it lies in the span."""
    for o in span:
        v = [dot(o, o) * x - dot(o, v) * y for x, y in zip(v, o)]
    common = gcd(*v)
    return [[x // common for x in v]] if common else []


def product(A: Matrix, B: Matrix) -> Matrix:
    """A B."""
    kernel.tick()
    columns = list(zip(*B))
    return [[dot(row, column) for column in columns] for row in A]


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


def tube_around(problem: Problem, system: System, a: Node, b: Node) -> list[int]:
    """r on the grid, after the lemma."""
    q, targets = system.q, [Fraction(v, problem.base.p) for v in problem.base.targets]
    nodes = [Fraction(v, node.N) for node in (a, b) for v in (*node.m, *node.weights)]
    flat, T = kernel.over_one([*nodes, *targets, a.lam, b.lam])
    n, size = len(targets), len(targets) + len(system.M)
    u, v, y, (la, lb) = flat[:size], flat[size : 2 * size], flat[2 * size : -2], flat[-2:]
    D, both, s = [t - r for r, t in zip(u, v)], [t + r for r, t in zip(u, v)], 2 * T * q
    J0 = system.jacobian(la + lb, s, both[:n], both[n:])  # over s, as J1
    J1 = system.jacobian(2 * (lb - la), 0, [2 * x for x in D[:n]], [2 * x for x in D[n:]])
    Y0 = near_inverse(J0, s)
    turned = product(Y0, J1)
    Y1 = [[-x // (s << BITS) for x in row] for row in product(turned, Y0)]
    ends = ((u, la), (v, lb))
    F = [[s * x + z for x, z in zip(system.last(w), system.quadratic(w, lam, y))] for w, lam in ends]
    bend, unit = system.quadratic(D, lb - la, [0] * n), s << BITS
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
#   - beta_k > r and, of a pair that is solved for, b_k > r and beta_k - b_k > r, with r of the tube,
#   - f_s(u) < (lambda - rho F) |u| off the stars, whose hard lines are all that are not decided for s C_v < 0,
# then for every lambda in [a, b] the root nu* is the residual of every optimum, the neurons that reach lambda are
# these, some optimal network uses all of them, the optimal networks are, up to permutation and splitting, a polytope
# of dimension (pairs) - dim U, and all are one function.
# Proof. The tests of a star are linear in nu up to fixed margins, so they hold along the chord, and within rho of it.
# Off the stars f_s(u) is linear in nu, so f_s(u) < (lambda(t) - rho F) |u| at nu(t), and f_s(u) < lambda |u| at nu*.
# By the last equation P_k X^T nu*, which lies in U, is 0 for pairs: the opposite of z_k is -z_k. In a star f_s(u) <=
# w*.u, and |w*| = lambda by the system: so nu* is feasible, f_s(u) = lambda |u| on the rays of the w* alone, and
# f_s(w*) = lambda^2. The weights beta, b (and tau_k beta_k), over lambda, are those of a network, all positive, of fit
# y - nu*, and P = D, since the sum of weight |w*|^2 is nu*.(y - nu*): it is optimal. All optimal networks have this
# residual, so neurons along the w*, with weights that solve one linear system. J is regular, so the columns M_j nu*
# are independent; with the Q_k nu* their span holds X U, in which the R_k nu* = X z_k of all pairs lie: so the rank
# is the number of columns, and all solutions have the same beta and the same sum of b_k z_k, hence one function.
# QED
#
# A node is covered once, with the larger rho and the fewer decided lines of its two sides. A star with fewer decided
# lines is smaller, so that this shows what each side needs.


def node_of(problem: Problem, spec: Any, width: int) -> Node:
    """Read a node."""
    fields(spec, "a node", "lambda denominator nu weights")
    lam, N = kernel.rational(spec["lambda"], "lambda"), kernel.denominator(spec["denominator"])
    usable(lam > 0, "lambda must be positive")
    m, weights = (
        kernel.integers(spec["nu"], "nu", problem.base.n),
        kernel.integers(spec["weights"], "weights", width),
    )
    return Node(lam, N, m, weights)


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


class Shown(NamedTuple):
    """An interval that is proved: all neurons, the dimension of the set, and both ends."""

    faces: list[str]
    dimension: int
    low: Fraction
    high: Fraction


def show_interval(problem: Problem, spec: Any) -> Shown:
    """Prove one interval."""
    fields(spec, "an interval", "faces shares nodes")
    faces = faces_of(problem, spec["faces"])
    shares = shares_of(spec["shares"], len(faces))
    tight, solved = all_faces(faces, shares), shares.count("solved")
    need(len(set(tight)) == len(tight), "no neuron is listed twice")
    nodes = [node_of(problem, one, len(faces) + solved) for one in items(spec["nodes"], "nodes")]
    usable(len(nodes) > 1, "an interval has two nodes at least")
    need(all(a.lam < b.lam for a, b in pairwise(nodes)), "the nodes are in increasing order")
    need(problem.low <= nodes[0].lam and nodes[-1].lam <= problem.high, "an interval lies between both ends")
    system = system_of(problem.base, faces, shares)
    radii, decided = [Fraction(0)] * len(nodes), [[True] * problem.base.n for _ in nodes]
    for k in range(len(nodes) - 1):
        rho, clear = show_piece(problem, tight, system, nodes[k : k + 2])
        for i in (k, k + 1):
            radii[i] = max(radii[i], rho)
            decided[i] = [x and y for x, y in zip(decided[i], clear)]
    for node, rho, clear in zip(nodes, radii, decided):
        cover_node(problem, tight, node, rho, clear)
    dimension = sum(share is not None for share in shares) - solved
    return Shown(tight, dimension, nodes[0].lam, nodes[-1].lam)


def all_faces(faces: list[str], shares: list[Any]) -> list[str]:
    """With the second neuron of every pair."""
    return sorted(faces + [opposite(face) for face, share in zip(faces, shares) if share is not None])


def show_piece(
    problem: Problem, tight: list[str], system: System, nodes: list[Node]
) -> tuple[Fraction, list[bool]]:
    """The tube between two nodes, with all its tests but the coverings: rho, and which lines are decided."""
    n, r = problem.base.n, tube_around(problem, system, *nodes)
    solved = [k for k, share in enumerate(system.shares) if share == "solved"]
    for node in nodes:
        need(all((w << GRID) > node.N * x for w, x in zip(node.weights, r[n:])), "every weight is positive")
        left = [
            (node.weights[k] - b, r[n + k] + x)
            for k, b, x in zip(solved, node.weights[len(system.Q) :], r[n + len(system.Q) :])
        ]
        need(all((w << GRID) > node.N * x for w, x in left), "both weights of every pair are positive")
    rho, lines = kernel.root(Fraction(dot(r[:n], r[:n]), 4**GRID)), []
    for node in nodes:
        lines.append(kernel.lines_of(problem.base.rows, node.N * problem.base.q, node.m))
        stars_of(problem, tight, node, lines[-1], rho)
    clear = []
    for c, d, spread in zip(lines[0].C, lines[1].C, lines[0].spread):
        most = [rho * here.unit * spread for here in lines]
        clear.append((c > most[0] and d > most[1]) or (-c > most[0] and -d > most[1]))
    return rho, clear


def stars_of(problem: Problem, tight: list[str], node: Node, lines: Any, rho: Fraction) -> list[Any]:
    """The stars of all neurons at a node, their hypotheses tested within rho."""
    here = problem.at(node.lam)
    return [kernel.star_of(here, lines, 1 if face[0] == "+" else -1, face[1:], rho) for face in tight]


def cover_node(problem: Problem, tight: list[str], node: Node, rho: Fraction, decided: list[bool]) -> None:
    """All directions off the stars, at one node."""
    lines = kernel.lines_of(problem.base.rows, node.N * problem.base.q, node.m)
    slack, far = rho * lines.unit, 1 + max(map(abs, lines.C), default=0)
    wide = ceil(far / slack)  # makes a line hard for both signs
    marked = lines._replace(spread=[x if clear else wide for x, clear in zip(lines.spread, decided)])
    stars = stars_of(problem, tight, node, lines, rho)
    kernel.cover(marked, node.lam - rho * problem.base.frobenius, stars, slack, top=node.lam)


def path_claims(problem: Problem, top: Any) -> tuple[list[str], list[str]]:
    """The sentences about all intervals, and what lies between them."""
    specs, found = items(top["intervals"], "intervals"), list[Shown]()
    usable(len(specs) > 0, "a path has one interval at least")
    for spec in specs:
        found.append(show_interval(problem, spec))
        if len(found) > 1 and found[-2].high == found[-1].low and found[-2].faces == found[-1].faces:
            found[-2:] = [found[-2]._replace(high=found[-1].high)]
    need(all(a.high < b.low for a, b in pairwise(found)), "the intervals are in increasing order")
    proved, left = [about_interval(problem, one) for one in found], []
    for below, above in pairwise(found):
        if below.faces != above.faces:
            ends = within(below.high, above.low, ROUND_FLOOR, ROUND_CEILING)
            proved.append(
                "Between lambda = %s and %s there is a breakpoint: the neurons on both sides differ." % ends
            )
    ends_of = [problem.low, *(lam for one in found for lam in one[2:]), problem.high]
    for low, high in zip(ends_of[::2], ends_of[1::2]):
        if low < high:
            words = "the optimal networks for lambda between %s and %s"
            left.append(words % within(low, high, ROUND_FLOOR, ROUND_CEILING))
    return proved, left


def within(
    low: Fraction, high: Fraction, down: str = ROUND_CEILING, upward: str = ROUND_FLOOR
) -> tuple[str, str]:
    """Two ends in 20 digits, rounded inwards unless it is said otherwise."""
    return kernel.decimal(low, down), kernel.decimal(high, upward)


def about_interval(problem: Problem, shown_: Shown) -> str:
    """What is proved of an interval."""
    faces, ends = shown_.faces, "For every lambda from %s to %s " % within(shown_.low, shown_.high)
    if not faces:
        return ends + "the zero network is the only optimal one, among all %s." % kernel.NETWORKS
    reach = "exactly %d neurons reach lambda, in the faces %s, and an optimal network uses them all; "
    if len(faces) == 1:
        reach = "exactly %d neuron reaches lambda, in the face %s, and an optimal network uses it; "
    words = ends + reach % (len(faces), " ".join(faces))
    if shown_.dimension:
        among = "the optimal networks, among all %s, are up to permutation and splitting a polytope of dimension %d, "
        return words + among % (kernel.NETWORKS, shown_.dimension) + "and all are one function on R^d."
    flat = any(side == "0" and any(row) for face in faces for side, row in zip(face[1:], problem.base.rows))
    convex = ", and the convex program over all activation patterns has exactly one solution" * (not flat)
    unique = "the optimal network, among all %s, is unique up to permutation and splitting%s."
    return words + unique % (kernel.NETWORKS, convex)


# -------------------------------------------------------------------------------- kind "bounded path"
#
# Lemma (mixture). At nodes a < b let nu_a, nu_b be feasible, w_a, w_b networks with residuals r_a, r_b and sums of
# norms R_a, R_b, and g = P - D at each. At lambda = (1 - t) a + t b the vector (1 - t) nu_a + t nu_b is feasible, the
# networks mix to one with the residual (1 - t) r_a + t r_b and a sum of norms of (1 - t) R_a + t R_b, and P - D is
# at most  (1 - t) g_a + t g_b + t (1 - t) ( (b - a)(R_a - R_b) - |r_b - r_a|^2 / 2 - |nu_b - nu_a|^2 / 2 ).
# Proof. { (nu, lambda) : nu feasible } is a convex cone. P is (1 - t) P_a + t P_b but for the bends of |r|^2 / 2 and of
# lambda R, each t (1 - t) times a product or square of differences; D likewise with |nu|^2 / 2.   QED
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
    kernel.cover(kernel.lines_of(here.rows, N * here.q, m), lam * (1 + eps), [], Fraction(0))
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
    mixed = (
        "the mixture of the two nearest of %d stored networks has an objective above the least one of all %s "
    )
    words = mixed % (len(nodes), kernel.NETWORKS) + "by at most the part %s of it." % kernel.decimal(
        gap, ROUND_CEILING
    )
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
