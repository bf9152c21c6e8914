"""Weights of an optimal network near wanted ones, in floats: a linear program, and a basis to solve on exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog

from polyrelu.guess.values import Array

BLENDS = (0.0, 1e-12, 1e-9, 1e-6, 1e-3, 0.1, 1.0)
"""How much of an interior solution is mixed in, so that weights at zero do not become negative by rounding."""


@dataclass(frozen=True)
class Proposal:
    """Weights, and the columns whose weights should be solved for."""

    weights: Array
    basis: list[int]


def nearest_weights(activations: Array, fit: Array, wanted: Array, rank: int) -> Iterator[Proposal]:
    """Proposals for beta >= 0 with sum beta_k a_k = fit (a_k the rows) and small sum |beta_k - wanted_k|."""
    K = len(activations)
    if K == 0 or not all(np.isfinite(v).all() for v in (activations, fit, wanted)):
        return
    start = np.maximum(wanted, 0)
    yield Proposal(start, basis_of(activations, start, rank))
    interior = _solve(
        np.append(np.zeros(K), -1.0), np.hstack([activations.T, activations.sum(axis=0)[:, None]]), fit
    )
    inside = None if interior is None else interior[:K] + interior[K]
    # variables beta, p, q >= 0 with beta - p + q = wanted: the sum of p and q is the distance
    eye, zero = np.eye(K), np.zeros((len(fit), 2 * K))
    rows = np.vstack([np.hstack([activations.T, zero]), np.hstack([eye, -eye, eye])])
    closest = _solve(np.repeat([0.0, 1.0, 1.0], K), rows, np.append(fit, wanted))
    near = inside if closest is None else closest[:K]
    if near is None:
        return
    for blend in BLENDS if inside is not None else (0.0,):
        weights = near if inside is None else (1 - blend) * near + blend * inside
        yield Proposal(np.maximum(weights, 0), basis_of(activations, weights, rank))


def positive_weights(activations: Array, fit: Array, rank: int) -> tuple[Array, list[int]] | None:
    """A solution far from the bounds beta >= 0, and a basis with large weights; None if there seems to be none."""
    K, size = len(activations), max(float(np.abs(fit).max(initial=0.0)), 1e-300)
    rows = np.hstack([activations.T, activations.sum(axis=0)[:, None]])
    found = _solve(np.append(np.zeros(K), -1.0), rows, fit)
    if found is None or not found[K] * float(np.abs(activations).max(initial=0.0)) > 1e-9 * size:
        return None
    weights = found[:K] + found[K]
    basis = basis_of(activations, weights, rank)
    return (weights, basis) if len(basis) == rank else None


def _solve(cost: Array, rows: Array, right: Array) -> Array | None:
    scale = np.maximum(np.abs(rows).max(axis=1, initial=0.0), 1e-300)
    found = linprog(cost, A_eq=rows / scale[:, None], b_eq=right / scale, bounds=(0, None), method="highs")
    return np.asarray(found.x) if found.status == 0 else None


def basis_of(activations: Array, weights: Array, rank: int) -> list[int]:
    """`rank` independent rows, with large weights first where the choice is free."""
    chosen: list[int] = []
    rest = activations / np.maximum(np.linalg.norm(activations, axis=1), 1e-300)[:, None]
    for k in np.argsort(-weights):
        size = np.linalg.norm(rest[k])
        if len(chosen) < rank and size > 1e-7:
            direction = rest[k] / size
            rest = rest - np.outer(rest @ direction, direction)
            chosen.append(int(k))
    return chosen
