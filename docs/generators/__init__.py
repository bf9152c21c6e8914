"""Pages that are made from the code when the manual is built: nothing in them can be out of date.

Each generator has a function `pages()`, which gives the files it makes by their paths in `docs/generated`.
"""

from __future__ import annotations

from pathlib import Path

from docs.generators import api, architecture, commands, gallery, notebooks

Pages = dict[str, bytes]

GENERATORS = (architecture, commands, api, notebooks, gallery)


def write_all(folder: Path) -> None:
    """Make every page; an unchanged file keeps its time, and files of the past are removed."""
    made: Pages = {}
    for generator in GENERATORS:
        made |= generator.pages()
    for name, content in made.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_bytes() != content:
            path.write_bytes(content)
    for path in folder.rglob("*"):
        if path.is_file() and path.relative_to(folder).as_posix() not in made:
            path.unlink()
