"""`polyrelu fingerprint`: the hash of a table, a penalty and a setting, which proof files about them carry."""

from __future__ import annotations

import argparse
from typing import Any

from polyrelu.commands.options import add_data_options, add_gated_option, add_lambda_option, problem_of

DESCRIPTION = """\
Print the SHA-256 of the question that a table, lambda and a setting make. A proof file carries it, `polyrelu check`
shows its first 12 digits, and `polyrelu check FILE --problem HASH` accepts no file about anything else. Numbers count,
not how they are written: 0.5 and 1/2 are the same.

  polyrelu fingerprint data.csv --lam 1/10
"""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "fingerprint",
        help="the hash of a table and lambda, which proof files about them carry",
        description=DESCRIPTION,
        epilog="exit status: 0 done, 2 bad input.",
    )
    add_data_options(parser)
    add_lambda_option(parser)
    add_setting_options(parser)
    parser.set_defaults(run=run)


def add_setting_options(parser: argparse.ArgumentParser) -> None:
    """--gated and --patterns: which program of the table is meant."""
    add_gated_option(parser)
    parser.add_argument(
        "--patterns", metavar="cells|FILE", default="cells", help="all cells (default), or a list of patterns"
    )


def run(args: argparse.Namespace) -> int:
    """Print the hash."""
    print(hash_of(args))
    return 0


def hash_of(args: argparse.Namespace) -> str:
    """The hash of what the options describe."""
    from polyrelu.certificate.fingerprint import fingerprint
    from polyrelu.commands.certify import read_patterns

    problem = problem_of(args)
    patterns = args.patterns if args.patterns == "cells" else read_patterns(args.patterns, problem.n)
    return fingerprint(problem, patterns, args.gated)
