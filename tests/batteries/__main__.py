"""The one command: `python -m tests.batteries`; exit status 1 if anything failed."""

from __future__ import annotations

import argparse
import random
import sys
from pathlib import Path

from tests.batteries import BATTERIES
from tests.batteries.battery import Battery, Tally

PAGE = """# Batteries

What is too long for every run of the tests: `python -m tests.batteries` runs all of it, and with
`--out docs/batteries.md` keeps the result here. Every run of the tests takes a slice of each battery, with a
fresh seed that it prints. The last result, with seed {seed}{limits}:

{table}
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.batteries", description="The long tests.")
    parser.add_argument("names", nargs="*", metavar="battery", help=", ".join(BATTERIES) + "; default all")
    parser.add_argument("--seed", type=int, help="which cases (default: fresh)")
    parser.add_argument("--count", type=int, help="cases of each battery (default: its full number)")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="begin no case later than this")
    parser.add_argument("--out", type=Path, help="write the table there as a page of the documentation")
    options = parser.parse_args()
    if unknown := set(options.names) - set(BATTERIES):
        parser.error(f"no battery is called {', '.join(sorted(unknown))}; there are {', '.join(BATTERIES)}")
    seed = random.randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}")
    lines, failed = [*HEADER], False
    for name in options.names or BATTERIES:
        tally = BATTERIES[name].run(seed, options.count, options.seconds)
        lines.append(row(name, BATTERIES[name], tally))
        print(lines[-1], *tally.failures, sep="\n", flush=True)
        failed = failed or bool(tally.failures)
    if options.out:
        limits = f", {options.seconds:.0f} seconds for each" if options.seconds < float("inf") else ""
        options.out.write_text(PAGE.format(seed=seed, limits=limits, table="\n".join(lines)))
    return int(failed)


HEADER = ("| battery | what | cases | outcomes | failures | seconds |", "|---|---|---|---|---|---|")


def row(name: str, battery: Battery, tally: Tally) -> str:
    outcomes = ", ".join(f"{number:,} {words}" for words, number in sorted(tally.counts.items()))
    cells = [name, battery.words, f"{tally.cases:,}", outcomes, len(tally.failures), f"{tally.seconds:.0f}"]
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    sys.exit(main())
