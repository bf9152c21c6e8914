"""Write the proof of every table of `bench_covering`, and have it checked by bare Python, which has nothing installed.

    python tests/benchmarks/bench_proof_files.py                    the whole table (an hour)
    python tests/benchmarks/bench_proof_files.py iris-0 random-60x4
    python tests/benchmarks/bench_proof_files.py --keep FOLDER      leave the files there

One line a file: its kind; seconds to certify or bound, and to write, which includes a check; bytes; seconds of
`python3 -I check.py` and of `python3 -I kernel.py`. All seconds are of the processor. Exit status 1 if a file was not
written, or not accepted.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from polyrelu import certificate, certify
from polyrelu.bounding.search import bound
from polyrelu.certificate import write_proof
from polyrelu.certificate.bound_file import write_bound
from polyrelu.proof.program import Program
from tests.benchmarks.large_tables import TABLES

CHECKERS = {name: Path(certificate.__file__).with_name(f"{name}.py") for name in ("check", "kernel")}
HEAD = (
    f"{'table':16s} {'n x d':>9s} {'share':>7s} {'kind':>8s} {'prove':>8s} {'write':>8s} {'bytes':>9s} "
    f"{'check':>8s} {'kernel':>8s}  answer"
)


class Trip(NamedTuple):
    """A file, how it came about, and what a bare interpreter says of it: (exit status, seconds) by each checker."""

    kind: str
    proving: float
    writing: float
    size: int
    answers: dict[str, tuple[int, float]]

    @property
    def accepted(self) -> bool:
        """Whether every checker that the file is for accepts it."""
        return all(status == 0 for status, _ in self.answers.values())


def bare(script, path, seconds=6 * 3600):
    """(exit status, processor seconds) of a checker as a referee runs it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    command = [sys.executable, "-I", "-S", str(script), str(path), "--seconds", str(seconds)]
    done = subprocess.run(command, capture_output=True, check=False)
    return done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before


def round_trip(problem, lam, path, gap=None):
    """Prove, write, check."""
    begin = time.process_time()
    found = certify(problem, None, lam) if gap is None else bound(problem.X, problem.y, lam, gap=gap)
    proved = time.process_time()
    document = write_proof(found, path) if gap is None else write_bound(str(path), found)
    written = time.process_time()
    kind = document.get("kind", "cells")
    scripts = ["check"] if kind == "cells" else CHECKERS
    answers = {name: bare(CHECKERS[name], path) for name in scripts}
    return Trip(kind, proved - begin, written - proved, path.stat().st_size, answers)


def penalty(problem, share):
    """This share of lambda_max, as a short rational."""
    top = Program(problem.X, problem.y, Fraction(1), None).guesser.lambda_max()
    return Fraction(top * float(Fraction(share))).limit_denominator(10**6)


def line(name, share, folder):
    """One file of a table; whether it was accepted."""
    problem = TABLES[name].problem()
    size = f"{problem.n} x {problem.d}"
    path = Path(folder) / f"{name}-{share.replace('/', '_')}.json"
    try:
        trip = round_trip(problem, penalty(problem, share), path, TABLES[name].gap)
    except Exception as error:  # what is looked for
        print(f"{name:16s} {size:>9s} {share:>7s}  NO FILE: {type(error).__name__}: {error}", flush=True)
        return False
    spent = {c: f"{trip.answers[c][1]:.2f}" if c in trip.answers else "" for c in CHECKERS}
    print(
        f"{name:16s} {size:>9s} {share:>7s} {trip.kind:>8s} {trip.proving:8.2f} {trip.writing:8.2f} {trip.size:9,d} "
        f"{spent['check']:>8s} {spent['kernel']:>8s}  {'accepted' if trip.accepted else 'NOT ACCEPTED'}",
        flush=True,
    )
    return trip.accepted


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TABLES)}; default: all")
    parser.add_argument("--keep", metavar="FOLDER", help="where to leave the files")
    options = parser.parse_args()
    unknown = set(options.tables) - set(TABLES)
    if unknown:
        parser.error(f"no table is called {', '.join(sorted(unknown))}")
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        runs = [(name, share) for name in options.tables or TABLES for share in TABLES[name].goals]
        accepted = [line(name, share, options.keep or folder) for name, share in runs]
    return int(not all(accepted))


if __name__ == "__main__":
    sys.exit(main())
