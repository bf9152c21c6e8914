"""What a covering answers: every direction is below the level, or directions that resist."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, NamedTuple

from polyrelu.covering.boxes import Boxes


class Direction(NamedTuple):
    """The centre of a box that resists."""

    sign: int
    vector: tuple[int, ...]
    kind: str
    """"missed": f_s(vector) > level ||vector|| is proved, nu is not feasible; "undecided": neither is proved."""
    value: float
    """f_s(vector) / ||vector||, rounded, in the units of lambda: for people and for sorting only."""


class Leaf(NamedTuple):
    """A settled box and what settles it, for a second check: see `cover(record=True)`."""

    sign: int
    centre: tuple[Fraction, ...]
    half: tuple[Fraction, ...]
    kind: str
    """A, B or M."""
    witness: Any
    """A: (w, slopes of all lines), w in the units of the rows; B: the number of the star; M: slopes of all lines."""


@dataclass(frozen=True)
class Counts:
    """Boxes looked at, by what became of them, and the share of all directions that is settled."""

    boxes: int = 0
    a: int = 0
    b: int = 0
    m: int = 0
    wide: int = 0
    """Settled in Python integers, where the fast layout was too coarse (counted in a, too)."""
    share: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(x + y for x, y in zip(self.as_tuple(), other.as_tuple(), strict=True)))

    def as_tuple(self) -> tuple[Any, ...]:
        """In the order of the fields."""
        return self.boxes, self.a, self.b, self.m, self.wide, self.share


@dataclass(frozen=True, eq=False)
class Partition:
    """Boxes that make up all directions, for each sign: the leaves of a covering that has ended.

    It says nothing about what was asked: any other question about as many coordinates may begin with these boxes.
    """

    d: int
    normed: int
    digits: dict[int, int]
    """P of the layout of each sign: boxes are integers over 2^P."""
    boxes: dict[int, Boxes]

    def suits(self, d: int, normed: int, digits: dict[int, int]) -> bool:
        """Whether these are all directions of a question, in its own numbers."""
        return (self.d, self.normed, self.digits) == (d, normed, digits)

    def __len__(self) -> int:
        return sum(len(boxes) for boxes in self.boxes.values())


@dataclass(frozen=True)
class Covered:
    """Proved: off the stars every direction is strictly below the level, for every sign that was asked."""

    counts: Counts
    leaves: tuple[Leaf, ...] = field(default=(), repr=False)
    partition: Partition | None = field(default=None, repr=False)
    """The settled boxes, if the search was hasty."""

    @property
    def boxes(self) -> int:
        """Number of boxes looked at."""
        return self.counts.boxes


@dataclass(frozen=True)
class Resisting:
    """Not proved. `directions` resist (best value first); `left` boxes were not looked at, and `reason` says why."""

    counts: Counts
    directions: tuple[Direction, ...]
    left: int
    reason: str
    """"resists"; "time" or "boxes" (a limit that was given); "enclosure" (nu is known too roughly for any claim)."""

    @property
    def boxes(self) -> int:
        """Number of boxes looked at."""
        return self.counts.boxes

    @property
    def missed(self) -> tuple[Direction, ...]:
        """The directions that are proved to be above the level."""
        return tuple(u for u in self.directions if u.kind == "missed")
