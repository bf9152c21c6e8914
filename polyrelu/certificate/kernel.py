#!/usr/bin/env python3
# ruff: noqa: B905, UP031 -- it runs on Python 3.9, where zip has no strict=
"""Check a polyrelu kernel file (proof format 2) with bare Python (3.9 or newer, standard library only):

    python3 -I kernel.py FILE [--seconds N]

Exit status: 0 accepted, 1 rejected (the step is named), 2 unusable. -I: nothing beside this file is imported.
"""

# Given rows x_1..x_n in R^d, targets y and lambda > 0, the objective of a two-layer ReLU network of any
# width, its neurons scaled to signs s_k = 1 or -1 and vectors w_k, is
#     P(w) = 1/2 |y - fit|^2 + lambda sum |w_k|,      fit_i = sum_k s_k (x_i.w_k)_+ .
# A file holds X, y, lambda, a rational nu, a rational network w, and the sentences it claims. Nothing in it
# is believed. All numbers are integers and fractions; what may be chosen freely is chosen here, by a fixed
# rule. For s = 1, -1 put f_s(u) = s sum_i nu_i (x_i.u)_+ ; *nu is feasible* if f_s(u) <= lambda |u| for all
# u and both s. A problem may have free columns B, n x q: then fit_i has (B c)_i added, with any c at no cost,
# and a feasible nu satisfies B^T nu = 0 as well, so that nu.(B c) = 0 throughout.

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import stat
import sys
import time
import zlib
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from math import ceil, floor, gcd, isqrt
from operator import mul
from typing import Any, NamedTuple

MAX_BYTES, MAX_TOKENS, MAX_DIGITS = 16 * 2**20, 400_000, 4000
# Bits: of a common denominator; of all the numbers that have it; of what else a number takes.
MAX_BITS, MAX_SIZE, OVERHEAD = 2**16, 2**27, 300
DEPTH, SLOPE, ROOT = 48, 20, 600  # bits: of the finest box, of slopes, of square roots
ONE, MIXTURES, CLIMBS, ROUNDS = 1 << SLOPE, (4, 16), 2, 3


class Unusable(Exception):
    """Not a kernel file, or beyond a stated limit: nothing was decided."""


class Rejected(Exception):
    """What the file claims is false, or not proved by it: the step."""


def need(condition: object, step: str) -> None:
    """Reject unless the condition of the step holds."""
    if condition is not True:
        raise Rejected(step)


def usable(condition: object, step: str) -> None:
    """Refuse unless the file has the right form."""
    if condition is not True:
        raise Unusable(step)


_end = [float("inf")]


def tick() -> None:
    """Stop when the time allowed is over."""
    usable(time.monotonic() < _end[0], "the time allowed is over: allow more with --seconds")


# -------------------------------------------------------------------------------- reading


def load(path: str) -> Any:
    """The document; only canonical JSON of moderate size is read."""
    try:
        usable(stat.S_ISREG(os.stat(path).st_mode), "not a regular file")
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
        if data[:2] == b"\x1f\x8b":
            stream = zlib.decompressobj(31)
            data = stream.decompress(data, MAX_BYTES + 1)
            whole = len(data) > MAX_BYTES or (stream.eof and not stream.unused_data)
            usable(whole, "truncated or trailing compressed data")
    except (OSError, ValueError, zlib.error) as error:
        raise Unusable("cannot read the file: %s" % error) from None
    fits = len(data) <= MAX_BYTES and sum(map(data.count, (b",", b"[", b"{"))) <= MAX_TOKENS
    usable(fits, "larger than the limit of %d bytes and %d entries" % (MAX_BYTES, MAX_TOKENS))
    try:
        text = data.decode("ascii")
        document = json.loads(text, parse_int=lambda digits: int(digits[:9]))  # longer ones are not canonical
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n" == text
    except (ValueError, RecursionError) as error:
        raise Unusable("not a JSON document: %s" % str(error)[:200]) from None
    usable(canonical, "not in canonical form (sorted keys, each once, no spaces, one final newline)")
    return document


def fields(value: Any, where: str, keys: str, more: str = "") -> Any:
    """An object with exactly these keys, or these and one more."""
    right = type(value) is dict and sorted(value) in (sorted(keys.split()), sorted((keys + more).split()))
    usable(right, "%s must be an object with the keys %s" % (where, keys))
    return value


def items(value: Any, where: str, length: int | None = None) -> list[Any]:
    """A list, of the stated length if there is one."""
    usable(type(value) is list and length in (None, len(value)), where + " is no list of the right length")
    return list(value)


_RATIONAL = re.compile("-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?")


def rational(value: Any, where: str) -> Fraction:
    """A rational in lowest terms, written p or p/q in a string."""
    spelt = type(value) is str and len(value) <= 2 * MAX_DIGITS and _RATIONAL.fullmatch(value)
    parts = value.split("/") if spelt else []
    usable(0 < max(map(len, parts), default=0) <= MAX_DIGITS, where + ": not a rational number in a string")
    number = Fraction(*map(int, parts))
    usable(str(number) == value, where + " is not in lowest terms")
    return number


def integers(value: Any, where: str, length: int) -> list[int]:
    """Integers in strings."""
    numbers = [rational(v, where) for v in items(value, where, length)]
    usable(all(v.denominator == 1 for v in numbers), where + " must be integers")
    return [v.numerator for v in numbers]


def denominator(value: Any) -> int:
    """A positive integer."""
    number = integers([value], "a denominator", 1)[0]
    usable(number > 0, "a denominator must be positive")
    return number


class Problem:
    """X = rows / q and y = targets / p, both of integers, lambda, and the SHA-256 of its canonical JSON."""

    def __init__(self, spec: Any):
        fields(spec, "problem", "X y lambda gated patterns", " free")
        plain = spec["gated"] is False and spec["patterns"] == "cells"
        usable(plain, "a kernel file is about ReLU networks with all activation patterns")
        table = items(spec["X"], "X")
        usable(len(table) > 0 and len(items(table[0], "X")) > 0, "X is empty")
        self.n, self.d, self.lam = len(table), len(table[0]), rational(spec["lambda"], "lambda")
        usable(self.lam > 0, "lambda must be positive")
        free = items(spec.get("free", [[]] * self.n), "free", self.n)
        q = len(items(free[0], "free"))
        table = [items(a, "X", self.d) + items(b, "free", q) for a, b in zip(table, free)]
        flat, self.q = over_one([rational(v, "X or free") for row in table for v in row])
        self.rows = [flat[i : i + self.d] for i in range(0, len(flat), self.d + q)]
        self.free = [flat[i :: self.d + q] for i in range(self.d, self.d + q)]  # B, column by column, times q
        self.name = NETWORKS + " with %d free column%s" % (q, "s" * (q > 1)) * (q > 0)
        self.every = "every optimal network, among all %s, " % self.name
        self.targets, self.p = over_one([rational(v, "y") for v in items(spec["y"], "y", self.n)])
        text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
        self.sha256 = hashlib.sha256(text.encode()).hexdigest()
        self.frobenius = root(Fraction(sum(dot(row, row) for row in self.rows), self.q**2))

    def about(self) -> str:
        """What every answer begins with."""
        size = "%d row%s, %d column%s" % (self.n, "s" * (self.n != 1), self.d, "s" * (self.d != 1))
        lam = str(self.lam) if len(str(self.lam)) <= 60 else "about " + decimal(self.lam, ROUND_FLOOR)
        words = "%s, lambda = %s, ReLU, all activation patterns%s; fingerprint %s"
        return words % (size, lam, self.name[len(NETWORKS) :], self.sha256[:12])


def over_one(numbers: list[Fraction]) -> tuple[list[int], int]:
    """Numerators over one common denominator."""
    common = 1
    for x in numbers:
        tick()
        common *= x.denominator // gcd(common, x.denominator)
        usable(common.bit_length() <= min(MAX_BITS, MAX_SIZE // len(numbers)), "a denominator is too large")
    return [x.numerator * (common // x.denominator) for x in numbers], common


# -------------------------------------------------------------------------------- numbers


def root(square: Fraction) -> Fraction:
    """An upper bound of the square root, less than 2^(1 - ROOT) above it."""
    return Fraction(isqrt(ceil(square * 4**ROOT)) + 1, 2**ROOT)


def decimal(x: Fraction, rounding: str) -> str:
    """20 digits of a number, rounded down or up, whatever context the caller works in."""
    own = Context(20, rounding)
    return own.to_sci_string(own.normalize(own.divide(Decimal(x.numerator), Decimal(x.denominator))))


def dot(a: Any, b: Any) -> Any:
    """The sum of the products."""
    return sum(map(mul, a, b))


def moderate(count: int, *tables: Any) -> int:
    """The bits of the largest entries, added; refuse if so many numbers of that size are too many."""
    size = sum(max((x.bit_length() for row in table for x in row), default=0) for table in tables)
    usable(count * (size + OVERHEAD) <= 2 * MAX_SIZE, "so many numbers of this size need too much memory")
    return size


def inverse(matrix: list[list[int]]) -> list[list[Fraction]]:
    """The inverse of a Gram matrix of integer vectors; rejected if these are dependent."""
    size = len(matrix)
    moderate(size**3 // 4, matrix)
    table = [[Fraction(v) for v in (*row, *(i == j for j in range(size)))] for i, row in enumerate(matrix)]
    for j in range(size):  # the diagonal entries are pivots, in any order
        tick()
        need(table[j][j] > 0, "the lines on which a neuron vanishes are independent")
        table[j] = [v / table[j][j] for v in table[j]]
        for i in (i for i in range(size) if i != j):
            table[i] = [v - table[i][j] * w for v, w in zip(table[i], table[j])]
    return [row[size:] for row in table]


# Lemma (lines). Write x_i = c_i v / q with v a primitive integer vector, its first nonzero entry positive,
# and nu_i = m_i / N. Since (-z)_+ = (z)_+ - z, the rows of one line v add  C_v (v.u)_+ - l_v.u  to N q sum
# nu_i (x_i.u)_+, with C_v = sum m_i |c_i| and l_v = sum_(c_i < 0) m_i |c_i| v. With l the sum of the l_v,
#     N q f_s(u) = s sum_v C_v (v.u)_+ - s l.u :     one kink for each line.


class Lines(NamedTuple):
    """The lines v, their coefficients C, the linear form l, the unit N q, and where the rows are."""

    V: list[tuple[int, ...]]
    C: list[int]
    linear: list[int]
    unit: int
    spread: list[int]  # sum |c_i|: if |nu* - nu| <= rho then |C_v(nu*) - C_v(nu)| <= N rho spread
    place: list[tuple[int, int]]  # for each row its line (-1: a zero row) and the sign of c_i


def lines_of(problem: Problem, N: int, m: list[int]) -> Lines:
    """Merge the rows, for nu = m / N."""
    moderate(problem.n * problem.d, problem.rows, [m])
    number: dict[tuple[int, ...], int] = {}
    C, spread, linear, place = [0] * problem.n, [0] * problem.n, [0] * problem.d, []
    for row, weight in zip(problem.rows, m):
        c = gcd(*row) or 1
        turn = next((1 if x > 0 else -1 for x in row if x), 0)
        v = tuple(turn * x // c for x in row)
        k = number.setdefault(v, len(number)) if turn else -1
        C[k] += weight * c * abs(turn)
        spread[k] += c * abs(turn)
        linear = [a + weight * c * x for a, x in zip(linear, v)] if turn < 0 else linear
        place.append((k, turn))
    return Lines(list(number), C[: len(number)], linear, N * problem.q, spread[: len(number)], place)


# -------------------------------------------------------------------------------- the covering
#
# Lemma (majorants). Take slopes t_v in [0, 1] and G = s sum_v t_v C_v v - s l. On a set of u where every
# line with s C_v > 0 is decided (v.u >= 0 and t_v = 1, or v.u <= 0 and t_v = 0) or satisfies z - r <= v.u
# <= z + r,
#     N q f_s(u) <= G.u + Gamma,   Gamma = sum over the undecided of s C_v max(t_v (r - z), (1 - t_v)(z + r)).
# Proof. a (z)_+ <= a t z for a <= 0 and t in [0, 1], since (z)_+ >= t z. For a > 0 the function (x)_+ - t x
# of x = v.u is convex, so on [z - r, z + r] it is at most the larger of 0, t (r - z) and (1 - t)(z + r);
# these two are >= 0 if |z| <= r.   QED
#
# Lemma (leaf A). On the box |u_j - c_j| <= h_j,  (G - w).u <= (G - w).c + sum |G_j - w_j| h_j  for every w.
# If |w| <= L and this plus Gamma is negative, then N q f_s(u) < w.u <= L |u| on the box. Slopes and w are
# free: a bad choice proves nothing.
#
# Lemma (cover). The boxes u_k = +-1, |u_j| <= 1 meet every ray, the two halves of a box cover it, and
# f_s(u) and |u| are positively homogeneous. So every direction is settled once every box is, by leaf A or
# by lying in a star (of which below).
#
# Lemma (row space). f_s(u) depends only on the part of u in the span of the lines, which is not longer. Let
# o_1, ..., o_r be an orthogonal basis of the span, m_k the least integer with m_k |o_k| >= S, and u = sum x_k
# m_k o_k. Then v.u = sum x_k m_k v.o_k, and S |x| <= |u| <= (1 + max |o_k| / S) S |x|: from f_s(u) < S level
# |x| follows f_s(u) < level |u|. So r coordinates do. (The stars are told by the signs of v.u.)


class Star(NamedTuple):
    """A neuron's sign, the sign of v.u for every line (0 on Z), and its vector w."""

    sign: int
    side: list[int]
    w: list[Fraction]


class Side(NamedTuple):
    """One sign of the question: v, |v|, s C, s C v, which lines are hard; the level, and what refutes."""

    V: list[tuple[int, ...]]
    A: list[tuple[int, ...]]
    C: list[int]
    CV: list[tuple[int, ...]]
    hard: list[bool]
    level: int  # these two times N q 2^SLOPE, and S
    top: int
    basis: list[list[int]]  # m_k o_k


def cover(lines: Lines, level: Fraction, top: Fraction, stars: list[Star], slack: Fraction) -> None:
    """Prove f_s(u) < level |u| for both s and all u outside the stars."""
    basis, S = row_space(lines)
    moderate(len(lines.V) * len(basis), basis, lines.V, [lines.C])
    V = [tuple(dot(v, o) for o in basis) for v in lines.V]
    d, linear, scale = len(basis), [dot(lines.linear, o) for o in basis], lines.unit * S << SLOPE
    top *= 1 + Fraction(S > 1, 1 << DEPTH)
    need(floor(level * scale) > 0, "the level to stay below is at least one unit")
    for sign in (1, -1):
        C = [sign * c for c in lines.C]
        CV = [tuple(c * x for x in v) for c, v in zip(C, V)]
        hard = [c >= -slack * spread for c, spread in zip(C, lines.spread)]
        A = [tuple(map(abs, v)) for v in V]
        side = Side(V, A, C, CV, hard, floor(level * scale), ceil(top * scale), basis)
        mine = [star.side for star in stars if star.sign == sign]
        for k in range(2 * d):
            c, h = [0] * d, [1 << DEPTH] * d
            c[k // 2], h[k // 2] = (-1) ** k << DEPTH, 0
            settle(side, c, h, [-sign * x for x in linear], mine)


def row_space(lines: Lines) -> tuple[list[list[int]], int]:
    """The vectors m_k o_k, and S; the unit vectors and 1 where the lines span everything."""
    d, basis = len(lines.linear), list[list[int]]()
    for v in lines.V:
        rest = list(v)
        for o in basis:
            tick()
            a, b = dot(o, o), dot(o, rest)
            rest = [a * x - b * y for x, y in zip(rest, o)]
            rest = [x // c for c in [gcd(*rest) or 1] for x in rest]
        basis.extend([rest] * any(rest))
        moderate(len(basis) * d, basis[-1:])
        if len(basis) == d:
            return [[int(i == j) for j in range(d)] for i in range(d)], 1
    S = isqrt(max((dot(o, o) for o in basis), default=0)) + 1 << DEPTH
    return [[m * x for x in o] for o in basis for m in [isqrt((S * S - 1) // dot(o, o)) + 1]], S


def settle(side: Side, c: list[int], h: list[int], base: list[int], stars: list[list[int]]) -> None:
    """A box and all its halves, depth first; on the way down decided lines join the linear part."""
    rest = [(k, dot(v, c), dot(a, h)) for k, (v, a) in enumerate(zip(side.V, side.A))]
    weight, waiting = moderate(0, side.CV) + 2 * OVERHEAD, len(rest) + len(c)
    stack = [(c, h, base, rest, 0, 0, stars)]
    while stack:
        tick()
        c, h, base, rest, j, move, stars = stack.pop()
        waiting -= len(rest) + len(c)
        undecided = []
        for k, above, across in rest:  # of the box before its centre moved along j, and h_j became |move|
            z, r = above + move * side.V[k][j], across - abs(move) * side.A[k][j]
            if -r < z < r:
                undecided.append((k, z, r))
                continue
            base = [a + x for a, x in zip(base, side.CV[k])] if z > 0 else base
            if stars and side.hard[k] and z:  # where z = r = 0 the line vanishes on the box
                stars = [star for star in stars if star[k] == (1 if z > 0 else -1)]
        if (stars and not any(side.hard[k] for k, _, _ in undecided)) or leaf_a(side, c, h, base, undecided):
            continue
        j = coordinate(side, h, undecided)
        need(h[j] > 1, "every direction is settled; this one is not: " + direction(side, c))
        half = [x // 2 if i == j else x for i, x in enumerate(h)]
        for turn in (-1, 1):
            centre = [x + turn * half[j] if i == j else x for i, x in enumerate(c)]
            stack.append((centre, half, base, undecided, j, turn * half[j], stars))
        waiting += 2 * (len(undecided) + len(c))
        usable(waiting * weight <= 8 * MAX_SIZE, "the covering needs too much memory")


def leaf_a(side: Side, c: list[int], h: list[int], base: list[int], undecided: list[Any]) -> bool:
    """Whether a majorant below the level is found on the box; rejected if f is too high at its centre."""
    # Slopes: chords for positive lines; for the others the sign at the centre, mixed, a few times, with the
    # signs at the maximiser u of the majorant, which are the best slopes there.
    G, peak, gamma, bent = [a << SLOPE for a in base], [a << SLOPE for a in base], 0, []
    for k, z, r in undecided:
        t = ONE if z > 0 else 0
        peak = [g + t * x for g, x in zip(peak, side.CV[k])] if t else peak
        if side.C[k] > 0:
            t = (z + r << SLOPE) // (2 * r)
            gamma += side.C[k] * max(t * (r - z), (ONE - t) * (z + r))
        else:
            bent.append((k, t))
        G = [g + t * x for g, x in zip(G, side.CV[k])]
    value, u = bound(side, c, h, G, gamma)
    height = dot(peak, c)  # f at the centre
    exceeds = height > 0 and height**2 > side.top**2 * dot(c, c)
    need(not exceeds, "no direction exceeds the level; this one does: " + direction(side, c))
    for _ in range(ROUNDS):
        steps = [(ONE if dot(side.V[k], u) > 0 else 0) - t for k, t in bent]
        if value < 0 or not any(steps):
            break
        move = [0] * len(c)
        for (k, _), step in zip(bent, steps):
            move = [a + step * x for a, x in zip(move, side.CV[k])] if step else move
        tried = [(*bound(side, c, h, [g + a * i // 16 for g, a in zip(G, move)], gamma), i) for i in MIXTURES]
        better = min(tried, key=lambda one: one[0])
        if better[0] >= value:
            break
        value, u, i = better  # after k rounds every t is a multiple of 2^(20 - 4 k): nothing is rounded
        G = [g + a * i // 16 for g, a in zip(G, move)]
        bent = [(k, t + step * i // 16) for (k, t), step in zip(bent, steps)]
    return value < 0


def bound(side: Side, c: list[int], h: list[int], G: list[int], gamma: int) -> tuple[int, list[int]]:
    """An upper bound of (N q f_s - level |u|) 2^SLOPE on the box, and a u where G.u - level |u| is large."""
    # w = L u / (isqrt(u.u) + 1), each entry rounded towards zero, so that |w| <= L. The point u climbs: |u|
    # lies below (|u|^2 / R + R) / 2 for every R, with equality at R = |u|; the maximiser for fixed R is
    # explicit.
    u, L = c, side.level
    for _ in range(CLIMBS):
        size = isqrt(dot(u, u)) + 1
        u = [min(max(g * size // L, a - b), a + b) for g, a, b in zip(G, c, h)]
    size = isqrt(dot(u, u)) + 1
    D = [g - (x * L // size if x >= 0 else -(-x * L // size)) for g, x in zip(G, u)]
    return dot(D, c) + dot(map(abs, D), h) + gamma, u


def coordinate(side: Side, h: list[int], undecided: list[Any]) -> int:
    """Where to halve: at the largest undecided positive kinks, but no box gets 16 times longer than wide."""
    score = [0] * len(h)
    for k in (k for k, _, _ in undecided if side.C[k] > 0):
        score = [a + abs(x) * b for a, x, b in zip(score, side.CV[k], h)]
    by_kinks, by_width = (max(range(len(h)), key=values.__getitem__) for values in (score, h))
    return by_kinks if score[by_kinks] and h[by_width] <= 16 * h[by_kinks] else by_width


def direction(side: Side, c: list[int]) -> str:
    """The centre of a box, for a reader."""
    u = [dot(c, column) for column in zip(*side.basis)]
    return "(%s)" % ", ".join(str(Context(6).divide(Decimal(x), Decimal(1 << DEPTH))) for x in u)


# -------------------------------------------------------------------------------- claim: a bound
#
# Lemma (bounds). Let nu be feasible and D(nu) = y.nu - |nu|^2/2. For every network w, with residual nu_w =
# y - fit,
#     P(w) - D(nu) >= |nu_w - nu|^2 / 2.
# Proof. s_k nu.(X w_k)_+ = f_(s_k)(w_k) <= lambda |w_k|; summed over k, nu.(y - nu_w) <= lambda sum |w_k|.
# Hence P(w) - D(nu) >= |nu_w|^2/2 + nu.(y - nu_w) - y.nu + |nu|^2/2 = |nu_w - nu|^2/2.   QED
# There is an optimal network (P grows with every |w_k|, and n + 1 neurons suffice), all optimal networks
# have one residual nu*, nu* is feasible, and D(nu*) is the optimum (convex duality: Pilanci and Ergen
# 2020). So D(nu) <= optimum <= P(w) and, twice,
#     |nu* - nu|^2 + |nu* - nu_w|^2 <= 2 (P(w) - D(nu)).
# By the parallelogram law |nu* - (nu + nu_w)/2|^2 <= P(w) - D(nu) - |nu - nu_w|^2/4. If f_s(u) <= (1 + eps)
# lambda |u| for both s and all u, then t nu is feasible for 0 <= t <= 1 / (1 + eps).


class Network(NamedTuple):
    """Integer vectors over T, their signs, activations s (x.w)_+ and free columns over q T, the residual."""

    T: int
    signs: list[int]
    vectors: list[list[int]]
    columns: list[list[int]]
    residual: list[Fraction]


def network_of(problem: Problem, spec: Any) -> Network:
    """Read the explicit network."""
    fields(spec, "network", "denominator neurons" + " coefficients" * bool(problem.free))
    neurons = items(spec["neurons"], "neurons")
    T = denominator(spec["denominator"])
    c = integers(spec.get("coefficients", []), "coefficients", len(problem.free))
    vectors = [integers(fields(k, "a neuron", "sign vector")["vector"], "vector", problem.d) for k in neurons]
    usable(all(neuron["sign"] in ("+", "-") for neuron in neurons), "a sign is + or -")
    signs = [1 if neuron["sign"] == "+" else -1 for neuron in neurons]
    moderate(problem.n * (1 + len(signs) + len(c)), problem.rows + problem.free, [*vectors, c, [T]])
    columns = [[s * max(0, dot(row, w)) for row in problem.rows] for s, w in zip(signs, vectors)]
    parts = columns + [[a * x for x in b] for a, b in zip(c, problem.free)]
    fit = list(map(sum, zip(*parts))) or [0] * problem.n
    columns.extend([T * x for x in b] for b in problem.free)
    residual = [Fraction(t, problem.p) - Fraction(f, problem.q * T) for t, f in zip(problem.targets, fit)]
    return Network(T, signs, vectors, columns, residual)


def bound_of(problem: Problem, N: int, m: list[int], t: Fraction, network: Network) -> tuple[Any, str]:
    """upper - lower for t nu = t m / N and the network, once t nu is known to be feasible; and the claim."""
    lower = t / N * Fraction(dot(problem.targets, m), problem.p) - (t / N) ** 2 * dot(m, m) / 2
    lengths = sum((root(Fraction(dot(w, w), network.T**2)) for w in network.vectors), Fraction(0))
    squares, common = over_one([v * v for v in network.residual])
    upper = Fraction(sum(squares), 2 * common) + problem.lam * lengths
    need(lower <= upper, "the lower bound is not above the upper bound")
    ends = decimal(lower, ROUND_FLOOR), decimal(upper, ROUND_CEILING)
    return upper - lower, "The least objective of all %s lies between %s and %s." % (problem.name, *ends)


NETWORKS = "two-layer ReLU networks of any width"


def bound_claims(problem: Problem, N: int, m: list[int], top: Any) -> list[str]:
    """A proved gap: the stored network against a feasible t nu."""
    eps, t, network = *(rational(top[key], key) for key in ("eps", "t")), network_of(problem, top["network"])
    usable(eps >= 0 and 0 <= t * (1 + eps) <= 1, "eps and t must satisfy 0 <= t <= 1 / (1 + eps)")
    (gap, words), level = bound_of(problem, N, m, t, network), problem.lam * (1 + eps)
    cover(lines_of(problem, N, m), level, level, [], Fraction(0))
    apart, common = over_one([(t * a / N - b) ** 2 for a, b in zip(m, network.residual)])
    square = gap - Fraction(sum(apart), 4 * common)  # at least gap / 2, by the lemma
    wide, ball = decimal(gap, ROUND_CEILING), decimal(root(square), ROUND_CEILING)
    within = "The stored network, of width %d, is within %s of it." % (len(network.signs), wide)
    mean = "The residual of %sis within %s of the mean of t nu and that of the stored network."
    return [words, within, mean % (problem.every, ball)]


# -------------------------------------------------------------------------------- claim: the optimum
#
# Let |nu* - nu| <= rho and F >= |X| (Frobenius). A neuron is a sign s and a face: the sign of x_j.u for
# every row. Z are its lines with v.u = 0, which must be independent; P projects onto { u : v.u = 0 on Z };
# g = s sum_(side +) C_v v - s l is N q s X^T D nu for a 0/1 diagonal D, so that g / (N q) moves by at most
# F rho between nu and nu*; w = P g, so that g = w + sum_Z b_v v.
#
# Lemma (star). Let 0 <= b_v <= -s C_v for v in Z. Then N q f_s(u) <= w.u at every u of the star: where all
# lines outside Z with s C_v > 0 have the sign that the face gives them, or 0.
# Proof. Give v in Z the slope t_v = b_v / (-s C_v) in [0, 1], the others 1 or 0 by their sides. By the
# lemma on majorants, with no line of positive coefficient undecided, N q f_s(u) <= (g + sum_Z t_v s C_v
# v).u = (g - sum_Z b_v v).u = w.u.   QED
#
# The same holds at nu* if the inequalities do with margins: b = (V V^T)^-1 V g moves by at most sqrt(((V
# V^T)^-1)_vv) F rho N q, C_v by N rho spread_v; a line counts as *hard*, to be decided, unless s C_v < -N
# rho spread_v. If also x_j.w has the strict sign of the face off Z, with the margin |x_j| F rho, then w* =
# P g* lies in the face, so that f_s(w*) = |w*|^2; since nu* is feasible, |w*| <= lambda: in the star f_s(u)
# = lambda |u| at nu* only on the ray of w*. Outside the stars f_s < (lambda - rho F) |u| at nu is shown;
# there f_s < lambda |u| at nu*, since f_s moves by at most rho F |u|.


def star_of(problem: Problem, lines: Lines, sign: int, face: str, rho: Fraction) -> Star:
    """The star of a neuron, its hypotheses tested for every nu* in the ball."""
    side = [2] * len(lines.V)
    for letter, (k, turn) in zip(face, lines.place):
        here = turn * ("-0+".index(letter) - 1)
        need(turn != 0 or letter == "0", "a face is 0 on a zero row")
        need(turn == 0 or side[k] in (2, here), "a face agrees on parallel rows")
        if turn:
            side[k] = here
    g = [-sign * x for x in lines.linear]
    for C, v, here in zip(lines.C, lines.V, side):
        g = [a + sign * C * x for a, x in zip(g, v)] if here > 0 else g
    Z = [k for k, here in enumerate(side) if here == 0]
    need(len(Z) < problem.d, "a neuron vanishes on fewer lines than there are columns")
    gram, w = inverse([[dot(lines.V[i], lines.V[k]) for k in Z] for i in Z]), [Fraction(x) for x in g]
    moved = lines.unit * problem.frobenius * rho  # of g
    for i, k in enumerate(Z):
        b = dot(gram[i], [dot(lines.V[j], g) for j in Z])
        off, most = root(gram[i][i]) * moved, -sign * lines.C[k] - rho * lines.unit * lines.spread[k]
        need(off < b < most - off, "the multipliers around a neuron lie strictly between their bounds")
        w = [a - b * x for a, x in zip(w, lines.V[k])]
    for v, here in zip(lines.V, side):
        inside = here == 0 or here * dot(v, w) > root(Fraction(dot(v, v))) * moved
        need(inside, "a neuron lies strictly inside its face")
    need(dot(w, w) <= (problem.lam * lines.unit) ** 2, "no neuron exceeds lambda")
    return Star(sign, side, [x / lines.unit for x in w])


# Lemma (weights). Let E be rays w*_1..w*_K that hold every neuron of every optimal network, w_k their
# vectors at nu, v_k those of the stored network, with activations M (columns), so that nu_w = y - M 1. For
# any beta_k > 0 let m_k be the activation of beta_k w*_k: an optimal network has y - nu* = sum gamma_k m_k
# with gamma_k >= 0. Let
#     gap_k = beta_k F rho + |beta_k w_k - v_k| >= |beta_k w*_k - v_k|,  tau = F sum gap_k >= sum |m_k - M_k|
# (u -> (X u)_+ has Lipschitz constant F), S any matrix, e = the maximal row sum of |I - S M^T M|, and
# Lambda >= the norm of each row of S M^T. If e + Lambda tau < 1, the m_k are independent, so that gamma is
# unique, and max |gamma_k - 1| <= delta = Lambda (rho + tau) / (1 - e - Lambda tau). If delta < 1, every
# optimal network uses every ray, and all of E reach lambda.
# (With free columns: M holds these as well, gamma - 1 the differences of their coefficients, and gap = 0.)
# Proof. M (gamma - 1) = (nu_w - nu*) - (m - M) gamma. Multiply by S M^T: with x = max |gamma_k - 1|, x (1 -
# e) <= Lambda (rho + tau (1 + x)). If m x = 0 then M x = (M - m) x, and max |x| (1 - e) <= Lambda tau max
# |x|.   QED


def show_weights(problem: Problem, network: Network, stars: list[Star], S: Any, rho: Fraction) -> Fraction:
    """Prove that all weights are positive and unique; a bound of |gamma_k beta_k w*_k - v_k|."""
    T = denominator(fields(S, "inverse", "denominator rows")["denominator"])
    K, scale, gaps = len(network.columns), (problem.q * network.T) ** 2, []
    e = longest = Fraction(0)
    need(network.signs == [star.sign for star in stars], "the stored network has one neuron for each face")
    for star, vector in zip(stars, network.vectors):
        w, v = star.w, [Fraction(x, network.T) for x in vector]
        need(dot(v, w) > 0, "a stored vector lies along its neuron")
        beta = dot(v, w) / dot(w, w)
        apart = [beta * a - b for a, b in zip(w, v)]
        gaps.append((beta * problem.frobenius * rho + root(dot(apart, apart)), root(dot(v, v))))
    for i, row in enumerate(integers(row, "inverse", K) for row in items(S["rows"], "inverse", K)):
        tick()
        image = [dot(row, values) for values in zip(*network.columns)]  # M S^T, column by column, in units
        product = [dot(image, column) for column in network.columns]
        e = max(e, Fraction(sum(abs(T * scale * (i == j) - x) for j, x in enumerate(product)), T * scale))
        longest = max(longest, root(Fraction(dot(row, product), T**2 * scale)))
    tau = problem.frobenius * sum((gap for gap, _ in gaps), Fraction(0))
    need(e + longest * tau < 1, "the activations of the neurons are independent")
    delta = longest * (rho + tau) / (1 - e - longest * tau)
    need(delta < 1, "every weight is positive")
    return max((gap + delta * (gap + length) for gap, length in gaps), default=Fraction(0))


def optimum_claims(problem: Problem, N: int, m: list[int], top: Any) -> list[str]:
    """The optimum and all its neurons; with an inverse, too, that weights and function are unique."""
    network, lines = network_of(problem, top["network"]), lines_of(problem, N, m)
    gap, words = bound_of(problem, N, m, Fraction(1), network)
    rho, stars = root(2 * gap), []
    for face in items(top["faces"], "faces"):
        tick()
        spelt = type(face) is str and len(face) == problem.n + 1 and set(face) <= set("+-0")
        usable(spelt and face[0] != "0", "a face is a sign and %d characters + - 0" % problem.n)
        stars.append(star_of(problem, lines, 1 if face[0] == "+" else -1, face[1:], rho))
    need(top["faces"] == sorted(set(top["faces"])), "the faces are sorted, each once")
    cover(lines, problem.lam - rho * problem.frobenius, problem.lam, stars, rho * lines.unit)
    ball = "The residual of " + problem.every + "is within %s of nu." % decimal(rho, ROUND_CEILING)
    convex = "convex program over all activation patterns has "
    if not stars and not problem.free:
        usable(top["inverse"] is None, "where no neuron reaches lambda the inverse is null")
        zero = "No neuron reaches lambda: the zero network is the only optimal one, among all %s; the "
        return [words, ball, zero % NETWORKS + convex + "exactly one solution."]
    if top["inverse"] is None:
        where = "has one of the %d stored signs and faces, with one direction in each." % len(stars)
        return [words, ball, "Every neuron of " + problem.every + where]
    apart = decimal(show_weights(problem, network, stars, top["inverse"], rho), ROUND_CEILING)
    flat = [k for k, star in enumerate(stars, start=1) if 0 in star.side]
    many = "more than one solution: neuron %d lies on a hyperplane of the rows." % (flat or [0])[0]
    reach = "The neurons that reach lambda are exactly %d, in the stored faces; " % len(stars)
    each = reach + problem.every + "uses each with a positive weight, and no other."
    one = "The optimal network, among all %s, is unique up to permutation and splitting, its " % problem.name
    near = "vectors within %s of the stored ones; all optimal networks are one function on R^d." % apart
    return [words, ball, each, one + near, "The " + convex + (many if flat else "exactly one solution.")]


# -------------------------------------------------------------------------------- the whole file


def proved_by(document: Any) -> list[str]:
    """The sentences that a document proves, whatever it claims."""
    kind = document.get("kind") if type(document) is dict else None
    usable(kind in ("bound", "optimum"), "not a kernel file: its kind must be bound or optimum")
    keys = "format version kind problem problem_sha256 nu network claims "
    top = fields(document, "the file", keys + ("eps t" if kind == "bound" else "faces inverse"))
    version = top["format"] == "polyrelu-proof" and top["version"] == 2 and type(top["version"]) is int
    usable(version, "not a file of format polyrelu-proof, version 2")
    problem = Problem(top["problem"])
    need(problem.sha256 == top["problem_sha256"], "the SHA-256 of the problem is " + problem.sha256)
    nu = fields(top["nu"], "nu", "denominator numerators")
    N, m = denominator(nu["denominator"]), integers(nu["numerators"], "nu", problem.n)
    need(not any(dot(b, m) for b in problem.free), "nu is orthogonal to the free columns")
    return (bound_claims if kind == "bound" else optimum_claims)(problem, N, m, top)


def check(document: Any) -> list[str]:
    """The sentences that a document claims, all of them proved; `Rejected` or `Unusable` otherwise."""
    proved = proved_by(document)
    need(document["claims"] == proved, "the claims are what was proved: " + " ".join(proved))
    return proved


def allow(seconds: float) -> None:
    """Allow so many seconds from now."""
    _end[0] = time.monotonic() + seconds


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(usage="python3 -I kernel.py FILE [--seconds N]")
    parser.add_argument("file", help="a kernel file: .json or .json.gz")
    parser.add_argument("--seconds", type=int, default=300, help="refuse what takes longer (default 300)")
    args, lines = parser.parse_args(), []
    if hasattr(signal, "setitimer"):  # an alarm, too, for reading and for long arithmetic
        signal.signal(signal.SIGALRM, lambda *_: tick())
        signal.setitimer(signal.ITIMER_REAL, min(max(0, args.seconds), 10**6) + 1)
    try:
        allow(args.seconds)
        document = load(args.file)
        if type(document) is dict and "problem" in document:
            lines.append(Problem(document["problem"]).about())
        lines, status = [*lines, "ACCEPTED", *("  proved: " + words for words in check(document))], 0
    except Rejected as error:
        lines, status = [*lines, "REJECTED: %s" % error], 1
    except Exception as error:  # a file that breaks the checker is not accepted either
        reason = str(error) if isinstance(error, Unusable) else "the checker failed (%r)" % error
        lines, status = [*lines, "UNUSABLE: " + reason[:300]], 2
    print("\n".join(lines).encode("ascii", "backslashreplace").decode(), flush=True)
    if not sys.flags.isolated:
        print("(run it as python3 -I, which imports nothing from this folder)", file=sys.stderr)
    return status


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, Unusable, KeyboardInterrupt):  # an answer that nobody reads is no acceptance
        os._exit(2)
