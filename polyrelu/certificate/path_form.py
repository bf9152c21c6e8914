"""How the neurons of an interval are written in a file, and points of the curve in that form.

Each neuron is a single, or stands for itself and its opposite. The path itself may change its form within an interval;
a file keeps one. With b_k the weight on the opposite of face k, the pairs exchange e = sum b_k z_k; if a pair is named
by its other face, b_k becomes beta_k - b_k and z_k becomes -z_k, so that e becomes e - beta_k z_k. Neurons that depend
on others for every lambda stand beside an independent part of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, fmpq, fmpq_mat

from polyrelu.breakpoints.forms import as_singles, one_by_one
from polyrelu.certificate.write_kernel import middle, neuron_text
from polyrelu.curves.branch import BITS, Branch
from polyrelu.curves.condition import antipode
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import Dependent, coefficients, independent_first, with_parts
from polyrelu.curves.nodes import Node
from polyrelu.curves.shares import proposed
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ball_column, precision
from polyrelu.exact.linear import dot, times
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.paths.intervals import Interval
from polyrelu.proof.neuron import Neuron, Place

Point = tuple[list[Fraction], list[Fraction]]


@dataclass(frozen=True, eq=False)
class Form:
    """The faces that are written, in their order, and for each what the checker calls its share."""

    interval: Interval
    neurons: tuple[Neuron, ...]
    shares: list[Any]
    further: tuple[Dependent, ...] = ()
    scaled: bool = False
    """Whether eta = W g is written, in place of nu = lambda W g + y_N."""

    @staticmethod
    def at(interval: Interval, lam: Fraction, *, scaled: bool = False) -> Form:
        """A form that is proposed at one lambda: singles where that is regular, else pairs with shares."""
        if _is_dependent(interval, lam):
            return Form._dependent(interval, lam, scaled)
        branch, node = _sampled(interval, lam, singles=True)
        found: dict[Place, Any] = {}
        if any(branch.paired):
            with precision(BITS):
                shares = proposed(branch, node.point)
            if shares is None:
                raise Undecided("no point inside the fibre of the antipodal pairs was found")
            first = [branch.neurons[e.unit].place for e in branch.exchanges]
            found = {first[i]: "solved" for i in shares.basis}
            found |= {first[i]: to_fraction(part) for i, part in shares.parts.items()}
        neurons = tuple(sorted(branch.neurons, key=neuron_text))
        return Form(interval, neurons, [found.get(k.place) for k in neurons], scaled=scaled)

    @staticmethod
    def _dependent(interval: Interval, lam: Fraction, scaled: bool) -> Form:
        """An independent part of the neurons, those first that stay beyond the breakpoint above (whose own weight does
        not vanish there), and for each other neuron what it depends on.
        """
        (curve, node), above = _reached(interval, lam), interval.above
        known = () if above is None else above.above.tight
        nu = curve.branch.residual_at(node.point, arb(node.lam)).entries()
        neurons = sorted(interval.neurons, key=neuron_text)
        whole = Branch(curve.branch.program, tuple(neurons), (False,) * len(neurons))
        basis = independent_first(whole, nu, known)
        branch = whole.like((neurons[k], False) for k in basis)
        others = {k.place: coefficients(branch, k) for i, k in enumerate(neurons) if i not in basis}
        over = {place: found for place, found in others.items() if found is not None}
        new = [k.place for k in neurons if k.place not in known] if known else []
        further = with_parts(branch, nu, over, new) if len(over) == len(others) else None
        if further is None:
            raise Undecided(
                "neurons depend on each other in a way that a file does not hold (by symmetry or with roots)"
            )
        return Form(interval, branch.neurons, [None] * branch.K, further, scaled)

    @property
    def faces(self) -> list[str]:
        """As texts."""
        return [neuron_text(k) for k in self.neurons]

    @property
    def spelt(self) -> dict[str, Any]:
        """As it stands in the file."""
        shares = [share if share in (None, "solved") else str(share) for share in self.shares]
        found: dict[str, Any] = {"faces": self.faces, "shares": shares}
        return {**found, "dependent": [self._told(one) for one in self.further]} if self.further else found

    def _told(self, one: Dependent) -> dict[str, Any]:
        face = neuron_text(self.interval.curve.faces.neuron(one.place))
        weight = [str(to_fraction(one.part * (k in one.of))) for k in range(len(self.neurons))]
        return {"face": face, "activation": [str(to_fraction(c)) for c in one.over], "weight": weight}

    def point(self, lam: Fraction) -> Point:
        """nu or eta, and the weights as the checker counts them: beta of each face, then b of the pairs solved for."""
        paired, scale = any(self.shares), arb(1) if self.scaled else arb(to_fmpq(lam))
        if self.further:
            branch, node = self._independent(lam)
        else:
            branch, node = _sampled(self.interval, lam, singles=not paired)
        with precision(BITS):
            g, b, c = branch.parts(node.point)
            nu = ((branch.data.W * g) if self.scaled else branch.residual_at(node.point, scale)).entries()
            own = {k.place: w for k, w in zip(branch.neurons, b, strict=True)}
            moved = (
                (arb_mat(branch.B) * ball_column(c)).entries() if branch.r else [arb(0)] * branch.program.d
            )
            moved = [v * scale for v in moved]
            whole = [own.get(k.place, arb(0)) + self._other(k, own) for k in self.neurons]
            if not paired and {k.place for k in self.neurons} != set(own):
                raise Undecided("the neurons were lost")
            solved = self._solved(branch, nu, own, moved) if paired else []
            return [middle(v) for v in nu], [*map(middle, whole), *map(to_fraction, solved)]

    def _independent(self, lam: Fraction) -> tuple[Branch, Node]:
        """The root of the independent part, with all the weight."""
        curve, node = _reached(self.interval, lam)
        branch = Branch(curve.branch.program, self.neurons, (False,) * len(self.neurons))
        with precision(BITS):
            eta = curve.branch.data.W * curve.branch.parts(node.point)[0]
            g = branch.data.gram.solve(branch.data.W.transpose() * eta)
            columns = arb_mat([(a.transpose() * (a * g)).entries() for a in branch.data.a])
            fit = branch.data.y - branch.data.gram * g * arb(to_fmpq(lam))
            b = (columns * columns.transpose()).solve(columns * fit)
            point = branch.newton([*g.entries(), *b.entries()], to_fmpq(lam))
            if point is None:
                raise Undecided("the curve was lost")
            return branch, Curve(branch, curve.faces).node(point, to_fmpq(lam))

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
        onto = branch.onto
        columns, exchange = [times(onto, z) for z in columns], times(onto, exchange)
        gram = fmpq_mat([[dot(u, v) for v in columns] for u in columns])
        return list(gram.solve(fmpq_mat(len(columns), 1, [dot(u, exchange) for u in columns])).entries())

    @property
    def _places(self) -> list[Place]:
        """Of the pairs."""
        return [k.place for k, share in zip(self.neurons, self.shares, strict=True) if share is not None]


def _reached(interval: Interval, lam: Fraction) -> tuple[Curve, Node]:
    """The path's own point at one lambda."""
    at = to_fmpq(lam)
    piece = interval.piece_at(at)
    if piece is None:
        raise Undecided("the path has no piece there")
    curve = piece.curve
    with precision(BITS):
        point = curve.branch.newton(piece.near(at), at)
        if point is None:
            raise Undecided("the curve was lost")
        return curve, curve.node(point, at)


def _is_dependent(interval: Interval, lam: Fraction) -> bool:
    """Whether neurons depend on others for every lambda, be it that one stands for its orbit."""
    curve, _ = _reached(interval, lam)
    if curve.further or any(curve.branch.paired):
        return bool(curve.further)
    return curve.branch.symmetry is not None and interval.nullity > 0


def _sampled(interval: Interval, lam: Fraction, *, singles: bool) -> tuple[Branch, Node]:
    """The same, neurons one by one where that is wanted and regular."""
    curve, node = _reached(interval, lam)
    with precision(BITS):
        alone = one_by_one(curve, node)
        if alone is None:
            raise Undecided(
                "neurons that are images of each other, or gates of one direction, depend on each other"
            )
        curve, node = alone
        if singles and any(curve.branch.paired):
            curve, node = as_singles(curve, node) or (curve, node)
    return curve.branch, node
