"""Which conditions a neuron, or the weights of a branch, have to meet, and their exact values at a point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flint import fmpq

from polyrelu.curves.branch import Branch
from polyrelu.curves.condition import MULTIPLIER, SIDE, SLACK, SOFT, WEIGHT, Condition
from polyrelu.exact.linear import dot, times
from polyrelu.exact.number_field import Element
from polyrelu.exact.rational import is_rational
from polyrelu.exact.recognise import over_field
from polyrelu.proof.neuron import Neuron, Place
from polyrelu.proof.shared_face import Surroundings


def sides(neuron: Neuron) -> list[Condition]:
    """u lies strictly inside its face; a gated neuron is bound to none."""
    if neuron.place.gate is not None:
        return []
    place, program = neuron.place, neuron.program
    table = (program.Xq * neuron.A).tolist()
    return [
        Condition(SIDE, place, j, None, tuple(table[j] if side == place.sign else (-v for v in table[j])))
        for j, side in enumerate(place.face)
        if side
    ]


def multipliers(neuron: Neuron) -> list[Condition]:
    """Every block around u has lambda u as its projection."""
    around = Surroundings(neuron, neuron.program)
    return [
        Condition(MULTIPLIER, neuron.place, None, around.beside(test.ray), tuple(-v for v in test.form))
        for test in around.tests()
    ]


def soft_lines(
    neuron: Neuron, gram: Sequence[Sequence[fmpq]], parallel: Sequence[Sequence[int]]
) -> list[Condition]:
    """The lines at which the star of a neuron need not end.

    Let z = s A nu, and let row j be on the side sigma of u, with C = sum |m_i| nu_i over the rows x_i = m_i x_j. Beyond
    its hyperplane f has the gradient z - sigma s C x_j in place of z, as far as this line counts. If

        sigma x_j.z >= s C |x_j|^2,

    its part along x_j does not point further away, and f <= |P z| ||v|| <= lambda ||v|| there, P the projection onto
    the hyperplane. Lines that are orthogonal to each other may be crossed together.
    """
    place, found, seen = neuron.place, list[Condition](), set[int]()
    table = (neuron.program.Xq * neuron.A).tolist()
    for j, side in enumerate(place.face):
        if not side or j in seen:
            continue
        form = table[j] if side == place.sign else [-v for v in table[j]]
        for i in parallel[j]:
            seen.add(i)
            form[i] -= abs(gram[i][j]) * place.sign
        found.append(Condition(SOFT, place, j, None, tuple(form)))
    return found


def weights(branch: Branch, mixes: Mapping[Place, tuple[fmpq, ...]]) -> list[Condition]:
    """Every weight is positive: the unknowns b, or linear forms of them where some are shared."""
    if mixes:
        return [Condition(WEIGHT, place, form=form) for place, form in mixes.items()]
    return [Condition(WEIGHT, neuron.place) for neuron in branch.neurons]


def slack(neuron: Neuron) -> Condition:
    """(lambda^2 - |A nu|^2) / 2 for a neuron that has not entered yet, or has left."""
    return Condition(SLACK, neuron.place)


def exact_value(f: Condition, branch: Branch, nu: Sequence[Any], b: Sequence[Any], lam: Any) -> Any:
    """The value of a condition over an exact field; None where the form of a weight was not found to be over it."""
    if f.kind == WEIGHT and f.form:
        return _combined(f.form, b)
    if f.kind == WEIGHT:
        return b[[neuron.place for neuron in branch.neurons].index(f.place)]
    if f.kind == SLACK:
        return lam * lam - Neuron(f.place, branch.program).square(nu)
    return dot(f.form, nu)


def _combined(form: Sequence[Any], b: Sequence[Any]) -> Any:
    """form . b, where the form may have square roots and b lies in a field."""
    field = next((v.field for v in b if isinstance(v, Element)), None)
    if field is None or all(is_rational(v) for v in form):
        return dot(form, b)
    if field.degree == 1:
        return dot(form, [v.rational() if isinstance(v, Element) else v for v in b])
    moved = [v if is_rational(v) else over_field(v, field) for v in form]
    return None if any(v is None for v in moved) else dot(moved, b)


def exact_rate(
    f: Condition, branch: Branch, at: Sequence[Any], moved: tuple[Sequence[Any], Sequence[Any]], lam: Any
) -> Any:
    """Its derivative over an exact field, where nu = `at` and (nu', b') are `moved`."""
    dnu, db = moved
    if f.kind == SLACK:
        N = Neuron(f.place, branch.program).N
        return 2 * (lam - dot(times(N, at), times(N, dnu)))
    return exact_value(f, branch, dnu, db, lam)
