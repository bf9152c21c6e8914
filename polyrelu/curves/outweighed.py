"""Hard lines at which the star of a neuron need not end, since concave lines beside them weigh more.

Let u be tight (s = 1, say), strictly on the side sigma_j of some lines j with coefficients C_j >= 0, and

    -sigma_j x_j = sum_i a_ji y_i,    a_ji >= 0,    with y_i = -sigma_i x_i of lines off u, or +-x_i of lines through u.

Then (-sigma_j x_j.v)_+ <= sum_i a_ji (y_i.v)_+, so that f <= g for

    g(v) = f(v) - sum_j C_j (-sigma_j x_j.v)_+ + sum_i w_i (y_i.v)_+,      w_i = sum_j a_ji C_j.

g does not bend at the lines j. At a line i off u it bends as f does, by C_i + w_i: concavely if that is <= 0. Near u,
g <= lambda u.v if the multipliers around u still have their signs with sum_i w_i (y_i.ray)_+ added. Then the lemma of
the star holds for g, hence for f, and the star does not end at the lines j. (One j alone may have C_j < 0 as well: it
bends concavely itself. Of several, C_j >= 0 is asked.)

This settles a neuron that comes to two rows at once. The a_ji are guessed, and solve exact equations.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import fmpq

from polyrelu.curves.condition import OUTWEIGHED, Condition
from polyrelu.exact.integers import rough
from polyrelu.exact.linear import dot, solve, transposed
from polyrelu.guess import cheapest_support
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.shared_face import FaceTest, Surroundings

NEAR = 0.2
"""Lines are looked at if they are closer to a neuron than this angle,"""
NEAREST = 4
"""and no more of them."""
FAINT = 1e-12
SLANT = 2.0**-10
"""What resists is the centre of a box, and may lie beyond a line by this angle."""

Line = dict[int, fmpq]
Direction = tuple[int, Sequence[int]]
"""A sign, and a vector (hashable)."""
Sides = tuple[int, int]
"""A line (its first row), and the side of it on which y_i.v > 0."""


@dataclass(frozen=True, eq=False)
class Outweighed:
    """One neuron at one residual, in floats; what is proposed are exact forms that have to be positive."""

    neuron: Neuron
    lines: dict[int, Line]
    """For the first row of each line the rows that make up its coefficient."""
    nu: Sequence[float]

    @cached_property
    def tests(self) -> list[FaceTest]:
        """The multipliers around the neuron."""
        return list(Surroundings(self.neuron, self.neuron.program).tests())

    @cached_property
    def X(self) -> list[list[fmpq]]:
        """The rows."""
        table: list[list[fmpq]] = self.neuron.program.Xq.tolist()
        return table

    def coefficient(self, j: int) -> float:
        """s C_j."""
        return sum(float(m) * self.nu[i] for i, m in self.lines[j].items()) * self.neuron.place.sign

    def form(self, j: int) -> list[fmpq]:
        """The same as a form of nu."""
        sign, line = self.neuron.place.sign, self.lines[j]
        return [line.get(i, fmpq(0)) * sign for i in range(self.neuron.program.n)]

    def near(self, crossed: Sequence[int]) -> list[int]:
        """Hard lines close to the neuron, the nearest first."""
        program, face = self.neuron.program, self.neuron.place.face
        z = np.array([[float(v) for v in row] for row in self.neuron.A.tolist()]) @ np.array(self.nu)
        reach = np.abs(program.X_float @ z)
        reach /= np.maximum(np.linalg.norm(program.X_float, axis=1) * np.linalg.norm(z), FAINT)
        hard = [j for j in self.lines if face[j] and j not in crossed and self.coefficient(j) > 0]
        return [j for j in sorted(hard, key=lambda j: reach[j]) if reach[j] < NEAR][:NEAREST]

    def may_hold(self, directions: Sequence[Direction], crossed: Sequence[int]) -> set[Direction]:
        """Those on the neuron's side of all lines that its star cannot cross, it seems.

        Directions have the coordinates of the covering.
        """
        place, program = self.neuron.place, self.neuron.program
        own = [(sign, vector) for sign, vector in directions if sign == place.sign]
        if not own:
            return set()
        kept = set(self.lines).difference(crossed, self.near(crossed))
        ends = [j for j in kept if place.face[j] and self.coefficient(j) > 0]
        X = rough(program.covered_rows[0])[ends]
        U = np.array([rough(np.array(vector, dtype=object)) for _, vector in own])
        lengths = np.linalg.norm(U, axis=1)[:, None] * np.linalg.norm(X, axis=1)
        on_its_side = U @ X.T * np.array(place.face)[ends] >= -SLANT * lengths
        return {u for u, held in zip(own, on_its_side.all(axis=1), strict=True) if held}

    @cached_property
    def budgets(self) -> dict[Sides, float]:
        """How much w_i may be, as far as floats tell."""
        found = dict[Sides, float]()
        for i in self.lines:
            side = self.neuron.place.face[i]
            if side:
                found[i, -side] = -self.coefficient(i)
                continue
            for side in (1, -1):
                slopes = [(float(dot(self.X[i], t.ray)) * side, t.form) for t in self.tests]
                room = [
                    -sum(float(v) * nu for v, nu in zip(form, self.nu, strict=True)) / slope
                    for slope, form in slopes
                    if slope > 0
                ]
                found[i, side] = min(room, default=0.0)
        return {key: room for key, room in found.items() if room > FAINT * max(map(abs, self.nu))}

    def over(self, j: int) -> dict[Sides, fmpq] | None:
        """The a_ji, the cheapest for the budgets; None where there are none."""
        keys = [key for key in self.budgets if key[0] != j]
        target = [v * -self.neuron.place.face[j] for v in self.X[j]]
        columns = [[v * side for v in self.X[i]] for i, side in keys]
        if not columns:
            return None
        floats = np.array([[float(v) for v in column] for column in columns]).T
        costs = np.array([1 / self.budgets[key] for key in keys])
        chosen = cheapest_support(floats, np.array([float(v) for v in target]), costs)
        if len(chosen) > len(target):
            return None
        a = solve(transposed([columns[k] for k in chosen]), target) if chosen else None
        if a is None or any(v < 0 for v in a):
            return None
        return {keys[k]: v for k, v in zip(chosen, a, strict=True)}

    def proposals(self, crossed: Sequence[int]) -> Iterator[tuple[list[int], list[Condition]]]:
        """Lines that the star may cross if some functions are positive: as many as possible, or one alone."""
        found = {j: a for j in self.near(crossed) if (a := self.over(j)) is not None}
        if len(found) > 1:
            yield list(found), self.conditions(found)
        for j, a in found.items():
            yield [j], self.conditions({j: a})

    def conditions(self, over: dict[int, dict[Sides, fmpq]]) -> list[Condition]:
        """-C_i - w_i, the multipliers with what is added, and C_j where there are several."""
        place, n = self.neuron.place, self.neuron.program.n
        w = dict[Sides, list[fmpq]]()
        for j, a in over.items():
            for key, v in a.items():
                w[key] = [s + v * t for s, t in zip(w.get(key, [fmpq(0)] * n), self.form(j), strict=True)]
        forms = [self.form(j) for j in over] if len(over) > 1 else []
        forms += [
            [-c - v for c, v in zip(self.form(i), own, strict=True)]
            for (i, _), own in w.items()
            if place.face[i]
        ]
        for test in self.tests:
            added = [
                (max(fmpq(0), dot(self.X[i], test.ray) * side), own)
                for (i, side), own in w.items()
                if not place.face[i]
            ]
            if any(part != 0 for part, _ in added):
                forms.append(
                    [
                        -v - sum((part * own[k] for part, own in added), fmpq(0))
                        for k, v in enumerate(test.form)
                    ]
                )
        return [Condition(OUTWEIGHED, place, None, None, tuple(form)) for form in forms]
