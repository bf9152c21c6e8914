"""`polyrelu path`: how the set of optimal networks changes with lambda, proved for every lambda of an interval."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from polyrelu.commands.fingerprint import add_setting_options
from polyrelu.commands.options import (
    add_data_options,
    add_digits_option,
    add_jobs_option,
    add_json_option,
    note,
    pool,
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
  polyrelu path data.csv --at 1/2 --plot influence.png
  polyrelu path data.csv --at 1/2 --output-bias free --skip
  polyrelu path data.csv --vertices --interactive path.html
  polyrelu path data.csv --gated --jobs 4
  polyrelu path data.csv --output-bias free --skip
  polyrelu path data.csv --bias penalised --output-bias ridge
  polyrelu path data.csv --bias free
  polyrelu path line.csv --bias free --skip --to-zero
  polyrelu path large.csv --gap 1e-3 --json
  polyrelu path data.csv --out path.json
  polyrelu check path.json --data data.csv
  polyrelu path data.csv --patterns list.csv --out among.json

Events, with lambda decreasing: a neuron may enter or leave; hit a row (its direction reaches the hyperplane of the row
and slides on it), unstick from it, or cross it at once; pairs u, -u may enter or leave (pair_enter, pair_leave), and
several antipodes may come or go together (phase_begin, phase_end; one alone enters or leaves). With --bias free the
end of a family of kinks may go on to another row (swap), or both ends meet (merge). Among gates the residual of a row
may become 0 and stay 0, so that gates which differ there alone share their weight, or leave 0 again (fit_begin,
fit_end). A breakpoint is proved to be the only one in its place, and enclosed to any number of digits; where it is a
fraction, has one square root or is the root of a short polynomial it is named exactly.

With --bias free neurons counts kinks, as in certify, those next to each other being one that can move. With one feature
kinks at data points are all that counts, and all numbers are fractions.
"""

EPILOG = """\
JSON keys: status "proved" or "undecided"; from, to; lambda_max [lo, hi]; intervals, in increasing lambda, each with
from, to [lo, hi], neurons, rank, pairs, nullity, dimension, convex_unique, p_unique, function_unique, affine, as in
certify at any lambda inside (null where open); breakpoints, each with lambda [lo, hi], exact, events (type; neuron,
its position in `at`; row), above, at, below (the tight neurons: sign and face), network_continuous, convex_jump;
at_from, at_to (null, or the breakpoint that is exactly an end: breakpoints has those strictly between);
lambda_max is [0, a bound] where --seconds were over before it was known, and the default ends are then parts of it;
unique (from, to, closed: all lambda for which the network is shown to be the only one); continuity
(network_continuous, network_jumps, convex_continuous, convex_jumps: positions among breakpoints); undecided (pieces
with their reason); limit_zero (null without --to-zero; else status, norm [lo, hi] of the least sum ||w|| (with a
ridge and half its square), neurons, exact (null where no short form is recognised), and reason where it is
undecided); seconds; with --gated or --patterns also scope; with --vertices each interval has minimal_networks
(lambda, count, widths, networks) and walls (pairs of lambdas between which the list changes). With --at: lambda;
neurons (weight, by_lambda, by_target, by_feature, and the same of the direction; null where there is no derivative);
residual_by_lambda, _by_target, _by_feature (column d i + l: entry l of row i); objective_by_lambda;
degrees_of_freedom; by_target_reason, by_feature_reason where nothing by targets or table is given; minimal_networks;
ranges (over all optimal networks, where all minimal ones are followed); at a breakpoint exact, and above and below
with all these. With free columns or a ridge also free: name, value, by_lambda, by_target, by_feature of each
coefficient of one network (those of free columns belong to a minimal network where pairs exchange weight, and are
left out where free columns depend on each other). With --bias free the neurons are those whose weight is unique,
without by_feature. With --gap: status "bounded"; nodes (lambda, objective [lo, hi], total_weight); gap. exit status:
0 proved without a gap, 2 bad input, 3 a piece is undecided (the rest is proved). """


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "path",
        help="prove all breakpoints in lambda, and the optimal set between them",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add_data_options(parser)
    add_setting_options(parser)
    _add_questions(parser)
    parser.add_argument(
        "--plot", metavar="FILE", help="draw the weights against lambda (.png, .svg or .pdf; matplotlib)"
    )
    parser.add_argument(
        "--interactive",
        metavar="HTML",
        help="a page with a slider for lambda, each position of which is a proved optimum (needs plotly)",
    )
    parser.add_argument(
        "--seconds", metavar="S", type=seconds, help="leave the rest undecided when this time is up"
    )
    add_jobs_option(parser)
    add_digits_option(parser)
    add_json_option(parser)
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="save a proof of the path, for `polyrelu check`: every interval (from a little above a breakpoint to a "
        "little below the next; with --bias free and one feature with exact ends) that the checker in bare Python "
        "accepts, and what is left out; compressed if it ends in .gz",
    )
    parser.set_defaults(run=run)


def _add_questions(parser: argparse.ArgumentParser) -> None:
    """From where to where, and what is asked."""
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
        "--at",
        metavar="L",
        help="instead of a path: derivatives of weights, directions and fit by lambda, by the targets and by the table "
        "at L, on both sides of a breakpoint, along each minimal network where the network is not unique; the "
        "influence of each row on each neuron (--plot draws it), and the degrees of freedom of the fit",
    )
    parser.add_argument(
        "--vertices",
        action="store_true",
        help="list the minimal networks at some lambdas of each interval, and enclose where their list changes",
    )
    parser.add_argument(
        "--gap",
        metavar="G",
        type=share,
        help="for tables of any size: no neurons and no roots, but nodes, and everywhere between them a network and a "
        "dual vector that are proved to be within the relative gap G of each other",
    )


def run(args: argparse.Namespace) -> int:
    """Walk, then print and save."""
    from polyrelu.budget import Budget, seconds_from_now, spending

    _check_files(args)
    problem = problem_of(args)
    with (
        pool(args.jobs, None) as executor,
        spending(Budget(seconds_from_now(args.seconds), executor)),
    ):
        found, status = _asked(args)(problem, args)
    print(json.dumps(found.to_json(args.digits)) if args.json else found.summary(args.digits), flush=True)
    if args.out:
        left_out = _save(found, args.out)
        for words in () if args.json else left_out:
            print(f"{args.out} left out: {words}")
    return status


def _check_files(args: argparse.Namespace) -> None:
    """What is to be written can be, before the work begins."""
    check_writable(args.out, inputs=[args.data])
    if args.plot is not None:
        from polyrelu.show.figures import format_of, need_matplotlib

        check_writable(args.plot, "--plot", [args.data, args.out])
        format_of(args.plot)
        need_matplotlib()
    if args.interactive is not None:
        from polyrelu.show.interactive import need_plotly

        if args.at is not None or args.gap is not None:
            raise BadInput("--interactive shows a whole path; leave out --at and --gap")
        if not args.interactive.lower().endswith((".html", ".htm")):
            raise BadInput(
                f"--interactive {args.interactive}: the page is an HTML file; give it the ending .html"
            )
        check_writable(args.interactive, "--interactive", [args.data, args.out, args.plot])
        need_plotly()


def _save(found: Any, file: str) -> list[str]:
    from polyrelu.certificate.write_path import write_path

    note("polyrelu path: bare Python checks the proof before it is saved")
    left_out: list[str] = write_path(file, found)["left_out"]
    return left_out


def _asked(args: argparse.Namespace) -> Callable[[Problem, argparse.Namespace], tuple[Any, int]]:
    """One of three questions."""
    if args.at is not None and args.gap is not None:
        raise BadInput("--at and --gap ask for different things; give one of them")
    if (args.gated or args.patterns != "cells") and (args.at, args.gap) != (None, None):
        raise BadInput("--at and --gap are about all networks; leave out --gated and --patterns")
    if args.vertices and (args.at is not None or args.gap is not None):
        raise BadInput("--vertices is about a whole path; leave out --at and --gap")
    if args.at is not None and (args.low, args.high, args.to_zero) != (None, None, False):
        raise BadInput("--at asks about one lambda; leave out --from, --to and --to-zero")
    if args.out is not None and args.at is not None:
        raise BadInput(
            "--out saves the proof of a path, and --at asks for derivatives; leave one of them out"
        )
    if args.plot is not None and args.gap is not None:
        raise BadInput("--plot draws a whole path, or with --at influences; leave out --gap")
    return _derivatives if args.at is not None else _bounded if args.gap is not None else _exact


def _derivatives(problem: Problem, args: argparse.Namespace) -> tuple[Any, int]:
    """At one lambda."""
    from polyrelu.paths.one_sided import derivatives

    found = derivatives(problem, args.at)
    if args.plot is not None:
        found.plot().save(args.plot)
    return found, 0


def _exact(problem: Problem, args: argparse.Namespace) -> tuple[Any, int]:
    """Every breakpoint."""
    from polyrelu.commands.certify import read_patterns
    from polyrelu.paths.solution_path import path

    patterns = args.patterns if args.patterns == "cells" else read_patterns(args.patterns, problem.n)
    found = path(
        problem, lo=args.low, hi=args.high, to_zero=args.to_zero, patterns=patterns, gated=args.gated
    )
    if args.vertices:
        _ = found.minimal  # listed now, and shown with the rest
    if args.plot is not None:
        found.plot().save(args.plot)
    if args.interactive is not None:
        from polyrelu.show.interactive import path_page

        html = path_page(found).html.encode()
        write_whole(args.interactive, lambda file: file.write(html))
    return found, 0 if found.status == "proved" else 3


def _bounded(problem: Problem, args: argparse.Namespace) -> tuple[Any, int]:
    """Nodes and a gap."""
    from polyrelu.paths.bounded import bounded_path
    from polyrelu.paths.settings import bounds_in_a_file

    if args.out is not None:
        bounds_in_a_file(problem.setting)
    if args.to_zero:
        raise BadInput(
            "--gap and --to-zero exclude each other: bounds end at a positive lambda; leave one out"
        )
    found = bounded_path(problem, lo=args.low, hi=args.high, gap=args.gap)
    return found, 0 if found.reached else 3
