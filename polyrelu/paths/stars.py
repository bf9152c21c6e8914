"""The lines that the star of a neuron may cross along a chord: which to look at, and the star without them."""

from __future__ import annotations

from collections.abc import Sequence, Set

import numpy as np
from flint import arb, arb_mat, fmpq

from polyrelu.exact.enclosure import ball_column
from polyrelu.paths.angles import Angles
from polyrelu.paths.chord import Chord
from polyrelu.paths.conditions import Condition, Table
from polyrelu.paths.directions import Node
from polyrelu.paths.faces import Faces
from polyrelu.paths.outweighed import Outweighed
from polyrelu.proof.neuron import Neuron, Place

NEAR = 1e-9
NEAREST = 3
"""Lines looked at for each star, at least."""


def stars_along(  # noqa: PLR0917
    chord: Chord,
    zero: tuple[Set[Condition], Set[Condition]],
    node: Node,
    places: Sequence[Place],
    faces: Faces,
    known: dict[tuple[Condition, ...], Table],
) -> list[Place]:
    """The stars of some neurons, each with a 0 for the lines that it may cross along a chord."""
    branch, crossed, angles = chord.branch, dict[Place, list[int]](), faces.angles
    near = {p: soft_rows(angles, faces.neuron(p), node) for p in places}
    lines = [f for p in places for f in faces.soft(p) if f.row in near[p]]
    hard = set(known.setdefault(tuple(lines), Table(branch, lines)).failing(chord, *zero))
    for f in lines:
        if f not in hard and f.row is not None:
            crossed.setdefault(f.place, []).append(f.row)
    nu, found = branch.residual_at(chord.anywhere, chord.all_lambda), list[Place]()
    for place in places:
        neuron, rows = faces.neuron(place), crossed.get(place, [])
        further = Outweighed(neuron, faces.line_weights, node.in_floats.tolist()).proposals(rows)
        holds = (j for j, conditions in further if not Table(branch, conditions).failing(chord, set(), set()))
        lighter = [i for j in next(holds, []) for i in angles.parallel[j]]
        found.append(without(opened(angles, neuron, rows, nu), lighter))
    return found


def without(star: Place, rows: Sequence[int]) -> Place:
    """A star that does not end at the lines of some rows."""
    return Place(star.sign, tuple(0 if i in rows else side for i, side in enumerate(star.face)))


def soft_rows(angles: Angles, neuron: Neuron, node: Node) -> set[int]:
    """Rows whose lines the star of a neuron may cross, it seems: walls, the nearest and those at right angles to it."""
    X, face, nu = angles.program.X_float, np.array(neuron.place.face), node.in_floats
    products = arb_mat(neuron.A) * ball_column([arb(v) for v in nu.tolist()])
    z = neuron.place.sign * np.array([float(v.mid()) for v in products.entries()])
    norms = np.linalg.norm(X, axis=1)
    C = np.array([neuron.place.sign * norms[rows] @ nu[rows] for rows in angles.parallel]) * norms
    size = NEAR * max(float(np.linalg.norm(z)), 1e-300) * norms
    reach = face * (X @ z)
    rows, found = np.flatnonzero((face != 0) & (reach - C + size >= 0) & (C + size >= 0)), list[int]()
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
    branch, p = chord.branch, chord.branch.size
    g, dg = chord.anywhere[:p], chord.derivative[:p]
    dnu = dg if scaled else [u + v * chord.all_lambda for u, v in zip(g, dg, strict=True)]
    moved = branch.data.W * ball_column(dnu)
    found = {}
    for i in at_low ^ at_high:
        line = lines[i].items()
        slope = sum((moved[k, 0] * m for k, m in line), start=arb(0))
        up = (slope > 0) - (slope < 0)
        if up:
            found[i] = -up if i in at_low else up
    return found
