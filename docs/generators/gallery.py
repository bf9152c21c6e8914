"""The gallery: every kind of figure, drawn from the examples of the shelf when the manual is built."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from polyrelu import certify, path
from polyrelu.examples import SHELF, load
from polyrelu.show import figures, interactive

SHOWN: dict[str, tuple[str, ...]] = {
    "figure1": ("heptagon", "nonagon"),
    "polytope": ("nonagon", "octahedron"),
    "functions": ("four-points", "zig-zag", "anscombe"),
    "arrangement": ("pentagon", "octahedron"),
    "support": ("heptagon", "iris"),
}
"""Kinds of figures, and examples that suit them."""

TURNED = "heptagon"
WALKED = ("sliding", "soft-thresholds")

INTRODUCTION = """\
# Gallery

Every picture here was drawn from a proof when these pages were built. Vertices, edges, neurons, ranges and verdicts
come from the proof; floats only draw. The captions are those that `polyrelu plot` prints.

"""

LAST = """\
## The shelf

`polyrelu examples` lists these data sets, and `polyrelu examples NAME` prints one as a CSV file.

| example | rows x features | lambda | verdict | story |
|---|---|---|---|---|
"""


def pages() -> dict[str, bytes]:
    """The page, its pictures, and a page that can be turned."""
    results = {name: certify(load(name).problem()) for name in {TURNED, *sum(SHOWN.values(), ())}}
    made: dict[str, bytes] = {}
    text = INTRODUCTION
    for kind, names in SHOWN.items():
        text += f"## {kind}\n\n{_told(kind)}\n\n"
        for name in names:
            text += _figure(results[name], kind, name, f"--kind {kind}", made)
    text += "## Without a penalty\n\n" + _unregularised(made)
    text += "## path\n\nThe whole path: weights, width, optimal value and directions against lambda.\n\n"
    for name in WALKED:
        text += _path(name, made)
    made["extra/turn.html"] = interactive.page(results[TURNED]).html.encode()
    text += f"## A page to turn\n\n`polyrelu plot {TURNED}.csv --lam {load(TURNED).lam} --interactive turn.html` makes "
    text += '<a href="../turn.html">this page</a>: turn the set, move inside it, see the network change '
    text += "and the fit stay.\n\n"
    return {"gallery.md": (text + LAST + _shelf()).encode(), **made}


def _told(kind: str) -> str:
    return str(getattr(figures, kind).__doc__).split("\n\n")[0].strip()


def _unregularised(made: dict[str, bytes]) -> str:
    """The same kind of figure at lambda = 0, where the set is a polyhedron without an end."""
    name = "four-points"
    result = certify(replace(load(name).problem(), lam=Fraction(0)))
    return _figure(result, "figure1", name, "--lam 0", made)


def _figure(result: Any, kind: str, name: str, option: str, made: dict[str, bytes]) -> str:
    """The figure with its caption, and the command that draws it."""
    figure = figures.draw(result, kind)
    file = f"gallery/{name}-{kind}{'-0' if option == '--lam 0' else ''}.png"
    made[file] = figure.rendered("png")
    options = (
        load(name).options
        if option != "--lam 0"
        else load(name).options.replace(f"--lam {load(name).lam}", "")
    )
    command = " ".join(f"polyrelu plot {name}.csv {options} {option}".split())
    return f"![{figure.caption}]({file})\n\n```text\n{command}\n```\n\n"


def _path(name: str, made: dict[str, bytes]) -> str:
    """The profile of a path, and its page with a slider."""
    found = path(replace(load(name).problem(), lam=None))
    figure = found.plot()
    made[f"gallery/{name}-path.png"] = figure.rendered("png")
    made[f"extra/{name}-path.html"] = interactive.path_page(found).html.encode()
    command = f"polyrelu path {name}.csv --plot {name}.png --interactive {name}-path.html"
    page = f'<a href="../{name}-path.html">The page with a slider for lambda</a>'
    return f"![{figure.caption}](gallery/{name}-path.png)\n\n```text\n{command}\n```\n\n{page}\n\n"


def _shelf() -> str:
    rows = ((e.name, e.size, e.lam, e.verdict, e.story.replace("|", chr(92) + "|")) for e in SHELF.values())
    return "".join(f"| {' | '.join(map(str, row))} |\n" for row in rows)
