"""`polyrelu network`: is a trained network optimal, stationary, and how far is it from the optimal set? Proved."""

from __future__ import annotations

import argparse
import json
from typing import Any

from polyrelu.commands.options import (
    add_digits_option,
    add_json_option,
    add_lambda_option,
    add_named_data_options,
    add_size_options,
    problem_of,
    workers,
)

DESCRIPTION = """\
Judge the weights of a two-layer ReLU network sum_i (x . theta_i)_+ phi_i, trained on DATA with

    1/2 || f - y ||^2  +  lambda/2 sum_i (||theta_i||^2 + phi_i^2)

against the proved optimum over all networks. FILE is a .npz, .json or .pt file (untrusted: nothing in it is run;
torch is needed only for .pt) with W1 and W2, theta and phi, or a state dict with 0.weight and 2.weight; the first is
(m, d), the second (1, m). With --bias first-layer biases are read as the weights of its column of ones. Weights are
taken exactly as stored.

  polyrelu network model.npz --data data.csv --lam 1/10
  polyrelu network model.pt --data data.csv --lam 0.1 --bias --balance --json
"""

EPILOG = """\
JSON keys: optimal, stationary, subsampled_optimal (true, false, or null where undecided; *_reason says why);
objective, optimum, gap: [lo, hi] proved bounds of the network's objective, the optimum, and their difference;
stationary: is 0 in the Clarke subdifferential; stationary_chain_rule: the same with any ReLU'(0) in [0, 1] at kinks;
stationarity_residual: [lo, hi] distance from 0 to the Clarke subdifferential; subsampled_optimal: an optimum of the
program with the network's own patterns 1[X theta >= 0]; subsampled_optimum: [lo, hi] its optimum; width: units;
distinct_neurons: after merging positive multiples; balanced: |theta| = |phi| for every unit; balancing_gain: [lo, hi]
what balancing takes off the objective; distance: [lo, hi] sum of the moves of convex weights theta |phi| to the
optimal set, modulo splitting (null with distance_reason); nearest: the neuron of the optimum (from 0) nearest to each
unit; nearest_vertex: the minimal optimal network nearest by that measure, its neurons and [0, hi] a bound of its
distance (null where there are too many to list); seconds.
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
    add_lambda_option(parser)
    parser.add_argument(
        "--balance",
        action="store_true",
        help="judge the balanced form of the network, which has the same outputs",
    )
    add_digits_option(parser)
    add_size_options(parser)
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, ask and print."""
    from polyrelu.interop.weights import read_network
    from polyrelu.judging.questions import ask
    from polyrelu.show.progress import stage_line

    network = read_network(args.file, bias=args.bias != "none")
    problem = problem_of(args)
    with workers(args.jobs) as executor, stage_line() as stage:
        answer = ask(
            network, problem, balance=args.balance, max_cells=args.max_cells, executor=executor, stage=stage
        )
    print(json.dumps(answer.to_json(args.digits)) if args.json else answer.summary(args.digits))
    return 3 if answer.optimal.answer is None else 0
