"""The functions of all optimal networks over two inputs: contour plots side by side, and where they differ."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from polyrelu.errors import BadInput
from polyrelu.show.figures.canvas import BLACK, HEIGHTS, Drawing, sheet
from polyrelu.show.figures.curves import SAME, caption, distinct
from polyrelu.show.figures.view import inputs, view
from polyrelu.show.floats import Floats

STEPS = 181
SHOWN = 3


def draw(result: Any, max_vertices: int) -> Drawing:
    """One panel for each of the first different functions; the last panel shows how far optimal networks can differ."""
    count = inputs(result)
    if count != 2:
        raise BadInput(
            f"functions are drawn over one or two inputs, and the data has {count}; ask for the kind support"
        )
    seen = view(result, "neurons", max_vertices)
    table = np.array([[float(v) for v in row] for row in result.problem.X])
    y = np.array([float(v) for v in result.problem.y])
    across, up = np.meshgrid(*(side(table[:, j], STEPS) for j in (0, 1)))
    flat = np.column_stack([across.ravel(), up.ravel(), np.ones(across.size)])[:, : table.shape[1]]
    values = seen.values(flat)
    different = distinct(values)
    shown = different[:SHOWN]
    panels = len(shown) + (len(different) > 1)
    size = {1: 3.6, 2: 3.0}.get(panels, 7.2 / panels)
    tall = size * min(1.3, max(0.6, float(np.ptp(up) / np.ptp(across))))
    figure, bottom = sheet(
        max(size * panels, 4.4), tall + 0.35, _caption(result, len(seen.weights), len(different))
    )
    levels = nice_levels(values[shown], y)
    shared = {"cmap": HEIGHTS, "vmin": min(levels[0], y.min()), "vmax": max(levels[-1], y.max())}
    for i, k in enumerate(shown):
        panel = figure.add_subplot(1, panels, i + 1, title=_title(i, len(different)))
        put_heights(panel, across, up, values[k].reshape(across.shape), levels, shared)
        put_data(panel, table, c=y, **shared)
    spread = values.max(axis=0) - values.min(axis=0)
    if panels > len(shown):
        panel = figure.add_subplot(1, panels, panels, title="largest difference")
        heights, levels = spread.reshape(across.shape), nice_levels(spread, np.zeros(1))
        put_heights(panel, across, up, heights, levels, {"cmap": "Greys"})
        put_data(panel, table, color="white")
    put_labels(figure, result.problem.features)
    figure.subplots_adjust(
        left=0.42 / size / panels + 0.02, right=0.985, top=0.93, bottom=bottom + 0.1, wspace=0.22
    )
    figure.shown = {"inputs": flat, "values": values, "spread": spread, "different": different}
    return figure


def put_data(panel: Any, table: Floats, **colours: Any) -> None:
    """Dots."""
    panel.scatter(table[:, 0], table[:, 1], s=26, edgecolors=BLACK, linewidths=0.8, zorder=4, **colours)


def put_labels(figure: Any, features: Sequence[str]) -> None:
    """Names of the axes."""
    for panel in figure.axes:
        panel.set_xlabel(features[0])
    figure.axes[0].set_ylabel(features[1])


def side(x: Floats, steps: int) -> Floats:
    """Steps from a little before the least to a little beyond the greatest of some numbers."""
    room = 0.25 * (float(np.ptp(x)) or 1.0)
    return np.linspace(float(x.min()) - room, float(x.max()) + room, steps)


def nice_levels(heights: Floats, also: Floats) -> Floats:
    """Round numbers from the least to the greatest."""
    low, high = float(min(heights.min(), also.min())), float(max(heights.max(), also.max()))
    if high - low <= SAME * max(1.0, abs(high)):
        return np.array([low - 0.5, low + 0.5])
    return np.asarray(MaxNLocator(9).tick_values(low, high))


def put_heights(panel: Any, *grid: Any, numbered: bool = True) -> None:
    """Filled contours, with numbered lines unless asked otherwise; a constant function has no lines."""
    across, up, heights, levels, colours = grid
    filled = panel.contourf(across, up, heights, levels=levels, alpha=0.75, **colours)
    if not numbered:
        panel.figure.colorbar(filled, ax=panel, shrink=0.7, pad=0.02)
    elif np.ptp(heights) > SAME * max(1.0, float(np.abs(heights).max())):
        lines = panel.contour(across, up, heights, levels=levels, colors=BLACK, linewidths=0.5)
        panel.clabel(lines, fontsize=6, fmt="%g")
    panel.set_aspect("equal" if 0.4 < np.ptp(up) / np.ptp(across) < 2.5 else "auto")
    panel.xaxis.set_major_locator(MaxNLocator(5))
    panel.yaxis.set_major_locator(MaxNLocator(5))


def _title(i: int, count: int) -> str:
    return "every optimal network" if count == 1 else f"minimal network {i + 1}"


def _caption(result: Any, vertices: int, different: int) -> str:
    text = f"{caption(result, vertices)} Dots: the data, coloured by target."
    return text + (f" Shown are {SHOWN} of {different} different functions." if different > SHOWN else "")
