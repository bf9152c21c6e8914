"""The rules of the house, enforced: who imports whom, and where floating point may live."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "polyrelu"
FILES = sorted(PACKAGE.rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@pytest.mark.parametrize("path", FILES, ids=name)
def test_exact_arithmetic_imports_nothing_above_it(path):
    if room(path) == "exact":
        above = {
            m
            for m in imports(path)
            if m.startswith("polyrelu.") and not m.startswith(("polyrelu.exact", "polyrelu.errors"))
        }
        assert not above


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_the_command_line_imports_what_shows(path):
    if room(path) in ("show", "commands", "interop", "cli.py", "__init__.py"):
        return
    top_level = {
        m
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for m in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert not {m for m in top_level if m.startswith(("polyrelu.show", "polyrelu.interop"))}


# Files of the deciding rooms that pass floats on: a guess to a proof, or a proved number to a reader.
MESSENGERS = {
    "proof/conjecture",
    "proof/fibre",
    "proof/inactive",
    "proof/lambda_max",
    "proof/program",
    "proof/structure",
    "proof/tightness",
}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_verdict_depends_on_a_float(path):
    """No float constant, no float() and no closeness test where things are decided."""
    if room(path) not in ("proof", "optimum.py", "uniqueness.py", "convex_program.py"):
        return
    tree = ast.parse(path.read_text())
    names = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(tree) if isinstance(n, ast.Attribute)
    }
    assert not names & {"isclose", "allclose"}
    if name(path) not in MESSENGERS:
        assert not names & {"float", "float64"}
    constants = [
        n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, float)
    ]
    # the only one: proposed multipliers are clipped at 0.0 before they become integers; lambda_max bounds a guess
    assert all(v in (0.0, 1e-200) for v in constants), constants


def test_files_are_short():
    long = {name(p): len(p.read_text().splitlines()) for p in FILES if len(p.read_text().splitlines()) > 300}
    assert set(long) <= {"certificate/check"}, long


def test_the_top_level_holds_what_it_should():
    top = {p.name for p in PACKAGE.parent.iterdir() if not p.name.startswith(".")}
    folders = {"polyrelu", "tests", "notebooks", "docs"}
    pages = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff", "LICENSE"}
    allowed = {"pyproject.toml"} | folders | pages
    assert top - {"build", "dist"} <= allowed
