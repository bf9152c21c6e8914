"""Which problems have a path: the others are refused in one line that says what to try."""

from __future__ import annotations

from polyrelu.data.problem import Problem
from polyrelu.data.setting import Setting


def supported(setting: Setting, what: str) -> None:
    """Free columns need no unknowns, and a ridge a constant matrix alone: see `branch`."""
    if setting.hidden == "free":
        setting.refuse(what, "use --bias none or penalised")


def in_a_file(problem: Problem) -> None:
    """The checker of path files knows a free hidden bias beside one feature alone."""
    if problem.setting.hidden == "free" and problem.d != 2:
        what = "a proof file of a path with several features"
        problem.setting.refuse(what, "leave out --out, or save bounds: --gap 1e-2")


def bounds_in_a_file(setting: Setting) -> None:
    """It knows no ridge between nodes."""
    if setting.output == "ridge":
        setting.refuse("a proof file of bounds for every lambda", "leave out --out, or leave out --gap")


def one_feature(problem: Problem, what: str) -> None:
    """With one feature a free hidden bias leaves fixed columns: see `knots`."""
    if problem.d != 2:
        words = f"one feature, and this table has {problem.d - 1}"
        problem.setting.refuse(
            what, f"it needs {words}: use --bias penalised; bounds for every lambda: --gap 1e-2"
        )


def path_supported(problem: Problem, *, gated: bool) -> None:
    """Of gates no setting is certified."""
    if gated:
        problem.setting.refuse("a path among gates")
    if problem.setting.hidden == "free":
        one_feature(problem, "a path")
    else:
        supported(problem.setting, "a path")
