"""Caps: majorants that keep local maxima close to lambda below it on a whole chord, without a margin.

Fix the side of every line whose coefficient may be positive, and a slope t in [0, 1] for each of the others. Where the
fixed sides hold, f_s(v) <= w.v with w = s sum t_i nu_i x_i (t_i = 1 or 0 on fixed sides): so |w| < lambda settles all
that, at every scale (leaf M of `covering.candidates`). Here t is the same for every lambda of a chord, so that w is
linear in nu, and lambda^2 - |w|^2 > 0 is shown by its values at the ends and its derivative between them. A local maximum
that is about to enter, or that has just left, is as close to lambda as one likes and costs no step.

Sides and slopes are guessed: those of the face of a local maximum, with the slopes that make w shortest on its zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from weakref import WeakKeyDictionary

import numpy as np
from flint import arb, arb_mat
from numpy.typing import NDArray

from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.chord import Chord
from polyrelu.paths.conditions import positive
from polyrelu.paths.directions import Above, Node, Rows
from polyrelu.proof.directions import places_above, places_near
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.oracle import in_floats
from polyrelu.proof.program import Program

ONE = 2**20
NEAR = 1e-9
NEAREST = 3
"""Lines looked at for each star, at least."""


@dataclass(frozen=True)
class Cap:
    """The sides of a place, and the slope of every row over 2^20."""

    place: Place
    slopes: tuple[int, ...]

    @staticmethod
    def of(place: Place, program: Program, rows: Rows, nu: NDArray[np.float64]) -> Cap:
        """The shortest w with these sides at a residual, as far as floats tell."""
        X, face = program.X_float, np.array(place.face)
        start = place.sign * np.where(face > 0, nu, 0.0) @ X
        members: dict[int, list[int]] = {}
        for i in np.flatnonzero(face == 0):
            if rows.line[i] >= 0:
                members.setdefault(rows.line[i], []).append(int(i))
        moves = []
        for line in members.values():
            on = [i for i in line if rows.turned[i] > 0]
            off = [i for i in line if rows.turned[i] < 0]
            start = start + place.sign * nu[off] @ X[off]
            moves.append(place.sign * (nu[on] @ X[on] - nu[off] @ X[off]))
        slopes = np.where(face > 0, ONE, 0)
        found = np.clip(np.linalg.lstsq(np.array(moves).T, -start, rcond=None)[0], 0.0, 1.0) if moves else ()
        for t, line in zip(found, members.values(), strict=True):
            m = int(np.rint(t * ONE))
            for i in line:
                slopes[i] = m if rows.turned[i] > 0 else ONE - m
        return Cap(place, tuple(slopes.tolist()))

    def fits(self, rows: Rows, hard: frozenset[tuple[int, int]]) -> bool:
        """Whether lines without a side may be majorised, and rows of one such line agree on its slope."""
        slopes: dict[int, int] = {}
        for line, turned, side, m in zip(rows.line, rows.turned, self.place.face, self.slopes, strict=True):
            if side or line < 0:
                continue
            slope = m if turned > 0 else ONE - m
            if (self.place.sign, line) in hard or slopes.setdefault(line, slope) != slope:
                return False
        return True


def below_lambda(caps: Sequence[Cap], chord: Chord) -> list[Cap]:
    """Those with |w| < lambda along the whole chord."""
    branch = chord.branch
    if not caps or not branch.unknowns:
        return []
    X = [[arb(v) for v in row] for row in branch.program.Xq.transpose().tolist()]
    A = arb_mat([[x * m for x, m in zip(column, cap.slopes, strict=True)] for cap in caps for column in X])
    over_g, rest, d = A * branch.data.W, A * branch.data.rest, len(X)
    p, unit = branch.size, arb(1) / ONE

    def w(x: Sequence[arb], lam: arb, constant: arb) -> list[arb]:
        moved = over_g * ball_column([v * lam for v in x[:p]]) + rest * constant
        return [v * unit for v in moved.entries()]

    low, high, lam = arb(chord.low), arb(chord.high), chord.all_lambda
    x, dx, one = chord.anywhere, chord.derivative, arb(1)
    moved = [u + lam * v for u, v in zip(x[:p], dx[:p], strict=True)]
    tables = (w(chord.root_low, low, one), w(chord.root_high, high, one), w(x, lam, one), w(moved, one, arb(0)))
    found = []
    for k, cap in enumerate(caps):
        at_low, at_high, here, rate = (table[k * d : (k + 1) * d] for table in tables)
        values = [(t * t - _dot(v, v)) / 2 for t, v in ((low, at_low), (high, at_high))]
        if positive(*values, lam - _dot(here, rate), chord.width, (False, False)):
            found.append(cap)
    return found


def _dot(u: Sequence[arb], v: Sequence[arb]) -> arb:
    return sum((s * t for s, t in zip(u, v, strict=True)), start=arb(0))


@dataclass(eq=False)
class Lookout:
    """Local maxima close to lambda along a path, as far as floats tell."""

    program: Program
    sights: WeakKeyDictionary[Node, dict[Place, bool]] = field(default_factory=WeakKeyDictionary)

    def seen(self, node: Node) -> dict[Place, bool]:
        """Those at a node, and whether they are above."""
        if self.program.listed is not None:
            return {}
        if node not in self.sights:
            found = places_near(self.program, in_floats_of(node), float(to_fraction(node.lam)))
            self.sights[node] = dict(found)
        return self.sights[node]

    def caps(self, nodes: tuple[Node, Node], rows: Rows, known: Iterable[Place]) -> list[Cap]:
        """What may settle the local maxima seen at either end of a step that are no neurons."""
        nu = (in_floats_of(nodes[0]) + in_floats_of(nodes[1])) / 2
        places = dict.fromkeys(p for node in nodes for p in self.seen(node))
        return [Cap.of(p, self.program, rows, nu) for p in places if p not in set(known)]

    def hears(self, above: Above) -> bool:
        """Directions resist at a node: whether there is a local maximum behind them that has not been seen."""
        starts = [(s, in_floats(u)) for s, u in (*above.missed, *above.undecided)]
        seen = self.seen(above.node)
        found = places_above(self.program, in_floats_of(above.node), starts) if starts else []
        new = {p: False for p in found if p not in seen}
        seen.update(new)
        return bool(new)


def soft_rows(program: Program, neuron: Neuron, parallel: Sequence[Sequence[int]], node: Node) -> set[int]:
    """Rows whose lines the star of a neuron may cross, it seems: walls, the nearest and those at right angles to it."""
    X, face, nu = program.X_float, np.array(neuron.place.face), in_floats_of(node)
    products = arb_mat(neuron.A) * ball_column([arb(v) for v in nu.tolist()])
    z = neuron.place.sign * np.array([float(v.mid()) for v in products.entries()])
    norms = np.linalg.norm(X, axis=1)
    C = np.array([neuron.place.sign * norms[rows] @ nu[rows] for rows in map(list, parallel)]) * norms
    size = NEAR * max(float(np.linalg.norm(z)), 1e-300) * norms
    reach = face * (X @ z)
    rows, found = np.flatnonzero((face != 0) & (reach - C >= -size) & (C >= -size)), list[int]()
    for j in rows[np.argsort(reach[rows] / norms[rows], kind="stable")]:
        if len(found) < NEAREST or all(abs(X[j] @ X[i]) <= NEAR * norms[i] * norms[j] for i in found[:1]):
            found.append(int(j))
    return set(found)


def in_floats_of(node: Node) -> NDArray[np.float64]:
    """The residual at a node."""
    return np.array([float(Fraction(m, 2**node.bits)) for m in node.integers])
