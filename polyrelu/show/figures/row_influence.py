"""The influence of each row on each neuron, at one lambda: two tables in colours.

Left: the derivative of a weight by the row's target. Right: the norm of its derivative by the row itself, where there
is one; a cross marks rows that cannot be moved smoothly. At a breakpoint both sides are drawn, one above the other.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from polyrelu.show.figures.canvas import GREY, HEIGHTS, Drawing, sheet

MOST = 60
"""Rows of the table that are drawn; the ones of most influence."""


def draw(found: Any) -> Drawing:
    """Two tables for each side."""
    sides = (
        [("", found)] if hasattr(found, "neurons") else [("above: ", found.above), ("below: ", found.below)]
    )
    sides = [(name, side) for name, side in sides if side.neurons]
    rows = kept_rows([side for _, side in sides])
    height = sum(0.75 + 0.28 * len(side.neurons) for _, side in sides) or 0.6
    figure, bottom = sheet(6.4, height, caption(found, len(rows), found.problem.n))
    figure.shown = {"rows": rows, "tables": []}
    top, unit = 1.0, (1 - bottom) / height
    for name, side in sides:
        tall = 0.28 * len(side.neurons) * unit
        base = top - 0.3 * unit - tall
        for left, kind in ((0.12, "target"), (0.58, "row")):
            panel = figure.add_axes((left, base, 0.32, tall))
            table = values(side, rows, kind)
            figure.shown["tables"].append(table)
            _table(
                figure, panel, table, rows, f"{name}by the {'target' if kind == 'target' else 'row itself'}"
            )
        top = base - 0.45 * unit
    return figure


def kept_rows(sides: list[Any]) -> list[int]:
    """All rows, or those of most influence, in their order."""
    if not sides:
        return []
    table = np.vstack([values(side, list(range(side.problem.n)), "target") for side in sides])
    return sorted(int(j) for j in np.argsort(-np.abs(np.nan_to_num(table)).max(axis=0), kind="stable")[:MOST])


def values(side: Any, rows: list[int], kind: str) -> Any:
    """Neurons by rows; nan where there is no derivative."""
    empty = [np.nan] * len(rows)
    if kind == "target":
        return np.array(
            [
                empty if k.by_target is None else [float(k.by_target[j].mid()) for j in rows]
                for k in side.neurons
            ]
        )
    return np.array(
        [empty if k.by_feature is None else [float(k.influence(j).mid()) for j in rows] for k in side.neurons]
    )


def _table(figure: Drawing, panel: Any, table: Any, rows: list[int], title: str) -> None:
    most = np.nanmax(np.abs(table)) if np.isfinite(table).any() else 1.0
    colours: dict[str, Any] = {"cmap": HEIGHTS, "vmin": 0, "vmax": most}
    if "target" in title:
        colours = {"cmap": "RdBu", "vmin": -most, "vmax": most}
    shown = panel.imshow(table, aspect="auto", interpolation="nearest", **colours)
    missing = np.argwhere(~np.isfinite(table))
    panel.plot(missing[:, 1], missing[:, 0], "x", color=GREY, ms=4, lw=0)
    panel.set_title(title, loc="left")
    every = max(1, len(rows) // 12)
    panel.set_xticks(range(0, len(rows), every), [str(j + 1) for j in rows[::every]])
    panel.set_yticks(range(len(table)), [str(k + 1) for k in range(len(table))])
    panel.set(xlabel="row", ylabel="neuron")
    bar = figure.colorbar(shown, ax=panel, fraction=0.05, pad=0.02)
    bar.ax.tick_params(labelsize=6)


def caption(found: Any, kept: int, rows: int) -> str:
    """What is seen."""
    lam = found.lam if hasattr(found, "neurons") else f"{float(found.lam.mid()):.6g}, a breakpoint"
    few = "" if kept == rows else f" The {kept} rows of most influence of {rows}."
    return (
        f"Influence of each row on the weight of each neuron at λ = {lam}: the derivative by its target (left), and "
        f"the norm of the derivative by the row (right); × where there is none. Enclosed by proof.{few}"
    )
