"""The command reference, from the parsers' own --help."""

from __future__ import annotations

import argparse
import os

from polyrelu.cli import build_parser

WIDTH = "98"

INTRODUCTION = """\
# Commands

Every command explains itself with `--help`; this page is made of these texts. With `--json` a command prints one JSON
object instead of words. Exit status: 0 done or proved, 2 bad input, 3 undecided, 130 interrupted.

"""


def pages() -> dict[str, bytes]:
    """One page with a section for each command."""
    os.environ["COLUMNS"] = WIDTH
    parser = build_parser()
    sub = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    sections = [_section(f"polyrelu {name}", command) for name, command in sub.choices.items()]
    return {"commands.md": (INTRODUCTION + "\n".join(sections)).encode()}


def _section(title: str, parser: argparse.ArgumentParser) -> str:
    return f"## {title}\n\n```text\n{parser.format_help().rstrip()}\n```\n"
