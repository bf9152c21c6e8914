"""The command line. Exit status: 0 done or proved, 2 bad input, 3 undecided, 130 interrupted.

Nothing heavy is imported before a command runs, so `polyrelu --help` answers at once.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import polyrelu
from polyrelu.commands.topics import TOPICS
from polyrelu.errors import BadInput, Contradiction, EngineMissing, LimitReached, Undecided

COMMANDS = (
    "patterns",
    "certify",
    "path",
    "bound",
    "check",
    "fingerprint",
    "explain",
    "network",
    "prune",
    "examples",
    "plot",
    "demo",
)

DESCRIPTION = """\
Exact geometry of neural-network optima: the set of all globally optimal two-layer ReLU networks
of a small data set (X, y) with penalty lambda, computed with proof.

  polyrelu patterns data.csv             every activation pattern of the rows, and a proof that none is missing
  polyrelu certify data.csv --lam 1/10   the optimal fit, its neurons and where they live, proved
  polyrelu path data.csv                 all breakpoints in lambda, and what is constant between them, proved
  polyrelu bound data.csv --lam 1/10     proved bounds of the optimum, for tables of any size
  polyrelu check proof.json              check a proof file that certify --out has written
  polyrelu fingerprint data.csv --lam 1/10   the hash of a question, which its proof files carry
  polyrelu explain proof.json            a checked proof in words, or as LaTeX
  polyrelu network net.npz --data data.csv --lam 1/10   is a trained network optimal, stationary, how far from it?
  polyrelu prune data.csv --lam 1/10     optimal networks from which no neuron can be left out
  polyrelu examples                      data sets with a story, to try things on
  polyrelu plot data.csv --lam 1/10      a figure: the optimal set, the neurons, the functions
  polyrelu demo                          one example from end to end: verdict, figure, proof, check
"""

MODES = (["none"], ["penalised"], ["free"])
"""What may follow --bias."""

EPILOG = """\
DATA is a CSV or TSV file, or - for standard input. Numbers are read exactly as written (0.1 is 1/10).
A header is optional; the last column is the target. `polyrelu COMMAND --help` explains each command, and
`polyrelu --help problem` biases, skip connections and free columns, and whose penalty is which lambda.
"""


class Parser(argparse.ArgumentParser):
    """An argument parser that keeps the lines of its descriptions, and whose complaint is one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self.after_bias: list[str] = []

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """`--bias DATA` is a bare --bias in front of the data: only the words that it knows belong to it."""
        given = list(sys.argv[1:] if args is None else args)
        for k, word in enumerate(given):
            if word in ("--bi", "--bia", "--bias") and given[k + 1 : k + 2] not in MODES:
                given[k] = "--bias=penalised"
                self.after_bias = given[k + 1 : k + 2]
        return super().parse_known_args(given, namespace)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one line and leave with status 2."""
        if self.after_bias and message.startswith("unrecognized") and ": -" not in message:
            message += f" (--bias takes none, penalised or free; {self.after_bias[0]} was read on its own)"
        self.exit(2, f"{self.prog}: {message}; try {self.prog} --help\n")


def build_parser() -> Parser:
    """The parser with one sub-parser per command."""
    parser = Parser(
        prog="polyrelu",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"polyrelu {polyrelu.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in COMMANDS:
        import_module(f"polyrelu.commands.{name}").add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given[:1] in (["--help"], ["-h"]) and given[1:2] and given[1] in TOPICS:
        print(TOPICS[given[1]], end="")
        return 0
    # The products are tall and thin: threads of the linear algebra, started with numpy, would only wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    args = build_parser().parse_args(arguments)
    try:
        status = args.run(args)
        sys.stdout.flush()
    except (BadInput, LimitReached, EngineMissing) as error:
        return _complain(args.command, error, 2)
    except Undecided as error:
        return _complain(args.command, error, 3)
    except Contradiction as error:
        _complain(args.command, error, 70)
        print(
            "This is a bug in polyrelu, and no answer was given. Please report it with the data.",
            file=sys.stderr,
        )
        return 70
    except KeyboardInterrupt:
        print(f"\npolyrelu {args.command}: interrupted; nothing was written", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has gone: not an error of ours
        _discard_output()
        return 141
    except OSError as error:
        _discard_output()
        return _complain(args.command, f"reading or writing failed: {error.strerror or error}", 2)
    return int(status)


def _discard_output() -> None:
    """Nothing more can be written: let the interpreter end without trying again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _complain(command: str, error: object, status: int) -> int:
    print(f"polyrelu {command}: {' '.join(str(error).split())}", file=sys.stderr)
    return status
