"""Is a network a stationary point of its training objective? Exactly, and with the distance from being one.

    F(theta, phi) = 1/2 |nu|^2 + lambda/2 sum_i (|theta_i|^2 + phi_i^2),   nu = y - sum_i (X theta_i)_+ phi_i

F is smooth in phi, and in theta off the data hyperplanes. With A the rows with x_j . theta > 0 and Z those (not zero)
with x_j . theta = 0, the subdifferential of F is the product over the units of

    { lambda phi - nu . (X theta)_+ }   and   lambda theta - phi X_A^T nu_A - (a set of combinations of the rows of Z).

Two notions of that last set are answered, see `kinks`: **Clarke**'s, the hull of limits of gradients, and the larger
one of the **chain rule**, with any multipliers t_j in [0, 1] at kinks, as automatic differentiation may choose them.
With free functions their derivatives - B^T nu are 0 as well, and lambda c = 1^T nu for a ridge output bias c; a free
hidden bias pays nothing, so that its coordinate of lambda theta is 0.

0 in the set says: lambda phi = nu . (X theta)_+ and lambda theta = phi X^T D nu for some D of the allowed kind. Then
lambda |theta|^2 = lambda phi^2, so (lambda > 0) stationary networks are balanced, and their dead units are zero.

Neither notion is "optimum of the sub-sampled program of its own patterns": X = (1,0), (1,1), y = (3,3), lambda = 1/2
with the one pattern (1,0) has an optimum that is not stationary; X = (1,-1), (0,1), y = (2,2), lambda = 1 has

>>> problem = Problem.of([[1, -1], [0, 1]], [2, 2], 1)
>>> stationarity(Network.of([[1, 0]], [1]), problem).clarke.answer
True

and no sub-sampled program has that network as an optimum.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flint import arb

from polyrelu.data.problem import Problem
from polyrelu.errors import BadInput, LimitReached, Undecided
from polyrelu.exact.enclosure import precision
from polyrelu.judging.conditions import Conditions, all_conditions, free_derivatives
from polyrelu.judging.kinks import Box, Hull, distance_from
from polyrelu.networks.coordinates import BITS, ball_root, enclosed, sign_of
from polyrelu.networks.network import Network
from polyrelu.networks.suiting import suited
from polyrelu.verdict import Status, Verdict

CLARKE, CHAIN_RULE = "stationary (Clarke)", "stationary (chain rule)"


@dataclass(frozen=True, eq=False)
class Stationarity:
    """The two verdicts, and the distance from 0 to the Clarke subdifferential (lower and upper balls)."""

    clarke: Verdict
    chain_rule: Verdict
    residual: tuple[arb, arb]
    kinks: tuple[tuple[int, ...], ...]
    """For every unit the rows (from 0) on whose hyperplanes it lies."""


def stationarity(network: Network, problem: Problem, *, balance: bool = False) -> Stationarity:
    """Test 0 in the subdifferential of F at the network, or (`balance`) at its balanced form."""
    if problem.y is None or problem.lam is None:
        raise BadInput("stationarity is asked for data X, y and a penalty lambda; give all three")
    network = suited(network, problem)
    with precision(BITS):
        try:
            conditions = all_conditions(network, problem, balance)
            free = free_derivatives(network, problem)
        except Undecided as blocked:
            clarke, chain_rule = (Verdict.undecided(notion, str(blocked)) for notion in (CLARKE, CHAIN_RULE))
            return Stationarity(clarke, chain_rule, (arb(0), arb("inf")), ())
        chain_rule = _verdict(CHAIN_RULE, conditions, free, lambda c: c.chain_rule)
        if chain_rule.status is Status.REFUTED:
            clarke = Verdict.refuted(CLARKE, chain_rule.reason)  # the Clarke set is the smaller one
        else:
            clarke = _verdict(CLARKE, conditions, free, lambda c: c.clarke)
        residual = (arb(0), arb(0)) if clarke.answer else _residual(conditions, free)
    return Stationarity(clarke, chain_rule, residual, tuple(c.kinks for c in conditions))


def _verdict(
    question: str,
    conditions: list[Conditions],
    free: dict[str, Any],
    kind: Callable[[Conditions], Box | Hull],
) -> Verdict:
    """Every unit satisfies its conditions, or one does not, or one is open and none fails."""
    blocked: str | None = None
    for name, derivative in free.items():
        try:
            if sign_of(derivative, f"the derivative in the coefficient of {name}") != 0:
                return Verdict.refuted(
                    question, f"the derivative of the objective in the coefficient of {name} is not 0"
                )
        except Undecided as reason:
            blocked = str(reason)
    for i, condition in enumerate(conditions, start=1):
        try:
            if sign_of(condition.outgoing, f"the derivative in phi of unit {i}") != 0:
                return Verdict.refuted(
                    question, f"the derivative of the objective in phi of unit {i} is not 0"
                )
            if not kind(condition).contains(condition.gradient):
                where = " for any choice at its kinks" if condition.factors else ""
                return Verdict.refuted(
                    question, f"the gradient of the objective in theta of unit {i} is not 0{where}"
                )
        except Undecided as reason:
            blocked = str(reason)
        except LimitReached as reason:
            blocked = f"unit {i} lies on {len(condition.kinks)} hyperplanes: {reason}"
    if blocked is not None:
        return Verdict.undecided(question, blocked)
    return Verdict.proved(question, "0 lies in the subdifferential, unit by unit")


def _residual(conditions: list[Conditions], free: dict[str, Any]) -> tuple[arb, arb]:
    lower = sum((v * v for v in map(enclosed, free.values())), start=arb(0))
    upper = lower
    for condition in conditions:
        part, beyond = condition.parts()
        low, _ = distance_from(condition.gradient, part)
        _, high = distance_from(condition.gradient, beyond)
        outgoing, square = enclosed(condition.outgoing), condition.scale * condition.scale
        lower = lower + (low * low + outgoing * outgoing) * square
        upper = upper + (high * high + outgoing * outgoing) * square
    return ball_root(lower), ball_root(upper)
