"""The conditions that stationarity puts on each unit of a network: see `stationarity`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from flint import arb, fmpq

from polyrelu.data.problem import Problem
from polyrelu.errors import LimitReached
from polyrelu.exact.linear import dot, products
from polyrelu.exact.rational import to_fmpq
from polyrelu.judging.kinks import Box, Hull, clarke_set
from polyrelu.networks.coordinates import ball_root, compatible, enclosed, norm, sign_of
from polyrelu.networks.network import Network
from polyrelu.networks.objective import residual_of
from polyrelu.networks.unit import Unit


@dataclass(frozen=True)
class Conditions:
    """0 is in the set iff `outgoing` = 0 and `gradient` lies in the set of kinks; `scale` multiplies lengths."""

    outgoing: Any
    gradient: list[Any]
    kinks: tuple[int, ...]
    rows: tuple[Sequence[Any], ...] = ()
    factors: tuple[Any, ...] = ()
    scale: arb = field(default_factory=lambda: arb(1))

    @property
    def chain_rule(self) -> Box:
        """The set with independent multipliers."""
        return Box(
            tuple([factor * v for v in row] for row, factor in zip(self.rows, self.factors, strict=True))
        )

    @property
    def clarke(self) -> Box | Hull:
        """The hull of limits of gradients."""
        return clarke_set(self.rows, self.factors, self.chain_rule.moves)

    def parts(self) -> tuple[Box | Hull, Box | Hull]:
        """A set that holds Clarke's and one that it holds: both are Clarke's, unless that has too many corners."""
        try:
            part = self.clarke
        except LimitReached:
            return self.chain_rule, Hull((self.corner(),))
        return part, part

    def corner(self) -> list[Any]:
        """A limit of gradients: the part of the rows that are active at some integer vector off all hyperplanes."""
        d, step, values = len(self.gradient), 1, [fmpq(0)]
        while not all(values):
            step += 1
            g = [fmpq(step) ** k for k in range(d)]  # on a hyperplane for at most d - 1 steps per row
            values = [dot(row, g) for row in self.rows]
        active = [move for move, v in zip(self.chain_rule.moves, values, strict=True) if v > 0]
        return [sum((move[c] for move in active), start=fmpq(0)) for c in range(d)]


@dataclass(frozen=True)
class _At:
    """Data, penalty and residual of the network."""

    rows: list[list[fmpq]]
    lam: fmpq
    nu: list[Any]
    prices: list[fmpq]
    """lambda for every coordinate of theta, but 0 for a free hidden bias."""


def all_conditions(network: Network, problem: Problem, balance: bool) -> list[Conditions]:
    """The conditions of every unit, in order; `Undecided` where a ball hides on which side of a row a unit lies."""
    rows = [[to_fmpq(v) for v in row] for row in problem.X]
    before = products(rows, [unit.theta for unit in network.units])
    lam = to_fmpq(problem.lam or Fraction(0))
    prices = [lam] * (network.d - network.offset) + [fmpq(0)] * network.offset
    at = _At(rows, lam, residual_of(network, problem), prices)
    return [
        _conditions(at, unit, [line[i] for line in before], balance) for i, unit in enumerate(network.units)
    ]


def free_derivatives(network: Network, problem: Problem) -> dict[str, Any]:
    """The derivatives of the objective in the coefficients of the free functions and of a ridge output bias."""
    nu = residual_of(network, problem)
    columns = [[to_fmpq(v) for v in column] for column in zip(*problem.free_values, strict=True)]
    found = {name: -dot(a, nu) for name, a in zip(problem.free_names, columns, strict=True)}
    if problem.setting.output == "ridge":
        (c,), nu = compatible([network.coefficients[-1]], nu)
        found["the output bias"] = c * to_fmpq(problem.lam or 0) - sum(nu, start=fmpq(0))
    return found


def _conditions(at: _At, unit: Unit, before: list[Any], balance: bool) -> Conditions:
    if balance and unit.is_zero:  # balanced, it is (0, 0), which satisfies both equations
        return Conditions(fmpq(0), [fmpq(0)] * len(unit.theta), ())
    sides = _sides(at, unit, before)
    on = [j for j, side in enumerate(sides) if side > 0]
    kinks = tuple(j for j, side in enumerate(sides) if side == 0)
    normed = [t for t, price in zip(unit.theta, at.prices, strict=True) if price]
    phi, scale = _balanced_multiple(unit, normed) if balance else (unit.phi, arb(1))
    theta, (phi,), nu, before = compatible(unit.theta, [phi], at.nu, before)
    active = [nu[j] for j in on]
    moment = [dot([at.rows[j][c] for j in on], active) for c in range(len(theta))]
    gradient = [t * price - m * phi for t, m, price in zip(theta, moment, at.prices, strict=True)]
    outgoing = phi * at.lam - dot(active, [before[j] for j in on])
    bent = [j for j in kinks if isinstance(nu[j] * phi, arb) or nu[j] * phi != 0]
    rows, factors = tuple(at.rows[j] for j in bent), tuple(nu[j] * phi for j in bent)
    return Conditions(outgoing, gradient, kinks, rows, factors, scale)


def _sides(at: _At, unit: Unit, before: list[Any]) -> list[int]:
    """The sign of x_j . theta (gated: of the gate, never 0), and -1 on zero rows, which matter to nobody."""
    if unit.gate is not None:
        return [1 if dot(row, unit.gate) >= 0 else -1 for row in at.rows]
    return [sign_of(v, f"x_{j + 1} . theta") if any(at.rows[j]) else -1 for j, v in enumerate(before)]


def _balanced_multiple(unit: Unit, theta: list[Any]) -> tuple[Any, arb]:
    """phi' = s |theta|, so that (theta, phi') is a multiple of the balanced unit, and the factor sqrt(|phi| / |theta|).

    All conditions are homogeneous in (theta, phi) jointly, the residual being kept.
    """
    length = norm(theta)
    ball_length = ball_root(dot(theta, theta))
    phi = (length if length is not None else ball_length) * sign_of(unit.phi, "phi")
    return phi, (abs(enclosed(unit.phi)) / ball_length).sqrt()
