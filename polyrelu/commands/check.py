"""`polyrelu check`: check a proof file with the independent checker."""

from __future__ import annotations

import argparse
from typing import Any

from polyrelu.commands.options import add_json_option, positive

DESCRIPTION = """\
Check every claim of a proof file. The checker is one file, polyrelu/certificate/check.py, that needs nothing but
Python 3.9: a referee can run it alone, `python check.py proof.json`, and gets the same answer.

  polyrelu check proof.json
  polyrelu check proof.json.gz --json
  polyrelu check large.json.gz --seconds 3600
"""

EPILOG = "exit status: 0 accepted, 1 rejected (the claim and the step are named), 2 unreadable or beyond the limits."


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
    parser.add_argument("--problem", metavar="SHA256", help="the problem that the file must be about")
    parser.add_argument(
        "--seconds", metavar="N", type=positive, help="refuse a file that takes longer (default: 300)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Hand the file to the checker."""
    from polyrelu.certificate import check

    arguments = [args.file] + (["--json"] if args.json else [])
    arguments += ["--problem", args.problem] if args.problem else []
    return check.main(arguments + (["--seconds", str(args.seconds)] if args.seconds else []))
