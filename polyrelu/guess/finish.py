"""From a residual that satisfies every constraint to a vertex of the optimal set, polished, and the ties."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from polyrelu.guess.columns import Column
from polyrelu.guess.flats import NEAR
from polyrelu.guess.float_program import FloatProgram
from polyrelu.guess.newton import polish
from polyrelu.guess.pricing import Pricer
from polyrelu.guess.scout import Scout
from polyrelu.guess.sliding import State, newton_step
from polyrelu.guess.values import Array, GuessedNeuron

TIE = 1e-7  # other directions this close to lambda, relatively, are reported
CLOSE = 1e-9  # ... and these are offered to the vertex
POLISHED = 1e-12
SNAPS = (1.0, 1e2, 1e4)  # how generously a direction is put on a hyperplane, tried in this order
FAR = 1e-5  # ... but no product this large against its own terms is ever read as zero
REREADS = 3


def finish(
    pricer: Pricer | Scout, y: Array, lam: float, state: State, *, noise: float
) -> tuple[State, list[Column]]:
    """A polished vertex, and the other directions that reach lambda nearly.

    `noise` is what rounding in the residual does to the value of a block, relative to lambda.
    """
    flats, fallback = pricer.program.flats, state
    for snap, sift in itertools.product(SNAPS, (apart, _all)):
        flats.near = min(max(NEAR, 30 * noise) * snap, FAR)
        found = _reread(pricer, y, lam, state, sift=sift, noise=noise)
        if found.settled:
            return found.state, found.ties
        if found.state.moved <= POLISHED < fallback.moved or fallback is state:
            fallback = found.state
    flats.near = min(max(NEAR, 30 * noise), FAR)
    tight = pricer.tight(pricer.program.whiten(fallback.nu), lam * (1 - max(TIE, 100 * noise)))
    return fallback, _others(pricer.program, fallback, tight)


@dataclass(frozen=True, eq=False)
class _Found:
    state: State
    ties: list[Column]
    settled: bool


def _reread(
    pricer: Pricer | Scout,
    y: Array,
    lam: float,
    state: State,
    *,
    sift: Callable[..., list[Column]],
    noise: float,
) -> _Found:
    """Vertex, Newton, and the faces read again at the better residual, until they are the same."""
    program, polished = pricer.program, False
    for attempt in range(REREADS + 1):
        tight = pricer.tight(program.whiten(state.nu), lam * (1 - max(TIE, 100 * noise)), lam * (1 - 1e-11))
        seen = {c.key(program.gated) for _, c in tight}
        faces_hold = all(c.key(program.gated) in seen for c in state.columns)
        nothing_above = all(v <= lam * (1 + max(1e-11, 3 * noise)) for v, _ in tight)
        if polished and faces_hold and nothing_above:
            return _Found(state, _others(program, state, tight), True)
        if attempt == REREADS:
            break
        close = [c for v, c in tight if v > lam * (1 - max(CLOSE, 30 * noise))]
        again = _vertex(program, y, lam, state, sift(program, close))
        polished = again.moved <= POLISHED and bool((again.t > 0).all())
        if not polished:
            return _Found(again if state.moved > POLISHED else state, [], False)
        state = again
    return _Found(state, [], False)


def _others(program: FloatProgram, state: State, tight: list[tuple[float, Column]]) -> list[Column]:
    used = {c.key(program.gated) for c in state.columns}
    return [c for _, c in tight if c.key(program.gated) not in used]


def _all(program: FloatProgram, columns: list[Column]) -> list[Column]:
    return columns


def apart(program: FloatProgram, columns: list[Column]) -> list[Column]:
    """Without those that share a closed cone with a better one of their sign: two neurons never do."""
    kept: list[Column] = []
    for c in columns:
        rivals = [k for k in kept if k.sign == c.sign]
        blocks = np.array([k.block for k in rivals], dtype=np.intp)
        mine = np.array([c.block], dtype=np.intp)
        shared = bool(program.cones_around(blocks, c.direction).any()) if rivals else False
        if not shared and not any(program.cones_around(mine, k.direction)[0] for k in rivals):
            kept.append(c)
    return kept


def _vertex(program: FloatProgram, y: Array, lam: float, state: State, close: list[Column]) -> State:
    """Weights on independent columns among those that are tight, then Newton."""
    if not close:
        return State([], np.zeros(0), y.copy(), 0.0)
    known: dict[tuple[object, ...], float] = {}
    for c, weight in zip(state.columns, state.t, strict=True):  # old cuts share the face of a neuron
        known[c.key(program.gated)] = known.get(c.key(program.gated), 0.0) + float(weight)
    t = np.array([known.get(c.key(program.gated), 0.0) for c in close])
    try:
        offered = newton_step(program, y, lam, State(close, t, state.nu))
        used = np.flatnonzero(offered.t > 0)
        return polish(program, y, lam, State([close[i] for i in used], offered.t[used], offered.nu))
    except np.linalg.LinAlgError:
        return State(close, t, state.nu)


def neurons(program: FloatProgram, columns: list[Column], weights: list[float]) -> tuple[GuessedNeuron, ...]:
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
