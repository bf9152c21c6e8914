"""Which problems have a path: the others are refused in one line that says what to try."""

from __future__ import annotations

from typing import Any

from polyrelu.data.setting import Setting


def supported(setting: Setting, what: str) -> None:
    """Free columns need no unknowns: see `branch`. A ridge makes the problem another one for every lambda."""
    if setting.hidden == "free" or setting.output == "ridge":
        setting.refuse(
            what,
            "use --bias none or penalised, and --output-bias none or free; bounds for every lambda: --gap 1e-2",
        )


def supported_lists(setting: Setting, patterns: Any, *, gated: bool) -> None:
    """Lists of patterns, and gates."""
    if gated or not (isinstance(patterns, str) and patterns == "cells"):
        setting.refuse("a path among listed patterns or gates")
