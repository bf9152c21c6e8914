"""`polyrelu prune`: inclusion-minimal and narrowest optimal networks, exactly."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from polyrelu.commands.options import (
    add_data_options,
    add_digits_option,
    add_gated_option,
    add_json_option,
    add_lambda_option,
    add_size_options,
    add_vertices_option,
    describes_a_problem,
    problem_of,
    workers,
)
from polyrelu.data.files import check_writable, write_whole
from polyrelu.errors import BadInput

if TYPE_CHECKING:
    from polyrelu.certificate.read import Asked
    from polyrelu.optimal_set.set_point import OptimalNetwork
    from polyrelu.proof.optimum import Optimum
    from polyrelu.selection.pruning import Step

DESCRIPTION = """\
Print optimal networks from which no neuron can be left out, proved. By default the optimum is pruned step by
step (Algorithm 1 of Mishkin and Pilanci, ICML 2023), from a network that uses every neuron any optimal
network uses. Each step subtracts a linear dependence among the activations: fit and penalty stay, and a
weight reaches zero. The end is a vertex of the optimal set. With --all every such network is listed, with
--narrowest those with the fewest neurons.

  polyrelu prune data.csv --lam 1/10
  polyrelu prune data.csv --lam 1/10 --narrowest --json
  polyrelu prune proof.json --all             the problem of a proof file, proved anew
"""

EPILOG = """\
JSON: {"status", "lambda", "neurons": [...], "steps": [...], "networks": [...], "narrowest_width",
       "setting"}
  neurons          all distinct neurons of optimal networks:
                   {"sign", "direction": [[lo, hi], ...], "active": [rows], "zero": [rows]}
  steps            {"dependence": [[lo, hi], ...], "removed": [neurons]}; the largest modulus is 1
  networks         {"width", "neurons": [{"neuron", "sign", "direction", "weight": [lo, hi], "convex_weight",
                   "theta", "phi"}]} with weight |w|, convex_weight w = |w| direction,
                   theta = sqrt|w| direction, phi = sign sqrt|w|
  setting          which problem it is: the biases, and what is free
  narrowest_width  the fewest neurons of an optimal network; null where it was not asked for
Rows and neurons are counted from 1 in words and from 0 in JSON.
exit status: 0 proved, 2 bad input, 3 undecided.
"""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "prune",
        help="optimal networks with as few neurons as can be",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add_data_options(parser)
    add_lambda_option(parser, required=False)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--narrowest", action="store_true", help="every network with the fewest neurons")
    which.add_argument("--all", action="store_true", help="every inclusion-minimal network")
    add_gated_option(parser)
    add_digits_option(parser)
    add_vertices_option(parser)
    add_size_options(parser)
    parser.add_argument("--out", metavar="FILE", help="save the JSON object to a file")
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Certify, prune, then print and save."""
    from polyrelu.show.minimal import readable, report
    from polyrelu.show.settings import described

    check_writable(args.out, inputs=[args.data])
    asked = _asked(args)
    optimum = _proved(asked, args)
    steps, networks, narrowest = _networks(optimum, args)
    shown = report(optimum, steps, networks, args.digits)
    shown |= {"narrowest_width": narrowest, "setting": described(asked.problem.setting)}
    text = json.dumps(shown)
    if args.out:
        write_whole(args.out, lambda file: file.write((text + "\n").encode()))
    print(text if args.json else readable(shown, optimum, asked.problem.setting))
    return 0


def _asked(args: argparse.Namespace) -> Asked:
    """The problem of a data file with --lam, or of a proof file, which brings its own lambda."""
    from polyrelu.certificate.read import Asked, is_proof, read_problem

    if is_proof(args.data):
        if args.lam is not None or args.gated or describes_a_problem(args):
            raise BadInput(
                "a proof file brings its own problem: drop --lam, --target, --gated, --bias and the like"
            )
        return read_problem(args.data)
    if args.lam is None:
        raise BadInput("--lam is needed with a data file, for instance --lam 1/10")
    problem = problem_of(args)
    return Asked(problem, "cells", args.gated)


def _proved(asked: Asked, args: argparse.Namespace) -> Optimum:
    from polyrelu.certification import certify_penalised
    from polyrelu.show.progress import stage_line

    with workers(args.jobs) as executor, stage_line() as stage:
        result = certify_penalised(
            asked.problem,
            patterns=asked.patterns,
            gated=asked.gated,
            max_cells=args.max_cells,
            executor=executor,
            stage=stage,
        )
    return result.proved()


def _networks(
    optimum: Optimum, args: argparse.Namespace
) -> tuple[tuple[Step, ...], tuple[OptimalNetwork, ...], int | None]:
    """The steps (where pruned), the networks asked for, and the narrowest width where it is known."""
    from polyrelu.selection import pruning

    if not (args.all or args.narrowest):
        pruned = pruning.prune(optimum)
        only = optimum.nullity == 0
        return pruned.steps, (pruned.network,), pruned.network.width if only else None
    listed = pruning.minimal_networks(optimum, args.max_vertices)
    narrowest = pruning.narrowest(listed)
    return (), narrowest if args.narrowest else listed, narrowest[0].width
