"""What `certify` returns at every lambda: a frozen `Result`, with the set of all optimal networks behind it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from flint import fmpq

from polyrelu.bounding.bounds import Bounds as ProvedBounds
from polyrelu.data.new_rows import free_values, new_rows, with_bias
from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Problem, Vector
from polyrelu.display import DIGITS, Reported
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import bits_of, decimal_bounds
from polyrelu.proof.lambda_max import enclosed_root
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.program import Program
from polyrelu.verdict import Verdict

if TYPE_CHECKING:
    from polyrelu.networks.network import Network
    from polyrelu.optimal_set.block_set import BlockSet
    from polyrelu.optimal_set.neuron_set import NeuronSet
    from polyrelu.optimal_set.predictions import Prediction

Bounds = tuple[str, str]
"""Decimal strings lo <= value <= hi."""


class ProvedFit(Protocol):
    """The optimum at any lambda: the one optimal fit, and where its numbers live."""

    @property
    def program(self) -> Program:
        """The program whose optimum it is."""

    @property
    def field(self) -> str:
        """Q, multiquadratic, degree D, or enclosures."""

    def objective(self, bits: int) -> Any:
        """The optimal value: exact where it is rational, enclosed elsewhere."""

    def residual(self, bits: int) -> list[Any]:
        """y minus the optimal fit."""

    def proved(self) -> Optimum:
        """The optimum with its neurons; `BadInput` for lambda = 0, which has no list of them."""


class SolutionSet(Protocol):
    """The set of all optimal networks at any lambda: a polytope, or for lambda = 0 a polyhedron."""

    @property
    def optimum(self) -> ProvedFit:
        """What was proved."""

    @property
    def max_vertices(self) -> int:
        """Where it has more vertices they are not listed."""

    @property
    def dimension(self) -> int:
        """Its dimension, modulo permutation and splitting."""

    @property
    def block_dimension(self) -> int:
        """The dimension of the set of solutions of the convex program."""

    @property
    def convex_unique(self) -> Verdict:
        """Has the convex program one solution?"""

    @property
    def p_unique(self) -> Verdict:
        """Is there one optimal network up to permutation and splitting?"""

    @property
    def function_unique(self) -> Verdict:
        """Are all optimal networks the same function?"""

    @property
    def neurons(self) -> NeuronSet:
        """Networks modulo permutation and splitting; `BadInput` for lambda = 0."""

    @property
    def blocks(self) -> BlockSet:
        """Solutions of the convex program, block by block; `BadInput` for lambda = 0."""

    @property
    def networks(self) -> Iterator[Network]:
        """The inclusion-minimal optimal networks."""

    def network(self) -> Network:
        """One optimal network, found without listing any."""

    def predict(self, x: Vector, shown: Vector | None = None, free: Vector = ()) -> Prediction:
        """What all optimal networks predict at x, the bias column included; `shown` is the row as it was given, and
        `free` the values of the free functions there.
        """


@dataclass(frozen=True, repr=False)
class Result(Reported):
    """A proved optimum with all optimal networks, or the reason why it is undecided. No float decided anything here."""

    problem: Problem
    status: str
    """Either "proved" or "undecided": said of the optimum alone."""
    reason: str | None
    cells: int | None
    """Number of patterns in the program: all cells (None beyond 2,000,000), or the length of the given list."""
    solutions: SolutionSet | None
    """The set of all optimal networks; None where the optimum is undecided."""
    lambda_max_squared: fmpq | None = None
    """With a ridge output bias: of what lambda has to reach for the zero network, at this lambda."""
    timings: dict[str, float] = field(default_factory=dict)
    """Seconds of every step; "set" is what the questions about the optimal set have taken so far."""
    bounds: ProvedBounds | None = None
    """What is proved about the optimum all the same, where it is undecided (all activation patterns only)."""

    @property
    def optimal_set(self) -> SolutionSet:
        """All optimal networks; `Undecided` where nothing was proved."""
        if self.solutions is None:
            raise Undecided(self.reason or "nothing was proved")
        return self.solutions

    @property
    def optimum(self) -> ProvedFit | None:
        """The proved optimum; None where it is undecided."""
        return self.solutions.optimum if self.solutions is not None else None

    def proved(self) -> Optimum:
        """The proved optimum with its neurons; `Undecided` where there is none, `BadInput` for lambda = 0."""
        return self.optimal_set.optimum.proved()

    @property
    def convex_unique(self) -> Verdict:
        """Has the convex program one solution?"""
        return self.optimal_set.convex_unique

    @property
    def p_unique(self) -> Verdict:
        """Is there one optimal network up to permutation and splitting?"""
        return self.optimal_set.p_unique

    @property
    def function_unique(self) -> Verdict:
        """Are all optimal networks the same function?"""
        return self.optimal_set.function_unique

    def objective(self, digits: int = DIGITS) -> Bounds:
        """The optimal value, enclosed."""
        return decimal_bounds(self.optimal_set.optimum.objective(bits_of(digits)), digits)

    def residual(self, digits: int = DIGITS) -> list[Bounds]:
        """y minus the optimal fit, row by row, enclosed."""
        return [decimal_bounds(v, digits) for v in self.optimal_set.optimum.residual(bits_of(digits))]

    @property
    def free_coefficients(self) -> dict[str, Any]:
        """The coefficient of every free function, as `value(bits)`; None where optimal networks have different ones.

        The ridge output bias is among them.
        """
        from polyrelu.optimal_set.function import free_coefficients

        names = [*self.problem.free_names, *["ridge output bias"] * (self.problem.setting.output == "ridge")]
        return dict(zip(names, free_coefficients(self.optimal_set.neurons) if names else [], strict=True))

    def lambda_max(self, digits: int = DIGITS) -> Bounds | None:
        """The smallest penalty for which the zero network is optimal, enclosed; None where it is not known, and with
        a ridge output bias, where the penalties for which it is optimal need not be all the large ones.
        """
        if self.lambda_max_squared is None or self.problem.setting.output == "ridge":
            return None
        return decimal_bounds(enclosed_root(self.lambda_max_squared, bits_of(digits)), digits)

    @property
    def networks(self) -> Iterator[Network]:
        """The inclusion-minimal optimal networks, one after the other.

        Their units are exact and so not balanced: |theta| = 1 (at lambda = 0: |phi| = 1). The objective that is
        proved is that of the balanced form, which computes the same: `ask(network, result, balance=True)`.
        """
        return self.optimal_set.networks

    def network(self) -> Network:
        """One optimal network, found without listing any: for lambda > 0 it is inclusion-minimal. See `networks`."""
        return self.optimal_set.network()

    def predict(self, X: Any, *, floats: Floats = "decimal") -> list[Prediction]:
        """For every new row (the columns of the data, without a bias; free columns last) what all optimal networks
        predict there.
        """
        problem, rows = self.problem, new_rows(self.problem, X, floats)
        return [
            self.optimal_set.predict(with_bias(problem, row), row, free_values(problem, row)) for row in rows
        ]

    @property
    def seconds(self) -> float:
        """Wall-clock time of everything that was computed so far, the optimal set included."""
        return sum(self.timings.values())


@contextmanager
def timed(timings: dict[str, float], step: str) -> Iterator[None]:
    """Add the time that the block takes to a step."""
    start = time.perf_counter()
    try:
        yield
    finally:
        timings[step] = timings.get(step, 0.0) + time.perf_counter() - start
