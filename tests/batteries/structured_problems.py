"""Fresh structured problems, where ties, symmetry and dependences abound: none may crash, hang or stay open.

    python tests/batteries/structured_problems.py --seed 7 --count 500 --seconds 60

Orbits of signed permutations, grids, factorial designs with a bias, 0/1 tables, points on a circle, multiples and
repetitions of few rows; ReLU and gated; penalties from 1e-6 to nearly lambda_max, simple fractions of it, and beyond.
Every problem runs through `certify`, `to_json` and `summary`. The exit status is 1 after a crash, after a problem that
takes longer than the limit, and where 1 percent or more are undecided.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
import traceback
from collections import Counter
from fractions import Fraction
from itertools import permutations, product
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parents[2]))

PENALTIES = ("1/1000000", "1/1000", "1/50", "1/10", "1/4", "1/2", "4/5", "2")


def orbit(pick: Random) -> list[tuple[int, ...]]:
    """All signed permutations of one or two vectors, or some of them."""
    d = pick.choice((2, 2, 3))
    bases = [[pick.randint(0, 2) for _ in range(d)] for _ in range(pick.choice((1, 2)))]
    rows = {
        tuple(s * v for s, v in zip(signs, entries, strict=True))
        for base in bases
        for entries in permutations(base)
        for signs in product((1, -1), repeat=d)
    }
    return sorted(rows)[: pick.choice((8, 12, 16))]


def grid(pick: Random) -> list[tuple[int, ...]]:
    """A square or rectangular grid around the origin or beside it."""
    low, high = pick.choice(((-1, 1), (0, 2), (0, 1), (-1, 2)))
    return list(product(range(low, high + 1), repeat=2))


def factorial(pick: Random) -> list[tuple[int, ...]]:
    """A factorial design, with or without a column of ones."""
    k = pick.choice((2, 3))
    levels = pick.choice(((-1, 1), (0, 1)))
    tail = (1,) if pick.random() < 0.6 else ()
    return [(*x, *tail) for x in product(levels, repeat=k)]


def table(pick: Random) -> list[tuple[int, ...]]:
    """A 0/1 table."""
    n, d = pick.randint(3, 9), pick.choice((2, 3))
    return [tuple(pick.randint(0, 1) for _ in range(d)) for _ in range(n)]


def circle(pick: Random) -> list[tuple[int, ...]]:
    """Lattice points on a circle."""
    r = pick.choice((25, 50, 65, 2, 5))
    points = [x for x in product(range(-9, 10), repeat=2) if x[0] ** 2 + x[1] ** 2 == r]
    return pick.sample(points, min(len(points), pick.randint(4, 10)))


def multiples(pick: Random) -> list[tuple[int, ...]]:
    """Few directions, many times over."""
    d = pick.choice((2, 3))
    few = [tuple(pick.randint(-2, 2) for _ in range(d)) for _ in range(pick.randint(2, 4))]
    factors = [pick.choice((1, 1, -1, 2, -2)) for _ in range(pick.randint(4, 9))]
    return [tuple(t * v for v in pick.choice(few)) for t in factors]


KINDS = (orbit, grid, factorial, table, circle, multiples)


def problem(seed: int) -> tuple[str, list[tuple[int, ...]], list[int], Fraction, bool]:
    """The problem of a seed: kind, rows, target, penalty, gated."""
    pick = Random(seed)
    make = pick.choice(KINDS)
    X = make(pick)
    values = pick.choice(((0, 1), (-1, 1), (1,), (-2, -1, 0, 1, 2), (0, 5)))
    y = [pick.choice(values) for _ in X]
    if pick.random() < 0.3:  # a target that the symmetry of the rows keeps
        y = [values[sum(abs(v) for v in row) % len(values)] for row in X]
    bound = max((abs(t) * sum(abs(v) for v in row) for row, t in zip(X, y, strict=True)), default=0) or 1
    return make.__name__, X, y, Fraction(pick.choice(PENALTIES)) * bound, pick.random() < 0.2


class TooLong(BaseException):
    """The limit of one problem has passed."""


def outcome(seed: int, limit: int) -> tuple[str, str]:
    """What became of the problem of a seed, and a detail."""
    from polyrelu import certify

    def stop(*_: object) -> None:
        raise TooLong

    _, X, y, lam, gated = problem(seed)
    signal.signal(signal.SIGALRM, stop)
    signal.alarm(limit)
    try:
        result = certify(X, y, lam, gated=gated)
        answer = result.to_json()
        result.summary()
    except TooLong:
        return "hang", f"more than {limit} s"
    except Exception:
        return "crash", traceback.format_exc().strip().splitlines()[-1]
    finally:
        signal.alarm(0)
    open_keys = [key for key, value in answer.items() if key.endswith("_reason") and value]
    if result.status == "proved" and open_keys:
        return "secondary open", f"{open_keys[0]}: {answer[open_keys[0]]}"
    return result.status, result.reason or ""


def main() -> int:
    """Run the problems seed * 10^6, ..., and say what became of them."""
    parser = argparse.ArgumentParser(
        description="Structured problems: no crash, no hang, under 1% undecided."
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=60, help="limit of one problem")
    chosen = parser.parse_args()
    seen: Counter[str] = Counter()
    slowest: list[tuple[float, int]] = []
    for seed in range(chosen.seed * 10**6, chosen.seed * 10**6 + chosen.count):
        begin = time.perf_counter()
        what, detail = outcome(seed, chosen.seconds)
        slowest = sorted([*slowest, (time.perf_counter() - begin, seed)], reverse=True)[:5]
        seen[what] += 1
        if what != "proved":
            print(f"{what}: problem({seed}) = {problem(seed)}\n    {detail}", flush=True)
    print(f"{chosen.count} problems from seed {chosen.seed}: {dict(seen)}")
    print("slowest:", ", ".join(f"{seconds:.1f} s (problem {seed})" for seconds, seed in slowest))
    bad = seen["crash"] or seen["hang"] or seen["undecided"] * 100 >= chosen.count
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
