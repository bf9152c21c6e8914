"""Figure 1 of [MP]: the convex polytope of optimal weights, and its image, the network weights.

A neuron of convex weight w = ||w|| u has the network weight theta = w / sqrt ||w||. In one feature j this maps each
coordinate by itself, w_j -> sign(w_j) sqrt |w_j| sqrt |u_j|: a homeomorphism of the picture's space (where u_j is not
0), which takes boundary to boundary. So the curved faces are the images of the flat ones, drawn through many points.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from polyrelu.errors import BadInput
from polyrelu.result import Result
from polyrelu.show.figures.canvas import Drawing, counted, setting, sheet
from polyrelu.show.figures.hull import Hull, hull, patches, paths
from polyrelu.show.figures.space import Solid, draw_solid
from polyrelu.show.figures.view import View, view
from polyrelu.show.floats import Floats

FLAT = 1e-9
MANY = 40
SIMPLEX = 16 / 27


class Axis(NamedTuple):
    """One coordinate of the picture: a feature of a neuron. `neuron` is None where there is nothing more to show."""

    neuron: int | None
    feature: int


def draw(
    result: Result, neurons: Sequence[int] | None, feature: int | None, level: str, max_vertices: int
) -> Drawing:
    """Two panels side by side."""
    seen = view(result, level, max_vertices)
    axes = chosen_axes(seen, neurons, feature)
    points = coordinates(seen, axes)
    shape = hull(points)
    figure, bottom = sheet(7.2, 3.15, caption(result, seen, axes, shape, level))
    flat = flat_solid(shape)
    solids = (flat, curved_solid(flat, scales(seen, axes)))
    titles = ("convex weights  w", "network weights  θ = w / √‖w‖")
    for k, (solid, title, letter) in enumerate(zip(solids, titles, "wθ", strict=True)):
        panel: Any = figure.add_axes((0.5 * k + 0.005, bottom, 0.46, 0.97 - bottom), projection="3d")
        draw_solid(panel, solid)
        figure.text(0.5 * k + 0.235, 0.955, title, ha="center", fontsize=9)
        labels = [label(result, seen, axis, letter) for axis in axes]
        panel.set_xlabel(labels[0], labelpad=-4)
        panel.set_ylabel(labels[1], labelpad=-4)
        panel.set_zlabel(labels[2], labelpad=-1)
        for axis, along in zip(axes, (panel.xaxis, panel.yaxis, panel.zaxis), strict=True):
            if axis.neuron is None:
                along.set_ticklabels([])
    figure.shown = {"axes": axes, "shape": shape, "flat": solids[0], "curved": solids[1]}
    return figure


def flat_solid(shape: Hull) -> Solid:
    """The polytope itself."""
    quads = patches(shape)
    return Solid(shape.corners, quads, paths(shape), quads[:, :, 2].mean(axis=1))


def curved_solid(flat: Solid, factor: Floats) -> Solid:
    """Its image; every patch keeps the colour that it has on the polytope."""
    return Solid(
        mapped(flat.corners, factor), mapped(flat.patches, factor), mapped(flat.edges, factor), flat.heights
    )


def mapped(points: Floats, factor: Floats) -> Floats:
    """w -> sign(w) sqrt |w|, scaled by the neuron."""
    return np.asarray(np.sign(points) * np.sqrt(np.abs(points)) * factor)


def coordinates(seen: View, axes: Sequence[Axis]) -> Floats:
    """(V, 3): the vertices in the coordinates of the picture; 0 where there is no neuron."""
    columns = [
        np.zeros(len(seen.weights)) if k is None else seen.weights[:, k] * seen.directions[k, j]
        for k, j in axes
    ]
    return np.stack(columns, axis=1)


def scales(seen: View, axes: Sequence[Axis]) -> Floats:
    """sqrt |u_j| for each axis."""
    return np.sqrt([0.0 if k is None else abs(seen.directions[k, j]) for k, j in axes])


# ---------------------------------------------------------------------- which three coordinates


def check_feature(feature: int | None, d: int) -> None:
    """Refuse a feature that the data do not have."""
    if feature is not None and not 0 <= feature < d:
        raise BadInput(f"feature {feature + 1} was asked for; the features are numbered 1 to {d}")


def chosen_axes(seen: View, neurons: Sequence[int] | None, feature: int | None) -> tuple[Axis, ...]:
    """Three coordinates: as asked for, else those of the first feature that show the most dimensions."""
    K, d = seen.directions.shape
    check_feature(feature, d)
    if neurons is not None:
        if len(neurons) != 3 or len(set(neurons)) != 3 or not all(0 <= k < K for k in neurons):
            named = ", ".join(str(k + 1) for k in neurons)
            raise BadInput(f"neurons {named} were asked for; give three different ones of 1 to {K}")
        asked = [tuple(Axis(k, j) for k in neurons) for j in ([feature] if feature is not None else range(d))]
        return max(asked, key=lambda axes: hull(coordinates(seen, axes)).dimension)
    features = [feature] if feature is not None else list(range(d))
    offers = [_most_independent(seen, [Axis(k, j) for k in range(K)]) for j in features]
    best = max(offers, key=lambda axes: hull(coordinates(seen, axes)).dimension)
    if K < 3:
        best = _filled(seen, best, features)
    return best


def _filled(seen: View, axes: tuple[Axis, ...], features: Sequence[int]) -> tuple[Axis, ...]:
    """With fewer than three neurons, their other features; with none of these either, nothing."""
    known = [axis for axis in axes if axis.neuron is not None]
    others = [Axis(k, j) for j in range(seen.directions.shape[1]) for k in range(len(seen.directions))]
    more = [axis for axis in others if axis not in known] if len(features) > 1 else []
    return tuple(sorted([*known, *more][:3], key=lambda a: (a.feature, a.neuron))) + (Axis(None, 0),) * max(
        0, 3 - len(known) - len(more)
    )


def _most_independent(seen: View, candidates: Sequence[Axis]) -> tuple[Axis, ...]:
    """The three coordinates that show the most dimensions and look least flat, by the determinant of correlations.

    It is 0 for a flat picture and 1 for a box, whose image is a box again; a simplex, with its curved face, has 16/27.
    """
    if len(candidates) < 3:
        return (*candidates, *[Axis(None, 0)] * (3 - len(candidates)))
    columns = coordinates(seen, candidates)
    centred = columns - columns.mean(axis=0)
    sizes = np.linalg.norm(centred, axis=0)
    moving = sizes > FLAT * max(float(np.abs(columns).max()), 1e-300)
    strongest = np.lexsort((np.arange(len(sizes)), -np.round(np.abs(columns).max(axis=0), 9), ~moving))[:MANY]
    triples = np.array(list(combinations(sorted(strongest.tolist()), 3)))
    unit = np.where(moving, centred / np.where(moving, sizes, 1.0), 0.0)
    spectra = np.linalg.eigvalsh((unit.T @ unit)[triples[:, :, None], triples[:, None, :]])
    ranks = (spectra > FLAT).sum(axis=1)
    volume = np.where(spectra > FLAT, spectra, 1.0).prod(axis=1)
    oddness = np.round(np.where(ranks == 3, np.abs(np.log(volume / SIMPLEX)), -volume), 6)
    largest = np.round(np.abs(columns)[:, triples].max(axis=0).min(axis=1), 6)
    best = np.lexsort((np.arange(len(triples)), -largest, oddness, -ranks))[0]
    return tuple(candidates[k] for k in triples[best])


# ---------------------------------------------------------------------- words


def label(result: Result, seen: View, axis: Axis, letter: str) -> str:
    """The name of an axis."""
    if axis.neuron is None:
        return "(no further neuron)"
    features = result.problem.features
    name = features[axis.feature] if axis.feature < len(features) else f"x{axis.feature + 1}"
    return f"{letter}, {seen.names[axis.neuron].split(' (')[0]}, {name}"


def caption(result: Result, seen: View, axes: Sequence[Axis], shape: Hull, level: str) -> str:
    """What is drawn, and what the projection leaves out."""
    what = "optimal networks" if level == "neurons" else "solutions of the convex program"
    forms = {0: "a point", 1: "a segment", 2: "a polygon", 3: "a solid"}
    lost = seen.dimension - shape.dimension
    kept = f"{lost} of its {seen.dimension} dimensions cannot be seen" if lost else "no dimension is lost"
    head = (
        f"All {what} at {setting(result)}: a set of dimension {seen.dimension} with "
        f"{counted(len(seen.weights), 'vertex')}, in the weights of {counted(len(seen.names), level[:-1])}."
    )
    if not seen.names:
        return f"{head} The zero network alone is optimal; this is the origin."
    shown = sum(axis.neuron is not None for axis in axes)
    return (
        f"{head} Drawn is its projection to {counted(shown, 'coordinate')}, {forms[shape.dimension]}; {kept}. Right: "
        "the same set as network weights; equal colours are equal points."
    )
