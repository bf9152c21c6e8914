"""`polyrelu path`: how the set of optimal networks changes with lambda, proved for every lambda of an interval."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from polyrelu.commands.options import (
    add_data_options,
    add_digits_option,
    add_json_option,
    problem_of,
    seconds,
    share,
)
from polyrelu.data.files import check_writable, write_whole
from polyrelu.errors import BadInput

if TYPE_CHECKING:
    from polyrelu.data.problem import Problem

DESCRIPTION = """\
The solution path: all breakpoints in lambda between two penalties, what happens at each, and the structure of the set
of all optimal two-layer ReLU networks between them, proved for EVERY lambda (by default from 1/1000 of lambda_max to
just above it, where the zero network is the only optimum).

  polyrelu path data.csv
  polyrelu path data.csv --from 1/10 --to 5 --json
  polyrelu path data.csv --to-zero
  polyrelu path data.csv --at 1/2
  polyrelu path large.csv --gap 1e-3 --json

Events, with lambda decreasing: a neuron may enter or leave; hit a row (its direction reaches the hyperplane of the row
and slides on it), unstick from it, or cross it at once; pairs u, -u may enter or leave (pair_enter, pair_leave), and
antipodes may come together (phase_begin). A breakpoint is proved to be the only one in its place, and enclosed to any
number of digits; where it is a fraction, has one square root or is the root of a short polynomial it is named exactly.
"""

EPILOG = """\
JSON keys: status "proved" or "undecided"; from, to; lambda_max [lo, hi]; intervals, in increasing lambda, each with
from, to [lo, hi], neurons, rank, pairs, nullity, dimension, convex_unique, p_unique, function_unique, affine, as in
certify at any lambda inside; breakpoints, each with lambda [lo, hi], exact, events (type; neuron, its position in `at`;
row), above, at, below (the tight neurons: sign and face), network_continuous, convex_jump; undecided (pieces with their
reason); limit_zero (null without --to-zero; else status, norm [lo, hi] of the least sum ||w||, neurons, exact (null
where no short form is recognised), and reason where it is undecided); seconds. With --gap: status "bounded"; nodes
(lambda, objective [lo, hi], total_weight); gap.
exit status: 0 proved without a gap, 2 bad input, 3 a piece is undecided (the rest is proved).
"""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "path",
        help="prove all breakpoints in lambda, and the optimal set between them",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add_data_options(parser)
    parser.add_argument(
        "--from", dest="low", metavar="L", help="smallest lambda, exact (default: 1/1000 of lambda_max)"
    )
    parser.add_argument(
        "--to", dest="high", metavar="H", help="largest lambda (default: just above lambda_max)"
    )
    parser.add_argument(
        "--to-zero", action="store_true", help="go on to lambda = 0, and prove the limit there"
    )
    parser.add_argument(
        "--plot", metavar="FILE", help="draw the weights against lambda (.png, .svg or .pdf; matplotlib)"
    )
    parser.add_argument(
        "--at",
        metavar="L",
        help="instead of a path: derivatives of weights, directions and fit by lambda and by the targets at L, and the "
        "degrees of freedom of the fit",
    )
    parser.add_argument(
        "--gap",
        metavar="G",
        type=share,
        help="for tables of any size: no neurons and no roots, but nodes, and everywhere between them a network and a "
        "dual vector that are proved to be within the relative gap G of each other",
    )
    parser.add_argument(
        "--seconds", metavar="S", type=seconds, help="leave the rest undecided when this time is up"
    )
    add_digits_option(parser)
    add_json_option(parser)
    parser.add_argument("--out", metavar="FILE", help="write the JSON object to a file as well")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Walk, then print and save."""
    from polyrelu.budget import Budget, seconds_from_now, spending

    check_writable(args.out, inputs=[args.data])
    if args.plot is not None:
        from polyrelu.show.figures import format_of, need_matplotlib

        check_writable(args.plot, "--plot", [args.data, args.out])
        format_of(args.plot)
        need_matplotlib()
    problem = problem_of(args)
    with spending(Budget(seconds_from_now(args.seconds))):
        found, status = _asked(args)(problem, args)
    print(json.dumps(found.to_json(args.digits)) if args.json else found.summary(args.digits), flush=True)
    if args.out:
        written = json.dumps(found.to_json(args.digits)).encode()
        write_whole(args.out, lambda stream: stream.write(written))
    return status


def _asked(args: argparse.Namespace) -> Callable[[Problem, argparse.Namespace], tuple[Any, int]]:
    """One of three questions."""
    if args.at is not None and args.gap is not None:
        raise BadInput("--at and --gap ask for different things; give one of them")
    if args.plot is not None and (args.at is not None or args.gap is not None):
        raise BadInput("--plot draws a whole path; leave out --at and --gap")
    return _derivatives if args.at is not None else _bounded if args.gap is not None else _exact


def _derivatives(problem: Problem, args: argparse.Namespace) -> tuple[Any, int]:
    """At one lambda."""
    from polyrelu.paths.sensitivity import sensitivity

    return sensitivity(problem, args.at), 0


def _exact(problem: Problem, args: argparse.Namespace) -> tuple[Any, int]:
    """Every breakpoint."""
    from polyrelu.paths.solution_path import path

    found = path(problem, lo=args.low, hi=args.high, to_zero=args.to_zero)
    if args.plot is not None:
        found.plot().save(args.plot)
    return found, 0 if found.status == "proved" else 3


def _bounded(problem: Problem, args: argparse.Namespace) -> tuple[Any, int]:
    """Nodes and a gap."""
    from polyrelu.paths.bounded import bounded_path

    if args.to_zero:
        raise BadInput(
            "--gap and --to-zero exclude each other: bounds end at a positive lambda; leave one out"
        )
    found = bounded_path(problem, lo=args.low, hi=args.high, gap=args.gap)
    return found, 0 if found.reached else 3
