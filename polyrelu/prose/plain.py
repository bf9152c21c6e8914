"""A proof in prose as plain text for a terminal."""

from __future__ import annotations

import re
import textwrap

from polyrelu.prose.literature import CITE, WORKS
from polyrelu.prose.parts import Part, Table

WIDTH = 100
SCOPED = re.compile(r"unique[\w ]* among [\w ]*(?:pattern|gate)s?")
JOINED = "\0"

IN_PLAIN = [
    (r"\\\\|&|\{\}", " "),
    (r"\\tfrac\{?(\d+)\}?\{?(\d+)\}?", r"\1/\2"),
    (r"\\sqrt\{(\d+)\}", r" sqrt(\1)"),
    (r"\\sqrt\{([^}]*)\}", r" sqrt(\1)"),
    (r"\\texttt\{([^}]*)\}", r"\1"),
    (r"\\mathbf\{R\}", "R"),
    (r"\^\{\(([a-z])\)\}", r"^\1"),
    (r"\^\{(-?\w+)\}", r"^\1"),
    (r"_\{([^{}]*)\}", r"_\1"),
    (r"\\hat y", "yhat"),
    (r"\\varrho", "rho"),
    (r"\\[Bb]ig[lr]", ""),
    (r"\\\|", "|"),
    (r"\\ge\b", ">="),
    (r"\\le\b", "<="),
    (r"\\neq\b", "!="),
    (r"\\in\b", "in"),
    (r"\\cdot\b", "*"),
    (r"\\ldots\b", "..."),
    (r"\\pm ", "+-"),
    (r"\\([{}])", r"\1"),
    (r"\\[, ]|\\q?quad", " "),
    (r"\\([a-z]+)", r"\1"),
]


def plain(parts: list[Part]) -> str:
    """Text for a terminal."""
    lines: list[str] = []
    for part in parts:
        lines += [part.heading, "-" * len(part.heading), ""]
        for block in part.blocks:
            lines += [*(ruled(block) if isinstance(block, Table) else wrapped(block)), ""]
    return "\n".join(lines)


def ruled(table: Table) -> list[str]:
    """A table in columns; the widest cells are broken where the whole would be too wide."""
    rows = [[plain_text(cell) for cell in row] for row in [table.head, *table.rows]]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    while sum(widths) + 2 * len(widths) > WIDTH and max(widths) > WIDTH // 6:
        widths[widths.index(max(widths))] = max(WIDTH // 6, max(widths) - 1)
    lines = []
    for row in rows:
        cells = [
            textwrap.wrap(cell, width, break_on_hyphens=False) or [""]
            for cell, width in zip(row, widths, strict=True)
        ]
        for i in range(max(map(len, cells))):
            shown = [cell[i] if i < len(cell) else "" for cell in cells]
            lines.append(("  " + "  ".join(map(str.ljust, shown, widths))).rstrip())
    return lines


def wrapped(paragraph: str) -> list[str]:
    """A paragraph in lines; the end of a line never tears "unique" from its scope."""
    text = SCOPED.sub(lambda whole: whole[0].replace(" ", JOINED), plain_text(paragraph))
    return [line.replace(JOINED, " ") for line in textwrap.wrap(text, WIDTH)]


def plain_text(text: str) -> str:
    """The text with its formulas and citations in plain characters."""
    pieces = CITE.sub(lambda found: f"[{WORKS[found[1]].short}]", text).split("$")
    for i in range(1, len(pieces), 2):
        for pattern, replacement in IN_PLAIN:
            pieces[i] = re.sub(pattern, replacement, pieces[i])
        pieces[i] = re.sub(r"(?<=\() | (?=[,)])", "", re.sub(" +", " ", pieces[i])).strip()
    return "".join(pieces)
