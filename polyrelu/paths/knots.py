"""One feature and a free hidden bias: kinks at data points are all that counts, and every column is known in advance.

With 1^T nu = 0 the value of a direction u = +-1 is piecewise linear in its bias, 0 at one end and constant at the
other, so that it is largest where the kink lies at a data point (`proof.families`). The neuron with sign s and its kink
at x_j has the activation s (u (x - x_j))_+, whatever nu and lambda are: the problem is a lasso on at most 4 n columns,
modulo the free ones. (A kink between two data points has the activation of a mean of neurons at these, at their price.)

Columns that are equal modulo the free ones are one column for the lasso, and stand for several neurons: u and -u at
each kink where a skip connection makes up for their difference, and the two neurons without a kink inside the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from flint import fmpq

from polyrelu.exact.linear import independent_rows, solve, transposed
from polyrelu.paths.branch import Branch
from polyrelu.paths.condition import antipode
from polyrelu.paths.curve import Curve
from polyrelu.paths.dependent import Dependent
from polyrelu.paths.faces import Faces
from polyrelu.paths.lasso import Stretch
from polyrelu.proof.neuron import Place
from polyrelu.proof.program import Program


@dataclass(frozen=True)
class Kink:
    """Neurons with one column."""

    column: tuple[fmpq, ...]
    places: tuple[Place, ...]

    @property
    def paired(self) -> bool:
        """Whether -u has the same column as u, its first place."""
        return antipode(self.places[0]) in self.places


def kinks_of(program: Program) -> list[Kink]:
    """All columns that are not 0 modulo the free ones."""
    x = [row[0] for row in program.Xq.tolist()]
    found: dict[tuple[fmpq, ...], list[Place]] = {}
    for at in sorted(set(x)):
        for u in (1, -1):
            away = [(v - at) * u for v in x]
            column = program.free.modulo([max(v, fmpq(0)) for v in away])
            face = tuple(int(v > 0) - int(v < 0) for v in away)
            for s in (1, -1) if any(column) else ():
                found.setdefault(tuple(v * s for v in column), []).append(Place(s, face))
    return [Kink(column, tuple(places)) for column, places in found.items()]


def families(program: Program, places: Iterable[Place]) -> int:
    """Number of families: kinks of one sign and direction that lie next to each other are one, with all in between."""
    x = [row[0] for row in program.Xq.tolist()]
    order = {v: i for i, v in enumerate(sorted(set(x)))}
    found = dict[tuple[int, int], set[int]]()
    for place in places:
        at, beyond = x[place.zero_set[0]], x[place.active[0]]
        found.setdefault((place.sign, 1 if beyond > at else -1), set()).add(order[at])
    return sum(k - 1 not in run for run in found.values() for k in run)


class Knots:
    """The kinks of a program, and the structures that stretches of its lasso's path stand for."""

    def __init__(self, program: Program) -> None:
        self.program, self.faces = program, Faces(program)
        self.curves: dict[tuple[tuple[int, ...], tuple[int, ...]], Curve] = {}

    @cached_property
    def kinks(self) -> list[Kink]:
        """One for each column."""
        return kinks_of(self.program)

    def units(self, stretch: Stretch) -> list[int]:
        """Independent tight kinks, those with weights first."""
        tight = [*stretch.basis, *(k for k in stretch.tight if k not in stretch.basis)]
        return (
            [tight[i] for i in independent_rows([list(self.kinks[k].column) for k in tight])] if tight else []
        )

    def curve(self, stretch: Stretch) -> Curve:
        """The structure of a stretch: neurons that are independent, and the others that are tight with them."""
        key = stretch.basis, stretch.tight
        if key not in self.curves:
            units = self.units(stretch)
            neurons = tuple(self.faces.neuron(self.kinks[k].places[0]) for k in units)
            branch = Branch(self.program, neurons, tuple(self.kinks[k].paired for k in units))
            self.curves[key] = Curve(branch, self.faces, tuple(self._further(units, stretch.tight)))
        return self.curves[key]

    def _further(self, units: Sequence[int], tight: Sequence[int]) -> list[Dependent]:
        """Neurons with the column of a unit, which have an equal part of its weight, and dependent kinks, with none."""
        found, basis = [], [list(self.kinks[k].column) for k in units]
        for k in tight:
            places, own = self.kinks[k].places, self.kinks[k].places[0]
            if k in units:
                where = units.index(k)
                over = tuple(fmpq(int(i == where)) for i in range(len(units)))
                rest = [p for p in places[1:] if p != antipode(own)]
                found += [Dependent(p, over, fmpq(1, 1 + len(rest)), (where,)) for p in rest]
                continue
            c = solve(transposed(basis), list(self.kinks[k].column))
            assert c is not None
            found += [Dependent(p, tuple(c), fmpq(0), ()) for p in places]
        return found
