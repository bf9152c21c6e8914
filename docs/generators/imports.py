"""Who imports whom, read from the source: modules, rooms, and the floors that rooms stand on.

The picture of the house is drawn from this, and the tests of its rules read it.
"""

from __future__ import annotations

import ast
from pathlib import Path

import networkx as nx

PACKAGE = Path(__file__).parents[2] / "polyrelu"


def name(path: Path) -> str:
    """`proof.point`; a room's `__init__` is the room."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts)


MODULES = {name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def room(module: str) -> str:
    """The folder of a module; a module beside the folders is a room of its own."""
    return module.partition(".")[0]


def imports(path: Path) -> set[str]:
    """The modules of this package that a file names in an import anywhere, or in a string that says a module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    ours = {m.removeprefix("polyrelu.") for m in found if m.startswith("polyrelu.")}
    owners = {m if m in MODULES else m.rpartition(".")[0] or "__init__" for m in ours}
    return (owners & set(MODULES)) - {name(path)}


IMPORTS = {module: imports(path) for module, path in MODULES.items()}


def rooms() -> dict[str, list[str]]:
    """The modules of each room, the room itself first."""
    found: dict[str, list[str]] = {}
    for module in sorted(MODULES):
        if not module.startswith("__"):
            found.setdefault(room(module), []).append(module)
    return found


def arrows() -> nx.DiGraph:
    """Room -> room where a module of the one imports from the other."""
    graph = nx.DiGraph()
    graph.add_nodes_from(rooms())
    pairs = {(room(a), room(b)) for a, others in IMPORTS.items() for b in others}
    graph.add_edges_from((a, b) for a, b in sorted(pairs) if a != b and {a, b} <= set(rooms()))
    return graph


def floors(graph: nx.DiGraph) -> list[list[str]]:
    """Rooms by floor, from the ground: each is above all that it imports, and just below the lowest that imports it.

    The rooms of a circle of imports share a floor.
    """
    circles = nx.condensation(graph)
    downwards = list(nx.topological_sort(circles))
    floor: dict[int, int] = {}
    for part in reversed(downwards):
        floor[part] = 1 + max((floor[below] for below in circles.successors(part)), default=-1)
    for part in downwards:
        floor[part] = min((floor[above] for above in circles.predecessors(part)), default=floor[part] + 1) - 1
    levels: list[list[str]] = [[] for _ in range(1 + max(floor.values()))]
    for part in reversed(downwards):
        levels[floor[part]] += sorted(circles.nodes[part]["members"])
    return levels
