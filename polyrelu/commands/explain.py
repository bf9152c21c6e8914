"""`polyrelu explain`: a proof file, once it is checked, as a lemma with a proof that a person can read."""

from __future__ import annotations

import argparse
import os
from typing import Any

from polyrelu.data.files import check_writable, write_whole
from polyrelu.errors import BadInput

DESCRIPTION = """\
Write out the proof in a proof file: the problem, a lemma about the optimal networks (or about bounds, or about a whole
path), its proof, and what the checker says. The file is checked first; a rejected file is not explained.

  polyrelu explain proof.json
  polyrelu explain proof.json --latex proof.tex && pdflatex proof.tex
  polyrelu explain proof.json --latex lemma.tex --fragment --bib lemma.bib
  polyrelu explain proof.json --latex --fragment               the same, printed

With --fragment the LaTeX is for \\input in a paper that loads amsmath and amsthm: the lemma in an environment, with a
label, its proof, and citations. Its entries for BibTeX stand in a comment, and --bib writes them to a file.
"""

PRINTED = "-"
"""In place of a file name: the standard output."""
EPILOG = "exit status: 0 explained, 1 rejected by the checker, 2 unreadable or beyond the limits."


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    from polyrelu.commands.options import positive

    parser = commands.add_parser(
        "explain",
        help="a checked proof in words, or as LaTeX",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    parser.add_argument("file", metavar="FILE", help="proof.json or proof.json.gz")
    parser.add_argument(
        "--latex",
        metavar="FILE.tex",
        nargs="?",
        const=PRINTED,
        help="a LaTeX document instead of text; without a name it is printed",
    )
    parser.add_argument(
        "--fragment", action="store_true", help="with --latex: a lemma with its proof, for \\input"
    )
    parser.add_argument("--bib", metavar="FILE.bib", help="with --fragment: the entries that it cites")
    parser.add_argument(
        "--seconds", metavar="N", type=positive, help="refuse a file whose check takes longer (default: 300)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, then write."""
    from polyrelu.certificate import check

    if args.fragment and not args.latex:
        raise BadInput("--fragment is a form of LaTeX: give --latex, or --latex FILE.tex to write a file")
    if args.bib and not args.fragment:
        raise BadInput("--bib needs --fragment: nothing else cites by keys")
    if args.latex != PRINTED:
        check_writable(args.latex, "--latex", [args.file])
    check_writable(args.bib, "--bib", [args.file, args.latex])
    try:
        document, digest = check.load(args.file)
        report = check.check(document, digest, None, args.seconds or check.MAX_SECONDS)
    except check.Unreadable as error:
        raise BadInput(f"{args.file} is unreadable: {error}") from None
    except check.Rejected as error:
        claim, step = error.args
        print(f"REJECTED, so nothing is explained: {claim}: {step}")
        return 1
    except Exception as crash:  # a file that breaks the checker is not accepted either
        raise BadInput(f"{args.file} is not accepted: the checker failed ({crash!r})") from None
    if args.fragment:
        _write_fragment(args, document, report)
    else:
        _write(args, document, report)
    return 0


def _write(args: argparse.Namespace, document: Any, report: Any) -> None:
    from polyrelu.prose.explanation import explanation
    from polyrelu.prose.plain import plain
    from polyrelu.prose.tex import latex

    parts = explanation(document, report)
    if args.latex:
        _put(args.latex, latex(parts))
    else:
        print(plain(parts))


def _put(path: str, text: str) -> None:
    if path == PRINTED:
        print(text, end="")
    else:
        write_whole(path, lambda file: file.write(text.encode()))


def _write_fragment(args: argparse.Namespace, document: Any, report: Any) -> None:
    from polyrelu.prose.explanation import lemma_with_proof, texts
    from polyrelu.prose.literature import bibtex, cited
    from polyrelu.prose.tex import fragment

    parts = lemma_with_proof(document, report)
    entries = bibtex(cited(texts(parts)))
    name = "lemma.tex" if args.latex == PRINTED else os.path.basename(args.latex)
    _put(args.latex, fragment(parts, name, report.file, entries))
    if args.bib:
        _put(args.bib, entries)
