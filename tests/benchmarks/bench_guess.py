"""Seconds for the float solver, and its ratio to Clarabel on the same full program in the same run.

    python tests/benchmarks/bench_guess.py [--full]

Rows and targets are random integers in [-9, 9]; lambda is a share of lambda_max. Clarabel builds every block, so it
is left out where that would take minutes (`--full` runs it up to 80 rows in d = 3).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.guess import Guesser
from tests.reference import conic_optimum

CELLS = [(20, 3), (40, 3), (80, 3), (100, 3), (30, 4), (20, 6), (300, 2)]
LISTS = [(150, 8, 80), (569, 30, 100)]


def seconds(work):
    start = time.perf_counter()
    out = work()
    return time.perf_counter() - start, out


def report(name, X, y, patterns, share, *, all_cells, conic):
    lam = share * Guesser(X, y, patterns, all_cells=all_cells).lambda_max()
    mine, guess = seconds(lambda: Guesser(X, y, patterns, all_cells=all_cells).optimum(lam))
    line = (
        f"{name:22s} {len(patterns):6d} {share:7.0e} {len(guess.neurons):4d} {len(guess.ties):4d} {mine:8.2f}"
    )
    if conic:
        other, _ = seconds(lambda: conic_optimum(X, y, lam, patterns))
        line += f" {other:8.2f} {mine / other:7.2f}"
    print(line + ("  " + guess.message if guess.message else ""), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="Clarabel up to 80 rows in d = 3")
    largest = 80 if parser.parse_args().full else 40
    print("problem                 blocks   share   K ties  seconds clarabel   ratio")
    rng = np.random.default_rng(0)
    for n, d in CELLS:
        X, y = rng.integers(-9, 10, (n, d)), rng.integers(-9, 10, n).astype(float)
        patterns = enumerate_cells(X.tolist()).signs >= 0
        for share in (0.1, 0.01):
            conic = d == 3 and n <= largest
            report(f"{n} x {d}", X.astype(float), y, patterns, share, all_cells=True, conic=conic)
    for n, d, count in LISTS:
        X, y = rng.normal(size=(n, d)).round(3), rng.normal(size=n).round(3)
        patterns = np.unique((X @ rng.normal(size=(d, count)) >= 0).T, axis=0)
        report(f"{n} x {d}, {count} patterns", X, y, patterns, 0.1, all_cells=False, conic=False)


if __name__ == "__main__":
    main()
