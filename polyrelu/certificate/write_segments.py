"""The exact segments of a path with a free hidden bias, as they stand in a proof file.

A node holds the weights of a basis, which may leave out neurons that other optimal networks use. So where that is so
one node more has an optimal network that uses all: with the fit f inside the cone of the columns a_k, f - e sum a_k is
in the cone for small e > 0. That no optimal network uses the other tight neurons is shown by a p with p.f = 0 and
for all p.a_k >= 0: p.a_k = 0 where a_k has weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flint import fmpq

from polyrelu.certificate.write_kernel import over_one
from polyrelu.exact.linear import dot
from polyrelu.exact.projection import project
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.intervals import Interval
from polyrelu.paths.knot_path import ExactPiece
from polyrelu.paths.knots import Knots
from polyrelu.paths.lasso import Segment, Vector
from polyrelu.proof.neuron import Place


def segment_of(interval: Interval) -> dict[str, Any]:
    """An interval between two breakpoints."""
    return Written(interval).spelt


def text_of(place: Place) -> str:
    """The sign and the face."""
    return "-0+"[place.sign + 1] + "".join("-0+"[side + 1] for side in place.face)


class Written:
    """What is written of an interval."""

    def __init__(self, interval: Interval) -> None:
        self.pieces = [piece for piece in reversed(interval.pieces) if isinstance(piece, ExactPiece)]
        self.knots: Knots = self.pieces[0].knots
        self.segments: list[Segment] = list({id(p.segment): p.segment for p in self.pieces}.values())
        self.low, self.high = self.pieces[0].chord.low, self.pieces[-1].chord.high
        self.used = self.knots.used(self.segments[0])
        self.faces = sorted((text_of(p), k) for k in self.used for p in self.knots.kinks[k].places)

    @property
    def spelt(self) -> dict[str, Any]:
        """As it stands in the file."""
        ends = [self.low, *(s.low for s in self.segments[1:]), self.high]
        nodes = [(lam, self._own(lam)) for lam in ends]
        if not all(any(w[k] != 0 for _, w in nodes) for k in self.used):
            middle = (self.low + self.high) / 2
            nodes = sorted([*nodes, (middle, self._all(middle))], key=lambda node: node[0])
        spelt = [self._node(*node) for node in nodes]
        return {"faces": [face for face, _ in self.faces], "nodes": spelt, "separator": self._separator()}

    def _own(self, lam: fmpq) -> dict[int, fmpq]:
        """The weights of the basis of a segment there."""
        at = self._at(lam)
        found = dict(zip(at.basis, at.weights_at(lam), strict=True))
        return {k: found.get(k, fmpq(0)) for k in self.used}

    def _all(self, lam: fmpq) -> dict[int, fmpq]:
        """Positive weights of all that are used."""
        columns, f = self.knots.columns(self.used), self._fit(lam)
        whole, e = [sum(values, fmpq(0)) for values in zip(*columns, strict=True)], fmpq(1)
        while True:
            found = project(columns, [e * v - t for v, t in zip(whole, f, strict=True)])
            if not any(found.p):
                return dict(zip(self.used, (e + c for c in found.rho), strict=True))
            e = e / 4

    def _separator(self) -> list[str] | None:
        """p with p.a_k = 0 for the used and p.a_k > 0 for the other tight neurons; None where there are none."""
        tight, middle = self.segments[0].tight, (self.low + self.high) / 2
        columns, f, p = self.knots.columns(tight), self._fit(middle), Vector()
        for a in self.knots.columns([k for k in tight if k not in self.used]):
            away, t = self._away(columns, f, a, fmpq(1)), fmpq(1)
            while dot(away, f) != 0:
                t = t / 4
                away = self._away(columns, f, a, t)
            p = [v + w for v, w in zip(p, away, strict=True)] if p else away
        return over_one([to_fraction(v) for v in p])[1] if p else None

    @staticmethod
    def _away(columns: Sequence[Vector], f: Vector, a: Vector, t: fmpq) -> Vector:
        """The way from f - t a to the nearest point of the cone."""
        return project(columns, [t * v - s for v, s in zip(a, f, strict=True)]).p

    def _at(self, lam: fmpq) -> Segment:
        return next(s for s in self.segments if s.low <= lam and (s.high is None or lam <= s.high))

    def _fit(self, lam: fmpq) -> Vector:
        """What the neurons contribute, modulo the free columns."""
        return [t - v for t, v in zip(self.knots.program.zero[0], self._at(lam).residual(lam), strict=True)]

    def _node(self, lam: fmpq, weights: dict[int, fmpq]) -> dict[str, Any]:
        """A node as it stands in the file: neurons with one column share its weight."""
        nu = [to_fraction(v) for v in self._at(lam).residual(lam)]
        shared = [to_fraction(weights[k] / len(self.knots.kinks[k].places)) for _, k in self.faces]
        N, numerators = over_one([*nu, *shared])
        parts = {"nu": numerators[: len(nu)], "weights": numerators[len(nu) :]}
        return {"lambda": str(to_fraction(lam)), "denominator": str(N), **parts}
