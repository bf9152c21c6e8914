"""The forms of everything, registered by importing this module, which `polyrelu/__init__` names."""

from __future__ import annotations

from polyrelu.show import answer, bounds, facts, paths, predictions, results, sensitivities, sets, unpenalised
from polyrelu.show.forms import as_facts, as_html, as_json, as_line, as_picture, as_text

__all__ = [
    "answer",
    "as_facts",
    "as_html",
    "as_json",
    "as_line",
    "as_picture",
    "as_text",
    "bounds",
    "facts",
    "paths",
    "predictions",
    "results",
    "sensitivities",
    "sets",
    "unpenalised",
]
