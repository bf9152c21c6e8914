"""Figures of a proved result; matplotlib is needed (`pip install polyrelu[plot]`) and imported only when one is drawn.

Every function gives a matplotlib `Figure` that shows itself in a notebook, knows its `caption`, and is saved by
`figure.save("name.png")` (or .svg, .pdf), the same bytes every time. Floats are used for drawing alone: what is drawn
(vertices, edges, neurons, ranges, verdicts) comes from the proof.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from polyrelu.errors import BadInput, EngineMissing

if TYPE_CHECKING:
    from polyrelu.result import Result
    from polyrelu.unregularised.result import UnregularisedResult

KINDS = ("figure1", "arrangement", "polytope", "functions", "support")
FORMATS = ("png", "svg", "pdf")
MANY = 200
"""The natural figure lists no more minimal networks than this."""


def figure1(
    result: Result | UnregularisedResult,
    neurons: Sequence[int] | None = None,
    feature: int | None = None,
    *,
    level: str = "neurons",
    max_vertices: int = 10_000,
) -> Any:
    """Figure 1 of [MP]: the convex polytope of optimal weights, and the curved set of network weights beside it.

    The axes are one feature of three neurons (numbered from 0; for `level="blocks"` of three blocks of the convex
    program), chosen so that the picture is not flat where nothing is said.
    """
    if result.problem.lam == 0:
        return _draw("unbounded", result, neurons, feature)
    return _draw("solution_mapping", result, neurons, feature, level, max_vertices)


def arrangement(result: Result) -> Any:
    """The cells of the data's hyperplanes with the neurons in them: in the plane, or on the sphere."""
    return _draw("plane" if result.problem.d == 2 else "sphere", result)


def polytope(result: Result, *, level: str = "neurons", max_vertices: int = 10_000) -> Any:
    """The set of optimal networks in its true shape, with its graph; a projection above three dimensions."""
    return _draw("corners", result, level, max_vertices)


def functions(result: Result, *, max_vertices: int = 10_000) -> Any:
    """What the optimal networks compute: curves over one input, contours over two."""
    return _draw("curves" if inputs(result) == 1 else "contours", result, max_vertices)


def support(result: Result) -> Any:
    """Neurons by rows: on, zero or off; and the range of each neuron's weight over the optimal set."""
    return _draw("neurons", result)


def draw(result: Result | UnregularisedResult, kind: str | None = None, **options: Any) -> Any:
    """The figure of that kind, or the natural one of the result."""
    if kind is None:
        return natural(result, **options)
    if kind not in KINDS:
        raise BadInput(f"kind={kind!r} is unknown; the kinds of figures are {', '.join(KINDS)}")
    return globals()[kind](result, **options)


def natural(result: Result | UnregularisedResult) -> Any:
    """Functions over one or two inputs, else the polytope of a set of one to three dimensions, else the support."""
    return globals()[natural_kind(result)](result)


def natural_kind(result: Result | UnregularisedResult) -> str:
    """The kind of figure that says most about the result and is cheap to draw."""
    from polyrelu.errors import LimitReached, Undecided
    from polyrelu.result import Result

    if not isinstance(result, Result):
        return "figure1"
    try:
        vertices = len(result.optimal_set.neurons.vertices) if result.proved().nullity else 1
    except (LimitReached, Undecided):
        return "support"
    if vertices > MANY or result.proved().program.gated:
        return "support"
    many = vertices > 1
    if inputs(result) in (1, 2):
        return "functions"
    return "figure1" if many else "support"


def html_image(result: Result | UnregularisedResult) -> str:
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


def inputs(result: Result) -> int:
    """The number of features, a last column of ones not counted."""
    X = result.problem.X
    return len(X[0]) - int(len(X[0]) > 1 and all(row[-1] == 1 for row in X))


def format_of(path: str) -> str:
    """png, svg or pdf, by the name of the file."""
    found = path.rsplit(".", 1)[-1].lower() if "." in path else ""
    if found not in FORMATS:
        raise BadInput(f"{path}: a figure is saved as .png, .svg or .pdf; give the file one of these endings")
    return found


def need_matplotlib() -> None:
    """Raise `EngineMissing` where there is no matplotlib."""
    try:
        import_module("matplotlib")
    except ImportError:
        raise EngineMissing(
            "figures need matplotlib, which is not installed; install it with: pip install 'polyrelu[plot]'"
        ) from None


def _require(result: Result | UnregularisedResult, module: str) -> None:
    """Refuse what has no such picture."""
    from polyrelu.result import Result

    if not isinstance(result, Result):
        if module != "unbounded":
            raise BadInput("at lambda = 0 only the kind figure1 is drawn; the other kinds need lambda > 0")
        return
    if result.proved().program.gated and module not in ("corners", "neurons"):
        raise BadInput(
            "a gated network is no function of its weights alone; ask for the kinds polytope or support"
        )


def _draw(module: str, result: Result | UnregularisedResult, *arguments: Any) -> Any:
    need_matplotlib()
    _require(result, module)
    from polyrelu.show.figures.canvas import style

    with style():
        return import_module(f"polyrelu.show.figures.{module}").draw(result, *arguments)
