"""A covering on file: the boxes that wait, and the counts so far. Written whole, or not at all.

The file is a hash, and a numpy archive (no pickles) that it seals; inside is the hash of the question.
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
from polyrelu.covering.question import Question
from polyrelu.covering.region import Found
from polyrelu.covering.results import Counts, Direction, Leaf
from polyrelu.errors import BadInput

SECONDS = 20.0
"""Time between two writings."""
FORMAT = 1
SEAL = 32
"""Bytes of the hash in front."""
WAVE = 64
"""Lists of boxes that are searched side by side."""
LEAST = 32
"""Boxes that make a list."""


@dataclass
class State:
    """Everything that a covering needs to go on: a checkpoint is this."""

    waiting: list[tuple[int, Boxes]]
    counts: Counts = field(default_factory=Counts)
    directions: list[Direction] = field(default_factory=list)
    leaves: list[Leaf] = field(default_factory=list)
    """Not written: a covering that records its leaves cannot be interrupted."""
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
        if found.directions and not root:
            self.unexplored += len(found.left)
            return
        count = min(WAVE // 2, -(-len(found.left) // LEAST))
        cuts = [k * len(found.left) // max(count, 1) for k in range(count + 1)]
        self.waiting += [(sign, found.left.take(slice(a, b))) for a, b in pairwise(cuts)]


class Checkpoint:
    """A file for the state of one question."""

    def __init__(self, path: str | PathLike[str], question: Question, options: tuple[Any, ...]) -> None:
        self.path = Path(path)
        self.name = hashlib.sha256(f"{question.fingerprint} {options} {FORMAT}".encode()).hexdigest()
        self.last = time.monotonic()

    def read(self) -> State | None:
        """The state on file; None if there is no file."""
        if not self.path.exists():
            return None
        whole = self.path.read_bytes()
        seal, body = whole[:SEAL], whole[SEAL:]
        if hashlib.sha256(body).digest() != seal:
            raise BadInput(f"{self.path}: not a checkpoint, or a damaged one; remove it to start afresh")
        with np.load(BytesIO(body), allow_pickle=False) as stored:
            arrays = {key: stored[key] for key in ("c", "h", "cuts")}
            text = str(stored["text"])
        meta = json.loads(text)
        if meta["question"] != self.name:
            raise BadInput(
                f"{self.path}: this checkpoint belongs to another question (other data, lambda, guess or options); "
                "remove it or name another file"
            )
        return state_of(arrays, meta)

    def write(self, state: State, *, now: bool = False) -> None:
        """Write the state if it is time: to a neighbour first, which then takes the place of the file."""
        if not now and time.monotonic() < self.last + SECONDS:
            return
        boxes = [b for _, b in state.waiting]
        arrays = {
            "c": np.concatenate([b.c for b in boxes]) if boxes else np.zeros((0, 1)),
            "h": np.concatenate([b.h for b in boxes]) if boxes else np.zeros((0, 1)),
            "cuts": np.array([[sign, len(b)] for sign, b in state.waiting], dtype=np.int64).reshape(-1, 2),
        }
        text = json.dumps(
            {
                "question": self.name,
                "counts": state.counts.as_tuple(),
                "directions": state.directions,
                "unexplored": state.unexplored,
                "wave": state.wave,
            }
        )
        body = BytesIO()
        np.savez(body, allow_pickle=False, **arrays, text=np.array(text))
        beside = self.path.with_name(self.path.name + ".part")
        with open(beside, "wb") as file:
            file.write(hashlib.sha256(body.getvalue()).digest() + body.getvalue())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(self.path)
        self.last = time.monotonic()

    def remove(self) -> None:
        """The search is over."""
        self.path.unlink(missing_ok=True)


def state_of(arrays: dict[str, Any], meta: dict[str, Any]) -> State:
    """The state that was written."""
    waiting, start = [], 0
    for sign, count in arrays["cuts"].tolist():
        part = slice(start, start + count)
        waiting.append((int(sign), Boxes(arrays["c"][part], arrays["h"][part])))
        start += count
    directions = [
        Direction(int(sign), tuple(int(x) for x in vector), str(kind), float(value))
        for sign, vector, kind, value in meta["directions"]
    ]
    return State(waiting, Counts(*meta["counts"]), directions, [], int(meta["unexplored"]), int(meta["wave"]))
