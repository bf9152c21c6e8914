"""How the neurons of an interval are written in a file, and points of the curve in that form.

Each neuron is a single, or stands for itself and its opposite. The path itself may change its form within an interval;
a file keeps one. With b_k the weight on the opposite of face k, the pairs exchange e = sum b_k z_k; if a pair is named
by its other face, b_k becomes beta_k - b_k and z_k becomes -z_k, so that e becomes e - beta_k z_k.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.certificate.write_kernel import middle, neuron_text
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ball_column, precision
from polyrelu.exact.linear import dot
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.paths.branch import BITS, Branch
from polyrelu.paths.curve import antipode
from polyrelu.paths.directions import Node
from polyrelu.paths.forms import as_singles
from polyrelu.paths.intervals import Interval
from polyrelu.paths.shares import proposed
from polyrelu.proof.neuron import Neuron, Place

Point = tuple[list[Fraction], list[Fraction]]


@dataclass(frozen=True, eq=False)
class Form:
    """The faces that are written, in their order, and for each what the checker calls its share."""

    interval: Interval
    neurons: tuple[Neuron, ...]
    shares: list[Any]

    @staticmethod
    def at(interval: Interval, lam: Fraction) -> Form:
        """A form that is proposed at one lambda: singles where that is regular, else pairs with shares."""
        branch, node = _sampled(interval, lam, singles=True)
        found: dict[Place, Any] = {}
        if any(branch.paired):
            with precision(BITS):
                shares = proposed(branch, node.point)
            if shares is None:
                raise Undecided("no point inside the fibre of the antipodal pairs was found")
            found = {branch.neurons[k].place: "solved" for k in shares.basis}
            found |= {branch.neurons[k].place: to_fraction(part) for k, part in shares.parts.items()}
        neurons = tuple(sorted(branch.neurons, key=neuron_text))
        return Form(interval, neurons, [found.get(k.place) for k in neurons])

    @property
    def faces(self) -> list[str]:
        """As texts."""
        return [neuron_text(k) for k in self.neurons]

    @property
    def spelt(self) -> dict[str, Any]:
        """As it stands in the file."""
        shares = [share if share in (None, "solved") else str(share) for share in self.shares]
        return {"faces": self.faces, "shares": shares}

    def point(self, lam: Fraction) -> Point:
        """nu, and the weights as the checker counts them: beta of each face, then b of the pairs solved for."""
        paired = any(self.shares)
        branch, node = _sampled(self.interval, lam, singles=not paired)
        with precision(BITS):
            nu = branch.residual_at(node.point, arb(to_fmpq(lam))).entries()
            _, b, c = branch.parts(node.point)
            own = {k.place: w for k, w in zip(branch.neurons, b, strict=True)}
            moved = (
                (arb_mat(branch.B) * ball_column(c)).entries() if branch.r else [arb(0)] * branch.program.d
            )
            moved = [v * arb(to_fmpq(lam)) for v in moved]
            whole = [own.get(k.place, arb(0)) + self._other(k, own) for k in self.neurons]
            if not paired and {k.place for k in self.neurons} != set(own):
                raise Undecided("the neurons were lost")
            solved = self._solved(branch, nu, own, moved) if paired else []
            return [middle(v) for v in nu], [*map(middle, whole), *map(to_fraction, solved)]

    def _other(self, neuron: Neuron, own: dict[Place, arb]) -> arb:
        """The weight of the opposite, where it is written with this neuron."""
        k = self.neurons.index(neuron)
        return own.get(antipode(neuron.place), arb(0)) if self.shares[k] is not None else arb(0)

    def _solved(self, branch: Branch, nu: list[arb], own: dict[Place, arb], moved: list[arb]) -> list[fmpq]:
        """b of the pairs that are solved for."""
        pairs = {k.place for k, pair in zip(branch.neurons, branch.paired, strict=True) if pair}
        exchange = [to_fmpq(middle(v)) for v in moved]
        mid = [to_fmpq(middle(v)) for v in nu]
        columns = []
        for neuron, share in zip(self.neurons, self.shares, strict=True):
            if share is None:
                continue
            z, there = neuron.z(mid), antipode(neuron.place)
            other = to_fmpq(middle(own.get(there, arb(0))))  # all of it, of a pair that is named by it
            whole = to_fmpq(middle(own.get(neuron.place, arb(0)))) + other
            less = (fmpq(0) if share == "solved" else to_fmpq(share) * whole) - other
            exchange = [e - less * v for e, v in zip(exchange, z, strict=True)]
            if share == "solved":
                columns.append(z)
        if any(place not in pairs and antipode(place) not in pairs for place in self._places) and pairs:
            raise Undecided("the pairs were lost")
        gram = fmpq_mat([[dot(u, v) for v in columns] for u in columns])
        return list(gram.solve(fmpq_mat(len(columns), 1, [dot(u, exchange) for u in columns])).entries())

    @property
    def _places(self) -> list[Place]:
        """Of the pairs."""
        return [k.place for k, share in zip(self.neurons, self.shares, strict=True) if share is not None]


def _sampled(interval: Interval, lam: Fraction, *, singles: bool) -> tuple[Branch, Node]:
    """The path's own point at one lambda; one by one where that is wanted and regular."""
    at = to_fmpq(lam)
    piece = interval.piece_at(at)
    if piece is None or piece.curve.further:
        raise Undecided("neurons depend on each other for every lambda")
    chord, curve = piece.chord, piece.curve
    with precision(BITS):
        t = (arb(at) - arb(chord.low)) / chord.width
        start = [u + (v - u) * t for u, v in zip(chord.at_low, chord.at_high, strict=True)]
        point = curve.branch.newton(start, at)
        if point is None:
            raise Undecided("the curve was lost")
        node = curve.node(point, at)
        if singles and any(curve.branch.paired):
            curve, node = as_singles(curve, node) or (curve, node)
    return curve.branch, node
