"""The notebooks are run again: every claim in them is asserted, and the outputs that are kept are the fresh ones."""

import json

import pytest

from tests.notebooks import FILES, code_cells, outputs_of


def test_there_are_notebooks():
    assert len(FILES) == 7


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notebook_says_what_it_said(path):
    notebook = json.loads(path.read_text())
    kept = [cell["outputs"] for cell in code_cells(notebook)]
    assert [words(outputs) for outputs in kept] == [words(outputs) for outputs in outputs_of(notebook)]


def words(outputs):
    """Everything but the pictures' bytes, which depend on the version of matplotlib; their captions are compared."""
    said = []
    for output in outputs:
        data = output.get("data", {})
        said.append(
            ["picture" if "image/png" in data else "", *output.get("text", data.get("text/plain", []))]
        )
    return said


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_notebook_is_well_formed(path):
    notebook = json.loads(path.read_text())
    assert (notebook["nbformat"], notebook["metadata"]["kernelspec"]["name"]) == (4, "python3")
    assert "".join(notebook["cells"][0]["source"]).startswith("# ")
    assert "".join(notebook["cells"][-1]["source"]).startswith("## Exercises")
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
    for cell in code_cells(notebook):
        assert cell["execution_count"]
        source = "".join(cell["source"])
        assert "assert " in source or source.startswith(("import ", "from ", "figures.", "# shown:"))
