"""`polyrelu explain`: a proof file, once it is checked, as a proof that a person can read."""

from __future__ import annotations

import argparse
from typing import Any

from polyrelu.data.files import check_writable, write_whole

DESCRIPTION = """\
Write out the proof in a proof file: the problem, the theorem with its hypotheses, the residual and the neurons, the
multipliers, and what is proved. The file is checked first; a rejected file is not explained.

  polyrelu explain proof.json
  polyrelu explain proof.json --latex proof.tex && pdflatex proof.tex
"""

EPILOG = "exit status: 0 explained, 1 rejected by the checker, 2 unreadable."


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "explain",
        help="a checked proof in words, or as LaTeX",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    parser.add_argument("file", metavar="FILE", help="proof.json or proof.json.gz")
    parser.add_argument("--latex", metavar="FILE.tex", help="write a LaTeX document instead of printing text")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, then write."""
    from polyrelu.certificate import check
    from polyrelu.certificate.prose import sections
    from polyrelu.certificate.typeset import latex, plain
    from polyrelu.errors import BadInput

    check_writable(args.latex, "--latex", [args.file])
    try:
        document, digest = check.load(args.file)
        report = check.check(document, digest)
    except check.Unreadable as error:
        raise BadInput(f"{args.file} is unreadable: {error}") from None
    except check.Rejected as error:
        claim, step = error.args
        print(f"REJECTED, so nothing is explained: {claim}: {step}")
        return 1
    parts = sections(document, report)
    if not args.latex:
        print(plain(parts))
        return 0
    write_whole(args.latex, lambda file: file.write(latex(parts).encode()))
    return 0
