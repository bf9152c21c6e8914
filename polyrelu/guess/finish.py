"""From a residual that satisfies every constraint to a vertex of the optimal set, polished, and the ties."""

from __future__ import annotations

import numpy as np

from polyrelu.guess.columns import Column
from polyrelu.guess.newton import polish
from polyrelu.guess.pricing import Pricer
from polyrelu.guess.program import Program
from polyrelu.guess.result import Array, GuessedNeuron
from polyrelu.guess.sliding import State, newton_step

TIE = 1e-7  # other directions this close to lambda, relatively, are reported
CLOSE = 1e-9  # ... and these are offered to the vertex
ATTEMPTS = 4


def finish(pricer: Pricer, y: Array, lam: float, state: State, *, noise: float) -> tuple[State, list[Column]]:
    """A polished vertex, and the other directions that reach lambda nearly.

    `noise` is what rounding in the residual does to the value of a block, relative to lambda.
    """
    near, closest = max(TIE, 100 * noise), max(CLOSE, 30 * noise)
    gated, polished = pricer.program.gated, False
    for attempt in range(ATTEMPTS + 1):
        tight = pricer.tight(state.nu, lam * (1 - near), lam * (1 - 1e-11))
        seen = {c.key(gated) for _, c in tight}
        # a better residual can show that a direction lies on a hyperplane: then its face is read again
        faces_hold = all(c.key(gated) in seen for c in state.columns)
        nothing_above = all(v <= lam * (1 + max(1e-11, 3 * noise)) for v, _ in tight)
        if attempt == ATTEMPTS or (polished and faces_hold and nothing_above):
            break
        close = [c for v, c in tight if v > lam * (1 - closest)]
        state = _vertex(pricer.program, y, lam, state, close)
        polished = state.moved <= 1e-12 and bool((state.t > 0).all())
    used = {c.key(gated) for c in state.columns}
    return state, [c for _, c in tight if c.key(gated) not in used]


def _vertex(program: Program, y: Array, lam: float, state: State, close: list[Column]) -> State:
    """Weights on independent columns among those that are tight, then Newton."""
    if not close:
        return State([], np.zeros(0), y.copy(), 0.0)
    known: dict[tuple[object, ...], float] = {}
    for c, weight in zip(state.columns, state.t, strict=True):  # old cuts share the face of a neuron
        known[c.key(program.gated)] = known.get(c.key(program.gated), 0.0) + float(weight)
    t = np.array([known.get(c.key(program.gated), 0.0) for c in close])
    offered = newton_step(program, y, lam, State(close, t, state.nu))
    used = np.flatnonzero(offered.t > 0)
    return polish(program, y, lam, State([close[i] for i in used], offered.t[used], offered.nu))


def neurons(program: Program, columns: list[Column], weights: list[float]) -> tuple[GuessedNeuron, ...]:
    """The columns as the caller knows them."""
    return tuple(
        GuessedNeuron(
            sign=c.sign,
            direction=c.direction,
            face=() if program.gated else c.face,
            weight=weight,
            gate=c.block if program.gated else None,
            block=c.block,
        )
        for c, weight in zip(columns, weights, strict=True)
    )
