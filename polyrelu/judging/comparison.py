"""An objective value against the proved optimum of a program: equal, larger, and by how much.

Two independent routes. With a proved optimum, the sign of the difference is a question to its exact point. Without
one, for a network with rational residual r = y - f, duality: let M be the largest |p_b(r)| over all present blocks,
p_b(r) the projection of s X^T D r onto K_b. Then t r is dual feasible for 0 <= t <= lambda / M, so

    optimum >= y . (t r) - |t r|^2 / 2,

and the network is optimal iff M <= lambda and its objective is y . r - |r|^2 / 2 (then r is the optimal residual).
M^2 and this test are rational: no guess is involved, so the route stays open where the optimum is undecided.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from flint import arb

from polyrelu.bounding.bounds import Bounds
from polyrelu.errors import BadInput, Contradiction, Undecided
from polyrelu.exact.enclosure import ends, precision, sign_of_ball
from polyrelu.exact.linear import dot, squared
from polyrelu.exact.rational import is_rational, to_fmpq, to_fraction
from polyrelu.exact.real import sign
from polyrelu.networks.coordinates import BITS, enclosed, is_exact
from polyrelu.proof.enclosed_root import Coordinates
from polyrelu.proof.lambda_max import lambda_max_squared
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.program import Program
from polyrelu.verdict import Verdict

Interval = tuple[Any, Any]
"""A proved lower and a proved upper bound: exact numbers, or balls that hold one."""


@dataclass(frozen=True, eq=False)
class Comparison:
    """Is the value the optimum of the program? With bounds of the optimum and of the gap above it."""

    verdict: Verdict
    optimum: Interval
    gap: Interval

    @property
    def relative_gap(self) -> tuple[Fraction | None, Fraction | None]:
        """Bounds of gap / optimum: (0, 0) where both are 0; the upper one is None where nothing bounds it."""
        (_, most), (least, _) = _ends(self.optimum[1]), _ends(self.optimum[0])
        (above, _), (_, below) = _ends(self.gap[0]), _ends(self.gap[1])
        above = max(above or Fraction(0), Fraction(0))
        if below == 0:
            return Fraction(0), Fraction(0)
        if most == 0:  # and the network's objective is not
            return None, None
        high = below / least if least is not None and below is not None and least > 0 else None
        return (above / most if most else Fraction(0)), high


def with_optimum(value: Any, optimum: Optimum) -> Comparison:
    """Compare an objective value with a proved optimum."""

    def gap(at: Coordinates) -> Any:
        return _difference(value, optimum.program.objective(at.nu))

    bound, least = optimum.point.ball(gap, BITS), optimum.objective(BITS)
    interval = (least, least)
    side = sign_of_ball(bound)
    if side is None or side == 0:
        try:
            side = _exact_side(value, optimum, gap, bound)
        except Undecided as blocked:
            return Comparison(
                Verdict.undecided("optimal", str(blocked)), interval, (bound.max(arb(0)), bound)
            )
    if side < 0:
        raise Contradiction("a network has an objective below the proved optimum")
    if side == 0:
        return Comparison(
            Verdict.proved("optimal", "the objective equals the proved optimum"), interval, (arb(0), arb(0))
        )
    exact = is_rational(value) and is_rational(least)
    above = value - least if exact else bound
    return Comparison(
        Verdict.refuted("optimal", "the objective exceeds the proved optimum"), interval, (above, above)
    )


def _difference(value: Any, best: Any) -> Any:
    if isinstance(best, arb):
        return enclosed(value) - best
    try:
        return value - best
    except (TypeError, BadInput):
        raise Undecided(
            "is the objective gap = 0? The weights and the optimum lie in different fields"
        ) from None


def _exact_side(value: Any, optimum: Optimum, gap: Any, bound: arb) -> int:
    if isinstance(value, arb):
        raise Undecided(
            f"is the objective gap = 0? The objective is known only as a ball; the gap is {bound.str(8)}"
        )
    return optimum.point.sign(gap, "the objective gap")


def _ends(x: Any) -> tuple[Fraction | None, Fraction | None]:
    """The ends of a number or of a ball; None where it is not finite."""
    with precision(BITS):
        known = x if is_rational(x) else enclosed(x)
    if is_rational(known):
        return to_fraction(known), to_fraction(known)
    return ends(known) if known.is_finite() else (None, None)


def by_bounds(value: Any, bounds: Bounds, blocked: str) -> Comparison:
    """Compare an objective value with proved bounds of an optimum that is not known itself."""
    lower, upper = to_fmpq(bounds.lower), to_fmpq(bounds.upper)
    with precision(BITS):
        above, below = enclosed(value) - arb(upper), enclosed(value) - arb(lower)
        interval = (arb(lower), arb(upper))
    if above > 0:
        verdict = Verdict.refuted("optimal", "the objective exceeds that of another network")
        return Comparison(verdict, interval, (above, below))
    return Comparison(Verdict.undecided("optimal", blocked), interval, (arb(0), below.max(arb(0))))


def by_duality(value: Any, residual: Sequence[Any], program: Program) -> Comparison:
    """Compare the objective value of a network that is feasible in the program by its own residual alone."""
    if not is_exact(residual) or not all(is_rational(r) for r in residual):
        raise Undecided("duality needs a network with rational outputs")
    if program.columns is not None:
        raise Undecided("duality from the network's own residual is there for problems without free columns")
    y = tuple(to_fraction(r) for r in residual)
    largest = lambda_max_squared(replace(program, y=y))
    lam, norm = program.lamq, squared(residual)
    inner = dot(program.yq, residual)
    with precision(BITS):
        above = enclosed(value)
        if largest <= lam * lam and not isinstance(value, arb) and sign(value - (inner - norm / 2)) == 0:
            reason = "its residual is dual feasible and closes the gap"
            return Comparison(Verdict.proved("optimal", reason), (above, above), (arb(0), arb(0)))
        # the best multiple, were it feasible
        t = (arb(inner) / arb(norm)).max(arb(0)) if norm > 0 else arb(0)
        if largest > 0:
            t = t.min(arb(lam) / arb(largest).sqrt())
        bound = t * arb(inner) - t * t * arb(norm) / 2
    if isinstance(value, arb):
        verdict = Verdict.undecided("optimal", "the objective is known only as a ball")
    else:
        verdict = Verdict.refuted(
            "optimal", "its residual is not the optimal one, or its weights are not the least"
        )
    return Comparison(verdict, (bound, above), (arb(0), above - bound))
