"""Which problems have a path: the others are refused in one line that says what to try."""

from __future__ import annotations

from polyrelu.data.problem import Problem
from polyrelu.data.setting import Setting


def in_a_file(setting: Setting) -> None:
    """The checker of path files knows neither a free hidden bias nor a ridge."""
    if setting.hidden == "free" or setting.output == "ridge":
        setting.refuse("a proof file of a path", "leave out --out, or save bounds: --gap 1e-2")


def has_knots(problem: Problem) -> bool:
    """With one feature a free hidden bias leaves fixed columns: see `knots`."""
    return problem.setting.hidden == "free" and problem.d == 2


def path_supported(problem: Problem, *, gated: bool) -> None:
    """Of gates no setting is certified. Free columns and a free hidden bias need no unknowns: see `branch`, `kinks`."""
    if gated:
        problem.setting.refuse("a path among gates")
