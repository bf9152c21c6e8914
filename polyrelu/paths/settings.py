"""Which problems have a path: the others are refused in one line that says what to try."""

from __future__ import annotations

from polyrelu.data.problem import Problem
from polyrelu.data.setting import Setting


def supported(setting: Setting, what: str) -> None:
    """Free columns need no unknowns: see `branch`. A ridge makes the problem another one for every lambda."""
    if setting.output == "ridge":
        setting.refuse(what, "use --output-bias none or free")


def in_a_file(setting: Setting) -> None:
    """The checker of path files knows no free hidden bias."""
    if setting.hidden == "free":
        setting.refuse("a proof file of a path", "leave out --out, or save bounds: --gap 1e-2")


def has_knots(problem: Problem) -> bool:
    """With one feature a free hidden bias leaves fixed columns: see `knots`."""
    return problem.setting.hidden == "free" and problem.d == 2


def path_supported(problem: Problem, *, gated: bool) -> None:
    """Of gates no setting is certified."""
    if gated:
        problem.setting.refuse("a path among gates")
    supported(problem.setting, "a path")
