"""What shows itself. The words are in the room `show`, which knows these objects; they know nothing of it."""

from __future__ import annotations

from importlib import import_module
from typing import Any

WORDS: list[str] = []
"""The module that gives any object its forms, loaded once something is to be shown. The package names it, on its top
floor, since no room below may."""

DIGITS = 20


def _words() -> Any:
    return import_module(WORDS[-1])


def picture(x: Any) -> Any:
    """A figure of an object, which a notebook shows, and which saves itself by `.save(file)`."""
    return _words().as_picture(x)


class Shown:
    """An object with a line of text, and a small table in a notebook."""

    def __repr__(self) -> str:
        return str(_words().as_line(self))

    def _repr_html_(self) -> str:
        return str(_words().as_html(self))


class Reported(Shown):
    """An object with a readable form for a terminal, and a JSON object for programs."""

    def summary(self, digits: int = DIGITS) -> str:
        """The readable form. People's texts count rows and neurons from 1."""
        return str(_words().as_text(self, digits))

    def to_json(self, digits: int = DIGITS) -> dict[str, Any]:
        """The object that the command line prints. JSON counts rows and neurons from 0."""
        found: dict[str, Any] = _words().as_json(self, digits)
        return found
