"""What a figure needs before it is drawn: matplotlib, and a file of a known form."""

from __future__ import annotations

from importlib import import_module

from polyrelu.errors import BadInput, EngineMissing

FORMATS = ("png", "svg", "pdf")


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
