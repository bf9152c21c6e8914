"""Who imports whom, read from the source: rooms, the arrows between them, and the floors they stand on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx

import polyrelu

PACKAGE = Path(polyrelu.__file__).parent


def rooms() -> dict[str, list[Path]]:
    """The files of each room; a module beside the rooms is a room of its own."""
    found: dict[str, list[Path]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        first = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if not first.startswith("__"):
            found.setdefault(first, []).append(path)
    return found


def graph() -> nx.DiGraph:
    """Room -> room where a file of the one imports from the other, lazily or not; types alone do not count."""
    houses = rooms()
    arrows = nx.DiGraph()
    arrows.add_nodes_from(houses)
    for room, files in houses.items():
        for path in files:
            others = {_room(name) for name in _imported(ast.parse(path.read_text()))}
            arrows.add_edges_from((room, other) for other in others & houses.keys() - {room})
    return arrows


def floors(arrows: nx.DiGraph) -> list[list[str]]:
    """Rooms by floor: the ground imports nothing, and every other room stands just above the highest it imports."""
    circles = nx.condensation(arrows)
    height: dict[int, int] = {}
    for part in reversed(list(nx.topological_sort(circles))):
        height[part] = 1 + max((height[below] for below in circles.successors(part)), default=-1)
    levels: list[list[str]] = [[] for _ in range(1 + max(height.values()))]
    for part, level in height.items():
        levels[level] += sorted(circles.nodes[part]["members"])
    return levels


def _imported(node: ast.AST) -> Iterator[str]:
    """Dotted names of what a module imports, anywhere but under `if TYPE_CHECKING`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and getattr(child.test, "id", None) == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module:
            yield from (f"{child.module}.{alias.name}" for alias in child.names)
        yield from _imported(child)


def _room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if parts[0] == "polyrelu" and len(parts) > 1 else ""
