"""Where a condition vanishes along a branch: the root of the system in (x, lambda), proved, to any digits.

The augmented system F(x, lambda) = 0, f(x, lambda) = 0 is regular iff f' != 0 along the branch. `Root` is that of
`exact.krawczyk`: unique in its region, refined on demand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any

from flint import arb, arb_mat, ctx, fmpq

from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.condition import Condition
from polyrelu.curves.conditions import Table
from polyrelu.curves.gates import Gates
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ball_column, ends, precision
from polyrelu.exact.krawczyk import MAX_BITS, Root, prove_root
from polyrelu.proof.neuron import Place

FINE = BITS - 40
"""Accuracy of a zero in bits."""
ENOUGH = 2 * FINE
"""Bits that prove a zero of a simple event; where a function only touches 0, more do not help either."""
END_BITS = 108


@dataclass(frozen=True, eq=False)
class Zero:
    """A proved zero of a condition along a branch."""

    branch: Branch
    condition: Condition
    root: Root
    exact: Any = None
    """The same as exact numbers (`algebra.ExactZero`), where they were known before."""

    @property
    def x(self) -> Balls:
        """The root of the branch there."""
        return self.root.box[:-1]

    @property
    def lam(self) -> arb:
        """Lambda there, enclosed."""
        return self.root.box[-1]

    def refined(self, bits: int) -> arb:
        """Lambda to a relative accuracy of so many bits."""
        finer = self.root.refine(bits)
        if finer is None:
            raise Undecided(f"a breakpoint could not be refined to {bits} bits")
        return finer.box[-1]

    @property
    def outside(self) -> tuple[fmpq, fmpq]:
        """Short dyadic numbers just below and just above lambda."""
        lo, hi = ends(self.lam)
        scale = Fraction(2) ** (END_BITS - (hi.numerator.bit_length() - hi.denominator.bit_length()))
        below, above = (lo * scale).__floor__(), (hi * scale).__ceil__()
        unit = fmpq(scale.denominator, scale.numerator)
        return fmpq(below) * unit, fmpq(above) * unit


class Augmented:
    """The system in (x, lambda), at whatever precision is current."""

    def __init__(self, branch: Branch, condition: Condition) -> None:
        self.branch, self.condition = branch, condition
        self.table = lru_cache(maxsize=4)(lambda _: Table(branch, [condition]))

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickling: a cache does not travel."""
        return Augmented, (self.branch, self.condition)

    def equations(self, v: Sequence[arb]) -> Balls:
        """F and f."""
        x, lam = list(v[:-1]), v[-1]
        return [*self.branch.equations(x, lam), *self.table(max(ctx.prec, BITS)).values(x, lam)]

    def jacobian(self, v: Sequence[arb]) -> arb_mat:
        """[[J, F_lambda], [f_x, f_lambda]]."""
        x, lam = list(v[:-1]), v[-1]
        over_x, by_lambda = self.table(max(ctx.prec, BITS)).gradient(self.condition, x, lam)
        if not x:
            return arb_mat([[by_lambda]])
        J, F = self.branch.jacobian(x, lam).tolist(), self.branch.by_lambda(x).entries()
        return arb_mat([[*row, v] for row, v in zip(J, F, strict=True)] + [[*over_x, by_lambda]])


def zero_of(
    branch: Branch,
    condition: Condition,
    x: Sequence[arb],
    lam: arb,
    bits: int = FINE,
    *,
    most: int = MAX_BITS,
) -> Zero | None:
    """The zero near a start, if one is proved with at most so many bits."""
    system = Augmented(branch, condition)
    root = prove_root(system.equations, system.jacobian, [*x, lam], bits, max_bits=most)
    return None if root is None or not root.box[-1] > 0 else Zero(branch, condition, root)


def tangent(branch: Branch, x: Sequence[arb], lam: arb) -> Balls | None:
    """x'(lambda) at a point, enclosed as far as the balls go."""
    if not branch.unknowns:
        return []
    with precision(BITS):
        try:
            found: Balls = branch.jacobian(x, lam).solve(-branch.by_lambda(x)).entries()
        except ZeroDivisionError:
            return None
    return found


def rate(branch: Branch, condition: Condition, x: Sequence[arb], lam: arb) -> arb | None:
    """The derivative of a condition along the branch at a root."""
    dx = tangent(branch, x, lam)
    if dx is None:
        return None
    over_x, by_lambda = Table(branch, [condition]).gradient(condition, x, lam)
    return sum((u * v for u, v in zip(over_x, dx, strict=True)), start=by_lambda)


def carried(
    old: Branch,
    at: tuple[Sequence[arb], arb],
    new: Branch,
    names: dict[Place, Place],
    split: dict[Place, arb],
) -> Balls | None:
    """The root of one branch in the unknowns of another that holds the same residual there.

    `names` renames places; `split` gives the weights of neurons that were part of a pair and are singles now. A neuron
    that is new has no weight. What pairs exchange is a vector of R^d, and read off in the new basis.
    """
    (x, lam), new_names = at, names
    if isinstance(new, Gates):
        return new.placed(old.residual_at(x, lam), lam)
    g, b, c = old.parts(x)
    eta = old.data.W * g + old.data.rest * (1 / lam)
    units, weights = list(zip(old.neurons, old.paired, b, strict=True)), dict[Place, arb]()
    for k, _, w in units:
        for p in old.orbit(k.place):
            place = new_names.get(p, p)
            weights[place] = weights.get(place, arb(0)) + w  # two may become one
    paired = {new_names.get(p, p) for k, pair, _ in units if pair for p in old.orbit(k.place)}
    try:
        g = new.data.gram.solve(new.data.W.transpose() * eta) if new.size else arb_mat(0, 1)
        found, exchange = _weights(new, g, (weights, paired, split), arb_mat(old.B) * ball_column(c))
        if not new.r:
            return [*g.entries(), *found]
        T = arb_mat(new.onto)
        c = (T * arb_mat(new.B)).solve(T * exchange).entries()
    except ZeroDivisionError:
        return None
    return [*g.entries(), *found, *c]


Known = tuple[dict[Place, arb], set[Place], dict[Place, arb]]


def _weights(new: Branch, g: arb_mat, known: Known, exchange: arb_mat) -> tuple[Balls, arb_mat]:
    """The weights of the new units, and what its pairs exchange."""
    (weights, paired, split), found = known, []
    for k, (neuron, pair) in enumerate(zip(new.neurons, new.paired, strict=True)):
        place = neuron.place
        opposite = Place(place.sign, tuple(-v for v in place.face))
        here = split.get(place, weights.get(place, arb(0)))
        if pair and place not in paired:
            there = weights.get(opposite, arb(0))  # a single until now, whose weight is the part of -u
            exchange = exchange + new.directed(k, g) * there
            here = here + there
        found.append(here)
    return found, exchange
