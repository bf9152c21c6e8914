"""The set of optimal networks as a polytope with its graph, in its true shape up to a scale for each direction."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from mpl_toolkits.mplot3d.art3d import Poly3DCollection
from mpl_toolkits.mplot3d.proj3d import proj_transform

from polyrelu.show.figures.canvas import BLACK, CYCLE, GREY, SKY, Drawing, counted, setting, sheet
from polyrelu.show.figures.hull import hull, patches
from polyrelu.show.figures.space import AZIMUTH, ELEVATION, Sight
from polyrelu.show.figures.view import View, view
from polyrelu.show.floats import Floats

NUMBERED = 60
SMALL = 1e-12


def draw(result: Any, level: str, max_vertices: int) -> Drawing:
    """Up to two dimensions in the plane, three in space, and above these the graph alone."""
    seen = view(result, level, max_vertices)
    points = principal(seen.weights)
    figure, bottom = sheet(4.6, 3.4, caption(result, seen, level))
    area = (0.04, bottom + 0.01, 0.92, 0.97 - bottom)
    if seen.dimension == 3:
        panel = figure.add_axes(area, projection="3d")
        _in_space(panel, points / np.abs(points).max(axis=0), seen)
    else:
        panel = figure.add_axes(area)
        places = points[:, :2] if seen.dimension <= 2 else circle(len(points))
        _in_the_plane(panel, places, seen)
    panel.axis("off")
    _legend(figure, seen)
    figure.shown = {"points": points, "edges": seen.edges, "widths": widths(seen)}
    return figure


def principal(weights: Floats) -> Floats:
    """(V, 3): coordinates along the three directions of largest spread, isometric up to rank 3."""
    centred = weights - weights.mean(axis=0)
    axes = (
        np.linalg.svd(centred, full_matrices=False)[2][:3]
        if centred.size
        else np.zeros((0, weights.shape[1]))
    )
    turned = [axis * (1 if axis[np.abs(axis).argmax()] > 0 else -1) for axis in axes]
    flat = centred @ np.array(turned).reshape(len(turned), weights.shape[1]).T
    flat[np.abs(flat) < SMALL * max(1.0, float(np.abs(weights).max(initial=0.0)))] = 0.0
    return np.pad(flat, ((0, 0), (0, 3 - flat.shape[1])))


def circle(count: int) -> Floats:
    """Places for the vertices of a graph."""
    turn = np.pi / 2 - 2 * np.pi * np.arange(count) / count
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


def widths(seen: View) -> list[int]:
    """How many weights of each vertex are not zero."""
    return [int(n) for n in (seen.weights > 0).sum(axis=1)]


def _colours(seen: View) -> list[str]:
    kinds = sorted(set(widths(seen)))
    return [CYCLE[kinds.index(w) % len(CYCLE)] for w in widths(seen)]


def _in_the_plane(panel: Any, points: Floats, seen: View) -> None:
    panel.set_aspect("equal")
    panel.margins(0.15)
    if seen.dimension == 2:
        shape = hull(np.pad(points, ((0, 0), (0, 1))))
        panel.fill(*shape.corners[list(shape.polygons[0]), :2].T, color=SKY, alpha=0.35, lw=0)
    thick = 1.2 if seen.dimension <= 2 else 0.7
    for a, b in seen.edges:
        panel.plot(*points[[a, b]].T, color=BLACK if thick > 1 else GREY, lw=thick, zorder=2)
    panel.scatter(*points.T, c=_colours(seen), s=34, zorder=3)
    centre = points.mean(axis=0)
    for k, p in enumerate(points[:NUMBERED]):
        away = p - centre
        step = 11 * away / (np.linalg.norm(away) or 1.0) if away.any() else (0, 11)
        panel.annotate(str(k + 1), p, step, textcoords="offset points", ha="center", va="center")


def _in_space(panel: Any, points: Floats, seen: View) -> None:
    """The hull of the vertices is the set; an edge is drawn dashed where a face hides it."""
    panel.computed_zorder = False
    panel.view_init(elev=ELEVATION, azim=AZIMUTH)
    panel.set_proj_type("ortho")
    low, high = -np.ones(3), np.ones(3)
    panel.set(xlim=(-1, 1), ylim=(-1, 1), zlim=(-1, 1))
    panel.set_box_aspect((1, 1, 1), zoom=1.2)
    shape = hull(points)
    eye = Sight(patches(shape), low, high, np.ones(3))
    faces = [shape.corners[list(p)] for p in shape.polygons]
    panel.add_collection3d(Poly3DCollection(faces, facecolors=SKY, alpha=0.22, linewidths=0, zorder=0))
    for a, b in seen.edges:
        path = points[a] + np.linspace(0.02, 0.98, 30)[:, None] * (points[b] - points[a])
        front = eye.visible(path).mean() > 0.5
        style: dict[str, Any] = (
            {"color": BLACK, "lw": 1.1} if front else {"color": GREY, "lw": 0.6, "ls": (0, (3, 2))}
        )
        panel.plot(*points[[a, b]].T, zorder=3 if front else 1, **style)
    panel.scatter(*points.T, c=_colours(seen), s=26, depthshade=False, zorder=4)
    _numbers(panel, points, seen)


def _numbers(panel: Any, points: Floats, seen: View) -> None:
    """Each number stands away from the edges at its vertex, as they are seen."""
    x, y, _ = proj_transform(*points.T, panel.get_proj())
    flat = np.stack([x, y], axis=1)
    for k, p in enumerate(flat[:NUMBERED]):
        near = [flat[a if b == k else b] - p for a, b in seen.edges if k in (a, b)]
        away = -sum(v / (np.linalg.norm(v) or 1.0) for v in near)
        step = 9 * away / (np.linalg.norm(away) or 1.0)
        panel.annotate(str(k + 1), p, step, textcoords="offset points", ha="center", va="center", zorder=5)


def _legend(figure: Drawing, seen: View) -> None:
    """Colours, where there are several."""
    kinds = sorted(set(widths(seen)))
    if len(kinds) > 1:
        known = [
            Line2D([], [], ls="", marker="o", color=CYCLE[i % len(CYCLE)], label=f"width {w}")
            for i, w in enumerate(kinds)
        ]
        figure.legend(handles=known, loc="upper left", frameon=False, handletextpad=0.2)


def caption(result: Any, seen: View, level: str) -> str:
    """What is drawn, and what a projection leaves out."""
    networks = level == "neurons"
    kinds = sorted(set(widths(seen)))
    width = f"width {kinds[0]}" if len(kinds) == 1 else f"widths {kinds[0]} to {kinds[-1]}"
    text = (
        f"The set of all optimal {'networks' if networks else 'block weights'} at {setting(result)}: "
        f"dimension {seen.dimension}, {counted(len(seen.weights), 'vertex')}, {counted(len(seen.edges), 'edge')}. "
        f"Each vertex is a minimal {'network' if networks else 'solution'}, of {width}."
    )
    if seen.dimension <= 2:
        return f"{text} Distances are true to scale."
    if seen.dimension == 3:
        return f"{text} Seen along its principal directions, each to its own scale."
    return f"{text} Drawn is its graph: two vertices are joined where they span an edge."
