"""The objective that training minimises, 1/2 |f - y|^2 + lambda/2 sum (|theta|^2 + phi^2), exact or a ball."""

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


def require(network: Network, problem: Problem) -> None:
    """Refuse a network that does not fit the problem, in one line."""
    if problem.y is None:
        raise BadInput("a target y is needed to judge a network; give y, or a data file with a target column")
    if not problem.lam:
        raise BadInput("a network is judged for a penalty lambda > 0; give lam (on the command line --lam)")
    problem.setting.refuse("a verdict on a given network")
    if network.d != problem.d:
        columns = " (the bias column included)" if problem.bias else ""
        raise BadInput(f"the network has {network.d} inputs and the data has {problem.d} features{columns}")


def residual_of(network: Network, problem: Problem) -> list[Any]:
    """y minus the network's fit."""
    rows = [[to_fmpq(v) for v in row] for row in problem.X]
    with precision(BITS):
        fit = network.fit(rows, products(rows, [unit.theta for unit in network.units]))
        return [to_fmpq(v) - f for v, f in zip(problem.y or (), fit, strict=True)]


def objective_of(network: Network, problem: Problem, residual: list[Any], balance: bool) -> tuple[Any, Any]:
    """The objective of the form that is judged, and the gain of balancing it."""
    lam = to_fmpq(problem.lam or 0)
    loss = sum((r * r for r in residual), start=fmpq(0)) / 2
    least, given = network.balanced_penalty(), network.penalty()
    with precision(BITS):
        judged, gain = (
            (least, arb(0)) if balance else (given, (enclosed(given) - enclosed(least)).max(arb(0)) * lam)
        )
        (loss, judged), _ = compatible([loss, judged], [])
        return loss + judged * lam, gain
