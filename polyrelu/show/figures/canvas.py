"""The sheet that every figure is drawn on: one style, colours that the colour-blind can tell apart, the same bytes."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
from matplotlib.figure import Figure

from polyrelu.data.files import write_whole
from polyrelu.show.figures.files import format_of

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, RED, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
GREY, PALE = "#666666", "#E8E8E8"
CYCLE = (BLUE, RED, GREEN, ORANGE, PURPLE, SKY, BLACK)
"""The palette of Okabe and Ito."""
HEIGHTS = "cividis"

DPI = 200
LINE, LETTERS_PER_INCH = 0.16, 19.0
NO_DATES = {
    "png": {"Software": None},
    "svg": {"Date": None, "Creator": None},
    "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
}
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 9,
    "axes.labelsize": 8,
    "legend.fontsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "svg.hashsalt": "polyrelu",
    "pdf.fonttype": 42,
}


@contextmanager
def style() -> Iterator[None]:
    """Our settings instead of the user's, which come back afterwards."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(STYLE)
        yield


class Drawing(Figure):
    """A figure with a caption, which shows itself in a notebook and is saved the same way every time."""

    caption: str = ""
    shown: dict[str, Any]
    """The coordinates that were drawn, for whoever wants to check them."""

    def rendered(self, kind: str = "png", dpi: int = DPI) -> bytes:
        """The picture as bytes: no dates, no version, no random names."""
        file = io.BytesIO()
        with style():
            self.savefig(file, format=kind, dpi=dpi, metadata=NO_DATES[kind])
        return file.getvalue()

    def save(self, path: str) -> None:
        """Write a .png, .svg or .pdf file."""
        picture = self.rendered(format_of(str(path)))
        write_whole(str(path), lambda file: file.write(picture))

    def _repr_png_(self) -> bytes:
        return self.rendered(dpi=110)


def sheet(width: float, height: float, caption: str) -> tuple[Drawing, float]:
    """An empty figure (inches) with its caption below; the second value is where the picture may begin (0 to 1)."""
    lines = textwrap.wrap(caption, int((width - 0.3) * LETTERS_PER_INCH))
    below = LINE * len(lines) + 0.12
    figure = Drawing(figsize=(width, height + below))
    figure.caption, figure.shown = caption, {}
    figure.text(0.15 / width, 0.06 / (height + below), "\n".join(lines), va="bottom", ha="left", fontsize=7.5)
    return figure, below / (height + below)


def sign_colour(sign: int) -> str:
    """Blue for +, vermilion for -."""
    return BLUE if sign > 0 else RED


def setting(result: Any) -> str:
    """Lambda, what is free, and the scope of whatever is said there."""
    scope, which = result.optimal_set.optimum.program.scope, result.problem.setting
    more = "" if which.is_plain else f" with {which.words}"
    return f"λ = {result.problem.lam}{more}{' ' * bool(scope)}{scope}"


def counted(number: int, what: str) -> str:
    """A number with its noun.

    >>> counted(1, "vertex"), counted(2, "neuron"), counted(3, "vertex")
    ('1 vertex', '2 neurons', '3 vertices')
    """
    plural = {"vertex": "vertices"}.get(what, what + "s")
    return f"{number:,} {what if number == 1 else plural}"
