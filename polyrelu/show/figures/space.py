"""Drawing in three dimensions, with edges that know whether a face hides them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from matplotlib import colormaps
from matplotlib.ticker import MaxNLocator
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Poly3DCollection

from polyrelu.show.figures.canvas import BLACK, GREY, HEIGHTS
from polyrelu.show.floats import Floats

ELEVATION, AZIMUTH = 22.0, -58.0
ASPECT = np.array([1.0, 1.0, 0.85])
DOTS = 60
NEARER, TINY = 0.004, 1e-14


class Solid(NamedTuple):
    """What is drawn of a set: corners (m, 3), patches (N, 4, 3), edges (E, k, 3), and a height for each patch."""

    corners: Floats
    patches: Floats
    edges: Floats
    heights: Floats


def draw_solid(panel: Any, solid: Solid) -> Sight:
    """Faces coloured by height, edges solid where they are seen and dotted where they are hidden, corners as dots."""
    panel.computed_zorder = False
    panel.view_init(elev=ELEVATION, azim=AZIMUTH)
    panel.set_proj_type("ortho")
    low, high = frame(panel, solid)
    if len(solid.patches):
        span = float(np.ptp(solid.heights)) or 1.0
        colours = colormaps[HEIGHTS](0.15 + 0.8 * (solid.heights - solid.heights.min()) / span)
        faces = Poly3DCollection(
            solid.patches, facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=1
        )
        faces.set_rasterized(True)  # thousands of patches: an image inside the vector formats
        panel.add_collection3d(faces)
    seen = Sight(solid.patches, low, high)
    segments = np.stack([solid.edges[:, :-1], solid.edges[:, 1:]], axis=2).reshape(-1, 2, 3)
    front = seen.visible(segments.mean(axis=1))
    width = 1.0 if len(solid.patches) else 1.8
    for part, colour, thick, order in ((~front, GREY, 0.45, 2), (front, BLACK, width, 3)):
        kept = segments[part] if colour == BLACK else segments[part][::2]  # every second neuron: dotted
        if len(kept):
            panel.add_collection3d(
                Line3DCollection(kept, colors=colour, linewidths=thick, zorder=order, capstyle="round")
            )
    if len(solid.corners) <= DOTS:
        dots = solid.corners[seen.visible(solid.corners)]
        size = 12 if len(solid.edges) else 40
        panel.scatter(*dots.T, color=BLACK, s=size, depthshade=False, zorder=4)
    return seen


class Sight:
    """Which points are seen from the eye, and which lie behind a patch."""

    def __init__(self, patches: Floats, low: Floats, high: Floats, aspect: Floats = ASPECT):
        self.low, self.scale = low, aspect / (high - low)
        h, a = np.radians(ELEVATION), np.radians(AZIMUTH)
        self.axes = np.array(
            [
                [-np.sin(a), np.cos(a), 0.0],
                [-np.sin(h) * np.cos(a), -np.sin(h) * np.sin(a), np.cos(h)],
                [np.cos(h) * np.cos(a), np.cos(h) * np.sin(a), np.sin(h)],
            ]
        )
        on_screen = self.screen(patches.reshape(-1, 3)).reshape(-1, 4, 3)
        self.triangles = np.concatenate([on_screen[:, [0, 1, 2]], on_screen[:, [0, 2, 3]]])

    def screen(self, points: Floats) -> Floats:
        """(right, up, towards the eye), in units of the box."""
        return np.asarray(((points - self.low) * self.scale) @ self.axes.T)

    def visible(self, points: Floats) -> Any:
        """For each point: is no patch in front of it?"""
        return np.array([not self._hidden(p) for p in self.screen(points)], dtype=bool)

    def _hidden(self, p: Floats) -> bool:
        a, b, c = (self.triangles[:, k] - p for k in range(3))
        u, v, w = _cross(b, c), _cross(c, a), _cross(a, b)
        area = u + v + w
        side = np.sign(area)
        inside = (u * side >= 0) & (v * side >= 0) & (w * side >= 0) & (np.abs(area) > TINY)
        depth = (u * a[:, 2] + v * b[:, 2] + w * c[:, 2])[inside] / area[inside]
        return bool((depth > NEARER).any())


def _cross(p: Floats, q: Floats) -> Floats:
    return np.asarray(p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])


def frame(panel: Any, solid: Solid) -> tuple[Floats, Floats]:
    """A box around the set with a little room; flat directions are given the room of the others."""
    everything = np.concatenate([part.reshape(-1, 3) for part in (solid.corners, solid.patches, solid.edges)])
    low, high = everything.min(axis=0), everything.max(axis=0)
    size = float((high - low).max()) or float(np.abs(everything).max()) or 1.0
    room = np.maximum(0.05 * (high - low), np.where(high - low < 1e-9 * size, 0.25 * size, 0.0))
    low, high = low - room, high + room
    for axis in (panel.xaxis, panel.yaxis, panel.zaxis):
        axis.set_tick_params(pad=-2, labelsize=6.5)
        axis._axinfo["grid"].update(linewidth=0.3, color="#D0D0D0")
        axis.set_pane_color((1.0, 1.0, 1.0, 0.0))
        axis.set_major_locator(MaxNLocator(4))
    panel.zaxis.set_tick_params(pad=0)
    panel.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
    for axis in "xyz":
        getattr(panel, f"set_{axis}lim")(auto=False)
    panel.set_box_aspect(ASPECT, zoom=0.95)
    return low, high
