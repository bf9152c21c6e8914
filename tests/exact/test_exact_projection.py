"""Projections onto cones: brute force over all faces, and the optimality conditions written out once more."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from random import Random

import pytest
from flint import fmpq, fmpq_mat

from polyrelu.errors import BadInput
from polyrelu.exact import linear, projection, rational
from polyrelu.exact.projection import Projection, project


def brute_force(A: list[list[Fraction]], c: list[Fraction]) -> list[fmpq]:
    """The nearest feasible point among the projections onto all faces' spans."""
    best: tuple[fmpq, list[fmpq]] | None = None
    target = rational.column(c)
    for size in range(min(len(A), len(c)) + 1):
        for Z in combinations(range(len(A)), size):
            p = linear.projector([A[j] for j in Z], len(c)) * target
            if all(s >= 0 for s in (rational.to_matrix(A, len(c)) * p).entries()):
                distance = sum((x * x for x in (p - target).entries()), start=fmpq(0))
                if best is None or distance < best[0]:
                    best = (distance, p.entries())
    assert best is not None
    return best[1]


def assert_optimal(A: list[list[Fraction]], c: list[Fraction], found: Projection) -> None:
    """KKT in plain Fractions."""
    p = [rational.to_fraction(x) for x in found.p]
    rho = [rational.to_fraction(x) for x in found.rho]
    slack = [sum((a * x for a, x in zip(row, p, strict=True)), Fraction(0)) for row in A]
    assert min([*rho, *slack, Fraction(0)]) == 0
    assert found.active == [j for j, s in enumerate(slack) if s == 0]
    assert set(found.support) <= set(found.active)
    assert p == [
        x + sum((r * row[i] for r, row in zip(rho, A, strict=True)), Fraction(0)) for i, x in enumerate(c)
    ]
    assert linear.rank([A[j] for j in found.support]) == len(found.support)


def random_cone(random: Random, m: int, d: int, r: int) -> list[list[Fraction]]:
    """Rows of rank at most r, with zero, repeated, opposite and scaled rows among them."""
    basis = [[random.randint(-3, 3) for _ in range(d)] for _ in range(r)]
    rows = []
    for _ in range(m):
        combination = [random.randint(-1, 1) for _ in basis]
        scale = Fraction(random.randint(1, 4), random.randint(1, 3))
        rows.append(
            [scale * sum(k * b[i] for k, b in zip(combination, basis, strict=True)) for i in range(d)]
        )
    return rows


@pytest.mark.parametrize("seed", range(60))
def test_small_cones_against_brute_force(seed: int) -> None:
    random = Random(seed)
    d = random.randint(1, 4)
    A = random_cone(random, random.randint(0, 6), d, random.randint(1, d))
    c = [Fraction(random.randint(-6, 6), random.randint(1, 3)) for _ in range(d)]
    found = project(A, c)
    assert_optimal(A, c, found)
    assert found.p == brute_force(A, c)
    again = project(A, found.p)
    assert again.p == found.p
    assert not again.support
    everything = project(A, c, start=range(len(A)))
    assert everything.p == found.p


@pytest.mark.parametrize("seed", range(12))
def test_a_wrong_or_missing_guess_changes_nothing(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random = Random(seed)
    A = random_cone(random, 25, 6, 5)
    c = [Fraction(random.randint(-(10**9), 10**9), 10 ** random.randint(0, 9)) for _ in range(6)]
    p = project(A, c).p
    for start in ([], [0], random.sample(range(25), 8), list(range(25))):
        found = project(A, c, start=start)
        assert_optimal(A, c, found)
        assert found.p == p
    from scipy import optimize

    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("no convergence")

    monkeypatch.setattr(optimize, "nnls", broken)
    assert project(A, c).p == p


@pytest.mark.parametrize(("d", "m"), [(3, 100), (10, 200), (30, 600)])
def test_large_numbers_and_wild_scales(d: int, m: int) -> None:
    random = Random(d)
    scales = [Fraction(10) ** random.choice((-3, 0, 3, 6)) for _ in range(d)]
    A = [[Fraction(random.randint(-3000, 3000), 1000) * s for s in scales] for _ in range(m)]
    inner = [random.randint(-99, 99) / s for s in scales]
    A = [row if sum(a * w for a, w in zip(row, inner, strict=True)) > 0 else [-a for a in row] for row in A]
    c = [Fraction(random.getrandbits(300) - 2**299, 2**290) * s for s in scales]
    found = project(A, c)
    assert_optimal(A, c, found)
    assert found.support


def test_particular_cones() -> None:
    assert project([], [1, -2]).p == [1, -2]
    assert project([[0, 0]], [1, -2]).active == [0]
    assert project([[1, 0], [-1, 0]], [5, 7]).p == [0, 7]  # a cone without interior
    assert project([[1], [-1]], [5]).p == [0]
    orthant = project([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [-1, 0, 2])
    assert (orthant.p, orthant.support, orthant.active) == ([0, 0, 2], [0], [0, 1])
    assert project([[1, 0]], [0, 0]).p == [0, 0]
    assert project(fmpq_mat(1, 2, [1, 1]), [fmpq(-1, 3), 0]).p == [fmpq(-1, 6), fmpq(1, 6)]


def test_dependent_rows_of_the_tight_example() -> None:
    # three dependent rows: the multiplier is not unique, and some choices are negative
    found = project([[1, 0, 0], [0, 1, 0], [1, 1, 0]], [-5, -6, 1])
    assert found.p == [0, 0, 1]
    assert found.active == [0, 1, 2]
    assert_optimal(
        [[Fraction(x) for x in r] for r in ([1, 0, 0], [0, 1, 0], [1, 1, 0])],
        [Fraction(-5), Fraction(-6), Fraction(1)],
        found,
    )


def test_wrong_dimensions_are_refused() -> None:
    with pytest.raises(BadInput):
        project([[1, 0]], [1, 2, 3])


def test_the_guess_survives_huge_integers() -> None:
    big = 10**400
    assert project([[big, -big - 1]], [-big, big]).active == [0]
    assert projection.project([[1, 0]], [fmpq(-1, big), big]).p == [0, big]
