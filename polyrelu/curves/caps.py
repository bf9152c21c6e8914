"""Caps: majorants that keep directions close to lambda below it on a whole chord, without a margin.

Fix the side sigma_j of every line whose coefficient may be positive, a slope t in [0, 1] for each of the others, and
m_j >= 0 for the fixed ones. Where the fixed sides hold, sigma_j x_j.v >= 0, so that

    f_s(v) <= w.v,      w = s sum t_i nu_i x_i + lambda sum m_j sigma_j x_j       (t_i = 1 or 0 on fixed sides),

and |w| < lambda settles all that, at every scale. The shortest w is as long as f is high there (it is the projection
onto the cone). Here t and m are the same for every lambda of a chord, so that w is linear in (nu, lambda), and
lambda^2 - |w|^2 > 0 is shown by its values at the ends and its derivative between them. A local maximum that is about
to enter or has just left, and what lies behind a wall next to a neuron, are as close to lambda as one likes and cost no
step.

Sides, slopes and m are guessed. Which lines are fixed is what `directions` calls hard; it is looked at in `fits`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from polyrelu.curves.anchored import NEAR, AnchoredView, at_infinity, makes_up
from polyrelu.curves.cap import ONE, Cap
from polyrelu.curves.chord import Chord
from polyrelu.curves.directions import Above
from polyrelu.curves.nodes import Node
from polyrelu.curves.positive import bow_of_slack, bowed
from polyrelu.curves.rows import Hard, Rows
from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.rational import to_fraction
from polyrelu.guess import nonnegative_least_squares
from polyrelu.proof.directions import in_table, places_near
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program

Floats = NDArray[np.float64]

LINES = 16
"""Looked at for each cap, at most."""
WALL = 2.0**-7
HIGH = 0.9
REMEMBERED = 24
"""Directions that have resisted: the latest are tried on the next chord as well."""


def fitting_places(caps: Sequence[Cap], rows: Rows, hard: Hard) -> list[Place]:
    """The stars of the caps that fit."""
    return [cap.place for cap in caps if cap.fits(rows, hard)]


@dataclass(frozen=True, eq=False)
class View:
    """The lines at a residual and a lambda, in floats: their first rows, lengths, units and coefficients."""

    X: Floats
    nu: Floats
    lam: float
    line: NDArray[np.int64]
    turned: NDArray[np.int64]
    first: NDArray[np.int64]
    sizes: Floats
    units: Floats
    C: Floats

    @staticmethod
    def of(program: Program, rows: Rows, nu: Floats, lam: float) -> View:
        """For the rows that take part."""
        X, line, turned = program.X_float, np.array(rows.line), np.array(rows.turned)
        first = np.flatnonzero(line >= 0)[np.unique(line[line >= 0], return_index=True)[1]]
        sizes, C = np.linalg.norm(X[first], axis=1), np.zeros(len(first))
        np.add.at(C, line[line >= 0], (nu * np.linalg.norm(X, axis=1))[line >= 0])
        return View(X, nu, lam, line, turned, first, sizes, X[first] * (turned[first] / sizes)[:, None], C)

    def cap(self, s: int, v: Floats) -> Cap:
        """The shortest w for the sides of a direction, as far as floats tell."""
        z, C, lam, line = self.units @ v, self.C, self.lam, self.line
        above = np.where(z >= 0, 1, -1)
        face = np.where(line >= 0, above[line] * self.turned, 0)
        order = np.argsort(np.abs(z), kind="stable")[:LINES]
        near = [int(k) for k in order if abs(C[k]) > NEAR * lam]
        free = [k for k in near if s * C[k] < 0]
        walls = [k for k in near if s * C[k] > 0]
        columns = [-s * C[k] * above[k] * self.units[k] for k in free]
        columns += [lam * above[k] * self.units[k] for k in walls]
        start = s * np.where(face > 0, self.nu, 0.0) @ self.X
        found = nonnegative_least_squares(np.array(columns).T, -start) if columns else np.zeros(0)
        slopes, pushes = np.where(face > 0, ONE, 0), np.zeros(len(line), dtype=object)  # of tiny rows huge
        for k, t in zip(free, found, strict=False):
            m = int(min(t, 1.0) * ONE)
            if m:
                on = m if above[k] < 0 else ONE - m
                slopes = np.where(line == k, np.where(self.turned > 0, on, ONE - on), slopes)
                face = np.where(line == k, 0, face)
        for k, t in zip(walls, found[len(free) :], strict=True):
            pushes[self.first[k]] = int(min(t, 1e3) / self.sizes[k] * ONE)
        return Cap(Place(s, tuple(face.tolist())), tuple(slopes.tolist()), tuple(pushes.tolist()))


def cap_at(program: Program, rows: Rows, node: tuple[Floats, float], s: int, v: Floats) -> Cap:
    """The cap for the sides of a direction at a residual and a lambda."""
    return View.of(program, rows, *node).cap(s, v)


def below_lambda(caps: Sequence[Cap], chord: Chord, X: Sequence[Sequence[arb]]) -> list[Cap]:
    """Those with |w| < lambda along the whole chord; X has the columns of the table."""
    branch = chord.branch
    if not caps or not branch.unknowns:
        return []
    seen = [(c, column, arb(0) if c.anchor is None else column[c.anchor]) for c in caps for column in X]
    A = arb_mat(
        [
            [(x - away) * (m * c.place.sign) for x, m in zip(column, c.slopes, strict=True)]
            for c, column, away in seen
        ]
    )
    pushed = [
        sum(((x[i] - away) * (m * c.place.face[i]) for i, m in enumerate(c.pushes) if m), start=arb(0))
        for c, x, away in seen
    ]
    push, unit, d = ball_column(pushed), arb(1) / ONE, len(X)
    (low, a), (high, b) = (chord.root_low, arb(chord.low)), (chord.root_high, arb(chord.high))
    nu = [*(branch.residual_at(x, lam).entries() for x, lam in ((low, a), (high, b))), chord.residual_bow]
    at_low, at_high, bow = (
        [v * unit for v in column]
        for column in (
            (A * ball_column(nu[0]) + push * a).entries(),
            (A * ball_column(nu[1]) + push * b).entries(),
            (A * ball_column(nu[2])).entries(),
        )
    )
    found = []
    for k, cap in enumerate(caps):
        u, v, w = (table[k * d : (k + 1) * d] for table in (at_low, at_high, bow))
        is_below = bowed(a * a - _dot(u, u), b * b - _dot(v, v), bow_of_slack(chord.width, u, v, w))
        if is_below and makes_up(cap, chord, nu[:2], nu[2]):
            found.append(cap)
    return found


def _dot(u: Sequence[arb], v: Sequence[arb]) -> arb:
    return sum((s * t for s, t in zip(u, v, strict=True)), start=arb(0))


@dataclass(eq=False)
class Lookout:
    """What comes close to lambda along a path, it seems: local maxima, and directions that have resisted."""

    program: Program
    sights: WeakKeyDictionary[Node, dict[Place, bool]] = field(default_factory=WeakKeyDictionary)
    latest: dict[Place, bool] = field(default_factory=dict)
    """At the node that was looked at last."""
    resisted: dict[tuple[int, bytes], tuple[int, Floats]] = field(default_factory=dict)

    @cached_property
    def columns(self) -> list[list[arb]]:
        """Those of the table."""
        return [[arb(v) for v in column] for column in self.program.Xq.transpose().tolist()]

    def seen(self, node: Node) -> dict[Place, bool]:
        """Local maxima close to lambda at a node, and whether they are above."""
        if self.program.listed is not None:
            return {}
        if node not in self.sights:
            found = places_near(self.program, node.in_floats, float(to_fraction(node.lam)))
            self.sights[node] = self.latest = dict(found)
        return self.sights[node]

    def caps(
        self,
        nodes: tuple[Node, Node],
        rows: Rows,
        known: Iterable[Place],
        chord: Chord,
        *,
        closer: bool = False,
    ) -> list[Cap]:
        """What settles some of that on a chord, from what was seen last; closer means at the chord itself."""
        nu = (nodes[0].in_floats + nodes[1].in_floats) / 2
        at, tight = (nu, float(to_fraction(nodes[0].lam + nodes[1].lam)) / 2), set(known)
        looked = [self.sights[node] for node in nodes if node in self.sights]
        looked = looked or [self.seen(nodes[0]) if closer else self.latest]
        places = dict.fromkeys(p for seen in looked for p in seen if p not in tight)
        starts = [(p.sign, self._direction(p, nu)) for p in places] + list(self.resisted.values())
        high = (start for start in starts if self._is_high(start, at))
        view = (AnchoredView if self.program.offset else View).of(self.program, rows, *at)
        caps = dict.fromkeys(cap for s, v in high if (cap := view.cap(s, v)) is not None)
        always = at_infinity(self.program.n) if self.program.offset else []
        return below_lambda([*always, *caps], chord, self.columns)

    def _is_high(self, start: tuple[int, Floats], at: tuple[Floats, float]) -> bool:
        """Whether f comes near lambda in a direction: else a covering needs no help there."""
        (s, v), (nu, lam) = start, at
        value = s * (np.maximum(self.program.X_float @ v, 0.0) @ nu)
        return bool(value >= HIGH * lam * np.linalg.norm(v[: self.program.normed]))

    def _direction(self, place: Place, nu: Floats) -> Floats:
        """Of the activation on the face of a place."""
        X, face = self.program.X_float, np.array(place.face)
        if self.program.offset:
            return self._kink(place, nu)
        z, Z = place.sign * np.where(face > 0, nu, 0.0) @ X, X[face == 0]
        return np.asarray(z - np.linalg.lstsq(Z, Z @ z, rcond=None)[0] if len(Z) else z)

    def _kink(self, place: Place, nu: Floats) -> Floats:
        """The same with a free hidden bias: (u, b) through the first row of Z."""
        face, X = np.array(place.face), self.program.X_float[:, :-1]
        on = np.flatnonzero(face == 0)
        anchor = X[on[0]] if len(on) else X.min(axis=0)
        z, Z = place.sign * np.where(face > 0, nu, 0.0) @ (X - anchor), (X - anchor)[on[1:]]
        u = z - np.linalg.lstsq(Z, Z @ z, rcond=None)[0] if len(Z) else z
        return np.append(u, -(anchor @ u) if len(on) else np.abs(X @ u).max())

    def _around(self, v: Floats) -> list[Floats]:
        """A direction, and its images behind the lines that it is close to: what resists is a box, not its centre."""
        X = self.program.X_float
        z, squares = X @ v, np.einsum("ij,ij->i", X, X)
        close = np.flatnonzero(np.abs(z) < WALL * np.sqrt(squares * (v @ v)))
        if self.program.offset:  # the bias alone moves
            X, squares = np.zeros_like(X), np.ones(len(X))
            X[:, -1] = 1.0
        return [v, *(v - X[j] * (2 * z[j] / squares[j] + 1e-9 * np.sign(z[j])) for j in close)]

    def hears(self, above: Above) -> bool:
        """Directions resist at a node: whether some of them have not been known."""
        before = set(self.resisted)
        for s, u in above.undecided:
            for v in self._around(in_table(self.program, u)):
                key = s, (self.program.X_float @ v >= 0).tobytes()
                self.resisted.pop(key, None)
                self.resisted[key] = s, v
        for key in list(self.resisted)[:-REMEMBERED]:
            del self.resisted[key]
        return not set(self.resisted) <= before
