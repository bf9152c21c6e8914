"""The rules of the house, enforced: who imports whom, where floating point may live, and how long things are."""

import ast
from pathlib import Path

import networkx as nx
import pytest

from docs.generators.imports import IMPORTS, MODULES, PACKAGE, room

FLOORS = (
    ("display", "errors", "limits"),
    ("budget",),
    ("guess",),
    ("data", "exact", "verdict"),
    ("arrangement", "covering", "examples", "networks"),
    ("proof",),
    ("optimal_set", "bounding"),
    ("unregularised", "result"),
    ("certification",),
    ("curves",),
    ("breakpoints",),
    ("paths",),
    ("certificate",),
    ("judging", "prose"),
    ("selection", "interop"),
    ("show",),
    ("__init__", "commands", "sklearn"),
    ("cli",),
    ("__main__",),
)
"""From the ground up. A room imports from itself and from lower floors alone, at the top of a file or within."""

STAIRS: dict[tuple[str, str], str] = {}
"""Arrows upwards that are still there, and what they serve; the list only becomes shorter."""

CIRCLES: list[set[str]] = []
"""Circles that are still there; the list only becomes shorter."""

DECIDING = (
    "proof",
    "covering",
    "optimal_set",
    "unregularised",
    "bounding",
    "networks",
    "judging",
    "selection",
    "exact",
    "arrangement",
    "curves",
    "breakpoints",
    "paths",
)
"""Rooms whose answers are claims."""

MESSENGERS = {
    "arrangement.lifting": "step lengths; integers decide, and where floats carry them they are exact",
    "arrangement.shortening": "proposes shorter integer points, which are tested in integers",
    "bounding.patterns": "proposes multipliers, which are taken exactly; the residual of the guess as binary numbers",
    "bounding.search": "the residual of the guess, taken as the binary numbers that its floats are",
    "bounding.weights": "the weights of a guess or of a trained network, taken as binary numbers",
    "covering.boxes": "dyadic boxes, carried exactly",
    "covering.candidates": "proposes slopes, which are free; the majorant and its norm are exact",
    "covering.checkpoint": "seconds between checkpoints",
    "covering.cover": "the share of the cube that is left to show, and dyadic boxes",
    "covering.layout": "float64 carries integers below 2^53; every rounding is bounded against the claim",
    "covering.leaf_a": "slopes and w are free, and rounded to integers, from which the bound comes",
    "covering.mixing": "proposes slopes, which are free",
    "covering.question": "the height of a direction, for display and for sorting",
    "covering.results": "the share of the cube that is covered, for display",
    "covering.screen": "bounds of all cells, and how far they may be off; what is close is left to integers",
    "covering.search": "dyadic boxes, and the share of the cube that they are",
    "covering.stars": "products that are exact integers in float64, up to a bounded blur",
    "covering.wide": "proposes slopes and w, which are free",
    "exact.integers": "float64 carries integers below 2^53, where its sums and products are exact",
    "exact.projection": "proposes the rows to start from; the conditions are tested exactly",
    "networks.coordinates": "rounds exact numbers for guesses and for display",
    "judging.distance": "proposes weights, which are solved for and compared in balls",
    "judging.kinks": "proposes points of a hull and separating directions, which are tested exactly",
    "judging.own_structure": "reads sides and weights off a network, as a start that balls confirm",
    "judging.settled": "hands the start to the root finder, and proposes multipliers, which are tested exactly",
    "judging.superfluous": "proposes which units stay; their factors are solved for exactly",
    "networks.network": "predictions in floats, and arrays for other libraries",
    "paths.at_zero": "the residual in floats, for the guess of what is tight in the limit",
    "curves.caps": "proposes slopes of majorants, which are free; their norms are proved in balls",
    "curves.anchored": "the same with a free hidden bias",
    "breakpoints.first_zero": "the residual in floats, for the guess",
    "curves.nodes": "the residual in floats, for guesses",
    "breakpoints.phase_end": "proposes where the phase ends, which is proved",
    "curves.rough": "proposes roots, which are proved in balls",
    "curves.outweighed": "proposes lines and their multiples, which solve exact equations; signs are proved in balls",
    "curves.stars": "which lines are looked at; that a star may cross them is proved in balls",
    "curves.own_weights": "the order in which neurons are shown",
    "curves.idle": "floats propose p; what it has to meet is proved in exact arithmetic and balls",
    "curves.dependent": "proposes parts of the weights, which are shown positive in balls",
    "curves.shares": "proposes a point inside the fibre, which balls confirm",
    "breakpoints.gates": "gates near lambda and the facet of a polytope, which a proved piece on both sides confirms",
    "breakpoints.steps": "secants, which propose where a zero is sought",
    "proof.conjecture": "hands the guess to the root finder as a start",
    "proof.directions": "the residual in floats, for the guess",
    "proof.fibre": "proposes a point inside the fibre, which balls confirm",
    "proof.inactive": "proposes multipliers, which integers confirm",
    "proof.lambda_max": "a threshold from the guess; a wrong one costs time alone",
    "proof.offset": "reads places off a guess and starts the root finder; roots, signs and weights are proved",
    "proof.oracle": "a float residual, taken for exact: what is found above the level is a guess",
    "proof.program": "the data in floats, for the guess; a part of the time",
    "proof.proposals": "penalties at which floats are asked for a guess",
    "proof.ranks": "proposes positive weights, which are solved for in balls",
    "proof.repair": "a neuron's direction, for the guess",
    "proof.shift": "rows and directions as the guess knows them",
    "proof.tightness": "the residual in floats, for the guess",
    "selection.quadratic": "guesses which variables are at a bound; the signs are then proved",
}
"""Files of the deciding rooms in which a float occurs, and why no claim rests on it."""

FLOAT_NAMES = {"float", "float64", "float32", "longdouble", "isclose", "allclose", "finfo"}


def test_every_room_has_a_floor():
    assert {room(m) for m in MODULES} <= {r for floor in FLOORS for r in floor}


@pytest.mark.parametrize("module", MODULES)
def test_no_arrow_goes_up(module):
    floor = {r: k for k, rooms in enumerate(FLOORS) for r in rooms}
    here = room(module)
    for other in {room(m) for m in IMPORTS[module]} - {here}:
        assert floor[other] < floor[here] or (here, other) in STAIRS, f"{module} imports from {other}"


def test_no_import_circle():
    arrows = nx.DiGraph([(a, b) for a, others in IMPORTS.items() for b in others])
    circles = [set(c) for c in nx.strongly_connected_components(arrows) if len(c) > 1]
    assert [c for c in circles if c not in CIRCLES] == []


def test_no_exception_outlives_its_reason():
    arrows = {(room(a), room(b)) for a, others in IMPORTS.items() for b in others}
    assert set(STAIRS) <= arrows
    assert {m for m in MESSENGERS if m in MODULES and not floats_in(MODULES[m])} == set()
    assert set(MESSENGERS) <= set(MODULES)


@pytest.mark.parametrize("module", MODULES)
def test_a_guess_comes_through_the_door(module):
    """Other rooms import from `polyrelu.guess`, never from a file within."""
    if room(module) != "guess":
        assert not {m for m in IMPORTS[module] if m.startswith("guess.")}


def floats_in(path: Path) -> list[tuple[int, str]]:
    """Where a file makes, keeps or compares a float; types of arguments and refusals of floats do not count."""
    return sorted(_floats(ast.parse(path.read_text())))


def _floats(node: ast.AST):
    if isinstance(node, ast.Constant) and isinstance(node.value, float):
        yield node.lineno, str(node.value)
    if isinstance(node, ast.Name) and node.id in FLOAT_NAMES:
        yield node.lineno, node.id
    if isinstance(node, ast.Attribute) and node.attr in FLOAT_NAMES:
        yield node.lineno, node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
        return
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id == "NDArray":
        return
    for kind, child in ast.iter_fields(node):
        if kind not in ("annotation", "returns"):
            for part in child if isinstance(child, list) else [child]:
                if isinstance(part, ast.AST):
                    yield from _floats(part)


@pytest.mark.parametrize("module", [m for m in MODULES if room(m) in DECIDING])
def test_no_verdict_depends_on_a_float(module):
    assert module in MESSENGERS or floats_in(MODULES[module]) == []


def test_a_float_is_found_wherever_it_hides(tmp_path):
    path = tmp_path / "file.py"
    for line in ("x = 1e-9", "x = float(y)", "np.isclose(a, b)", "x = a.astype(np.float64)", "f(tol=0.5)"):
        path.write_text(line)
        assert floats_in(path), line
    for line in (
        "def f(x: float) -> float: ...",
        "isinstance(x, float)",
        "T = NDArray[np.float64]",
        "x: float",
    ):
        path.write_text(line)
        assert not floats_in(path), line


def test_files_are_short():
    lengths = {m: len(path.read_text().splitlines()) for m, path in MODULES.items()}
    long = {m for m, lines in lengths.items() if lines > 300}
    assert long <= {
        "certificate.check",
        "certificate.kernel",
        "certificate.path",
        "certificate.tube",
    }  # each reads proofs alone, without the package


@pytest.mark.parametrize("module", MODULES)
def test_functions_are_short(module):
    nodes = ast.walk(ast.parse(MODULES[module].read_text()))
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [(f.name, f.lineno) for f in functions if lines_of(f) > 40] == []


def lines_of(function: ast.FunctionDef) -> int:
    """Lines from the first statement on: the signature and the docstring do not count."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return function.end_lineno - body[0].lineno + 1 if body else 0


def test_the_top_level_holds_what_it_should():
    top = {p.name for p in PACKAGE.parent.iterdir() if not p.name.startswith(".")}
    allowed = {"pyproject.toml", "polyrelu", "tests", "notebooks", "docs", "README.md", "LICENSE"}
    allowed |= {"CONTRIBUTING.md", "CHANGELOG.md", "CITATION.cff"}
    assert top - {"build", "dist"} <= allowed
