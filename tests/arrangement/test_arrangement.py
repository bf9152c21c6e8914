"""Cells and patterns against closed forms and exact linear programming over all sign vectors."""

import itertools
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from fractions import Fraction
from math import comb, factorial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polyrelu.arrangement import cells as module
from polyrelu.arrangement import merging, tasks
from polyrelu.arrangement.cells import all_patterns, enumerate_cells, iter_cells
from polyrelu.arrangement.checking import ascending
from polyrelu.arrangement.counting import characteristic_polynomial
from polyrelu.errors import Contradiction, LimitReached
from polyrelu.exact import integers
from tests.arrangement.test_counting import braid, moment_curve, resonance, threshold, type_b, type_d
from tests.strategies import integer_matrices, invertible_matrices, rational_matrices

EXTRA = [(0, 0, 0, 0), (-1, -1, -1, -1)]
FAST = settings(max_examples=60, derandomize=True, deadline=None)
THOROUGH = settings(max_examples=200, derandomize=True, deadline=None)


def feasible(inequalities):
    """Is there a real x with b + a.x >= 0 for all [b, *a]? Decided by the exact simplex of cddlib."""
    import cdd
    import cdd.gmp

    lp = cdd.gmp.linprog_from_array([*inequalities, [0] * len(inequalities[0])], cdd.LPObjType.MAX)
    cdd.gmp.linprog_solve(lp)
    return lp.status == cdd.LPStatusType.OPTIMAL


def cells_by_brute_force(rows):
    """All sign vectors s with s_j x_j.w >= 1 feasible; 0 on zero rows."""
    choices = [(-1, 1) if any(row) else (0,) for row in rows]
    return [
        signs
        for signs in itertools.product(*choices)
        if feasible([[-1 if s else 0, *(s * x for x in row)] for s, row in zip(signs, rows, strict=True)])
    ]


def patterns_by_brute_force(rows):
    """All P with x_j.g >= 0 on P and x_j.g <= -1 off P feasible."""
    return {
        pattern
        for pattern in itertools.product((False, True), repeat=len(rows))
        if feasible(
            [[0, *row] if p else [-1, *(-x for x in row)] for p, row in zip(pattern, rows, strict=True)]
        )
    }


def as_tuples(signs):
    return [tuple(int(s) for s in line) for line in signs]


def exact_signs(rows, points):
    """The signs in Python fractions, nothing vectorised."""
    products = [
        [sum(a * int(b) for a, b in zip(row, point, strict=True)) for row in rows] for point in points
    ]
    return [tuple((x > 0) - (x < 0) for x in line) for line in products]


@given(rational_matrices())
@THOROUGH
def test_every_cell_is_found_and_witnessed(rows):
    found = enumerate_cells(rows)
    assert as_tuples(found.signs) == cells_by_brute_force(rows)  # the same order too: lexicographic
    assert exact_signs(rows, found.witnesses) == as_tuples(found.signs)
    assert found.complete is True
    assert found.cells == len(found.signs) == len(found.witnesses) == len(found.patterns)
    assert found.rank == np.linalg.matrix_rank(np.array(found.rows, dtype=float))


@given(integer_matrices(max_rows=5, max_columns=4))
@THOROUGH
def test_every_pattern_is_found_and_witnessed(rows):
    cells = enumerate_cells(rows)
    patterns, witnesses = all_patterns(cells)
    assert (patterns[: cells.cells] == cells.patterns).all()
    assert len(set(as_tuples(patterns))) == len(patterns)
    assert set(as_tuples(patterns)) == patterns_by_brute_force(rows)
    assert [tuple(s >= 0 for s in line) for line in exact_signs(rows, witnesses)] == as_tuples(patterns)


@pytest.mark.parametrize(
    ("rows", "cells"),
    [(resonance(k), c) for k, c in enumerate((2, 6, 32, 370, 11292), 1)]
    + [(threshold(k), c) for k, c in enumerate((4, 14, 104, 1882, 94572), 1)]
    + [(braid(m), factorial(m)) for m in (2, 3, 4, 5, 6)]
    + [(type_b(m), 2**m * factorial(m)) for m in (1, 2, 3, 4, 5)]
    + [(type_d(m), 2 ** (m - 1) * factorial(m)) for m in (2, 3, 4, 5)]
    + [
        (moment_curve(n, d), 2 * sum(comb(n - 1, k) for k in range(d)))
        for n, d in ((1, 1), (1, 3), (2, 5), (7, 2), (100, 3), (20, 4), (12, 5))
    ],
)
def test_known_numbers_of_cells(rows, cells):
    found = enumerate_cells(rows)
    assert (found.cells, found.complete) == (cells, True)
    assert len(np.unique(found.signs, axis=0)) == cells
    assert (
        np.sign(np.array(found.witnesses, dtype=object) @ np.array(rows, dtype=object).T) == found.signs
    ).all()


@pytest.mark.parametrize(("n", "d", "cells"), [(30, 6, 293182), (24, 7, 290998), (20, 8, 188368)])
def test_beyond_64_bits(n, d, cells):
    """Small data whose intermediate integers overflow 64 bits without guards."""
    rows = np.random.default_rng(0).integers(-9, 10, (n, d))
    assert enumerate_cells(rows).cells == cells


@pytest.mark.parametrize("size", [10**6, 10**12, 10**30])
def test_large_entries(size):
    change = np.array([[size, 1, 0, 3], [1, 0, -size, 1], [2, size + 1, 5, 0], [1, 1, 1, 1]], dtype=object)
    rows = (np.array(resonance(4), dtype=object) @ change).tolist()
    found = enumerate_cells(rows)
    assert as_tuples(found.signs) == as_tuples(enumerate_cells(resonance(4)).signs)
    assert exact_signs(rows, found.witnesses) == as_tuples(found.signs)


@given(st.integers(1, 6), st.integers(1, 4), st.integers(6, 400), st.randoms(use_true_random=False))
@settings(FAST, max_examples=30)
def test_large_random_entries(n, d, digits, random):
    rows = [[random.randint(-(10**digits), 10**digits) for _ in range(d)] for _ in range(n)]
    found = enumerate_cells(rows)
    assert found.complete
    assert exact_signs(rows, found.witnesses) == as_tuples(found.signs)


def test_witnesses_stay_short():
    """Six-digit data in d = 6: lifted without care, the longest witness has 75 digits."""
    rows = np.random.default_rng(0).integers(-(10**6), 10**6, (14, 6))
    assert enumerate_cells(rows).cells == 2 * sum(comb(13, k) for k in range(6))
    assert integers.largest(enumerate_cells(rows).witnesses) < 10**12


def test_nearly_equal_slopes_are_told_apart():
    """In floating point all these lines coincide."""
    rows = [[10**20 + k, 10**20] for k in (3, 1, 2, 0, -1)]
    assert enumerate_cells(rows).cells == 10


@pytest.mark.parametrize(
    ("rows", "signs"),
    [
        ([[0]], [[0]]),
        ([[0, 0], [0, 0]], [[0, 0]]),
        ([[5]], [[-1], [1]]),
        ([[-2], [0], [7]], [[-1, 0, 1], [1, 0, -1]]),
        ([[0, 3, 0]], [[-1], [1]]),
        ([[1, 1, 1], [-2, -2, -2]], [[-1, 1], [1, -1]]),
    ],
)
def test_degenerate(rows, signs):
    found = enumerate_cells(rows)
    assert found.signs.tolist() == signs
    assert exact_signs(rows, found.witnesses) == [tuple(s) for s in signs]
    assert len(found.characteristic_polynomial) == len(rows[0]) + 1


def test_properties_and_types():
    found = enumerate_cells([[Fraction(1, 2), 1, 0], [0, 0, 0], [-2, -4, 0], [4, 0, 0]])
    assert found.rows.tolist() == [[1, 2, 0], [0, 0, 0], [-1, -2, 0], [1, 0, 0]]
    assert (found.rank, found.hyperplanes, found.cells) == (2, 2, 4)
    assert found.characteristic_polynomial == (1, -2, 1, 0)
    assert (found.signs.dtype, found.witnesses.dtype, found.patterns.dtype) == (np.int8, np.int64, bool)
    assert found.patterns[:, 1].all()


@given(integer_matrices(), st.data())
@FAST
def test_invariance(rows, data):
    """Permuting rows permutes signs; positive scaling and a change of basis change nothing."""
    signs = set(as_tuples(enumerate_cells(rows).signs))
    order = data.draw(st.permutations(range(len(rows))))
    permuted = enumerate_cells([rows[k] for k in order])
    assert {tuple(s[k] for k in order) for s in signs} == set(as_tuples(permuted.signs))
    scaled = [data.draw(st.fractions(Fraction(1, 9), 9)) for _ in rows]
    change = data.draw(invertible_matrices(len(rows[0])))
    moved = [
        [c * sum(x * change[k][j] for k, x in enumerate(row)) for j in range(len(row))]
        for c, row in zip(scaled, rows, strict=True)
    ]
    assert set(as_tuples(enumerate_cells(moved).signs)) == signs


def test_the_order_is_deterministic():
    first, second = enumerate_cells(resonance(4)), enumerate_cells(resonance(4))
    assert (first.witnesses == second.witnesses).all()
    assert as_tuples(first.signs) == sorted(as_tuples(first.signs))


def test_limits_are_checked_before_the_work(monkeypatch):
    monkeypatch.setattr(module, "cells_by_task", lambda *_, **__: pytest.fail("work was begun"))
    with pytest.raises(LimitReached, match=r"has 11,292 cells.*10,000.*--max-cells 11292"):
        enumerate_cells(resonance(5), max_cells=10_000)
    with pytest.raises(LimitReached, match="--max-cells"):
        next(iter_cells(resonance(5), max_cells=10_000))
    monkeypatch.setattr(module, "QUICK", 10)
    with pytest.raises(LimitReached, match=r"may have up to 63,862 cells"):
        enumerate_cells(resonance(5), max_cells=50_000)


def test_a_limit_above_the_exact_count_is_no_obstacle():
    assert enumerate_cells(resonance(5), max_cells=11_292).cells == 11_292


def test_a_missing_cell_is_a_contradiction(monkeypatch):
    whole = module.cells_by_task

    def one_less(*arguments, **options):
        for found in whole(*arguments, **options):
            yield type(found)(*(field[1:] for field in found))

    monkeypatch.setattr(module, "cells_by_task", one_less)
    with pytest.raises(Contradiction, match="368 cells were enumerated"):
        enumerate_cells(resonance(4))
    with pytest.raises(Contradiction, match="368 cells were enumerated"):
        list(iter_cells(resonance(4)))


@pytest.mark.parametrize("wrong", [[0, 0, 0], [1, -1, 0], [-4, -2, -1], [1, 2, 4]])
def test_a_wrong_witness_is_a_contradiction(monkeypatch, wrong):
    whole = module.cells_by_task

    def spoilt(*arguments, **options):
        for found in whole(*arguments, **options):
            points = found.points.copy()
            points[3] = wrong
            yield found._replace(points=points)

    monkeypatch.setattr(module, "cells_by_task", spoilt)
    with pytest.raises(Contradiction):
        enumerate_cells(resonance(3))


def test_the_generator_gives_every_cell_once(monkeypatch):
    monkeypatch.setattr(tasks, "CELLS_PER_TASK", 500)
    batches = list(iter_cells([*resonance(4), *EXTRA]))
    assert len(batches) > 1
    signs = as_tuples(np.concatenate([signs for signs, _ in batches]))
    assert sorted(signs) == as_tuples(enumerate_cells([*resonance(4), *EXTRA]).signs)


def test_the_generator_keeps_partial_work(monkeypatch):
    monkeypatch.setattr(tasks, "CELLS_PER_TASK", 500)
    progress = []
    generator = iter_cells(resonance(4), progress=lambda done, total: progress.append((done, total)))
    signs, witnesses = next(generator)
    generator.close()
    assert 0 < len(signs) < 370
    assert exact_signs(resonance(4), witnesses) == as_tuples(signs)
    assert progress[0][0] == 1 < progress[0][1]
    assert len(progress) == 1


def same_in_parallel(executor, rows):
    """The same cells in the same order with the same witnesses; the generator's batches may come in any order."""
    alone, together = enumerate_cells(rows), enumerate_cells(rows, executor=executor)
    assert (alone.signs == together.signs).all()
    assert (alone.witnesses == together.witnesses).all()
    assert alone.witnesses.dtype == together.witnesses.dtype
    assert alone.characteristic_polynomial == together.characteristic_polynomial
    assert together.complete
    generated = np.concatenate([signs for signs, _ in iter_cells(rows, executor=executor)])
    assert sorted(as_tuples(generated)) == as_tuples(alone.signs)


LARGE_ENTRIES = [[7**k * 10**18 + k**j for j in range(4)] for k in range(1, 13)]
SEVERAL = [
    threshold(4),
    [*resonance(4), *EXTRA],
    LARGE_ENTRIES,
    moment_curve(70, 3),  # sign vectors of two words
    moment_curve(9, 2),
    [[0, 0, 0]],
    [[0, 0], [3, -6], [0, 0], [-1, 2]],
    [[5]],
    [[1, 2, 3], [-2, -4, -6], [0, 1, 0], [1, 3, 3], [0, 0, 0]],  # rank 2 in three dimensions
]


@pytest.fixture(scope="module")
def pools():
    """A pool of processes that start from nothing, and one of threads."""
    with (
        ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as processes,
        ThreadPoolExecutor(2) as threads,
    ):
        yield {"processes": processes, "threads": threads}


@pytest.mark.parametrize("kind", ["processes", "threads"])
@pytest.mark.parametrize("rows", SEVERAL)
def test_every_executor_gives_the_same(monkeypatch, pools, kind, rows):
    monkeypatch.setattr(tasks, "CELLS_PER_TASK", 500)
    monkeypatch.setattr(merging, "PIECE", 2 * merging.SAMPLED)
    same_in_parallel(pools[kind], rows)


def test_an_executor_is_asked_for_the_polynomial_only_once(monkeypatch):
    """A limit between the count and its bound needs the count before the work, and nobody counts again."""
    counted = []

    def counting(rows):
        counted.append(len(rows))
        return characteristic_polynomial(rows)

    monkeypatch.setattr(module, "characteristic_polynomial", counting)
    with ThreadPoolExecutor(2) as executor:
        assert enumerate_cells(resonance(4), executor=executor, max_cells=400).cells == 370
    assert counted == [15]


@pytest.mark.parametrize("piece", [1, 64, 200, 10**9])
def test_the_pieces_do_not_change_the_cells(monkeypatch, piece):
    whole = enumerate_cells(moment_curve(70, 3))
    monkeypatch.setattr(merging, "PIECE", piece)
    monkeypatch.setattr(merging, "SAMPLED", min(piece, 64))
    monkeypatch.setattr(tasks, "CELLS_PER_TASK", 500)
    parts = list(tasks.cells_by_task(np.array(moment_curve(70, 3)), None, None, in_order=True))
    assert sum(len(part.points) for part in parts) > whole.cells // 2  # some cells are found twice
    cut = merging.pieces(parts)
    words = [merging.merged(one).words for one in cut]
    assert sum(len(part.points) for one in cut for part in one) == sum(len(part.points) for part in parts)
    ascending(np.concatenate(words))
    assert sum(len(w) for w in words) == whole.cells // 2
    assert (len(cut) > 1) == (piece < 10**9)


@pytest.mark.parametrize(
    "words", [[[3], [3]], [[4], [3]], [[1, 5], [1, 5]], [[1, 5], [1, 4]], [[2, 0], [1, 9]]]
)
def test_words_out_of_order_are_a_contradiction(words):
    with pytest.raises(Contradiction, match="two cells have equal sign vectors"):
        ascending(np.array([*words], dtype=np.uint64))


def test_words_in_order():
    ascending(np.array([[1, 9], [1, 10], [2, 0], [2**64 - 1, 0]], dtype=np.uint64))


@pytest.mark.parametrize("groups", [(12, 3), (63, 6), (20, 8), (5, 2), (1, 1)])
def test_the_groups_are_all_rows_last_first(groups):
    found = tasks.groups_of_rows(np.ones(groups, dtype=np.int64))
    if groups[1] > 2:
        assert np.concatenate(found).tolist() == list(range(groups[0]))[::-1]
    assert sorted(np.concatenate(found).tolist()) == list(range(groups[0]))


def test_a_dask_cluster(monkeypatch):
    from dask.distributed import Client, LocalCluster

    monkeypatch.setattr(tasks, "CELLS_PER_TASK", 500)
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
        client.get_executor() as executor,
    ):
        same_in_parallel(executor, threshold(4))


@given(integer_matrices(max_rows=5, max_columns=3, bound=5), st.integers(0, 40))
@FAST
def test_exact_products_in_every_carrier(rows, exponent):
    """The product is the same, whichever carrier the size of the entries asks for."""
    points = [[x * 2**exponent + 1 for x in row] for row in rows]
    left, right = (
        integers.narrow(np.array(m, dtype=object)) for m in (points, [[x << 20 for x in r] for r in rows])
    )
    expected = np.array(points, dtype=object) @ np.array(rows, dtype=object).T * 2**20
    assert (integers.product(left, right) == expected).all()


@pytest.mark.parametrize("limit", [0, 2**20, 2**40])
def test_the_fallback_gives_the_same_cells(monkeypatch, limit):
    """With every 64-bit and float carrier switched off (or early), Python integers find the same cells."""
    expected = as_tuples(enumerate_cells(resonance(4)).signs)
    for name in ("integers", "labels"):
        monkeypatch.setattr(f"polyrelu.exact.{name}.INT64_LIMIT", limit)
    for name in ("flats", "lifting", "planes", "shortening"):
        monkeypatch.setattr(f"polyrelu.arrangement.{name}.INT64_LIMIT", limit)
    monkeypatch.setattr("polyrelu.exact.integers.FLOAT_LIMIT", min(limit, 2**10))
    monkeypatch.setattr("polyrelu.arrangement.lifting.FLOAT_LIMIT", min(limit, 2**10))
    monkeypatch.setattr(integers, "slope_keys", lambda *_: None)
    assert as_tuples(enumerate_cells(resonance(4)).signs) == expected


def test_all_patterns_where_a_batch_holds_no_first_cut():
    # 20 generic rows in R^4 once met an empty batch of lifted cells and stopped.
    pick = np.random.default_rng(1)
    arrangement = enumerate_cells(pick.integers(-99, 100, (20, 4)))
    patterns, points = all_patterns(arrangement)
    assert ((points @ arrangement.rows.T >= 0) == patterns).all()
    assert len(np.unique(patterns, axis=0)) == len(patterns) > arrangement.cells
