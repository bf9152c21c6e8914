"""Coverings on file: the answers of those that have ended, and of the others the boxes that wait. Written whole.

One command asks for several coverings, one after the other, and asks for the same ones in the same order when it is
started again: so a covering that has ended is not searched again, and one that was interrupted goes on. Each is known
by a hash of everything that it was asked. The file is a hash, and a numpy archive (no pickles) that it seals; inside is
the hash of the problem that it belongs to.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from polyrelu.covering.boxes import Boxes
from polyrelu.covering.region import Found
from polyrelu.covering.results import Counts, Covered, Direction, Leaf, Resisting
from polyrelu.errors import BadInput

SECONDS = 20.0
"""Time between two writings."""
FORMAT = 2
SEAL = 32
"""Bytes of the hash in front."""
WAVE = 64
"""Lists of boxes that are searched side by side."""
LEAST = 512
"""Boxes that make a list."""


@dataclass
class State:
    """Everything that a covering needs to go on: a checkpoint is this."""

    waiting: list[tuple[int, Boxes]]
    counts: Counts = field(default_factory=Counts)
    directions: list[Direction] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    """Not written: a covering that records its leaves cannot be interrupted."""
    settled: dict[int, list[Boxes]] = field(default_factory=dict)
    """Of each sign, if the search is hasty; not written, either."""
    unexplored: int = 0
    wave: int = 0
    """Lists on top of the pile that belong to a wave that was interrupted."""

    def take(self, sign: int, found: Found, *, root: bool) -> None:
        """Book what a unit of work found. What it left waits in lists of neighbours, so that there is work for all;
        beside a direction that resists it is passed over, but for the first unit, below which lies everything.
        """
        self.counts += found.counts
        self.directions += found.directions
        self.leaves += found.leaves
        self.settled[sign] = [*self.settled.get(sign, ()), *found.settled]
        if found.directions and not root:
            self.unexplored += len(found.left)
            return
        count = min(WAVE // 2, -(-len(found.left) // LEAST))
        cuts = [k * len(found.left) // max(count, 1) for k in range(count + 1)]
        self.waiting += [(sign, found.left.take(slice(a, b))) for a, b in pairwise(cuts)]


class Checkpoint:
    """A file for the coverings of one problem, which `owner` names."""

    def __init__(self, path: str | PathLike[str], owner: str) -> None:
        self.path = Path(path)
        self.owner = hashlib.sha256(f"{owner} {FORMAT}".encode()).hexdigest()
        self.answers: dict[str, Covered | Resisting] = {}
        self.states: dict[str, State] = {}
        self.written = time.monotonic()
        if self.path.exists():
            self._read()

    def _read(self) -> None:
        whole = self.path.read_bytes()
        seal, body = whole[:SEAL], whole[SEAL:]
        if hashlib.sha256(body).digest() != seal:
            raise BadInput(
                f"--checkpoint {self.path}: not a checkpoint, or a damaged one; name another file or start afresh"
            )
        with np.load(BytesIO(body), allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in ("c", "h", "cuts")}
            text = json.loads(str(stored["text"]))
        if text["owner"] != self.owner:
            raise BadInput(
                f"--checkpoint {self.path}: it belongs to another problem (other data or lambda) or to another version "
                "of polyrelu; name another file or remove it"
            )
        self.answers = {name: answer_of(*parts) for name, *parts in text["answers"]}
        self.states = states_of(arrays, text["states"])

    def due(self) -> bool:
        """Whether it is time to write."""
        return time.monotonic() >= self.written + SECONDS

    def write(self) -> None:
        """Write everything: to a neighbour first, which then takes the place of the file."""
        lists = [(k, *one) for k, state in enumerate(self.states.values()) for one in state.waiting]
        # Boxes of different coverings may have different numbers of coordinates: they are written as lines of numbers.
        arrays = {
            "c": np.concatenate([np.zeros(0), *(boxes.c.ravel() for *_, boxes in lists)]),
            "h": np.concatenate([np.zeros(0), *(boxes.h.ravel() for *_, boxes in lists)]),
            "cuts": np.array([[k, sign, *boxes.c.shape] for k, sign, boxes in lists]).reshape(-1, 4),
        }
        text = {
            "owner": self.owner,
            "answers": [[name, *parts_of(answer)] for name, answer in self.answers.items()],
            "states": [
                [name, state.counts.as_tuple(), state.directions, state.unexplored, state.wave]
                for name, state in self.states.items()
            ],
        }
        body = BytesIO()
        np.savez(body, allow_pickle=False, **arrays, text=np.array(json.dumps(text)))
        beside = self.path.with_name(self.path.name + ".part")
        with open(beside, "wb") as file:
            file.write(hashlib.sha256(body.getvalue()).digest() + body.getvalue())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        self.written = time.monotonic()

    def remove(self) -> None:
        """What was asked is answered."""
        self.path.unlink(missing_ok=True)


class Log:
    """What a checkpoint, if there is one, knows of the search of a name, and hears of it."""

    def __init__(self, store: Checkpoint | None, name: str) -> None:
        self.store, self.name = store, hashlib.sha256(name.encode()).hexdigest()
        self.answer = None if store is None else store.answers.get(self.name)
        self.state = None if store is None else store.states.get(self.name)

    @property
    def due(self) -> bool:
        """Whether it is time to write."""
        return self.store is not None and self.store.due()

    def keep(self, state: State) -> None:
        """The search is under way: write it."""
        if self.store is not None:
            self.store.states[self.name] = state
            self.store.write()

    def end(self, answer: Covered | Resisting) -> None:
        """The search has ended by itself."""
        if self.store is not None:
            self.store.states.pop(self.name, None)
            self.store.answers[self.name] = answer
            if self.store.due():
                self.store.write()


def parts_of(answer: Covered | Resisting) -> tuple[Any, ...]:
    """An answer as JSON."""
    if isinstance(answer, Covered):
        return (answer.counts.as_tuple(),)
    return answer.counts.as_tuple(), answer.directions, answer.left, answer.reason


def answer_of(counts: Any, *resisting: Any) -> Covered | Resisting:
    """The answer that was written."""
    if not resisting:
        return Covered(Counts(*counts))
    directions, left, reason = resisting
    return Resisting(Counts(*counts), tuple(directions_of(directions)), int(left), str(reason))


def directions_of(stored: Any) -> list[Direction]:
    """Directions that were written."""
    return [
        Direction(int(sign), tuple(int(x) for x in vector), str(kind), float(value))
        for sign, vector, kind, value in stored
    ]


def states_of(arrays: dict[str, Any], stored: list[Any]) -> dict[str, State]:
    """The states that were written."""
    waiting: list[list[tuple[int, Boxes]]] = [[] for _ in stored]
    start = 0
    for k, sign, count, d in arrays["cuts"].tolist():
        part = slice(start, start + count * d)
        c, h = (arrays[key][part].reshape(count, d) for key in ("c", "h"))
        waiting[k].append((int(sign), Boxes(c, h)))
        start += count * d
    return {
        name: State(
            lists, Counts(*counts), directions_of(directions), unexplored=int(unexplored), wave=int(wave)
        )
        for lists, (name, counts, directions, unexplored, wave) in zip(waiting, stored, strict=True)
    }
