"""The arrangement of data with three features, on the unit sphere: two hemispheres, in an equal-area projection."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import Line2D

from polyrelu.arrangement.cells import Arrangement, enumerate_cells
from polyrelu.errors import BadInput
from polyrelu.show.figures.canvas import BLACK, GREY, YELLOW, Drawing, counted, setting, sheet, sign_colour
from polyrelu.show.floats import Floats, directions

LABELLED = 60
"""More cells than this have no room for their patterns."""
GRID = 160
CLOSE = 6.0
MARK = {1: "o", -1: "s"}


def draw(result: Any) -> Drawing:
    """Two discs: the side of positive last coordinate, and the other one seen through it."""
    if result.problem.d != 3:
        raise BadInput(
            f"the arrangement is drawn for 2 or 3 features (the bias counts), and there are {result.problem.d}; "
            "ask for the kind support"
        )
    optimum, arrangement = result.proved(), enumerate_cells(result.problem.X)
    u = directions(optimum)
    places = label_places(arrangement, u)
    figure, bottom = sheet(7.2, 3.75, caption(result, arrangement, len(places)))
    for side, left in ((1, 0.0), (-1, 0.5)):
        panel = figure.add_axes((left, bottom + 0.06, 0.5, 0.9 - bottom))
        panel.set(xlim=(-1.22, 1.22), ylim=(-1.14, 1.14))
        panel.set_aspect("equal")
        panel.axis("off")
        name = result.problem.features[2]
        panel.set_title(f"{name} {'≥' if side > 0 else '≤'} 0", pad=2)
        _circles(panel, arrangement, side)
        _patterns(panel, arrangement, {cell: at for cell, (at, on) in places.items() if on == side})
        _neurons(panel, optimum, u, side)
    _legend(figure, optimum, bottom)
    figure.shown = {"neurons": u, "cells": arrangement.cells, "labels": places}
    return figure


def _patterns(panel: Any, arrangement: Arrangement, places: dict[int, Floats]) -> None:
    for cell, (x, y) in places.items():
        text = "".join(map(str, arrangement.patterns[cell].astype(int)))
        panel.text(float(x), float(y), text, ha="center", va="center", fontsize=5.5, color=GREY, zorder=2)


def flat(points: Floats) -> Floats:
    """Lambert's equal-area projection of a hemisphere to the unit disc, seen from outside the upper one."""
    x, y, z = points.T
    return np.asarray(np.stack([x, y], axis=1) / np.sqrt(1 + np.abs(z))[:, None])


def lifted(places: Floats, side: int) -> Floats:
    """The inverse, onto the given hemisphere."""
    square = (places**2).sum(axis=1)
    return np.column_stack([places * np.sqrt(2 - square)[:, None], side * (1 - square)])


def label_places(arrangement: Arrangement, u: Floats) -> dict[int, tuple[Floats, int]]:
    """For each cell with room, the point of a grid deepest in it and away from neurons, and its hemisphere."""
    if arrangement.cells > LABELLED:
        return {}
    rows = unit_rows(arrangement)
    number = {pattern.tobytes(): k for k, pattern in enumerate(arrangement.patterns)}
    best: dict[int, tuple[float, Floats, int]] = {}
    steps = np.linspace(-1, 1, GRID)
    grid = np.array([(x, y) for x in steps for y in steps if x * x + y * y < 0.97])
    for side in (1, -1):
        at = lifted(grid, side) @ rows.T
        off = (rows != 0).any(axis=1)
        depth = np.abs(at[:, off]).min(axis=1, initial=1.0) * (1 - (grid**2).sum(axis=1)) ** 0.25
        for place in flat(u[u[:, 2] * side >= 0]):
            depth = np.minimum(depth, np.hypot(*((grid - place) * (0.5, 1.0)).T))
        for place, pattern, d in zip(grid, at >= 0, depth, strict=True):
            k = number.get(pattern.tobytes())
            if k is not None and d > best.get(k, (0.05, place, 0))[0]:
                best[k] = (float(d), place, side)
    return {k: (place, side) for k, (_, place, side) in best.items()}


def unit_rows(arrangement: Arrangement) -> Floats:
    """The rows as unit vectors; zero rows stay zero."""
    rows = arrangement.rows.astype(float)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.where(lengths > 0, lengths, 1.0))


def _circles(panel: Any, arrangement: Arrangement, side: int) -> None:
    turn = np.linspace(0, 2 * np.pi, 721)
    panel.plot(np.cos(turn), np.sin(turn), color=BLACK, lw=0.8, zorder=1)
    named: dict[float, list[int]] = {}
    for j, row in enumerate(unit_rows(arrangement)):
        if not row[:2].any():
            if row.any():
                named.setdefault(90.0, []).append(j)  # the rim itself
            continue
        end = np.array([-row[1], row[0], 0.0]) / np.hypot(row[0], row[1])
        end = end if (round(end[1], 9), end[0]) > (0, 0) else -end
        top = np.cross(end, row) * (1 if np.cross(end, row)[2] * side >= 0 else -1)
        half = np.linspace(0, np.pi, 181)
        curve = np.outer(np.cos(half), end) + np.outer(np.sin(half), top)
        panel.plot(*flat(curve).T, color=GREY, lw=0.6, zorder=1)
        named.setdefault(float(np.degrees(np.arctan2(end[1], end[0]))), []).append(j)
    for angle, rows in _grouped(named):
        x, y = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        text = ", ".join(str(j + 1) for j in rows) if len(rows) <= 6 else f"{len(rows)} rows"
        ha = "left" if x > 0.3 else "right" if x < -0.3 else "center"
        panel.text(1.07 * x, 1.08 * y, text, ha=ha, va="center", fontsize=6, color=GREY)


def _grouped(named: dict[float, list[int]]) -> list[tuple[float, list[int]]]:
    """Names at the rim, those closer than `CLOSE` degrees to their neighbour together."""
    groups: list[tuple[list[float], list[int]]] = []
    for angle in sorted(named):
        if groups and angle - groups[-1][0][-1] < CLOSE:
            groups[-1][0].append(angle)
            groups[-1][1].extend(named[angle])
        else:
            groups.append(([angle], list(named[angle])))
    return [(sum(angles) / len(angles), sorted(rows)) for angles, rows in groups]


def _neurons(panel: Any, optimum: Any, u: Floats, side: int) -> None:
    places = optimum.support.places
    paired = {places[k] for pair in optimum.support.pairs for k in pair}
    for k, direction in enumerate(u):
        if direction[2] * side < 0:
            continue
        sign, (place,) = optimum.used[k].place.sign, flat(direction[None])
        if k in paired:
            panel.plot(*place, "o", ms=12, color=YELLOW, zorder=3)
        panel.plot(*place, MARK[sign], ms=8, color=sign_colour(sign), zorder=4)
        panel.text(
            *place, str(k + 1), color="white", ha="center", va="center", fontsize=6, zorder=5, weight="bold"
        )


def _legend(figure: Drawing, optimum: Any, bottom: float) -> None:
    signs = {neuron.place.sign for neuron in optimum.used}
    known = [
        Line2D([], [], ls="", marker=MARK[s], color=sign_colour(s), ms=7, label=f"neuron, sign {t}")
        for s, t in ((1, "+"), (-1, "−"))
        if s in signs
    ]
    known.append(Line2D([], [], color=GREY, lw=0.8, label="hyperplane of a row (numbers at the rim)"))
    if optimum.support.pairs:
        known.append(Line2D([], [], ls="", marker="o", color=YELLOW, ms=10, label="has its antipode"))
    figure.legend(
        handles=known,
        loc="lower center",
        ncols=4,
        frameon=False,
        bbox_to_anchor=(0.5, bottom - 0.01),
        borderpad=0.1,
    )


def caption(result: Any, arrangement: Arrangement, labelled: int) -> str:
    """What is drawn, and what had no room."""
    used, cells = len(result.proved().used), arrangement.cells
    text = (
        f"Where the {counted(used, 'neuron')} of all optimal networks point ({setting(result)}), among the "
        f"{counted(cells, 'cell')} of the {counted(arrangement.hyperplanes, 'hyperplane')} of the data, on the two "
        "halves of the unit sphere (equal areas; both seen from above)."
    )
    if labelled == 0:
        return f"{text} There is no room for the patterns of the cells."
    return f"{text} Patterns: 1 for an active row" + (
        f"; {counted(cells - labelled, 'small cell')} without label." if labelled < cells else "."
    )
