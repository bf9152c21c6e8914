"""A path in pictures: weights, width and optimal value against lambda, and directions in the plane.

Every piece is drawn by its ends and, where it is long, by some roots between them, with breakpoints as ticks. Floats
draw alone; a pair {u, -u} is one curve, for
the weight of both together, which is the same for all optimal networks. Where the network is not unique the ground is
shaded, where nothing is proved it is hatched.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq

from polyrelu.curves.own_weights import told_apart
from polyrelu.exact.rational import to_fraction
from polyrelu.show.figures.canvas import (
    BLACK,
    GREY,
    ORANGE,
    PALE,
    SKY,
    Drawing,
    counted,
    sheet,
    sign_colour,
)
from polyrelu.show.rough import rough_value

SAMPLES = 120
"""Points along the whole axis, besides the ends of pieces."""
LONG = 1000
"""An axis with ends in this ratio is marked at powers of ten alone."""
ROOT_BITS = 53


def draw(found: Any) -> Drawing:
    """The profile of a path on a logarithmic axis, over width and optimal value; for two features, directions too."""
    plane = found.problem.d == 2 and found.problem.setting.hidden != "free"  # a free bias has no length
    figure, bottom = sheet(6.4, 5.2, caption(found))
    unit = 1 - bottom
    wide = 0.52 if plane else 0.8
    weights = figure.add_axes((0.1, bottom + 0.46 * unit, wide, 0.48 * unit))
    width = figure.add_axes((0.1, bottom + 0.1 * unit, wide, 0.27 * unit), sharex=weights)
    figure.shown = {"breakpoints": [float(b.lam.mid()) for b in found.breakpoints]}
    for panel in (weights, width):
        _ground(panel, found)
    figure.shown["curves"] = _weights(weights, found)
    figure.shown["values"] = _width_and_value(width, found)
    if plane:
        dial = figure.add_axes((0.71, bottom + 0.3 * unit, 0.27, 0.27 * 6.4 / figure.get_figheight()))
        figure.shown["directions"] = _directions(dial, found)
    return figure


def _ground(panel: Any, found: Any) -> None:
    for interval in found.intervals:
        if not interval.p_unique:
            panel.axvspan(*_ends(interval), color=SKY, alpha=0.25, lw=0)
    for gap in found.undecided:
        low, high = (float(to_fraction(v)) for v in (gap.low, gap.high))
        panel.axvspan(low, high, color=PALE, hatch="///", lw=0)
    for here in found.breakpoints:
        panel.axvline(float(here.lam.mid()), color=GREY, lw=0.4, ls=":")
    panel.set_xscale("log")
    least, high = _least(found), float(found.high)
    panel.set_xlim(least, high)
    if high < LONG * least:
        from matplotlib.ticker import LogLocator

        # powers of ten alone would be too few marks, and all digits too many
        panel.xaxis.set_minor_locator(LogLocator(subs=(2, 5)))
        panel.xaxis.set_major_formatter("{x:g}")
        panel.xaxis.set_minor_formatter("{x:g}")


def _weights(panel: Any, found: Any) -> list[Any]:
    shown = []
    for interval in found.intervals:
        for lams, weights, sign in curves(interval, found):
            panel.plot(lams, weights, color=sign_colour(sign), lw=1.1)
            shown.append((lams, weights, sign))
    panel.set(ylabel="weight ‖w‖")
    panel.set_ylim(bottom=0)
    panel.tick_params(labelbottom=False, which="both")
    return shown


def _width_and_value(panel: Any, found: Any) -> Any:
    """The number of neurons as steps, and the optimal value as a part of that of the zero network."""
    for interval in found.intervals:
        panel.plot(_ends(interval), [interval.count] * 2, color=BLACK, lw=1.4)
    panel.set(xlabel="λ", ylabel="neurons")
    panel.yaxis.get_major_locator().set_params(integer=True)
    panel.set_ylim(bottom=0)
    points = sorted(values(found))
    other = panel.twinx()
    other.plot([p[0] for p in points], [p[1] for p in points], color=ORANGE, lw=1.1)
    other.set_ylabel("optimal value / |y|²/2", color=ORANGE)
    other.set_ylim(0, 1.05)
    other.spines["right"].set_visible(True)
    return points


def values(found: Any) -> list[tuple[float, float]]:
    """The optimal value, as a part of |y|^2 / 2."""
    whole, points = sum(float(v) ** 2 for v in found.problem.y) / 2 or 1.0, []
    for interval in found.intervals:
        for curve, lam, x in _pieces(interval, found):
            nu = np.array([float((v + 0).mid()) for v in curve.branch.residual_at(x, arb(lam)).entries()])
            points.append((lam, rough_value(found.problem, nu, lam) / whole))
    return points


def _directions(panel: Any, found: Any) -> list[Any]:
    """Directions on the circle: further out for smaller lambda, by its logarithm."""
    low, high = _least(found), float(found.high)
    shown = []
    for interval in found.intervals:
        for lams, angles, sign in turns(interval, found):
            r = 0.25 + 0.75 * (np.log(high) - np.log(np.maximum(lams, low))) / np.log(high / low)
            panel.plot(r * np.cos(angles), r * np.sin(angles), color=sign_colour(sign), lw=1.1)
            shown.append((lams, angles, sign))
    circle = np.linspace(0, 2 * np.pi, 200)
    for r in (0.25, 1.0):
        panel.plot(r * np.cos(circle), r * np.sin(circle), color=GREY, lw=0.4)
    for row in found.problem.X:
        x, y = float(row[0]), float(row[1])
        size = np.hypot(x, y)
        if size:
            panel.plot([-y / size, y / size], [x / size, -x / size], color=PALE, lw=0.6, zorder=0)
    panel.set_aspect("equal")
    panel.axis("off")
    panel.set_title("directions: λ falls outwards", fontsize=7.5)
    return shown


def _pieces(interval: Any, found: Any) -> Any:
    """Points of the pieces from above: their ends, and as many roots between them as the width on the axis asks for."""
    for piece in interval.pieces:
        chord = piece.chord
        yield piece.curve, float(to_fraction(chord.high)), piece.near(chord.high)
        for lam in _between(piece, found):
            yield piece.curve, lam, piece.root_at(fmpq(*lam.as_integer_ratio()), ROOT_BITS)
        yield piece.curve, float(to_fraction(chord.low)), piece.near(chord.low)


def _between(piece: Any, found: Any) -> list[float]:
    """Penalties at equal ratios inside a piece, as many as its share of the axis."""
    least = _least(found)
    low, high = (max(float(to_fraction(v)), least) for v in (piece.chord.low, piece.chord.high))
    if not piece.chord.branch.unknowns or low >= high:
        return []
    count = int(np.ceil(SAMPLES * np.log(high / low) / np.log(float(found.high) / least)))
    return [float(v) for v in np.geomspace(high, low, count + 1)[1:-1]]


def _least(found: Any) -> float:
    """The left end of the axis."""
    return max(float(found.low), float(found.high) * 1e-6)


def curves(interval: Any, found: Any) -> list[tuple[Any, Any, int]]:
    """One curve for each single or pair of each form in which the interval was proved: (lambda, weight, sign)."""
    points: dict[Any, list[tuple[float, float]]] = {}
    for curve, lam, x in _pieces(interval, found):
        own, pairs = told_apart(curve, x)
        for place, weight in own.items():
            key = (place.sign, place.face, place in pairs)
            points.setdefault(key, []).append((lam, float(weight.mid())))
    return _lines(points)


def turns(interval: Any, found: Any) -> list[tuple[Any, Any, int]]:
    """The angle of each neuron's direction, u and -u of a pair both: (lambda, angle, sign)."""
    points: dict[Any, list[tuple[float, float]]] = {}
    for curve, lam, x in _pieces(interval, found):
        own, pairs = told_apart(curve, x)
        seen = curve.branch.seen_at(x)  # nu / lambda, which does not vanish with lambda
        for place in own:
            z = [
                float((v * place.sign).mid()) for v in (arb_mat(curve.faces.neuron(place).A) * seen).entries()
            ]
            for turn in (1, -1)[: 1 + (place in pairs)]:
                key = (place.sign, place.face, turn)
                points.setdefault(key, []).append((lam, np.arctan2(turn * z[1], turn * z[0])))
    return [(lams, np.unwrap(angles), sign) for lams, angles, sign in _lines(points)]


def _lines(points: dict[Any, list[tuple[float, float]]]) -> list[tuple[Any, Any, int]]:
    return [
        (np.array([p[0] for p in line]), np.array([p[1] for p in line]), place[0])
        for place, line in points.items()
    ]


def caption(found: Any) -> str:
    """What is seen, and how much of it is proved."""
    unique = sum(not i.p_unique for i in found.intervals)
    where = "interval" if unique == 1 else counted(unique, "interval")
    shaded = (
        f" On the shaded {where} the network is not unique; a pair u, −u is one curve there{_of_one(found)}."
        if unique
        else ""
    )
    state = "every lambda" if not found.undecided else "all but the hatched pieces"
    return (
        f"Weights of the neurons of optimal networks against λ (blue: sign +, red: sign −), with "
        f"{counted(len(found.breakpoints), 'breakpoint')}; below, the number of neurons that reach λ (black) and the "
        f"optimal value (orange); proved for {state}.{shaded}"
    )


def _of_one(found: Any) -> str:
    """Where weights can be exchanged beyond pairs, what is drawn."""
    several = any(piece.curve.further for interval in found.intervals for piece in interval.pieces)
    return ", and where neurons depend on others the weights are those of one optimal network" * several


def _ends(interval: Any) -> tuple[float, float]:
    return float(interval.low.mid()), float(interval.high.mid())
