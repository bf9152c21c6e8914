"""Gates that are tight for every lambda of a curve and that no optimal network uses.

Let row j have the target 0, and let no member of a unit act on it: nu_j = 0 for every lambda. Then a gate that differs
from a member on such *silent* rows alone (and on fitted ones, see `gates`) is tight as well. Its weight would make a
fit on row j, which is 0 altogether. So where all tight gates that act on row j have x_j.z of one strict sign, none of
them has a weight; and so on, row by row, for the gates that are left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from flint import arb, fmpq_mat

from polyrelu.curves.chord import Chord
from polyrelu.curves.condition import IDLE, Condition
from polyrelu.curves.conditions import Table
from polyrelu.curves.gates import Gates
from polyrelu.exact.linear import dot
from polyrelu.proof.neuron import Neuron, Place, gated_place


def silent_rows(branch: Gates) -> list[int]:
    """Rows with nu_j = 0 for every lambda, on which nothing acts."""
    rest, nonzero = branch.y_rest, branch.program.nonzero_rows
    touched = [any(v != 0 for v in row) for row in branch.W.tolist()] if branch.size else [False] * len(rest)
    return [j for j, v in enumerate(rest) if nonzero[j] and v == 0 and not touched[j]]


def idle_gates(branch: Gates) -> list[Place]:
    """All listed gates that are tight because a member is, by rows whose residual is 0, and act on a silent one."""
    silent, program = silent_rows(branch), branch.program
    if not silent or not branch.K:
        return []
    free = {*silent, *(j for j in range(program.n) if branch.fits(j))}
    compared = [j for j in range(program.n) if program.nonzero_rows[j] and j not in free]
    acting = program.patterns[:, silent].any(axis=1)
    found = dict[int, None]()
    for place in (m.place for unit in branch.units for m in unit):
        own = np.array(place.face)[compared] > 0
        for gate in (own, ~own) if branch.has_no_trend else (own,):
            same = (program.patterns[:, compared] == gate).all(axis=1)
            found |= dict.fromkeys(int(k) for k in np.flatnonzero(same & acting))
    return [gated_place(program, k) for k in found]


def unused(branch: Gates, idle: Iterable[Place], nu: Sequence[arb]) -> list[Condition] | None:
    """Conditions that keep idle gates without weight, proposed at one residual; None where there are none."""
    program, waiting, conditions = branch.program, list(idle), list[Condition]()
    neurons = {place: Neuron(place, program) for place in waiting}
    rows = silent_rows(branch)
    while waiting:
        for j in rows:
            x = fmpq_mat([program.Xq.tolist()[j]])
            here = {place: (x * neurons[place].A).entries() for place in waiting if place.face[j] > 0}
            signs = {sign(arb(0) + dot(form, nu)) for form in here.values()}
            if signs in ({1}, {-1}):
                break
        else:
            return None
        (s,) = signs
        conditions += [Condition(IDLE, p, j, None, tuple(v * s for v in form)) for p, form in here.items()]
        waiting = [place for place in waiting if place not in here]
    return conditions


def stay_idle(chord: Chord, idle: Sequence[Place], table: Callable[[list[Condition]], Table]) -> bool:
    """Whether tight gates that are not among the neurons of a branch have no weight, on the whole chord."""
    branch = chord.branch
    if not idle or not isinstance(branch, Gates):
        return True
    conditions = unused(branch, idle, branch.residual_at(chord.at_low, arb(chord.low)).entries())
    return conditions is not None and not table(conditions).failing(chord, set(), set())


def sign(value: arb) -> int:
    """1 or -1, or 0 where it is not told."""
    return int(bool(value > 0)) - int(bool(value < 0))
