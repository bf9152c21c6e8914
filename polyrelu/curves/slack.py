"""The slack of a neuron that is not there: (lambda^2 - |N nu|^2) / 2 along a branch, with its derivatives.

Down to lambda = 0 it is divided by lambda^2: (1 - |N W g|^2) / 2, where N y_N = 0.
"""

from __future__ import annotations

from collections.abc import Sequence

from flint import arb, arb_mat, fmpq_mat

from polyrelu.curves.branch import Balls, Branch
from polyrelu.curves.chord import Chord
from polyrelu.curves.positive import bow_of_slack
from polyrelu.exact.enclosure import ball_column
from polyrelu.proof.neuron import Neuron


class Slack:
    """(lambda^2 - |z|^2) / 2 with z = N nu = lambda N W g + N y_N."""

    def __init__(self, branch: Branch, neuron: Neuron) -> None:
        self.branch, self.N = branch, arb_mat(neuron.N)
        self.over_g = self.N * branch.data.W if branch.size else None
        self.rest = arb_mat(neuron.N * fmpq_mat(len(branch.y_rest), 1, branch.y_rest))

    def z(self, x: Sequence[arb], lam: arb) -> arb_mat:
        """N nu."""
        if self.over_g is None:
            return self.rest
        return self.over_g * ball_column(x[: self.branch.size]) * lam + self.rest

    def value(self, x: Sequence[arb], lam: arb) -> arb:
        """The slack."""
        return (lam * lam - _inner(self.z(x, lam), self.z(x, lam))) / 2

    def slope(self, x: Sequence[arb], dx: Sequence[arb], lam: arb) -> arb:
        """lambda - z.z'."""
        if self.over_g is None:
            return lam
        p = self.branch.size
        moved = self.over_g * (ball_column(x[:p]) + ball_column(dx[:p]) * lam)
        return lam - _inner(self.z(x, lam), moved)

    def curvature(self, x: Sequence[arb], dx: Sequence[arb], ddx: Sequence[arb], lam: arb) -> arb:
        """1 - |z'|^2 - z.z''."""
        if self.over_g is None:
            return arb(1)
        p = self.branch.size
        once = self.over_g * (ball_column(x[:p]) + ball_column(dx[:p]) * lam)
        twice = self.over_g * (ball_column(dx[:p]) * 2 + ball_column(ddx[:p]) * lam)
        return 1 - _inner(once, once) - _inner(self.z(x, lam), twice)

    def bow(self, chord: Chord) -> arb:
        """Its k along a chord."""
        _, h = chord.reach
        if self.over_g is None:
            return -h * h / 2
        low, high = (self.z(x, lam).entries() for x, lam in chord.feet)
        return bow_of_slack(h, low, high, (self.N * ball_column(chord.residual_bow)).entries()) / 2

    def gradient(self, x: Sequence[arb], lam: arb) -> tuple[Balls, arb]:
        """Over x, and by lambda."""
        if self.over_g is None:
            return [], lam
        z, p = self.z(x, lam), self.branch.size
        over_g = (self.over_g.transpose() * z * (-lam)).entries()
        rest = [arb(0)] * (self.branch.unknowns - p)
        return [*over_g, *rest], lam - _inner(z, self.over_g * ball_column(x[:p]))


def _inner(u: arb_mat, v: arb_mat) -> arb:
    return (u.transpose() * v)[0, 0]


class ScaledSlack(Slack):
    """(1 - |z|^2) / 2 with z = N W g."""

    def z(self, x: Sequence[arb], lam: arb) -> arb_mat:
        """N nu / lambda."""
        return super().z(x, arb(1)) - self.rest

    def value(self, x: Sequence[arb], lam: arb) -> arb:
        """The slack."""
        return super().value(x, arb(1))

    def slope(self, x: Sequence[arb], dx: Sequence[arb], lam: arb) -> arb:
        """-z.z'."""
        return arb(0) if self.over_g is None else -_inner(self.z(x, lam), self._moved(dx))

    def curvature(self, x: Sequence[arb], dx: Sequence[arb], ddx: Sequence[arb], lam: arb) -> arb:
        """-|z'|^2 - z.z''."""
        if self.over_g is None:
            return arb(0)
        once = self._moved(dx)
        return -_inner(once, once) - _inner(self.z(x, lam), self._moved(ddx))

    def bow(self, chord: Chord) -> arb:
        """Its k along a chord."""
        if self.over_g is None:
            return arb(0)
        low, high = (self.z(x, lam).entries() for x, lam in chord.feet)
        return bow_of_slack(arb(0), low, high, self._moved(chord.bow).entries()) / 2

    def _moved(self, dx: Sequence[arb]) -> arb_mat:
        return self.over_g * ball_column(dx[: self.branch.size])
