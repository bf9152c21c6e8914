#!/usr/bin/env python3
# ruff: noqa: B905, RUF007, UP031 -- it runs on Python 3.9, where zip has no strict=
"""Check a polyrelu proof file with bare Python (3.9 or newer, standard library only).

    python check.py proof.json[.gz] [--json] [--problem SHA256]      exit: 0 accepted, 1 rejected, 2 unreadable

The file states claims about   min 1/2 |sum_b s_b D_b X w_b - y|^2 + lambda sum_b |w_b|,  w_b in K_b,   over blocks
b = (D, s): D a 0/1 pattern of the rows, s = 1 or -1, K_b = { w : (2D - I) X w >= 0 }. (Gated: K_b = R^d, s = 1.)
Nothing in it is believed: labels, counts and words are recomputed, and every hypothesis is tested. No float is used.

Theorem (lambda > 0). Let p_b be the projection of s X^T D nu onto K_b. If |p_b| <= lambda for every present block
and y - nu = sum of beta_k Q_k nu with beta_k >= 0 over neurons in the cone of present tight blocks (|p_b| = lambda),
then nu is the residual of every optimum, and the optima are the solutions beta >= 0 of that equation.

A neuron (s, face) has the rows Z with face 0, the rows D with face +, the rational projection P onto
{ v : x_j.v = 0 for j in Z } (gated: P = I), A = P X^T D, z = A nu = s lambda u with |u| = 1, and Q = A^T A.
"""

from __future__ import annotations

import argparse
import decimal
import hashlib
import itertools
import json
import math
import re
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

FORMAT, VERSION = "polyrelu-proof", 1
MAX_BYTES = 16 * 2**20
MAX_DIGITS = 4000
MAX_CELLS = 2_000_000
MAX_WORK = 100_000_000
MAX_UNKNOWNS = 600
MAX_BASES = 300
MAX_BITS = 8192
EXACT_BITS = 1024
DECIMALS = 20


class Unreadable(Exception):
    """Not a proof file, or beyond a stated limit: nothing was checked."""


class Rejected(Exception):
    """A claim that is false or not proved by this file: (claim, step)."""


def need(condition: object, claim: str, step: str) -> None:
    """Reject the claim unless the condition of the step holds."""
    if condition is not True:
        raise Rejected(claim, step)


def affordable(work: int, what: str) -> None:
    """Refuse at once what would take minutes or gigabytes; `work` is in microseconds, very roughly."""
    if work > MAX_WORK:
        raise Unreadable(f"{what} is beyond the limits of this checker")


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
    try:
        text = data.decode("ascii")
        document = json.loads(
            text,
            object_pairs_hook=_no_duplicates,
            parse_int=_small_integer,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
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
        raise Unreadable(
            "{} must be a list{}".format(where, "" if length is None else " of length %d" % length)
        )
    return value


def typed(value: Any, kind: type, where: str) -> Any:
    """A value of exactly this JSON type; integers are not negative."""
    if type(value) is not kind or (type(value) is int and value < 0):
        raise Unreadable(f"{where} must be of type {kind.__name__}")
    return value


_RATIONAL = re.compile(r"-?(?:0|[1-9][0-9]*)(?:/[1-9][0-9]*)?")


def rational(value: Any, where: str) -> Fraction:
    """A rational in lowest terms, written p or p/q."""
    if type(value) is not str or len(value) > 2 * MAX_DIGITS or not _RATIONAL.fullmatch(value):
        raise Unreadable(
            "%s must be a rational number in a string of at most %d digits" % (where, MAX_DIGITS)
        )
    parts = value.split("/")
    if max(map(len, parts)) > MAX_DIGITS:
        raise Unreadable("%s has more than %d digits" % (where, MAX_DIGITS))
    number = Fraction(int(parts[0]), int(parts[-1]) if len(parts) == 2 else 1)
    if str(number) != value:
        raise Unreadable(f"{where} is not in lowest terms")
    return number


def integer(value: Any, where: str) -> int:
    """An integer in a string."""
    number = rational(value, where)
    if number.denominator != 1:
        raise Unreadable(f"{where} must be an integer")
    return number.numerator


# ---------------------------------------------------------------------------------------------- numbers


class Interval:
    """The real numbers between lo / 2^bits and hi / 2^bits; every operation rounds outwards."""

    __slots__ = ("hi", "lo")
    bits = EXACT_BITS  # one grid for the whole check, set before any interval is made

    def __init__(self, lo: int, hi: int):
        self.lo, self.hi = lo, hi

    @staticmethod
    def of(x: Any) -> Interval:
        """The enclosure of a rational (or an interval as it is)."""
        if isinstance(x, Interval):
            return x
        scaled = Fraction(x) * 2**Interval.bits
        return Interval(math.floor(scaled), math.ceil(scaled))

    def __add__(self, other: Any) -> Interval:
        o = Interval.of(other)
        return Interval(self.lo + o.lo, self.hi + o.hi)

    __radd__ = __add__

    def __neg__(self) -> Interval:
        return Interval(-self.hi, -self.lo)

    def __sub__(self, other: Any) -> Interval:
        o = Interval.of(other)
        return Interval(self.lo - o.hi, self.hi - o.lo)

    def __rsub__(self, other: Any) -> Interval:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Interval:
        if isinstance(other, (int, Fraction)):  # exactly rational: round once
            p, q = Fraction(other).numerator, Fraction(other).denominator
            ends = (self.lo * p, self.hi * p)
            return Interval(min(ends) // q, -(-max(ends) // q))
        products = (self.lo * other.lo, self.lo * other.hi, self.hi * other.lo, self.hi * other.hi)
        return Interval(min(products) >> Interval.bits, -(-max(products) >> Interval.bits))

    __rmul__ = __mul__

    def inverse(self) -> Interval:
        """1/x for an interval without 0."""
        one = 1 << 2 * Interval.bits
        return Interval(one // self.hi, -(-one // self.lo))

    def sign(self) -> int | None:
        """The common sign of all its numbers, or None."""
        return 1 if self.lo > 0 else -1 if self.hi < 0 else 0 if self.lo == self.hi == 0 else None


class Field:
    """Products and values of a basis of real numbers: square roots of integers, or powers of a real root theta.

    An element with no nonzero coefficient is zero. (The converse is not used: a sign comes from an interval.)
    """

    def __init__(self, spec: Any):
        where, self.spent = "the field", 0
        self.values: dict[int, Interval] = {}
        if type(spec) is dict and "radicands" in spec:
            self.polynomial: list[Fraction] | None = None
            self.basis = [
                integer(m, where) for m in items(fields(spec, where, "radicands")["radicands"], where)
            ]
            good = self.basis[:1] == [1] and all(a < b for a, b in zip(self.basis, self.basis[1:]))
            need(good, "optimum", "the radicands are not 1 < m_2 < m_3 < ...")
            affordable(len(self.basis) * self.basis[-1].bit_length() ** 2, "the field")
            return
        fields(spec, where, "polynomial bits interval")
        f = [integer(c, where) for c in items(spec["polynomial"], where)]
        need(
            2 < len(f) <= 65 and f[-1] > 0 and math.gcd(*f) == 1, "optimum", "the polynomial is not primitive"
        )
        self.polynomial = [Fraction(-c, f[-1]) for c in f[:-1]]  # theta^deg in terms of lower powers
        self.basis = list(range(len(f) - 1))
        affordable(len(f) ** 3 * max(map(abs, f)).bit_length(), "the field")
        self.powers = [[Fraction(i == k) for i in self.basis] for k in self.basis]  # of theta
        for _ in self.basis[1:]:
            *low, top = self.powers[-1]
            self.powers.append([v + top * c for v, c in together([Fraction(0), *low], self.polynomial)])
        bits = typed(spec["bits"], int, where)
        self.values[1] = _root_between(f, integer(spec["interval"], where), bits)

    def element(self, coefficients: Any, where: str) -> Element:
        """Read one number."""
        coefficients = items(coefficients, where, len(self.basis))
        terms, common = {b: rational(c, where) for b, c in together(self.basis, coefficients)}, 1
        for c in terms.values():
            common = math.lcm(common, c.denominator)
            if common.bit_length() > 2 * MAX_BITS:
                raise Unreadable("the common denominator of a number has more than %d bits" % (2 * MAX_BITS))
        return Element(self, terms)

    def times(self, i: int, j: int) -> dict[int, Fraction]:
        """The product of two basis numbers."""
        if self.polynomial is None:
            g = math.gcd(i, j)
            return {(i // g) * (j // g): Fraction(g)}
        return {k: c for k, c in enumerate(self.powers[i + j]) if c}

    def value(self, i: int) -> Interval:
        """The enclosure of a basis number."""
        if i not in self.values:
            if self.polynomial is None:
                square = i << 2 * Interval.bits
                root = math.isqrt(square)
                self.values[i] = Interval(root, root + (root * root < square))
            else:
                self.values[i] = self.value(i - 1) * self.values[1] if i else Interval.of(1)
        return self.values[i]


def _root_between(f: list[int], m: int, bits: int) -> Interval:
    """A root of f between m / 2^bits and (m + 1) / 2^bits, where f changes its sign; bisected to the grid."""
    need(bits <= Interval.bits, "optimum", "the isolating interval is finer than the grid")
    lo = m << (Interval.bits - bits)
    hi = lo + (1 << (Interval.bits - bits))

    def sign(x: int) -> int:
        value = 0
        for power, c in enumerate(reversed(f)):
            value = value * x + (c << power * Interval.bits)
        return (value > 0) - (value < 0)

    left, right = sign(lo), sign(hi)
    need(left * right == -1, "optimum", "the polynomial does not change its sign on the isolating interval")
    while hi - lo > 1:
        middle = (lo + hi) // 2
        lo, hi = (middle, hi) if sign(middle) == left else (lo, middle)
    return Interval(lo, hi)


class Element:
    """A sum of rational multiples of basis numbers, with exact + - *."""

    __slots__ = ("field", "terms")

    def __init__(self, field: Field, terms: dict[int, Fraction]):
        self.field, self.terms = field, {k: c for k, c in terms.items() if c != 0}

    def _lift(self, other: Any) -> Element:
        if isinstance(other, Element):
            return other
        one = 1 if self.field.polynomial is None else 0
        return Element(self.field, {one: Fraction(other)})

    def __add__(self, other: Any) -> Element:
        terms = dict(self.terms)
        for k, c in self._lift(other).terms.items():
            terms[k] = terms.get(k, Fraction(0)) + c
        return Element(self.field, terms)

    __radd__ = __add__

    def __neg__(self) -> Element:
        return self * -1

    def __sub__(self, other: Any) -> Element:
        return self + (-self._lift(other))

    def __rsub__(self, other: Any) -> Element:
        return (-self).__add__(other)

    def __mul__(self, other: Any) -> Element:
        self.field.spent += self.size() * (other.size() if isinstance(other, Element) else 16) + 100
        affordable(self.field.spent // 5, "the exact algebra")
        if not isinstance(other, Element):
            return Element(self.field, {k: c * other for k, c in self.terms.items()})
        terms: dict[int, Fraction] = {}
        for (i, a), (j, b) in itertools.product(self.terms.items(), other.terms.items()):
            for k, c in self.field.times(i, j).items():
                terms[k] = terms.get(k, Fraction(0)) + a * b * c
        return Element(self.field, terms)

    __rmul__ = __mul__

    def size(self) -> int:
        """The length of its coefficients in machine words, and a little more."""
        return sum(
            16 + (k.bit_length() + c.numerator.bit_length() + c.denominator.bit_length()) // 64
            for k, c in self.terms.items()
        )

    def interval(self) -> Interval:
        """An enclosure."""
        return sum((self.field.value(k) * c for k, c in self.terms.items()), Interval(0, 0))


def dot(a: Sequence[Any], b: Sequence[Any]) -> Any:
    """The sum of products, of rationals with rationals, intervals or elements."""
    return sum(
        (x * y for x, y in together(a, b) if not (isinstance(x, (int, Fraction)) and x == 0)), Fraction(0)
    )


def together(*lists: Any) -> Iterator[Any]:
    """`zip`, but lists of different lengths are never cut to the shorter one."""
    if len(set(map(len, lists))) > 1:
        raise AssertionError("lists of different lengths")
    return zip(*lists)


def transposed(rows: Sequence[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """The columns of a table with rows of equal length."""
    if len(set(map(len, rows))) > 1:
        raise AssertionError("rows of different lengths")
    return list(zip(*rows))


def combination(vectors: Sequence[Sequence[Any]], coefficients: Sequence[Any], i: int) -> Any:
    """Coordinate i of a linear combination of vectors, of which there may be none."""
    return dot([v[i] for v in vectors], coefficients)


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
    for j in range(len(table[0]) if table else 0):
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


def eliminate(rows: list[list[Any]], columns: int) -> list[tuple[int, list[Interval]]] | None:
    """Gauss-Jordan on intervals with pivots among the first columns: [(pivot column, reduced row)], or None.

    Each pivot excludes 0, so success proves that the rows are independent, whatever numbers the intervals hold.
    """
    table, used = [[Interval.of(x) for x in row] for row in rows], {}  # type: ignore[var-annotated]
    while len(used) < len(table):
        distance, i, j = max(
            (
                (max(row[j].lo, -row[j].hi), i, j)
                for i, row in enumerate(table)
                if i not in used
                for j in range(columns)
            ),
            default=(0, 0, 0),
        )
        if distance <= 0:
            return None
        inverse = table[i][j].inverse()
        table[i] = [x * inverse for x in table[i]]
        table[i][j] = Interval.of(1)
        for k, row in enumerate(table):
            if k != i:
                table[k] = [x - row[j] * y for x, y in together(row, table[i])]
                table[k][j] = Interval(0, 0)
        used[i] = j
    return [(used[i], table[i]) for i in range(len(table))]


# ---------------------------------------------------------------------------------------------- the problem


class Problem:
    """X, y, lambda and the kind of program, as rationals; `patterns` is None for all cells."""

    def __init__(self, spec: Any):
        spec = fields(spec, "problem", "X y lambda gated patterns")
        self.X = [[rational(v, "X") for v in items(row, "a row of X")] for row in items(spec["X"], "X")]
        self.n, self.d = len(self.X), len(self.X[0]) if self.X else 0
        if self.d == 0 or any(len(row) != self.d for row in self.X):
            raise Unreadable("X must be a table with at least one row and one column")
        self.y = [rational(v, "y") for v in items(spec["y"], "y", self.n)]
        self.lam = rational(spec["lambda"], "lambda")
        self.gated = typed(spec["gated"], bool, "gated")
        self.nonzero = [any(row) for row in self.X]
        if self.d > MAX_UNKNOWNS:
            raise Unreadable("more than %d columns" % MAX_UNKNOWNS)
        self.denominator, size = 1, 1
        for v in itertools.chain(*self.X):
            self.denominator = math.lcm(self.denominator, v.denominator)
            size = max(size, v.numerator.bit_length())
            if self.denominator.bit_length() > MAX_BITS:
                raise Unreadable("the common denominator of X has more than %d bits" % MAX_BITS)
        size += self.denominator.bit_length()
        affordable(self.n * self.d * size, "the size of X")
        self.cost = (1 + self.d * size // 512) ** 2  # of an operation with numbers that come from X
        self.integers = [[int(v * self.denominator) for v in row] for row in self.X]
        self.listed = (
            None if spec["patterns"] == "cells" else self._patterns(items(spec["patterns"], "patterns"))
        )
        text = json.dumps(spec, sort_keys=True, separators=(",", ":"))
        self.sha256 = hashlib.sha256(text.encode("ascii")).hexdigest()

    def _patterns(self, listed: list[Any]) -> list[str]:
        for p in listed:
            if type(p) is not str or len(p) != self.n or set(p) - {"0", "1"}:
                raise Unreadable("a pattern must be a string of %d characters 0 and 1" % self.n)
            if any(bit == "0" for bit, nonzero in together(p, self.nonzero) if not nonzero):
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
    name, claim = "arrangement", fields(claim, "arrangement", "cells sha256 words")
    stated, digest = typed(claim["cells"], int, "cells"), typed(claim["sha256"], str, "sha256")
    lines = _distinct_lines(problem.integers)
    if stated > MAX_CELLS:
        raise Unreadable("more than %d cells" % MAX_CELLS)
    affordable(stated * problem.n * problem.cost, "the list of cells")
    steps = itertools.accumulate(math.comb(len(lines), k) for k in range(min(problem.d, len(lines) + 1)))
    for number in steps:  # of flats, at most
        affordable(number * problem.cost * 10, "the arrangement")
    progress("counting the cells")
    count = number_of_cells([tuple(map(Fraction, row)) for row in lines], problem.d, stated)
    there = "more" if count > stated else str(count)
    need(count == stated, name, "%d cells are claimed and there are %s" % (stated, there))
    progress("finding the cells")
    patterns = set()
    for w in points_of_cells(lines, problem.d):
        values = [sum(map(int.__mul__, row, w)) for row in problem.integers]
        need(
            all(v != 0 for v, some in together(values, problem.nonzero) if some),
            name,
            "a point lies on a hyperplane",
        )
        patterns.add("".join("1" if v >= 0 else "0" for v in values))
    need(len(patterns) == count, name, "the search found %d of %d cells" % (len(patterns), count))
    listed = sorted(patterns)
    need(
        hashlib.sha256("\n".join(listed).encode()).hexdigest() == digest,
        name,
        "the digest of the list is another",
    )
    return listed


def _distinct_lines(rows: Sequence[Sequence[int]]) -> list[tuple[int, ...]]:
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
        return [(0,) * d] if not lines else [(1,), (-1,)]
    if d == 2:
        return _points_of_plane(lines)
    found: dict[bytes, tuple[int, ...]] = {}
    for j, row in enumerate(lines):
        p = min((i for i, v in enumerate(row) if v), key=lambda i: abs(row[i]))
        basis = [[row[p] * (i == k) - row[i] * (p == k) for k in range(d)] for i in range(d) if i != p]
        before = [[sum(map(int.__mul__, line, b)) for b in basis] for line in lines[:j]]
        for point in points_of_cells(_distinct_lines(before), d - 1):
            lifted = [sum(map(int.__mul__, point, column)) for column in transposed(basis)]
            at = [sum(map(int.__mul__, line, lifted)) for line in lines]
            along = [sum(map(int.__mul__, line, row)) for line in lines]
            far = 1 + max((abs(a) // abs(v) for a, v in together(along[:j], at[:j]) if v), default=0)
            for side in (1, -1):
                values = [far * v + side * a for v, a in together(at, along)]
                if all(values):
                    w = [far * v + side * r for v, r in together(lifted, row)]
                    g = math.gcd(*w)
                    found.setdefault(bytes(v > 0 for v in values), tuple(v // g for v in w))
    return list(found.values())


def _points_of_plane(lines: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Sums of neighbouring rays, in the order of their angles."""
    if len(lines) == 1:
        return [lines[0], (-lines[0][0], -lines[0][1])]
    rays = [(-b, a) if a > 0 or (a == 0 and b < 0) else (b, -a) for a, b in lines]  # in the upper half-plane
    rays.sort(key=lambda ray: (ray[1] != 0, Fraction(-ray[0], ray[1]) if ray[1] else 0))
    around = [*rays, (-rays[0][0], -rays[0][1])]
    half: list[tuple[int, ...]] = [(a + c, b + e) for (a, b), (c, e) in zip(around, around[1:])]
    return half + [tuple(-v for v in w) for w in half]


# ---------------------------------------------------------------------------------------------- claim: optimum


class Neuron:
    """A sign and a face with the rational matrices P and A."""

    def __init__(self, problem: Problem, spec: Any):
        spec = fields(spec, "a neuron", "sign face")
        sign, face = typed(spec["sign"], str, "sign"), typed(spec["face"], str, "face")
        if sign not in ("+", "-") or len(face) != problem.n or set(face) - set("+-0"):
            raise Unreadable("a neuron has a sign + or - and a face of %d characters + - 0" % problem.n)
        name = "optimum"
        need(
            all(f == "0" for f, some in together(face, problem.nonzero) if not some),
            name,
            "a face is not 0 on a zero row",
        )
        need(not problem.gated or sign == "+", name, "a gated neuron has the sign +")
        self.sign, self.face, self.key = (1 if sign == "+" else -1), face, (sign, face)
        self.zero = [j for j, f in enumerate(face) if f == "0" and problem.nonzero[j]]
        need(not problem.gated or not self.zero, name, "a gated neuron lies on no hyperplane")
        self.active = [j for j, f in enumerate(face) if f == "+"]
        P = projector([problem.X[j] for j in self.zero], problem.d)
        shadows = [[dot(line, x) for line in P] for x in problem.X]  # P x_j
        self.span = [p for p, some in together(shadows, problem.nonzero) if some]
        on = set(self.active)
        self.A = [[p[i] if j in on else Fraction(0) for j, p in enumerate(shadows)] for i in range(problem.d)]

    def z(self, nu: Sequence[Any]) -> list[Any]:
        """A nu."""
        return [dot(row, nu) for row in self.A]

    def activation(self, nu: Sequence[Any]) -> list[Any]:
        """Q nu = A^T A nu."""
        z = self.z(nu)
        return [dot(column, z) for column in transposed(self.A)]

    def holds(self, pattern: str) -> bool:
        """Whether u lies in the closed cone of the pattern: they agree off the zero set."""
        return all(f == "0" or (f == "+") == (bit == "1") for f, bit in together(self.face, pattern))


class System:
    """The square system of neurons, each single or standing for a pair {u, -u}; see `check_root`."""

    def __init__(self, problem: Problem, heads: list[Neuron], paired: list[bool]):
        self.problem, self.heads, self.paired = problem, heads, paired
        self.basis = echelon(
            [v for h, pair in together(heads, paired) if pair for v in h.span]
        )  # of U, as rows
        self.XB = [[dot(x, b) for b in self.basis] for x in problem.X]
        self.sizes = (problem.n, len(heads), len(self.basis))

    def equations(self, nu: Sequence[Any], weights: Sequence[Any], c: Sequence[Any]) -> list[Any]:
        """What must vanish: the fit, (|A nu|^2 - lambda^2) / 2, and -B^T X^T nu."""
        p = self.problem
        fit = [v - y - dot(row, c) for v, y, row in together(nu, p.y, self.XB)]
        norms = []
        for head, weight in together(self.heads, weights):
            fit = [t + v * weight for t, v in together(fit, head.activation(nu))]
            z = head.z(nu)
            norms.append((dot(z, z) - p.lam * p.lam) * Fraction(1, 2))
        return [*fit, *norms, *(-dot(column, nu) for column in transposed(self.XB))]

    def jacobian(self, nu: Sequence[Interval], weights: Sequence[Interval]) -> list[list[Any]]:
        """Its derivative [[I + sum weight_k Q_k, border], [border^T, 0]] with border (Q_k nu, -X B)."""
        n, K, r = self.sizes
        corner: list[list[Any]] = [[Fraction(i == j) for j in range(n)] for i in range(n)]
        for head, weight in together(self.heads, weights):
            columns = transposed(head.A)
            for i in head.active:
                for j in head.active:
                    corner[i][j] = corner[i][j] + weight * dot(columns[i], columns[j])
        border = [head.activation(nu) for head in self.heads] + [[-v for v in b] for b in transposed(self.XB)]
        top = [row + [b[i] for b in border] for i, row in enumerate(corner)]
        return top + [list(b) + [Fraction(0)] * (K + r) for b in border]


class Point:
    """A proved solution (nu, weights, c) of the system: enclosures, and exact numbers where the file has them."""

    def __init__(self, system: System, values: list[Any], field: Any = None):
        n, K, _ = system.sizes
        balls = enclosed(values)
        self.nu, self.weights, self.c = balls[:n], balls[n : n + K], balls[n + K :]
        self.exact: list[Any] | None = values[:n] if field else None
        self.field = field
        self.exact_rest = (values[n : n + K], values[n + K :])

    def sign(self, form: list[Fraction], near: list[int], rows: list[int]) -> int | None:
        """The sign of the sum of form[k] nu[near[k]] over k in rows, by interval or exactly; None is undecided."""
        picked = [form[k] for k in rows]
        sign = Interval.of(dot(picked, [self.nu[near[k]] for k in rows])).sign()
        if (
            sign is None
            and self.exact is not None
            and is_zero(dot(picked, [self.exact[near[k]] for k in rows]))
        ):
            return 0
        return sign


def enclosed(values: Sequence[Any]) -> list[Interval]:
    """Enclosures of exact numbers."""
    return [v.interval() if isinstance(v, Element) else Interval.of(v) for v in values]


def is_zero(x: Any) -> bool:
    """Whether an exact number is proved to be 0."""
    return not x.terms if isinstance(x, Element) else bool(x == 0)


def check_point(system: System, spec: Any) -> Point:
    """Prove that the system has a solution: exact numbers by substitution, enclosures by `check_root`."""
    n, K, r = system.sizes
    if n + K + r > MAX_UNKNOWNS:
        raise Unreadable("a root in %d unknowns is beyond the limits of this checker" % (n + K + r))
    if type(spec) is dict and "field" in spec:
        fields(spec, "point", "field nu weights c")
        Interval.bits = EXACT_BITS
        field = Field(spec["field"])
        parts = [
            [field.element(v, k) for v in items(spec[k], k, m)]
            for k, m in (("nu", n), ("weights", K), ("c", r))
        ]
        need(
            all(map(is_zero, system.equations(*parts))),
            "optimum",
            "the exact numbers do not solve the equations",
        )
        return Point(system, parts[0] + parts[1] + parts[2], field)
    fields(spec, "point", "bits nu weights c")
    bits = typed(spec["bits"], int, "bits")
    if bits > MAX_BITS:
        raise Unreadable("a root in %d bits is beyond the limits of this checker" % bits)
    affordable((n + K + r) ** 3 * (1 + bits // 512) ** 2, "the root")
    Interval.bits = bits + 256
    centre = [integer(v, k) for k, m in (("nu", n), ("weights", K), ("c", r)) for v in items(spec[k], k, m)]
    check_root(system, centre, bits)
    half = 1 << 255  # half a unit of 2^-bits on the grid
    values = [Interval((m << 256) - half, (m << 256) + half) for m in centre]
    for j in range(n):  # a row that no neuron sees: its equation is nu_j = y_j
        if not any(system.XB[j]) and not any(head.face[j] == "+" for head in system.heads):
            values[j] = Interval.of(system.problem.y[j])
    return Point(system, values)


def check_root(system: System, centre: list[int], bits: int) -> None:
    """Krawczyk: F has a root within 2^-(bits+1) of m = centre / 2^bits, in every coordinate.

    If |Y F(m)| + |I - Y J| r < r in every coordinate, for a real matrix Y and all J in an interval matrix that
    holds F' on the box m + [-r, r], then x - Y F(x) maps the box into itself and contracts it. Y is arbitrary: it
    is found here, as a rounded inverse.
    """
    n, K, _ = system.sizes
    size, unit, half = len(centre), Fraction(1, 2**bits), 1 << (Interval.bits - bits - 1)
    m = [v * unit for v in centre]
    progress("proving a root in %d unknowns" % size)
    F = [Interval.of(v) for v in system.equations(m[:n], m[n : n + K], m[n + K :])]
    box = [Interval((v << Interval.bits - bits) - half, (v << Interval.bits - bits) + half) for v in centre]
    J = [[Interval.of(v) for v in row] for row in system.jacobian(box[:n], box[n : n + K])]
    middle = [[(v.lo + v.hi) // 2 for v in row] for row in J]
    spread = [[v.hi - w for v, w in together(row, mid)] for row, mid in together(J, middle)]
    Y = _rounded_inverse(middle, bits)
    one = 1 << 2 * Interval.bits
    F_mid = [(v.lo + v.hi) // 2 for v in F]
    columns, spreads = transposed(middle), transposed(spread)
    for i, y in enumerate(Y):
        y_abs = [abs(v) for v in y]
        step = abs(_product(y, F_mid)) + sum(a * (v.hi - w) for a, v, w in together(y_abs, F, F_mid))
        stretch = sum(
            abs((one if i == j else 0) - _product(y, columns[j])) + _product(y_abs, spreads[j])
            for j in range(size)
        )
        inside = (step << bits + 1) + stretch < one  # both sides divided by r
        need(
            inside,
            "optimum",
            "no root is proved within half a unit of the stated numbers (coordinate %d)" % (i + 1),
        )


def _product(a: Sequence[int], b: Sequence[int]) -> int:
    return sum(map(int.__mul__, a, b))


def _rounded_inverse(M: list[list[int]], bits: int) -> list[list[int]]:
    """Near the inverse of M / 2^g, times 2^g; nothing is claimed about it."""
    with decimal.localcontext() as context:
        context.prec, context.Emax, context.Emin = 60 + bits // 4, decimal.MAX_EMAX, decimal.MIN_EMIN
        unit = decimal.Decimal(2) ** Interval.bits
        size = len(M)
        table = [[v / unit for v in map(decimal.Decimal, row)] for row in M]
        for i, row in enumerate(table):
            row.extend(decimal.Decimal(i == j) for j in range(size))
        for j in range(size):
            p = max(range(j, size), key=lambda i: abs(table[i][j]))
            need(table[p][j] != 0, "optimum", "the Jacobian looks singular")
            table[j], table[p] = table[p], table[j]
            pivot = 1 / table[j][j]
            lead = table[j] = [v * pivot for v in table[j]]
            for i, row in enumerate(table):
                factor = row[j]
                if i != j and factor:
                    table[i] = [v - factor * w for v, w in together(row, lead)]
        return [[int(v * unit) for v in row[size:]] for row in table]


def check_optimum(problem: Problem, patterns: list[str], claim: Any, evidence: Any) -> Optimum:
    """The optimal fit, all tight neurons, and the status of every block."""
    name = "optimum"
    claim = fields(claim, name, "objective neurons tight_blocks words")
    evidence = fields(evidence, "the evidence for optimum", "roles point")
    need(problem.lam > 0, name, "lambda is not positive")
    listed = items(claim["neurons"], "neurons")
    affordable(len(listed) * problem.n * problem.d * max(problem.d, 20) * problem.cost, "the list of neurons")
    affordable(len(listed) * len(patterns) * 2, "the list of neurons and patterns")
    neurons = [Neuron(problem, spec) for spec in listed]
    roles = items(evidence["roles"], "roles", len(neurons))
    heads, paired = _structure(neurons, roles)
    system = System(problem, heads, paired)
    point = check_point(system, evidence["point"])
    need(all(w.sign() == 1 for w in point.weights), name, "a weight is not proved positive")
    for k, (neuron, role) in enumerate(together(neurons, roles)):
        label = "neuron %d" % (k + 1)
        if role == "tie":
            need(point.exact is not None, name, label + ": a tie needs exact numbers")
            z = neuron.z(point.exact or [])
            need(is_zero(dot(z, z) - problem.lam**2), name, label + ": |A nu| is not lambda")
        held = [p for p in patterns if neuron.holds(p)]
        need(len(held) > 0, name, label + " lies in the cone of no present block")
        if not problem.gated:
            _check_strict_signs(problem, point, neuron, name, label)
            _check_multipliers(problem, point, neuron, held, label)
    tight = _check_other_blocks(problem, patterns, point, neurons)
    need(tight == typed(claim["tight_blocks"], int, "tight_blocks"), name, "%d blocks are tight" % tight)
    value = dot(problem.y, point.nu) - dot(point.nu, point.nu) * Fraction(1, 2)
    rounded = {
        math.floor(Fraction(end * 10**DECIMALS, 2**Interval.bits) + Fraction(1, 2))
        for end in (value.lo, value.hi)
    }
    stated = integer(claim["objective"], "objective")
    need(rounded == {stated}, name, "the objective is another, or not known to %d decimals" % DECIMALS)
    return Optimum(problem, patterns, system, point, neurons, roles)


def _structure(neurons: list[Neuron], roles: list[Any]) -> tuple[list[Neuron], list[bool]]:
    """The singles and pairs, in a prescribed order: each pair with its antipode behind it, ties at the end."""
    name, heads, paired, ties = "optimum", [], [], []
    for k, (neuron, role) in enumerate(together(neurons, roles)):
        need(role in ("single", "pair", "antipode", "tie"), name, "an unknown role of a neuron")
        after_pair = k > 0 and roles[k - 1] == "pair"
        need((role == "antipode") == after_pair, name, "a pair and its antipode do not stand together")
        if role == "antipode":
            mirrored = neurons[k - 1].face.translate(str.maketrans("+-", "-+"))
            need(neuron.key == (neurons[k - 1].key[0], mirrored), name, "an antipode is not opposite")
        elif role == "tie":
            ties.append(neuron.key)
        else:
            need(not ties, name, "a tie stands before a neuron of the structure")
            heads.append(neuron)
            paired.append(role == "pair")
    need(not roles or roles[-1] != "pair", name, "a pair and its antipode do not stand together")
    keys = [head.key for head in heads]
    need(sorted(keys) == keys and sorted(ties) == ties, name, "the neurons are not in order")
    need(len({neuron.key for neuron in neurons}) == len(neurons), name, "a neuron is listed twice")
    return heads, paired


def _check_strict_signs(problem: Problem, point: Point, neuron: Neuron, name: str, label: str) -> None:
    """u lies in the relative interior of its face: x_j.u has the stated strict sign off Z (it is 0 on Z)."""
    z = neuron.z(point.nu)
    for j, f in enumerate(neuron.face):
        if f != "0":
            side = Interval.of(dot(problem.X[j], z)).sign()
            need(
                side == (1 if f == "+" else -1) * neuron.sign, name, "%s: its side of row %d" % (label, j + 1)
            )


def _check_multipliers(problem: Problem, point: Point, neuron: Neuron, held: list[str], label: str) -> None:
    """For each present block around u: rho >= 0 on Z with s X^T D_b nu + sum (2D_b - I)_jj rho_j x_j = lambda u.

    With c = s X^T D_b nu one has P c = lambda u, so the sum must be -(I - P) c, the component of -c in the span of
    the rows of Z. For rows S of Z with that span and a basis E of it, t = S E^T (E S^T S E^T)^-1 E c has
    S^T t = (I - P) c; wanted is an S with t_j <= 0 where the block's side of row j is +, t_j >= 0 where it is -.
    """
    if not neuron.zero:
        return
    for local, found in multipliers(problem, point, neuron, held):
        need(
            bool(found),
            "optimum",
            f"{label}: no multiplier for the blocks with {local} on its zero rows",
        )


def multipliers(
    problem: Problem, point: Point, neuron: Neuron, held: list[str]
) -> Iterator[tuple[str, dict[int, Interval]]]:
    """For each pattern on the zero rows: proved multipliers rho_j, or nothing where none were found."""
    near = neuron.active + neuron.zero
    spans = list(_spanning_sets(problem, neuron))
    for local in sorted({"".join(p[j] for j in neuron.zero) for p in held}):
        off = {j for j, bit in together(neuron.zero, local) if bit == "0"}
        rows = [k for k, j in enumerate(near) if j not in off]
        allowed = {j: (0, neuron.sign if j in off else -neuron.sign) for j in neuron.zero}
        found: dict[int, Interval] = {}
        for forms in spans:
            if all(point.sign(form, near, rows) in allowed[j] for j, form in forms.items()):
                at = [point.nu[near[k]] for k in rows]
                found = {
                    j: Interval.of(dot([f[k] for k in rows], at)) * max(allowed[j], key=abs)
                    for j, f in forms.items()
                }
                break
        yield local, found


def _spanning_sets(problem: Problem, neuron: Neuron) -> Iterator[dict[int, list[Fraction]]]:
    """For Z, then for its bases S: the coefficients of t_j (j in S) as a linear form of nu on the rows near u."""
    E = echelon([problem.X[j] for j in neuron.zero])
    r, near = len(E), [problem.X[j] for j in neuron.active + neuron.zero]
    bases = itertools.combinations(neuron.zero, r) if r < len(neuron.zero) else iter(())
    number = min(MAX_BASES, MAX_WORK // (r * problem.n * problem.d * problem.cost))
    for S in itertools.chain([tuple(neuron.zero)], itertools.islice(bases, number)):
        SE = [[dot(problem.X[j], e) for e in E] for j in S]
        solved = echelon([[dot(a, b) for b in transposed(SE)] + e for a, e in together(transposed(SE), E)])
        if all(row[i] == 1 for i, row in enumerate(solved)):  # E S^T S E^T is nonsingular: S spans
            columns = transposed(solved)[r:]
            spread = [[dot(a, column) for column in columns] for a in SE]
            yield {j: [dot(h, x) for x in near] for j, h in together(S, spread)}


def _check_other_blocks(problem: Problem, patterns: list[str], point: Point, neurons: list[Neuron]) -> int:
    """Every present block that holds no neuron of its sign is strictly inactive; the number of the others.

    nu = m / 2^g + e with integers m, and |X^T D e| <= sum |e_j| |x_j|_1. For any rho >= 0
    |s X^T D nu + sum (2D - I)_jj rho_j x_j| < lambda proves |p_b| < lambda.
    """
    m = [(v.lo + v.hi) // 2 for v in point.nu]
    error = sum(
        max(v.hi - w, w - v.lo) * sum(map(abs, row)) for v, w, row in together(point.nu, m, problem.integers)
    )
    limit = math.floor(problem.lam * problem.denominator * 2**Interval.bits) - error
    need(limit > 0, "optimum", "the residual is not known accurately enough")
    weighted = [[w * row[i] for w, row in together(m, problem.integers)] for i in range(problem.d)]
    care = [
        (
            n.sign,
            int(n.face.replace("-", "1").replace("+", "1"), 2),
            int(re.sub("[^+]", "0", n.face).replace("+", "1"), 2),
        )
        for n in neurons
    ]
    search, tight = Search(problem.integers), 0
    for k, pattern in enumerate(patterns):
        progress("blocks", k, len(patterns))
        bits, on = int(pattern, 2), [bit == "1" for bit in pattern]
        c = [sum(itertools.compress(column, on)) for column in weighted]
        short = _product(c, c) < limit * limit
        for sign in (1,) if problem.gated else (1, -1):
            if any(s == sign and bits & mask == plus for s, mask, plus in care):
                tight += 1
            elif not short:
                inactive = not problem.gated and search.shorter([sign * v for v in c], on, limit)
                need(
                    inactive,
                    "optimum",
                    "the block {}{} is not proved inactive".format("+" if sign > 0 else "-", pattern),
                )
    return tight


class Search:
    """Nonnegative multipliers that shorten a vector (Lawson and Hanson's method in exact integers)."""

    def __init__(self, rows: list[list[int]]):
        self.rows = rows
        squares = [_product(row, row) or 1 for row in rows]
        self.weights = [(max(squares) << 64) // square for square in squares]  # 1 / |x_j|^2, to a scale
        self.solved: dict[tuple[int, ...], tuple[int, list[list[int]]]] = {}

    def shorter(self, c: list[int], on: list[bool], limit: int) -> bool:
        """Whether |c + sum rho_j (+-x_j)| < limit for some rho >= 0, + where `on`; the loop's last line proves it."""
        S: list[int] = []
        rho: list[Fraction] = []
        p, det = c, 1
        while True:
            worst, entering = 0, -1
            for j, row in enumerate(self.rows):
                v = _product(row, p)
                if (v < 0) == on[j] and v and v * v * self.weights[j] > worst and j not in S:
                    worst, entering = v * v * self.weights[j], j
            if entering < 0:
                return False  # p is the projection, and it is too long
            S, rho = [*S, entering], [*rho, Fraction(0)]
            while True:
                det, H = self._solve(tuple(S))
                t = [_product(h, c) * (-1 if on[j] else 1) for j, h in together(S, H)]
                if all(v > 0 for v in t):
                    break
                goal = [Fraction(v, det) for v in t]
                step = min((r / (r - g) for r, g in together(rho, goal) if g <= 0))
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
            rows = [list(map(Fraction, self.rows[j])) for j in S]
            inverse = [row[len(S) :] for row in echelon([[dot(a, b) for b in rows] + a for a in rows])]
            det = math.lcm(*(v.denominator for row in inverse for v in row))
            self.solved[S] = det, [[int(v * det) for v in row] for row in inverse]
        return self.solved[S]


# ---------------------------------------------------------------------------------------------- claim: optimal set


class Polytope(NamedTuple):
    """{ x : sum x_j columns[j] = right, 0 <= x_j <= upper[j] }, with `exact` = (columns, right, upper) where known.

    `coded[j]` are the neurons whose weights x_j decides: {k: sides of x_j where neuron k is used}.
    """

    columns: list[list[Any]]
    right: list[Any]
    upper: list[Any]
    exact: Any
    coded: list[dict[int, str]]
    rank: int


def check_optimal_set(optimum: Optimum, claim: Any, evidence: Any) -> Polytope:
    """Which neurons optimal networks use, and the dimension of { beta >= 0 : sum beta_k Q_k nu = y - nu }.

    With one solution that is positive on S and a proof that all solutions vanish off S, the dimension is
    |S| - rank of the activations over S, and it is 0 iff the network is unique up to permutation and splitting.
    """
    name = "optimal_set"
    claim = fields(claim, name, "used used_blocks rank dimension p_unique words")
    neurons = optimum.neurons
    used = [typed(flag, bool, "used") for flag in items(claim["used"], "used", len(neurons))]
    if "tie" in optimum.roles:
        polytope = _set_with_ties(optimum, used, evidence)
    elif "pair" in optimum.roles:
        need(all(used), name, "every neuron of the structure is used")
        polytope = _set_of_linear_phase(optimum, evidence)
    else:
        fields(evidence, "the evidence for optimal_set", "")
        need(
            all(used), name, "every neuron of the structure is used"
        )  # by the root itself, with positive weights
        activations = [head.activation(optimum.point.nu) for head in optimum.system.heads]
        need(independent(activations), name, "the activations are not proved independent")
        polytope = Polytope([], [], [], None, [], len(activations))
    rank = polytope.rank
    blocks = {
        (n.sign, p) for n, flag in together(neurons, used) if flag for p in optimum.patterns if n.holds(p)
    }
    need(
        typed(claim["used_blocks"], int, "used_blocks") == len(blocks),
        name,
        "%d blocks are used" % len(blocks),
    )
    need(typed(claim["rank"], int, "rank") == rank, name, "the rank is %d" % rank)
    dimension = sum(used) - rank
    need(typed(claim["dimension"], int, "dimension") == dimension, name, "the dimension is %d" % dimension)
    need(
        typed(claim["p_unique"], bool, "p_unique") == (dimension == 0),
        name,
        "p-uniqueness: the dimension is %d" % dimension,
    )
    return polytope


def independent(rows: list[list[Any]]) -> bool:
    """Whether the rows are proved linearly independent."""
    return eliminate(rows, len(rows[0])) is not None if rows else True


def _set_of_linear_phase(optimum: Optimum, evidence: Any) -> Polytope:
    """S = E and the rank, from an interior point of the fibre { 0 <= b_k <= mu_k, sum b_k z_k = B c } over the pairs.

    B^T X^T nu = 0 gives P_k X^T nu = 0, so that -u_k is tight too, with activation Q_k nu - X z_k: a share b_k of the
    weight mu_k may go there, and the fit is kept iff sum b_k X z_k = X B c. All activations lie in the span of Q_k nu
    (k a pair or single) and X B; it is filled if the z_k span U.
    """
    name, point, system = "optimal_set", optimum.point, optimum.system
    listed = items(
        fields(evidence, "the evidence for optimal_set", "interior")["interior"],
        "interior",
        sum(system.paired),
    )
    share = [None if v is None else rational(v, "interior") for v in listed]
    pairs = [
        (h.z(point.nu), w) for h, w, pair in together(system.heads, point.weights, system.paired) if pair
    ]
    pivots = [next(i for i, v in enumerate(b) if v) for b in system.basis]  # coordinates that determine U
    need(
        share.count(None) == len(pivots),
        name,
        "the interior point leaves %d shares to be solved" % len(pivots),
    )
    free = [k for k, v in enumerate(share) if v is None]
    rows = []
    for i, target in together(pivots, point.c):
        fixed = dot(
            [v for v in share if v is not None],
            [z[i] for (z, _), v in together(pairs, share) if v is not None],
        )
        rows.append([pairs[k][0][i] for k in free] + [target - fixed])
    solved = eliminate(rows, len(free))
    if solved is None:
        raise Rejected(name, "the directions of the pairs are not proved to span U")
    shares: list[Any] = list(share)
    for column, row in solved:
        shares[free[column]] = row[-1]
    inside = all(
        Interval.of(b).sign() == 1 and Interval.of(mu - b).sign() == 1
        for b, (_, mu) in together(shares, pairs)
    )
    need(inside, name, "the point of the fibre is not proved to be interior")
    spanning = [h.activation(point.nu) for h in system.heads] + [list(v) for v in transposed(system.XB)]
    need(independent(spanning), name, "the activations and X B are not proved independent")
    exact = None
    if point.exact is not None:
        mu = [w for w, pair in together(point.exact_rest[0], system.paired) if pair]
        z = [h.z(point.exact) for h, pair in together(system.heads, system.paired) if pair]
        exact = ([[v[i] for i in pivots] for v in z], point.exact_rest[1], mu)
    first = [k for k, role in enumerate(optimum.roles) if role == "pair"]
    coded = [{k: "-*", k + 1: "+*"} for k in first]  # at 0 all weight is with u, at mu with -u
    columns = [[z[i] for i in pivots] for z, _ in pairs]
    return Polytope(columns, point.c, [mu for _, mu in pairs], exact, coded, len(spanning))


def _set_with_ties(optimum: Optimum, used: list[bool], evidence: Any) -> Polytope:
    """S and the rank in exact numbers: a solution positive on S, a separating vector for E - S, and relations.

    If h.(Q_k nu) = 0 for k in S and > 0 for k in E - S, then every solution vanishes off S, since h.(y - nu) = 0.
    """
    name, where = "optimal_set", "the evidence for optimal_set"
    evidence = fields(evidence, where, "weights basis relations", "separator")
    nu = optimum.point.exact
    if not nu:
        raise Rejected(name, "ties need exact numbers")
    field, problem = next(v.field for v in nu), optimum.problem
    activations = [neuron.activation(nu) for neuron in optimum.neurons]
    S = [a for a, flag in together(activations, used) if flag]
    weights = [field.element(v, where) for v in items(evidence["weights"], where, len(S))]
    need(all(w.interval().sign() == 1 for w in weights), name, "a weight is not proved positive")
    defect = [combination(S, weights, i) + v - y for i, (y, v) in enumerate(together(problem.y, nu))]
    need(all(map(is_zero, defect)), name, "the weights do not give the fit")
    need(
        ("separator" in evidence) == (not all(used)),
        name,
        "a separator is needed for unused neurons, and only then",
    )
    if not all(used):
        h = [field.element(v, where) for v in items(evidence["separator"], where, problem.n)]
        for activation, flag in together(activations, used):
            value = dot(activation, h)
            good = is_zero(value) if flag else isinstance(value, Element) and value.interval().sign() == 1
            need(good, name, "the separator does not separate")
    basis = [typed(k, int, where) for k in items(evidence["basis"], where)]
    need(
        basis == sorted(set(basis)) and all(k < len(S) for k in basis),
        name,
        "the basis is not a set of used neurons",
    )
    chosen = [S[k] for k in basis]
    reduced = eliminate([enclosed(a) for a in chosen], problem.n)
    if reduced is None:
        raise Rejected(name, "the basis is not proved independent")
    others = [k for k in range(len(S)) if k not in basis]
    for k, relation in together(others, items(evidence["relations"], where, len(others))):
        coefficients = [field.element(v, where) for v in items(relation, where, len(basis))]
        exact = all(is_zero(combination(chosen, coefficients, i) - v) for i, v in enumerate(S[k]))
        need(exact, name, "a relation between activations does not hold")
        first = all(is_zero(v) for b, v in together(basis, coefficients) if b > k)
        need(first, name, "the basis is not the first one")
    pivots = sorted(column for column, _ in reduced)  # coordinates that determine the span of the activations
    columns, right = [[a[i] for i in pivots] for a in S], [problem.y[i] + nu[i] * -1 for i in pivots]
    coded = [{k: "*"} for k, flag in enumerate(used) if flag]
    free: list[Any] = [None] * len(S)
    return Polytope(
        [enclosed(a) for a in columns], enclosed(right), free, (columns, right, free), coded, len(basis)
    )


# ---------------------------------------------------------------------------------------------- claim: vertices


def check_vertices(optimum: Optimum, polytope: Polytope, claim: Any, evidence: Any) -> None:
    """All vertices of the set of optimal weights, the inclusion-minimal networks, by their supports among the neurons.

    A point of the polytope is a vertex iff the columns of its variables between bounds are independent; its *sides*
    say of each variable - (at 0), + (at its upper bound), * (between). A segment has two vertices. In dimension 2 or
    more every vertex must be simple, and the other end of each of its edges must be listed: as the graph of a polytope
    is connected, none is missing.
    """
    name = "vertices"
    claim = fields(claim, name, "supports narrowest words")
    values = items(fields(evidence, "the evidence for vertices", "values")["values"], "values")
    supports = [typed(s, str, "a support") for s in items(claim["supports"], "supports", len(values))]
    m, variables = len(polytope.right), len(polytope.columns)
    affordable(len(supports) * (1 + m * m) * (1 + variables) * 4, "the list of vertices")
    need(len(supports) > 0, name, "a polytope has a vertex")
    need(supports == sorted(set(supports)), name, "the supports are not sorted, or one is repeated")
    decode = {}
    for sides in (_sides_of(polytope, support, optimum) for support in supports):
        decode[sides] = True
    need(len(decode) == len(supports), name, "two supports are the same vertex")
    for sides, value in together(decode, values):
        _vertex(polytope, sides, value, optimum)
    dimension = len(polytope.columns) - len(polytope.right)
    if dimension < 2:
        need(
            len(decode) == dimension + 1,
            name,
            "a polytope of dimension %d has not %d vertices" % (dimension, len(decode)),
        )
    else:
        need(
            all(value is None for value in values),
            name,
            "a vertex is not simple, and the dimension is above 1",
        )
        for sides in decode:
            for other in _neighbours(polytope, sides):
                need(other in decode, name, "an edge leads to a vertex that is not listed")
    widths = [support.count("1") for support in supports]
    need(
        typed(claim["narrowest"], int, "narrowest") == min(widths),
        name,
        "the narrowest network has width %d" % min(widths),
    )


def _sides_of(polytope: Polytope, support: str, optimum: Optimum) -> str:
    """The sides of the variables, from a string of 0 and 1 for each neuron."""
    name = "vertices"
    need(
        len(support) == len(optimum.neurons) and not set(support) - {"0", "1"},
        name,
        "a support is not a string of 0 and 1",
    )
    sides, explained = "", set()
    for code, upper in together(polytope.coded, polytope.upper):
        fitting = [
            s
            for s in ("-*" if upper is None else "-*+")
            if all((support[k] == "1") == (s in where) for k, where in code.items())
        ]
        need(len(fitting) == 1, name, "a support is not possible")
        sides += fitting[0]
        explained |= set(code)
    for k, role in enumerate(optimum.roles):
        need(
            k in explained or support[k] == ("1" if role == "single" and "tie" not in optimum.roles else "0"),
            name,
            "a support is not possible",
        )
    return sides


def _vertex(polytope: Polytope, sides: str, value: Any, optimum: Optimum) -> dict[int, Interval]:
    """Prove that there is a vertex with these sides; its variables between bounds."""
    name, m = "vertices", len(polytope.right)
    free = [j for j, side in enumerate(sides) if side == "*"]
    full = [j for j, side in enumerate(sides) if side == "+"]
    if value is None:
        need(len(free) == m, name, "a vertex that is not simple needs exact numbers")
        rows = [
            [polytope.columns[j][i] for j in free]
            + [
                polytope.right[i]
                - dot([polytope.columns[j][i] for j in full], [polytope.upper[j] for j in full])
            ]
            for i in range(m)
        ]
        solved = eliminate(rows, m)
        if solved is None:
            raise Rejected(name, "the free columns of a vertex are not proved independent")
        x = {free[column]: row[-1] for column, row in solved}
    else:
        if polytope.exact is None:
            raise Rejected(name, "a vertex that is not simple needs exact numbers")
        need(len(free) < m, name, "a simple vertex needs no numbers")
        columns, right, upper = polytope.exact
        field = optimum.point.field
        exact = [field.element(v, "values") for v in items(value, "values", len(free))]
        for i in range(m):
            total = combination([columns[j] for j in free], exact, i) + combination(
                [columns[j] for j in full], [upper[j] for j in full], i
            )
            need(is_zero(total - right[i]), name, "the numbers of a vertex do not solve the equations")
        need(
            independent([polytope.columns[j] for j in free]),
            name,
            "the free columns of a vertex are not proved independent",
        )
        x = {j: v.interval() for j, v in together(free, exact)}
    for j, v in x.items():
        below = polytope.upper[j] is None or Interval.of(polytope.upper[j] - v).sign() == 1
        need(v.sign() == 1 and below, name, "a vertex is not proved to lie between its bounds")
    return x


def _neighbours(polytope: Polytope, sides: str) -> Iterator[str]:
    """The other ends of the edges of a simple vertex: one bound is released, the first bound met takes its place."""
    m, upper = len(polytope.right), polytope.upper
    free = [j for j, side in enumerate(sides) if side == "*"]
    others = [j for j, side in enumerate(sides) if side != "*"]
    full = [j for j in others if sides[j] == "+"]
    rows = []
    for i in range(m):
        rest = polytope.right[i] - dot([polytope.columns[j][i] for j in full], [upper[j] for j in full])
        rows.append([polytope.columns[j][i] for j in [*free, *others]] + [rest])
    solved = eliminate(rows, m)
    for k, j in enumerate(others):
        inward = 1 if sides[j] == "-" else -1
        stops: list[tuple[Interval, tuple[int, str] | None]] = []
        if upper[j] is not None:
            stops.append((Interval.of(upper[j]), (j, "+" if inward > 0 else "-")))
        for column, row in solved or []:
            i, x, speed = free[column], row[-1], row[m + k] * -inward  # x_i changes at this speed
            for towards, room in (("-", x), ("+", None if upper[i] is None else upper[i] - x)):
                slope = -speed if towards == "-" else speed
                if room is None or slope.hi <= 0:
                    continue
                fastest = Interval(slope.hi, slope.hi).inverse() * room  # it cannot stop the walk before this
                stops.append((fastest, None) if slope.lo <= 0 else (slope.inverse() * room, (i, towards)))
        need(len(stops) > 0, "vertices", "an edge is not bounded")
        step, stop = min(stops, key=lambda s: s[0].hi)
        later = all(s.lo > step.hi for s, where in stops if where != stop or where is None)
        if stop is None or not later:
            raise Rejected("vertices", "the end of an edge is not proved")
        changed = list(sides)
        changed[j] = "*"
        changed[stop[0]] = stop[1]
        yield "".join(changed)


# ---------------------------------------------------------------------------------------------- the whole file


class Optimum(NamedTuple):
    """What the claims about the optimal set build on."""

    problem: Problem
    patterns: list[str]
    system: System
    point: Point
    neurons: list[Neuron]
    roles: list[str]


class Report(NamedTuple):
    """What was proved, in words, and which kinds of claims the file does not make."""

    problem: str
    file: str
    proved: list[str]
    not_claimed: list[str]
    optimum: Optimum | None  # the numbers behind the claims, for a proof in prose


def words_of(name: str, claim: dict[str, Any], problem: Problem, number: int) -> str:
    """The claim in words. The file must say exactly this."""
    if name == "arrangement":
        return "The arrangement of the rows has exactly %d cells." % claim["cells"]
    if name == "optimum":
        units = int(claim["objective"])
        value = "%s%d.%0*d" % (
            "-" if units < 0 else "",
            abs(units) // 10**DECIMALS,
            DECIMALS,
            abs(units) % 10**DECIMALS,
        )
        scope = "these %d patterns" % number if problem.listed is not None else "all cells"
        return (
            "The optimum of the %s program over %s has the objective %s (rounded); exactly %d neurons and %d blocks "
            "reach lambda, all other blocks are strictly inactive."
            % (
                "gated ReLU" if problem.gated else "ReLU",
                scope,
                value,
                len(claim["neurons"]),
                claim["tight_blocks"],
            )
        )
    if name == "vertices":
        return "There are exactly %d inclusion-minimal optimal networks; the narrowest have %d neurons." % (
            len(claim["supports"]),
            claim["narrowest"],
        )
    return (
        "Optimal networks use exactly %d of these neurons, in %d blocks; their activations have rank %d, the set of "
        "optimal weights has dimension %d: the optimal network is %s up to permutation and splitting."
        % (
            sum(claim["used"]),
            claim["used_blocks"],
            claim["rank"],
            claim["dimension"],
            "unique" if claim["p_unique"] else "not unique",
        )
    )


CLAIMS = ("arrangement", "optimum", "optimal_set", "vertices")


def check(document: Any, file: str = "", expected: str | None = None) -> Report:
    """Check every claim of a document; `Rejected` or `Unreadable` unless all are proved."""
    top = fields(document, "the file", "format version problem problem_sha256 claims evidence")
    if top["format"] != FORMAT or type(top["version"]) is not int or top["version"] != VERSION:
        raise Unreadable("not a file of format %s, version %d" % (FORMAT, VERSION))
    problem = Problem(top["problem"])
    need(
        problem.sha256 == top["problem_sha256"],
        "problem",
        f"the SHA-256 of the problem is {problem.sha256}",
    )
    need(
        expected in (None, problem.sha256),
        "problem",
        f"this is a proof of another problem, {problem.sha256}",
    )
    claims = fields(top["claims"], "claims", "", " ".join(CLAIMS))
    evidence = fields(top["evidence"], "evidence", "", " ".join(CLAIMS[1:]))
    need(len(claims) > 0, "claims", "nothing is claimed")
    for name in CLAIMS[1:]:
        need((name in claims) == (name in evidence), name, "a claim and its evidence do not come together")
    for name, ground in zip(CLAIMS[2:], CLAIMS[1:]):
        need(
            name not in claims or ground in claims,
            name,
            f"it rests on the claim {ground}, which is not made",
        )
    need(
        ("arrangement" in claims) == (problem.listed is None),
        "arrangement",
        "claimed if and only if all cells are present",
    )
    patterns = (
        problem.listed if problem.listed is not None else check_arrangement(problem, claims["arrangement"])
    )
    optimum = None
    if "optimum" in claims:
        optimum = check_optimum(problem, patterns, claims["optimum"], evidence["optimum"])
        need(
            "pair" not in optimum.roles or "optimal_set" in claims,
            "optimum",
            "pairs need the claim optimal_set: it proves that no weight is negative",
        )
    if "optimal_set" in claims and optimum:
        polytope = check_optimal_set(optimum, claims["optimal_set"], evidence["optimal_set"])
    if "vertices" in claims and optimum:
        check_vertices(optimum, polytope, claims["vertices"], evidence["vertices"])
    proved = []
    for name in (name for name in CLAIMS if name in claims):
        proved.append(words_of(name, claims[name], problem, len(patterns)))
        need(claims[name]["words"] == proved[-1], name, "the words differ from the claim")
    return Report(problem.sha256, file, proved, [name for name in CLAIMS if name not in claims], optimum)


_shown = [0.0]


def progress(step: str, done: int = 0, total: int = 0) -> None:
    """One line on a terminal, a few times a second."""
    if sys.stderr.isatty() and (total == 0 or time.monotonic() - _shown[0] > 0.2):
        _shown[0] = time.monotonic()
        print(
            f"\r\x1b[K{step}" + (" %d of %d" % (done, total) if total else ""),
            end="",
            file=sys.stderr,
            flush=True,
        )


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Check a polyrelu proof file.")
    parser.add_argument("file", help="proof.json or proof.json.gz")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--problem", metavar="SHA256", help="the problem that must have been solved")
    args = parser.parse_args(arguments)
    start = time.monotonic()
    answer: dict[str, Any] = {"file": args.file}
    try:
        document, digest = load(args.file)
        report = check(document, digest, args.problem)
        answer.update(status="accepted", sha256=report.file, problem_sha256=report.problem)
        answer.update(proved=report.proved, not_claimed=report.not_claimed)
        lines, status = ["ACCEPTED"] + ["  proved: " + words for words in report.proved], 0
        lines += ["  not claimed: " + ", ".join(report.not_claimed)] if report.not_claimed else []
        lines += ["  problem: sha256 " + report.problem]
    except Rejected as error:
        claim, step = error.args
        answer.update(status="rejected", claim=claim, step=step)
        lines, status = [f"REJECTED: {claim}: {step}"], 1
    except Exception as error:  # a file that breaks the checker is not accepted either
        reason = str(error) if isinstance(error, Unreadable) else f"the checker failed ({error!r})"
        answer.update(status="unreadable", reason=reason[:300])
        lines, status = ["UNREADABLE: " + reason[:300]], 2
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)
    answer["seconds"] = "%.3f" % (time.monotonic() - start)
    print(json.dumps(answer) if args.json else "\n".join(lines))
    return status


if __name__ == "__main__":
    sys.exit(main())
