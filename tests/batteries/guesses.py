"""Corrupted guesses: a wrong structure is never certified; what is certified all the same is the true optimum."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import numpy as np

from polyrelu.errors import Undecided
from polyrelu.guess.values import Guess
from polyrelu.proof.optimum import prove
from tests.batteries.battery import Battery, Tally
from tests.corpus import SHAPES, degenerate, generic
from tests.instance import Instance

EACH = 60
"""Corruptions of one guess."""
SMALL = [k for k, (n, d) in enumerate(SHAPES) if n * d <= 16]


def corrupted(guess: Guess, pick: random.Random) -> Guess:
    """A guess with one neuron dropped, added, moved to a neighbouring face, flipped, or a perturbed residual."""
    neurons, kind = list(guess.neurons), pick.randrange(6)
    if kind == 0 and neurons:
        neurons.pop(pick.randrange(len(neurons)))
    elif kind == 1 and guess.ties:
        neurons.append(replace(pick.choice(guess.ties), weight=0.1))
    elif kind in (2, 3) and neurons:
        k = pick.randrange(len(neurons))
        face = list(neurons[k].face)
        j = pick.randrange(len(face))
        face[j] = pick.choice([v for v in (-1, 0, 1) if v != face[j]])
        neurons[k] = replace(neurons[k], face=tuple(face))
    elif kind == 4 and neurons:
        k = pick.randrange(len(neurons))
        neurons[k] = replace(neurons[k], sign=-neurons[k].sign)
    else:
        noise = np.array([pick.gauss(0, 0.3) for _ in guess.nu])
        return replace(guess, nu=guess.nu + noise, neurons=tuple(neurons), ties=())
    keep = guess.ties if pick.random() < 0.5 else ()
    return replace(guess, neurons=tuple(neurons), ties=keep)


def cases(tally: Tally, seed: int, count: int) -> Iterator[None]:
    """Some corruptions for each of a few problems; a wrong guess is not rescued by fields of high degree here."""
    pick = random.Random(seed)
    while tally.cases < count:
        k = len(SHAPES) * pick.randrange(10**6) + pick.choice(SMALL)
        problem = Instance(*(generic if pick.random() < 0.5 else degenerate)(k), {})
        truth = problem.certify()
        if truth.status != "proved":
            tally.counts["undecided problems"] += 1
            continue
        program = truth.proved().program
        guess = program.guesser.optimum(float(problem.lam))
        for _ in range(min(EACH, count - tally.cases)):
            wrong = corrupted(guess, pick)
            tally.attempt(
                (problem, wrong), lambda truth=truth, wrong=wrong: _certified(truth.proved(), wrong)
            )
            yield


def _certified(truth: Any, guess: Guess) -> str:
    with patch("polyrelu.proof.point.MAX_DEGREE", 2):
        try:
            optimum = prove(truth.program, guess)
        except Undecided:
            return "refused"
    nu = truth.point.balls(100).nu
    assert all(a.overlaps(b) for a, b in zip(optimum.point.balls(100).nu, nu, strict=True)), (
        "another residual"
    )
    places = [sorted((k.place.sign, k.place.face) for k in found.used) for found in (optimum, truth)]
    assert places[0] == places[1], "other neurons"
    return "mended, and the true optimum"


BATTERY = Battery("guesses corrupted before the proof", cases, full=10_000, slice=150)
