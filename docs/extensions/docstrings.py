"""Docstrings of the house as reStructuredText.

They are written for people in front of the source: formulas in plain characters, `code` between single quotes, and an
indented block for what stands on lines of its own. Nothing in them is markup but lists, doctests and **strong** words.
"""

from __future__ import annotations

import re
from typing import Any

CODE = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*)")
ITEM = re.compile(r"(\* |\d+\. )")


def setup(app: Any) -> dict[str, bool]:
    """Translate every docstring before autodoc reads it."""
    app.connect("autodoc-process-docstring", _process)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _process(_app: Any, _what: str, _name: str, _thing: Any, _options: Any, lines: list[str]) -> None:
    lines[:] = translated("\n".join(lines)).split("\n")


def translated(docstring: str) -> str:
    """The same text as reStructuredText."""
    blocks = re.split(r"\n\s*\n", docstring.strip("\n"))
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def _block(block: str) -> str:
    """A doctest, a displayed text, a list or a paragraph."""
    first = block.lstrip()
    if first.startswith(">>> "):
        return block
    if block.startswith("    "):
        return "::\n\n" + "\n".join("   " + line for line in block.split("\n"))
    if ITEM.match(first):
        return "\n".join(_item(line) for line in block.split("\n"))
    paragraph, displayed = _cut(block.split("\n"))
    text = "\n".join(_prose(line.strip()) for line in paragraph)
    return text + ("\n\n" + _block("\n".join(displayed)) if displayed else "")


def _cut(lines: list[str]) -> tuple[list[str], list[str]]:
    """A paragraph, and what follows it without an empty line between: a list or a displayed text."""
    for i, line in enumerate(lines[1:], start=1):
        if ITEM.match(line) or line.startswith("    "):
            return lines[:i], lines[i:]
    return lines, []


def _item(line: str) -> str:
    mark = ITEM.match(line)
    start = mark.end() if mark else len(line) - len(line.lstrip())
    return line[:start] + _prose(line[start:])


def _prose(text: str) -> str:
    """Code and strong words stay; every other character that reStructuredText would read as markup is only itself."""
    parts = CODE.split(text)
    return "".join(
        f"`{part}`"
        if part.startswith("`")
        else part
        if part.startswith("**")
        else re.sub(r"([\\*|_`])", r"\\\1", part)
        for part in parts
    )
