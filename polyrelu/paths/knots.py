"""One feature and a free hidden bias: kinks at data points are all that counts, and every column is known in advance.

With 1^T nu = 0 the value of a direction u = +-1 is piecewise linear in its bias, 0 at one end and constant at the
other, so that it is largest where the kink lies at a data point (`proof.families`). The neuron with sign s and its kink
at x_j has the activation s (u (x - x_j))_+, whatever nu and lambda are: the problem is a lasso on at most 4 n columns,
modulo the free ones. (A kink between two data points has the activation of a mean of neurons at these, at their price.)

Columns that are equal modulo the free ones are one column for the lasso, and stand for several neurons: u and -u at
each kink where a skip connection makes up for their difference, and the two neurons without a kink inside the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress

from flint import fmpq

from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import Dependent
from polyrelu.curves.faces import Faces
from polyrelu.exact.linear import independent_rows, rank, solve, transposed
from polyrelu.paths.lasso import Segment, used_columns
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


class Line:
    """Where the kinks of some neurons lie on the line of the one feature."""

    def __init__(self, program: Program, places: Sequence[Place]) -> None:
        self.program, self.places = program, places
        x = [row[0] for row in program.Xq.tolist()]
        order = {v: i for i, v in enumerate(sorted(set(x)))}
        self.at = [order[x[place.zero_set[0]]] for place in places]
        self.u = [1 if x[place.active[0]] > x[place.zero_set[0]] else -1 for place in places]

    @property
    def families(self) -> int:
        """Kinks of one sign and direction that lie next to each other are one family, with all kinks in between."""
        runs = dict[tuple[int, int], set[int]]()
        for place, at, u in zip(self.places, self.at, self.u, strict=True):
            runs.setdefault((place.sign, u), set()).add(at)
        return sum(k - 1 not in run for run in runs.values() for k in run)

    def is_one_function(self, rank_on_rows: int) -> bool:
        """Whether all networks that share out the weights of these neurons, all used, are one function.

        Kinks must not move: no family has two ends, or reaches beyond the data. Then functions of x count: modulo 1,
        and modulo x beside a skip connection, s (x - t)_+ and s (t - x)_+ = s (x - t)_+ - s (x - t) are independent but
        for those at one kink. What cancels on the rows cancels everywhere iff the rank is the same on both.
        """
        if self.families < len(self.places) or any(place.is_affine for place in self.places):
            return False
        rows = []
        for place, at, u in zip(self.places, self.at, self.u, strict=True):
            kink = [fmpq(place.sign * int(i == at)) for i in range(max(self.at) + 1)]
            linear = fmpq(place.sign * int(u < 0 and not self.program.free.skipped))
            rows.append([*kink, linear])
        return rank(rows) == rank_on_rows


class KnotCurve(Curve):
    """A curve of used neurons, and others that are tight all along it and that no optimal network uses."""

    idle: tuple[Place, ...] = ()


def idle(curve: Curve) -> tuple[Place, ...]:
    """Tight neurons that no optimal network uses: kinks, and gates."""
    return curve.idle


class Knots:
    """The kinks of a program, and the structures that segments of its lasso's path stand for."""

    def __init__(self, program: Program) -> None:
        self.program, self.faces = program, Faces(program)
        self.curves: dict[tuple[tuple[int, ...], tuple[int, ...]], Curve] = {}

    @cached_property
    def kinks(self) -> list[Kink]:
        """One for each column."""
        return kinks_of(self.program)

    def columns(self, kinks: Sequence[int]) -> list[list[fmpq]]:
        """Their columns."""
        return [list(self.kinks[k].column) for k in kinks]

    def units(self, segment: Segment) -> list[int]:
        """Independent tight kinks, those of the basis first."""
        tight = [*segment.basis, *(k for k in segment.tight if k not in segment.basis)]
        return [tight[i] for i in independent_rows(self.columns(tight))] if tight else []

    def used(self, segment: Segment) -> list[int]:
        """The tight kinks that some optimal weights use inside of a segment.

        All, if the weights of a basis of their span are positive: then the fit lies inside the cone.
        """
        positive = all(w != 0 or r != 0 for w, r in zip(segment.weights, segment.rates, strict=True))
        if positive and len(segment.basis) == len(self.units(segment)):
            return list(segment.tight)
        assert segment.high is not None
        nu = segment.residual((segment.low + segment.high) / 2)
        fit = [t - v for t, v in zip(self.program.zero[0], nu, strict=True)]
        return list(compress(segment.tight, used_columns(self.columns(segment.tight), fit)))

    def curve(self, segment: Segment) -> Curve:
        """The structure of a segment: used neurons that are independent, and the others that are used with them."""
        key = segment.basis, segment.tight
        if key not in self.curves:
            used = self.used(segment)
            units = [k for k in self.units(segment) if k in used]
            neurons = tuple(self.faces.neuron(self.kinks[k].places[0]) for k in units)
            branch = Branch(self.program, neurons, tuple(self.kinks[k].paired for k in units))
            found = KnotCurve(branch, self.faces, tuple(self._further(units, used)))
            found.idle = tuple(p for k in segment.tight if k not in used for p in self.kinks[k].places)
            self.curves[key] = found
        return self.curves[key]

    def _further(self, units: Sequence[int], used: Sequence[int]) -> list[Dependent]:
        """Neurons with the column of a unit, which have an equal part of its weight, and dependent kinks, with none."""
        found, basis = [], self.columns(units)
        for k in used:
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
