"""The numbers of a path's page: at each position of the slider the proved optimum there, rounded for display.

Positions are penalties inside the intervals and the breakpoints themselves; at each of them the root is proved, to more
digits than a float holds. Between two positions nothing is interpolated.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import arb, arb_mat, fmpq

from polyrelu.curves.branch import BITS, Balls
from polyrelu.curves.curve import Curve
from polyrelu.curves.own_weights import heaviest_first, opposite, told_apart
from polyrelu.exact.enclosure import ball_column, decimal_bounds, precision
from polyrelu.exact.rational import to_fmpq, to_fraction
from polyrelu.paths.ends import between
from polyrelu.show.breakpoints import tight_at, words_of_breakpoint
from polyrelu.show.rough import ridge_bias, rough_value

POSITIONS = 90
"""Inside intervals; the breakpoints come besides."""
FLOAT_BITS = 80
INPUTS = 81


def numbers(found: Any) -> dict[str, Any]:
    """Everything that the page shows, as JSON."""
    problem = found.problem
    positions = [*_inside(found), *(_at_breakpoint(found, k) for k in range(len(found.breakpoints)))]
    positions.sort(key=lambda one: one["lambda"], reverse=True)
    return {
        "title": f"The path of {problem.target} over lambda",
        "caption": caption(found, len(positions)),
        "positions": positions,
        "breakpoints": [float(b.lam.mid()) for b in found.breakpoints],
        "gaps": [[float(to_fraction(g.low)), float(to_fraction(g.high))] for g in found.undecided],
        "y": [float(v) for v in problem.y],
        "inputs": _inputs(found),
        "plane": problem.d == 2 and not problem.bias,
        "rows": [float(row[0]) for row in problem.X],
        "walls": [[float(v) for v in row] for row in problem.X] if problem.d == 2 else [],
        "features": list(problem.features),
        "target": problem.target,
    }


def caption(found: Any, positions: int) -> str:
    """What is proved of what is seen."""
    state = "every lambda" if not found.undecided else "all but the marked pieces"
    many = f"{len(found.breakpoints)} breakpoint{'s' * (len(found.breakpoints) != 1)}"
    return (
        f"Proved for {state} between {float(found.low):.6g} and {float(found.high):.6g}, with {many}. Each of the "
        f"{positions} positions of the slider is a proved optimum, rounded for display; nothing is interpolated."
    )


def _inside(found: Any) -> list[dict[str, Any]]:
    """Positions at about equal ratios, and at least one in every interval."""
    low = max(found.low, found.high / 10**6)
    wanted = [low, *between(low, found.high, POSITIONS), found.high]
    shown = []
    for interval in found.intervals:
        a, b = _ends(interval)
        here = [lam for lam in wanted if a < lam < b] or between(a, b, 2)
        for lam in here:
            piece = interval.piece_at(to_fmpq(lam))
            if piece is not None:
                x = piece.root_at(to_fmpq(lam), FLOAT_BITS)
                with precision(BITS):
                    shown.append(_position(found, piece.curve, x, arb(to_fmpq(lam))))
                told = {
                    "name": decimal_bounds(to_fmpq(lam), 8)[0],
                    "event": None,
                    "width": interval.count,
                }
                shown[-1] |= told | {"rank": interval.rank, "dimension": interval.nullity}
    return shown


def _at_breakpoint(found: Any, k: int) -> dict[str, Any]:
    """The optimum at a breakpoint, by the structure below it."""
    here = found.breakpoints[k]
    with precision(BITS):
        shown = _position(found, here.below, here.carried, here.lam)
    exact = found.exact(k)
    name = found.breakpoint(k, 12)[0] + ".." if exact is None else exact.name
    told = {"name": name, "event": words_of_breakpoint(here)}
    return shown | told | {"width": len(tight_at(here)), "rank": None, "dimension": None}


def _position(found: Any, curve: Curve, x: Balls, lam: arb) -> dict[str, Any]:
    """An optimal network there: neurons, the fit, and the function where there is one input."""
    branch = curve.branch
    _, b, c = branch.parts(x)
    residual = branch.residual_at(x, lam)
    nu = np.array([_float(v) for v in residual.entries()])
    y = np.array([float(v) for v in found.problem.y])
    neurons, (own, pairs) = [], told_apart(curve, x)
    shift = (
        [_float(v) for v in (arb_mat(branch.B) * ball_column(c)).entries()] if pairs else None
    )  # members told apart need none
    for place in heaviest_first(own, opposite(curve, x)):
        z = arb_mat(curve.faces.neuron(place).A) * residual * (1 / lam)
        told = {"sign": place.sign, "pair": place in pairs, "weight": _float(own[place])}
        neurons.append(told | {"direction": [_float(v) * place.sign for v in z.entries()]})
    return {
        "lambda": _float(lam),
        "neurons": neurons,
        "total": sum(_float(v) for v in b),
        "value": rough_value(found.problem, nu, _float(lam)),
        "fit": (y - nu).tolist(),
        "outputs": _outputs(found, neurons, shift, y - nu, ridge_bias(found.problem, nu, _float(lam))),
    }


def _inputs(found: Any) -> list[float]:
    """A range of the one feature, if there is one (and no free column of the table beside it)."""
    problem = found.problem
    if problem.d - problem.bias != 1 or problem.setting.columns:
        return []
    values = [float(row[0]) for row in problem.X]
    room = (max(values) - min(values)) * 0.1 or 1.0
    return [float(v) for v in np.linspace(min(values) - room, max(values) + room, INPUTS)]


def _outputs(
    found: Any, neurons: list[dict[str, Any]], shift: list[float] | None, fit: np.ndarray, bias: float
) -> list[float]:
    """sum s ||w|| (u.x)_+ less what the pairs exchange, which is the same however they share their weights; a ridge
    output bias; and the constant and the linear term that are free: they make the rest of the fit.
    """
    inputs, problem = _inputs(found), found.problem
    if not inputs:
        return []

    def values(table: np.ndarray) -> np.ndarray:
        total = bias - (np.zeros(len(table)) if shift is None else table @ np.array(shift))
        for k in neurons:
            total = total + k["sign"] * k["weight"] * np.maximum(table @ np.array(k["direction"]), 0)
        return total

    table = np.array([[v, 1.0][: problem.d] for v in inputs])
    free = np.array([[float(v) for v in row] for row in problem.free_values]).reshape(problem.n, -1)
    rows = np.array([[float(v) for v in row] for row in problem.X])
    c = np.linalg.lstsq(free, fit - values(rows), rcond=None)[0] if free.size else np.zeros(0)
    added = np.array([[float(v) for v in problem.free_at(tuple(row), ())] for row in table])
    return [float(v) for v in values(table) + added.reshape(len(table), -1) @ c]


def _ends(interval: Any) -> tuple[Any, Any]:
    low = to_fraction(fmpq(*float(interval.low.mid()).as_integer_ratio()))
    high = to_fraction(fmpq(*float(interval.high.mid()).as_integer_ratio()))
    return max(low, high / 10**9), high


def _float(v: arb) -> float:
    return float((arb(0) + v).mid())
