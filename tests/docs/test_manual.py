"""The map agrees with the land: rooms, marks, the fast command, versions; and docstrings come through as they are."""

import ast
import re
from pathlib import Path

import polyrelu
from docs.extensions.docstrings import translated
from docs.generators import architecture, commands, notebooks
from docs.generators.imports import arrows, rooms
from polyrelu.cli import COMMANDS
from tests.marks import SLOW, SYSTEM

ROOT = Path(__file__).parents[2]


def test_every_room_has_a_paragraph_and_every_paragraph_a_room():
    text = (ROOT / "docs" / "architecture.md").read_text()
    assert set(re.findall(r"^### (\w+)$", text, flags=re.MULTILINE)) == set(rooms())


def test_every_room_is_in_the_picture():
    picture = architecture.picture(arrows())
    assert set(re.findall(r'href="#(\w+)"', picture)) == set(rooms())


def test_every_command_is_in_the_reference():
    page = commands.pages()["commands.md"].decode()
    assert re.findall(r"^## polyrelu (\w+)$", page, flags=re.MULTILINE) == list(COMMANDS)
    assert "--max-cells N" in page


def test_every_cell_of_a_notebook_is_on_its_page():
    pages = notebooks.pages()
    assert sum(name.endswith(".md") for name in pages) == 7
    page = pages["notebooks/1-a-first-proof.md"].decode()
    assert page.startswith("# A first proof")
    shown = re.findall(r"!\[.*\]\((\S+)\)", page)
    assert shown
    for name in shown:
        assert pages[f"notebooks/{name}"].startswith(b"\x89PNG")


def test_marks_name_tests():
    functions = {
        node.name
        for path in (ROOT / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    }
    assert functions >= SLOW | SYSTEM
    assert not SLOW & SYSTEM


def test_the_citation_is_of_this_version():
    assert f"version: {polyrelu.__version__}\n" in (ROOT / "CITATION.cff").read_text()
    assert f"## {polyrelu.__version__}\n" in (ROOT / "CHANGELOG.md").read_text()


def test_docstrings_are_escaped_where_they_are_no_markup():
    said = translated("Let |a_k| be `x` times *y_.\n\n    a_1 + |b|\n\n* one\n  more\n\n>>> 1 * 2\n2")
    text, formula = "Let \\|a\\_k\\| be ``x`` times \\*y\\_.", "::\n\n       a_1 + |b|"
    assert said == "\n\n".join([text, formula, "* one\n  more", ">>> 1 * 2\n2\n"])
