"""On the hard lines' sides of a face, whose multipliers hold, f is at most what its gradient there says."""

import random

from flint import fmpq

from polyrelu import Problem
from polyrelu.certification import program_of
from polyrelu.curves.angles import Angles
from polyrelu.curves.demands import multipliers
from polyrelu.exact.linear import dot
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.tightness import on_hyperplane

TABLES, DIRECTIONS = 400, 40


def above(X, nu, place, lines, v):
    """f(v) - z.v if v is on the sides of all lines of the face that may bend up; else None."""
    s, face = place.sign, place.face
    products = [dot(row, v) for row in X]
    for line in lines:
        C = sum((nu[i] * max(map(abs, X[i])) for i in line), start=fmpq(0)) * s
        if C >= 0 and any(face[i] and products[i] * face[i] < 0 for i in line):
            return None
    return s * sum((n * max(p, fmpq(0)) for n, p in zip(nu, products, strict=True)), start=fmpq(0))


def test_no_side_of_a_guest_has_to_hold():
    """For any signs, also of no direction at all; where a multiplier fails there are directions above."""
    pick, held, refuted, beside = random.Random(5), 0, 0, 0
    for _ in range(TABLES):
        n, d = pick.randint(2, 5), pick.choice((2, 2, 3))
        X = [[pick.randint(-2, 2) for _ in range(d)] for _ in range(n)]
        program = program_of(Problem.of(X, [1] * n, 1))
        lines = {tuple(line) for line in Angles(program).parallel if line}
        w = [pick.randint(-3, 3) for _ in range(d)]
        face = tuple(
            (p > 0) - (p < 0) for p in (sum(a * b for a, b in zip(row, w, strict=True)) for row in X)
        )
        place = Place(pick.choice((1, -1)), face)
        rows = [j for j, side in enumerate(face) if side]
        if rows and pick.random() < 0.5:
            place = on_hyperplane(Neuron(place, program), pick.choice(rows))
        neuron, nu = Neuron(place, program), [fmpq(pick.randint(-5, 5), pick.randint(1, 3)) for _ in X]
        z = [v * place.sign for v in neuron.z(nu)]
        holds = all(dot(f.form, nu) >= 0 for f in multipliers(neuron))
        beside += any(side * dot(row, z) < 0 for side, row in zip(place.face, X, strict=True))
        found = []
        for _ in range(DIRECTIONS):
            v = [fmpq(pick.randint(-9, 9)) for _ in range(d)]
            value = above(X, nu, place, lines, v)
            if value is not None:
                found.append(value - dot(z, v))
        assert not holds or all(value <= 0 for value in found)
        held += holds and any(value < 0 for value in found)
        refuted += not holds and any(value > 0 for value in found)
    assert min(held, refuted, beside) > 20
