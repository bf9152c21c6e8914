"""Figures of a proved result; matplotlib is needed (`pip install polyrelu[plot]`) and imported only when one is drawn.

Every function gives a matplotlib `Figure` that shows itself in a notebook, knows its `caption`, and is saved by
`figure.save("name.png")` (or .svg, .pdf), the same bytes every time. Floats are used for drawing alone: what is drawn
(vertices, edges, neurons, ranges, verdicts) comes from the proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from polyrelu.errors import BadInput
from polyrelu.limits import MAX_VERTICES
from polyrelu.show.figures.files import FORMATS, format_of, need_matplotlib

if TYPE_CHECKING:
    from polyrelu.result import Result

__all__ = [
    "FORMATS",
    "KINDS",
    "arrangement",
    "draw",
    "figure1",
    "format_of",
    "functions",
    "html_image",
    "influence",
    "natural",
    "natural_kind",
    "need_matplotlib",
    "polytope",
    "profile",
    "support",
]

KINDS = ("figure1", "arrangement", "polytope", "functions", "support")
ANY_SETTING = ("functions", "support")
"""What is drawn of problems with something free, too."""


def figure1(
    result: Result,
    neurons: Sequence[int] | None = None,
    feature: int | None = None,
    *,
    level: str = "neurons",
    max_vertices: int = MAX_VERTICES,
) -> Any:
    """Figure 1 of [MP]: the convex polytope of optimal weights, and the curved set of network weights beside it.

    The axes are one feature of three neurons (numbered from 0; for `level="blocks"` of three blocks of the convex
    program), chosen so that the picture is not flat where nothing is said.
    """
    return _draw("figure1", result, neurons, feature, level, max_vertices)


def arrangement(result: Result) -> Any:
    """The cells of the data's hyperplanes with the neurons in them: in the plane, or on the sphere."""
    return _draw("arrangement", result)


def polytope(result: Result, *, level: str = "neurons", max_vertices: int = MAX_VERTICES) -> Any:
    """The set of optimal networks in its true shape, with its graph; a projection above three dimensions."""
    return _draw("polytope", result, level, max_vertices)


def functions(result: Result, *, max_vertices: int = MAX_VERTICES) -> Any:
    """What the optimal networks compute: curves over one input, contours over two."""
    return _draw("functions", result, max_vertices)


def support(result: Result) -> Any:
    """Neurons by rows: on, zero or off; and the range of each neuron's weight over the optimal set."""
    return _draw("support", result)


def profile(path: Any) -> Any:
    """Weights against lambda along a solution path."""
    need_matplotlib()
    from polyrelu.show.figures.canvas import style

    with style():
        return import_module("polyrelu.show.figures.path_profile").draw(path)


def influence(found: Any) -> Any:
    """How much each row moves each neuron's weight, at one lambda or on both sides of a breakpoint."""
    need_matplotlib()
    from polyrelu.show.figures.canvas import style

    with style():
        return import_module("polyrelu.show.figures.row_influence").draw(found)


def draw(result: Result, kind: str | None = None, **options: Any) -> Any:
    """The figure of that kind, or the natural one of the result."""
    if kind is None:
        return natural(result, **options)
    if kind not in KINDS:
        raise BadInput(f"kind={kind!r} is unknown; the kinds of figures are {', '.join(KINDS)}")
    return globals()[kind](result, **options)


def natural(result: Result) -> Any:
    """Functions over one or two inputs, else the polytope of a set of one to three dimensions, else the support."""
    return globals()[natural_kind(result)](result)


def natural_kind(result: Result) -> str:
    """The kind of figure that says most about the result and is cheap to draw."""
    from polyrelu.show.figures import choice

    return choice.natural_kind(result.optimal_set, result)


def html_image(result: Result) -> str:
    """The natural figure as an HTML image for a notebook; nothing where there is none, or no matplotlib."""
    from base64 import b64encode
    from html import escape

    from polyrelu.errors import PolyreluError

    try:
        figure = natural(result)
    except PolyreluError:
        return ""
    data = b64encode(figure._repr_png_()).decode()
    return f'<img alt="{escape(figure.caption)}" src="data:image/png;base64,{data}">'


def _draw(kind: str, result: Result, *arguments: Any) -> Any:
    if kind not in ANY_SETTING:
        result.problem.setting.refuse(f"the figure {kind}", "ask for the kind functions or support")
    need_matplotlib()
    from polyrelu.show.figures.canvas import style
    from polyrelu.show.figures.choice import module_of

    module = module_of(result.optimal_set, kind, result)
    with style():
        return import_module(f"polyrelu.show.figures.{module}").draw(result, *arguments)
