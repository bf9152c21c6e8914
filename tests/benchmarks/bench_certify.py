"""Time `certify` against Clarabel solving the same full program in floats, in the same run.

python tests/benchmarks/bench_certify.py            the sizes that take seconds
python tests/benchmarks/bench_certify.py --large    all sizes, Clarabel up to 80 rows in d = 3 (minutes)
"""

from __future__ import annotations

import random
import sys
import time
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from polyrelu.certification import certify
from tests.reference import conic_optimum


def gaussian(n: int, d: int, seed: int = 0):
    """Rows and targets with three decimals; lambda is a twentieth of a bound of lambda_max."""
    pick = random.Random(seed)
    X = [[Fraction(round(1000 * pick.gauss(0, 1)), 1000) for _ in range(d)] for _ in range(n)]
    y = [Fraction(round(1000 * pick.gauss(0, 1)), 1000) for _ in range(n)]
    return X, y, Fraction(1, 20) * max(abs(t) * max(map(abs, row)) for row, t in zip(X, y, strict=True))


def random_gates(X, count: int, seed: int = 1):
    """Distinct patterns 1[Xg >= 0] of random integer g."""
    pick, rows, found = random.Random(seed), np.array(X, dtype=float), {}
    while len(found) < count:
        g = np.array([pick.randint(-1000, 1000) for _ in X[0]])
        found.setdefault(tuple((rows @ g >= 0).tolist()), None)
    return [list(map(int, p)) for p in found]


def breast_cancer():
    """569 rows and 30 features, standardised and rounded to three decimals; targets -1 and 1."""
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    Z = (bunch.data - bunch.data.mean(axis=0)) / bunch.data.std(axis=0)
    X = [[Fraction(round(1000 * v), 1000) for v in row] for row in Z.tolist()]
    return X, [Fraction(2 * int(t) - 1) for t in bunch.target], Fraction(10)


def line(name: str, X, y, lam, patterns="cells", *, conic: bool) -> None:
    """Run both programs once and print one row of the table."""
    result = certify(X, y, lam, patterns=patterns)
    ratio = ""
    if conic and result.optimum is not None:
        start = time.perf_counter()
        conic_optimum(np.array(X, float), np.array(y, float), float(lam), result.optimum.program.patterns)
        seconds = time.perf_counter() - start
        ratio = f"{seconds:9.2f}  {result.seconds / seconds:6.2f}"
    steps = "  ".join(f"{step} {seconds:.2f}" for step, seconds in result.timings.items())
    print(
        f"{name:28} {result.cells:7} {result.status:9} {result.seconds:8.2f}  {ratio:17}  {steps}", flush=True
    )


def main() -> None:
    """Print the table."""
    large = "--large" in sys.argv
    print(
        f"{'problem':28} {'cells':>7} {'status':9} {'seconds':>8}  {'Clarabel   ratio':17}  where the time goes"
    )
    for n in (20, 30, 40, *((60, 80) if large else ())):
        line(f"{n} rows, d = 3", *gaussian(n, 3), conic=True)
    line("300 rows, d = 2", *gaussian(300, 2), conic=False)
    X, y, lam = gaussian(150, 8)
    line("150 rows, d = 8, 80 patterns", X, y, lam, random_gates(X, 80), conic=False)
    if large:
        line("100 rows, d = 3", *gaussian(100, 3), conic=False)
        line("30 rows, d = 4", *gaussian(30, 4), conic=False)
        line("20 rows, d = 6", *gaussian(20, 6), conic=False)
        X, y, lam = breast_cancer()
        line("569 rows, d = 30, 100 patterns", X, y, lam, random_gates(X, 100), conic=False)


if __name__ == "__main__":
    main()
