"""The derivatives of one neuron, and how far they range over all optimal networks, where the network is not unique.

All optimal networks are the mixtures of the minimal ones, the vertices of their polytope. A mixture with constant
shares stays optimal near lambda as its vertices do, and its derivatives are the mixtures of theirs: each ranges over
the interval that the vertices span. That needs all vertices, each with derivatives of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import arb, arb_mat

from polyrelu.curves.branch import Balls
from polyrelu.proof.neuron import Place

Span = tuple[arb, arb]


@dataclass(frozen=True, eq=False)
class Moving:
    """A neuron, or a pair {u, -u}, with its weight ||w|| and derivatives."""

    place: Place
    pair: bool
    weight: arb
    by_lambda: arb
    by_target: Balls | None
    """One entry for each row; None where there is no derivative."""
    direction_by_lambda: Balls
    direction_by_target: arb_mat | None
    """d rows, n columns."""
    by_feature: arb_mat | None = None
    """The weight by the entries of X, n rows and d columns; nan where there is no derivative, None where unknown."""
    direction_by_feature: arb_mat | None = None
    """Column i d + l: by entry l of row i."""

    def influence(self, row: int) -> arb:
        """The norm of the derivative of the weight by a row of X: how far it can move when the row moves by 1."""
        assert self.by_feature is not None
        squares = (self.by_feature[row, c] ** 2 for c in range(self.by_feature.ncols()))
        return sum(squares, start=arb(0)).sqrt()


@dataclass(frozen=True, eq=False)
class Range:
    """A neuron, with the least and the greatest of each value among all optimal networks (0 where it is not used)."""

    place: Place
    weight: Span
    by_lambda: Span
    by_target: tuple[Span, ...] | None


def ranges_over(minimal: Sequence[Sequence[Moving]], places: Sequence[Place]) -> tuple[Range, ...]:
    """Over all mixtures of these networks, neuron by neuron."""
    tables = [{k.place: k for k in one} for one in minimal]
    return tuple(_range(place, [table.get(place) for table in tables]) for place in places)


def _range(place: Place, among: list[Moving | None]) -> Range:
    targets = [k.by_target for k in among if k is not None]
    n = len(targets[0] or ())
    rows = [[arb(0)] * n if k is None or k.by_target is None else k.by_target for k in among]
    return Range(
        place,
        _span([arb(0) if k is None else k.weight for k in among]),
        _span([arb(0) if k is None else k.by_lambda for k in among]),
        None if None in targets else tuple(_span([v[j] for v in rows]) for j in range(n)),
    )


def _span(values: list[arb]) -> Span:
    low = high = values[0]
    for v in values[1:]:
        low, high = low.min(v), high.max(v)
    return low, high
