"""What `certify` returns for lambda = 0: everything is rational, so everything is proved."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flint import fmpq

from polyrelu.data.new_rows import new_rows, with_bias
from polyrelu.data.numbers import Floats
from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached
from polyrelu.exact.enclosure import bits_of, decimal_bounds, precision
from polyrelu.exact.rational import to_fraction
from polyrelu.exact.vectors import primitive
from polyrelu.unregularised.cones import Vector
from polyrelu.unregularised.functions import Weights, value
from polyrelu.unregularised.generators import sparse

if TYPE_CHECKING:
    from polyrelu.networks.network import Network
    from polyrelu.optimal_set.predictions import Prediction
    from polyrelu.unregularised.optimal_set import UnregularisedSet

DIGITS = 20
ROWS_SHOWN = 12


@dataclass(frozen=True, repr=False)
class UnregularisedResult:
    """The optimal set at lambda = 0 and its counts; a count is None where the set is too large to list."""

    problem: Problem
    optimal: UnregularisedSet
    vertices: int | None
    rays: int | None
    widths: tuple[int, int] | None
    vertices_reason: str | None
    lambda_max_squared: fmpq
    timings: Mapping[str, float] = field(default_factory=dict)

    status: str = "proved"
    reason: str | None = None

    @classmethod
    def of(cls, problem: Problem, optimal: UnregularisedSet, start: float) -> UnregularisedResult:
        """Count what can be listed, and time the steps."""
        from polyrelu.proof.lambda_max import lambda_max_squared

        for _ in (optimal.dimension, optimal.agreement):
            fitted = time.perf_counter()  # both are computed here once, so that they are timed
        reason = None
        try:
            listed = optimal.v_representation
        except LimitReached as limit:
            listed, reason = None, str(limit)
        counted = time.perf_counter()
        largest = lambda_max_squared(optimal.program)
        timings = {
            "fit": fitted - start,
            "set": counted - fitted,
            "lambda_max": time.perf_counter() - counted,
        }
        return cls(
            problem,
            optimal,
            0 if optimal.lineality else None if listed is None else len(listed.vertices),
            0 if optimal.program.gated else None if listed is None else len(listed.rays),
            _widths(optimal) if listed is not None and not optimal.lineality else None,
            reason,
            largest,
            timings,
        )

    @property
    def networks(self) -> Iterator[Network]:
        """The inclusion-minimal optimal networks, one after the other."""
        return self.optimal.networks

    def predict(self, X: Any, *, floats: Floats = "decimal") -> list[Prediction]:
        """For every new row (the columns of the data, without a bias) what all optimal networks predict there."""
        rows = new_rows(self.problem, X, floats)
        return [self.optimal.predict(with_bias(self.problem, row), row) for row in rows]

    @property
    def seconds(self) -> float:
        """Wall-clock time of the whole computation."""
        return sum(self.timings.values())

    @property
    def narrowest_width(self) -> int | None:
        """The least number of neurons of an optimal network, where it is known.

        Take an optimal network of least width. Weights at 0 cut out a face of P (0 is a face of a pointed
        cone), and a vertex of that face has no further neurons. So the narrowest vertex is a narrowest
        network.
        """
        if not any(self.optimal.fit):
            return 0
        return self.widths[0] if self.widths else None

    def to_json(self, digits: int = DIGITS) -> dict[str, Any]:
        """The object that the command line prints: the keys of `Result.to_json`, and those of the optimal set."""
        optimal, agreement = self.optimal, self.optimal.agreement
        return {
            "status": self.status,
            "reason": self.reason,
            "lambda": "0",
            "objective": list(decimal_bounds(optimal.objective, digits)),
            "residual": [list(decimal_bounds(v, digits)) for v in optimal.residual],
            "lambda_max": list(_root_bounds(self.lambda_max_squared, digits)),
            "cells": len(optimal.program.patterns),
            **dict.fromkeys(
                ("tight_blocks", "support_blocks", "neurons", "rank", "antipodal_pairs", "linear_phase")
            ),
            "field": "Q",
            "convex_unique": optimal.convex_unique,
            "p_unique": optimal.p_unique,
            "function_unique": agreement.same,
            "function_reason": agreement.reason,
            "counterexample": self._counterexample(),
            "dimension": optimal.dimension,
            "block_dimension": optimal.dimension,
            "vertices": self.vertices,
            "rays": self.rays,
            "lines": optimal.lineality,
            "vertices_reason": self.vertices_reason,
            "widths": list(self.widths) if self.widths else None,
            "narrowest_width": self.narrowest_width,
            "seconds": round(self.seconds, 6),
            "timings": {step: round(seconds, 6) for step, seconds in self.timings.items()},
        }

    def _counterexample(self) -> dict[str, Any] | None:
        """Two optimal networks that are different functions, as exact fractions; `x` and the values there for ReLU."""
        found = self.optimal.agreement
        if found.first is None or found.second is None:
            return None
        networks = [self._network(weights) for weights in (found.first, found.second)]
        if found.x is None:
            return {"networks": networks, "x": None, "values": None}
        values = [str(value(weights, found.x)) for weights in (found.first, found.second)]
        return {"networks": networks, "x": [str(v) for v in found.x], "values": values}

    def _network(self, weights: Weights) -> list[dict[str, Any]]:
        signs = self.optimal.signs
        return [
            {"pattern": b // signs, "sign": -1 if b % signs else 1, "weight": [str(v) for v in w]}
            for b, w in sorted(weights.items())
        ]

    def summary(self, digits: int = DIGITS) -> str:
        """The readable form."""
        problem, optimal, shown = self.problem, self.optimal, min(digits, 12)
        low, high = decimal_bounds(optimal.objective, shown)
        bias = " (bias included)" if problem.bias else ""
        lines = [
            f"{problem.n} rows, {problem.d} features{bias}, lambda = 0, {len(optimal.program.patterns)} patterns",
            "PROVED: the optimal fit is unique and rational; all optimal weights form a polyhedron.",
            f"  objective        {low} .. {high}{'  (the data is interpolated)' if optimal.objective == 0 else ''}",
            f"  achievable fits  a space of dimension {optimal.fits.rank} in R^{problem.n}",
            f"  dimension        {optimal.dimension} (in {optimal.blocks * problem.d} coordinates of weights)",
            f"  generators       {self._generators()}",
            f"  weights          {'unique' if optimal.convex_unique else 'not unique'}",
            f"  function         {'unique' if optimal.function_unique else 'not unique'}: {optimal.agreement.reason}",
            *self._difference(),
            *self._narrowest(),
            "",
            *_residual(optimal.residual, min(digits, 8)),
        ]
        steps = ", ".join(f"{step} {seconds:.2f}" for step, seconds in self.timings.items())
        return "\n".join([*lines, f"  {self.seconds:.2f} s ({steps})"])

    def _generators(self) -> str:
        if self.vertices_reason is not None:
            return f"{self.optimal.lineality} lines; {self.vertices_reason}"
        return f"{self.vertices} vertices, {self.rays} rays, {self.optimal.lineality} lines"

    def _difference(self) -> list[str]:
        found = self.optimal.agreement
        if found.x is None or found.first is None or found.second is None:
            return []
        values = " and ".join(str(value(weights, found.x)) for weights in (found.first, found.second))
        return [
            f"                   at x = ({', '.join(map(str, found.x))}) two of them have the values {values}"
        ]

    def _narrowest(self) -> list[str]:
        width = self.narrowest_width
        return [] if width is None else [f"  narrowest        {width} neurons"]

    def __repr__(self) -> str:
        size = f"dimension {self.optimal.dimension}"
        counts = "" if self.vertices is None else f", {self.vertices} vertices, {self.rays} rays"
        return f"<polyrelu.UnregularisedResult proved: {size}{counts}, {self.optimal.lineality} lines>"

    def _repr_html_(self) -> str:
        from html import escape

        return f"<pre>{escape(self.summary(12))}</pre>"


def _widths(optimal: UnregularisedSet) -> tuple[int, int]:
    """The least and the greatest number of distinct neurons among the vertices (merged if equal; gates differ)."""
    d, gated = optimal.program.d, optimal.program.gated
    counts = []
    for vertex in optimal.v_representation.vertices:
        blocks = sparse(vertex, d)
        neurons = {(b % 2, primitive([to_fraction(v) for v in w])) for b, w in blocks.items()}
        counts.append(len(blocks) if gated else len(neurons))
    return min(counts), max(counts)


def _root_bounds(square: fmpq, digits: int) -> tuple[str, str]:
    from polyrelu.proof.lambda_max import enclosed_root

    bits = bits_of(digits)
    with precision(bits):
        return decimal_bounds(enclosed_root(square, bits), digits)


def _residual(residual: Vector, digits: int) -> list[str]:
    lines = ["  residual y - fit, row by row:"]
    for j, v in enumerate(residual[:ROWS_SHOWN]):
        low, high = decimal_bounds(v, digits)
        lines.append(f"    {j + 1:>4}  {low} .. {high}")
    if len(residual) > ROWS_SHOWN:
        lines.append(f"    ... and {len(residual) - ROWS_SHOWN} more rows (see --json)")
    return lines
