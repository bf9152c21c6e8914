"""The picture of the house: rooms as boxes, floor above floor, an arrow from each room to those it builds on.

Arrows that follow from others (a room imports a second one, which imports a third) are left out. An arrow that runs
upwards, or within a circle of imports, is drawn in red.
"""

from __future__ import annotations

import ast
from html import escape

import networkx as nx

from docs.generators.imports import MODULES, arrows, floors, rooms

WIDTH, HEIGHT, GAP, RISE = 118, 40, 16, 84
STYLE = """
.house text { font: 13px sans-serif; fill: currentColor; text-anchor: middle }
.house .small { font-size: 10px; opacity: 0.7 }
.house rect { fill: var(--color-background-secondary, #f6f6f6); stroke: currentColor; stroke-opacity: 0.5; rx: 5 }
.house path { fill: none; stroke: currentColor; stroke-opacity: 0.35 }
.house path.wrong { stroke: #d55e00; stroke-opacity: 1; stroke-width: 2 }
.house a { text-decoration: none; color: inherit }
.house a:hover rect { stroke-opacity: 1; stroke-width: 2 }
"""

Places = dict[str, tuple[float, float]]


def pages() -> dict[str, bytes]:
    """The picture, to be put into a page as it is, and the numbers below it."""
    graph = arrows()
    return {"architecture.svg": picture(graph).encode(), "architecture.txt": numbers(graph).encode()}


def numbers(graph: nx.DiGraph) -> str:
    """How large the house is, in one sentence."""
    circles = [part for part in nx.strongly_connected_components(graph) if len(part) > 1]
    return (
        f"{graph.number_of_nodes()} rooms on {len(floors(graph))} floors, {graph.number_of_edges()} arrows "
        f"({nx.transitive_reduction(nx.condensation(graph)).number_of_edges()} drawn: the others follow from them), "
        f"{len(circles) or 'no'} circle{'s' * (len(circles) != 1)} of imports.\n"
    )


def picture(graph: nx.DiGraph) -> str:
    """The house as SVG; each box leads to the paragraph about its room."""
    levels = _ordered(floors(graph), graph)
    width = max(len(level) for level in levels) * (WIDTH + GAP) + GAP
    height = len(levels) * RISE
    places = {
        room: (width / 2 + (i - (len(level) - 1) / 2) * (WIDTH + GAP), height - (k + 0.5) * RISE)
        for k, level in enumerate(levels)
        for i, room in enumerate(level)
    }
    drawn = [_arrow(*places[a], *places[b], wrong=places[a][1] >= places[b][1]) for a, b in _told(graph)]
    boxes = [_box(room, *places[room]) for level in levels for room in level]
    return "\n".join(
        [
            f'<svg class="house" viewBox="0 0 {width:g} {height:g}" role="img" xmlns="http://www.w3.org/2000/svg">',
            "<title>The rooms of polyrelu and what they import</title>",
            f"<style>{STYLE}</style>",
            *drawn,
            *boxes,
            "</svg>",
        ]
    )


def _told(graph: nx.DiGraph) -> list[tuple[str, str]]:
    """Arrows that do not follow from others, and all those inside a circle."""
    circles = nx.condensation(graph)
    of = circles.graph["mapping"]
    kept = set(nx.transitive_reduction(circles).edges)
    return sorted((a, b) for a, b in graph.edges if of[a] == of[b] or (of[a], of[b]) in kept)


def _ordered(levels: list[list[str]], graph: nx.DiGraph) -> list[list[str]]:
    """Each floor sorted by where the rooms that its rooms build on stand, and the floors below by those above."""
    place = {room: i / len(level) for level in levels for i, room in enumerate(level)}
    drawn = nx.DiGraph(_told(graph))
    drawn.add_nodes_from(graph)
    for sweep in range(8):
        neighbours = drawn.successors if sweep % 2 == 0 else drawn.predecessors
        for level in levels if sweep % 2 == 0 else reversed(levels):
            wish = {r: [place[other] for other in neighbours(r)] for r in level}
            level.sort(key=lambda r: (sum(wish[r]) / len(wish[r]) if wish[r] else place[r], r))
            place |= {r: (i + 0.5) / len(level) for i, r in enumerate(level)}
    return levels


def _box(room: str, x: float, y: float) -> str:
    files = [MODULES[module] for module in rooms()[room]]
    lines = sum(len(path.read_text().splitlines()) for path in files)
    told = (ast.get_docstring(ast.parse(MODULES[room].read_text())) or "").split("\n")[0]
    count = f"{len(files)} files, " if len(files) > 1 else ""
    return (
        f'<a href="#{room}"><g><title>{escape(told)}</title>'
        f'<rect x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<text x="{x:g}" y="{y - 2:g}">{room}</text>'
        f'<text class="small" x="{x:g}" y="{y + 13:g}">{count}{lines} lines</text></g></a>'
    )


def _arrow(x: float, y: float, to_x: float, to_y: float, *, wrong: bool) -> str:
    """From the lower edge of a box to the upper edge of one below it."""
    start, end = (y - HEIGHT / 2, to_y + HEIGHT / 2) if wrong else (y + HEIGHT / 2, to_y - HEIGHT / 2)
    bend = (end - start) / 2
    mark = ' class="wrong"' if wrong else ""
    return (
        f'<path{mark} d="M {x:g} {start:g} '
        f'C {x:g} {start + bend:g}, {to_x:g} {end - bend:g}, {to_x:g} {end:g}"/>'
    )
