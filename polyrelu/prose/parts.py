r"""What a proof in prose is made of, before any typesetting.

A paragraph is a string with formulas between dollar signs, in TeX, and with \cite{key} outside of them. One that is a
single formula is displayed.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_ROWS = 40


@dataclass(frozen=True)
class Table:
    """A head, and rows of cells, which are texts."""

    head: list[str]
    rows: list[list[str]]


Block = str | Table


@dataclass(frozen=True)
class Part:
    """A section, a lemma or a proof; a section that stands in a fragment, too, has no heading there."""

    kind: str
    heading: str
    blocks: list[Block]


def table(head: list[str], rows: list[list[str]], where: str = "in the proof file") -> list[Block]:
    """A table of the first rows, and where the others are."""
    if not rows:
        return []
    more = len(rows) - MAX_ROWS
    return [Table(head, rows[:MAX_ROWS]), *([f"... and {more} more, {where}."] if more > 0 else [])]


def lettered(items: list[list[Block]]) -> list[Block]:
    """Items (a), (b), ..., each of them begun by a text."""
    return [
        f"({chr(ord('a') + i)}) {block}" if not j else block
        for i, item in enumerate(items)
        for j, block in enumerate(item)
    ]


def listing(numbers: list[int]) -> str:
    """Numbers, or that there are none."""
    return ", ".join(map(str, numbers)) or "none"


def counted(number: int, what: str) -> str:
    """1 row, 2 rows."""
    return f"{number} {what}{'' if number == 1 else 's'}"
