"""Neurons that are tight for every lambda of a curve and that no optimal network uses.

They are tight by identity: |A_k nu|^2 is a mean of such lengths of the neurons of the curve (see `implied`). Let

    p.a_k = 0 for the activations of all used neurons and for the free columns,    p.a_k > 0 for all idle ones.

All optimal networks have one fit, p.fit = 0 as one network has used neurons alone, and weights are not negative: so
none of them uses an idle one. If there is no such p at some lambda, some network does (Gordan). It is one p for a whole
chord, and p.a_k = 0 holds by identity.

*Gates* tell themselves. Let row j have the target 0, and let no member of a unit act on it: nu_j = 0 for every lambda.
Then a gate that differs from a member on such *silent* rows alone (and on fitted ones, see `gates`) is tight as well.
Where all tight gates that act on row j have x_j.z of one strict sign, p is the unit vector of the row, or its negative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from flint import arb, fmpq, fmpq_mat

from polyrelu.curves.basis import rounded
from polyrelu.curves.chord import Chord
from polyrelu.curves.condition import IDLE, Condition
from polyrelu.curves.conditions import Table
from polyrelu.curves.gates import Gates
from polyrelu.exact.linear import null_space
from polyrelu.guess import nearest_of_hull
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


def unused(chord: Chord, idle: Sequence[Neuron], used: Sequence[Neuron]) -> list[Condition] | None:
    """Conditions that keep idle neurons without weight: p is proposed at one end; None where there seems to be none."""
    orthogonal = _beside(chord, used)
    nu = chord.branch.residual_at(chord.at_high, arb(chord.high)).entries()
    activations = np.array([[float(v.mid()) for v in map(arb, k.activation(nu))] for k in idle])
    if not orthogonal or not np.isfinite(activations).all():
        return None
    points = activations @ np.array([[float(v) for v in p] for p in orthogonal]).T
    sizes = np.linalg.norm(points, axis=1, keepdims=True)
    if not sizes.min() > 0:
        return None
    points /= sizes
    parts = nearest_of_hull(points) @ points
    p = fmpq_mat([[rounded(float(v)) for v in parts]]) * fmpq_mat(orthogonal)
    return [
        Condition(IDLE, k.place, None, None, tuple((p * (k.N.transpose() * k.N)).entries())) for k in idle
    ]


def _beside(chord: Chord, used: Sequence[Neuron]) -> list[list[fmpq]]:
    """A basis of all p with p.a = 0 for the activations of some neurons, for every lambda, and for the free columns."""
    implied, program = chord.implied, chord.branch.program
    rest = fmpq_mat(program.n, 1, chord.branch.y_rest)
    rows = program.free.B.transpose().tolist() if program.free.kept else []
    for k in used:
        Q = k.N.transpose() * k.N
        rows += [*implied.on_zeta(Q).transpose().tolist(), (Q * rest).entries()]
    return null_space(rows, program.n)


def stay_idle(
    chord: Chord,
    idle: Sequence[Place],
    used: Sequence[Place],
    neuron: Callable[[Place], Neuron],
    table: Callable[[list[Condition]], Table],
) -> bool:
    """Whether neurons that are not among those of a branch are tight, and have no weight, on the whole chord."""
    if not idle:
        return True
    neurons = [neuron(p) for p in idle]
    if not isinstance(chord.branch, Gates) and not all(map(chord.implied.is_tight, neurons)):
        return False
    conditions = unused(chord, neurons, [neuron(p) for p in used])
    return conditions is not None and not table(conditions).failing(chord, set(), set())
