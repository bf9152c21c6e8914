"""`polyrelu demo`: one example from end to end."""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyrelu.data.files import check_writable, write_whole
from polyrelu.errors import BadInput, EngineMissing

if TYPE_CHECKING:
    from polyrelu.examples import Example
    from polyrelu.result import Result

DESCRIPTION = """\
Run one example from end to end: its data, the proved optimum and whether it is unique, a figure, a proof file, and
the check of that file. Everything is done with the commands that are printed, so each step can be repeated.

  polyrelu demo
  polyrelu demo four-points --out results
"""

FIRST = "heptagon"
WIDTH = 79


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "demo",
        help="one example from end to end: verdict, figure, proof, check",
        description=DESCRIPTION,
    )
    parser.add_argument(
        "name",
        metavar="NAME",
        nargs="?",
        default=FIRST,
        help=f"an example (default {FIRST}); see polyrelu examples",
    )
    parser.add_argument(
        "--out", metavar="FOLDER", default=".", help="where the files go (default: this folder)"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Data, verdict, figure, proof, check."""
    from polyrelu.certification import certify_penalised
    from polyrelu.examples import load

    example, folder = load(args.name), Path(args.out)
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise BadInput(f"--out {args.out} is not a folder that can be written to; create it first")
    data, picture, proof = (str(folder / f"demo-{example.name}.{end}") for end in ("csv", "png", "json"))
    for path in (data, picture, proof):
        check_writable(path)

    heading(1, f"The data: {example.name}")
    say(example.story)
    write_whole(data, lambda file: file.write(example.csv().encode()))
    say(f"{example.size}, lambda = {example.lam}; saved to {data}")

    heading(2, f"The optimum: polyrelu certify {data} {example.options}")
    result = certify_penalised(example.problem())
    print(wrapped(result.summary(12).split("\n\n")[0], under=19))

    kind = kind_of(result)
    heading(3, f"A figure: polyrelu plot {data} {example.options} --kind {kind} --out {picture}")
    draw(result, kind, picture)

    heading(4, f"A proof: polyrelu certify {data} {example.options} --out {proof}")
    from polyrelu.certificate import write_proof

    write_proof(result, proof)
    say(f"saved to {proof} ({Path(proof).stat().st_size:,} bytes)")

    heading(5, f"Its check, by a program that trusts nothing above: polyrelu check {proof}")
    return check(proof, example)


def kind_of(result: Result) -> str:
    """The paper's Figure 1 where there is something to see in it."""
    from polyrelu.show.figures import natural_kind

    return "figure1" if result.proved().nullity else natural_kind(result)


def draw(result: Result, kind: str, path: str) -> None:
    """The figure and its caption; without matplotlib, how to get it."""
    from polyrelu.show import figures

    try:
        figure = figures.draw(result, kind)
    except EngineMissing as missing:
        say(f"left out: {missing}")
        return
    write_whole(path, lambda file: file.write(figure.rendered("png")))
    say(figure.caption.replace("λ", "lambda"))
    say(f"saved to {path}")


def check(path: str, example: Example) -> int:
    """Run the independent checker and say what it says."""
    import polyrelu.certificate.check as checker

    document, digest = checker.load(path)
    report = checker.check(document, digest)
    print(wrapped("\n".join(["ACCEPTED", *(f"  proved: {words}" for words in report.proved)]), under=4))
    print()
    say(
        f"That was {example.name}: {example.verdict}. Others: polyrelu examples. Your own: polyrelu certify FILE.csv."
    )
    return 0


def heading(number: int, text: str) -> None:
    """A numbered line, bold on a terminal that wants colours."""
    plain = "\n".join(
        textwrap.wrap(f"{number}. {text}", WIDTH, subsequent_indent="   ", break_on_hyphens=False)
    )
    wanted = sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"
    print(("\n" if number > 1 else "") + (f"\x1b[1;34m{plain}\x1b[0m" if wanted else plain), flush=True)


def say(text: str) -> None:
    """A paragraph of at most 79 columns."""
    print("\n".join(textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)), flush=True)


def wrapped(text: str, under: int) -> str:
    """Long lines broken, what follows an indented one set in by `under` columns."""
    lines = []
    for line in text.splitlines():
        lines += textwrap.wrap(line, WIDTH, subsequent_indent=" " * under if line.startswith(" ") else "")
    return "\n".join(lines)
