"""What happens on a path of gated neurons: units enter and leave, and exchanges between gates begin and end.

  enter, leave    the slack, or the weight, of a unit vanishes: all of its gates come or go; or one gate of a unit does
  fit_begin       the residual of row j becomes 0, and stays 0: every tight gate D with D +- e_j in the list shares its
                  weight with that gate from here on. Above, nu_j > 0 (say), and those of the two that act on row j are
                  tight iff x_j.u > 0: then row j has the largest fit that these units can give it, and y_j is larger
  fit_end         the reverse: row j has its largest (or smallest) fit again, and below y_j is out of reach
  phase_begin, phase_end    the same of exchanges that are not those of a row: X^T nu becomes 0, and D shares with I - D

**They begin.** Let z_m, with t, be the directions of members of one unit at lambda*, and B the exchange space of the
structure below, M_m = B G_m. As z_m = t (z - M_m^T nu), two tight members have

    0 = |z_m|^2 - |z|^2 = (z_m - t z).(z_m + t z) = -t (G_m^T B^T nu).(z_m + t z).

If the vectors G_m (z_m + t z) of the members known to be tight at lambda* (those above, and the one whose slack is 0)
span R^r, then B^T nu = 0, exactly; so all members are tight there. The weights above, summed up, and c by linear
equations solve the system below. Right below the newcomers have thin shares.

**They end** where the polytope of shares becomes empty: floats name the facet it shrinks to. Seen from below its end is
a beginning, and is proved as one. Members that share on the facet, and go apart below it, are units of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from flint import arb, arb_mat, fmpq_mat
from numpy.typing import NDArray

from polyrelu.breakpoints.events import Change
from polyrelu.breakpoints.zeros import Zero
from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import SHARE, SLACK, WEIGHT, Condition
from polyrelu.curves.curve import Curve
from polyrelu.curves.gates import Gates, Member, grouped
from polyrelu.curves.nodes import Node
from polyrelu.curves.shares import fibre_at, units_of
from polyrelu.exact.minors import nonzero_minor
from polyrelu.guess import nearest_facet
from polyrelu.proof.neuron import Place, gated_place

CLOSE = 1e-9
"""A slack so small, relative to lambda^2, is looked at in balls."""
SAME = 1e-7


def gated_changes(curve: Curve, zero: Zero) -> Iterator[tuple[Change, ...]]:
    """What happens where a slack, or a weight, of a curve of gates vanishes."""
    branch, failed = curve.branch, zero.condition
    assert isinstance(branch, Gates)
    if curve.further:
        return
    if failed.kind == SLACK:
        yield from _begins(curve, branch, zero)
    elif failed.kind == WEIGHT:
        yield from _leaves(branch, failed.place)


def _leaves(branch: Gates, place: Place) -> Iterator[tuple[Change, ...]]:
    kept = zip(branch.neurons, branch.members, strict=True)
    below = Gates.of(branch.program, ((k, members) for k, members in kept if k.place != place))
    if below.r < branch.r:
        return  # what this unit alone exchanges ends first
    gone = next(unit for unit in branch.units if unit[0].place == place)
    whole = Change(
        "leave",
        place,
        None,
        below,
        frozenset([Condition(WEIGHT, place)]),
        frozenset(Condition(SLACK, m.place) for m in gone),
        guests_below=tuple(m.place for m in gone),
        leads=Condition(SLACK, place),
    )
    yield whole, *(Change("leave", m.place, None, below) for m in gone[1:])


def _begins(curve: Curve, branch: Gates, zero: Zero) -> Iterator[tuple[Change, ...]]:
    nu, first = curve.branch.residual_at(zero.x, zero.lam), zero.condition.place
    new = newcomers(curve, nu, zero.lam)
    below = grouped(branch.program, [*curve.tight, *new], nu.entries(), zero.lam).led_by(curve.tight)
    heads = [unit for unit in below.units if unit[0].place in new]
    if not below.includes(branch) or any(first not in (m.place for m in unit) for unit in heads):
        return  # of a further unit nothing says that it is tight at the same lambda, exactly
    if below.r > branch.r and not _spanned(below, {*curve.tight, first}, nu):
        return
    came = [Condition(WEIGHT, unit[0].place) for unit in heads]
    came += [Condition(SHARE, e.place) for e in below.exchanges if e.place in new and not heads]
    kinds = _kinds(branch, below, new)
    kind, row, place = kinds[0]
    whole = Change(
        kind,
        place,
        row,
        below,
        frozenset(Condition(SLACK, p) for p in new),
        frozenset(came),
        guests_above=tuple(new),
        leads=came[0] if heads else None,
    )
    yield whole, *(Change(kind, p, j, below) for kind, j, p in kinds[1:])


def _kinds(above: Gates, below: Gates, new: Sequence[Place]) -> list[tuple[str, int | None, Place]]:
    """The events: of rows whose residual is 0 below and was not; else of newcomers, or of a phase."""
    rows = [j for j in range(below.program.n) if below.fits(j) and not above.fits(j)]
    acting = [next((p for p in new if p.face[j] > 0), new[0]) for j in rows]
    if rows:
        return [("fit_begin", j, p) for j, p in zip(rows, acting, strict=True)]
    if above.r == below.r or len(new) == 1:
        return [("enter", None, p) for p in new]
    return [("phase_begin", None, new[0])]


def newcomers(curve: Curve, nu: arb_mat, lam: arb) -> list[Place]:
    """Listed gates that are not tight above and are at lambda*, as far as balls tell."""
    program, tight = curve.branch.program, {*curve.tight, *curve.idle}
    v = np.array([float(t.mid()) for t in nu.entries()])
    sizes = np.linalg.norm((program.patterns * v) @ program.X_float, axis=1)
    near = np.flatnonzero(np.abs(sizes / float(lam.mid()) - 1) < CLOSE)
    found = []
    for place in (gated_place(program, int(k)) for k in near):
        z = [arb(0) + w for w in curve.faces.neuron(place).z(nu.entries())]
        if place not in tight and (sum((w * w for w in z), start=arb(0)) - lam * lam).contains(0):
            found.append(place)
    return found


def _spanned(below: Gates, known: set[Place], nu: arb_mat) -> bool:
    """Whether the members known to be tight at lambda* leave B^T nu = 0 alone."""
    rows = []
    turns = [m.turn for members in below.members for m in members]
    for e, turn in zip(below.exchanges, turns, strict=True):
        first = below.neurons[e.unit]
        if e.place in known and first.place in known:
            other = below.neuron(e.place)
            rows.append((arb_mat(e.told) * (arb_mat(other.A + first.A * turn) * nu)).entries())
    return bool(rows) and len(nonzero_minor(arb_mat(rows))[0]) == below.r


def after_the_end(curve: Curve, below: Node) -> tuple[Branch, list[Place], dict[Place, arb]] | None:
    """What is left of an empty polytope of shares: the units below, and the gates that go.

    B^T nu leaves 0 along the normal y of the facet, and the direction of a member that of the first by G^T y: members
    that do so alike stay together.
    """
    branch = curve.branch
    assert isinstance(branch, Gates)
    found = nearest_facet(*fibre_at(branch, below.point), units_of(branch))
    if found is None:
        return None
    empty = {branch.exchanges[i].place for i in found.empty} | {branch.neurons[k].place for k in found.full}
    away = {e.place: _floats(e.told).T @ found.normal for e in branch.exchanges}
    largest = max((np.abs(v).max() for v in away.values()), default=0.0)
    units = []
    for unit in branch.units:
        left = [m for m in unit if m.place not in empty]
        while left:
            head, moved = left[0], (away.get(m.place, np.zeros(branch.program.d)) for m in left)
            near = away.get(head.place, np.zeros(branch.program.d))
            same = [np.abs(v - near).max() <= SAME * largest for v in moved]
            units.append([Member(m.place, m.turn * head.turn) for m, s in zip(left, same, strict=True) if s])
            left = [m for m, s in zip(left, same, strict=True) if not s]
    neuron, program = curve.faces.neuron, branch.program
    after = Gates.of(program, ((neuron(unit[0].place), tuple(unit[1:])) for unit in units))
    return (after, [p for p in curve.tight if p in empty], {}) if empty else None


def _floats(matrix: fmpq_mat) -> NDArray[np.float64]:
    return np.array([[float(v) for v in row] for row in matrix.tolist()])
