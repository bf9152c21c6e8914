"""From guessed neurons to a conjectured structure: which of them are antipodal pairs, and where Newton starts.

Floats throughout: nothing here is trusted, it only says what the proof should try.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr
from scipy.optimize import linprog

from polyrelu.guess.result import Guess, GuessedNeuron

Floats = NDArray[np.float64]

OPPOSITE = 1e-5
"""Two unit directions whose sum is shorter than this are taken for antipodes."""
FLAT = 1e-9
"""Relative size below which a singular value counts as zero."""


@dataclass(frozen=True)
class Group:
    """A single neuron, or an antipodal pair with its partner; weights are those of the guessed solution."""

    neuron: GuessedNeuron
    partner: GuessedNeuron | None = None

    @property
    def weight(self) -> float:
        """The weight of the neuron and its partner together."""
        return self.neuron.weight + (self.partner.weight if self.partner else 0.0)


Opposite = Callable[[GuessedNeuron, GuessedNeuron], bool]
"""Do two neurons lie on opposite faces (or belong to complementary gates)?"""


def group(guess: Guess, opposite: Opposite) -> tuple[list[Group], list[GuessedNeuron]]:
    """Supported neurons as singles and pairs (a partner may come from the ties), and the remaining ties."""
    ties, groups = list(guess.ties), []
    waiting = list(guess.neurons)
    while waiting:
        neuron = waiting.pop(0)
        partner = _antipode(neuron, waiting, opposite) or _antipode(neuron, ties, opposite)
        if partner is not None:
            # Dataclass equality would compare arrays: remove by identity.
            waiting = [k for k in waiting if k is not partner]
            ties = [k for k in ties if k is not partner]
        groups.append(Group(neuron, partner))
    return groups, ties


def _antipode(neuron: GuessedNeuron, among: list[GuessedNeuron], opposite: Opposite) -> GuessedNeuron | None:
    for other in among:
        if other.sign != neuron.sign or np.linalg.norm(other.direction + neuron.direction) >= OPPOSITE:
            continue
        if opposite(neuron, other):
            return other
    return None


def directions_span(groups: list[Group], r: int) -> bool:
    """Do the pairs' directions seem to span r dimensions?"""
    pairs = [g.neuron.direction for g in groups if g.partner is not None]
    if not pairs or r > len(pairs):
        return False
    singular = np.linalg.svd(np.array(pairs), compute_uv=False)
    return int((singular > FLAT * singular[0]).sum()) == r


def start_of_c(groups: list[Group], B: Floats, lam: float) -> Floats:
    """Coordinates of sum beta'_k z_k in the basis B, where beta'_k is the weight of -u_k and z_k = s lambda u_k."""
    exchanged = np.zeros(B.shape[0])
    for g in groups:
        if g.partner is not None:
            exchanged += g.partner.weight / lam * g.neuron.sign * lam * g.neuron.direction
    return np.asarray(np.linalg.lstsq(B, exchanged, rcond=None)[0])


def fibre_interior(Z: Floats, target: Floats, mu: Floats) -> tuple[Floats, list[int]] | None:
    """A point well inside { 0 < beta < mu, Z beta = target }, and columns of Z that form a good basis.

    The unknowns are the shares beta / mu in (0, 1), so that weights of all sizes look alike to the solver.
    """
    q, M = len(mu), Z * mu
    scale = np.linalg.norm(M, axis=0).max() or 1.0
    found = linprog(
        np.concatenate([np.zeros(q), [-1.0]]),  # the largest margin t with t <= share <= 1 - t
        A_ub=np.block([[-np.eye(q), np.ones((q, 1))], [np.eye(q), np.ones((q, 1))]]),
        b_ub=np.concatenate([np.zeros(q), np.ones(q)]),
        A_eq=np.hstack([M / scale, np.zeros((len(Z), 1))]),
        b_eq=target / scale,
        bounds=[(None, None)] * q + [(None, 0.5)],
    )
    if not found.success or found.x is None or found.x[-1] <= FLAT:
        return None
    _, R, pivots = qr(M, pivoting=True, mode="economic")
    rank = int((np.abs(np.diag(R)) > FLAT * abs(R[0, 0])).sum())
    return found.x[:-1] * mu, sorted(int(p) for p in pivots[:rank])
