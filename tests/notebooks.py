"""Run the notebooks without a Jupyter kernel: one namespace, cell by cell, outputs as a reader on the web sees them.

`python -m tests.notebooks` runs them all and keeps their fresh outputs in the files.
"""

import ast
import base64
import contextlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[1] / "notebooks"
FILES = sorted(FOLDER.glob("*.ipynb"))


def outputs_of(notebook: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """What each code cell prints and shows, run in an empty folder; an exception is an exception."""
    names: dict[str, Any] = {"__name__": "__main__"}
    found, back = [], os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            for number, cell in enumerate(code_cells(notebook), start=1):
                found.append(_run("".join(cell["source"]), names, number))
        finally:
            os.chdir(back)
    return found


def code_cells(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def _run(source: str, names: dict[str, Any], number: int) -> list[dict[str, Any]]:
    """All statements; the value of a last expression is shown."""
    tree = ast.parse(source)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    printed, value = io.StringIO(), None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, f"cell {number}", "exec"), names)
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), f"cell {number}", "eval"), names)
    shown: list[dict[str, Any]] = []
    if printed.getvalue():
        lines = printed.getvalue().splitlines(keepends=True)
        shown.append({"output_type": "stream", "name": "stdout", "text": lines})
    if value is not None:
        data = _display(value)
        shown.append(
            {"output_type": "execute_result", "execution_count": number, "metadata": {}, "data": data}
        )
    return shown


def _display(value: Any) -> dict[str, Any]:
    if hasattr(value, "_repr_png_"):
        picture = base64.b64encode(value._repr_png_()).decode()
        return {"image/png": picture, "text/plain": [getattr(value, "caption", "a picture")]}
    return {"text/plain": repr(value).splitlines(keepends=True)}


def refresh(path: Path) -> None:
    """Keep fresh outputs in the file."""
    notebook = json.loads(path.read_text())
    fresh = outputs_of(notebook)
    for number, (cell, outputs) in enumerate(zip(code_cells(notebook), fresh, strict=True), start=1):
        cell["execution_count"], cell["outputs"] = number, outputs
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    for file in FILES:
        print(file.name, flush=True)
        refresh(file)
