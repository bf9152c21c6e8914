"""By how much directions have to be below lambda at some nodes, so that they are below it along the whole chord.

f_nu(u) is linear in nu. So if nu(lambda) is a mean of the residuals of some nodes, and lambda the same mean of theirs,
up to an error e with |e_i| <= err_i, then what is below (lambda_k - eta) ||u|| at every node, eta = sum err_i ||x_i||,
is below lambda ||u|| on the chord. Two nodes at its ends leave e = t (1 - t) E, the bow of the residual, whose size is
the square of the step. A third one in the middle takes most of it away: with nu_c = (nu_a + nu_b + E) / 2 and
Bernstein's weights,

    (1 - t)^2 nu_a + 2 t (1 - t) nu_c + t^2 nu_b = (1 - t) nu_a + t nu_b + t (1 - t) E,

and lambda_c = (a + b) / 2 moves likewise. What is left is what E is not known by: a third power. nu_c is no residual of
any lambda; it needs no other property.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from flint import arb, fmpq

from polyrelu.covering.question import norm_above
from polyrelu.curves.chord import Drift
from polyrelu.curves.nodes import Node, near, rounded
from polyrelu.curves.patience import Patience, shortened
from polyrelu.curves.rows import Hard, Rows, hard_lines
from polyrelu.exact.enclosure import scaled_up

ERROR_BITS = 40
"""Further digits of what the residual is off the chord by."""
FLOOR_BITS = 56
"""No error below this part of lambda is used: a piece ends a hair beyond its breakpoint, where guests exceed lambda,
and a question in the row space of the data is a hair (2^-64) harder than the question itself."""


@dataclass(frozen=True, eq=False)
class Room:
    """Some nodes, and what has to be taken off lambda at each."""

    nodes: tuple[Node, ...]
    pins: tuple[dict[int, int], ...]
    """Residuals that are moved to the side of 0 where they are known to be."""
    errors: tuple[int, ...]
    fine: int
    """Errors are over 2^fine."""
    radius: Fraction
    part: Fraction
    """eta as a part of lambda."""

    @staticmethod
    def chosen(nodes: tuple[Node, Node], drift: Drift, rows: Rows, patience: Patience) -> Room | None:
        """The ends of a chord, if their error seems to be small enough, or a third node with them; or none."""
        middle, left = _middle(nodes, drift)
        finer = _room((middle, *nodes), left, rows)
        patience.last = finer.part
        plain = _room(nodes, drift.whole(), rows)
        return next((room for room in (plain, finer) if room.part <= patience.part), None)

    @property
    def middle(self) -> Node | None:
        """The third node, if there is one."""
        return self.nodes[0] if len(self.nodes) > 2 else None

    def hard(self, rows: Rows) -> Hard:
        """The lines whose coefficient is not shown to be negative along the chord."""
        return frozenset[tuple[int, int]]().union(
            *(
                hard_lines(
                    node.question(rows.rows, self.radius, (), None, pinned), self.errors, self.fine, rows
                )
                for node, pinned in zip(self.nodes, self.pins, strict=True)
            )
        )


def _room(nodes: tuple[Node, ...], drift: Sequence[arb], rows: Rows) -> Room:
    pins = tuple(_pinned(node, rows) for node in nodes)
    fine = max(node.bits for node in nodes) + ERROR_BITS
    errors = _errors(drift, nodes, pins, fine)
    sizes = [norm_above(row) for row in rows.rows]
    if nodes[
        0
    ].program.offset:  # errors add up to 0: any row may be taken for the origin (see `Question.eta`)
        sizes = [max(norm_above(row[:-1]) for row in rows.rows)] * len(sizes)
    total = Fraction(sum(e * size for e, size in zip(errors, sizes, strict=True)), 2**fine)
    level = max(node.level for node in nodes)
    total = max(total, level / 2**FLOOR_BITS)
    return Room(nodes, pins, tuple(errors), fine, total / (sum(sizes) or 1), shortened(total / level))


def _middle(nodes: tuple[Node, Node], drift: Drift) -> tuple[Node, list[arb]]:
    """The third node, and how far the residual is from the mean of the three."""
    low, high = nodes
    bits = max(low.bits, high.bits)
    unit, sums, integers = arb(2) ** -bits, list[int](), list[int]()
    for u, v, bow in zip(low.integers, high.integers, drift.bow, strict=True):
        ends = (u << (bits - low.bits)) + (v << (bits - high.bits))
        sums.append(ends)
        integers.append((ends + near(bow, bits)) >> 1)
    integers = list(rounded(low.program, integers))
    left = [
        ((bow - (2 * m - ends) * unit) / 4).union(arb(0)) + off
        for bow, off, m, ends in zip(*drift, integers, sums, strict=True)
    ]
    lam = (low.lam + high.lam) / 2
    return Node(low.program, lam, [], tuple(integers), bits, Fraction(0)), left


def _errors(
    drift: Sequence[arb], nodes: Sequence[Node], pins: Sequence[dict[int, int]], fine: int
) -> list[int]:
    """How far each residual is from the mean of the integers of some nodes, at most, over 2^fine."""
    rounding = max(node.error for node in nodes) * 2**fine
    errors = [scaled_up(v.abs_upper(), fine) + rounding.__ceil__() + 1 for v in drift]
    for node, pinned in zip(nodes, pins, strict=True):
        for i, m in pinned.items():
            errors[i] += abs(m - node.integers[i]) << (fine - node.bits)
    return errors


def _pinned(node: Node, rows: Rows) -> dict[int, int]:
    """Residuals of known sign that rounding has left on the wrong side of 0, and those of lines."""
    if node.program.offset:
        return {}  # all of them add up to 0: a wall more does no harm
    found = {i: 0 for i, s in rows.sided.items() if s * node.integers[i] > 0}
    for j, (s, line) in rows.lines.items():
        C = sum((m * found.get(i, node.integers[i]) for i, m in line.items()), start=fmpq(0)) * s
        if C > 0:
            found[j] = found.get(j, node.integers[j]) - s * int(C.ceil())
    return found
