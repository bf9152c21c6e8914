"""Time the questions asked of an optimal set, without the proof of the optimum itself.

python tests/benchmarks/bench_optimal_set.py
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from polyrelu.certification import certify
from polyrelu.errors import LimitReached
from polyrelu.optimal_set.levels import OptimalSet
from tests.optimal_set.test_optimal_set import circle

GOLDEN = ([[1, 0], [0, 1], [-1, 0], [0, -1]], [3, 4, 3, 4], 1)


def line(name: str, problem) -> None:
    """One row: pairs, dimension, vertices, and seconds for the set, its ranges and one minimal network."""
    optimum = certify(*problem).proved()
    start = time.perf_counter()
    networks = OptimalSet(optimum).neurons
    dimension, width = networks.dimension, networks.minimal_network().width
    minimal = time.perf_counter()
    networks.ranges()
    ranges = time.perf_counter()
    try:
        vertices = str(len(networks.vertices))
    except LimitReached:
        vertices = "over the limit"
    listed = time.perf_counter()
    print(
        f"{name:28} {len(optimum.used):7} {len(optimum.support.pairs):5} {dimension:9} {width:6} {vertices:>14}"
        f" {minimal - start:8.2f} {ranges - minimal:7.2f} {listed - ranges:9.2f}"
    )


def main() -> None:
    """Print the table."""
    print(
        f"{'problem':28} neurons pairs dimension  width       vertices  minimal  ranges  vertices (seconds)"
    )
    line("four points (8 blocks)", GOLDEN)
    for n in (11, 16, 61):
        line(f"{n} rows on a circle", circle(n, "1/1000"))


if __name__ == "__main__":
    main()
