"""`polyrelu certify`: the optimal fit, its neurons and the blocks they live in, proved."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyrelu.commands.options import (
    add_data_options,
    add_digits_option,
    add_engine_options,
    add_gated_option,
    add_json_option,
    add_lambda_option,
    add_max_cells_option,
    add_seconds_option,
    add_vertices_option,
    engine,
    note,
    problem_of,
    put_away,
)
from polyrelu.data.files import check_writable
from polyrelu.errors import BadInput

if TYPE_CHECKING:
    from polyrelu.data.problem import Matrix, Problem
    from polyrelu.result import Result

DESCRIPTION = """\
Prove the optimum of a two-layer ReLU network with penalty lambda on a small data set:

    min  1/2 || sum_i (X theta_i)_+ phi_i - y ||^2  +  lambda/2 sum_i (||theta_i||^2 + phi_i^2)

The residual y - fit is the same for every optimal network. Printed are enclosures of it and of the objective, the
distinct neurons of the optimal networks, and how many blocks (activation pattern, sign) carry them. No float decides
anything: an answer is "proved", or "undecided" together with the equality that blocks it.

  polyrelu certify data.csv --lam 1/10
  polyrelu certify data.csv --lam 0.1 --json --digits 50
  polyrelu certify data.csv --lam 1/10 --out proof.json
  polyrelu certify data.csv --lam 1/10 --predict new.csv
"""

EPILOG = """\
JSON: "status" and the exit status speak of the optimum alone. "scope" says among which networks everything is proved
(null: among all). A further answer that is open is null, with what blocks
it under KEY_reason. "neurons" counts them, "neuron_list" has each one:
  {"sign": "+" or "-", "face": [1 active, 0 on the hyperplane, -1 off; row by row], "direction": [[lo, hi], ...],
   "weight": [lo, hi]}   the weight lies between these in every optimal network
"setting" says which problem it was: hidden_bias, output_bias, skip, free_columns (see `polyrelu --help problem`). Where
it is not the plain one, "free_coefficients" has those of the free functions: [lo, hi], or null where optimal networks
have different ones. With a free hidden bias "families" lists the kinks: sign, direction, the range of its total
"weight", the interval of its "bias" (each end enclosed, or "inf"), and its "neurons" in "neuron_list"; "neurons" then
counts families. With a ridge "lambda_max" is null, with lambda_max_reason.
"seconds" is everything you waited for, by steps under "timings"; "set" is the optimal set.
Rows and neurons are counted from 1 in words and from 0 in JSON.
With --predict the JSON object has the key "predictions", one entry for each new row, counted from 0:
  {"row", "low": [lo, hi], "high": [lo, hi], "agree"}   the least and the greatest prediction of all optimal networks,
  each between two decimals, or "-inf" and "inf" (lambda = 0); "agree": they all predict the same
exit status: 0 proved, 2 bad input, 3 undecided.
Scaling: a loss averaged over n rows has our lambda divided by n; a loss without the 1/2 has twice our objective.
"""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "certify",
        help="prove the optimal fit and the neurons of all optimal networks",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add_data_options(parser)
    add_lambda_option(parser)
    parser.add_argument(
        "--patterns",
        metavar="cells|all|FILE",
        default="cells",
        help="patterns of the program: all cells (default), also those on hyperplanes, or a .npz or text file of 0/1, "
        "a row for each pattern (1100 or 1,1,0,0)",
    )
    add_gated_option(parser)
    add_digits_option(parser)
    add_max_cells_option(parser)
    add_vertices_option(parser)
    add_seconds_option(parser)
    add_engine_options(parser)
    parser.add_argument(
        "--predict",
        metavar="FILE",
        help="a table of new rows (the columns of DATA without the target; - is standard input): print for each the "
        "interval of the predictions of all optimal networks",
    )
    parser.add_argument(
        "--out", metavar="FILE", help="save the proof, for `polyrelu check`; compressed if FILE ends in .gz"
    )
    add_json_option(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Certify, then print and save."""
    from polyrelu.certification import certify
    from polyrelu.show.progress import stage_line

    listed = None if args.patterns in ("cells", "all") else args.patterns
    check_writable(args.out, inputs=[args.data, listed, args.predict])
    problem = problem_of(args)
    new_rows = _new_rows(problem, args)
    patterns = args.patterns if listed is None else read_patterns(listed, problem.n)
    with engine(args, "directions covered", problem) as means, stage_line() as stage:
        result = certify(
            problem,
            patterns=patterns,
            gated=args.gated,
            max_cells=args.max_cells,
            max_vertices=args.max_vertices,
            executor=means.executor,
            stage=stage,
        )
        if stage is not None:
            stage("set")
        shown = _shown(result, new_rows, args)
        put_away(means, answered=result.status == "proved")
    try:
        print(shown, flush=True)
    finally:  # a reader of our output who has seen enough does not lose the proof
        if args.out:
            _save_proof(result, args.out)
    return 0 if result.status == "proved" else 3


def _new_rows(problem: Problem, args: argparse.Namespace) -> Matrix | None:
    """The rows of --predict, read before any long work begins."""
    from polyrelu.data.new_rows import read_new_rows
    from polyrelu.optimal_set.predictions import NO_GATES

    if args.predict is None:
        return None
    if args.gated:
        raise BadInput(f"--predict: {NO_GATES}; drop --gated")
    if args.predict == args.data == "-":
        raise BadInput("DATA and --predict cannot both be standard input; give a file for one of them")
    return read_new_rows(problem, args.predict)


def _shown(result: Result, new_rows: Matrix | None, args: argparse.Namespace) -> str:
    """What is printed: the answer in words or as JSON, and the predictions that were asked for."""
    from polyrelu.show.predictions import prediction_keys, prediction_lines

    if not args.json:
        lines = [] if new_rows is None else prediction_lines(result, new_rows, args.digits)
        return "\n".join([result.summary(args.digits), *lines])
    answer = result.to_json(
        args.digits
    )  # it lists the minimal networks, where predictions are then looked up
    return json.dumps(answer if new_rows is None else answer | prediction_keys(result, new_rows, args.digits))


def _save_proof(result: Result, path: str) -> None:
    from polyrelu.certificate import write_proof

    if result.status != "proved":
        print(f"polyrelu certify: nothing was proved, so {path} was not written", file=sys.stderr)
        return
    note("polyrelu certify: bare Python checks the proof before it is saved")
    try:
        write_proof(result, path)
    except BadInput as refused:
        raise BadInput(f"--out {path}: {refused}; the answer above was not saved") from None


def read_patterns(path: str, n: int) -> Any:
    """0/1 patterns, one per row of a text file, or the array `patterns` (else `signs`) of a .npz file.

    A row may also be one word of n digits, as in proof files: 1100.
    """
    from polyrelu.data.given_patterns import as_patterns

    if path.endswith(".npz"):
        return as_patterns(_from_npz(path), n)
    from polyrelu.data.tables import read_table

    if words := _as_words(path, n):
        return as_patterns(words, n)
    try:
        rows = read_table(path).rows
    except BadInput as error:
        raise BadInput(f"--patterns: {error}") from None
    return as_patterns([[int(v) if v in (0, 1) else -1 for v in row] for row in rows], n)


def _as_words(path: str, n: int) -> list[list[int]]:
    """The rows of a file that holds nothing but words of n digits 0 and 1; else none, and it is a table."""
    if not Path(path).is_file():
        return []
    words = Path(path).read_bytes().split()
    whole = all(len(word) == n and not word.strip(b"01") for word in words)
    return [[digit - ord("0") for digit in word] for word in words] if whole and n > 1 else []


def _from_npz(path: str) -> Any:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as file:
            if "patterns" in file:
                return file["patterns"]
            if "signs" in file:
                return file["signs"] >= 0
            names = ", ".join(file.files) or "none"
    except (OSError, ValueError, EOFError) as error:
        raise BadInput(f"--patterns {path}: not a readable .npz file ({error})") from None
    raise BadInput(f"--patterns {path}: no array named patterns or signs (found: {names})")
