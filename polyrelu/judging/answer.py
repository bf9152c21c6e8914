"""What `ask` returns about a network: verdicts with reasons and proved bounds."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from polyrelu.data.problem import Problem
from polyrelu.display import Reported
from polyrelu.errors import Undecided
from polyrelu.judging.comparison import Comparison
from polyrelu.judging.distance import Distance
from polyrelu.judging.nearest import Nearest
from polyrelu.judging.stationarity import Stationarity
from polyrelu.judging.superfluous import Leaner
from polyrelu.networks.network import Network
from polyrelu.result import Result
from polyrelu.verdict import Verdict


@dataclass(frozen=True, eq=False, repr=False)
class Answer(Reported):
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
    nearest_stationary: Nearest | None = None
    """A proved stationary point of the training objective near the network: see `nearest`."""
    nearest_reason: str | None = None
    leaner: Leaner | None = None
    """Which units are superfluous, and the network without them."""
    leaner_reason: str | None = None

    @property
    def relative_gap(self) -> tuple[Fraction | None, Fraction | None]:
        """Bounds of (objective - optimum) / optimum; (0, 0) where both are 0, None where nothing bounds it."""
        return self.full.relative_gap

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
