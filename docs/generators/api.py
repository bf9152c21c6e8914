"""The reference of the Python interface, from the docstrings: the public names, and every module of every room."""

from __future__ import annotations

import inspect

import polyrelu
from docs.generators.imports import rooms

PUBLIC = """\
# Python reference

What `import polyrelu` offers. The pages below it hold every module of every room, with the sentences of mathematics
that make it right.

"""


def pages() -> dict[str, bytes]:
    """The public names, and a page for each room."""
    toctree = "\n".join(["```{toctree}", ":maxdepth: 1", "", *(f"api/{room}" for room in rooms()), "```", ""])
    made = {"api.md": PUBLIC + "".join(_public(name) for name in polyrelu.__all__) + "## Rooms\n\n" + toctree}
    for room, modules in rooms().items():
        made[f"api/{room}.md"] = f"# polyrelu.{room}\n\n" + "".join(_module(m, room) for m in modules)
    return {name: text.encode() for name, text in made.items()}


def _public(name: str) -> str:
    thing = getattr(polyrelu, name)
    if name.startswith("__"):
        return ""
    kind = "class" if inspect.isclass(thing) else "function" if callable(thing) else "data"
    return f"## {name}\n\n" + _rst(
        f".. auto{kind}:: polyrelu.{name}", *([":members:"] if kind == "class" else [])
    )


def _module(module: str, room: str) -> str:
    title = "" if module == room else f"## polyrelu.{module}\n\n"
    # What a room merely passes on is described where it is defined.
    return title + _rst(f".. automodule:: polyrelu.{module}", ":members:", ":ignore-module-all:")


def _rst(directive: str, *options: str) -> str:
    return "\n".join(["```{eval-rst}", directive, *(f"   {option}" for option in options), "```", "", ""])
