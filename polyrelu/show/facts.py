"""The few facts of every public kind of value: its line at a Python prompt, and its small table in a notebook."""

from __future__ import annotations

from typing import Any

from polyrelu.arrangement.cells import Arrangement
from polyrelu.data.problem import Problem
from polyrelu.networks.network import Network
from polyrelu.optimal_set.block_set import BlockSet
from polyrelu.optimal_set.levels import OptimalSet
from polyrelu.optimal_set.moves import Move
from polyrelu.optimal_set.neuron_set import NeuronSet
from polyrelu.optimal_set.set_point import OptimalNetwork
from polyrelu.optimal_set.uniqueness import Uniqueness
from polyrelu.proof.neuron import Neuron
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.program import Program
from polyrelu.selection.choosing import Chosen
from polyrelu.selection.pruning import Pruning
from polyrelu.show.forms import Facts, as_facts, as_line
from polyrelu.show.numbers import short_range
from polyrelu.verdict import Verdict

MAX_SHOWN = 12


def listed(places: Any) -> str:
    """Rows or neurons, counted from 1."""
    shown = [str(k + 1) for k in places]
    more = ["..."] if len(shown) > MAX_SHOWN else []
    return ", ".join([*shown[:MAX_SHOWN], *more]) or "none"


@as_facts.register
def _(x: Problem) -> Facts:
    bias = " (bias included)" if x.bias else ""
    lam = {} if x.lam is None else {"lambda": x.lam}
    return {"rows": x.n, "features": f"{x.d}{bias}", "target": "none" if x.y is None else x.target, **lam}


@as_facts.register
def _(x: Arrangement) -> Facts:
    rows, d = x.rows.shape
    complete = "proved" if x.complete else "not proved"
    return {"rows": rows, "features": d, "hyperplanes": x.hyperplanes, "cells": x.cells, "complete": complete}


@as_facts.register
def _(x: Program) -> Facts:
    return {"rows": x.n, "features": x.d, "lambda": x.lam, "blocks": x.block_count, **_scope(x.scope)}


@as_facts.register
def _(x: Network) -> Facts:
    return {"units": x.width, "inputs": x.d, "gated": x.is_gated, "exact": x.is_exact}


@as_facts.register
def _(x: Neuron) -> Facts:
    place = x.place
    facts: Facts = {"sign": "+" if place.sign > 0 else "-", "rows active": listed(place.active)}
    return {**facts, "zero": listed(place.zero_set)}


@as_facts.register
def _(x: Optimum) -> Facts:
    facts: Facts = {"neurons": len(x.used), "rank": x.support.rank, "blocks used": x.support_blocks}
    return {**facts, "field": x.field, **_scope(x.program.scope)}


@as_facts.register
def _(x: OptimalSet) -> Facts:
    facts: Facts = {"neurons": len(x.neurons.neurons), "dimension": x.dimension}
    return {**facts, "dimension by blocks": x.block_dimension, **_scope(x.optimum.program.scope)}


@as_facts.register
def _(x: NeuronSet) -> Facts:
    return {"neurons": len(x.neurons), "dimension": x.dimension, **_scope(x.polytope.optimum.program.scope)}


@as_facts.register
def _(x: BlockSet) -> Facts:
    return {
        "blocks": len(x.blocks),
        "dimension": x.dimension,
        **_scope(x.neurons.polytope.optimum.program.scope),
    }


@as_facts.register
def _(x: OptimalNetwork) -> Facts:
    what = "neurons" if all(corner.split is None for corner in x.corners) else "blocks"
    return {"width": x.width, what: listed(x.support), **_scope(x.polytope.optimum.program.scope)}


@as_facts.register
def _(x: Uniqueness) -> Facts:
    verdicts = (x.convex_unique, x.p_unique, x.function_unique)
    return {**{v.question: v.status.value for v in verdicts}, **_scope(x.scope)}


@as_facts.register
def _(x: Move) -> Facts:
    facts: Facts = {"freedom": x.freedom.value, "first": x.first, "second": x.second}
    if x.witness is not None:
        facts["they differ at"] = f"({', '.join(map(str, x.witness.x))})"
    return facts


@as_facts.register
def _(x: Pruning) -> Facts:
    return {"width": x.network.width, "neurons": listed(x.network.support), "steps": len(x.steps)}


@as_facts.register
def _(x: Chosen) -> Facts:
    weights = ", ".join(short_range(w, w) for w in x.weights[:MAX_SHOWN])
    gap = {} if x.gap == 0 else {"above the least by at most": short_range(x.gap, x.gap)}
    return {"weights": f"({weights})", "value": short_range(x.value, x.value), **gap}


@as_facts.register
def _(x: Verdict) -> Facts:
    return {"question": x.question, "answer": x.status.value, "reason": x.reason, **_scope(x.scope)}


@as_line.register
def _(x: Verdict) -> str:
    scope = f" {x.scope}" * bool(x.scope)
    return f"<Verdict {x.question}{scope}: {x.status.value.upper()}, {x.reason}>"


def _scope(scope: str) -> Facts:
    return {"scope": scope} if scope else {}
