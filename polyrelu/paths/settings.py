"""Which problems have a path: the others are refused in one line that says what to try."""

from __future__ import annotations

from polyrelu.data.problem import Problem


def in_a_file(problem: Problem) -> None:
    """The checker of path files knows a free hidden bias beside one feature alone, and no ridge."""
    if problem.setting.output == "ridge":
        problem.setting.refuse("a proof file of a path", "leave out --out")
    if problem.setting.hidden == "free" and problem.d != 2:
        problem.setting.refuse(
            "a proof file of a path with several features", "leave out --out, or save bounds: --gap 1e-2"
        )


def has_knots(problem: Problem) -> bool:
    """With one feature a free hidden bias leaves fixed columns: see `knots`."""
    return problem.setting.hidden == "free" and problem.d == 2


def path_supported(problem: Problem, *, gated: bool) -> None:
    """Of gates no setting is certified."""
    if gated:
        problem.setting.refuse("a path among gates")
