"""The support at a glance: which rows each neuron is active on, and how much weight it can carry."""

from __future__ import annotations

from typing import Any

from matplotlib.patches import Rectangle

from polyrelu.errors import BadInput
from polyrelu.networks.coordinates import rounded
from polyrelu.optimal_set.families import moving_kinks
from polyrelu.show.figures.canvas import (
    BLACK,
    GREY,
    PALE,
    SKY,
    YELLOW,
    Drawing,
    counted,
    setting,
    sheet,
    sign_colour,
)

LOOKS = {1: (SKY, "●"), 0: (YELLOW, "0"), -1: (PALE, "")}
MANY = 60
CELL = 0.2


def draw(result: Any) -> Drawing:
    """A table with one line for each neuron, and a bar for the range of its weight."""
    optimum = result.proved()
    neurons, n = optimum.used, result.problem.n
    if len(neurons) > MANY:
        raise BadInput(
            f"optimal networks use {len(neurons)} neurons, more than the {MANY} that fit a page; see certify --json"
        )
    ranges = [tuple(map(rounded, pair)) for pair in result.optimal_set.neurons.ranges()]
    cell = min(CELL, 4.2 / n)
    lines = max(len(neurons), 1)
    width, height = 1.1 + max(n * cell, 1.2) + 2.3, 0.75 + CELL * lines
    figure, _ = sheet(max(width, 4.6), height, caption(result))
    total = figure.get_figwidth(), figure.get_figheight()
    top, tall = 0.45 / total[1], CELL * lines / total[1]
    table = figure.add_axes((1.0 / total[0], 1 - top - tall, max(n * cell, 1.2) / total[0], tall))
    weights = figure.add_axes(
        (
            (1.0 + max(n * cell, 1.2) + 0.25) / total[0],
            1 - top - tall,
            1.0 - (1.0 + max(n * cell, 1.2) + 0.85) / total[0],
            tall,
        )
    )
    _table(table, neurons, n)
    _weights(weights, neurons, ranges)
    figure.shown = {"faces": [neuron.place.face for neuron in neurons], "ranges": ranges}
    return figure


def _table(panel: Any, neurons: Any, n: int) -> None:
    """On, zero, off: by colour and by mark."""
    panel.set(xlim=(0, n), ylim=(max(len(neurons), 1), 0))
    for k, neuron in enumerate(neurons):
        for j, side in enumerate(neuron.place.face):
            colour, mark = LOOKS[side]
            panel.add_patch(Rectangle((j, k), 1, 1, fc=colour, ec="white", lw=1))
            if mark and n <= 30:
                panel.text(j + 0.5, k + 0.52, mark, ha="center", va="center", fontsize=5.5)
        panel.text(
            -0.15 * n / 10 - 0.1,
            k + 0.5,
            f"neuron {k + 1}  {'+' if neuron.place.sign > 0 else '−'}",
            ha="right",
            va="center",
            color=sign_colour(neuron.place.sign),
        )
    step = 1 if n <= 15 else 5
    shown = [j for j in range(n) if j == 0 or (j + 1) % step == 0]
    panel.set_xticks([j + 0.5 for j in shown], [str(j + 1) for j in shown], fontsize=6.5)
    panel.xaxis.tick_top()
    panel.set_title("rows of the data", fontsize=8, pad=4)
    panel.tick_params(length=0, pad=1)
    panel.set_yticks([])
    for side in panel.spines.values():
        side.set_visible(False)
    if not neurons:
        panel.text(n / 2, 0.5, "no neuron is used", ha="center", va="center", fontsize=7)


def _weights(panel: Any, neurons: Any, ranges: Any) -> None:
    """A dot where the weight is the same in all optimal networks, else a bar from least to greatest."""
    panel.set(ylim=(max(len(neurons), 1), 0))
    largest = max([high for _, high in ranges], default=1.0) or 1.0
    panel.set_xlim(-0.02 * largest, 1.45 * largest)
    for k, (neuron, (low, high)) in enumerate(zip(neurons, ranges, strict=True)):
        colour = sign_colour(neuron.place.sign)
        same = high - low <= 1e-12 * largest
        panel.plot([0, 1.45 * largest], [k + 0.5] * 2, color=PALE, lw=0.6, zorder=0)
        if same:
            panel.plot(high, k + 0.5, "o", color=colour, ms=4)
        else:
            panel.plot([low, high], [k + 0.5] * 2, color=colour, lw=4, solid_capstyle="butt", alpha=0.75)
        text = f"{high:.4g}" if same else f"{low:.3g} to {high:.3g}"
        panel.text(high + 0.05 * largest, k + 0.5, text, va="center", fontsize=6, color=BLACK)
    panel.set_title("weight ‖w‖", fontsize=8, pad=4)
    panel.set_yticks([])
    panel.spines["left"].set_visible(False)
    panel.spines["bottom"].set_color(GREY)
    panel.tick_params(labelsize=6, length=2, colors=GREY)


def caption(result: Any) -> str:
    """What is drawn."""
    optimum = result.proved()
    head = f"The {counted(len(optimum.used), 'neuron')} of all optimal networks at {setting(result)}. "
    if not optimum.used and optimum.program.free.border:
        return f"No optimal network at {setting(result)} uses a neuron."
    if not optimum.used:
        return f"The zero network is the only optimal network at {setting(result)}: no neuron is used."
    end = (
        "Bars: the range of each weight over all optimal networks."
        if optimum.nullity
        else "The weights are the same in all optimal networks."
    )
    if moving_kinks(optimum):
        end += " Kinks that can move between hyperplanes of the rows, or beyond them, are told by their ends."
    return (
        head + "Blue with a dot: the row is active; yellow, 0: on the neuron's hyperplane; grey: off. " + end
    )
