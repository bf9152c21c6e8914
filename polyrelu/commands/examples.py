"""`polyrelu examples`: the shelf of data sets, and one of them as a CSV file with its story."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from polyrelu.commands.options import add_json_option

if TYPE_CHECKING:
    from polyrelu.examples import Example

DESCRIPTION = """\
List the data sets that come with polyrelu, one line each. With a NAME, print that data set as CSV on standard output
and its story on standard error, so that the CSV can be piped or saved.

  polyrelu examples
  polyrelu examples pentagon > pentagon.csv
  polyrelu examples pentagon | polyrelu certify - --lam 1/10
"""

WIDTH = 79


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "examples",
        help="data sets with a story, to try things on",
        description=DESCRIPTION,
    )
    parser.add_argument(
        "name", metavar="NAME", nargs="?", help="print this data set (default: list them all)"
    )
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List the shelf, or print one example."""
    from polyrelu.examples import SHELF, load

    if args.name is None:
        print(
            json.dumps([described(e) for e in SHELF.values()]) if args.json else listed(list(SHELF.values()))
        )
        return 0
    example = load(args.name)
    if args.json:
        print(json.dumps(described(example)))
        return 0
    print(told(example), file=sys.stderr, flush=True)
    print(example.csv(), end="")
    return 0


def listed(shelf: list[Example]) -> str:
    """One line for each example, within 80 columns."""
    name, size, lam = (max(len(getattr(e, key)) for e in shelf) for key in ("name", "size", "lam"))
    lines = [f"{'name':<{name}}  {'rows x features':<{max(size, 15)}}  {'lambda':<{max(lam, 6)}}  proved"]
    for e in shelf:
        lines.append(f"{e.name:<{name}}  {e.size:<{max(size, 15)}}  {e.lam:<{max(lam, 6)}}  {e.verdict}")
    return "\n".join([*lines, "", "polyrelu examples NAME prints one of them as CSV, with its story."])


def told(example: Example) -> str:
    """The story of an example, wrapped, with the command that proves it."""
    paragraphs = [example.story, f"Source: {example.source}" if example.source else ""]
    lines = [line for p in paragraphs if p for line in textwrap.wrap(p, WIDTH)]
    lines.append(f"Try: polyrelu examples {example.name} | polyrelu certify - {example.options}")
    if example.breakpoints:
        lines.append(f"     polyrelu examples {example.name} | polyrelu path -")
    return "\n".join(lines)


def described(example: Example) -> dict[str, Any]:
    """An example as a JSON object."""
    return {
        "name": example.name,
        "columns": list(example.columns),
        "rows": [list(row) for row in example.rows],
        "lambda": example.lam,
        "bias": example.bias,
        "neurons": example.expected.neurons,
        "dimension": example.expected.dimension,
        "widths": list(example.expected.widths),
        "p_unique": example.expected.one_network,
        "function_unique": example.expected.one_function,
        "breakpoints": [{"type": kind, "exact": exact or None} for kind, exact in example.breakpoints],
        "verdict": example.verdict,
        "story": example.story,
        "source": example.source or None,
    }
