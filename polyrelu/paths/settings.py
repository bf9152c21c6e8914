"""Which problems have a path, and which paths a file: the others are refused in one line that says what to try."""

from __future__ import annotations

from polyrelu.data.problem import Problem
from polyrelu.data.setting import Setting


def bounds_in_a_file(setting: Setting) -> None:
    """The checker of path files knows no ridge between nodes."""
    if setting.output == "ridge":
        setting.refuse("a proof file of bounds for every lambda", "leave out --out, or leave out --gap")


def has_knots(problem: Problem) -> bool:
    """With one feature a free hidden bias leaves fixed columns: see `knots`."""
    return problem.setting.hidden == "free" and problem.d == 2


def path_supported(problem: Problem, *, gated: bool) -> None:
    """Of gates no setting is certified. Free columns and a free hidden bias need no unknowns: see `branch`, `kinks`."""
    if gated:
        problem.setting.refuse("a path among gates")
