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
# and a feasible nu satisfies B^T nu = 0 as well, so that nu.(B c) = 0 throughout. It may have
#   - a ridge: one more coefficient e, which is added to all fit_i and costs lambda e^2/2;
#   - an offset: a hidden bias at no cost. The last column of X is 1, and |w| leaves out the last entry of w.
#     Then 1 must be among the columns of B: neurons that are active everywhere make constants at no cost.

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import signal
import sys
import time
import zlib
from collections import namedtuple
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from fractions import Fraction
from math import ceil, floor, gcd, isqrt
from operator import mul
from typing import Any

MAX_BYTES, MAX_TOKENS, MAX_DIGITS = 16 * 2**20, 400_000, 4000
# Bits: of a common denominator; of all the numbers that have it; of what else a number takes.
MAX_BITS, MAX_SIZE, OVERHEAD = 2**16, 2**27, 300
DEPTH, SLOPE, ROOT = 48, 20, 600  # bits: of the finest box, of slopes, of square roots
ONE, MIXTURES, CLIMBS, ROUNDS, HAIR = 1 << SLOPE, (4, 16), 2, 3, 1 + Fraction(1, 2**20)
NETWORKS = "two-layer ReLU networks of any width"
canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode


class Unusable(Exception):
    """Not a kernel file, or beyond a stated limit: nothing was decided."""


class Rejected(Exception):
    """What the file claims is false, or not proved by it: the step."""


def need(condition: object, step: str) -> None:
    """Reject unless the condition of the step holds, and in time."""
    tick()
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
        usable(os.path.isfile(path), "not a regular file")
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
        right = canonical(document) + "\n" == text
    except (ValueError, RecursionError) as error:
        raise Unusable("not a JSON document: %s" % str(error)[:200]) from None
    usable(right, "not in canonical form (sorted keys, each once, no spaces, one final newline)")
    return document


def fields(value: Any, where: str, keys: str) -> Any:
    """An object with exactly these keys."""
    right = type(value) is dict and sorted(value) == sorted(keys.split())
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
        more = [key for key in ("free", "ridge", "offset") if type(spec) is dict and key in spec]
        fields(spec, "problem", " ".join(["X y lambda gated patterns", *more]))
        true = [spec[key] is True for key in more if key != "free"]
        plain = all(true) and spec["gated"] is False and spec["patterns"] == "cells"
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
        self.basis = orthogonal(self.free)
        self.ridge, self.offset, ones = "ridge" in more, "offset" in more, [self.q] * self.n
        self.normed, self.columns = self.d - self.offset, self.free + [ones] * self.ridge
        biased = not self.offset or ([row[-1] for row in self.rows] == ones and ones in self.free)
        usable(biased, "with an offset the last column of X is 1, and so is a free column")
        parts = ["a free hidden bias"] * self.offset + ["%d free column%s" % (q, "s" * (q > 1))] * (q > 0)
        self.name = " and ".join(parts + ["a ridge output bias"] * self.ridge)
        self.name = NETWORKS + " with " * bool(self.name) + self.name
        self.among, self.every = (w + "among all %s, " % self.name for w in ("", "every optimal network, "))
        self.targets, self.p = over_one([rational(v, "y") for v in items(spec["y"], "y", self.n)])
        self.sha256 = hashlib.sha256(canonical(spec).encode()).hexdigest()
        sizes = [dot(row, row) for row in next(iter(self.tables()))[1]]
        self.frobenius = root(Fraction(4 * self.n * max(sizes) if self.offset else sum(sizes), self.q**2))

    def tables(self) -> Any:
        """The rows, times q; with an offset once for each different row, as seen from it, and its number."""
        last = {tuple(row): j for j, row in enumerate(self.rows)} if self.offset else {(): -1}
        seen = ((j, [[a - b for a, b in zip(row[:-1], at)] for row in self.rows]) for at, j in last.items())
        return seen if self.offset else [(-1, self.rows)]

    def square(self, vector: list[Fraction]) -> Fraction:
        """|v|^2 of a vector over the rows with its ridge entry."""
        squares, common = over_one([v * v for v in vector[:-1]])
        return Fraction(sum(squares), common) + self.lam * vector[-1] ** 2

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
    """An upper bound of the square root, less than 2^(1 - ROOT) above it; 3 for the integer 9."""
    return Fraction(isqrt(ceil(square * 4**ROOT) - 1) + 1 if square else 0, 2**ROOT)


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


# Lemma (lines). Write x_i = c_i v / q with v a primitive integer vector, its first nonzero entry positive,
# and nu_i = m_i / N. Since (-z)_+ = (z)_+ - z, the rows of one line v add  C_v (v.u)_+ - l_v.u  to N q sum
# nu_i (x_i.u)_+, with C_v = sum m_i |c_i| and l_v = sum_(c_i < 0) m_i |c_i| v. With l the sum of the l_v,
#     N q f_s(u) = s sum_v C_v (v.u)_+ - s l.u :     one kink for each line.


# The lines v, their coefficients C, the linear form l, the unit N q, sum |c_i| (if |nu* - nu| <= rho then
# |C_v(nu*) - C_v(nu)| <= N rho spread_v), for each row its line (-1: a zero row) and the sign of c_i, the
# rows, and m.
Lines = namedtuple("Lines", "V C linear unit spread place rows m")


def lines_of(rows: list[list[int]], unit: int, m: list[int]) -> Lines:
    """Merge the rows, for nu = m / N and the unit N q."""
    moderate(len(rows) * len(rows[0]), rows, [m])
    number: dict[tuple[int, ...], int] = {}
    C, linear, spread, place = [0] * (len(rows) + 1), [0] * len(rows[0]), [0] * (len(rows) + 1), []
    for row, weight in zip(rows, m):
        c, turn = gcd(*row) or 1, next((1 if x > 0 else -1 for x in row if x), 0)
        v = tuple(turn * x // c for x in row)
        place.append((number.setdefault(v, len(number)) if turn else -1, turn))
        C[place[-1][0]] += weight * c  # the last entry is that of zero rows
        spread[place[-1][0]] += c
        linear = [a + weight * c * x * (turn < 0) for a, x in zip(linear, v)]
    return Lines(list(number), C[: len(number)], linear, unit, spread[: len(number)], place, rows, m)


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


# A neuron's sign, the sign of v.u for every line (0 on Z), and its vector w.
Star = namedtuple("Star", "sign side w")
# One sign of the question: v, |v|, s C, s C v, which lines are hard; the level, and a hair above it what
# refutes (both times N q 2^SLOPE, and S); the vectors m_k o_k; bits that a line takes in a box that waits.
Side = namedtuple("Side", "V A C CV hard level top basis weight")


def cover(lines: Lines, level: Any, stars: Any, slack: Any, signs: Any = (1, -1), *, top: Any = 0) -> None:
    """Prove f_s(u) < level |u| for these s and all u outside the stars."""
    basis, S = row_space(lines)
    weight = moderate(len(lines.V) * len(basis), basis, lines.V, [lines.C]) + 2 * OVERHEAD
    V = [tuple(dot(v, o) for o in basis) for v in lines.V]
    d, linear, scale = len(basis), [dot(lines.linear, o) for o in basis], lines.unit * S << SLOPE
    low, high = floor(level * scale), ceil((top or level) * scale * HAIR)
    need(low > 0, "the level to stay below is at least one unit")
    for sign in signs:
        C, A = [sign * c for c in lines.C], [tuple(map(abs, v)) for v in V]
        CV = [tuple(c * x for x in v) for c, v in zip(C, V)]
        hard = [c > -slack * spread for c, spread in zip(C, lines.spread)]
        side = Side(V, A, C, CV, hard, low, high, basis, weight)
        mine = [star.side for star in stars if star.sign == sign]
        for k in range(2 * d):
            c, h = [0] * d, [1 << DEPTH] * d
            c[k // 2], h[k // 2] = (-1) ** k << DEPTH, 0
            settle(side, c, h, [-sign * x for x in linear], mine)


def reduced(rest: Any, basis: list[list[int]]) -> list[int]:
    """A positive multiple of what is left of a vector off an orthogonal basis."""
    for o in basis:
        tick()
        rest = [a * x - b * y for a, b in [(dot(o, o), dot(o, rest))] for x, y in zip(rest, o)]
        rest = [x // c for c in [gcd(*rest) or 1] for x in rest]
    return list(rest)


def orthogonal(vectors: Any) -> list[list[int]]:
    """An orthogonal basis of their span."""
    basis = list[list[int]]()
    for rest in (reduced(v, basis) for v in vectors if len(basis) < len(v)):
        basis.extend([rest] * any(rest))
        moderate(len(basis) * len(rest), basis[-1:])
    return basis


def duals(vectors: Any) -> list[list[int]]:
    """Vectors a_k of the span of independent v_k, with a_k.v_k > 0 and a_k.v_i = 0 for all others."""
    found = [reduced(v, orthogonal([w for w in vectors if w is not v])) for v in vectors]
    need(all(map(any, found)), "the lines on which a neuron vanishes are independent")
    return found


def row_space(lines: Lines) -> tuple[list[list[int]], int]:
    """The vectors m_k o_k, and S; the unit vectors and 1 where the lines span everything."""
    d, basis = len(lines.linear), orthogonal(lines.V)
    if len(basis) == d:
        return [[int(i == j) for j in range(d)] for i in range(d)], 1
    S = isqrt(max((dot(o, o) for o in basis), default=0)) + 1 << DEPTH
    return [[m * x for x in o] for o in basis for m in [isqrt((S * S - 1) // dot(o, o)) + 1]], S


def settle(side: Side, c: list[int], h: list[int], base: list[int], stars: list[list[int]]) -> None:
    """A box and all its halves, depth first; on the way down decided lines join the linear part."""
    rest = [(k, dot(v, c), dot(a, h)) for k, (v, a) in enumerate(zip(side.V, side.A))]
    waiting, stack = len(rest) + len(c), [(c, h, base, rest, 0, 0, stars)]
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
        usable(waiting * side.weight <= 8 * MAX_SIZE, "the covering needs too much memory")


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
    exceeds = max(dot(peak, c), 0) ** 2 > side.top**2 * dot(c, c)  # f at the centre
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
#
# Lemma (ridge). A ridge is a free column 1 and one row more, on which X, y and all other columns are 0 and
# this one is sqrt(lambda): the residual there is -sqrt(lambda) e, half its square the price. B^T nu = 0 says
# for this column that nu has the entry -(1.nu) / sqrt(lambda) there. With such entries (kept divided by
# sqrt(lambda), and 0 where there is no ridge) all that is said here holds with a ridge as well.
#
# Lemma (offset). Let x_i = (a_i, 1), z = (u, b), |z| = |u|, and 1.nu = 0. Then nu is feasible iff for every
# row j, with C_j the sum of the nu_i with x_i = x_j, and the signs with s C_j <= 0,
#     f_s <= lambda |u| in the problem of the rows a_i - a_j, which has no bias.
# Proof. That is f_s on the z with x_j.z = 0. For fixed u the function b -> f_s(u, b) is piecewise linear, 0
# at -infinity and, as 1.nu = 0, constant at +infinity. If its supremum is not 0 it is a maximum, and at the
# least b that attains it the slope falls: there a_j.u + b = 0 for a j with s C_j < 0.   QED
# So, too, if z is tight (f_s(z) = lambda |u|, u not 0) and meets no row, it is tight at the next row below
# (when b falls) and above, or up to infinity, where all rows are active; and if something is tight there is a
# tight z on a row j with s C_j < 0. To fix s and j costs nothing: 1.nu = 0 makes |f*_s - f_s| <= |nu* - nu| F
# |u| for F >= |(a_i - a_j)_i|, and F = 2 sqrt(n) max_i |a_i - a_1| will do for all j. (An optimal network
# exists here, too: kinks may be moved to rows. A neuron with u = 0 is a constant: it costs lambda phi^2 / 2,
# and the free 1 nothing, so that no optimal network has one.)


# Vectors over T, signs, activations s (x.w)_+ and free columns over q T, the residual with its ridge entry,
# and |w|, rounded up.
Network = namedtuple("Network", "T signs vectors columns residual lengths")


def network_of(problem: Problem, spec: Any) -> Network:
    """Read the explicit network."""
    fields(spec, "network", "denominator neurons" + " coefficients" * bool(problem.columns))
    neurons = items(spec["neurons"], "neurons")
    T, d = denominator(spec["denominator"]), problem.normed
    c = integers(spec.get("coefficients", []), "coefficients", len(problem.columns))
    W = [integers(fields(k, "a neuron", "sign vector")["vector"], "vector", problem.d) for k in neurons]
    usable(all(neuron["sign"] in ("+", "-") for neuron in neurons), "a sign is + or -")
    need(all(any(w[:d]) for w in W) or not problem.offset, "every stored neuron has a direction")
    signs = [1 if neuron["sign"] == "+" else -1 for neuron in neurons]
    moderate(problem.n * (1 + len(signs) + len(c)), problem.rows + problem.columns, [*W, c, [T]])
    columns = [[s * max(0, dot(row, w)) for row in problem.rows] for s, w in zip(signs, W)]
    parts = columns + [[a * x for x in b] for a, b in zip(c, problem.columns)]
    fit = list(map(sum, zip(*parts))) or [0] * problem.n
    columns.extend([T * x for x in b] for b in problem.columns)
    residual = [Fraction(t, problem.p) - Fraction(f, problem.q * T) for t, f in zip(problem.targets, fit)]
    residual.append(Fraction(-c[-1] if problem.ridge else 0, T))
    return Network(T, signs, W, columns, residual, [root(Fraction(dot(w[:d], w[:d]))) / T for w in W])


def bound_of(problem: Problem, nu: list[Fraction], network: Network) -> tuple[Any, str]:
    """upper - lower for a feasible nu and the network; and the claim."""
    lower = dot(nu, problem.targets) / problem.p - problem.square(nu) / 2
    upper = problem.square(network.residual) / 2 + problem.lam * sum(network.lengths)
    need(lower <= upper, "the lower bound is not above the upper bound")
    ends = decimal(lower, ROUND_FLOOR), decimal(upper, ROUND_CEILING)
    return upper - lower, "The least objective of all %s lies between %s and %s." % (problem.name, *ends)


def show_feasible(problem: Problem, nu: Any, level: Fraction, faces: list[str], rho: Fraction) -> list[Star]:
    """Prove f_s < level |u| outside the stars of the faces, in every table of the problem; the stars."""
    (N, m), found = nu, {}
    for j, rows in problem.tables():
        lines, here = lines_of(rows, N * problem.q, m), [a for a, row in zip(m, rows) if not any(row)]
        signs = [s for s in (1, -1) if j < 0 or s * sum(here) <= N * rho * len(here)]
        mine = [f for f in faces if int(f[0] + "1") in signs and (j < 0 or f[j + 1] == "0")]
        moderate(len(mine) * (problem.d + len(lines.V)), [lines.linear], [lines.C], lines.V)
        found.update({f: star_of(problem, lines, int(f[0] + "1"), f[1:], rho) for f in mine})
        cover(lines, level, [found[f] for f in mine], rho * lines.unit, signs)
    need(all(f in found for f in faces), "a kink meets a row where it can be highest")
    return [found[f] for f in faces]


def bound_claims(problem: Problem, nu: list[Fraction], N: int, m: list[int], top: Any) -> list[str]:
    """A proved gap: the stored network against a feasible t nu."""
    eps, t, network = *(rational(top[key], key) for key in ("eps", "t")), network_of(problem, top["network"])
    usable(eps >= 0 and 0 <= t * (1 + eps) <= 1, "eps and t must satisfy 0 <= t <= 1 / (1 + eps)")
    gap, words = bound_of(problem, [t * v for v in nu], network)
    show_feasible(problem, (N, m), problem.lam * (1 + eps), [], Fraction(0))
    square = gap - problem.square([t * a - b for a, b in zip(nu, network.residual)]) / 4  # >= gap / 2
    wide, ball = decimal(gap, ROUND_CEILING), decimal(root(square), ROUND_CEILING)
    within = "The stored network, of width %d, is within %s of it." % (len(network.signs), wide)
    mean = "The residual of %sis within %s of the mean of t nu and that of the stored network."
    return [words, within, mean % (problem.every, ball)]


# -------------------------------------------------------------------------------- claim: the optimum
#
# Let |nu* - nu| <= rho and F >= |X| (Frobenius). A neuron is a sign s and a face: the sign of x_j.u for
# every row. Z are its lines with v.u = 0, which must be independent; P projects onto { u : v.u = 0 on Z };
# g = s sum_(side +) C_v v - s l is N q s X^T D nu for a 0/1 diagonal D (1 where the face is +, and on rows of
# Z with c_i < 0), so that g / (N q) moves by at most F rho between nu and nu*; w = P g, so that g = w + sum_Z
# b_v v.
#
# Lemma (star). Let 0 <= b_v <= -s C_v for v in Z. Then N q f_s(u) <= w.u at every u of the star: where all
# lines outside Z with s C_v > 0 have the sign that the face gives them, or 0.
# Proof. Give v in Z the slope t_v = b_v / (-s C_v) in [0, 1], the others 1 or 0 by their sides. By the
# lemma on majorants, with no line of positive coefficient undecided, N q f_s(u) <= (g + sum_Z t_v s C_v
# v).u = (g - sum_Z b_v v).u = w.u.   QED
#
# The same holds at nu* if the inequalities do with margins. Let a in the span of Z have a.v > 0 and a.v' = 0
# for all other v' of Z. Then b_v (a.v) = a.g, and this and -s C_v (a.v) - a.g are s f.m for two vectors f
# over the rows: they are >= 0 at nu* if s f.m >= |f| N rho. As m and nu* are orthogonal to B, what is left
# of f off the span of B will do: so a multiplier may be 0 (or -s C_v) if it is so for every nu with B^T nu =
# 0; and where rho = 0 any may be. A line counts as *hard*, to be decided, unless s C_v <= -N rho spread_v. If
# also x_j.w has the strict sign of the face off Z, with the margin |x_j| F rho, then w* = P g* lies in the
# face, so that f_s(w*) = |w*|^2; since nu* is feasible, |w*| <= lambda: in the star f_s(u) = lambda |u| at
# nu* only on the ray of w*. Outside the stars f_s < (lambda - rho F) |u| at nu is shown; there f_s < lambda
# |u| at nu*, since f_s moves by at most rho F |u|.


def star_of(problem: Problem, lines: Lines, sign: int, face: str, rho: Fraction) -> Star:
    """The star of a neuron, its hypotheses tested for every nu* in the ball."""
    side = [2] * (len(lines.V) + 1)  # the last entry is that of zero rows
    for letter, (k, turn) in zip(face, lines.place):
        here = turn * ("-0+".index(letter) - 1)
        need(turn != 0 or letter == "0", "a face is 0 on a zero row")
        need(turn == 0 or side[k] in (2, here), "a face agrees on parallel rows")
        side[k] = here
    D = [letter == "+" or (letter == "0" and turn < 0) for letter, (_, turn) in zip(face, lines.place)]
    g = [sign * dot(lines.m, map(mul, D, x)) for x in zip(*lines.rows)]
    Z = [k for k, here in enumerate(side[:-1]) if here == 0]
    w, moved, hair = [*map(Fraction, g)], lines.unit * problem.frobenius * rho, lines.unit * rho / problem.q
    for k, a in zip(Z, duals([lines.V[k] for k in Z])):
        b, unit = [dot(row, a) * on for row, on in zip(lines.rows, D)], dot(lines.V[k], a)
        rest = [-x - (i == k) * gcd(*row) * unit for x, row, (i, _) in zip(b, lines.rows, lines.place)]
        forms = [reduced(form, problem.basis) for form in (b, rest)]
        kept = all(sign * dot(form, lines.m) >= root(dot(form, form)) * hair for form in forms)
        need(kept, "the multipliers around a neuron lie between their bounds")
        w = [x - Fraction(sign * dot(b, lines.m), unit) * y for x, y in zip(w, lines.V[k])]
    inside = [h * dot(v, w) - root(Fraction(dot(v, v))) * moved for h, v in zip(side, lines.V) if h]
    need(min(inside, default=1) > 0, "a neuron lies strictly inside its face")
    need(dot(w, w) <= (problem.lam * lines.unit) ** 2, "no neuron exceeds lambda")
    return Star(sign, side[:-1], [x / lines.unit for x in w])


# Lemma (weights). Let E be rays w*_1..w*_K that hold every neuron of every optimal network, w_k their
# vectors at nu, v_k those of the stored network, with activations M (columns), so that nu_w = y - M 1. For
# any beta_k > 0 let m_k be the activation of beta_k w*_k: an optimal network has y - nu* = sum gamma_k m_k
# with gamma_k >= 0. Let
#     gap_k = beta_k F rho + |beta_k w_k - v_k| >= |beta_k w*_k - v_k|,  tau = F sum gap_k >= sum |m_k - M_k|
# (u -> (X u)_+ has Lipschitz constant F), S any matrix, e = the maximal row sum of |I - S M^T M|, and
# Lambda >= the norm of each row of S M^T. If e + Lambda tau < 1, the m_k are independent, so that gamma is
# unique, and max |gamma_k - 1| <= delta = Lambda (rho + tau) / (1 - e - Lambda tau). If delta < 1, every
# optimal network uses every ray, and all of E reach lambda.
# (With free columns: M holds these too, gamma - 1 the differences of their coefficients, and gap = 0. With an
# offset this is about optimal networks whose kinks all meet a row, and M_k is v_k's in the table of a row
# on which its face is 0. By the lemma on offsets any optimal network becomes one of these if each kink that
# meets no row is shared among the next rows on both sides, or moved to that below if none is above. So if not
# all networks are of this kind, the rows 0 and + of some neuron are all rows, or the rows + of another one of
# its sign. Then kinks do move: up to infinity, or as both lie in one block, so that they have one u, and two
# kinks that are both used may be merged to one between them: a different function.)
# Proof. M (gamma - 1) = (nu_w - nu*) - (m - M) gamma. Multiply by S M^T: with x = max |gamma_k - 1|, x (1 -
# e) <= Lambda (rho + tau (1 + x)). If m x = 0 then M x = (M - m) x, and max |x| (1 - e) <= Lambda tau max
# |x|.   QED


def show_weights(problem: Problem, network: Network, stars: list[Star], S: Any, rho: Fraction) -> Fraction:
    """Prove that all weights are positive and unique; a bound of |gamma_k beta_k w*_k - v_k|."""
    T, K = denominator(fields(S, "inverse", "denominator rows")["denominator"]), len(network.columns)
    scale, gaps, e, longest = (problem.q * network.T) ** 2, list[Fraction](), Fraction(0), Fraction(0)
    need(network.signs == [star.sign for star in stars], "the stored network has one neuron for each face")
    for star, vector in zip(stars, network.vectors):
        w, v = star.w, [Fraction(x, network.T) for x in vector[: problem.normed]]
        need(dot(v, w) > 0, "a stored vector lies along its neuron")
        beta = dot(v, w) / dot(w, w)
        apart = [beta * a - b for a, b in zip(w, v)]
        gaps.append(beta * problem.frobenius * rho + root(dot(apart, apart)))
    for i, row in enumerate(integers(row, "inverse", K) for row in items(S["rows"], "inverse", K)):
        tick()
        image = [dot(row, values) for values in zip(*network.columns)]  # a row of S M^T, in units
        price = [0] * (K - 1) + [problem.ridge * problem.lam * scale * row[-1]]
        product = [dot(image, column) + more for column, more in zip(network.columns, price)]
        e = max(e, Fraction(sum(abs(T * scale * (i == j) - x) for j, x in enumerate(product)), T * scale))
        longest = max(longest, root(Fraction(dot(row, product), T**2 * scale)))
    tau = problem.frobenius * sum(gaps, Fraction(0))
    need(e + longest * tau < 1, "the activations of the neurons are independent")
    delta = longest * (rho + tau) / (1 - e - longest * tau)
    need(delta < 1, "every weight is positive")
    return max((gap + delta * (gap + size) for gap, size in zip(gaps, network.lengths)), default=Fraction(0))


def optimum_claims(problem: Problem, nu: list[Fraction], N: int, m: list[int], top: Any) -> list[str]:
    """The optimum and all its neurons; with an inverse, too, that weights and function are unique."""
    network, faces = network_of(problem, top["network"]), items(top["faces"], "faces")
    gap, words = bound_of(problem, nu, network)
    rho, form = root(2 * gap), "[+-][-0+]{%d}" % problem.n
    usable(all(type(f) is str and re.fullmatch(form, f) for f in faces), "a face has the form " + form)
    need(faces == sorted(set(faces)), "the faces are sorted, each once")
    stars = show_feasible(problem, (N, m), problem.lam - rho * problem.frobenius, faces, rho)
    ball = "The residual of " + problem.every + "is within %s of nu." % decimal(rho, ROUND_CEILING)
    convex, single = "The convex program over all activation patterns has ", "exactly one solution."
    many = "more than one solution: neuron %d lies on a hyperplane of the rows."
    if not stars:
        usable(top["inverse"] is None, "where no neuron reaches lambda the inverse is null")
        zero = "the zero network is the only optimal one, among all %s; the " % NETWORKS + convex[4:] + single
        zero = "no optimal network, %shas one." % problem.among if problem.columns else zero
        return [words, ball, "No neuron reaches lambda: " + zero]
    if top["inverse"] is None:
        where = "has one of the %d stored signs and faces, with one direction in each" % len(stars)
        moved = ", once a kink that meets no row is moved, parallel to itself, to a next row" * problem.offset
        return [words, ball, "Every neuron of " + problem.every + where + moved + "."]
    met = [dot(problem.rows[f.find("0", 1) - 1], w) for f, w in zip(faces, network.vectors) if problem.offset]
    need(not any(met), "a stored kink passes through the rows of its face")
    apart = decimal(show_weights(problem, network, stars, top["inverse"], rho), ROUND_CEILING)
    below = {face.replace("0", "-") for face in faces if problem.offset}
    moving = sum(face.replace("0", "+") in below or "-" not in face[1:] for face in faces if problem.offset)
    some, meet = " with a kink on a row" * (moving > 0), "whose kinks all meet a row, " * (moving > 0)
    each = "The neurons that reach lambda%s are exactly %d, in the stored faces; " % (some, len(stars))
    each += problem.every + meet + "uses each with a positive weight, and no other."
    one = "The optimal network, " + problem.among + meet + "is unique up to permutation and splitting, its "
    same = "kinks can move at no cost (intervals: %d): not " % moving if moving else ""
    same += "all optimal networks are one function on R^d%s." % (" and the free columns" * bool(problem.free))
    near = "vectors %swithin %s of the stored ones; " % ("(the bias aside) " * problem.offset, apart)
    flat = [k for k, star in enumerate(stars, start=1) if 0 in star.side]
    convex += many % flat[0] if flat else single
    return [words, ball, each, one + near + same, *[convex] * (not problem.offset)]


# -------------------------------------------------------------------------------- the whole file


def proved_by(document: Any) -> list[str]:
    """The sentences that a document proves, whatever it claims."""
    kind = document.get("kind") if type(document) is dict else None
    usable(kind in ("bound", "optimum"), "not a kernel file: its kind must be bound or optimum")
    keys = "format version kind problem problem_sha256 nu network claims "
    top = fields(document, "the file", keys + ("eps t" if kind == "bound" else "faces inverse"))
    usable(repr([top["format"], top["version"]]) == "['polyrelu-proof', 2]", "not polyrelu-proof, version 2")
    problem = Problem(top["problem"])
    need(problem.sha256 == top["problem_sha256"], "the SHA-256 of the problem is " + problem.sha256)
    nu = fields(top["nu"], "nu", "denominator numerators")
    N, m = denominator(nu["denominator"]), integers(nu["numerators"], "nu", problem.n)
    need(not any(dot(b, m) for b in problem.free), "nu is orthogonal to the free columns")
    entries = [Fraction(v, N) for v in m] + [-Fraction(problem.ridge * sum(m), N) / problem.lam]
    return (bound_claims if kind == "bound" else optimum_claims)(problem, entries, N, m, top)


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
        lines = [Problem(d["problem"]).about() for d in [document] if type(d) is dict and "problem" in d]
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
        sys.exit(main() if sys.stdout else 2)
    except (OSError, Unusable, KeyboardInterrupt):  # an answer that nobody reads is no acceptance
        os._exit(2)
