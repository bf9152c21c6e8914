"""What `ask` returns about a network: verdicts with reasons and proved bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flint import arb

from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import bits_of, decimal_bounds, precision
from polyrelu.exact.rational import is_rational
from polyrelu.judging.comparison import Comparison
from polyrelu.judging.distance import Distance
from polyrelu.judging.stationarity import Stationarity
from polyrelu.networks.coordinates import enclosed
from polyrelu.networks.network import Network
from polyrelu.result import Result
from polyrelu.verdict import Verdict


@dataclass(frozen=True, eq=False, repr=False)
class Answer:
    """What is proved about a network; nothing here was decided by a float."""

    problem: Problem
    network: Network
    balance: bool
    objective: Any
    """1/2 |f - y|^2 + lambda penalty: an exact number or a ball."""
    balancing_gain: Any
    """What balancing every unit takes off the objective (0 if that form is judged already)."""
    full: Comparison
    """Against the optimum over all networks (gated: all networks with these gates)."""
    subsampled: Comparison
    """Against the optimum of the program with the network's own patterns."""
    result: Result
    stationarity: Stationarity
    distance: Distance | None
    distance_reason: str | None
    seconds: float

    @property
    def optimal(self) -> Verdict:
        """Is the network a global optimum?"""
        return self.full.verdict

    @property
    def stationary(self) -> Verdict:
        """Is 0 in the Clarke subdifferential of the training objective?"""
        return self.stationarity.clarke

    @property
    def subsampled_optimal(self) -> Verdict:
        """Is the network an optimum of the program with its own patterns alone?"""
        return self.subsampled.verdict

    @property
    def balanced(self) -> bool | None:
        """Is |theta| = |phi| for every unit, as given? None where balls cannot tell."""
        try:
            return self.network.is_balanced()
        except Undecided:
            return None

    @property
    def distinct_neurons(self) -> int | None:
        """Units that are not zero, positive multiples counted once; None where balls cannot tell."""
        try:
            return self.network.merged().width
        except Undecided:
            return None

    def to_json(self, digits: int = 20) -> dict[str, Any]:
        """The object that the command line prints."""
        return {
            "optimal": self.optimal.answer,
            "optimal_reason": self.optimal.reason,
            "objective": interval((self.objective, self.objective), digits),
            "optimum": interval(self.full.optimum, digits),
            "gap": interval(self.full.gap, digits),
            "stationary": self.stationary.answer,
            "stationary_reason": self.stationary.reason,
            "stationary_chain_rule": self.stationarity.chain_rule.answer,
            "stationarity_residual": interval(self.stationarity.residual, digits),
            "subsampled_optimal": self.subsampled_optimal.answer,
            "subsampled_reason": self.subsampled_optimal.reason,
            "subsampled_optimum": interval(self.subsampled.optimum, digits),
            "width": self.network.width,
            "distinct_neurons": self.distinct_neurons,
            "balanced": self.balanced,
            "balancing_gain": interval((self.balancing_gain, self.balancing_gain), digits),
            "distance": interval((self.distance.lower, self.distance.upper), digits)
            if self.distance
            else None,
            "distance_reason": self.distance_reason,
            "nearest": list(self.distance.nearest) if self.distance else None,
            "nearest_vertex": self._nearest_vertex(digits),
            "seconds": round(self.seconds, 6),
        }

    def _nearest_vertex(self, digits: int) -> dict[str, Any] | None:
        near = self.distance.vertex if self.distance else None
        if near is None:
            return None
        return {"neurons": list(near.neurons), "distance": interval((arb(0), near.distance), digits)}

    def __repr__(self) -> str:
        gap = " .. ".join(interval(self.full.gap, 4) or ["unknown"])
        optimal, stationary = self.optimal.status.value, self.stationary.status.value
        return f"<polyrelu.Answer optimal: {optimal}, stationary: {stationary}, gap {gap}>"

    def _repr_html_(self) -> str:
        from html import escape

        from polyrelu.show.answer import summary

        return f"<pre>{escape(summary(self, 12))}</pre>"


def interval(pair: tuple[Any, Any], digits: int) -> list[str] | None:
    """Decimal strings around numbers that are >= 0, below the first and above the second; None if not finite."""
    with precision(bits_of(digits)):
        low, high = (x if isinstance(x, arb) or is_rational(x) else enclosed(x) for x in pair)
    if not all(is_rational(x) or x.is_finite() for x in (low, high)):
        return None
    below = decimal_bounds(low, digits)[0]
    return ["0" if below.startswith("-") else below, decimal_bounds(high, digits)[1]]
