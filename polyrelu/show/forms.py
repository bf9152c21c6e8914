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
from functools import cache, singledispatch, update_wrapper
from html import escape
from importlib import import_module
from typing import Any, Generic, TypeVar

from polyrelu.errors import LimitReached, Undecided

Facts = dict[str, object]
Answer = TypeVar("Answer")

HOMES = {
    "bounding": ("bounds",),
    "judging": ("answer",),
    "optimal_set": ("predictions", "sets"),
    "paths": ("paths", "sensitivities"),
    "proof": ("set_keys",),
    "result": ("results",),
    "unregularised": ("unpenalised",),
}
"""Which modules of this room show the values of another; `facts` has the facts of all that need no more."""


@cache
def _load(module: str, *more: str) -> None:
    """Register the forms of a module's types: when the first of them is shown, not before."""
    package, _, path = module.partition(".")
    for name in (*HOMES.get(path.partition(".")[0], ()), *more) if package == "polyrelu" else ():
        import_module(f"polyrelu.show.{name}")


class Form(Generic[Answer]):
    """A function with one version for each type of its first argument, looked for in that type's home."""

    def __init__(self, default: Callable[..., Answer], *more: str) -> None:
        self._versions, self._more = singledispatch(default), more
        self.register = self._versions.register
        update_wrapper(self, default)

    def __call__(self, x: Any, *others: Any) -> Answer:
        """The version for the type of x."""
        for base in type(x).__mro__:
            _load(base.__module__, *self._more)
        return self._versions(x, *others)


def of_all(default: Callable[..., Answer]) -> Form[Answer]:
    """A form that values of every room have."""
    return Form(default, "facts")


@of_all
def as_facts(x: Any) -> Facts:
    """A few facts by their names, in the order to be read; nothing that takes long to compute."""
    return {}


@of_all
def as_line(x: Any) -> str:
    """One line or two."""
    facts = ", ".join(f"{name}: {value}" for name, value in as_facts(x).items())
    return f"<polyrelu.{type(x).__name__}{' ' * bool(facts)}{facts}>"


@Form
def as_html(x: Any) -> str:
    """A small table."""
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td>{escape(str(value))}</td></tr>"
        for name, value in as_facts(x).items()
    )
    return f"<table><caption>{escape(type(x).__name__)}</caption>{rows}</table>"


@Form
def as_text(x: Any, digits: int) -> str:
    """The readable form."""
    raise TypeError(f"a {type(x).__name__} has no readable form; see repr")


@Form
def as_json(x: Any, digits: int) -> dict[str, Any]:
    """The JSON object."""
    raise TypeError(f"a {type(x).__name__} has no JSON form")


@Form
def as_picture(x: Any) -> Any:
    """A figure (matplotlib)."""
    raise TypeError(f"a {type(x).__name__} has no picture")


def answered(key: str, question: Callable[[], Any]) -> dict[str, Any]:
    """An answer under its key; where it is open null, and what blocks it under `<key>_reason`."""
    try:
        return {key: question()}
    except (LimitReached, Undecided) as blocked:
        return {key: None, f"{key}_reason": str(blocked)}
