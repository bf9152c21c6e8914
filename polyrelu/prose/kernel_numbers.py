"""The numbers of an accepted kernel file: its gap, the ball of the residual, the network and how far it may be off."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from polyrelu.certificate import check, kernel
from polyrelu.prose.digits import around, norm, root
from polyrelu.prose.lemma import Balanced
from polyrelu.prose.weights import Weight


@dataclass(frozen=True)
class Accepted:
    """The numbers of an accepted kernel file."""

    document: dict[str, Any]

    @property
    def optimum(self) -> bool:
        """Whether it claims an optimum; else bounds."""
        return bool(self.document["kind"] == "optimum")

    @cached_property
    def problem(self) -> kernel.Problem:
        """The problem as the kernel reads it."""
        return kernel.Problem(self.document["problem"])

    @cached_property
    def nu(self) -> tuple[int, list[int]]:
        """The vector of which every direction was covered: a denominator, and numerators."""
        nu = self.document["nu"]
        return int(nu["denominator"]), [int(v) for v in nu["numerators"]]

    @cached_property
    def network(self) -> kernel.Network:
        """The stored network."""
        return kernel.network_of(self.problem, self.document["network"])

    @cached_property
    def t(self) -> Fraction:
        """What scales nu to a feasible vector."""
        return Fraction(1) if self.optimum else Fraction(self.document["t"])

    @cached_property
    def feasible(self) -> list[Fraction]:
        """A feasible vector, with its ridge entry (see the kernel)."""
        (N, m), problem = self.nu, self.problem
        return [
            self.t * v
            for v in (*(Fraction(a, N) for a in m), -problem.ridge * Fraction(sum(m), N) / problem.lam)
        ]

    @property
    def coefficients(self) -> list[Fraction]:
        """Those of the free columns, and the output bias of a ridge, of the stored network."""
        return [Fraction(v) / self.network.T for v in self.document["network"].get("coefficients", [])]

    @property
    def moving(self) -> int:
        """Over how many intervals kinks can move at no cost, where the optimal network is unique but for that."""
        found = re.search(r"kinks can move at no cost \(intervals: (\d+)\)", self.document["claims"][-1])
        return int(found[1]) if found else 0

    @cached_property
    def gap(self) -> Fraction:
        """Upper less lower bound."""
        gap, _ = kernel.bound_of(self.problem, self.feasible, self.network)
        return Fraction(gap)

    @cached_property
    def ball(self) -> tuple[list[Fraction], Fraction]:
        """Centre and radius of a ball that holds the residual of every optimal network."""
        feasible, residual = self.feasible, self.network.residual
        if self.optimum:
            return feasible[:-1], kernel.root(2 * self.gap)
        apart = self.problem.square([a - b for a, b in zip(feasible, residual, strict=True)])
        middle = [(a + b) / 2 for a, b in zip(feasible, residual, strict=True)]
        return middle[:-1], kernel.root(self.gap - apart / 4)

    @cached_property
    def apart(self) -> Fraction | None:
        """How far the vectors of the only optimal network are, at most, from the stored ones; None if not known."""
        if not self.optimum or self.document["inverse"] is None:
            return None
        (N, m), rho, stars = self.nu, self.ball[1], []
        for face in self.document["faces"]:
            for rows in (rows for j, rows in self.problem.tables() if j < 0 or face[j + 1] == "0"):
                lines = kernel.lines_of(rows, N * self.problem.q, m)
                with suppress(kernel.Rejected):  # where it was shown; on another row it need not be
                    stars.append(kernel.star_of(self.problem, lines, int(face[0] + "1"), face[1:], rho))
                    break
        return kernel.show_weights(self.problem, self.network, stars, self.document["inverse"], rho)

    def vectors(self) -> list[tuple[int, list[check.Interval]]]:
        """Signs and vectors |phi| theta of the stored network, or of the optimal one near it."""
        radius, problem = self.apart or Fraction(0), self.problem
        of_bias = radius * max(Fraction(sum(map(abs, row)), problem.q) for row in problem.rows)  # b = -x_j.u
        radii = [radius] * problem.normed + [of_bias] * problem.offset
        return [
            (sign, [around(Fraction(x, self.network.T), r) for x, r in zip(w, radii, strict=True)])
            for sign, w in zip(self.network.signs, self.network.vectors, strict=True)
        ]

    def balanced(self) -> Balanced:
        """phi = s sqrt|w| and theta = w / sqrt|w| for the vectors w."""
        found = []
        for k, (sign, w) in enumerate(self.vectors()):
            size = root(norm(w[: self.problem.normed]))
            scale = size.inverse() if size.lo > 0 else check.Interval(0, 0)
            found.append((k, Weight(size * sign), [Weight(scale * v) for v in w]))
        return found
