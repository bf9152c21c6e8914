"""`polyrelu bound`: proved bounds of the optimum, and of a network's distance from it, for any number of cells."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from polyrelu.commands.options import (
    add_data_options,
    add_digits_option,
    add_engine_options,
    add_json_option,
    add_lambda_option,
    add_seconds_option,
    engine,
    note,
    problem_of,
    put_away,
    share,
)
from polyrelu.data.files import check_writable

if TYPE_CHECKING:
    from polyrelu.bounding.bounds import Bounds

DESCRIPTION = """\
Prove bounds of the optimum over all two-layer ReLU networks of any width:

    lower <= min 1/2 || sum_i (X theta_i)_+ phi_i - y ||^2 + lambda/2 sum_i (||theta_i||^2 + phi_i^2) <= upper

(with whatever else --bias, --output-bias, --skip and --free add: see polyrelu --help problem)

The upper bound is the objective of an explicit network, the lower bound that of a dual vector which a covering of all
directions proves feasible; no activation pattern is listed, so the table may have a million cells or 10^18. With
--network the objective of a trained network is set against them: how far is it, at most, from the global optimum?

  polyrelu bound data.csv --lam 1/10
  polyrelu bound data.csv --lam 1/10 --gap 1e-3 --seconds 60 --json
  polyrelu bound data.csv --lam 1/10 --network model.npz
"""

EPILOG = """\
JSON keys: status "bounded"; setting, as in certify; objective: [lower, upper], proved; gap: (upper - lower)/upper;
residual_radius: every optimal residual y - fit lies within it of one known vector; network_objective: [lo, hi] and
network_gap: [lo, hi] of (objective - optimum)/optimum, with --network; boxes; seconds.
exit status: 0 the gap asked for is reached, 2 bad input, 3 time or Ctrl-C ended it first (the best bounds are printed).
"""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "bound",
        help="prove bounds of the optimum, and of a network's distance from it, for large tables",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add_data_options(parser)
    add_lambda_option(parser)
    parser.add_argument(
        "--network", metavar="FILE", help="a trained network (.npz, .json or .pt) to be judged"
    )
    parser.add_argument(
        "--gap", metavar="G", type=share, default="1/10000", help="relative gap to be reached (default 1e-4)"
    )
    add_seconds_option(parser)
    add_engine_options(parser)
    add_digits_option(parser)
    parser.add_argument(
        "--out",
        metavar="FILE",
        help="save a proof of the bounds, for `polyrelu check`; it is checked before it is saved, which in bare Python "
        "takes far longer than the bounds; compressed if it ends in .gz",
    )
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Bound, then print and save."""
    from polyrelu.bounding.search import bound
    from polyrelu.interop.weights import read_network

    check_writable(args.out, inputs=[args.data, args.network])
    problem = problem_of(args)
    network = None if args.network is None else read_network(args.network)
    with engine(args, "directions covered", problem) as means:
        found = bound(problem, gap=args.gap, network=network)
        put_away(means, answered=found.reached)
    print(json.dumps(found.to_json(args.digits)) if args.json else found.summary(args.digits), flush=True)
    if args.out:
        _save(found, args.out)
    return 0 if found.reached else 3


def _save(found: Bounds, path: str) -> None:
    from polyrelu.certificate.bound_file import write_bound

    note("polyrelu bound: bare Python checks the proof before it is saved")
    write_bound(path, found)
