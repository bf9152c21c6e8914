"""Where a walk begins: the curve through an optimum that is certified at one lambda."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from flint import arb, fmpq

from polyrelu.certification import certify_penalised
from polyrelu.curves.branch import Branch
from polyrelu.curves.curve import Curve
from polyrelu.curves.dependent import coefficients, independent_first, with_parts
from polyrelu.curves.faces import Faces
from polyrelu.curves.gates import Gates, grouped
from polyrelu.curves.implied import Implied, nearly
from polyrelu.curves.nodes import Node
from polyrelu.curves.symmetry import Symmetry
from polyrelu.data.problem import Problem
from polyrelu.errors import Undecided
from polyrelu.exact.enclosure import ball_column
from polyrelu.exact.rational import to_fraction
from polyrelu.paths.orbits import UNUSED, idle_places, one_of_each_orbit, orbits_in_pairs, point_at
from polyrelu.proof.neuron import Place
from polyrelu.proof.optimum import Optimum
from polyrelu.proof.program import Program

DIGITS = 200

Start = tuple[Curve, Node]


def started(problem: Problem, faces: Faces, lam: fmpq, known: Sequence[Place] = ()) -> Start:
    """The curve through the optimum at one lambda, certified there; `Undecided` where its structure is degenerate."""
    return _start(_certified(problem, faces.program, lam), faces, lam, known)


def _certified(problem: Problem, program: Program, lam: fmpq) -> Optimum:
    listed: Any = "cells" if program.listed is None else program.listed
    here = replace(problem, lam=to_fraction(lam))
    return certify_penalised(here, patterns=listed, gated=program.gated).proved()


def _start(optimum: Optimum, faces: Faces, lam: fmpq, known: Sequence[Place]) -> Start:
    if faces.program.gated:
        return _gated(optimum, faces, lam, known)
    structure = optimum.point.structure
    same = len(optimum.used) == len(structure.neurons) + sum(structure.paired)
    floats = bool(faces.program.offset and optimum.neurons)
    if not same or floats:  # a structure that floats is written by its ends
        return _with_dependent(optimum, faces, lam, known)
    branch = Branch(faces.program, tuple(faces.neuron(k.place) for k in structure.neurons), structure.paired)
    at = optimum.point.balls(DIGITS)
    point = point_at(branch, at.nu, lam, [*at.weights, *structure.exchanged(at.c)])
    curve = Curve(branch, faces, idle=idle_places(optimum))
    return curve, curve.node(point, lam)


def _gated(optimum: Optimum, faces: Faces, lam: fmpq, known: Sequence[Place]) -> Start:
    """Units of gates through an optimum; where they do not explain all dependences, the gates one by one."""
    at = optimum.point.balls(DIGITS)
    branch = grouped(faces.program, [k.place for k in optimum.used], at.nu, arb(lam))
    curve = Curve(branch, faces)
    if not {k.place for k in optimum.neurons} <= {*curve.tight, *curve.idle}:
        raise Undecided(UNUSED)
    if branch.K + branch.r != optimum.support.rank:
        return _with_dependent(optimum, faces, lam, known)
    start = branch.placed(ball_column(at.nu), arb(lam))
    point = None if start is None else branch.newton(start, lam)
    if point is None:
        raise Undecided("the root could not be followed: its system is nearly singular")
    return curve, curve.node(point, lam)


def started_below(problem: Problem, faces: Faces, lam: fmpq, known: Sequence[Place]) -> Start:
    """The same, with one neuron for each orbit where the table has symmetries and that can be."""
    optimum = _certified(problem, faces.program, lam)
    if faces.symmetry is not None:
        for begun in (_with_dependent, orbits_in_pairs):
            with suppress(Undecided):
                return begun(optimum, faces, lam, known, faces.symmetry)
    with suppress(Undecided):
        return _start(optimum, faces, lam, known)
    return orbits_in_pairs(optimum, faces, lam, known, None)


def _with_dependent(
    optimum: Optimum, faces: Faces, lam: fmpq, known: Sequence[Place], symmetry: Symmetry | None = None
) -> Start:
    """Neurons whose activations depend on others': an independent part, known neurons first, and the rest with it."""
    idle, at = idle_places(optimum), optimum.point.balls(DIGITS)
    places = sorted((k.place for k in optimum.used), key=lambda p: p not in known)
    whole = (
        Gates.of(faces.program) if faces.program.gated else Branch(faces.program, (), (), symmetry=symmetry)
    )
    neurons = one_of_each_orbit(whole, [faces.neuron(place) for place in places])
    whole = whole.like((k, False) for k in neurons)
    basis = independent_first(whole, at.nu, known)
    branch = whole.like((neurons[k], False) for k in basis)
    point = point_at(branch, at.nu, lam)
    implied = Implied(branch, nearly(point))
    others = {k.place: coefficients(branch, k, implied) for i, k in enumerate(neurons) if i not in basis}
    exact = {place: over for place, over in others.items() if over is not None}
    new = [k.place for k in neurons if k.place not in known] if known else []
    parts = with_parts(branch, at.nu, exact, new)
    if parts is None or len(exact) < len(others):
        raise Undecided("neurons are tight whose activations depend on the others' at this lambda alone")
    curve = Curve(branch, faces, parts, idle=idle)
    return curve, curve.node(point, lam)
