"""What is told of derivatives at one lambda, and what is left out with its reason."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat

from polyrelu.curves.branch import Balls
from polyrelu.data.problem import Problem
from polyrelu.display import Reported, picture
from polyrelu.exact.enclosure import precision
from polyrelu.paths.coefficients import Coefficient
from polyrelu.paths.moving import Moving, Range
from polyrelu.paths.still import PUSHED, TURNED, Still

BITS = 240


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity(Reported):
    """Derivatives at one lambda, all enclosed."""

    problem: Problem
    neurons: tuple[Moving, ...]
    residual_by_lambda: Balls
    residual_by_target: arb_mat | None
    """None where there is no derivative, as for all by the targets, and for the degrees of freedom."""
    degrees_of_freedom: arb | None
    residual_by_feature: arb_mat | None = None
    """n rows; column i d + l is the derivative by entry l of row i."""
    minimal: tuple[Sensitivity, ...] = ()
    """The same along each minimal network, where the network is not unique and there are few."""
    ranges: tuple[Range, ...] = ()
    """Over all optimal networks, where they are more than one and all minimal ones are followed."""
    free: tuple[Coefficient, ...] = ()
    """The coefficients of what is free, where they are unique; each minimal network has its own."""
    total: arb | None = None
    """The sum of all weights, where not all neurons are listed: those that share weight with others have none alone."""
    price: arb = field(default_factory=lambda: arb(0))
    """Half the square of a ridge output bias."""
    reasons: dict[str, str] = field(default_factory=dict)
    """Why nothing is given by the targets (`by_target`), or by the table (`by_feature`)."""

    @property
    def lam(self) -> Fraction | None:
        """The penalty; None at a breakpoint, whose lambda may be an enclosure."""
        return self.problem.lam

    def plot(self) -> Any:
        """The influence of rows on neurons, as a figure with `.save(file)` and a `caption`."""
        return picture(self)

    @property
    def objective_by_lambda(self) -> arb:
        """The derivative of the optimal value: the sum of the weights, and the price of a ridge output bias."""
        with precision(BITS):
            return (self.weight if self.total is None else self.total) + self.price

    @property
    def weight(self) -> arb:
        """The sum of the weights of the neurons that are listed."""
        return sum((k.weight for k in self.neurons), start=arb(0))

    def without_targets(self, reason: str) -> Sensitivity:
        """Nothing by the targets."""
        return replace(
            self,
            neurons=tuple(replace(k, by_target=None, direction_by_target=None) for k in self.neurons),
            residual_by_target=None,
            degrees_of_freedom=None,
            free=tuple(replace(c, by_target=None) for c in self.free),
            reasons=self.reasons | {"by_target": reason},
        )

    def without_table(self, reason: str) -> Sensitivity:
        """Nothing by the table."""
        return replace(
            self,
            neurons=tuple(replace(k, by_feature=None, direction_by_feature=None) for k in self.neurons),
            residual_by_feature=None,
            free=tuple(replace(c, by_feature=None) for c in self.free),
            reasons=self.reasons | {"by_feature": reason},
        )

    def limited(self, left: Still) -> Sensitivity:
        """What multipliers that are 0 for every lambda leave."""
        found = self if left.targets else self.without_targets(PUSHED)
        if not left.table:
            return found.without_table(TURNED)
        if not left.rows and not left.turned:
            return found
        d, rows = self.problem.d, left.rows
        entries = {i * d + c for i in rows for c in range(d)}
        turned = {k: {j * d + c for p, j in left.turned if p == k for c in range(d)} for k, _ in left.turned}
        neurons = tuple(
            replace(
                k,
                by_feature=_unknown(k.by_feature, rows=rows),
                direction_by_feature=_unknown(k.direction_by_feature, entries | turned.get(k.place, set())),
            )
            for k in found.neurons
        )
        free = tuple(replace(c, by_feature=_unknown(c.by_feature, rows=rows)) for c in found.free)
        return replace(
            found,
            neurons=neurons,
            free=free,
            residual_by_feature=_unknown(found.residual_by_feature, entries),
        )


def _unknown(
    table: arb_mat | None, columns: Set[int] = frozenset(), rows: Set[int] = frozenset()
) -> arb_mat | None:
    """A table with nan in some columns and rows."""
    if table is None:
        return None
    nan = arb("nan")
    values = [
        [nan if i in rows or j in columns else v for j, v in enumerate(row)]
        for i, row in enumerate(table.tolist())
    ]
    return arb_mat(values)
