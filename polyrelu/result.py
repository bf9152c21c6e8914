"""What `certify` returns: a frozen `Result` that prints itself, in a line, in a notebook, or as one JSON object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flint import fmpq

from polyrelu.data.new_rows import new_rows, with_bias
from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Problem
from polyrelu.exact.enclosure import decimal_bounds
from polyrelu.optimal_set.levels import MAX_VERTICES, OptimalSet
from polyrelu.proof.lambda_max import enclosed_root
from polyrelu.proof.optimum import Optimum
from polyrelu.show.set_report import SET_KEYS, optimal_set_keys

if TYPE_CHECKING:
    from polyrelu.networks.network import Network
    from polyrelu.optimal_set.predictions import Prediction

Bounds = tuple[str, str]
"""Decimal strings lo <= value <= hi."""

DIGITS = 20
GUARD_BITS = 40


@dataclass(frozen=True, repr=False)
class Result:
    """A proved optimum, or the reason why it is undecided. Nothing here was decided by a float."""

    problem: Problem
    status: str
    """Either "proved" or "undecided"."""
    reason: str | None
    cells: int
    """Number of patterns in the program: all cells, or the length of the given list."""
    optimum: Optimum | None
    lambda_max_squared: fmpq | None = None
    timings: Mapping[str, float] = field(default_factory=dict)
    max_vertices: int = MAX_VERTICES
    """Minimal networks are not listed where there are more."""

    def proved(self) -> Optimum:
        """The proved optimum; raises `Undecided` where there is none."""
        from polyrelu.errors import Undecided

        if self.optimum is None:
            raise Undecided(self.reason or "nothing was proved")
        return self.optimum

    @cached_property
    def optimal_set(self) -> OptimalSet:
        """All optimal networks, as polytopes of neuron weights and of block weights."""
        return OptimalSet(self.proved(), self.max_vertices)

    def objective(self, digits: int = DIGITS) -> Bounds:
        """The optimal value, enclosed."""
        return decimal_bounds(self.proved().objective(bits_of(digits)), digits)

    def residual(self, digits: int = DIGITS) -> list[Bounds]:
        """y minus the optimal fit, row by row, enclosed."""
        return [decimal_bounds(ball, digits) for ball in self.proved().residual(bits_of(digits))]

    def lambda_max(self, digits: int = DIGITS) -> Bounds | None:
        """The smallest penalty for which the zero network is optimal, enclosed."""
        if self.lambda_max_squared is None:
            return None
        return decimal_bounds(enclosed_root(self.lambda_max_squared, bits_of(digits)), digits)

    @property
    def networks(self) -> Iterator[Network]:
        """The inclusion-minimal optimal networks, one after the other."""
        return self.optimal_set.networks

    def predict(self, X: Any, *, floats: Floats = "decimal") -> list[Prediction]:
        """For every new row (the columns of the data, without a bias) what all optimal networks predict there."""
        rows = new_rows(self.problem, X, floats)
        return [self.optimal_set.predict(with_bias(self.problem, row), row) for row in rows]

    @property
    def blocks(self) -> int:
        """Number of blocks in the program: one for each pattern with gates, two (signs) without."""
        gated = self.optimum is not None and self.optimum.program.gated
        return self.cells * (1 if gated else 2)

    @property
    def seconds(self) -> float:
        """Wall-clock time of the whole computation."""
        return sum(self.timings.values())

    def to_json(self, digits: int = DIGITS) -> dict[str, Any]:
        """The object that the command line prints."""
        optimum = self.optimum
        return {
            "status": self.status,
            "reason": self.reason,
            "lambda": str(self.problem.lam),
            "objective": list(self.objective(digits)) if optimum else None,
            "residual": [list(pair) for pair in self.residual(digits)] if optimum else None,
            "lambda_max": _listed(self.lambda_max(digits)),
            "cells": self.cells,
            "tight_blocks": optimum.tight_blocks if optimum else None,
            "support_blocks": optimum.support_blocks if optimum else None,
            "neurons": len(optimum.used) if optimum else None,
            "rank": optimum.support.rank if optimum else None,
            "antipodal_pairs": len(optimum.support.pairs) if optimum else None,
            "linear_phase": bool(optimum.support.pairs) if optimum else None,
            "field": optimum.field if optimum else None,
            **(optimal_set_keys(self.optimal_set) if optimum else dict.fromkeys(SET_KEYS)),
            "seconds": round(self.seconds, 6),
            "timings": {step: round(seconds, 6) for step, seconds in self.timings.items()},
        }

    def summary(self, digits: int = DIGITS) -> str:
        """The readable form."""
        from polyrelu.show.text import summary

        return summary(self, digits)

    def __repr__(self) -> str:
        if self.optimum is None:
            return f"<polyrelu.Result undecided: {self.reason}>"
        low, _ = self.objective(8)
        return (
            f"<polyrelu.Result proved: objective {low}..., {len(self.optimum.used)} neurons of rank "
            f"{self.optimum.support.rank}, {self.optimum.support_blocks} of {self.blocks} blocks in the support>"
        )

    def _repr_html_(self) -> str:
        from polyrelu.show.text import html_summary

        return html_summary(self)


def bits_of(digits: int) -> int:
    """Working precision for that many decimal digits."""
    return int(digits * 3.33) + GUARD_BITS


def _listed(bounds: Bounds | None) -> list[str] | None:
    return None if bounds is None else list(bounds)
