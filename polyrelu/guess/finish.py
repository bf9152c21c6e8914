"""From a residual that satisfies every constraint to a vertex of the optimal set, polished, and the ties."""

from __future__ import annotations

import numpy as np

from polyrelu.guess.newton import Root, polish
from polyrelu.guess.pricing import Column, Pricer
from polyrelu.guess.program import Program
from polyrelu.guess.result import Array, GuessedNeuron
from polyrelu.guess.sliding import State, newton_step

TIE = 1e-7  # other directions this close to lambda, relatively, are reported
CLOSE = 1e-9  # ... and these are offered to the vertex


def finish(
    program: Program, pricer: Pricer, y: Array, lam: float, nu: Array, known: list[tuple[Column, float]]
) -> tuple[Root, list[Column]]:
    """A polished vertex, and the other directions that reach lambda nearly."""
    root, moved = Root(nu, np.zeros(0), [], np.inf), np.inf
    for attempt in range(5):
        tight = [(v, c) for v, c in pricer.tight(root.nu, lam * (1 - 1e-5), lam * (1 - 1e-11)) if v > lam * (1 - TIE)]
        seen = {c.key(program.gated) for _, c in tight}
        # a better residual can show that a direction lies on a hyperplane: then its face is read again
        if attempt == 4 or (moved <= 1e-13 and all(c.key(program.gated) in seen for c in root.columns)):
            break
        again = _vertex(program, y, lam, root.nu, [c for v, c in tight if v > lam * (1 - CLOSE)], known)
        known = list(zip(again.columns, again.t.tolist(), strict=True))
        moved = float(np.linalg.norm(again.nu - root.nu)) / max(float(np.linalg.norm(again.nu)), 1e-300)
        root = again
    keys = {c.key(program.gated) for c in root.columns}
    return root, [c for _, c in tight if c.key(program.gated) not in keys]


def _vertex(
    program: Program, y: Array, lam: float, nu: Array, close: list[Column], known: list[tuple[Column, float]]
) -> Root:
    """Weights on independent columns among those that are tight, then Newton; negative weights leave one by one."""
    start = {c.key(program.gated): weight for c, weight in known}
    t = np.array([start.get(c.key(program.gated), 0.0) for c in close])
    if not close:
        return polish(program, y, lam, y.copy(), t, [])
    state = newton_step(program, y, lam, State(close, t, nu))
    used = np.flatnonzero(state.t > 0)
    return polish(program, y, lam, state.nu, state.t[used], [close[i] for i in used])


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
