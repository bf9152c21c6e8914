"""Certify (or bound) tables that nobody could list the cells of, against Clarabel with column generation in floats.

    python tests/benchmarks/bench_covering.py                       the whole table (an hour)
    python tests/benchmarks/bench_covering.py random-60x4 iris-0    some tables
    python tests/benchmarks/bench_covering.py --no-clarabel --seconds 120

One line a run: the share of lambda_max; what became of it; neurons; boxes of directions, in all coverings together; the
cells that a list would have (exact up to a million, else what general position gives); seconds in all, the goal, and
seconds by steps; the competitor's seconds, and how far its objective is from the proved one, relatively.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from polyrelu import certify, covering
from polyrelu.arrangement.counting import cells_upper_bound, number_of_cells_up_to
from polyrelu.bounding.search import bound
from polyrelu.budget import Budget, seconds_from_now, spending
from polyrelu.covering.question import merged
from polyrelu.proof.program import Program
from tests.benchmarks.competitor import column_generation
from tests.benchmarks.large_tables import TABLES

COUNTED = 10**6
HEAD = (
    f"{'table':16s} {'n x d':>9s} {'share':>7s} {'status':>9s} {'neurons':>7s} {'boxes':>11s} {'cells':>9s} "
    f"{'seconds':>8s} {'goal':>5s}  {'Clarabel':>9s} {'off':>8s}  steps"
)


@contextmanager
def boxes_counted():
    """A list with the boxes of every covering within the block."""
    cover, counts = covering.cover, []

    def counted(*question, **means):
        answer = cover(*question, **means)
        counts.append(answer.boxes)
        return answer

    covering.cover = counted
    try:
        yield counts
    finally:
        covering.cover = cover


def cells_of(program):
    """How many cells there are, or would be in general position."""
    exact = number_of_cells_up_to(program.X, COUNTED)
    lines = merged(program.X_integer, [0] * program.n)
    rank = np.linalg.matrix_rank(program.X_float)
    return str(exact) if exact is not None else f"<={cells_upper_bound(len(lines.V), int(rank)):.1e}"


def run(problem, lam, table, seconds):
    """(status, neurons, boxes, seconds, steps, objective) of a proof or of bounds."""
    begin = time.perf_counter()
    with boxes_counted() as counts, spending(Budget(seconds_from_now(seconds))):
        if table.gap is None:
            result = certify(problem, None, lam)
            known = (
                result.objective(12) if result.status == "proved" else result.bounds.to_json()["objective"]
            )
            status, neurons, steps = result.status, result.to_json()["neurons"], result.timings
            boxes = sum(counts) + (0 if result.bounds is None else result.bounds.boxes)
        else:
            found = bound(problem.X, problem.y, lam, gap=table.gap)
            known, boxes = found.to_json()["objective"], sum(counts) + found.boxes
            status, neurons, steps = f"{float(found.gap):.1e}", len(found.network), {}
    return status, neurons, boxes, time.perf_counter() - begin, steps, sum(map(Fraction, known)) / 2


def line(name, table, options):
    """All runs of a table."""
    problem = table.problem()
    program = Program(problem.X, problem.y, Fraction(1), None)
    top, cells = program.guesser.lambda_max(), cells_of(program)
    for share, goal in table.goals.items():
        lam = Fraction(top * float(Fraction(share))).limit_denominator(10**6)
        status, neurons, boxes, seconds, steps, objective = run(problem, lam, table, options.seconds)
        other = off = ""
        if not options.no_clarabel:
            value, _, spent, ended = column_generation(
                program.X_float, program.y_float, float(lam), options.seconds
            )
            other, off = f"{'' if ended else '>'}{spent:.2f}", f"{value / float(objective) - 1:.0e}"
        told = ", ".join(f"{step} {spent:.2f}" for step, spent in steps.items())
        print(
            f"{name:16s} {f'{problem.n} x {problem.d}':>9s} {share:>7s} {status:>9s} {neurons!s:>7s} {boxes:11,d} "
            f"{cells:>9s} {seconds:8.2f} {goal:5g}  {other:>9s} {off:>8s}  {told}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; default: all")
    parser.add_argument("--no-clarabel", action="store_true", help="leave the competitor out")
    parser.add_argument(
        "--seconds", type=float, default=600.0, help="at most this for each run of each (default 600)"
    )
    options = parser.parse_args()
    unknown = set(options.tables) - set(TABLES)
    if unknown:
        parser.error(f"no table is called {', '.join(sorted(unknown))}")
    print(HEAD)
    for name in options.tables or TABLES:
        line(name, TABLES[name], options)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"largest memory: {memory:.2f} GB, both programs together")


if __name__ == "__main__":
    main()
