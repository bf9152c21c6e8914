"""The reference of the Python interface, from the docstrings: the public names, and every module of every room."""

from __future__ import annotations

import inspect
from pathlib import Path

import polyrelu

PACKAGE = Path(polyrelu.__file__).parent

PUBLIC = """\
# Python reference

What `import polyrelu` offers. The pages below it hold every module of every room, with the sentences of mathematics
that make it right.

"""


def pages() -> dict[str, bytes]:
    """The public names, and a page for each room."""
    rooms = room_modules()
    toctree = "\n".join(["```{toctree}", ":maxdepth: 1", "", *(f"api/{room}" for room in rooms), "```", ""])
    made = {"api.md": PUBLIC + "".join(_public(name) for name in polyrelu.__all__) + "## Rooms\n\n" + toctree}
    for room, modules in rooms.items():
        made[f"api/{room}.md"] = f"# polyrelu.{room}\n\n" + "".join(_module(m, room) for m in modules)
    return {name: text.encode() for name, text in made.items()}


def room_modules() -> dict[str, list[str]]:
    """The modules of each room, the room itself first; a module beside the rooms is a room of its own."""
    rooms: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0].startswith("__"):
            continue
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        rooms.setdefault(parts[0], []).append(".".join(("polyrelu", *parts)))
    return rooms


def _public(name: str) -> str:
    thing = getattr(polyrelu, name)
    if name.startswith("__"):
        return ""
    kind = "class" if inspect.isclass(thing) else "function" if callable(thing) else "data"
    return f"## {name}\n\n" + _rst(f".. auto{kind}:: polyrelu.{name}", *([":members:"] if kind == "class" else []))


def _module(name: str, room: str) -> str:
    title = "" if name == f"polyrelu.{room}" else f"## {name}\n\n"
    # What a room merely passes on is described where it is defined.
    return title + _rst(f".. automodule:: {name}", ":members:", ":ignore-module-all:")


def _rst(directive: str, *options: str) -> str:
    return "\n".join(["```{eval-rst}", directive, *(f"   {option}" for option in options), "```", "", ""])
