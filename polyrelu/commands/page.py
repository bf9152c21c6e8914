"""`polyrelu plot --interactive out.html`: the optimal set as a page to turn and to move in."""

from __future__ import annotations

import argparse

from polyrelu.commands.options import workers
from polyrelu.data.files import check_writable, write_whole
from polyrelu.errors import BadInput


def run(args: argparse.Namespace) -> int:
    """Certify, make the page, save it."""
    from polyrelu.certification import certify
    from polyrelu.commands.plot import feature_index, print_saved
    from polyrelu.data.problem import Problem
    from polyrelu.show import figures, interactive
    from polyrelu.show.progress import stage_line

    path = args.interactive
    if args.kind or args.out or args.level != "neurons":
        raise BadInput("--interactive makes one page of networks; drop --kind, --out and --level")
    if not path.lower().endswith((".html", ".htm")):
        raise BadInput(f"--interactive {path}: the page is an HTML file; give it the ending .html")
    figures.need_matplotlib()
    interactive.need_plotly()
    check_writable(path, "--interactive")
    problem = Problem.read(args.data, target=args.target, lam=args.lam, bias=args.bias)
    feature = feature_index(args.feature, problem)
    with workers(args.jobs) as executor, stage_line() as stage:
        result = certify(problem, max_cells=args.max_cells, executor=executor, stage=stage)
    made = interactive.page(result, args.neurons, feature, max_vertices=args.max_vertices)
    write_whole(path, lambda file: file.write(made.html.encode()))
    print_saved(args, path, "interactive", made.caption)
    return 0
