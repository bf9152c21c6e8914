"""Roots that are known, roots that do not exist, and roots that are not simple."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import pytest
from flint import arb, arb_mat, ctx, fmpq

from polyrelu.exact.enclosure import accuracy_bits, contains, ends, precision
from polyrelu.exact.krawczyk import prove_root

Poly = Callable[[list[arb]], list[arb]]


def single(
    f: Callable[[arb], arb], slope: Callable[[arb], arb]
) -> tuple[Poly, Callable[[list[arb]], arb_mat]]:
    return lambda x: [f(x[0])], lambda x: arb_mat([[slope(x[0])]])


def test_square_root_of_two() -> None:
    root = prove_root(*single(lambda x: x * x - 2, lambda x: 2 * x), [1.4], 300)
    assert root is not None
    lo, hi = ends(root.box[0])
    assert lo * lo < 2 < hi * hi
    assert hi - lo < Fraction(1, 2**298)
    assert root.digits >= 90
    assert ctx.prec == 53


@pytest.mark.parametrize("start", [0, 0.1, -3.0, 1e-30, fmpq(1, 7), 1e8])
@pytest.mark.parametrize("power", [2, 3, 4])
def test_a_multiple_root_is_never_proved(start: object, power: int) -> None:
    system = single(
        lambda x: (x - 1) ** power * x**2,
        lambda x: power * (x - 1) ** (power - 1) * x**2 + (x - 1) ** power * 2 * x,
    )
    for near in (start, 1, 0):
        assert prove_root(*system, [near], 128) is None


@pytest.mark.parametrize("start", [0.0, 1.0, -0.3, 100.0])
@pytest.mark.parametrize("gap", [1, fmpq(1, 10**6), fmpq(1, 10**40)])
def test_no_root_is_never_proved(start: float, gap: object) -> None:
    assert prove_root(*single(lambda x: x * x + gap, lambda x: 2 * x), [start], 64) is None


def test_close_roots_are_told_apart() -> None:
    # (x - 1)^2 = 10^-60: simple roots, closer than the precision asked for at first
    root = prove_root(
        *single(lambda x: (x - 1) ** 2 - fmpq(1, 10**60), lambda x: 2 * (x - 1)), [1 + fmpq(1, 10**29)], 64
    )
    assert root is not None
    assert contains(root.box[0], 1 + fmpq(1, 10**30))
    assert not contains(root.box[0], 1 - fmpq(1, 10**30))
    assert not contains(root.region[0], 1 - fmpq(1, 10**30))


def test_exact_roots_zero_components_and_constant_jacobians() -> None:
    def F(x: list[arb]) -> list[arb]:
        return [x[0] - 3, x[1] * 2, x[0] * x[1] + x[2]]

    def J(x: list[arb]) -> arb_mat:
        return arb_mat([[1, 0, 0], [0, 2, 0], [x[1], x[0], 1]])

    root = prove_root(F, J, [2.9, 0.1, -0.2], 100)
    assert root is not None
    assert all(contains(b, e) for b, e in zip(root.box, (3, 0, 0), strict=True))
    again = prove_root(F, J, [3, 0, 0], 100)
    assert again is not None
    finer = root.refine(400)
    assert finer is not None
    assert all(o.contains(i) for o, i in zip(root.region, finer.box, strict=True))


def quadratic_system(
    random: Random, n: int, scales: list[fmpq]
) -> tuple[Poly, Callable[[list[arb]], arb_mat], list[fmpq]]:
    """B (z - a) + c (z^2 - a^2) = 0 in z = x / scale: a is a root, and usually a simple one."""
    a = [fmpq(random.randint(1, 30), random.randint(1, 7)) for _ in range(n)]
    B = [[random.randint(-9, 9) for _ in range(n)] for _ in range(n)]
    c = [random.randint(-2, 2) for _ in range(n)]

    def F(x: list[arb]) -> list[arb]:
        z = [t / s for t, s in zip(x, scales, strict=True)]
        return [
            sum((b * (t - e) for b, t, e in zip(row, z, a, strict=True)), start=arb(0)) + k * (t * t - e * e)
            for row, k, t, e in zip(B, c, z, a, strict=True)
        ]

    def J(x: list[arb]) -> arb_mat:
        return arb_mat(
            [
                [(B[i][j] + (i == j) * 2 * c[i] * x[i] / scales[i]) / scales[j] for j in range(n)]
                for i in range(n)
            ]
        )

    return F, J, [e * s for e, s in zip(a, scales, strict=True)]


@pytest.mark.parametrize("seed", range(25))
def test_systems_with_known_roots_and_wild_scales(seed: int) -> None:
    random = Random(seed)
    n = random.randint(1, 9)
    F, J, exact = quadratic_system(random, n, [fmpq(10) ** random.choice((-12, -3, 0, 6)) for _ in range(n)])
    root = prove_root(F, J, [float(e) * (1 + random.uniform(-1, 1) * 1e-9) for e in exact], 150)
    assert root is not None
    assert all(contains(b, e) for b, e in zip(root.box, exact, strict=True))
    assert min(accuracy_bits(b) for b in root.box) >= 150
    finer = root.refine(700)
    assert finer is not None
    assert all(contains(b, e) for b, e in zip(finer.box, exact, strict=True))
    assert min(accuracy_bits(b) for b in finer.box) >= 700


@pytest.mark.parametrize("seed", range(40))
def test_corrupted_starts_give_a_true_root_or_none(seed: int) -> None:
    # x^2 + y^2 = 25, x y = 12 has the roots +-(3, 4), +-(4, 3) and no others
    random = Random(seed)

    def F(x: list[arb]) -> list[arb]:
        return [x[0] ** 2 + x[1] ** 2 - 25, x[0] * x[1] - 12]

    def J(x: list[arb]) -> arb_mat:
        return arb_mat([[2 * x[0], 2 * x[1]], [x[1], x[0]]])

    root = prove_root(F, J, [random.uniform(-9, 9), random.uniform(-9, 9)], 80)
    if root is not None:
        roots = [(s * a, s * (7 - a)) for s in (1, -1) for a in (3, 4)]
        assert sum(all(contains(b, e) for b, e in zip(root.region, r, strict=True)) for r in roots) == 1
    tangent = prove_root(lambda x: [F(x)[0], x[0] * x[1] - fmpq(25, 2)], J, [3.5 + seed / 100, 3.6], 80)
    assert tangent is None  # the hyperbola touches the circle: a double root


def test_singular_systems_of_several_unknowns() -> None:
    def F(x: list[arb]) -> list[arb]:
        return [x[0] + x[1] - 2, 2 * x[0] + 2 * x[1] - 4]

    assert prove_root(F, lambda _: arb_mat([[1, 1], [2, 2]]), [1.0, 1.0], 64) is None


def test_the_bits_are_limited_and_the_empty_system_is_trivial() -> None:
    system = single(lambda x: x * x - 2, lambda x: 2 * x)
    assert prove_root(*system, [1.4], 300, max_bits=200) is None
    root = prove_root(*system, [1.4], 100)
    assert root is not None
    assert root.refine(50) is root
    assert root.refine(5000, max_bits=1000) is None


def test_refined_roots_do_not_jump() -> None:
    # sin(x) = 0 has many roots; refining stays at 3 pi
    root = prove_root(*single(lambda x: x.sin(), lambda x: x.cos()), [9.42], 64)
    assert root is not None
    finer = root.refine(900)
    assert finer is not None
    with precision(1200):
        assert finer.box[0].contains(3 * arb.pi())


@pytest.mark.parametrize("start", [1e-17, -3e-9, 0.0])
def test_a_component_that_is_zero_apart_from_the_others_settles(start: float) -> None:
    """Newton's iteration shrinks it without end: it meets no rounding noise at which it could stop."""
    root = prove_root(
        lambda x: [x[0] * x[0] - 2, x[1] * (1 + x[0])],
        lambda x: arb_mat([[2 * x[0], 0], [x[1], 1 + x[0]]]),
        [1.4, start],
        100,
    )
    assert root is not None
    assert contains(root.box[1], fmpq(0))
    assert root.refine(400) is not None
