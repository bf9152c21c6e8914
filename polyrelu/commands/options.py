"""Options that several commands share, and how they are read."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from polyrelu.data.files import check_writable
from polyrelu.limits import MAX_CELLS, MAX_DIGITS, MAX_VERTICES

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from polyrelu.budget import Budget
    from polyrelu.covering.checkpoint import Checkpoint
    from polyrelu.data.problem import Problem

DATA = "CSV or TSV file of numbers; - reads standard input"


def add_data_options(parser: argparse.ArgumentParser, *, no_target: bool = False) -> None:
    """DATA, how it is read, which problem it is and, where X alone makes sense, --no-target."""
    parser.add_argument("data", metavar="DATA", help=DATA)
    add_column_options(parser)
    if no_target:
        parser.add_argument("--no-target", action="store_true", help="every column is a feature")


def add_named_data_options(parser: argparse.ArgumentParser) -> None:
    """--data DATA, where something else is the command's argument; how it is read, and which problem it is."""
    parser.add_argument("--data", metavar="DATA", required=True, help=DATA)
    add_column_options(parser)


def add_column_options(parser: argparse.ArgumentParser) -> None:
    """--target: how a table is read; --bias, --output-bias, --skip, --free: which problem it is."""
    parser.add_argument(
        "--target",
        metavar="C",
        help="target column, by name or by index (0 is the first, -1 the last; default: last)",
    )
    parser.add_argument(
        "--bias",
        metavar="none|penalised|free",
        nargs="?",
        const="penalised",
        default="none",
        choices=("none", "penalised", "free"),
        help="bias of the hidden layer; --bias alone is penalised: a column of ones like the others (default: none)",
    )
    parser.add_argument(
        "--output-bias",
        metavar="none|free|ridge",
        default="none",
        choices=("none", "free", "ridge"),
        help="bias of the output; ridge pays lambda c^2/2 (default: none, but free with --bias free)",
    )
    parser.add_argument("--skip", action="store_true", help="add a free linear term a.x of the features")
    parser.add_argument(
        "--free",
        metavar="C1,C2",
        default="",
        help="columns (by name, or from 0 without DATA's target) that join linearly, without a penalty, and are no "
        "features of the neurons; `polyrelu --help problem` explains all these",
    )


def problem_of(args: argparse.Namespace, **more: Any) -> Problem:
    """The problem that the options describe."""
    from polyrelu.data.problem import Problem

    free = [name.strip() for name in args.free.split(",") if name.strip()]
    return Problem.read(
        args.data,
        target=args.target,
        lam=getattr(args, "lam", None),
        bias=args.bias,
        output_bias=args.output_bias,
        skip=args.skip,
        free=free,
        **more,
    )


def describes_a_problem(args: argparse.Namespace) -> bool:
    """Whether one of the options that say which problem it is was given."""
    return bool(
        args.target is not None or args.bias != "none" or args.output_bias != "none" or args.skip or args.free
    )


def add_lambda_option(parser: argparse.ArgumentParser, *, required: bool = True) -> None:
    """--lam."""
    parser.add_argument(
        "--lam",
        metavar="L",
        required=required,
        help="penalty lambda, exact: 1/10, 0.1 or 1e-1 (0 for certify and plot alone)",
    )


def add_gated_option(parser: argparse.ArgumentParser) -> None:
    """--gated."""
    parser.add_argument(
        "--gated", action="store_true", help="gated ReLU: one block per pattern, without its cone"
    )


def add_digits_option(parser: argparse.ArgumentParser) -> None:
    """--digits."""
    parser.add_argument(
        "--digits", metavar="N", type=digits, default=20, help="digits of the proved bounds (default 20)"
    )


def add_vertices_option(parser: argparse.ArgumentParser, default: int = MAX_VERTICES) -> None:
    """--max-vertices."""
    parser.add_argument(
        "--max-vertices",
        metavar="N",
        type=positive,
        default=default,
        help=f"do not list or draw the vertices (minimal networks) of a set with more (default {default:,})",
    )


def add_json_option(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_size_options(parser: argparse.ArgumentParser) -> None:
    """--jobs and --max-cells."""
    add_jobs_option(parser)
    add_max_cells_option(parser)


def add_jobs_option(parser: argparse.ArgumentParser) -> None:
    """--jobs."""
    parser.add_argument("--jobs", metavar="N", type=positive, default=1, help="worker processes (default 1)")


def add_max_cells_option(parser: argparse.ArgumentParser) -> None:
    """--max-cells."""
    parser.add_argument(
        "--max-cells",
        metavar="N",
        type=positive,
        default=MAX_CELLS,
        help=f"refuse to list more cells than this, where a list is needed (default {MAX_CELLS:,})",
    )


def add_seconds_option(parser: argparse.ArgumentParser) -> None:
    """--seconds."""
    parser.add_argument(
        "--seconds", metavar="S", type=seconds, help="print the best proved bounds when this time is up"
    )


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """--jobs, --dask and --checkpoint: where coverings run, and where they are kept."""
    add_jobs_option(parser)
    parser.add_argument(
        "--dask", metavar="ADDRESS", help="scheduler of a running Dask cluster, instead of --jobs"
    )
    parser.add_argument(
        "--checkpoint",
        metavar="FILE",
        help="keep long coverings there, and go on from the file if it exists; it is removed when all is answered",
    )


def seconds(text: str) -> float:
    """A positive number of seconds."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return value


def share(text: str) -> Fraction:
    """An exact number between 0 and 1."""
    from polyrelu.data.numbers import exact_number
    from polyrelu.errors import BadInput

    try:
        value = exact_number(text)
    except BadInput as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not 0 < value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not between 0 and 1")
    return value


@contextmanager
def engine(args: argparse.Namespace, what: str, problem: Problem) -> Iterator[Budget]:
    """The budget of --seconds, --jobs, --dask and --checkpoint, with a progress bar; all that is asked runs in it."""
    from polyrelu.budget import Budget, seconds_from_now, spending
    from polyrelu.show.progress import share_bar

    kept = _checkpoint(args, problem)
    with pool(args.jobs, args.dask) as executor, share_bar(what) as progress:
        means = Budget(seconds_from_now(args.seconds), executor, progress, kept)
        try:
            with spending(means):
                yield means
        except KeyboardInterrupt:
            put_away(means, answered=False)
            raise


def _checkpoint(args: argparse.Namespace, problem: Problem) -> Checkpoint | None:
    """The file of --checkpoint, which belongs to this problem alone."""
    import polyrelu

    if args.checkpoint is None:
        return None
    from polyrelu.covering.checkpoint import Checkpoint

    read = [args.data, args.out, *(getattr(args, name, None) for name in ("network", "predict", "patterns"))]
    check_writable(args.checkpoint, "--checkpoint", read)
    asked = (polyrelu.__version__, problem.X, problem.y, problem.lam)
    asked = asked if problem.setting.is_plain else (*asked, problem.setting, problem.columns)  # type: ignore[assignment]
    return Checkpoint(args.checkpoint, repr(asked))


def put_away(means: Budget, *, answered: bool) -> None:
    """A checkpoint goes when the question is answered; else it stays, and more time goes on from it."""
    if means.checkpoint is not None:
        means.checkpoint.remove() if answered else means.checkpoint.write()


@contextmanager
def pool(jobs: int, dask: str | None) -> Iterator[Executor | None]:
    """Processes here, or the workers of a Dask cluster."""
    if dask is None:
        with workers(jobs) as executor:
            yield executor
        return
    from polyrelu.interop.cluster import dask_executor

    with dask_executor(dask) as executor:
        yield executor


def positive(text: str) -> int:
    """A whole number of at least 1."""
    if not (text.isascii() and text.isdigit()) or len(text) > 18 or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def digits(text: str) -> int:
    """A number of digits between 1 and 1000."""
    value = positive(text)
    if value > MAX_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} digits were asked for; at most {MAX_DIGITS} are given")
    return value


@contextmanager
def workers(jobs: int) -> Iterator[Executor | None]:
    """A process pool for `--jobs N`, or None for a single process."""
    if jobs == 1:
        yield None
        return
    from concurrent.futures import ProcessPoolExecutor

    pool = ProcessPoolExecutor(max_workers=jobs, initializer=_ignore_interrupts)
    try:
        yield pool
    except KeyboardInterrupt:  # the answer is not wanted any more, so nobody waits for a worker's
        for process in list((pool._processes or {}).values()):
            process.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _ignore_interrupts() -> None:
    """Ctrl-C reaches the whole process group; the command answers for its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def note(text: str) -> None:
    """Tell a person, who may have to wait, what is being done."""
    if sys.stderr.isatty():
        print(text, file=sys.stderr, flush=True)
