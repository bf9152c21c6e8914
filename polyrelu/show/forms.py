"""The forms that any value can be shown in; each kind of value registers its own, by its type.

    as_facts(x)          the few facts that a small table holds
    as_line(x)           one line or two, for a Python prompt        (default: the facts)
    as_html(x)           for a notebook                              (default: the facts as a table)
    as_text(x, digits)   the readable form for a terminal
    as_json(x, digits)   the JSON object
    as_picture(x)        a figure, where there is one

People's texts count rows and neurons from 1; JSON, like Python, counts them from 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import singledispatch
from html import escape
from typing import Any

from polyrelu.errors import LimitReached, Undecided

Facts = dict[str, object]


@singledispatch
def as_facts(x: Any) -> Facts:
    """A few facts by their names, in the order to be read; nothing that takes long to compute."""
    return {}


@singledispatch
def as_line(x: Any) -> str:
    """One line or two."""
    facts = ", ".join(f"{name}: {value}" for name, value in as_facts(x).items())
    return f"<polyrelu.{type(x).__name__}{' ' * bool(facts)}{facts}>"


@singledispatch
def as_html(x: Any) -> str:
    """A small table."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in as_facts(x).items()
    )
    return f"<table><caption>{escape(type(x).__name__)}</caption>{rows}</table>"


@singledispatch
def as_text(x: Any, digits: int) -> str:
    """The readable form."""
    raise TypeError(f"a {type(x).__name__} has no readable form; see repr")


@singledispatch
def as_json(x: Any, digits: int) -> dict[str, Any]:
    """The JSON object."""
    raise TypeError(f"a {type(x).__name__} has no JSON form")


@singledispatch
def as_picture(x: Any) -> Any:
    """A figure (matplotlib)."""
    raise TypeError(f"a {type(x).__name__} has no picture")


def answered(key: str, question: Callable[[], Any]) -> dict[str, Any]:
    """An answer under its key; where it is open null, and what blocks it under `<key>_reason`."""
    try:
        return {key: question()}
    except (LimitReached, Undecided) as blocked:
        return {key: None, f"{key}_reason": str(blocked)}
