"""The lines that the star of a neuron may cross along a chord: which to look at, and the star without them."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import arb, arb_mat, fmpq
from numpy.typing import NDArray

from polyrelu.curves.angles import Angles
from polyrelu.curves.chord import Chord
from polyrelu.curves.condition import Condition
from polyrelu.curves.conditions import Table
from polyrelu.curves.faces import Faces
from polyrelu.curves.linear_forms import Known
from polyrelu.curves.nodes import Node
from polyrelu.curves.outweighed import Direction, Outweighed
from polyrelu.exact.enclosure import ball_column
from polyrelu.proof.neuron import Neuron, Place

Floats = NDArray[np.float64]
Made = tuple[Faces, dict[tuple[Condition, ...], Table], Known]
"""What a curve has made before."""

NEAR = 1e-9
NEAREST = 3
"""Lines looked at for each star, at least."""


@dataclass(frozen=True, eq=False)
class Stars:
    """The stars of some neurons along a chord, each with a 0 for the lines that it may cross."""

    chord: Chord
    node: Node
    places: Sequence[Place]
    faces: Faces
    crossed: dict[Place, list[int]]
    """Lines that are soft."""

    @staticmethod
    def along(
        chord: Chord,
        zero: tuple[Set[Condition], Set[Condition]],
        node: Node,
        places: Sequence[Place],
        made: Made,
    ) -> Stars:
        """With the soft lines of all."""
        faces, tables, rows = made
        near = soft_rows(faces.angles, [faces.neuron(p) for p in places], node)
        lines = tuple(f for p, own in zip(places, near, strict=True) for f in faces.soft(p) if f.row in own)
        if lines not in tables:
            tables[lines] = Table(chord.branch, lines, rows, faces.neuron)
        hard, crossed = set(tables[lines].failing(chord, *zero)), dict[Place, list[int]]()
        for f in lines:
            if f not in hard and f.row is not None:
                crossed.setdefault(f.place, []).append(f.row)
        return Stars(chord, node, places, faces, crossed)

    @cached_property
    def simple(self) -> list[Place]:
        """With soft lines alone."""
        nu = self.chord.branch.residual_at(self.chord.anywhere, self.chord.all_lambda)
        angles, neuron = self.faces.angles, self.faces.neuron
        return [opened(angles, neuron(p), self.crossed.get(p, []), nu) for p in self.places]

    def further(self, resisting: Sequence[Direction]) -> list[Place] | None:
        """With outweighed lines as well, if all directions that resist may lie in such stars.

        These cost more, and are seldom needed: only the neurons with such directions are looked at.
        """
        nu = self.node.in_floats.tolist()
        each = [Outweighed(self.faces.neuron(p), self.faces.line_weights, nu) for p in self.places]
        crossed = [self.crossed.get(place, []) for place in self.places]
        held = [o.may_hold(resisting, own) for o, own in zip(each, crossed, strict=True)]
        if set[Direction]().union(*held) != set(resisting):
            return None
        found = list[Place]()
        for star, outweighed, own, some in zip(self.simple, each, crossed, held, strict=True):
            lines = next((j for j, f in outweighed.proposals(own) if self._hold(f)), []) if some else []
            found.append(without(star, [i for j in lines for i in self.faces.angles.parallel[j]]))
        return None if found == self.simple else found

    def _hold(self, conditions: list[Condition]) -> bool:
        table = Table(self.chord.branch, conditions, None, self.faces.neuron)
        return not table.failing(self.chord, set(), set())


def without(star: Place, rows: Sequence[int]) -> Place:
    """A star that does not end at the lines of some rows."""
    return Place(star.sign, tuple(0 if i in rows else side for i, side in enumerate(star.face)))


def soft_rows(angles: Angles, neurons: Sequence[Neuron], node: Node) -> list[set[int]]:
    """Rows whose lines the stars of neurons may cross, it seems: walls, the nearest and those at right angles to it."""
    X, nu = angles.program.X_float, node.in_floats
    norms, column = np.linalg.norm(X, axis=1), ball_column([arb(v) for v in nu.tolist()])
    C = np.array([norms[rows] @ nu[rows] for rows in angles.parallel]) * norms
    return [_soft_rows(X, norms, C, neuron, arb_mat(neuron.A) * column) for neuron in neurons]


def _soft_rows(X: Floats, norms: Floats, C: Floats, neuron: Neuron, products: arb_mat) -> set[int]:
    """Those of one neuron, with A nu and the coefficients of all lines, times the lengths of the rows."""
    face, sign = np.array(neuron.place.face), neuron.place.sign
    z = sign * np.array([float(v.mid()) for v in products.entries()])
    size = NEAR * max(float(np.linalg.norm(z)), 1e-300) * norms
    reach, own = face * (X @ z), sign * C
    rows, found = np.flatnonzero((face != 0) & (reach - own + size >= 0) & (own + size >= 0)), list[int]()
    for j in rows[np.argsort(reach[rows] / norms[rows], kind="stable")]:
        if len(found) < NEAREST or abs(X[j] @ X[found[0]]) <= NEAR * norms[found[0]] * norms[j]:
            found.append(int(j))
    return set(found)


def opened(angles: Angles, neuron: Neuron, rows: Sequence[int], nu: arb_mat) -> Place:
    """A star without the walls of some rows that may be walls at all, the nearest first, orthogonal to each other."""
    place, taken, gram = neuron.place, list[int](), angles.gram
    if not rows:
        return place
    face = list(place.face)
    products = (angles.in_balls * (arb_mat(neuron.A) * nu)).entries()
    far = {j: (abs(products[j]) / arb(gram[j][j]).sqrt()).mid() for j in rows}
    for j in sorted(rows, key=far.__getitem__):
        parallel = angles.parallel[j]
        C = sum((nu[i, 0] * abs(gram[i][j]) for i in parallel), start=arb(0)) * place.sign
        if C < 0 or any(gram[j][i] != 0 for i in taken):
            continue
        taken.append(j)
        for i in parallel:
            face[i] = 0
    return Place(place.sign, tuple(face))


def leaving_zero(
    chord: Chord,
    silent: tuple[frozenset[int], frozenset[int]],
    lines: dict[int, dict[int, fmpq]],
    *,
    scaled: bool,
) -> dict[int, int]:
    """Lines with C = 0 at one end, which leaves it: with the s for which s C <= 0 on the whole chord.

    `scaled` asks the same of C / lambda.
    """
    at_low, at_high = silent
    if not (at_low or at_high) or not chord.branch.unknowns:
        return {}
    p, bow_of_all = chord.branch.size, chord.residual_bow
    low, high = (chord.branch.residual_at(x, lam).entries() for x, lam in chord.feet)
    if scaled:
        low, high = (chord.seen(x[:p]) for x, _ in chord.feet)
        bow_of_all = chord.seen(chord.bow[:p])
    found = dict[int, int]()
    for i in at_low ^ at_high:
        far, bow = (
            sum((column[k] * m for k, m in lines[i].items()), start=arb(0))
            for column in (high if i in at_low else low, bow_of_all)
        )
        side = far.union(far + bow)  # C / t, or C / (1 - t)
        if side > 0 or side < 0:
            found[i] = 1 if side < 0 else -1
    return found
