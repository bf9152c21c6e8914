"""Exact numbers at a breakpoint are taken only if they are its root: each of the checks is needed."""

from dataclasses import replace
from fractions import Fraction
from types import SimpleNamespace

import pytest
from flint import fmpq, fmpz_poly

from polyrelu.breakpoints.algebra import exact_zero, solves
from polyrelu.paths.solution_path import path

TINY = fmpq(1, 10**60)
"""Less than what any region leaves around its root."""


@pytest.fixture
def taken(monkeypatch):
    """Whether numbers are taken when they are what digits suggest."""

    def asked(zero, told):
        found = SimpleNamespace(polynomial=told.polynomial), [told.lam, *told.nu, *told.b, *told.c]
        monkeypatch.setattr("polyrelu.breakpoints.algebra.recognise", lambda *_, **__: found)
        return exact_zero(zero) is not None

    return asked


@pytest.fixture(scope="module")
def known():
    """One feature: the second neuron enters at 2, where the first has the weight 1."""
    here = path([[1], [2], [-1]], [1, 3, 2], 1, 8).breakpoints[0]
    exact = exact_zero(here.zero)
    assert (exact.name, [Fraction(str(w)) for w in exact.b]) == ("2", [1])
    return here.zero, exact


def test_numbers_that_do_not_solve_the_system_are_refused(known, taken):
    """The newcomer sees the residual alone, and does not notice a wrong weight."""
    zero, exact = known
    assert taken(zero, exact)
    assert not taken(zero, replace(exact, b=[exact.b[0] + TINY]))


def test_a_lambda_where_nothing_vanishes_is_refused(known, taken):
    """On the curve beside the breakpoint, so close that the region holds it."""
    zero, exact = known
    lam = 2 + TINY
    b = (7 - lam) / 5
    nu = [v - k * b for v, k in zip(zero.branch.target[:2], (1, 2), strict=True)] + [fmpq(2)]
    beside = replace(exact, lam=lam, nu=nu, b=[b], polynomial=fmpz_poly([-lam.p, lam.q]))
    assert solves(zero.branch, lam, nu, beside.b, [])
    assert not taken(zero, beside)


def test_a_polynomial_with_another_root_is_refused(known, taken):
    zero, exact = known
    assert not taken(zero, replace(exact, polynomial=fmpz_poly([-3, 1])))


def test_a_conjugate_is_refused(taken):
    """-sqrt 5 for sqrt 5: all equations hold for it as well."""
    zero = path([[1, 0], [0, 1]], [1, 2], 1, 3).breakpoints[-1].zero
    exact = exact_zero(zero)
    assert exact.name == "sqrt(5)"
    other = replace(exact, lam=-exact.lam)
    assert solves(zero.branch, other.lam, other.nu, other.b, other.c)
    assert not taken(zero, other)
