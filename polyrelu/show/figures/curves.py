"""The functions of all optimal networks over one input: every vertex's curve, and the band between them.

At a fixed input the output is linear in the weights, so its least and greatest values over the set of optimal networks
are taken at vertices: the band between the vertices' curves is exactly what optimal networks can say there.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from polyrelu.show.figures.canvas import BLACK, CYCLE, GREY, SKY, Drawing, counted, setting, sheet
from polyrelu.show.figures.view import View, view
from polyrelu.show.floats import Floats
from polyrelu.verdict import Status

SAME = 1e-9
STEPS = 600
NAMED = 6


def draw(result: Any, max_vertices: int) -> Drawing:
    """Curves through the data."""
    seen = view(result, "neurons", max_vertices)
    table = np.array([[float(v) for v in row] for row in result.problem.X])
    x, y = table[:, 0], np.array([float(v) for v in result.problem.y])
    grid = inputs_between(x, seen, biased=table.shape[1] == 2)
    rows = np.column_stack([grid, np.ones(len(grid))]) if table.shape[1] == 2 else grid[:, None]
    values = seen.values(rows)
    different = distinct(values)
    figure, bottom = sheet(5.2, 3.2, caption(result, len(seen.weights)))
    panel = figure.add_axes((0.11, bottom + 0.12, 0.86, 0.85 - bottom))
    low, high = values.min(axis=0), values.max(axis=0)
    if len(different) > 1:
        panel.fill_between(grid, low, high, color=SKY, alpha=0.35, lw=0, label="all optimal networks")
    for i, k in enumerate(different):
        name = _name(i, len(different))
        colour = CYCLE[i % len(CYCLE)] if i < NAMED else GREY
        panel.plot(
            grid, values[k], color=colour, lw=1.5 if i < NAMED else 0.5, ls=dashes(i), label=name, zorder=2
        )
    panel.plot(x, y, "o", color=BLACK, ms=4.5, label="data", zorder=3, clip_on=False)
    panel.set(xlabel=result.problem.features[0], ylabel=result.problem.target, xlim=(grid[0], grid[-1]))
    panel.legend(frameon=False, loc="best")
    figure.shown = {"inputs": grid, "values": values, "low": low, "high": high}
    return figure


def inputs_between(x: Floats, seen: View, *, biased: bool) -> Floats:
    """Inputs a little beyond the data, with every kink among them."""
    room = 0.12 * (float(np.ptp(x)) or 1.0)
    a, b = float(x.min()) - room, float(x.max()) + room
    if not biased:
        a, b = min(a, -room), max(b, room)
        kinks = np.zeros(1)
    else:
        slope, offset = seen.directions.T if len(seen.directions) else (np.ones(0), np.ones(0))
        steep = np.abs(slope) > SAME
        kinks = -offset[steep] / slope[steep]
    inside = kinks[(kinks > a) & (kinks < b)]
    return np.unique(np.concatenate([np.linspace(a, b, STEPS), inside]))


def distinct(values: Floats) -> list[int]:
    """The first vertex of each function that can be told apart on the drawn inputs."""
    size = float(np.abs(values).max(initial=0.0)) or 1.0
    kept: list[int] = []
    for k, row in enumerate(values):
        if all(np.abs(row - values[other]).max() > SAME * size for other in kept):
            kept.append(k)
    return kept


def statement(result: Any) -> str:
    """What is proved about the function, in a sentence."""
    verdict = result.function_unique
    scope = f"{verdict.scope}{' ' * bool(verdict.scope)}"
    if verdict.status is Status.PROVED:
        return f"Proved: {scope}all optimal networks are this one function."
    if verdict.status is Status.REFUTED:
        return f"Proved: {scope}the optimal networks are not one function; they agree on the data and differ elsewhere."
    return f"Undecided whether {scope}they are one function: {verdict.reason}."


def dashes(i: int) -> Any:
    """The stroke of the i-th curve."""
    return ("-", (0, (5, 1.5)), (0, (2, 1)), "-.")[i % 4]


def _name(i: int, count: int) -> str | None:
    if count == 1:
        return "every optimal network"
    return f"minimal network {i + 1}" if i < NAMED else None


def caption(result: Any, vertices: int) -> str:
    """What is drawn, and what is proved."""
    return (
        f"What the optimal networks at {setting(result)} compute ({counted(vertices, 'minimal network')}). "
        f"{statement(result)}"
    )
