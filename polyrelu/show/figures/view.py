"""A proved optimal set in floats, for drawing: its vertices, its edges, and the directions of its coordinates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from polyrelu.errors import BadInput
from polyrelu.networks.coordinates import rounded
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.result import Result
from polyrelu.show.floats import BITS, Floats, directions


def inputs(result: Result) -> int:
    """The number of features, a last column of ones not counted."""
    X = result.problem.X
    return len(X[0]) - int(len(X[0]) > 1 and all(row[-1] == 1 for row in X))


@dataclass(frozen=True, eq=False)
class View:
    """One coordinate ||w|| for each neuron of S (or block of the support)."""

    weights: Floats  # (V, K), one row for each vertex of the set
    directions: Floats  # (K, d), the unit vectors u_k
    signs: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    dimension: int
    names: tuple[str, ...]

    def values(self, inputs: Floats) -> Floats:
        """(V, m): what each vertex's network computes at m inputs."""
        activations = np.maximum(self.directions @ inputs.T, 0.0) * np.array(self.signs).reshape(-1, 1)
        return np.asarray(self.weights @ activations)


def view(result: Result, level: str, max_vertices: int) -> View:
    """The set of optimal networks ("neurons"), or of solutions of the convex program ("blocks")."""
    if level not in ("neurons", "blocks"):
        raise BadInput(f'level={level!r} is unknown; use "neurons" or "blocks"')
    optimum = result.proved()
    known = result.optimal_set
    networks = known if max_vertices == known.max_vertices else OptimalSet(optimum, max_vertices)
    chosen = networks.neurons if level == "neurons" else networks.blocks
    u = directions(optimum)
    if level == "neurons":
        of, names = list(range(len(u))), [f"neuron {k + 1}" for k in range(len(u))]
    else:
        of = [block.neuron for block in networks.blocks.blocks]
        names = [f"block {b + 1} (neuron {k + 1})" for b, k in enumerate(of)]
    weights = np.array([[rounded(w) for w in v.weights(BITS)] for v in chosen.vertices])
    signs = tuple(neuron.place.sign for neuron in optimum.used)
    return View(
        weights.reshape(len(chosen.vertices), len(of)),
        u[of],
        tuple(signs[k] for k in of),
        tuple(chosen.edges),
        chosen.dimension,
        tuple(names),
    )
