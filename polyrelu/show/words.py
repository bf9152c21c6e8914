"""The forms of everything: `polyrelu/__init__` names this module to those that show themselves."""

from __future__ import annotations

from polyrelu.show.forms import as_facts, as_html, as_json, as_line, as_picture, as_text

__all__ = ["as_facts", "as_html", "as_json", "as_line", "as_picture", "as_text"]
