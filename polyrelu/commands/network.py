"""`polyrelu network`: is a trained network optimal, stationary, and how far is it from the optimal set? Proved."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from polyrelu.commands.certify import read_patterns
from polyrelu.commands.options import (
    add_digits_option,
    add_json_option,
    add_lambda_option,
    add_named_data_options,
    add_seconds_option,
    add_size_options,
    positive,
    problem_of,
    share,
    workers,
)
from polyrelu.data.files import check_writable, write_whole
from polyrelu.errors import BadInput

if TYPE_CHECKING:
    from polyrelu.data.problem import Problem
    from polyrelu.judging.answer import Answer
    from polyrelu.networks.matching import Matching

DESCRIPTION = """\
Judge the weights of a two-layer ReLU network c + sum_i (x . theta_i + b_i)_+ phi_i, trained on DATA with

    1/2 || f - y ||^2  +  lambda/2 sum_i (||theta_i||^2 + phi_i^2)        (and what the options say about b and c)

How far is it from the proved optimum over all networks, and from a proved stationary point; which units does it not
need? FILE is a .npz, .json or .pt file (untrusted: nothing in it is run, and torch is not needed) with W1 and W2,
theta and phi, or a state dict with 0.weight and 2.weight; the first is (m, d), the second (1, m). Biases (b1 and b2, or
0.bias and 2.bias) are read or refused, never dropped: give the --bias and --output-bias that it was trained with.
FILE may also be what certify --json, prune --json or prune --out have written, which bring their own options and
lambda. Weights are taken exactly as stored.

  polyrelu network model.npz --data data.csv --lam 1/10
  polyrelu network model.pt --data data.csv --lam 0.1 --bias free --output-bias free --json
  polyrelu network model.npz --data data.csv --lam 1/10 --patterns own --prune leaner.json
"""

EPILOG = """\
JSON keys: headline: one sentence; optimal, stationary, subsampled_optimal (true, false, or null where undecided;
*_reason says why); objective, optimum, gap: [lo, hi] proved bounds of the network's objective, the optimum, and their
difference; relative_gap: [lo, hi] of gap/optimum, [0, 0] where both are 0, hi null where nothing bounds it;
stationary: is 0 in the Clarke subdifferential; stationary_chain_rule: the same with any ReLU'(0) in [0, 1] at kinks;
stationarity_residual: [lo, hi] distance from 0 to the Clarke subdifferential; stationary_distance: [lo, hi] how far the
weights are from a proved stationary point of the network's own structure (null with stationary_distance_reason), with
stationary_objective and stationary_decrease, [lo, hi] its objective and how much less that is; stationary_kinks: for
every unit the rows on whose hyperplanes it lies there, stationary_vanished: units that are zero there; superfluous:
units without which the others, scaled, have the same outputs on the rows at no larger penalty (--prune saves them), and
pruned_saving: [lo, hi] what that saves; subsampled_optimal: an optimum of the
program with the network's own patterns 1[X theta >= 0]; subsampled_optimum: [lo, hi] its optimum; width: units;
distinct_neurons: after merging positive multiples; balanced: |theta| = |phi| for every unit; balancing_gain: [lo, hi]
what balancing takes off the objective; distance: [lo, hi] sum of the moves of convex weights theta |phi| to the
optimal set, modulo splitting (null with distance_reason); nearest: the neuron of the optimum (from 0) nearest to each
unit; nearest_vertex: the minimal optimal network nearest by that measure, its neurons and [0, hi] a bound of its
distance (null where there are too many to list); setting and lambda: the problem; matching: the one that it was
trained for, as far as FILE tells (null where it does not); seconds.
exit status: 0 answered, 2 bad input, 3 the optimality is undecided.
"""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "network",
        help="judge a trained network: optimal? stationary? how far from the optimum?",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    parser.add_argument("file", metavar="FILE", help="weights: .npz, .json or .pt")
    add_named_data_options(parser)
    add_lambda_option(parser, required=False)
    parser.add_argument(
        "--patterns",
        metavar="cells|own|FILE",
        default="cells",
        help="judge among all networks (default), those with its own patterns, or a file of patterns as for certify; "
        "with --bias free a list has an optimum that is bounded, tightly as a rule, and not proved itself",
    )
    parser.add_argument(
        "--tolerance",
        metavar="R",
        type=share,
        help="a unit within R |x| |theta| of a row's hyperplane is put on it in search of a stationary point "
        "(default: some are tried)",
    )
    parser.add_argument(
        "--balance",
        action="store_true",
        help="judge the balanced form of the network, which has the same outputs",
    )
    parser.add_argument(
        "--number", metavar="K", type=positive, help="which network of a file of prune (1 is the first)"
    )
    parser.add_argument(
        "--prune", metavar="FILE", help="save the network without its superfluous units, as JSON"
    )
    add_digits_option(parser)
    add_size_options(parser)
    add_seconds_option(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, ask, print and save."""
    from polyrelu.budget import Budget, seconds_from_now, spending
    from polyrelu.interop.weights import read_network
    from polyrelu.judging.questions import ask
    from polyrelu.show.progress import stage_line

    check_writable(args.prune, "--prune", [args.data, args.file])
    network = read_network(args.file, args.number)
    problem = _problem(args, network.matching)
    named = args.patterns in ("cells", "own")
    patterns = args.patterns if named else read_patterns(args.patterns, problem.n)
    with (
        workers(args.jobs) as executor,
        stage_line() as stage,
        spending(Budget(seconds_from_now(args.seconds))),
    ):
        answer = ask(
            network,
            problem,
            patterns=patterns,
            tolerance=args.tolerance,
            balance=args.balance,
            max_cells=args.max_cells,
            executor=executor,
            stage=stage,
        )
    print(json.dumps(answer.to_json(args.digits)) if args.json else answer.summary(args.digits))
    if args.prune:
        _save(answer, args.prune)
    return 3 if answer.optimal.answer is None else 0


def _problem(args: argparse.Namespace, matching: Matching | None) -> Problem:
    """The problem that the options describe; as far as they say nothing, the one that a file brings with it."""
    if matching is not None and matching.known and args.bias == "none" and args.output_bias == "none":
        args.bias, args.output_bias = matching.hidden, matching.output
        args.skip, args.free = args.skip or matching.skip, args.free or ",".join(matching.columns)
    if args.lam is None and matching is not None and matching.lam is not None:
        args.lam = str(matching.lam)
    if args.lam is None:
        raise BadInput(
            "--lam is needed, for instance --lam 1/10: the penalty that the network was trained with"
        )
    return problem_of(args)


def _save(answer: Answer, path: str) -> None:
    from polyrelu.interop.weights import written

    if answer.leaner is None:
        raise BadInput(f"--prune {path}: nothing was written, since {answer.leaner_reason}")
    text = json.dumps(written(answer.leaner.network))
    write_whole(path, lambda file: file.write((text + "\n").encode()))
