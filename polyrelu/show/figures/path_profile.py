"""Weights of neurons against lambda: every piece of a path by its proved ends, the breakpoints as ticks.

Floats draw alone; a pair {u, -u} is one curve, for the weight of both together, which is the same for all optimal
networks. Where the network is not unique the ground is shaded, where nothing is proved it is hatched.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from polyrelu.exact.rational import to_fraction
from polyrelu.show.figures.canvas import GREY, PALE, SKY, Drawing, counted, sheet, sign_colour


def draw(found: Any) -> Drawing:
    """The profile of a path, on a logarithmic axis."""
    figure, bottom = sheet(6.0, 3.4, caption(found))
    panel = figure.add_axes((0.1, bottom + 0.12, 0.87, 0.83 - bottom))
    shown = []
    for interval in found.intervals:
        low, high = _ends(interval)
        if not interval.p_unique:
            panel.axvspan(low, high, color=SKY, alpha=0.25, lw=0)
        for lams, weights, sign in curves(interval):
            panel.plot(lams, weights, color=sign_colour(sign), lw=1.1)
            shown.append((lams, weights, sign))
    for gap in found.undecided:
        panel.axvspan(
            float(to_fraction(gap.low)), float(to_fraction(gap.high)), color=PALE, hatch="///", lw=0
        )
    ticks = [float(b.lam.mid()) for b in found.breakpoints]
    for lam in ticks:
        panel.axvline(lam, color=GREY, lw=0.4, ls=":")
    panel.set(xscale="log", xlabel="λ", ylabel="weight ‖w‖")
    panel.set_xlim(max(float(found.low), float(found.high) * 1e-6), float(found.high))
    panel.set_ylim(bottom=0)
    figure.shown = {"curves": shown, "breakpoints": ticks}
    return figure


def curves(interval: Any) -> list[tuple[Any, Any, int]]:
    """One curve for each single or pair of each form in which the interval was proved: (lambda, weight, sign)."""
    points: dict[Any, list[tuple[float, float]]] = {}
    for piece in interval.pieces:
        branch, chord = piece.curve.branch, piece.chord
        for lam, x in ((chord.high, chord.at_high), (chord.low, chord.at_low)):
            _, b, _ = branch.parts(x)
            for k, (neuron, pair) in enumerate(zip(branch.neurons, branch.paired, strict=True)):
                place = (neuron.place.sign, neuron.place.face, pair)
                points.setdefault(place, []).append((float(to_fraction(lam)), float(b[k].mid())))
    return [
        (np.array([p[0] for p in line]), np.array([p[1] for p in line]), place[0])
        for place, line in points.items()
    ]


def caption(found: Any) -> str:
    """What is seen, and how much of it is proved."""
    unique = sum(not i.p_unique for i in found.intervals)
    shaded = f" On the shaded {counted(unique, 'interval')} the network is not unique." if unique else ""
    state = "every lambda" if not found.undecided else "all but the hatched pieces"
    return (
        f"Weights of the neurons of optimal networks against λ (blue: sign +, red: sign −), with "
        f"{counted(len(found.breakpoints), 'breakpoint')}; proved for {state}.{shaded}"
    )


def _ends(interval: Any) -> tuple[float, float]:
    return float(interval.low.mid()), float(interval.high.mid())
