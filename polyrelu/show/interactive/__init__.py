"""The optimal set in a browser: one HTML file that needs no network, with plotly's own script inside.

plotly is needed (`pip install polyrelu[interactive]`). The reader turns the polytope, moves inside it by sliders, and
sees the network change while the training fit stays. What is embedded (vertices, directions, residual) comes from the
proof, rounded to floats; the page computes weights, fit and function from these, live.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from html import escape
from importlib import import_module, resources
from typing import TYPE_CHECKING, Any, NamedTuple

from polyrelu.errors import EngineMissing
from polyrelu.limits import MAX_VERTICES

if TYPE_CHECKING:
    from polyrelu.result import Result


class Page(NamedTuple):
    """A whole HTML file and the sentence it begins with."""

    html: str
    caption: str


def page(
    result: Result,
    neurons: Sequence[int] | None = None,
    feature: int | None = None,
    *,
    max_vertices: int = MAX_VERTICES,
) -> Page:
    """The page of a proved result; neurons and feature choose the coordinates of the picture as in `figure1`."""
    result.problem.setting.refuse("a page")
    need_plotly()
    from polyrelu.show.interactive.numbers import numbers

    return _page(numbers(result, neurons, feature, max_vertices), "page")


def path_page(found: Any) -> Page:
    """The page of a path: a slider for lambda, each of whose positions is a proved optimum."""
    need_plotly()
    from polyrelu.show.interactive.path_numbers import numbers

    return _page(numbers(found), "path")


def _page(data: dict[str, Any], kind: str) -> Page:
    """A page of a kind around its numbers."""
    parts = {
        "TITLE": escape(data["title"]),
        "CAPTION": escape(data["caption"]),
        "STYLE": _ours("page.css"),
        "PLOTLY": _plotly(),
        "DATA": _embedded(data),
        "SCRIPT": _ours(f"{kind}.js"),
    }
    # Not str.replace: a part must not be searched for the next one's name.
    pieces = _ours(f"{kind}.html").split("@@")
    html = "".join(parts[piece] if k % 2 else piece for k, piece in enumerate(pieces))
    return Page(html, data["caption"])


def need_plotly() -> None:
    """Raise `EngineMissing` where there is no plotly."""
    try:
        import_module("plotly")
    except ImportError:
        raise EngineMissing(
            "the interactive form needs plotly, which is not installed; "
            "install it with: pip install 'polyrelu[interactive]'"
        ) from None


def _embedded(data: dict[str, Any]) -> str:
    """JSON that no feature's name can break out of: < is written as an escape."""
    return json.dumps(data, allow_nan=False).replace("<", "\\u003c")


@cache
def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


def _ours(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
