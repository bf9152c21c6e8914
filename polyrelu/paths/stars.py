"""The stars of a curve's neurons on a chord, without the walls that they may cross: see `demands.soft_lines`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from itertools import combinations

from flint import arb, arb_mat, fmpq

from polyrelu.paths.chord import Chord
from polyrelu.paths.conditions import Condition, Table
from polyrelu.proof.neuron import Neuron, Place

Gram = Sequence[Sequence[fmpq]]
Zeros = tuple[Set[Condition], Set[Condition]]
"""Conditions that are known to vanish at the lower end, and at the upper one."""


def stars_along(
    chord: Chord, neurons: Sequence[Neuron], soft: Table, zero: Zeros, gram: Gram
) -> Iterator[Place]:
    """The stars of neurons, each with a 0 for the lines that it may cross; `gram` holds the products of the rows."""
    hard = set(soft.failing(chord, *zero))
    crossed: dict[Place, list[int]] = {}
    for f in soft.conditions:
        if f not in hard and f.row is not None:
            crossed.setdefault(f.place, []).append(f.row)
    nu = chord.branch.residual_at(chord.root_low, arb(chord.low))
    for neuron in neurons:
        yield _opened(neuron, crossed.get(neuron.place, []), nu, gram)


def united(stars: Sequence[Place], gram: Gram) -> Iterator[Place]:
    """Parts of the union of two stars on both sides of one line, for boxes that the line cuts."""
    for p, q in combinations(stars, 2):
        apart = [i for i, (v, w) in enumerate(zip(p.face, q.face, strict=True)) if v * w < 0]
        if not apart or p.sign != q.sign:
            continue
        j = apart[0]
        if all(gram[i][j] ** 2 == gram[i][i] * gram[j][j] for i in apart):
            sides = zip(p.face, q.face, strict=True)
            yield Place(p.sign, tuple(0 if v * w < 0 else v or w for v, w in sides))


def _opened(neuron: Neuron, rows: Sequence[int], nu: arb_mat, gram: Gram) -> Place:
    """Without the walls of some rows that may be walls at all, the nearest first, orthogonal to each other."""
    place, taken, face = neuron.place, list[int](), list(neuron.place.face)
    products = (arb_mat(neuron.program.Xq * neuron.A) * nu).entries()
    far = {j: (abs(products[j]) / arb(gram[j][j]).sqrt()).mid() for j in rows}
    for j in sorted(rows, key=far.__getitem__):
        parallel = [i for i, row in enumerate(gram) if row[j] != 0 and row[j] ** 2 == row[i] * gram[j][j]]
        C = sum((nu[i, 0] * abs(gram[i][j]) for i in parallel), start=arb(0)) * place.sign
        if C < 0 or any(gram[i][j] != 0 for i in taken):
            continue
        taken.append(j)
        for i in parallel:
            face[i] = 0
    return Place(place.sign, tuple(face))
