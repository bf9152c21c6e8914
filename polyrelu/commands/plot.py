"""`polyrelu plot`: a figure of the optimal networks, as PNG, SVG or PDF."""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from polyrelu.commands.options import (
    add_data_options,
    add_json_option,
    add_lambda_option,
    add_size_options,
    add_vertices_option,
    positive,
    problem_of,
    workers,
)
from polyrelu.data.files import check_writable, write_whole
from polyrelu.errors import BadInput
from polyrelu.limits import MAX_VERTICES_DRAWN
from polyrelu.show.figures import KINDS

if TYPE_CHECKING:
    from polyrelu.data.problem import Problem
    from polyrelu.result import Result

DESCRIPTION = """\
Draw the optimal networks of a data set. Vertices, edges, neurons and ranges come from the proof; floats only draw.

  polyrelu plot data.csv --lam 1/10
  polyrelu plot data.csv --lam 1/10 --kind figure1 --neurons 1,3,4 --out figure1.pdf

kinds of figures:
  figure1      the polytope of optimal weights, and the curved set of network weights beside it
  arrangement  the neurons among the activation patterns, for two or three features (a bias counts)
  polytope     the set of optimal networks with its vertices and edges
  functions    what the optimal networks compute, for one or two features (a bias does not count); with a free hidden
               bias also where their kinks can lie
  support      neurons by rows, and the range of each neuron's weight
Without --kind the one that says most about the data is drawn; at lambda = 0 there is figure1 alone.
"""

EPILOG = """\
The picture's caption is printed; with --json the keys are file, kind and caption. Neurons are numbered from 1, as
certify lists them.
exit status: 0 drawn, 2 bad input, 3 undecided. Needs matplotlib: pip install 'polyrelu[plot]'.
"""


def add_parser(commands: Any) -> None:
    """Describe the command to the command line."""
    parser = commands.add_parser(
        "plot",
        help="a figure of the optimal networks",
        description=DESCRIPTION,
        epilog=EPILOG,
    )
    add_data_options(parser)
    add_lambda_option(parser)
    _add_figure_options(parser)
    add_vertices_option(parser, MAX_VERTICES_DRAWN)
    add_size_options(parser)
    parser.add_argument(
        "--out", metavar="FILE", help="a .png, .svg or .pdf file (default: DATA-KIND.png here)"
    )
    parser.add_argument(
        "--interactive",
        metavar="HTML",
        help="instead of a picture, a page to turn the set and to move in it by sliders (needs plotly)",
    )
    add_json_option(parser)
    parser.set_defaults(run=run)


def _add_figure_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=KINDS, help="what to draw (default: what says most)")
    parser.add_argument(
        "--neurons",
        metavar="I,J,K",
        type=three,
        help="figure1: the three neurons, or at lambda = 0 blocks (default: not flat)",
    )
    parser.add_argument(
        "--feature",
        metavar="C",
        help="figure1: the feature, by name or by number from 1 (default: the first)",
    )
    parser.add_argument(
        "--level",
        choices=("neurons", "blocks"),
        default="neurons",
        help="figure1, polytope: networks, or the convex program's blocks",
    )


def three(text: str) -> list[int]:
    """Three neurons, numbered from 1 and given back from 0."""
    parts = text.split(",")
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not three neurons; write for instance 1,2,4")
    return [positive(part.strip()) - 1 for part in parts]


def run(args: argparse.Namespace) -> int:
    """Certify, draw, save."""
    if args.interactive is not None:
        return _save_page(args)
    from polyrelu.show import figures

    _refuse_options_of_other_kinds(args)
    figures.need_matplotlib()
    kind = args.kind or ("figure1" if args.neurons or args.feature else None)
    path = args.out or default_name(args.data, kind or "figure")
    form = figures.format_of(path)
    check_writable(path, inputs=[args.data])
    problem = problem_of(args)
    if kind is not None and kind not in figures.ANY_SETTING:
        problem.setting.refuse(
            f"the figure {kind}", "use --kind functions or support"
        )  # before any long work begins
    result = _certified(args, problem)
    kind = kind or figures.natural_kind(result)
    figure = figures.draw(result, kind, **_options(args, kind, problem))
    if args.out is None:
        path = default_name(args.data, kind)
        check_writable(path, inputs=[args.data])
    write_whole(path, lambda file: file.write(figure.rendered(form)))
    _print_saved(args, path, kind, figure.caption)
    return 0


def _save_page(args: argparse.Namespace) -> int:
    """Certify, make the page to turn and to move in, save it."""
    from polyrelu.show import figures, interactive

    path = args.interactive
    if args.kind or args.out or args.level != "neurons":
        raise BadInput("--interactive makes one page of networks; drop --kind, --out and --level")
    if not path.lower().endswith((".html", ".htm")):
        raise BadInput(f"--interactive {path}: the page is an HTML file; give it the ending .html")
    figures.need_matplotlib()
    interactive.need_plotly()
    check_writable(path, "--interactive", [args.data])
    problem = problem_of(args)
    problem.setting.refuse("a page", "use --kind support without --interactive")
    feature = feature_index(args.feature, problem)
    result = _certified(args, problem)
    made = interactive.page(result, args.neurons, feature, max_vertices=args.max_vertices)
    write_whole(path, lambda file: file.write(made.html.encode()))
    _print_saved(args, path, "interactive", made.caption)
    return 0


def _certified(args: argparse.Namespace, problem: Problem) -> Result:
    from polyrelu.certification import certify
    from polyrelu.show.progress import stage_line

    with workers(args.jobs) as executor, stage_line() as stage:
        return certify(problem, max_cells=args.max_cells, executor=executor, stage=stage)


def _print_saved(args: argparse.Namespace, path: str, kind: str, caption: str) -> None:
    """What was drawn, and where it is."""
    if args.json:
        print(json.dumps({"file": path, "kind": kind, "caption": caption}))
    else:
        print("\n".join([*textwrap.wrap(caption.replace("λ", "lambda"), 79), f"saved to {path}"]))


def default_name(data: str, kind: str) -> str:
    """A name in the current folder."""
    return f"{'data' if data == '-' else Path(data).stem}-{kind}.png"


def _refuse_options_of_other_kinds(args: argparse.Namespace) -> None:
    if args.kind not in (None, "figure1") and (args.neurons or args.feature):
        raise BadInput(f"--neurons and --feature choose the axes of figure1, not of {args.kind}; drop them")
    if args.kind in ("arrangement", "functions", "support") and args.level != "neurons":
        raise BadInput(f"--level goes with figure1 and polytope, not with {args.kind}; drop it")


def _options(args: argparse.Namespace, kind: str, problem: Problem) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if kind in ("figure1", "polytope", "functions"):
        options["max_vertices"] = args.max_vertices
    if kind in ("figure1", "polytope"):
        options["level"] = args.level
    if kind == "figure1":
        options |= {"neurons": args.neurons, "feature": feature_index(args.feature, problem)}
    return options


def feature_index(named: str | None, problem: Problem) -> int | None:
    """A feature by name or by number from 1, counted from 0."""
    if named is None or named in problem.features:
        return None if named is None else problem.features.index(named)
    if not named.isascii() or not named.isdigit() or not 1 <= int(named) <= problem.d:
        raise BadInput(
            f"--feature {named}: give one of {', '.join(problem.features[:12])}, or a number from 1 to {problem.d}"
        )
    return int(named) - 1
