"""Time `path` against `certify` on as many penalties as there are breakpoints.

    python tests/benchmarks/bench_path.py                    the whole table (minutes)
    python tests/benchmarks/bench_path.py 16x3 iris          some tables
    python tests/benchmarks/bench_path.py --no-certify --seconds 120

One line a table: rows and columns; the share of lambda_max where the path ends; what became of it; breakpoints, or
nodes of a path within a gap; pieces; seconds of the processor, the goal, and seconds for each breakpoint; seconds of
`certify` on a grid of equal ratios, and how many of the grid were proved; the path's seconds as a share of the grid's.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path as File
from typing import NamedTuple

import numpy as np

sys.path.insert(0, str(File(__file__).resolve().parents[2]))
from polyrelu.budget import Budget, seconds_from_now, spending
from polyrelu.certification import certify
from polyrelu.data.problem import Problem
from polyrelu.paths.bounded import bounded_path
from polyrelu.paths.ends import between
from polyrelu.paths.solution_path import path
from tests.benchmarks.large_tables import TABLES

HEAD = (
    f"{'table':14s} {'n x d':>8s} {'to':>7s} {'status':>10s} {'breaks':>6s} {'pieces':>6s} {'seconds':>8s} "
    f"{'goal':>5s} {'each':>6s}  {'certify':>8s} {'proved':>6s} {'ratio':>6s}"
)


class Row(NamedTuple):
    """A table, the share of lambda_max to which its path leads, the goal in seconds, and a gap, if that is asked."""

    make: Callable[[], Problem]
    share: Fraction
    goal: float | None = None
    gap: Fraction | None = None


def integers(n: int, d: int) -> Problem:
    """Entries from -9 to 9."""
    rng = np.random.default_rng(1)
    return Problem.of(rng.integers(-9, 10, (n, d)).tolist(), rng.integers(-9, 10, n).tolist(), None)


def normal(n: int, d: int) -> Problem:
    """Three decimals."""
    rng = np.random.default_rng(1)
    X, y = (np.round(1000 * rng.standard_normal(shape)).astype(int) for shape in ((n, d), n))
    rows = [[Fraction(int(v), 1000) for v in row] for row in X]
    return Problem.of(rows, [Fraction(int(v), 1000) for v in y], None)


THOUSANDTH = Fraction(1, 1000)
ROWS = {
    "8x2": Row(lambda: integers(8, 2), THOUSANDTH, 10),
    "20x2": Row(lambda: integers(20, 2), THOUSANDTH, 60),
    "16x3": Row(lambda: integers(16, 3), THOUSANDTH, 60),
    "normal-8x2": Row(lambda: normal(8, 2), THOUSANDTH, 10),
    "normal-20x2": Row(lambda: normal(20, 2), THOUSANDTH, 60),
    "normal-16x3": Row(lambda: normal(16, 3), THOUSANDTH, 60),
    "normal-100x3": Row(lambda: normal(100, 3), Fraction(1, 10), 120),
    "iris": Row(TABLES["iris-0"].problem, Fraction(1, 100), 60, Fraction(1, 1000)),
}


def run(name: str, row: Row, seconds: float, *, grid: bool) -> None:
    """One line of the table."""
    problem = row.make()
    top = Fraction(certify(problem, lam=10**9).lambda_max(12)[1])
    low = (top * row.share).limit_denominator(10**6)
    begin = time.process_time()
    with spending(Budget(seconds_from_now(seconds))):
        if row.gap is None:
            found = path(problem, lo=low)
            status, breaks = found.status, len(found.breakpoints)
            pieces = sum(len(i.pieces) for i in found.intervals)
        else:
            bounded = bounded_path(problem, low, gap=row.gap)
            status, breaks, pieces = f"{float(bounded.gap):.1e}", len(bounded.nodes), 0
    spent = time.process_time() - begin
    goal = "" if row.goal is None else f"{row.goal:g}"
    line = f"{problem.n} x {problem.d}"
    print(
        f"{name:14s} {line:>8s} {row.share!s:>7s} {status:>10s} {breaks:6d} {pieces:6d} {spent:8.1f} {goal:>5s} "
        f"{spent / max(1, breaks):6.3f}",
        end="",
        flush=True,
    )
    if grid and row.gap is None:
        begin = time.process_time()
        results = [certify(problem, lam=lam) for lam in between(low, top, breaks + 1)]
        there = time.process_time() - begin
        proved = sum(result.status == "proved" for result in results)
        print(f"  {there:8.1f} {proved:6d} {spent / there:6.2f}", end="")
    print(flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", choices=[[], *ROWS], help="all of them, if none is named")
    parser.add_argument("--no-certify", action="store_true", help="the paths alone")
    parser.add_argument("--seconds", type=float, default=900.0, help="for each path, by the clock")
    given = parser.parse_args()
    print(HEAD)
    for name in given.tables or ROWS:
        run(name, ROWS[name], given.seconds, grid=not given.no_certify)


if __name__ == "__main__":
    main()
