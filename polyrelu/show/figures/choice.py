"""Which module draws a kind of figure of a set of optimal networks, by the type of the set; and the natural kind."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from polyrelu.errors import BadInput, LimitReached, Undecided
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.result import Result
from polyrelu.show.figures.view import inputs
from polyrelu.unregularised.optimal_set import UnregularisedSet

MANY = 200
"""The natural figure lists no more minimal networks than this."""


@singledispatch
def module_of(solutions: Any, kind: str, result: Result) -> str:
    """The module that draws it; `BadInput` where there is no such picture."""
    raise TypeError(f"no figures are known of a {type(solutions).__name__}")


@module_of.register
def _(solutions: OptimalSet, kind: str, result: Result) -> str:
    if solutions.optimum.program.gated and kind not in ("polytope", "support"):
        raise BadInput(
            "a gated network is no function of its weights alone; ask for the kinds polytope or support"
        )
    if kind == "functions" and not result.problem.setting.is_plain:
        return "kinks"
    return {
        "figure1": "solution_mapping",
        "arrangement": "plane" if result.problem.d == 2 else "sphere",
        "polytope": "corners",
        "functions": "curves" if inputs(result) == 1 else "contours",
        "support": "neurons",
    }[kind]


@module_of.register
def _(solutions: UnregularisedSet, kind: str, result: Result) -> str:
    if kind != "figure1":
        raise BadInput("at lambda = 0 only the kind figure1 is drawn; the other kinds need lambda > 0")
    return "unbounded"


def _has_functions(result: Result) -> bool:
    """Whether there is a picture over one or two inputs, though something is free."""
    known = not result.problem.setting.columns and not result.proved().program.free.vanishing
    return known and inputs(result) in (1, 2)


@singledispatch
def natural_kind(solutions: Any, result: Result) -> str:
    """The kind of figure that says most about the result and is cheap to draw."""
    return "figure1"


@natural_kind.register
def _(solutions: OptimalSet, result: Result) -> str:
    optimum = solutions.optimum
    if not result.problem.setting.is_plain:
        return "functions" if _has_functions(result) else "support"
    try:
        vertices = len(solutions.neurons.vertices) if optimum.nullity else 1
    except (LimitReached, Undecided):
        return "support"
    if vertices > MANY or optimum.program.gated:
        return "support"
    if inputs(result) in (1, 2):
        return "functions"
    return "figure1" if vertices > 1 else "support"
