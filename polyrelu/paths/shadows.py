"""The shadow of a neuron on a row that it has just left, or is about to reach, where the row bends f the other way.

A neuron can slide on a row j with a positive coefficient if j depends on other rows that vanish with it. Beside that
face F, where u is off the row, the line of j is a wall of the star of u, and the far side comes as close to lambda as
one likes. There w = s A_F nu serves: let sigma be sides of the hard lines that u leaves. Where the multipliers of F are
positive for all cells with these sides, f(v) <= f'(w; v) <= w.v on the star of F with these sides, by concavity, and

    |w|^2 = |P_F A_u nu|^2 < |A_u nu|^2 <= lambda^2

since u is off F. At the breakpoint itself w = lambda u, where u lies on F.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import product

from flint import arb

from polyrelu.paths.branch import Branch
from polyrelu.paths.chord import Chord
from polyrelu.paths.condition import MULTIPLIER, SIDE, Condition
from polyrelu.paths.conditions import Table
from polyrelu.paths.faces import Faces
from polyrelu.proof.neuron import Place
from polyrelu.proof.tightness import on_hyperplane

MOST_HARD = 3
"""Lines that one neuron leaves at once."""


def shadows(
    faces: Faces, branch: Branch, chord: Chord, zero: Iterable[Condition], places: Sequence[Place]
) -> list[Place]:
    """Stars around the faces of rows that some of these neurons reach at an end of a chord."""
    nu = branch.residual_at(chord.anywhere, chord.all_lambda).entries()
    found = list[Place]()
    for place, slid in dict.fromkeys(
        (f.place, on_hyperplane(faces.neuron(f.place), f.row))
        for f in zero
        if f.kind == SIDE and f.row is not None and f.place in places
    ):
        hard = _hard(faces, place, slid, nu)
        if 0 < len(hard) <= MOST_HARD:
            found += [star for star in _beside(place, slid, hard) if _holds(faces, chord, slid, star)]
    return found


def _hard(faces: Faces, place: Place, slid: Place, nu: Sequence[arb]) -> list[list[int]]:
    """The lines that a neuron leaves whose coefficient is not proved negative."""
    leaving = {j for j, (a, b) in enumerate(zip(place.face, slid.face, strict=True)) if a and not b}
    found = []
    for line in faces.line_weights.values():
        members = [i for i in line if i in leaving]
        if members and not sum((nu[i] * m for i, m in line.items()), start=arb(0)) * place.sign < 0:
            found.append(members)
    return found


def _beside(place: Place, slid: Place, hard: Sequence[Sequence[int]]) -> Iterable[Place]:
    """The face with the hard lines on the sides on which the neuron is not."""
    for sides in product((1, -1), repeat=len(hard)):
        if all(side > 0 for side in sides):
            continue
        face = list(slid.face)
        for members, side in zip(hard, sides, strict=True):
            for i in members:
                face[i] = place.face[i] * side
        yield Place(place.sign, tuple(face))


def _holds(faces: Faces, chord: Chord, slid: Place, star: Place) -> bool:
    """Whether w lies in the face, and the multipliers of the cells with these sides are positive along the chord."""

    def concerns(f: Condition) -> bool:
        if f.kind != MULTIPLIER or f.target is None:
            return f.kind == SIDE
        fixed = ((a, b) for a, b, c in zip(star.face, f.target.face, slid.face, strict=True) if a and not c)
        return all(b in (a, 0) for a, b in fixed)

    table = Table(chord.branch, [f for f in faces.around(slid) if concerns(f)], None, faces.neuron)
    return not table.failing(chord, frozenset(), frozenset())
