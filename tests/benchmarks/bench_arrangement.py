"""Times of the exact arrangement: `python tests/benchmarks/bench_arrangement.py [--quick]` prints a table.

enumerate   all cells, every witness re-checked in integers, and compared with the polynomial
polynomial  the characteristic polynomial alone
floor       writing a bare N x n int8 matrix of signs with numpy (random bits, repeated to size)
ratio       enumerate / floor
peak        largest resident memory of a process that does only this enumeration

The best of several runs for what takes less than a second, else one run. Linear algebra threads are off.

A second table (`--two` prints only this) compares one worker with two, whole runs in turn, the best of each:
call        enumerate_cells in this process, and with a pool of two that is already running
started     the same, the start of the pool included
command     polyrelu patterns --jobs 1, and --jobs 2, as one measures it from the shell
"""

import argparse
import itertools
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from polyrelu.arrangement.cells import enumerate_cells
from polyrelu.arrangement.counting import cells_counted, characteristic_polynomial

ROUNDS = 4


def cube(k):
    return np.array(list(itertools.product((0, 1), repeat=k)))


def resonance(k):
    return cube(k)[1:]


def threshold(k):
    return np.hstack([np.ones((2**k, 1), dtype=int), cube(k)])


def digits(n, d):
    """Random integers in [-9, 9]; in d = 3 and 4 not in general position."""
    return np.random.default_rng(0).integers(-9, 10, (n, d))


SMALL = {
    "random 100 rows, d=3": digits(100, 3),
    "random 30 rows, d=4": digits(30, 4),
    "resonance k=5": resonance(5),
    "threshold k=5": threshold(5),
    "random 20 rows, d=6": digits(20, 6),
    "random 30 rows, d=3, 6 digits": np.random.default_rng(0).integers(-(10**6), 10**6, (30, 3)),
    "random 20 rows, d=6, 6 digits": np.random.default_rng(0).integers(-(10**6), 10**6, (20, 6)),
}
LARGE = {
    "random 100 rows, d=4": digits(100, 4),
    "random 30 rows, d=6": digits(30, 6),
    "random 24 rows, d=7": digits(24, 7),
    "random 20 rows, d=8": digits(20, 8),
    "resonance k=6": resonance(6),
}
TWO_WORKERS = LARGE | {
    "random 20 rows, d=6, 6 digits": SMALL["random 20 rows, d=6, 6 digits"],
    "random 20 rows, d=5, 20 digits": [
        [int(x) for x in row]
        for row in np.random.default_rng(0).integers(-(10**10), 10**10, (20, 5)).astype(object) * 10**10 + 1
    ],
}


def seconds(work):
    """Best of up to five runs within a second, and the last result."""
    best, spent = float("inf"), 0.0
    for _ in range(5):
        start = time.perf_counter()
        result = work()
        took = time.perf_counter() - start
        best, spent = min(best, took), spent + took
        if spent > 1:
            break
    return best, result


def floor(shape):
    """Write a bare matrix of signs of this shape."""
    line = np.where(np.random.default_rng(0).integers(0, 2, shape[1]), 1, -1).astype(np.int8)
    return seconds(lambda: np.tile(line, (shape[0], 1)))[0]


def peak_of(rows):
    """Peak memory in MB of this process after the enumeration; to be run in a process of its own."""
    enumerate_cells(rows)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def fresh_pool(workers):
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    list(pool.map(characteristic_polynomial, [[[1]]] * 4 * workers))  # started and imported before the clock
    return pool


def in_turn(*works):
    """Best of some rounds of each, so that whatever else the machine does falls on all of them."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for k, work in enumerate(works):
            start = time.perf_counter()
            work()
            best[k] = min(best[k], time.perf_counter() - start)
    return best


def started(rows):
    with ProcessPoolExecutor(2) as pool:
        enumerate_cells(rows, executor=pool)


def command(rows, folder, jobs):
    file = os.path.join(folder, "rows.csv")
    with open(file, "w") as out:
        print(*(f"x{k}" for k in range(len(rows[0]))), sep=",", file=out)
        for row in rows:
            print(*row, sep=",", file=out)
    arguments = ["patterns", file, "--no-target", "--jobs", str(jobs)]
    subprocess.run([sys.executable, "-m", "polyrelu", *arguments], check=True, stdout=subprocess.DEVNULL)


def two_workers(pool, folder):
    print(f"\n{'one worker / two':30} {'call':>24} {'started':>14} {'command':>22}")
    for name, rows in TWO_WORKERS.items():
        one, two, start, first, second = in_turn(
            lambda rows=rows: enumerate_cells(rows),
            lambda rows=rows: enumerate_cells(rows, executor=pool),
            lambda rows=rows: started(rows),
            lambda rows=rows: command(rows, folder, 1),
            lambda rows=rows: command(rows, folder, 2),
        )
        print(f"{name:30} {one:7.3f} {two:7.3f} {one / two:6.2f}x {start:7.3f} {one / start:6.2f}x "
              f"{first:7.3f} {second:7.3f} {first / second:6.2f}x", flush=True)  # fmt: skip


def line(name, rows):
    enumerate_seconds, found = seconds(lambda: enumerate_cells(rows))
    counting_seconds, polynomial = seconds(lambda: characteristic_polynomial(rows))
    assert cells_counted(polynomial) == found.cells
    bare = floor(found.signs.shape)
    text = f"{name:30} {rows.shape[0]:4} {rows.shape[1]:2} {found.cells:10,} {enumerate_seconds:9.3f} "
    text += f"{counting_seconds:10.3f} {bare:8.4f} {enumerate_seconds / bare:7.0f}"
    print(text, flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="only what takes a moment")
    parser.add_argument("--two", action="store_true", help="only one worker against two")
    chosen = parser.parse_args()
    if not chosen.two:
        one_core(quick=chosen.quick)
    if not chosen.quick:
        with fresh_pool(2) as pool, tempfile.TemporaryDirectory() as folder:
            two_workers(pool, folder)


def one_core(*, quick):
    print(f"{'arrangement':30} {'n':>4} {'d':>2} {'cells':>10} {'enumerate':>9} {'polynomial':>10} "
          f"{'floor':>8} {'ratio':>7}")  # fmt: skip
    for name, rows in (SMALL if quick else SMALL | LARGE).items():
        line(name, rows)
    if quick:
        return
    counting, polynomial = seconds(lambda: characteristic_polynomial(threshold(6)))
    print(
        f"threshold k=6 (64 rows, d=7), polynomial only: {cells_counted(polynomial):,} cells, {counting:.2f} s"
    )
    with fresh_pool(1) as pool:
        print(f"peak memory, resonance k=6: {pool.submit(peak_of, resonance(6)).result()} MB")


if __name__ == "__main__":
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # must be set before numpy is loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    main()
