"""The objective that training minimises, 1/2 |f - y|^2 + lambda/2 sum (|theta|^2 + phi^2), exact or a ball.

A ridge output bias c adds lambda/2 c^2; free biases, and whatever else is free, add nothing.
"""

from __future__ import annotations

from typing import Any

from flint import arb, fmpq

from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput
from polyrelu.exact.enclosure import precision
from polyrelu.exact.linear import products
from polyrelu.exact.rational import to_fmpq
from polyrelu.networks.coordinates import BITS, compatible, enclosed
from polyrelu.networks.network import Network
from polyrelu.networks.suiting import suited


def judged(network: Network, problem: Problem) -> Network:
    """The network as a candidate for the problem; what does not fit is refused, in one line."""
    if problem.y is None:
        raise BadInput("a target y is needed to judge a network; give y, or a data file with a target column")
    if not problem.lam:
        raise BadInput("a network is judged for a penalty lambda > 0; give lam (on the command line --lam)")
    if network.is_gated:
        problem.setting.refuse("a verdict on a gated network")
    return suited(network, problem)


def residual_of(network: Network, problem: Problem) -> list[Any]:
    """y minus the network's fit."""
    rows = [[to_fmpq(v) for v in row] for row in problem.X]
    columns = problem.columns or ((),) * problem.n
    with precision(BITS):
        fit = network.fit(rows, products(rows, [unit.theta for unit in network.units]))
        linear = [network.linear(row, more) for row, more in zip(rows, columns, strict=True)]
        return [to_fmpq(v) - f - c for v, f, c in zip(problem.y or (), fit, linear, strict=True)]


def objective_of(network: Network, problem: Problem, residual: list[Any], balance: bool) -> tuple[Any, Any]:
    """The objective of the form that is judged, and the gain of balancing it."""
    lam = to_fmpq(problem.lam or 0)
    loss = sum((r * r for r in residual), start=fmpq(0)) / 2
    least, given = network.balanced_penalty(), network.penalty()
    with precision(BITS):
        penalty, gain = (
            (least, arb(0)) if balance else (given, (enclosed(given) - enclosed(least)).max(arb(0)) * lam)
        )
        if problem.setting.output == "ridge":
            loss = loss + network.coefficients[-1] * network.coefficients[-1] * lam / 2
        (loss, penalty), _ = compatible([loss, penalty], [])
        return loss + penalty * lam, gain
