"""`polyrelu patterns`: every activation pattern of a data set, with proof that none is missing."""

from __future__ import annotations

import argparse
import json
import time
from typing import IO, TYPE_CHECKING, Any

from polyrelu.commands.options import add_data_options, add_json_option, add_size_options, problem_of, workers
from polyrelu.data.files import check_writable, write_whole
from polyrelu.errors import BadInput

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from polyrelu.data.problem import Problem


DESCRIPTION = """\
Enumerate the activation patterns 1[X g >= 0] of the rows of X: the cells of the central hyperplane
arrangement { w : x_j.w = 0 }, each with an integer witness w. The list is proved complete twice: by the
construction, and by the characteristic polynomial, computed by another method.

  polyrelu patterns data.csv
  polyrelu patterns data.csv --count          only how many, without listing them
  polyrelu patterns data.csv --out cells.npz  save sign vectors and witnesses (numpy)
"""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "patterns",
        help="every activation pattern of the rows, proved complete",
        description=DESCRIPTION,
    )
    add_data_options(parser, no_target=True)
    parser.add_argument("--all", action="store_true", help="add the patterns reached only on hyperplanes")
    parser.add_argument(
        "--count", action="store_true", help="only count the cells, by the characteristic polynomial"
    )
    add_size_options(parser)
    parser.add_argument(
        "--out", metavar="FILE.npz", help="save rows, signs, witnesses (and patterns with --all)"
    )
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Count or enumerate, then print and save."""
    if args.count and (args.all or args.out):
        raise BadInput("--count lists nothing, so it does not go with --all or --out; drop one of them")
    check_writable(args.out, inputs=[args.data])
    problem = problem_of(args, no_target=args.no_target)
    start = time.perf_counter()
    summary = _count(problem) if args.count else _enumerate(problem, args)
    summary["seconds"] = round(time.perf_counter() - start, 6)
    print(json.dumps(summary) if args.json else _readable(summary, args))
    return 0


def _count(problem: Problem) -> dict[str, Any]:
    from polyrelu.arrangement.counting import cells_counted, characteristic_polynomial

    polynomial = characteristic_polynomial(problem.X)
    # w_1 = -(number of hyperplanes), and w_k = 0 exactly for k above the rank.
    rank = max(k for k, w in enumerate(polynomial) if w != 0)
    cells = cells_counted(polynomial)
    return _summary(problem, polynomial, (rank, -polynomial[1], cells, cells), complete=False)


def _enumerate(problem: Problem, args: argparse.Namespace) -> dict[str, Any]:
    from polyrelu.arrangement.cells import all_patterns, enumerate_cells
    from polyrelu.show.progress import progress_bar

    with workers(args.jobs) as executor, progress_bar("cells") as progress:
        found = enumerate_cells(problem.X, executor=executor, progress=progress, max_cells=args.max_cells)
    arrays: dict[str, NDArray[np.generic]] = {
        "rows": found.rows,
        "signs": found.signs,
        "witnesses": found.witnesses,
    }
    count = found.cells
    if args.all:
        arrays["patterns"], arrays["pattern_witnesses"] = all_patterns(found)
        count = len(arrays["patterns"])
    if args.out:
        write_whole(args.out, lambda file: _save(file, arrays))
    counts = (found.rank, found.hyperplanes, found.cells, count)
    return _summary(problem, found.characteristic_polynomial, counts, complete=found.complete)


def _save(file: IO[bytes], arrays: dict[str, NDArray[np.generic]]) -> None:
    """Integers beyond 64 bits are saved as decimal text, so that no reader has to unpickle anything."""
    import numpy as np

    np.savez_compressed(file, **{k: a.astype(str) if a.dtype == object else a for k, a in arrays.items()})  # type: ignore[arg-type]


def _summary(
    problem: Problem, polynomial: tuple[int, ...], counts: tuple[int, int, int, int], *, complete: bool
) -> dict[str, Any]:
    rank, hyperplanes, cells, patterns = counts
    return {
        "rows": problem.n,
        "features": problem.d,
        "rank": rank,
        "hyperplanes": hyperplanes,
        "cells": cells,
        "patterns": patterns,
        "characteristic_polynomial": [int(c) for c in polynomial],
        "complete": complete,
    }


def _readable(s: dict[str, Any], args: argparse.Namespace) -> str:
    source = "standard input" if args.data == "-" else args.data
    lines = [
        f"{source}: {s['rows']} rows, {s['features']} features, rank {s['rank']}",
        f"  distinct hyperplanes       {s['hyperplanes']:,}",
        f"  characteristic polynomial  {polynomial_text(s['characteristic_polynomial'])}",
        f"  cells                      {s['cells']:,}",
    ]
    if args.count:
        lines.append("  counted by the characteristic polynomial alone; no cell was listed")
    else:
        if args.all:
            lines.append(f"  patterns                   {s['patterns']:,} (those on hyperplanes included)")
        lines.append(f"  complete                   {_completeness(s['complete'], s['cells'])}")
    if args.out:
        lines.append(f"  saved to                   {args.out}")
    return "\n".join([*lines, f"  {s['seconds']:.2f} s"])


def _completeness(complete: bool, cells: int) -> str:
    if not complete:
        return "NOT PROVED"
    return f"PROVED: {cells:,} witnesses re-checked in integers, and the polynomial counts as many"


def polynomial_text(coefficients: list[int]) -> str:
    """Write a polynomial in t.

    >>> polynomial_text([1, -3, 2, 0])
    't^3 - 3 t^2 + 2 t'
    """
    degree, text = len(coefficients) - 1, ""
    for k, c in enumerate(coefficients):
        if c == 0:
            continue
        power = {0: "", 1: "t"}.get(degree - k, f"t^{degree - k}")
        size = " ".join(part for part in ("" if abs(c) == 1 and power else str(abs(c)), power) if part)
        text += (" - " if c < 0 else " + ") + size
    return text[3:] if text.startswith(" + ") else "-" + text[3:] if text else "0"
