"""One sign of a question ready to be searched, and regions: boxes that wait, with what still matters to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from polyrelu.covering import stars as leaf_b
from polyrelu.covering.boxes import Boxes
from polyrelu.covering.layout import Layout, layout_of
from polyrelu.covering.leaf_a import Kept
from polyrelu.covering.question import Question
from polyrelu.covering.results import Counts, Direction, Leaf
from polyrelu.covering.stars import Stars

SPARE = 4
"""Binary digits of a box that its depth leaves alone: a box at the depth cap may be 16 times longer than wide, and its
narrow coordinates have to be integers, too."""


@dataclass(frozen=True, eq=False)
class Side:
    """One sign of a question, ready to be searched."""

    question: Question
    layout: Layout
    stars: Stars
    max_depth: int
    record: bool
    hasty: bool = False

    @staticmethod
    def of(question: Question, sign: int, max_depth: int, record: bool, hasty: bool = False) -> Side:
        """The layout and the stars of one sign."""
        layout = layout_of(question, sign)
        depth = min(max_depth, layout.P - SPARE)
        return Side(question, layout, leaf_b.stars_of(question, layout), depth, record, hasty)


class Region(NamedTuple):
    """Boxes that wait, with the lines and stars that still matter to them."""

    boxes: Boxes
    kept: Kept
    stars: Stars


class Found(NamedTuple):
    """What a unit of work found."""

    counts: Counts
    directions: tuple[Direction, ...]
    left: Boxes
    leaves: tuple[Leaf, ...]
    settled: tuple[Boxes, ...]
    """The boxes that were settled, if the search is hasty."""
