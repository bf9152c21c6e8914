"""The part of a breakpoint's system that its condition depends on: lambda* may have a name where the rest has none.

Neurons whose fits all others are orthogonal to have a system of their own. Let T be units (neurons, and all pairs with
what they exchange as one) such that

    N_k Q_j = 0 for k in T and j not in T,    and neither the condition nor the ridge sees any such Q_j nu.

Then nu_T = nu + sum_{j not in T} b_j Q_j eta, with the weights of T, solves the system that holds T alone, at the same
lambda, and the condition is 0 there, too: all N_k nu are the same, and so is what T adds to the fit. So lambda* is that
of a root of the smaller system, and of the one that is found if it lies where there is no other. Often T is empty: a
neuron enters whose activation is orthogonal to those of all others, at lambda* = |N y|.
"""

from __future__ import annotations

from itertools import compress
from typing import NamedTuple

from flint import arb, fmpq_mat

from polyrelu.breakpoints.zeros import Zero, zero_of
from polyrelu.curves.branch import BITS, Balls, Branch
from polyrelu.curves.condition import SHARE, SLACK, WEIGHT, Condition
from polyrelu.exact.enclosure import precision
from polyrelu.exact.krawczyk import GUARD_BITS, Root

FINER = 3 * BITS
"""Bits with which the point lies well inside the region of the smaller system, if it is its root."""


class Unit(NamedTuple):
    """Neurons of a branch that count as one, what they see of nu, and what they add to the fit."""

    neurons: tuple[int, ...]
    eyes: list[fmpq_mat]
    fits: list[fmpq_mat]


def apart(zero: Zero) -> Zero | None:
    """The zero of the same condition at the same lambda in a smaller system; None where all neurons are needed."""
    branch, f = zero.branch, zero.condition
    if zero.exact is not None or f.kind == SHARE:
        return None
    kept = _needed(branch, f)
    if len(kept) == branch.K:
        return None
    part, form = branch.only(kept), f.form
    if part.r and part.B != branch.B:
        return None
    if f.kind == WEIGHT and form:
        form = tuple(form[k] for k in kept)
    start = _within(branch, zero.root, part, kept)
    found = zero_of(part, Condition(f.kind, f.place, f.row, f.target, form), start, zero.lam)
    finer = zero.root.refine(FINER)
    if found is None or finer is None:
        return None
    point = [*_within(branch, finer, part, kept), finer.box[-1]]
    return found if all(map(arb.contains, found.root.region, point)) else None


def _needed(branch: Branch, f: Condition) -> list[int]:
    """The neurons of the smallest T."""
    first = {k for k, neuron in enumerate(branch.neurons) if neuron.place == f.place}
    eyes = [branch.ridge.transpose()] if any(branch.ridge.entries()) else []
    if f.kind == WEIGHT and f.form:
        first = {k for k, v in enumerate(f.form) if v != 0}
    elif f.kind == SLACK:
        eyes.append(branch.neuron(f.place).N)
    elif f.form:
        eyes.append(fmpq_mat([list(f.form)]))
    kept, others = set[int](), _units(branch)
    while True:
        more = [u for u in others if first & {*u.neurons} or _sees(eyes, u.fits)]
        if not more:
            return sorted(kept)
        kept |= {k for unit in more for k in unit.neurons}
        eyes = [eye for unit in more for eye in unit.eyes]
        others = [u for u in others if u not in more]


def _units(branch: Branch) -> list[Unit]:
    """Each neuron by itself, but those that exchange together."""
    each = [Unit((k,), [neuron.N], [branch.square(k)]) for k, neuron in enumerate(branch.neurons)]
    if not branch.r:
        return each
    pairs = list(compress(each, branch.paired))
    exchange = Unit(
        tuple(k for unit in pairs for k in unit.neurons),
        [branch.XB.transpose(), *(eye for unit in pairs for eye in unit.eyes)],
        [branch.XB, *(fit for unit in pairs for fit in unit.fits)],
    )
    return [exchange, *(unit for unit, pair in zip(each, branch.paired, strict=True) if not pair)]


def _sees(eyes: list[fmpq_mat], fits: list[fmpq_mat]) -> bool:
    """Whether a fit counts for a form among these."""
    return any(any((eye * fit).entries()) for eye in eyes for fit in fits)


def _within(branch: Branch, root: Root, part: Branch, kept: list[int]) -> Balls:
    """The numbers of a root of a branch that a part of it has, too."""
    with precision(root.prec + GUARD_BITS):
        lam, (g, b, c) = root.box[-1], branch.parts(root.box[:-1])
        eta = branch.data.W * g + branch.data.rest * (1 / lam)
        W = part.data.W
        own = part.data.gram.solve(W.transpose() * eta).entries() if part.size else []
        return [*own, *(b[k] for k in kept), *(c if part.r else [])]
