"""`polyrelu check`: check a proof file with the independent checker."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from polyrelu.commands.fingerprint import add_setting_options
from polyrelu.commands.options import (
    DATA,
    add_column_options,
    add_json_option,
    add_lambda_option,
    describes_a_problem,
    positive,
)
from polyrelu.errors import BadInput

if TYPE_CHECKING:
    from fractions import Fraction

DESCRIPTION = """\
Check every claim of a proof file, and say first what it is about. The checkers are files that need nothing but Python
3.9: a referee can run polyrelu/certificate/check.py alone, `python3 -I check.py proof.json`, and gets the same answer;
for kernel files (version 2) the much shorter kernel.py beside it does. Files about a path need path.py and its parts.

  polyrelu check proof.json
  polyrelu check proof.json --data data.csv --lam 1/10      it must be about this very table
  polyrelu check path.json --data data.csv                  a path: its ends are in the first line of the answer
  polyrelu check proof.json.gz --json
  polyrelu check large.json.gz --seconds 3600
"""

EPILOG = """\
exit status: 0 accepted, 1 rejected (the claim and the step are named) or about another problem, 2 unreadable or beyond
the limits.
"""


NO_PROBLEM = "0" * 64
"""The hash that no file carries."""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "check",
        help="check a proof file",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    parser.add_argument("file", metavar="FILE", help="proof.json or proof.json.gz")
    add_json_option(parser)
    parser.add_argument("--data", metavar="DATA", help=f"the table that it must be about: {DATA}")
    add_column_options(parser)
    add_lambda_option(parser, required=False)
    add_setting_options(parser)
    parser.add_argument("--problem", metavar="SHA256", help="the hash of the problem that it must be about")
    parser.add_argument(
        "--seconds", metavar="N", type=positive, help="refuse a file that takes longer (default: 300)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hand the file to the checker."""
    from polyrelu.certificate import check

    arguments = [args.file] + (["--json"] if args.json else [])
    expected = _expected(args)
    arguments += [] if expected is None else ["--problem", expected]
    return check.main(arguments + (["--seconds", str(args.seconds)] if args.seconds else []))


def _expected(args: argparse.Namespace) -> str | None:
    """The hash that the file must carry."""
    from polyrelu.certificate.read import path_ends
    from polyrelu.commands.fingerprint import hash_of

    if args.data is None:
        if args.lam or args.gated or args.patterns != "cells" or describes_a_problem(args):
            raise BadInput(
                "--lam, --target, --gated, --patterns, --bias and the like describe a table; give --data, too"
            )
        return None if args.problem is None else str(args.problem)
    if args.problem is not None:
        raise BadInput("--data and --problem both name a problem; give one of them")
    try:
        ends = path_ends(args.file)
    except ValueError:
        return NO_PROBLEM  # the checker says what is wrong with the file
    if ends is not None:
        return _hash_of_path(args, ends)
    if args.lam is None:
        raise BadInput("--data needs --lam: a proof is about a table and a penalty")
    return hash_of(args)


def _hash_of_path(args: argparse.Namespace, ends: tuple[Fraction, Fraction]) -> str:
    """The hash that a file about this table's path must carry; its ends are said in the first line of the answer."""
    from polyrelu.certificate.fingerprint import path_fingerprint
    from polyrelu.commands.certify import read_patterns
    from polyrelu.commands.options import problem_of

    if args.lam is not None:
        raise BadInput("this file is about a whole path, and --lam names one penalty; leave it out")
    problem = problem_of(args)
    patterns = args.patterns if args.patterns == "cells" else read_patterns(args.patterns, problem.n)
    return path_fingerprint(problem, *ends, patterns, args.gated)
