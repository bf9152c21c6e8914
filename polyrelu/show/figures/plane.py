"""The arrangement of data with two features: one line for each row, one sector for each activation pattern."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Wedge

from polyrelu.arrangement.cells import Arrangement, enumerate_cells
from polyrelu.show.figures.canvas import GREY, PALE, YELLOW, Drawing, counted, setting, sheet, sign_colour
from polyrelu.show.floats import Floats, directions

NARROW = 4.5
"""Sectors of fewer degrees have no room for their pattern."""
LENGTH = {1: 0.94, -1: 0.7}


def draw(result: Any) -> Drawing:
    """A disc: lines and sectors, patterns around it, neurons as arrows in it."""
    optimum, arrangement = result.proved(), enumerate_cells(result.problem.X)
    u = directions(optimum)
    middles, widths = sectors(arrangement)
    figure, bottom = sheet(5.2, 4.6, caption(result, arrangement, int((widths < NARROW).sum())))
    panel = figure.add_axes((0.0, bottom, 1.0, 0.99 - bottom))
    panel.set_aspect("equal")
    panel.axis("off")
    room = 1.12 + 0.075 * arrangement.rows.shape[0]
    panel.set(xlim=(-1.15 * room - 0.25, 1.15 * room), ylim=(-room, room))
    _sectors(panel, arrangement, middles, widths, u)
    panel.add_patch(Circle((0, 0), 1, fill=False, ec=GREY, lw=0.5, zorder=1))
    _lines(panel, lines(arrangement))
    _neurons(panel, optimum, u)
    figure.shown = {"neurons": u, "middles": middles, "widths": widths, "cells": arrangement.cells}
    return figure


def sectors(arrangement: Arrangement) -> tuple[Floats, Floats]:
    """The middle and the width of each cell in degrees, in the order of the cells."""
    borders = np.sort(np.concatenate([[a, a + 180] for a, _ in lines(arrangement)]))
    w = arrangement.witnesses.astype(float)
    at = np.degrees(np.arctan2(w[:, 1], w[:, 0])) % 360
    after = np.searchsorted(borders, at) % len(borders)
    left = borders[after - 1]
    width = (borders[after] - left) % 360
    width[width == 0] = 360 / len(borders)
    return (left + width / 2) % 360, width


def lines(arrangement: Arrangement) -> list[tuple[float, list[int]]]:
    """The angle in [0, 180) of each line, with the rows that have it."""
    found: dict[tuple[int, int], list[int]] = {}
    for j, row in enumerate(arrangement.rows.tolist()):
        if any(row):
            first = next(v for v in row if v)
            found.setdefault(tuple(v if first > 0 else -v for v in row), []).append(j)
    return sorted((float(np.degrees(np.arctan2(a, -b)) % 180), rows) for (a, b), rows in found.items())


def _sectors(panel: Any, arrangement: Arrangement, middles: Floats, widths: Floats, u: Floats) -> None:
    """The sectors that hold a neuron are tinted; each sector has its pattern, written outwards."""
    at = np.degrees(np.arctan2(u[:, 1], u[:, 0]))
    for cell, (middle, width) in enumerate(zip(middles, widths, strict=True)):
        held = bool((np.abs((at - middle + 180) % 360 - 180) <= width / 2 + 1e-9).any()) if len(u) else False
        tint = PALE if held else "white"
        panel.add_patch(Wedge((0, 0), 1, middle - width / 2, middle + width / 2, facecolor=tint, zorder=0))
        if width < NARROW:
            continue
        text = "".join(map(str, arrangement.patterns[cell].astype(int)))
        left = 90 < middle < 270
        panel.text(
            1.04 * np.cos(np.radians(middle)),
            1.04 * np.sin(np.radians(middle)),
            text,
            rotation=middle - 180 if left else middle,
            rotation_mode="anchor",
            ha="right" if left else "left",
            va="center",
            fontsize=7.5,
            family="DejaVu Sans Mono",
        )


def _lines(panel: Any, known: list[tuple[float, list[int]]]) -> None:
    for angle, rows in known:
        x, y = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        panel.plot([-x, x], [-y, y], color=GREY, lw=0.8, zorder=1)
        name = "row " + ", ".join(str(j + 1) for j in rows[:4]) + (", ..." if len(rows) > 4 else "")
        panel.annotate(
            name,
            (0.86 * x, 0.86 * y),
            ha="center",
            va="center",
            fontsize=6,
            color=GREY,
            zorder=2,
            rotation=angle - 180 if angle > 90 else angle,
            bbox={"boxstyle": "square,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.85},
        )


def _neurons(panel: Any, optimum: Any, u: Floats) -> None:
    places = optimum.support.places
    for pair in optimum.support.pairs:
        ends = np.array([u[places[k]] * LENGTH[optimum.neurons[k].place.sign] for k in pair])
        panel.plot(*ends.T, color=YELLOW, lw=5, solid_capstyle="round", zorder=3)
    for k, (x, y) in enumerate(u):
        sign = optimum.used[k].place.sign
        tip = np.array([x, y]) * LENGTH[sign]
        style = {"arrowstyle": "-|>", "color": sign_colour(sign), "lw": 1.4, "shrinkA": 0, "shrinkB": 0}
        panel.annotate(
            "", tip, (0, 0), arrowprops={**style, "ls": "-" if sign > 0 else (0, (3, 1.5))}, zorder=4
        )
        panel.text(
            *(tip * 0.62),
            str(k + 1),
            ha="center",
            va="center",
            fontsize=7,
            color=sign_colour(sign),
            zorder=5,
            bbox={"boxstyle": "circle,pad=0.15", "fc": "white", "ec": sign_colour(sign), "lw": 0.7},
        )
    legend(panel, optimum)


def legend(panel: Any, optimum: Any) -> None:
    """Signs and pairs, as far as there are any."""
    signs = {neuron.place.sign for neuron in optimum.used}
    known = [
        Line2D(
            [],
            [],
            color=sign_colour(s),
            lw=1.4,
            ls="-" if s > 0 else (0, (3, 1.5)),
            label=f"neuron, sign {t}",
        )
        for s, t in ((1, "+"), (-1, "−"))
        if s in signs
    ]
    known.append(Line2D([], [], color=GREY, lw=0.8, label="row's hyperplane"))
    if optimum.support.pairs:
        known.append(Line2D([], [], color=YELLOW, lw=5, label="antipodal pair"))
    panel.legend(handles=known, loc="upper left", frameon=False, handlelength=1.8, borderaxespad=0.2)


def caption(result: Any, arrangement: Arrangement, narrow: int) -> str:
    """What is drawn, and what had no room."""
    used = len(result.proved().used)
    text = (
        f"Where the {counted(used, 'neuron')} of all optimal networks point ({setting(result)}), among the "
        f"{counted(arrangement.cells, 'cell')} of the {counted(arrangement.hyperplanes, 'hyperplane')} of the data. "
        "Each cell has its activation pattern, 1 for an active row; grey cells hold a neuron."
    )
    return text + (f" {counted(narrow, 'narrow cell')} without label." if narrow else "")
