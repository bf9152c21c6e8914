"""The optimal weights at lambda = 0: an unbounded polyhedron, cut off by a box, its rays as arrows.

Its coordinates are the block weights themselves. With one feature the network weight is theta = sign(w) sqrt |w|, and a
second panel shows it. With more features the direction of a weight is free, so that one feature of w does not say what
theta is, and the first panel stands alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from polyrelu.errors import BadInput, Undecided
from polyrelu.show.figures.canvas import BLACK, GREY, Drawing, counted, setting, sheet
from polyrelu.show.figures.hull import Hull, hull
from polyrelu.show.figures.solution_mapping import check_feature, curved_solid, flat_solid
from polyrelu.show.figures.space import Sight, Solid, draw_solid
from polyrelu.show.floats import Floats

BLOCKS = 12
"""Among so many blocks three are looked for that show the most vertices."""
FAR = 50.0
NEAR = 1e-9


def draw(result: Any, blocks: Sequence[int] | None, feature: int | None, *_: Any) -> Drawing:
    """One panel, or two for data with one feature; blocks are its one level, and the result has its own limit."""
    chosen, vertices, rays = coordinates(result, blocks, feature)
    shape, cut = clipped(vertices, rays)
    two = result.problem.d == 1
    figure, bottom = sheet(7.2 if two else 4.6, 3.15 if two else 3.5, caption(result, chosen, shape))
    flat = flat_solid(shape)
    curved = curved_solid(flat, np.ones(3))
    for k, (solid, letter) in enumerate(((flat, "w"), (curved, "θ"))[: 1 + two]):
        left, width = (0.5 * k + 0.005, 0.46) if two else (0.04, 0.88)
        panel: Any = figure.add_axes((left, bottom, width, 0.97 - bottom), projection="3d")
        seen = draw_solid(panel, solid._replace(corners=solid.corners[~cut]))
        _arrows(panel, shape, cut, solid, seen)
        names = [label(result, b, feature or 0, letter) for b in chosen] + ["(no further block)"] * (
            3 - len(chosen)
        )
        panel.set_xlabel(names[0], labelpad=-4)
        panel.set_ylabel(names[1], labelpad=-4)
        panel.set_zlabel(names[2], labelpad=-1)
        figure.text(
            left + width / 2, 0.955, f"{('convex', 'network')[k]} weights  {letter}", ha="center", fontsize=9
        )
    figure.shown = {"blocks": chosen, "shape": shape, "cut": cut, "vertices": vertices, "rays": rays}
    return figure


def coordinates(
    result: Any, blocks: Sequence[int] | None, feature: int | None
) -> tuple[tuple[int, ...], Floats, Floats]:
    """Three blocks, and the vertices and rays in one feature of their weights."""
    optimal, d = result.optimal_set, result.problem.d
    if optimal.lineality:
        raise Undecided(
            "the polyhedron contains lines and has no vertices: there is no natural picture of it"
        )
    check_feature(feature, d)
    rows = [optimal.vertices, [ray.direction for ray in optimal.rays]]
    vertices, rays = (
        np.array([[float(v) for v in row] for row in table]).reshape(-1, d * optimal.program.listed_blocks)[
            :, feature or 0 :: d
        ]
        for table in rows
    )
    chosen = most_telling(vertices, rays) if blocks is None else _asked(blocks, optimal.program.listed_blocks)
    return chosen, _three(vertices, chosen), _three(rays, chosen)


def _asked(blocks: Sequence[int], count: int) -> tuple[int, ...]:
    if len(blocks) != 3 or len(set(blocks)) != 3 or not all(0 <= b < count for b in blocks):
        raise BadInput(f"three different blocks of 1 to {count} are needed at lambda = 0")
    return tuple(blocks)


def most_telling(vertices: Floats, rays: Floats) -> tuple[int, ...]:
    """Three blocks whose picture has the most dimensions, then the most vertices of the polyhedron."""
    moving = [
        b
        for b in range(vertices.shape[1])
        if np.ptp(vertices[:, b]) > NEAR or np.abs(rays[:, b]).max() > NEAR
    ]
    others = [b for b in range(vertices.shape[1]) if b not in moving]
    offered = sorted((moving + others)[:BLOCKS])

    def told(chosen: tuple[int, ...]) -> tuple[int, int]:
        shape, cut = clipped(_three(vertices, chosen), _three(rays, chosen))
        return shape.dimension, int((~cut).sum())

    return max(combinations(offered, min(3, len(offered))), key=told)


def _three(table: Floats, chosen: Sequence[int]) -> Floats:
    return np.pad(table[:, list(chosen)], ((0, 0), (0, 3 - len(chosen))))


def box(vertices: Floats) -> tuple[Floats, Floats]:
    """The box that the picture is cut by: the vertices, and as much again on every side."""
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    room = float((high - low).max()) or float(np.abs(vertices).max()) or 1.0
    return low - room, high + room


def clipped(vertices: Floats, rays: Floats) -> tuple[Hull, Any]:
    """conv(vertices) + cone(rays) within the box, without the faces on it; and which corners lie on the box."""
    low, high = box(vertices)
    reach = np.abs(rays).max(axis=1, initial=0.0)
    steps = FAR * float((high - low).max()) * rays[reach > NEAR] / reach[reach > NEAR, None]
    far = hull(np.concatenate([vertices, *(vertices + step for step in steps)]))
    neurons = [far.corners[list(p)] for p in far.polygons or far.edges] or [far.corners]
    kept = [_cut_down(neuron, low, high) for neuron in neurons]
    inside = hull(np.concatenate([*kept, _box_corners(far, low, high)]))
    near = 1e-7 * float((high - low).max())
    on = np.concatenate([np.abs(inside.corners - low) < near, np.abs(inside.corners - high) < near], axis=1)

    def made_by_the_box(part: Sequence[int]) -> bool:
        return bool(on[list(part)].all(axis=0).any())

    polygons = tuple(p for p in inside.polygons if inside.dimension < 3 or not made_by_the_box(p))
    edges = tuple(e for e in inside.edges if not made_by_the_box(e))
    return Hull(inside.dimension, inside.corners, polygons, edges), on.any(axis=1)


def _cut_down(neuron: Floats, low: Floats, high: Floats) -> Floats:
    """A convex polygon (or segment) within a box, side by side (Sutherland and Hodgman)."""
    for axis in range(3):
        for bound, side in ((low[axis], 1.0), (high[axis], -1.0)):
            kept = []
            for p, q in zip(neuron, np.roll(neuron, -1, axis=0), strict=True):
                a, b = side * (p[axis] - bound), side * (q[axis] - bound)
                if a >= 0:
                    kept.append(p)
                if (a < 0) != (b < 0):
                    kept.append(p + (q - p) * a / (a - b))
            neuron = np.array(kept).reshape(-1, 3)
    return neuron


def _box_corners(far: Hull, low: Floats, high: Floats) -> Floats:
    """The corners of the box that a solid holds."""
    if far.dimension < 3:
        return np.empty((0, 3))
    from scipy.spatial import ConvexHull

    sides = ConvexHull(far.corners).equations
    corners = np.array(
        [[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
    )
    return corners[(corners @ sides[:, :3].T + sides[:, 3] <= NEAR).all(axis=1)]


def _arrows(panel: Any, shape: Hull, cut: Any, solid: Solid, seen: Sight) -> None:
    """A head on every edge that leaves a vertex and is cut by the box: the picture of a ray. Grey where hidden."""
    for (a, b), path in zip(shape.edges, solid.edges, strict=True):
        if cut[a] != cut[b]:
            end = path if cut[b] else path[::-1]
            step = end[-1] - end[-9]
            front = bool(seen.visible(end[-2:-1])[0])
            style: dict[str, Any] = {"color": BLACK, "lw": 1.4} if front else {"color": GREY, "lw": 0.6}
            panel.quiver(
                *(end[-1] - step), *(step * 1.6), arrow_length_ratio=0.6, zorder=5 if front else 2, **style
            )


def label(result: Any, block: int, feature: int, letter: str) -> str:
    """The name of an axis: blocks 2 i + 1 and 2 i + 2 are pattern i + 1 with sign + and -."""
    return (
        f"{letter}, pattern {block // 2 + 1} {'−' if block % 2 else '+'}, {result.problem.features[feature]}"
    )


def caption(result: Any, chosen: Sequence[int], shape: Hull) -> str:
    """What is drawn, where it is cut, and why there may be one panel."""
    optimal = result.optimal_set
    forms = {0: "a point", 1: "a segment or line", 2: "flat", 3: "a solid"}
    vertices, rays = counted(len(optimal.vertices), "vertex"), counted(len(optimal.rays), "ray")
    text = (
        f"All optimal weights at {setting(result)}: an unbounded set of dimension {optimal.dimension} with "
        f"{vertices} and {rays}, in the weights of {counted(optimal.program.listed_blocks, 'block')}. "
        f"Drawn is its projection to {counted(len(chosen), 'coordinate')}, "
        f"{forms[shape.dimension]}, cut off by a box; arrows are rays that go on for ever."
    )
    if result.problem.d == 1:
        return f"{text} Right: the same set as network weights."
    return f"{text} The network weights have no such picture, as the directions of the weights are free."
