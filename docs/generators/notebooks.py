"""The notebooks as pages, with the outputs that are kept in them (the tests run them again and compare)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTE = "*This page is the notebook `notebooks/{}`: open it in Jupyter to change it and run it.*"


def pages() -> dict[str, bytes]:
    """One page for each notebook, and its pictures beside it."""
    made: dict[str, bytes] = {}
    for path in sorted(FOLDER.glob("*.ipynb")):
        made |= page(path)
    return made


def page(path: Path) -> dict[str, bytes]:
    """A notebook as Markdown, cell by cell."""
    pictures: dict[str, bytes] = {}
    cells = json.loads(path.read_text())["cells"]
    texts = ["".join(cells[0]["source"]), NOTE.format(path.name)]
    for cell in cells[1:]:
        source = "".join(cell["source"])
        texts.append(source if cell["cell_type"] == "markdown" else f"```python\n{source}\n```")
        texts += [_output(output, path.stem, pictures) for output in cell.get("outputs", [])]
    return {f"notebooks/{path.stem}.md": "\n\n".join(texts).encode() + b"\n", **pictures}


def _output(output: dict[str, Any], stem: str, pictures: dict[str, bytes]) -> str:
    data = output.get("data", {})
    words = "".join(output.get("text", data.get("text/plain", [])))
    if "image/png" not in data:
        return f"```text\n{words.rstrip()}\n```"
    name = f"{stem}-{len(pictures) + 1}.png"
    pictures[f"notebooks/{name}"] = base64.b64decode("".join(data["image/png"]))
    return f"![{words}]({name})"
