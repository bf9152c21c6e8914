"""The numbers that the page is made of: the proved set, rounded for display."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from polyrelu.errors import BadInput
from polyrelu.networks.coordinates import rounded
from polyrelu.show.figures.canvas import counted, setting
from polyrelu.show.figures.contours import side
from polyrelu.show.figures.curves import inputs_between, statement
from polyrelu.show.figures.hull import Hull, hull
from polyrelu.show.figures.solution_mapping import Axis, chosen_axes, coordinates, label
from polyrelu.show.figures.view import View, inputs, view
from polyrelu.show.floats import BITS, Floats

SLIDERS = 12
STEPS = 41


def numbers(
    result: Any, neurons: Sequence[int] | None, feature: int | None, max_vertices: int
) -> dict[str, Any]:
    """Everything that the page shows, as JSON."""
    _require(result)
    seen = view(result, "neurons", max_vertices)
    axes = chosen_axes(seen, neurons, feature)
    points = coordinates(seen, axes)
    shape, slid = hull(points), apart(seen.weights, SLIDERS)
    problem = result.problem
    y = np.array([float(v) for v in problem.y])
    residual = np.array([rounded(ball) for ball in result.proved().residual(BITS)])
    return {
        "title": f"Optimal networks at {setting(result)}",
        "caption": caption(result, seen, axes, shape, len(slid)),
        "dimension": seen.dimension,
        "vertices": seen.weights.tolist(),
        "directions": seen.directions.tolist(),
        "signs": list(seen.signs),
        "names": list(seen.names),
        "sliders": slid,
        "rows": [[float(v) for v in row] for row in problem.X],
        "y": y.tolist(),
        "fit": (y - residual).tolist(),
        "features": list(problem.features),
        "target": problem.target,
        "picture": {
            "axes": [None if axis.neuron is None else list(axis) for axis in axes],
            "labels": [label(result, seen, axis, "w") for axis in axes],
            "vertices": points.tolist(),
            "corners": shape.corners.tolist(),
            "edges": [list(edge) for edge in shape.edges],
            "triangles": triangles(shape),
            "eye": eye(shape),
        },
        "function": drawn_inputs(result, seen),
    }


def _require(result: Any) -> None:
    if result.proved().program.gated:
        raise BadInput(
            "a gated network is no function of its weights alone; ask for --kind polytope or support"
        )


def apart(weights: Floats, count: int) -> list[int]:
    """All vertices if they are few; else the first, and always next the one farthest from those taken already.

    >>> apart(np.array([[0.0], [1.0], [9.0], [5.0]]), 3)
    [0, 2, 3]
    """
    if len(weights) <= count:
        return list(range(len(weights)))
    taken, distance = [0], np.linalg.norm(weights - weights[0], axis=1)
    while len(taken) < count:
        taken.append(int(distance.argmax()))
        distance = np.minimum(distance, np.linalg.norm(weights - weights[taken[-1]], axis=1))
    return sorted(taken)


def triangles(shape: Hull) -> list[list[int]]:
    """Every polygon as a fan around its first corner."""
    return [[p[0], p[i], p[i + 1]] for p in shape.polygons for i in range(1, len(p) - 1)]


def eye(shape: Hull) -> dict[str, float]:
    """Where to look from, so that a polygon or a segment is not seen edge on; the picture's box is a cube."""
    extent = np.ptp(shape.corners, axis=0)
    scaled = (shape.corners - shape.corners[0]) / np.where(extent > 0, extent, 1.0)
    place = np.array([1.2, 1.8, 0.9])
    if shape.dimension == 1:
        place -= scaled[1] * (place @ scaled[1]) / (scaled[1] @ scaled[1])
    elif shape.dimension == 2:
        i, j, k = max(triangles(shape), key=lambda t: _doubled_area(scaled[t]))
        normal = np.cross(scaled[j] - scaled[i], scaled[k] - scaled[i])
        normal /= np.linalg.norm(normal)
        place = 2.0 * normal * (1.0 if normal @ place >= 0 else -1.0) + 0.35 * place
    return dict(zip("xyz", (2.35 * place / np.linalg.norm(place)).round(3).tolist(), strict=True))


def _doubled_area(corners: Floats) -> float:
    return round(float(np.linalg.norm(np.cross(corners[1] - corners[0], corners[2] - corners[0]))), 9)


def drawn_inputs(result: Any, seen: View) -> dict[str, Any]:
    """Where the function is drawn: on a line, on a grid, or not at all; and what is proved about it."""
    count, table = inputs(result), np.array([[float(v) for v in row] for row in result.problem.X])
    proved = statement(result)
    if count == 1:
        grid = inputs_between(table[:, 0], seen, biased=table.shape[1] == 2)
        return {"inputs": 1, "grid": [grid.tolist()], "statement": proved}
    if count == 2:
        return {"inputs": 2, "grid": [side(table[:, j], STEPS).tolist() for j in (0, 1)], "statement": proved}
    drawn = f"A function of {counted(count, 'feature')} cannot be drawn here; bars and fit show the network."
    return {"inputs": count, "grid": [], "statement": f"{drawn} {proved}"}


def caption(result: Any, seen: View, axes: Sequence[Axis], shape: Hull, sliders: int) -> str:
    """What can be moved, and what the picture and the sliders leave out."""
    vertices = len(seen.weights)
    if seen.dimension == 0:
        what = f"with {counted(len(seen.names), 'neuron')}" if seen.names else "the zero network"
        return (
            f"There is one optimal network at {setting(result)}, {what}: nothing can move (up to splitting)."
        )
    text = (
        f"All optimal networks at {setting(result)}: a set of dimension {seen.dimension} with "
        f"{counted(vertices, 'vertex')}, in the weights of {counted(len(seen.names), 'neuron')}. "
        "Every position of the sliders is one of them."
    )
    if lost := seen.dimension - shape.dimension:
        shown = sum(axis.neuron is not None for axis in axes)
        text += f" The picture is its projection to {counted(shown, 'coordinate')} and hides {lost} of its dimensions."
    if sliders < vertices:
        text += f" Sliders are given for {sliders} vertices far apart; combinations with the others are not reached."
    return text
