"""The functions of optimal networks where something is free, over one or two inputs, with their kinks.

With a free hidden bias a kink can move between hyperplanes of the rows: it is drawn as the bar, or the strip, of all
its positions. What optimal networks can say at an input is the exact interval of their predictions there; vertices
alone would not tell it, since a kink between two rows is at no vertex.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np

from polyrelu.errors import BadInput, LimitReached
from polyrelu.networks.coordinates import rounded
from polyrelu.optimal_set.families import used_families
from polyrelu.show.figures.canvas import BLACK, CYCLE, GREY, SKY, Drawing, setting, sheet, sign_colour
from polyrelu.show.figures.contours import nice_levels, put_data, put_heights, side
from polyrelu.show.figures.curves import NAMED, dashes, distinct, statement
from polyrelu.show.figures.view import inputs
from polyrelu.show.floats import BITS, Floats, directions

STEPS = {1: 241, 2: 121}
COARSE = 45
"""Predictions of all optimal networks are exact, and asked for at fewer inputs."""
Kink = tuple[int, Floats, float, float]
"""Sign, direction u, and the interval of b, where u.x + b = 0."""


def draw(result: Any, max_vertices: int) -> Drawing:
    """Curves with bars below, or contours with strips."""
    check(result)
    return (_curves if inputs(result) == 1 else _contours)(result, max_vertices)


def check(result: Any) -> None:
    """Refuse what is no picture over one or two inputs."""
    count, problem = inputs(result), result.problem
    if problem.setting.columns:
        raise BadInput("the outputs depend on free columns as well as on inputs; ask for the kind support")
    if count not in (1, 2):
        raise BadInput(
            f"functions are drawn over one or two inputs, and the data has {count}; ask for the kind support"
        )
    if result.proved().program.free.vanishing:
        raise BadInput(
            "a free function is zero on all rows: off their span the outputs are any numbers; ask for the kind support"
        )


def kinks_of(result: Any) -> list[Kink]:
    """The kinks of optimal networks with a free hidden bias, and where they can lie."""
    optimum = result.proved()
    if not optimum.program.offset:
        return []
    u, found = directions(optimum), list[Kink]()
    for family in used_families(optimum):
        first, last = family.members[0], family.members[-1]
        end = np.inf if family.affine else u[last, -1]
        found.append((optimum.used[first].place.sign, u[first, :-1], float(u[first, -1]), float(end)))
    return found


def networks_of(result: Any, max_vertices: int) -> list[Any]:
    """The first minimal networks, or one optimal network where there are too many to list."""
    try:
        return list(islice(result.networks, min(NAMED, max_vertices)))
    except LimitReached:
        return [result.network()]


def _values(result: Any, networks: list[Any], at: Floats) -> Floats:
    """What networks compute at inputs."""
    ones = np.ones((len(at), len(result.problem.X[0]) - at.shape[1]))
    return np.array([network.predict(np.hstack([at, ones])) for network in networks])


def interval(result: Any, at: Floats) -> tuple[Floats, Floats]:
    """The least and the greatest prediction of all optimal networks at inputs."""
    spare = 0 if result.problem.bias else len(result.problem.X[0]) - at.shape[1]
    found = result.predict([[*row, *[1] * spare] for row in at.tolist()])
    ends = np.array([[rounded(end.value(BITS)) for end in one.ends] for one in found])
    return ends[:, 0], ends[:, 1]


def _table(result: Any) -> tuple[Floats, Floats]:
    table = np.array([[float(v) for v in row] for row in result.problem.X])
    return table[:, : inputs(result)], np.array([float(v) for v in result.problem.y])


def _curves(result: Any, max_vertices: int) -> Drawing:
    """One input."""
    (x,), y = _table(result)[0].T, _table(result)[1]
    room, kinks = 0.25 * (float(np.ptp(x)) or 1.0), kinks_of(result)
    grid = np.unique([*np.linspace(x.min() - room, x.max() + room, STEPS[1]), *x])
    values = _values(result, networks_of(result, max_vertices), grid[:, None])
    low, high = interval(result, grid[:, None])
    below = 0.16 * len(kinks)
    figure, bottom = sheet(5.2, 3.2 + below, _caption(result, kinks))
    share = below / figure.get_figheight()
    panel = figure.add_axes((0.11, bottom + 0.12 + share, 0.86, 0.85 - bottom - share))
    different = distinct(values)
    if result.function_unique.answer is not True:
        panel.fill_between(grid, low, high, color=SKY, alpha=0.35, lw=0, label="all optimal networks")
    for i, k in enumerate(different):
        name = f"minimal network {i + 1}" if len(different) > 1 else _alone(result)
        panel.plot(grid, values[k], color=CYCLE[i], lw=1.5, ls=dashes(i), label=name, zorder=2)
    panel.plot(x, y, "o", color=BLACK, ms=4.5, label="data", zorder=3, clip_on=False)
    panel.set(ylabel=result.problem.target, xlim=(grid[0], grid[-1]))
    panel.legend(frameon=False, loc="best")
    if kinks:
        panel.tick_params(labelbottom=False)
        _bars(figure.add_axes((0.11, bottom + 0.1, 0.86, share), sharex=panel), kinks, x)
    figure.axes[-1].set_xlabel(result.problem.features[0])
    figure.shown = {"inputs": grid, "values": values, "low": low, "high": high, "kinks": kinks}
    return figure


def _alone(result: Any) -> str:
    return "every optimal network" if result.function_unique.answer else "a minimal network"


def _bars(panel: Any, kinks: list[Kink], x: Floats) -> None:
    """Where each kink can lie."""
    for j in np.unique(x):
        panel.axvline(j, color=GREY, lw=0.4, zorder=0)
    for i, (sign, u, first, last) in enumerate(kinks):
        ends, far = [-b / u[0] for b in (first, last)], np.sign(u[0]) * -1e6
        ends = [far if np.isinf(v) else v for v in ends]
        panel.plot(ends, [-i, -i], color=sign_colour(sign), lw=3.2, solid_capstyle="butt", zorder=2)
        panel.plot(
            [v for v in ends if abs(v) < 1e6],
            [-i] * sum(abs(v) < 1e6 for v in ends),
            "|",
            ms=8,
            color=sign_colour(sign),
        )
    panel.set(ylim=(0.6 - len(kinks), 0.6), yticks=[])
    panel.spines["left"].set_visible(False)


def _contours(result: Any, max_vertices: int) -> Drawing:
    """Two inputs: one optimal network with all kinks, and beside it how far optimal networks differ."""
    (table, y), kinks = _table(result), kinks_of(result)
    network = networks_of(result, max_vertices)[0]
    across, up = np.meshgrid(*(side(table[:, j], STEPS[2]) for j in (0, 1)))
    values = _values(result, [network], np.column_stack([across.ravel(), up.ravel()]))[0]
    one = result.function_unique.answer is True
    panels, size = (1, 3.8) if one else (2, 3.4)
    tall = size * min(1.3, max(0.6, float(np.ptp(up) / np.ptp(across))))
    figure, bottom = sheet(
        max(size * panels, 4.4), tall + 0.35, f"{_caption(result, kinks)} Dots: the data, coloured by target."
    )
    levels = nice_levels(values, y)
    shared = {"cmap": "Greys", "vmin": min(levels[0], y.min()), "vmax": max(levels[-1], y.max())}
    panel = figure.add_subplot(1, panels, 1, title=_alone(result))
    put_heights(panel, across, up, values.reshape(across.shape), levels, shared)
    _strips(panel, kinks, across, up)
    put_data(panel, table, c=y, **shared)
    figure.shown = {"values": values, "kinks": kinks}
    drawn = [panel]
    if not one:
        drawn.append(figure.add_subplot(1, panels, 2, title="largest difference"))
        _spread(drawn[1], result, table, figure.shown)
    for each in drawn:
        each.set_xlabel(result.problem.features[0])
    panel.set_ylabel(result.problem.features[1])
    figure.subplots_adjust(
        left=0.42 / size / panels + 0.02, right=0.985, top=0.93, bottom=bottom + 0.1, wspace=0.22
    )
    return figure


def _spread(panel: Any, result: Any, table: Floats, shown: dict[str, Any]) -> None:
    """How far the predictions of optimal networks lie apart."""
    across, up = np.meshgrid(*(side(table[:, j], COARSE) for j in (0, 1)))
    at = np.column_stack([across.ravel(), up.ravel()])
    low, high = interval(result, at)
    shown |= {"low": low, "high": high, "inputs": at}
    heights, levels = (high - low).reshape(across.shape), nice_levels(high - low, np.zeros(1))
    put_heights(panel, across, up, heights, levels, {"cmap": "Blues"}, numbered=False)
    put_data(panel, table, color="white")


def _strips(panel: Any, kinks: list[Kink], across: Floats, up: Floats) -> None:
    """The line of each kink, or the strip of all its lines."""
    middle = np.array([across.mean(), up.mean()])
    far = 2 * float(np.hypot(np.ptp(across), np.ptp(up)))
    for sign, u, first, last in kinks:
        foot = middle - (middle @ u) * u
        along = far * np.array([-u[1], u[0]])
        ends = [foot - max(min(b, far + 1e3 * far), -1e3 * far) * u for b in (first, last)]
        if first != last:
            corners = [ends[0] - along, ends[0] + along, ends[1] + along, ends[1] - along]
            panel.fill(*np.array(corners).T, color=sign_colour(sign), alpha=0.18, lw=0, zorder=2)
        for end, b in zip(ends, (first, last), strict=True):
            if np.isfinite(b):
                panel.plot(*np.array([end - along, end + along]).T, color=sign_colour(sign), lw=1.2, zorder=3)
    panel.set(xlim=(across.min(), across.max()), ylim=(up.min(), up.max()))


def _caption(result: Any, kinks: list[Kink]) -> str:
    text = f"What the optimal networks at {setting(result)} compute. {statement(result)}"
    if not kinks:
        return text
    where = "Bars" if inputs(result) == 1 else "Coloured lines and strips"
    return f"{text} {where}: where the kinks of optimal networks can lie (blue: sign +, vermilion: sign −)."
