#!/usr/bin/env python3
# ruff: noqa: B905, UP031 -- it runs on Python 3.9, where zip has no strict=
"""Check a polyrelu proof file with bare Python (3.9 or newer, standard library only).

    python3 -I check.py proof.json[.gz] [--json] [--problem SHA256] [--seconds N]

Exit status: 0 accepted, 1 rejected (the claim and the step are named), 2 unreadable or beyond a limit. With -I
nothing that lies beside this file is imported; a file of version 2 is handed to kernel.py there, or to path.py.

The file states claims about   min 1/2 |sum_b s_b D_b X w_b - y|^2 + lambda sum_b |w_b|,  w_b in K_b,   over blocks
b = (D, s): D a 0/1 pattern of the rows, s = 1 or -1, K_b = { w : (2D - I) X w >= 0 }. (Gated: K_b = R^d, s = 1.)
Nothing in it is believed: labels, counts and words are recomputed, and every hypothesis is tested. No float is used.

Theorem (lambda > 0). Let p_b be the projection of s X^T D nu onto K_b. If |p_b| <= lambda for every present block
and y - nu = sum of beta_k Q_k nu with beta_k >= 0 over neurons in the cone of present tight blocks (|p_b| = lambda),
then nu is the residual of every optimum, and the optima are the solutions beta >= 0 of that equation.

A neuron (s, face) has the rows Z with face 0, the rows D with face +, the rational projection P onto
{ v : x_j.v = 0 for j in Z } (gated: P = I), A = P X^T D, z = A nu = s lambda u with |u| = 1, and Q = A^T A.

One function per claim: check_arrangement, check_optimum, check_optimal_set, check_vertices; `check` calls them.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import importlib.util
import io
import itertools
import json
import math
import os
import re
import signal
import sys
import time
import zlib
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

FORMAT, VERSION = "polyrelu-proof", 1
CLAIMS = ("arrangement", "optimum", "optimal_set", "vertices")
MAX_BYTES, MAX_TOKENS, MAX_DIGITS, MAX_BITS, MAX_SIZE = 16 * 2**20, 400_000, 4000, 8192, 2**28
MAX_CELLS, MAX_UNKNOWNS, MAX_BASES, MAX_HELD = 2_000_000, 600, 300, 1_000_000
MAX_SECONDS, MAX_MEMORY = 300, 2**30
EXACT_BITS, GUARD_BITS, DECIMALS = 1024, 256, 20


class Unreadable(Exception):
    """Not a proof file, or beyond a stated limit: nothing was checked."""


class Late(Unreadable):
    """The time is over."""


class Rejected(Exception):
    """A claim that is false or not proved by this file: (claim, step)."""


@contextlib.contextmanager
def proving(claim: str) -> Iterator[None]:
    """What fails in here concerns this claim."""
    try:
        yield
    except Rejected as error:
        raise Rejected(claim, error.args[-1]) from None


def need(condition: object, step: str) -> None:
    """Reject the claim unless the condition of the step holds."""
    if condition is not True:
        raise Rejected(step)


_budget = {"work": 0, "limit": math.inf, "end": math.inf}


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Count the work and the time spent in here."""
    _budget.update(work=0, limit=seconds * 10**6, end=time.monotonic() + seconds)
    try:
        yield
    finally:
        _budget.update(limit=math.inf, end=math.inf)


def spend(work: int, what: str) -> None:
    """Account for work (in microseconds, roughly) before it is done: what would take too long is refused at once."""
    _budget["work"] += work
    if _budget["work"] > _budget["limit"] or time.monotonic() > _budget["end"]:
        raise Late(f"{what} takes too long: allow more time with --seconds")


# ---------------------------------------------------------------------------------------------- reading


def load(path: str) -> tuple[Any, str]:
    """The document and the SHA-256 of the (uncompressed) file; only canonical JSON is read."""
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
        if data[:2] == b"\x1f\x8b":
            stream = zlib.decompressobj(31)
            data = stream.decompress(data, MAX_BYTES + 1)
            if len(data) <= MAX_BYTES and (not stream.eof or stream.unused_data):
                raise Unreadable("truncated or trailing compressed data")
    except (OSError, zlib.error) as error:
        raise Unreadable(f"cannot read {path}: {error}") from None
    if len(data) > MAX_BYTES:
        raise Unreadable("larger than the limit of %d bytes" % MAX_BYTES)
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_TOKENS:
        raise Unreadable("more than %d entries" % MAX_TOKENS)
    hooks: Any = {"object_pairs_hook": _no_duplicates, "parse_int": _small_integer}
    try:
        text = data.decode("ascii")
        document = json.loads(text, parse_float=_no_float, parse_constant=_no_float, **hooks)
        canonical = json.dumps(document, sort_keys=True, separators=(",", ":")) + "\n" == text
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"not a JSON document of this format: {str(error)[:200]}") from None
    if not canonical:
        raise Unreadable("not in canonical form (sorted keys, no spaces, one final newline)")
    return document, hashlib.sha256(data).hexdigest()


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key appears twice")
    return dict(pairs)


def _small_integer(text: str) -> int:
    if len(text) > 10:
        raise ValueError("a bare integer of %d digits; large numbers are strings" % len(text))
    return int(text)


def _no_float(text: str) -> float:
    raise ValueError(f"floating-point numbers are not allowed: {text[:40]}")


def fields(value: Any, where: str, required: str, optional: str = "") -> dict[str, Any]:
    """An object with exactly these keys."""
    known = set(required.split()) | set(optional.split())
    if type(value) is not dict or not set(required.split()) <= set(value) <= known:
        raise Unreadable("{} must be an object with the keys {}".format(where, ", ".join(sorted(known))))
    return value


def items(value: Any, where: str, length: int | None = None) -> list[Any]:
    """A list, of the stated length if there is one."""
    if type(value) is not list or length not in (None, len(value)):
        raise Unreadable(where + " must be a list" + ("" if length is None else " of length %d" % length))
    return value


def typed(value: Any, kind: type, where: str) -> Any:
    """A value of exactly this JSON type; integers are not negative."""
    if type(value) is not kind or (type(value) is int and value < 0):
        raise Unreadable(f"{where} must be of type {kind.__name__}")
    return value


_RATIONAL = re.compile("-?(0|[1-9][0-9]*)(/[1-9][0-9]*)?")


def rational(value: Any, where: str) -> Fraction:
    """A rational in lowest terms, written p or p/q."""
    if type(value) is not str or len(value) > 3 * MAX_DIGITS or not _RATIONAL.fullmatch(value):
        raise Unreadable(f"{where} must be a rational number in a string")
    parts = value.split("/")
    if max(map(len, parts)) > MAX_DIGITS:
        raise Unreadable("%s has more than %d digits" % (where, MAX_DIGITS))
    number = Fraction(*map(int, parts))
    if str(number) != value:
        raise Unreadable(f"{where} is not in lowest terms")
    return number


def integer(value: Any, where: str) -> int:
    """An integer in a string."""
    number = rational(value, where)
    if number.denominator != 1:
        raise Unreadable(f"{where} must be an integer")
    return number.numerator


def common_denominator(numbers: Iterable[Fraction], where: str, most: int = MAX_BITS) -> int:
    """A multiple of all denominators, which is not too long."""
    m = 1
    for v in numbers:
        m = math.lcm(m, v.denominator)
        if m.bit_length() > most:
            raise Unreadable("the common denominator of %s has more than %d bits" % (where, most))
    return m


# ---------------------------------------------------------------------------------------------- numbers


class Number:
    """Operations that follow from + and *."""

    def __add__(self, other: Any) -> Any:
        raise NotImplementedError

    def __mul__(self, other: Any) -> Any:
        raise NotImplementedError

    def __radd__(self, other: Any) -> Any:
        return self + other

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def __sub__(self, other: Any) -> Any:
        return self + other * -1

    def __rsub__(self, other: Any) -> Any:
        return self * -1 + other


class Interval(Number):
    """The real numbers between lo / 2^bits and hi / 2^bits; every operation rounds outwards."""

    __slots__ = ("hi", "lo")
    bits = EXACT_BITS  # one grid for the whole check, set before any interval is made

    def __init__(self, lo: int, hi: int):
        self.lo, self.hi = lo, hi

    @staticmethod
    def of(x: Any) -> Interval:
        """The enclosure of an exact number (or an interval as it is)."""
        if isinstance(x, Interval):
            return x
        if isinstance(x, Element):
            return sum((x.field.value(k) * c for k, c in x.terms.items()), Interval(0, 0))
        scaled = Fraction(x) * 2**Interval.bits
        return Interval(math.floor(scaled), math.ceil(scaled))

    def __add__(self, other: Any) -> Interval:
        o = Interval.of(other)
        return Interval(self.lo + o.lo, self.hi + o.hi)

    def __mul__(self, other: Any) -> Interval:
        if isinstance(other, Interval):
            ends = (self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi)
            return Interval(min(ends) >> Interval.bits, -(-max(ends) >> Interval.bits))
        p, q = other.numerator, other.denominator  # exactly rational: round once
        lo, hi = (self.lo * p, self.hi * p) if p >= 0 else (self.hi * p, self.lo * p)
        return Interval(lo // q, -(-hi // q))

    def inverse(self) -> Interval:
        """1/x for an interval without 0."""
        one = 1 << 2 * Interval.bits
        return Interval(one // self.hi, -(-one // self.lo))

    def sign(self) -> int | None:
        """The common sign of all its numbers, or None."""
        return 1 if self.lo > 0 else -1 if self.hi < 0 else 0 if self.lo == self.hi == 0 else None


def sign_of(x: Any) -> int | None:
    """The sign of a number where its enclosure shows it, or None; 0 is shown of exact numbers only."""
    return 0 if is_zero(x) else Interval.of(x).sign()


def is_zero(x: Any) -> bool:
    """Whether the number is proved to be 0."""
    return not x.terms if isinstance(x, Element) else x.sign() == 0 if isinstance(x, Interval) else x == 0


class Field:
    """Basis numbers: square roots, named by their radicands, or powers of a root of f, named by their exponents."""

    def __init__(self, spec: Any):
        where, self.f, self.one = "the field", [], 1
        self.values: dict[int, Interval] = {}
        self.cost = 0  # of bringing a product to powers below the degree
        if type(spec) is dict and "radicands" in spec:
            listed = items(fields(spec, where, "radicands")["radicands"], where)
            self.basis = [integer(m, where) for m in listed]
            ordered = all(a < b for a, b in zip(self.basis, self.basis[1:]))
            need(self.basis[:1] == [1] and ordered, "the radicands are not 1 < m_2 < m_3 < ...")
            spend(len(self.basis) * self.basis[-1].bit_length() ** 2, where)
            return
        fields(spec, where, "polynomial bits interval")
        f = self.f = [integer(c, where) for c in items(spec["polynomial"], where)]
        need(2 < len(f) <= 65 and f[-1] > 0 and math.gcd(*f) == 1, "the polynomial is not primitive")
        words = len(f) * max(map(abs, f)).bit_length() // 64
        self.cost = len(f) ** 2 * (3 + words**2 // 500)
        spend(self.cost * len(f) + EXACT_BITS * len(f) * (1 + words // 16), where)
        self.one, self.basis = 0, list(range(len(f) - 1))
        self.values[1] = _root_between(f, integer(spec["interval"], where), typed(spec["bits"], int, where))

    def element(self, coefficients: Any, where: str) -> Element:
        """Read one number."""
        coefficients = items(coefficients, where, len(self.basis))
        terms = {b: rational(c, where) for b, c in together(self.basis, coefficients)}
        common_denominator(terms.values(), "a number", 2 * MAX_BITS)
        return Element(self, terms)

    def reduced(self, terms: dict[int, Fraction]) -> dict[int, Fraction]:
        """The same sum with powers below the degree of f."""
        degree = len(self.f) - 1
        for k in range(max(terms, default=0), degree - 1, -1) if self.f else ():
            c = terms.pop(k, Fraction(0)) / self.f[-1]
            for i, v in enumerate(self.f[:-1]):
                terms[k - degree + i] = terms.get(k - degree + i, 0) - c * v
        return terms

    def value(self, k: int) -> Interval:
        """The enclosure of a basis number."""
        if k not in self.values:
            if self.f:
                self.values[k] = self.value(k - 1) * self.values[1] if k else Interval.of(1)
            else:
                root = math.isqrt(k << 2 * Interval.bits)
                self.values[k] = Interval(root, root + (root * root < k << 2 * Interval.bits))
        return self.values[k]


def _root_between(f: list[int], m: int, bits: int) -> Interval:
    """A root of f between m / 2^bits and (m + 1) / 2^bits, where f changes its sign; bisected to the grid."""
    need(bits <= Interval.bits, "the isolating interval is finer than the grid")
    lo, hi = m << Interval.bits - bits, m + 1 << Interval.bits - bits

    def sign(x: int) -> int:
        value = 0
        for power, c in enumerate(reversed(f)):
            value = value * x + (c << power * Interval.bits)
        return (value > 0) - (value < 0)

    left, right = sign(lo), sign(hi)
    need(left * right == -1, "the polynomial does not change its sign on the isolating interval")
    while hi - lo > 1:
        middle = (lo + hi) // 2
        lo, hi = (middle, hi) if sign(middle) == left else (lo, middle)
    return Interval(lo, hi)


class Element(Number):
    """A sum of rational multiples of basis numbers, with exact + and *.

    Without terms it is 0. (The converse is not used: a sign other than 0 comes from an enclosure.)
    """

    __slots__ = ("field", "terms")

    def __init__(self, field: Field, terms: dict[int, Fraction]):
        self.field, self.terms = field, {k: c for k, c in terms.items() if c != 0}

    def __add__(self, other: Any) -> Element:
        terms = dict(self.terms)
        added = other.terms if isinstance(other, Element) else {self.field.one: Fraction(other)}
        for k, c in added.items():
            terms[k] = terms.get(k, 0) + c
        return Element(self.field, terms)

    def __mul__(self, other: Any) -> Element:
        exact = isinstance(other, Element)
        spend(
            (self.size() * (other.size() if exact else 16) + 100) // 5 + self.field.cost, "the exact algebra"
        )
        if not exact:
            return Element(self.field, {k: c * other for k, c in self.terms.items()})
        terms: dict[int, Fraction] = {}
        for (i, a), (j, b) in itertools.product(self.terms.items(), other.terms.items()):
            g = 1 if self.field.f else math.gcd(i, j)  # sqrt(i) sqrt(j) = g sqrt(i/g j/g)
            k = i + j if self.field.f else (i // g) * (j // g)
            terms[k] = terms.get(k, Fraction(0)) + a * b * g
        return Element(self.field, self.field.reduced(terms))

    def size(self) -> int:
        """The length of its coefficients in machine words, and a little more."""
        parts = ((k, c.numerator, c.denominator) for k, c in self.terms.items())
        return sum(16 + sum(v.bit_length() for v in part) // 64 for part in parts)


# ---------------------------------------------------------------------------------------------- linear algebra


def together(*lists: Any) -> Iterator[Any]:
    """`zip`, but lists of different lengths are never cut to the shorter one."""
    if len(set(map(len, lists))) > 1:
        raise AssertionError("lists of different lengths")
    return zip(*lists)


def transposed(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """The columns of a table with rows of equal length."""
    return list(together(*rows)) if rows else []


def dot(a: Iterable[Any], b: Iterable[Any]) -> Any:
    """The sum of products, of rationals with rationals, intervals or elements."""
    return sum((x * y for x, y in together(list(a), list(b))), Fraction(0))


def combination(vectors: Sequence[Sequence[Any]], coefficients: Sequence[Any], size: int) -> list[Any]:
    """A linear combination of vectors of a length, of which there may be none."""
    return [dot([v[i] for v in vectors], coefficients) for i in range(size)]


def projector(rows: Sequence[Sequence[Fraction]], d: int) -> list[list[Fraction]]:
    """The orthogonal projection onto { v : row.v = 0 for all rows }, by Gram-Schmidt."""
    P = [[Fraction(i == j) for j in range(d)] for i in range(d)]
    for row in rows:
        q = [dot(line, row) for line in P]
        size = dot(q, q)
        if size:
            P = [[P[i][j] - q[i] * q[j] / size for j in range(d)] for i in range(d)]
    return P


def echelon(rows: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """The reduced row echelon form without zero rows: a basis of the row space that depends on it alone."""
    table, done = [list(row) for row in rows], 0
    width = len(table[0]) if table else 0
    spend(6 * len(table) * width * min(len(table), width), "linear algebra")
    for j in range(width):
        spend(0, "linear algebra")
        pivot = next((i for i in range(done, len(table)) if table[i][j] != 0), None)
        if pivot is None:
            continue
        table[done], table[pivot] = table[pivot], table[done]
        table[done] = [x / table[done][j] for x in table[done]]
        for i, row in enumerate(table):
            if i != done and row[j] != 0:
                table[i] = [x - row[j] * y for x, y in together(row, table[done])]
        done += 1
    return table[:done]


def eliminate(rows: Sequence[Sequence[Any]], columns: int) -> dict[int, list[Interval]] | None:
    """Gauss-Jordan on intervals with pivots among the first columns: {pivot column: reduced row}, or None.

    Each pivot excludes 0, so success proves that the rows are independent, whatever numbers the intervals hold, and
    the reduced rows enclose those of all matrices in the interval matrix.
    """
    table = [[Interval.of(x) for x in row] for row in rows]
    used: dict[int, int] = {}
    bits = max((max(abs(x.lo), abs(x.hi)).bit_length() for row in table for x in row), default=0)
    spend(4 * len(table) * sum(map(len, table)) * (1 + bits // 1024) ** 2, "linear algebra")
    while len(used) < len(table):
        spend(0, "linear algebra")
        open_rows = [i for i in range(len(table)) if i not in used]
        far = [(max(v.lo, -v.hi, 0), i, j) for i in open_rows for j, v in enumerate(table[i][:columns])]
        distance, pivot, column = max(far, default=(0, 0, 0))
        if distance <= 0:
            return None
        inverse = table[pivot][column].inverse()
        table[pivot] = [x * inverse if x.lo or x.hi else x for x in table[pivot]]
        table[pivot][column] = Interval.of(1)
        for i, row in enumerate(table):
            factor = row[column]
            if i != pivot and (factor.lo or factor.hi):
                table[i] = [x - factor * y if y.lo or y.hi else x for x, y in together(row, table[pivot])]
                table[i][column] = Interval(0, 0)
        used[pivot] = column
    return {j: table[i] for i, j in used.items()}


def independent(rows: Sequence[Sequence[Any]]) -> bool:
    """Whether the rows are proved linearly independent."""
    return not rows or eliminate(rows, len(rows[0])) is not None


def determinant(columns: Sequence[Sequence[Any]]) -> Any:
    """By expansion along one row after the other: no division, so that exact numbers stay exact."""
    minors: dict[frozenset[int], Any] = {frozenset(): Fraction(1)}
    for i in range(len(columns)):
        grown: dict[frozenset[int], Any] = {}
        entries = {j: column[i] for j, column in enumerate(columns) if not is_zero(column[i])}
        for (chosen, minor), (j, entry) in itertools.product(minors.items(), entries.items()):
            if j not in chosen:
                term = entry * minor if sum(k > j for k in chosen) % 2 == 0 else entry * minor * -1
                grown[chosen | {j}] = term + grown.get(chosen | {j}, 0)
        minors = grown
    return minors.get(frozenset(range(len(columns))), Fraction(0))


# ---------------------------------------------------------------------------------------------- the problem


class Problem:
    """X, y, lambda and the kind of program, as rationals; `listed` is None for all cells."""

    def __init__(self, spec: Any):
        spec = fields(spec, "problem", "X y lambda gated patterns")
        self.X = [[rational(v, "X") for v in items(row, "a row of X")] for row in items(spec["X"], "X")]
        self.n, self.d = len(self.X), len(self.X[0]) if self.X else 0
        if not 0 < self.d <= MAX_UNKNOWNS or any(len(row) != self.d for row in self.X):
            raise Unreadable("X must be a table with at least one row and 1 to %d columns" % MAX_UNKNOWNS)
        self.y = [rational(v, "y") for v in items(spec["y"], "y", self.n)]
        self.lam = rational(spec["lambda"], "lambda")
        self.gated = typed(spec["gated"], bool, "gated")
        self.nonzero = [any(row) for row in self.X]
        common_denominator(self.y, "y")
        m = self.denominator = common_denominator(itertools.chain(*self.X), "X")
        largest = max(abs(v) for row in self.X for v in row)
        size = (largest.numerator * m // largest.denominator).bit_length()
        self.cost = (1 + self.d * size // 512) ** 2  # of an operation with numbers that come from X
        if self.d * max(self.n, self.d) * size > MAX_SIZE:  # what projections onto faces hold
            raise Unreadable("X is too large: its entries have %d bits over one denominator" % size)
        spend(self.n * self.d * size, "the size of X")
        self.integers = [[v.numerator * (m // v.denominator) for v in row] for row in self.X]
        self._shadows: dict[tuple[int, ...], list[list[Fraction]]] = {(): self.X}
        given = spec["patterns"]
        self.listed = None if given == "cells" else self._patterns(items(given, "patterns"))
        text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
        self.sha256 = hashlib.sha256(text.encode("ascii")).hexdigest()

    def about(self) -> str:
        """What every answer begins with: the problem in one line."""
        size = "%d row%s, %d column%s" % (self.n, "s" * (self.n != 1), self.d, "s" * (self.d != 1))
        lam, number = str(self.lam), 0 if self.listed is None else len(self.listed)
        lam = lam if len(lam) <= 60 else "a rational number of %d digits" % len(lam)
        what = ("gate" if self.gated else "activation pattern") + "s" * (number != 1)
        which = "all" if self.listed is None else "these %d" % number if number > 1 else "this one"
        net = "gated ReLU" if self.gated else "ReLU"
        return f"{size}, lambda = {lam}, {net}, {which} {what}; fingerprint {self.sha256[:12]}"

    def shadows(self, zero: tuple[int, ...]) -> list[list[Fraction]]:
        """The rows, projected onto the vectors orthogonal to some of them."""
        if zero not in self._shadows:
            spend((3 * self.n + 25 * len(zero)) * self.d**2 * self.cost, "the list of neurons")
            P = projector([self.X[j] for j in zero], self.d)
            self._shadows[zero] = [[dot(line, x) for line in P] for x in self.X]
        return self._shadows[zero]

    def _patterns(self, listed: list[Any]) -> list[str]:
        for p in listed:
            if type(p) is not str or len(p) != self.n or set(p) - {"0", "1"}:
                raise Unreadable("a pattern must be a string of %d characters 0 and 1" % self.n)
            if any(bit == "0" and not nonzero for bit, nonzero in together(p, self.nonzero)):
                raise Unreadable("a pattern must have 1 on zero rows of X")
        if not listed or len(set(listed)) < len(listed):
            raise Unreadable("the list of patterns must not be empty and must not repeat one")
        return listed


# ---------------------------------------------------------------------------------------------- claim: arrangement


def check_arrangement(problem: Problem, claim: Any) -> list[str]:
    """All patterns of full-dimensional cells of { w : x_j.w = 0 }: found by a search, counted by a theorem.

    The search need not be right: each pattern found comes with an integer point, whose signs are recomputed here,
    so there are at least as many cells as different patterns. Zaslavsky: r(A) = r(A - H) + r(A restricted to H)
    counts the cells, so there are no more. The digest makes the list itself part of the claim.
    """
    claim = fields(claim, "arrangement", "cells sha256 words")
    stated, digest = typed(claim["cells"], int, "cells"), typed(claim["sha256"], str, "sha256")
    rows = _on_pivots(problem)
    lines, n, r = distinct_lines(rows), problem.n, len(rows[0])
    if stated > MAX_CELLS:
        raise Unreadable("more than %d cells" % MAX_CELLS)
    spend(stated * (n + r) * r * problem.cost * 3, "the list of cells")
    for k in range(min(r, len(lines) + 1)):  # there are at most so many flats
        spend(math.comb(len(lines), k) * problem.cost * 10, "the arrangement")
    progress("counting the cells")
    count = number_of_cells([tuple(map(Fraction, row)) for row in lines], r, stated)
    there = "more" if count > stated else str(count)
    need(count == stated, "%d cells are claimed and there are %s" % (stated, there))
    progress("finding the cells")
    patterns = set()
    for w in points_of_cells(lines, r):
        values = [_product(row, w) for row in rows]
        off = all(v != 0 or not some for v, some in together(values, problem.nonzero))
        need(off, "a point lies on a hyperplane")
        patterns.add("".join("1" if v >= 0 else "0" for v in values))
    need(len(patterns) == count, "the search found %d of %d cells" % (len(patterns), count))
    found = hashlib.sha256("\n".join(sorted(patterns)).encode()).hexdigest()
    need(found == digest, "the digest of the list is another")
    return sorted(patterns)


def _on_pivots(problem: Problem) -> list[list[int]]:
    """The rows in the pivot coordinates of their echelon form.

    These determine a vector of the row space, so on points w with zeros elsewhere the x_j have all their cells.
    """
    spend(problem.n * problem.d * min(problem.n, problem.d) * problem.cost, "the rank of X")
    pivots = [next(i for i, v in enumerate(row) if v) for row in echelon(problem.X)] or [0]
    return [[row[i] for i in pivots] for row in problem.integers]


def distinct_lines(rows: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
    """One primitive integer vector per hyperplane."""
    found = {}
    for row in rows:
        g = math.gcd(*row)
        if g:
            sign = 1 if next(v for v in row if v) > 0 else -1
            found[tuple(sign * v // g for v in row)] = True
    return list(found)


def number_of_cells(rows: Sequence[tuple[Fraction, ...]], d: int, most: int = MAX_CELLS) -> int:
    """Cells of a central arrangement of distinct hyperplanes: 1 + sum over j of the cells of rows before j on H_j.

    Above `most` it stops early, with a number that is still above `most`.
    """
    if not rows:
        return 1
    if d <= 2:
        return 2 if d == 1 else 2 * len(rows)
    total = 1
    for j, row in enumerate(rows):
        spend(0, "the arrangement")
        if total > most:
            break
        p = next(i for i, v in enumerate(row) if v)
        classes = {}
        for other in rows[:j]:  # the linear form on H_j: eliminate the coordinate p
            factor = other[p] / row[p]
            form = [v - factor * w for i, (v, w) in enumerate(together(other, row)) if i != p]
            lead = next(v for v in form if v)
            classes[tuple(v / lead for v in form)] = True
        total += number_of_cells(list(classes), d - 1, most - total)
    return total


def points_of_cells(lines: Sequence[tuple[int, ...]], d: int) -> list[tuple[int, ...]]:
    """One integer point of every cell. A cell touches a last hyperplane H_j in a cell of the rows before j on H_j."""
    if not lines or d == 1:
        return [(1,), (-1,)] if lines else [(0,) * d]
    found: dict[bytes, tuple[int, ...]] = {}
    for j, row in enumerate(lines):
        p = min((i for i, v in enumerate(row) if v), key=lambda i: abs(row[i]))
        basis = [[row[p] * (i == k) - row[i] * (p == k) for k in range(d)] for i in range(d) if i != p]
        before = distinct_lines([[_product(line, b) for b in basis] for line in lines[:j]])
        along, columns = [_product(line, row) for line in lines], transposed(basis)
        spend(0, "the arrangement")
        for point in points_of_cells(before, d - 1):
            lifted = [_product(point, column) for column in columns]
            at = [_product(line, lifted) for line in lines]
            far = 1 + max((abs(a) // abs(v) for a, v in together(along[:j], at[:j]) if v), default=0)
            for side in (1, -1):
                values = [far * v + side * a for v, a in together(at, along)]
                if all(values):
                    w = [far * v + side * r for v, r in together(lifted, row)]
                    g = math.gcd(*w)
                    found.setdefault(bytes(v > 0 for v in values), tuple(v // g for v in w))
    return list(found.values())


def _product(a: Iterable[int], b: Iterable[int]) -> int:
    return sum(map(int.__mul__, a, b))


# ---------------------------------------------------------------------------------------------- claim: optimum


class Neuron:
    """A sign and a face, with the shadows P x_j of the rows: A has the columns P x_j for j in D, and 0 elsewhere."""

    def __init__(self, problem: Problem, spec: Any):
        spec = fields(spec, "a neuron", "sign face")
        sign, face = typed(spec["sign"], str, "sign"), typed(spec["face"], str, "face")
        if sign not in ("+", "-") or len(face) != problem.n or set(face) - set("+-0"):
            raise Unreadable("a neuron has a sign + or - and a face of %d characters + - 0" % problem.n)
        self.sign, self.face, self.key = (1 if sign == "+" else -1), face, (sign, face)
        on_zero_rows = {f for f, some in together(face, problem.nonzero) if not some}
        need(on_zero_rows <= {"0"}, "a face is not 0 on a zero row")
        self.zero = [j for j, f in enumerate(face) if f == "0" and problem.nonzero[j]]
        self.active = [j for j, f in enumerate(face) if f == "+"]
        self.sides, self.plus = (int("".join("01"[f in which] for f in face), 2) for which in ("+-", "+"))
        plain = not problem.gated or (sign == "+" and not self.zero)
        need(plain, "a gated neuron has the sign + and no zero row")
        self.shadows = problem.shadows(tuple(self.zero))

    def z(self, nu: Sequence[Any]) -> list[Any]:
        """A nu = s lambda u."""
        on = self.active
        return combination([self.shadows[j] for j in on], [nu[j] for j in on], len(self.shadows[0]))

    def activation(self, nu: Sequence[Any]) -> list[Any]:
        """Q nu = A^T A nu."""
        z = self.z(nu)
        return [dot(p, z) if f == "+" else Fraction(0) for p, f in together(self.shadows, self.face)]

    def holds(self, pattern: str) -> bool:
        """Whether u lies in the closed cone of the pattern: they agree off the zero set."""
        return int(pattern, 2) & self.sides == self.plus


class System:
    """The square system of neurons, each single or standing for a pair {u, -u}, in unknowns (nu, weights, c)."""

    def __init__(self, problem: Problem, heads: list[Neuron], paired: list[bool]):
        self.problem, self.heads, self.paired = problem, heads, paired
        spans = {id(h.shadows): h.shadows for h, pair in together(heads, paired) if pair}
        self.B: list[list[Fraction]] = []  # a basis of U, as rows
        for shadows in spans.values():
            self.B = echelon([*self.B, *(v for v in shadows if any(v))])
        self.XB = [[dot(x, b) for b in self.B] for x in problem.X]
        self.sizes = {"nu": problem.n, "weights": len(heads), "c": len(self.B)}
        if sum(self.sizes.values()) > MAX_UNKNOWNS:
            raise Unreadable("a root in more than %d unknowns" % MAX_UNKNOWNS)

    def equations(self, nu: Sequence[Any], weights: Sequence[Any], c: Sequence[Any]) -> list[Any]:
        """What must vanish: nu + sum weight_k Q_k nu - X B c - y, (|A_k nu|^2 - lambda^2) / 2, and -B^T X^T nu."""
        p = self.problem
        fit = [v - y - dot(row, c) for v, y, row in together(nu, p.y, self.XB)]
        norms = []
        for head, weight in together(self.heads, weights):
            fit = [t + v * weight for t, v in together(fit, head.activation(nu))]
            z = head.z(nu)
            norms.append((dot(z, z) - p.lam * p.lam) * Fraction(1, 2))
        return [*fit, *norms, *(dot(column, nu) * -1 for column in transposed(self.XB))]

    def jacobian(self, nu: Sequence[Interval], weights: Sequence[Interval]) -> list[list[Any]]:
        """Its derivative [[I + sum weight_k Q_k, border], [border^T, 0]] with border (Q_k nu, -X B)."""
        n = self.problem.n
        corner: list[list[Any]] = [[Fraction(i == j) for j in range(n)] for i in range(n)]
        for head, weight in together(self.heads, weights):
            spend(len(head.active) ** 2 * self.problem.d * self.problem.cost, "the root")
            for i, j in itertools.combinations_with_replacement(head.active, 2):
                corner[i][j] = corner[i][j] + weight * dot(head.shadows[i], head.shadows[j])
                corner[j][i] = corner[i][j]
        border = [head.activation(nu) for head in self.heads] + [[-v for v in b] for b in transposed(self.XB)]
        top = [row + [b[i] for b in border] for i, row in enumerate(corner)]
        return top + [list(b) + [Fraction(0)] * len(border) for b in border]


class Point(NamedTuple):
    """A proved solution of the system: enclosures, and exact numbers (nu, weights, c) where the file has them."""

    nu: list[Interval]
    weights: list[Interval]
    c: list[Interval]
    exact: tuple[list[Any], list[Any], list[Any]] | None = None
    field: Any = None
    implied: Identities | None = None

    def sign(self, form: dict[int, Fraction]) -> int | None:
        """The sign of the sum of form[j] nu_j, by interval, exactly or by identities; None is undecided."""
        if self.exact and is_zero(dot(form.values(), [self.exact[0][j] for j in form])):
            return 0
        if self.implied and self.implied.vanishes(form):
            return 0
        return sign_of(dot(form.values(), [self.nu[j] for j in form]))


def check_point(system: System, spec: Any) -> Point:
    """Prove that the system has a solution: exact numbers by substitution, enclosures by `prove_root`."""
    if type(spec) is dict and "field" in spec:
        fields(spec, "point", "field nu weights c")
        Interval.bits = EXACT_BITS
        field = Field(spec["field"])
        exact = [[field.element(v, k) for v in items(spec[k], k, m)] for k, m in system.sizes.items()]
        need(all(map(is_zero, system.equations(*exact))), "the exact numbers do not solve the equations")
        nu, weights, c = (list(map(Interval.of, part)) for part in exact)
        return Point(nu, weights, c, (exact[0], exact[1], exact[2]), field)
    fields(spec, "point", "bits nu weights c")
    bits = typed(spec["bits"], int, "bits")
    if (
        bits > MAX_BITS or bits * sum(system.sizes.values()) ** 2 > 4 * MAX_SIZE
    ):  # the Jacobian holds that much
        raise Unreadable("a root in %d bits is beyond the limits of this checker" % bits)
    Interval.bits = bits + GUARD_BITS
    centre = [[integer(v, k) << GUARD_BITS for v in items(spec[k], k, m)] for k, m in system.sizes.items()]
    half = 1 << GUARD_BITS - 1  # half a unit of 2^-bits on the grid
    box = [[Interval(v - half, v + half) for v in part] for part in centre]
    prove_root(system, [[Interval(v, v) for v in part] for part in centre], box, half)
    for j, y in enumerate(system.problem.y):  # a row that no neuron sees: its equation is nu_j = y_j
        if not any(system.XB[j]) and not any(head.face[j] == "+" for head in system.heads):
            box[0][j] = Interval.of(y)
    return Point(box[0], box[1], box[2])


def prove_root(system: System, m: list[list[Interval]], box: list[list[Interval]], radius: int) -> None:
    """Interval Newton: the system F has a root in the box of the given radius around m.

    Let J be an interval matrix that holds F' on the box. For x in the box F(x) = F(m) + M(x) (x - m), where M(x), the
    mean of F' from m to x, is in J and continuous. If elimination with the right side F(m) succeeds for all matrices
    in J, with solutions smaller than the radius, then x -> m - M(x)^-1 F(m) maps the box into itself; a fixed point
    (Brouwer) is a root.
    """
    F, J = system.equations(*m), system.jacobian(*box[:2])
    progress("proving a root in %d unknowns" % len(F))
    solved = eliminate([[*row, v] for row, v in together(J, F)], len(F))
    if solved is None:
        raise Rejected("the Jacobian is not proved regular on the box")
    for column, row in solved.items():
        inside = -radius < row[-1].lo and row[-1].hi < radius
        where = "(coordinate %d)" % (column + 1)
        need(inside, "no root is proved within half a unit of the stated numbers " + where)


class Identities:
    """What the equations imply about nu, whatever field it is in: x = (nu, 1) lies in the span of the columns of Z.

    At first Z is orthogonal to what is linear: B^T X^T nu = 0, and v.(nu - y) = 0 for all v that no head and no
    column of X B sees. A step names forms e and, for pairs of heads (or lambda itself), forms g with
    |A_k nu|^2 - |A_l nu|^2 = e.g on Z. Both lengths are lambda, so e.g = 0; if the vectors g that belong to one e
    are as many as e has forms, and independent at nu, then e = 0, and Z shrinks.
    """

    def __init__(self, system: System, point: Point, steps: Any):
        self.problem, self.heads, self.x = system.problem, system.heads, [*point.nu, Interval.of(1)]
        n, X, y = self.problem.n, transposed(system.XB), self.problem.y
        seen = [row for head in system.heads for row in self._spread(head)]
        unseen = null_space([*(row[:n] for row in seen), *X], n)
        self.Z = null_space([*([*v, Fraction(0)] for v in X), *([*v, -dot(v, y)] for v in unseen)], n + 1)
        for step in items(steps, "identities"):
            self._take(fields(step, "an identity", "forms pairs"))

    def _spread(self, neuron: Neuron) -> list[list[Fraction]]:
        """A with a column of zeros for the constant, as rows over (nu, 1)."""
        on = [p if f == "+" else [Fraction(0)] * len(p) for p, f in together(neuron.shadows, neuron.face)]
        return [[*row, Fraction(0)] for row in transposed(on)]

    def length(self, neuron: Neuron | None) -> list[list[Fraction]]:
        """The form |A nu|^2, or lambda^2, on Z."""
        rows = (
            [[Fraction(0)] * self.problem.n + [self.problem.lam]] if neuron is None else self._spread(neuron)
        )
        spend(len(rows) * len(self.Z) * (self.problem.n + len(self.Z)) * 4, "the identities")
        T = [[dot(row, z) for z in self.Z] for row in rows]
        return [[dot(a, b) for b in transposed(T)] for a in transposed(T)]

    def _take(self, step: Any) -> None:
        e = [self._form(v) for v in items(step["forms"], "forms")]
        given = items(step["pairs"], "pairs", len(e))
        need(len(e) > 0, "an identity without a form")
        vectors = []
        for pair in given:
            k, m, listed = items(pair, "a pair", 3)
            one, other = (self.length(self._head(place)) for place in (k, m))
            g = [self._form(v) for v in items(listed, "factors", len(e))]
            spend(len(self.Z) * len(e) * (len(self.Z) + self.problem.n), "the identities")
            E, G = ([[dot(f, z) for z in self.Z] for f in forms] for forms in (e, g))
            for i, j in itertools.combinations_with_replacement(range(len(self.Z)), 2):
                product = sum((a[i] * b[j] + a[j] * b[i] for a, b in together(E, G)), Fraction(0))
                need(2 * (one[i][j] - other[i][j]) == product, "the factors of an identity are others")
            vectors.append([dot(f, self.x) for f in g])
        need(independent(vectors), "the other factors of an identity are not proved independent")
        free = null_space([[dot(f, z) for z in self.Z] for f in e], len(self.Z))
        self.Z = [combination(self.Z, v, self.problem.n + 1) for v in free]

    def _form(self, value: Any) -> list[Fraction]:
        form = [rational(v, "a form") for v in items(value, "a form", self.problem.n + 1)]
        common_denominator(form, "a form")
        return form

    def _head(self, place: Any) -> Neuron | None:
        """A head by its number, or None for lambda itself."""
        need(
            typed(place, int, "a pair") in range(len(self.heads) + 1),
            "an identity names no neuron of the structure",
        )
        return self.heads[place] if place < len(self.heads) else None

    def vanishes(self, form: dict[int, Fraction]) -> bool:
        """Whether the sum of form[j] nu_j is 0 by what was shown."""
        spend(len(form) * len(self.Z), "the identities")
        return all(dot(form.values(), [z[j] for j in form]) == 0 for z in self.Z)

    def are_tight(self, neuron: Neuron) -> bool:
        """Whether |A nu| = lambda follows."""
        own = self.length(neuron)
        return any(own == self.length(head) for head in [*self.heads, None])


def null_space(rows: Sequence[Sequence[Fraction]], width: int) -> list[list[Fraction]]:
    """A basis of { v : row.v = 0 for all rows }."""
    reduced = echelon(rows)
    pivots = [next(j for j, x in enumerate(row) if x) for row in reduced]
    found = []
    for free in (j for j in range(width) if j not in pivots):
        v = [Fraction(j == free) for j in range(width)]
        for p, row in together(pivots, reduced):
            v[p] = -row[free]
        found.append(v)
    return found


class Optimum(NamedTuple):
    """What the claims about the optimal set build on."""

    problem: Problem
    patterns: list[str]
    system: System
    point: Point
    neurons: list[Neuron]
    roles: list[str]


def check_optimum(problem: Problem, patterns: list[str], claim: Any, evidence: Any) -> Optimum:
    """The optimal fit, all tight neurons, and the status of every block."""
    claim = fields(claim, "optimum", "objective neurons tight_blocks words")
    evidence = fields(evidence, "the evidence for optimum", "roles point", "identities")
    need(problem.lam > 0, "lambda is not positive")
    listed = items(claim["neurons"], "neurons")
    spend(len(listed) * len(patterns) * 2, "the list of neurons and patterns")
    roles = items(evidence["roles"], "roles", len(listed))
    afford(problem, listed, roles)
    neurons = [Neuron(problem, spec) for spec in listed]
    system = System(problem, *_structure(neurons, roles))
    point = check_point(system, evidence["point"])
    need(all(sign_of(w) == 1 for w in point.weights), "a weight is not proved positive")
    if "identities" in evidence:
        point = point._replace(implied=Identities(system, point, evidence["identities"]))
    for k, (neuron, role) in enumerate(together(neurons, roles)):
        label = "neuron %d" % (k + 1)
        held = [p for p in patterns if neuron.holds(p)]
        need(len(held) > 0, label + " lies in the cone of no present block")
        if role == "tie":
            z = neuron.z(point.exact[0] if point.exact else point.nu)
            known = is_zero(dot(z, z) - problem.lam**2)
            reaches = known or (point.implied is not None and point.implied.are_tight(neuron))
            need(reaches, label + ": |A nu| is not lambda")
        z = neuron.z(point.nu)
        for j, f in enumerate(neuron.face):  # u is in the relative interior of its face; on Z, x_j.u is 0
            if f != "0" and not problem.gated:
                stated = neuron.sign if f == "+" else -neuron.sign
                need(sign_of(dot(problem.X[j], z)) == stated, "%s: its side of row %d" % (label, j + 1))
        for local, found in multipliers(problem, point, neuron, held):
            need(found is not None, f"{label}: no multiplier for the blocks with {local} on its zero rows")
    tight = _check_other_blocks(problem, patterns, point, neurons)
    need(tight == typed(claim["tight_blocks"], int, "tight_blocks"), "%d blocks are tight" % tight)
    value = dot(problem.y, point.nu) - dot(point.nu, point.nu) * Fraction(1, 2)
    ends = (Fraction(end * 10**DECIMALS, 2**Interval.bits) for end in (value.lo, value.hi))
    rounded = {math.floor(end + Fraction(1, 2)) for end in ends}
    stated = rounded == {integer(claim["objective"], "objective")}
    need(stated, "the objective is another, or not known to %d decimals" % DECIMALS)
    return Optimum(problem, patterns, system, point, neurons, roles)


def afford(problem: Problem, listed: list[Any], roles: list[Any]) -> None:
    """Refuse at once a structure that is too large to build: its unknowns, its projections, and the basis of U."""
    if problem.n + sum(role in ("single", "pair") for role in roles) > MAX_UNKNOWNS:
        raise Unreadable("a root in more than %d unknowns" % MAX_UNKNOWNS)
    faces = [typed(fields(spec, "a neuron", "sign face")["face"], str, "face") for spec in listed]
    flats = [tuple(i for i, side in enumerate(face) if side == "0") for face in faces]
    pairs = {flat for flat, role in together(flats, roles) if role == "pair"}
    n, d = problem.n, problem.d
    work = sum(3 * n + 25 * len(flat) for flat in set(flats) if flat) + len(pairs) * 6 * (n + d)
    affordable = _budget["work"] + work * d**2 * problem.cost <= _budget["limit"]
    if not affordable or len(set(flats)) * n * d > MAX_HELD:
        raise Unreadable("the list of neurons takes too long: allow more time with --seconds")


def _structure(neurons: list[Neuron], roles: list[Any]) -> tuple[list[Neuron], list[bool]]:
    """The singles and pairs, in a prescribed order: each pair with its antipode behind it, ties at the end."""
    known = all(role in ("single", "pair", "antipode", "tie") for role in roles)
    need(known, "an unknown role of a neuron")
    for first, second, role, following in zip(neurons, neurons[1:], roles, roles[1:]):
        need((role == "pair") == (following == "antipode"), "a pair and its antipode do not stand together")
        mirrored = (first.key[0], first.face.translate(str.maketrans("+-", "-+")))
        need(role != "pair" or second.key == mirrored, "an antipode is not opposite")
        need(role != "tie" or following == "tie", "a tie stands before a neuron of the structure")
    alone = roles[:1] == ["antipode"] or roles[-1:] == ["pair"]
    need(not alone, "a pair and its antipode do not stand together")
    heads = [n for n, role in together(neurons, roles) if role in ("single", "pair")]
    for kind in (heads, [n for n, role in together(neurons, roles) if role == "tie"]):
        need([n.key for n in kind] == sorted(n.key for n in kind), "the neurons are not in order")
    need(len({n.key for n in neurons}) == len(neurons), "a neuron is listed twice")
    return heads, [role == "pair" for role in roles if role in ("single", "pair")]


def multipliers(
    problem: Problem, point: Point, neuron: Neuron, held: list[str]
) -> Iterator[tuple[str, dict[int, Interval] | None]]:
    """For each pattern on Z of a present block: rho >= 0 with s X^T D_b nu + sum (2D_b - I)_jj rho_j x_j = lambda u.

    With c = s X^T D_b nu one has P c = lambda u, so the sum must be -(I - P) c, the component of -c in the span of
    the rows of Z. For rows S of Z with that span and a basis E of it, t = S E^T (E S^T S E^T)^-1 E c has
    S^T t = (I - P) c; wanted is an S with t_j <= 0 where the block's side of row j is +, t_j >= 0 where it is -.
    """
    spans, kept = _spanning_sets(problem, neuron), list[Any]()
    for local in sorted({"".join(p[j] for j in neuron.zero) for p in held} - {""}):
        off = {j for j, bit in together(neuron.zero, local) if bit == "0"}
        sides = {j: neuron.sign if j in off else -neuron.sign for j in neuron.zero}
        found = None
        for forms in itertools.chain(kept, _keeping(spans, kept)):
            seen = {j: {i: v for i, v in form.items() if i not in off} for j, form in forms.items()}
            spend(sum(map(len, seen.values())) * 5, "the search for multipliers")
            if all(point.sign(form) in (0, sides[j]) for j, form in seen.items()):
                t = {j: dot(form.values(), [point.nu[i] for i in form]) for j, form in seen.items()}
                found = {j: Interval.of(v) * sides[j] for j, v in t.items()}
                break
        yield local, found


def _keeping(items: Iterator[Any], kept: list[Any]) -> Iterator[Any]:
    """The items that are left, each kept as it comes."""
    for item in items:
        kept.append(item)
        yield item


def _spanning_sets(problem: Problem, neuron: Neuron) -> Iterator[dict[int, dict[int, Fraction]]]:
    """For Z, then for its bases S: t_j (j in S) as linear forms {i: coefficient of nu_i} on the rows near u."""
    E = echelon([problem.X[j] for j in neuron.zero])
    bases = itertools.combinations(neuron.zero, len(E)) if len(E) < len(neuron.zero) else iter(())
    for S in itertools.chain([tuple(neuron.zero)], itertools.islice(bases, MAX_BASES)):
        spend(len(S) * (problem.n + len(S) * len(E)) * problem.d * problem.cost, "the search for multipliers")
        SE = [[dot(problem.X[j], e) for e in E] for j in S]
        solved = echelon([[dot(a, b) for b in transposed(SE)] + e for a, e in together(transposed(SE), E)])
        if all(row[i] == 1 for i, row in enumerate(solved)):  # E S^T S E^T is nonsingular: S spans
            columns = transposed(solved)[len(E) :]
            spread = {j: [dot(a, column) for column in columns] for j, a in together(S, SE)}
            near = neuron.active + neuron.zero
            yield {j: {i: dot(h, problem.X[i]) for i in near} for j, h in spread.items()}


def _check_other_blocks(problem: Problem, patterns: list[str], point: Point, neurons: list[Neuron]) -> int:
    """Every present block that holds no neuron of its sign is strictly inactive; the number of the others.

    nu = m / 2^g + e with integers m, and |X^T D e| <= sum |e_j| |x_j|_1. For any rho >= 0
    |s X^T D nu + sum (2D - I)_jj rho_j x_j| < lambda proves |p_b| < lambda.
    """
    m = [(v.lo + v.hi) // 2 for v in point.nu]
    errors = [max(v.hi - w, w - v.lo) for v, w in together(point.nu, m)]
    error = sum(e * sum(map(abs, row)) for e, row in together(errors, problem.integers))
    limit = math.floor(problem.lam * problem.denominator * 2**Interval.bits) - error
    need(limit > 0, "the residual is not known accurately enough")
    weighted = [[w * row[i] for w, row in together(m, problem.integers)] for i in range(problem.d)]
    search, tight = Search(problem), 0
    for k, pattern in enumerate(patterns):
        progress("blocks", k, len(patterns))
        bits, on = int(pattern, 2), [bit == "1" for bit in pattern]
        c = [sum(itertools.compress(column, on)) for column in weighted]
        short = _product(c, c) < limit * limit
        for sign in (1,) if problem.gated else (1, -1):
            if any(n.sign == sign and bits & n.sides == n.plus for n in neurons):
                tight += 1
            elif not short:
                inactive = not problem.gated and search.shorter([sign * v for v in c], on, limit)
                need(inactive, "the block %s%s is not proved inactive" % ("+" if sign > 0 else "-", pattern))
    return tight


class Search:
    """Nonnegative multipliers that shorten a vector (Lawson and Hanson's method in exact integers)."""

    def __init__(self, problem: Problem):
        self.rows, self.cost = problem.integers, problem.cost
        squares = [_product(row, row) or 1 for row in self.rows]
        self.weights = [(max(squares) << 64) // square for square in squares]  # 1 / |x_j|^2, to a scale
        self.solved: dict[tuple[int, ...], tuple[int, list[list[int]]]] = {}

    def shorter(self, c: list[int], on: list[bool], limit: int) -> bool:
        """Whether |c + sum rho_j (+-x_j)| < limit for some rho >= 0, + where `on`; the loop's last line proves it."""
        S: list[int] = []
        rho: list[Fraction] = []
        p, det = c, 1
        while True:
            spend(len(self.rows) * len(c) * self.cost // 3, "the search for inactive blocks")
            along = [(j, _product(row, p)) for j, row in enumerate(self.rows) if j not in S]
            against = [(v * v * self.weights[j], j) for j, v in along if v and (v < 0) == on[j]]
            if not against:
                return False  # p is the projection, and it is too long
            S, rho = [*S, max(against)[1]], [*rho, Fraction(0)]
            while True:
                det, H = self._solve(tuple(S))
                t = [_product(h, c) * (-1 if on[j] else 1) for j, h in together(S, H)]
                if all(v > 0 for v in t):
                    break
                goal = [Fraction(v, det) for v in t]
                step = min(r / (r - g) for r, g in together(rho, goal) if g <= 0)
                moved = [(j, r + step * (g - r)) for j, r, g in together(S, rho, goal)]
                S, rho = [j for j, r in moved if r > 0], [r for _, r in moved if r > 0]
            rho = [Fraction(v, det) for v in t]
            p = [det * v for v in c]
            for j, v in together(S, t):
                p = [a + (v if on[j] else -v) * x for a, x in together(p, self.rows[j])]
            if _product(p, p) < (det * limit) ** 2:
                return True  # rho = t / det > 0 on S, and p / det = c + sum rho_j (+-x_j)

    def _solve(self, S: tuple[int, ...]) -> tuple[int, list[list[int]]]:
        """(det, H) with det > 0 and H / det = (S S^T)^-1 S, for independent rows S."""
        if S not in self.solved:
            work = len(S) ** 2 * (len(S) + len(self.rows[0])) * self.cost * 2
            spend(work, "the search for inactive blocks")
            rows = [list(map(Fraction, self.rows[j])) for j in S]
            inverse = [row[len(S) :] for row in echelon([[dot(a, b) for b in rows] + a for a in rows])]
            det = math.lcm(*(v.denominator for row in inverse for v in row))
            if len(self.solved) > 20_000:
                self.solved.clear()
            self.solved[S] = det, [[int(v * det) for v in row] for row in inverse]
        return self.solved[S]


# ---------------------------------------------------------------------------------------------- claim: optimal set


class Polytope(NamedTuple):
    """{ x : sum x_j columns[j] = right, 0 <= x_j <= upper[j] } (None: no bound), the columns of full rank.

    `exact` is the same in exact numbers, where known. `coded[j]` are the neurons whose weights x_j decides:
    {k: sides of x_j where neuron k is used}. Column j is in the rational space `spaces[j]`, where these are known.
    """

    columns: list[list[Any]]
    right: list[Any]
    upper: list[Any]
    exact: tuple[list[list[Any]], list[Any], list[Any]] | None
    coded: list[dict[int, str]]
    spaces: list[list[list[Fraction]]]


def check_optimal_set(optimum: Optimum, claim: Any, evidence: Any) -> Polytope:
    """Which neurons optimal networks use, and the dimension of { beta >= 0 : sum beta_k Q_k nu = y - nu }.

    With one solution that is positive on S and a proof that all solutions vanish off S, the dimension is
    |S| - rank of the activations over S, and it is 0 iff the network is unique up to permutation and splitting.
    """
    claim = fields(claim, "optimal_set", "used used_blocks rank dimension p_unique function_unique words")
    neurons, gated = optimum.neurons, optimum.problem.gated
    used = [typed(flag, bool, "used") for flag in items(claim["used"], "used", len(neurons))]
    one_function = True
    if "tie" in optimum.roles:
        polytope, rank, one_function = _set_with_ties(optimum, used, evidence)
    else:  # the root itself is a solution
        need(all(used), "every neuron of the structure is used")
        polytope, rank = _set_of_root(optimum, evidence)
    S = [n for n, flag in together(neurons, used) if flag]
    blocks = {(n.sign, p) for n in S for p in optimum.patterns if n.holds(p)}
    dimension = len(S) - rank
    need(typed(claim["used_blocks"], int, "used_blocks") == len(blocks), "%d blocks are used" % len(blocks))
    need(typed(claim["rank"], int, "rank") == rank, "the rank is %d" % rank)
    need(typed(claim["dimension"], int, "dimension") == dimension, "the dimension is %d" % dimension)
    unique = typed(claim["p_unique"], bool, "p_unique") == (dimension == 0)
    need(unique, "p-uniqueness: the dimension is %d" % dimension)
    stated = claim["function_unique"]
    answered = stated is None if gated else typed(stated, bool, "function_unique") is one_function
    need(answered, "function-uniqueness is another, or stated for a gated program")
    return polytope


def _set_of_root(optimum: Optimum, evidence: Any) -> tuple[Polytope, int]:
    """S = E and the rank, from an interior point of the fibre { 0 <= b_k <= mu_k, sum b_k z_k = B c } over the pairs.

    B^T X^T nu = 0 gives P_k X^T nu = 0, so that -u_k is tight too, with activation Q_k nu - X z_k: a share b_k of the
    weight mu_k may go there, and the fit is kept iff sum b_k X z_k = X B c. All activations lie in the span of Q_k nu
    (k a pair or single) and X B; it is filled if the z_k span U. Such an exchange keeps the function on all of R^d:
    it subtracts sum b_k z_k.x, whatever the b. Without pairs all this is about no b at all.
    """
    point, system = optimum.point, optimum.system
    if "pair" in optimum.roles:
        listed = fields(evidence, "the evidence for optimal_set", "interior")["interior"]
    else:
        listed = list(fields(evidence, "the evidence for optimal_set", "").values())
    listed = items(listed, "interior", sum(system.paired))
    share: list[Any] = [None if v is None else rational(v, "interior") for v in listed]
    pivots = [next(i for i, v in enumerate(b) if v) for b in system.B]  # coordinates that determine U
    pairs = [(h, w) for h, w, pair in together(system.heads, point.weights, system.paired) if pair]
    columns = [[z[i] for i in pivots] for z in (h.z(point.nu) for h, _ in pairs)]
    free = [k for k, v in enumerate(share) if v is None]
    need(len(free) == len(pivots), "the interior point leaves %d shares to be solved" % len(pivots))
    fixed = [k for k, v in enumerate(share) if v is not None]
    given = combination([columns[k] for k in fixed], [share[k] for k in fixed], len(pivots))
    wanted = [target - v for target, v in together(point.c, given)]
    rows = [[columns[k][i] for k in free] + [v] for i, v in enumerate(wanted)]
    solved = eliminate(rows, len(free))
    if solved is None:
        raise Rejected("the directions of the pairs are not proved to span U")
    for column, row in solved.items():
        share[free[column]] = row[-1]
    inside = all(sign_of(b) == 1 and sign_of(mu - b) == 1 for b, (_, mu) in together(share, pairs))
    need(inside, "the point of the fibre is not proved to be interior")
    spanning = [h.activation(point.nu) for h in system.heads] + [list(v) for v in transposed(system.XB)]
    need(independent(spanning), "the activations and X B are not proved independent")
    exact = None
    if point.exact is not None:
        mu = [w for w, pair in together(point.exact[1], system.paired) if pair]
        z_exact = [h.z(point.exact[0]) for h, _ in pairs]
        exact = ([[z[i] for i in pivots] for z in z_exact], point.exact[2], mu)
    first = [k for k, role in enumerate(optimum.roles) if role == "pair"]
    coded = [{k: "-*", k + 1: "+*"} for k in first]  # at 0 all weight is with u, at mu with -u
    spaces = [echelon(h.shadows) for h, _ in pairs]
    return Polytope(columns, point.c, [mu for _, mu in pairs], exact, coded, spaces), len(spanning)


def _set_with_ties(optimum: Optimum, used: list[bool], evidence: Any) -> tuple[Polytope, int, bool]:
    """S, the rank and function-uniqueness in exact numbers: a solution positive on S, and relations over S.

    If h.(Q_k nu) = 0 for k in S and > 0 for k in E - S, then every solution vanishes off S, since h.(y - nu) = 0.
    """
    where = "the evidence for optimal_set"
    evidence = fields(evidence, where, "weights basis relations", "separator")
    if optimum.point.exact is None:
        raise Rejected("ties need exact numbers")
    field, problem, nu = optimum.point.field, optimum.problem, optimum.point.exact[0]
    activations = [neuron.activation(nu) for neuron in optimum.neurons]
    S = [a for a, flag in together(activations, used) if flag]
    weights = [field.element(v, where) for v in items(evidence["weights"], where, len(S))]
    need(all(sign_of(w) == 1 for w in weights), "a weight is not proved positive")
    fit = [y - v for y, v in together(problem.y, nu)]
    reached = together(combination(S, weights, problem.n), fit)
    need(all(is_zero(a - b) for a, b in reached), "the weights do not give the fit")
    due = not all(used)
    need(("separator" in evidence) == due, "a separator is needed for unused neurons, and only then")
    if due:
        h = [field.element(v, where) for v in items(evidence["separator"], where, problem.n)]
        sides = [sign_of(dot(activation, h)) for activation in activations]
        need(sides == [0 if flag else 1 for flag in used], "the separator does not separate")
    basis = [typed(k, int, where) for k in items(evidence["basis"], where)]
    need(basis == sorted(set(basis) & set(range(len(S)))), "the basis is not a set of used neurons")
    chosen = [S[k] for k in basis]
    reduced = eliminate(chosen, problem.n)
    if reduced is None:
        raise Rejected("the basis is not proved independent")
    others, dependences = [k for k in range(len(S)) if k not in basis], []
    for k, relation in together(others, items(evidence["relations"], where, len(others))):
        coefficients = [field.element(v, where) for v in items(relation, where, len(basis))]
        holds = together(combination(chosen, coefficients, problem.n), S[k])
        need(all(is_zero(a - b) for a, b in holds), "a relation between activations does not hold")
        first = all(is_zero(v) for b, v in together(basis, coefficients) if b > k)
        need(first, "the basis is not the first one")
        dependences.append({k: Fraction(-1), **dict(together(basis, coefficients))})
    neurons = [n for n, flag in together(optimum.neurons, used) if flag]
    same = problem.gated or _one_function(neurons, nu, dependences)
    pivots = sorted(reduced)  # coordinates that determine the span of the activations
    exact = ([[a[i] for i in pivots] for a in S], [fit[i] for i in pivots], [None] * len(S))
    enclosed = [[Interval.of(v) for v in column] for column in exact[0]]
    coded = [{k: "*"} for k, flag in enumerate(used) if flag]
    polytope = Polytope(enclosed, [Interval.of(v) for v in exact[1]], exact[2], exact, coded, [])
    return polytope, len(basis), same


def _one_function(neurons: list[Neuron], nu: list[Any], dependences: list[dict[int, Any]]) -> bool:
    """Whether every dependence of the activations leaves the function on R^d as it is.

    The functions (u.x)_+ of different directions are independent but for (u.x)_+ - (-u.x)_+ = u.x. So the change
    sum delta_k s_k (v_k.x)_+ with v_k = lambda u_k = s_k z_k is 0 iff delta_k s_k + delta_l s_l = 0 for all antipodes
    k, l, delta_k = 0 for the others, and the sum of delta_k z_k, with one k of each pair of antipodes, is 0.
    """
    z, signs = [neuron.z(nu) for neuron in neurons], [neuron.sign for neuron in neurons]
    antipodes = {}
    for k, m in itertools.combinations(range(len(z)), 2):  # u_m = -u_k iff z_k + s_k s_m z_m = 0
        seen = {sign_of(a + b * (signs[k] * signs[m])) for a, b in together(z[k], z[m])}
        need(seen == {0} or bool(seen & {1, -1}), "function-uniqueness: an antipode is not decided")
        if seen == {0}:
            antipodes[k] = m
    alone = set(range(len(z))) - set(antipodes) - set(antipodes.values())
    for dependence in dependences:
        delta = [dependence.get(k, Fraction(0)) for k in range(len(z))]
        kinks = [delta[k] * signs[k] + delta[m] * signs[m] for k, m in antipodes.items()]
        linear = combination([z[k] for k in antipodes], [delta[k] for k in antipodes], len(z[0]))
        changes = [sign_of(v) for v in [*kinks, *linear, *(delta[k] for k in alone)]]
        need(None not in changes, "function-uniqueness: a change of the function is not decided")
        if any(changes):
            return False
    return True


# ---------------------------------------------------------------------------------------------- claim: vertices


def check_vertices(optimum: Optimum, polytope: Polytope, claim: Any) -> None:
    """All vertices of the set of optimal weights, the inclusion-minimal networks, by their supports among the neurons.

    A basis is a set of as many independent columns as there are equations. With every other variable at one of its
    bounds it has one solution, a vertex if that lies within the bounds; and every vertex is got so. All are tried.
    There are no rays: nu.(Q_k nu) = lambda^2 for all neurons, so the sum of the weights is nu.(y - nu) / lambda^2.
    """
    claim = fields(claim, "vertices", "supports narrowest words")
    supports = [typed(s, str, "a support") for s in items(claim["supports"], "supports")]
    bounded, m = [upper is not None for upper in polytope.upper], len(polytope.right)
    choices = 2 ** max(sum(bounded) - m, 0) * (20 + m * len(bounded) * 2)
    spend(math.comb(len(bounded), m) * choices, "the list of vertices")
    found: set[str] = set()
    no_ties = "tie" not in optimum.roles
    for inside in itertools.combinations(range(len(bounded)), m):
        progress("vertices", len(found), len(supports))
        for sides in _vertices_of_basis(polytope, inside):
            support = ["1" if role == "single" and no_ties else "0" for role in optimum.roles]
            for side, code in together(sides, polytope.coded):
                for k, using in code.items():
                    support[k] = "1" if side in using else "0"
            found.add("".join(support))
    need(supports == sorted(found), "the supports are not those of the %d vertices" % len(found))
    narrowest = min(support.count("1") for support in supports)
    stated = typed(claim["narrowest"], int, "narrowest")
    need(stated == narrowest, "the narrowest network has width %d" % narrowest)


def _vertices_of_basis(polytope: Polytope, inside: tuple[int, ...]) -> Iterator[str]:
    """The sides of the variables (- at 0, + at the upper bound, * between) at each vertex that has this basis."""
    columns, right, upper, exact, *_ = polytope
    outside = [j for j in range(len(columns)) if j not in inside]
    place = {j: k for k, j in enumerate([*inside, *outside])}
    rows = [[columns[j][i] for j in place] + [b] for i, b in enumerate(right)]
    solved = eliminate(rows, len(inside))
    if solved is None:
        need(_dependent(polytope, inside), "it is not decided whether some columns are independent")
        return
    for chosen in itertools.product(*("-" if upper[j] is None else "-+" for j in outside)):
        sides = dict(together(outside, chosen))
        full, gaps = [j for j in outside if sides[j] == "+"], []
        for p, i in enumerate(inside):
            entries = [solved[p][place[j]] for j in full]
            x = solved[p][-1] - dot(entries, [upper[j] for j in full])
            gaps += [(x, p, "-")] + ([] if upper[i] is None else [(upper[i] - x, p, "+")])
        if any(gap.sign() == -1 for gap, _, _ in gaps):
            continue
        for gap, p, side in gaps:
            if gap.sign() != 1:
                touching = exact is not None and _touches(exact, inside, full, p, side)
                need(touching, "it is not decided whether a vertex lies between its bounds")
                sides[inside[p]] = side
        yield "".join(sides.get(j, "*") for j in range(len(columns)))


def _dependent(polytope: Polytope, inside: tuple[int, ...]) -> bool:
    """Whether the columns are dependent: exactly, or as some of them lie in a rational space of smaller dimension."""
    if polytope.exact:
        return is_zero(determinant([polytope.exact[0][j] for j in inside]))
    for T in itertools.chain(*(itertools.combinations(inside, size) for size in range(len(inside) + 1))):
        space = [v for j in T for v in polytope.spaces[j]]
        spend(1 + sum(map(len, space)) * len(space) // 4, "the list of vertices")
        if len(echelon(space)) < len(T):
            return True
    return False


def _touches(exact: Any, inside: tuple[int, ...], full: list[int], p: int, side: str) -> bool:
    """Whether variable p of the basis is exactly at a bound: by Cramer's rule, with that bound on the right side."""
    columns, right, upper = exact
    moved = full + ([inside[p]] if side == "+" else [])
    taken = combination([columns[j] for j in moved], [upper[j] for j in moved], len(right))
    rest = [b - v for b, v in together(right, taken)]
    return is_zero(determinant([rest if k == p else columns[j] for k, j in enumerate(inside)]))


# ---------------------------------------------------------------------------------------------- the whole file

WORDS = {
    "arrangement": "Cells of the arrangement of the rows: exactly {cells}.",
    "optimum": "The optimum of the {kind} program over {scope} has the objective {value} (rounded). Neurons that reach "
    "lambda: exactly {count} (blocks: {tight_blocks}); all other blocks are strictly inactive.",
    "optimal_set": "Neurons that optimal networks use{scope}: exactly {count} (blocks: {used_blocks}); rank of their "
    "activations: {rank}; dimension of the set of optimal weights: {dimension}. The optimal network is {unique}.",
    "vertices": "Vertices of the set of optimal weights{scope}, the inclusion-minimal networks: exactly {count}, and "
    "no rays; width of the narrowest: {narrowest}.",
}


ABOUT = {
    "arrangement": "that these are all patterns that there are",
    "optimum": "the optimal fit and its neurons",
    "optimal_set": "which neurons are used, and what is unique",
    "vertices": "all minimal networks",
}


def scope_of(problem: Problem, number: int) -> str:
    """Among which networks the optimum of a program with a number of patterns is one, where not among all."""
    if problem.listed is None and not problem.gated:
        return ""
    what = ("gated networks", "gate") if problem.gated else ("networks", "pattern")
    return "among %s with %s" % (what[0], "this one " if number == 1 else "these %d " % number) + (
        what[1] if number == 1 else what[1] + "s"
    )


def words_of(name: str, claim: dict[str, Any], problem: Problem, number: int) -> str:
    """The claim in words, of a program with a number of patterns. The file must say exactly this."""
    among = scope_of(problem, number)
    more: dict[str, Any] = {"scope": among and " " + among}
    if name == "optimum":
        units = int(claim["objective"])
        whole, part = divmod(abs(units), 10**DECIMALS)
        more["kind"] = "gated ReLU" if problem.gated else "ReLU"
        more["scope"] = "all cells" if problem.listed is None else "these %d patterns" % number
        more["value"] = "%s%d.%0*d" % ("-" if units < 0 else "", whole, DECIMALS, part)
        more["count"] = len(claim["neurons"])
    elif name == "optimal_set":
        more["count"] = sum(claim["used"])
        unique = "unique up to permutation and splitting" + more["scope"]
        other = {True: "; all are one function on R^d", False: "; not all are one function on R^d"}
        functions = other.get(claim["function_unique"], "")
        more["unique"] = unique if claim["p_unique"] else "not " + unique + functions
    elif name == "vertices":
        more["count"] = len(claim["supports"])
    return WORDS[name].format(**claim, **more)


class Report(NamedTuple):
    """What was proved, in words, and which kinds of claims the file does not make."""

    about: str
    problem: str
    file: str
    proved: list[str]
    not_claimed: list[str]
    optimum: Optimum | None  # the numbers behind the claims, for a proof in prose


def check(document: Any, file: str = "", expected: str | None = None, seconds: int = MAX_SECONDS) -> Report:
    """Check every claim of a document; `Rejected` or `Unreadable` unless all are proved."""
    with within(seconds):
        return _check(document, file, expected)


def kernel(name: str = "kernel") -> Any:
    """One of the small checkers that lie beside this file; nothing else is imported from here."""
    folder = os.path.dirname(os.path.abspath(__file__))
    path = os.path.join(folder, name + ".py")
    spec = importlib.util.spec_from_file_location("polyrelu_" + name, path)
    needed = ("path", "tube", "tables", "blocks", "segments", "kernel") if name == "path" else (name,)
    missing = [n for n in needed if not os.path.exists(os.path.join(folder, n + ".py"))]
    if spec is None or spec.loader is None or missing:
        raise Unreadable(
            "this file needs %s.py beside the checker, and it is not there" % (missing or [name])[0]
        )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def is_kernel_file(document: Any) -> bool:
    """Whether the file says that it is one."""
    return type(document) is dict and type(document.get("version")) is int and document["version"] == 2


def _checker_of(document: Any) -> tuple[Any, Any, Any]:
    """The small checker of a file of version 2, the kernel in it, and what reads a problem."""
    if document.get("kind") in ("path", "exact path", "bounded path"):
        module = kernel("path")
        return module, module.kernel, module.problem_of
    module = kernel()
    return module, module, module.Problem


def _check_by_kernel(document: Any, file: str, expected: str | None) -> Report:
    module, small, problem_of = _checker_of(document)
    small.allow(_budget["end"] - time.monotonic())
    try:
        problem = problem_of(document.get("problem"))
        with proving("problem"):
            _is_expected(problem.sha256, expected)
        proved, left_out = module.check(document), list[str]()
        if module is not small:
            proved, left_out = proved
        return Report(problem.about(), problem.sha256, file, proved, left_out, None)
    except small.Rejected as error:
        raise Rejected("kernel" if module is small else "path", str(error)) from None
    except small.Unusable as error:
        raise Unreadable(str(error)) from None


def _is_expected(sha256: str, expected: str | None) -> None:
    """The problem must be the one expected, whose hash may be abbreviated to 12 digits."""
    right = expected is None or (len(expected) >= 12 and sha256.startswith(expected.lower()))
    need(right, f"this is a proof of another problem, {sha256}")


def about(document: Any) -> list[str]:
    """What a document is about, as a line, where its problem can be read."""
    try:
        read = _checker_of(document)[2] if is_kernel_file(document) else Problem
        return [read(document["problem"]).about()]
    except Late:
        raise
    except Exception:  # the answer says what is wrong with the file
        return []


def _check(document: Any, file: str, expected: str | None) -> Report:
    if is_kernel_file(document):
        return _check_by_kernel(document, file, expected)
    top = fields(document, "the file", "format version problem problem_sha256 claims evidence")
    if top["format"] != FORMAT or type(top["version"]) is not int or top["version"] != VERSION:
        raise Unreadable("not a file of format %s, version %d" % (FORMAT, VERSION))
    with proving("problem"):
        problem = Problem(top["problem"])
        need(problem.sha256 == top["problem_sha256"], f"the SHA-256 of the problem is {problem.sha256}")
        _is_expected(problem.sha256, expected)
    claims, evidence = _matched(top, problem)
    patterns, optimum, proved = problem.listed or [], None, []
    for name in (name for name in CLAIMS if name in claims):
        with proving(name):
            if name == "arrangement":
                patterns = check_arrangement(problem, claims[name])
            elif name == "optimum":
                optimum = check_optimum(problem, patterns, claims[name], evidence[name])
                fibre = "pair" not in optimum.roles or "optimal_set" in claims
                need(fibre, "pairs need the claim optimal_set: it proves that no weight is negative")
            elif name == "optimal_set" and optimum:
                polytope = check_optimal_set(optimum, claims[name], evidence[name])
            elif optimum:
                check_vertices(optimum, polytope, claims[name])
            proved.append(words_of(name, claims[name], problem, len(patterns)))
            need(claims[name]["words"] == proved[-1], "the words differ from the claim")
    return Report(
        problem.about(),
        problem.sha256,
        file,
        proved,
        [name for name in CLAIMS if name not in claims],
        optimum,
    )


def _matched(top: dict[str, Any], problem: Problem) -> tuple[dict[str, Any], dict[str, Any]]:
    """Claims and evidence, each claim with the evidence and with the claims that it rests on."""
    claims = fields(top["claims"], "claims", "", " ".join(CLAIMS))
    evidence = fields(top["evidence"], "evidence", "", "optimum optimal_set")
    with proving("claims"):
        need(len(claims) > 0, "nothing is claimed")
    for name, ground in zip(CLAIMS[1:], ("optimum", "optimum", "optimal_set")):
        with proving(name):
            together_come = name == "vertices" or (name in claims) == (name in evidence)
            need(together_come, "a claim and its evidence do not come together")
            need(name not in claims or ground in claims, f"it rests on the claim {ground}, which is not made")
    with proving("arrangement"):
        all_cells = problem.listed is None
        need(("arrangement" in claims) == all_cells, "claimed if and only if all cells are present")
    return claims, evidence


_shown = [0.0]


def progress(step: str, done: int = 0, total: int = 0) -> None:
    """One line on a terminal, a few times a second."""
    spend(0, step)
    if sys.stderr.isatty() and (total == 0 or time.monotonic() - _shown[0] > 0.2):
        _shown[0] = time.monotonic()
        line = f"\r\x1b[K{step}" + (" %d of %d" % (done, total) if total else "")
        print(line, end="", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        description="Check a polyrelu proof file.", epilog="Run it as python3 -I check.py FILE."
    )
    parser.add_argument("file", help="proof.json or proof.json.gz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--problem", metavar="SHA256", help="the problem that must have been solved")
    parser.add_argument(
        "--seconds", type=int, default=MAX_SECONDS, help="refuse what takes longer (%(default)s)"
    )
    args = parser.parse_args(arguments)
    begun = time.monotonic()
    answer: dict[str, Any] = {"file": args.file}
    lines, status = _answer(args, answer)
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    answer["seconds"] = "%.3f" % (time.monotonic() - begun)
    text = json.dumps(answer) if args.json else "\n".join(lines)
    print(text.encode("ascii", "backslashreplace").decode())
    if arguments is None and not sys.flags.isolated:
        print("(run it as python3 -I, which imports nothing from this folder)", file=sys.stderr)
    return status


def _answer(args: argparse.Namespace, answer: dict[str, Any]) -> tuple[list[str], int]:
    """The lines of the answer and the exit status; the keys of the JSON answer are added."""
    lines: list[str] = []
    try:
        with alarm(args.seconds):
            document, digest = load(args.file)
            lines += about(document)
            answer["about"] = lines[0] if lines else None
            report = check(document, digest, args.problem, args.seconds)
        answer.update(status="accepted", sha256=report.file, problem_sha256=report.problem)
        answer.update(proved=report.proved, not_claimed=report.not_claimed)
        lines += ["ACCEPTED"] + ["  proved: " + words for words in report.proved]
        lines += [
            "  not claimed: " + (f"{name} ({ABOUT[name]})" if name in ABOUT else name)
            for name in report.not_claimed
        ]
        return [*lines, "  problem: sha256 " + report.problem], 0
    except Rejected as error:
        claim, step = error.args
        answer.update(status="rejected", claim=claim, step=step)
        return [*lines, f"REJECTED: {claim}: {step}"], 1
    except Exception as error:  # a file that breaks the checker is not accepted either
        reason = str(error) if isinstance(error, Unreadable) else f"the checker failed ({error!r})"
        if isinstance(error, MemoryError):
            reason = "it needs more memory than this checker takes"
        answer.update(status="unreadable", reason=reason[:300])
        return [*lines, "UNREADABLE: " + reason[:300]], 2


@contextlib.contextmanager
def alarm(seconds: int) -> Iterator[None]:
    """Interrupt what counts no time itself, like reading from a pipe, where the system can (and in the main thread)."""
    try:
        before = signal.signal(signal.SIGALRM, _rings)
    except (AttributeError, ValueError):
        yield
        return
    signal.setitimer(signal.ITIMER_REAL, min(max(seconds, 0), 10**6) + 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _rings(*_: Any) -> None:
    raise Late("it takes too long: allow more time with --seconds")


def script() -> int:
    """The command line as a process of its own: bounded memory, and an answer that nobody reads is no acceptance."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        from resource import RLIM_INFINITY, RLIMIT_AS, getrlimit, setrlimit

        soft, hard = getrlimit(RLIMIT_AS)
        setrlimit(RLIMIT_AS, (MAX_MEMORY if soft == RLIM_INFINITY else min(soft, MAX_MEMORY), hard))
    sys.stderr = sys.stderr or io.StringIO()  # closed by the caller
    try:
        status = main()
        sys.stdout.flush()
    except (AttributeError, OSError):
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 2
    return status


if __name__ == "__main__":
    sys.exit(script())
