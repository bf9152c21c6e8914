"""CSV and TSV files as tables of exact numbers, read exactly as written.

A header is optional. The first row is a header when one of its cells is a name (not a number) standing over a
number, or when none of its cells is a number. Rows in messages count data rows from 1, lines count file lines.
"""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from polyrelu.data.numbers import exact_number, looks_numeric
from polyrelu.errors import BadInput


@dataclass(frozen=True)
class Table:
    """A rectangular table of rationals with the names of its columns."""

    names: tuple[str, ...]
    rows: tuple[tuple[Fraction, ...], ...]


def read_table(path: str) -> Table:
    """Read a CSV or TSV file; `-` is standard input."""
    lines, shown = _split(_read_text(path), path), "standard input" if path == "-" else path
    if not lines:
        raise BadInput(f"{shown} holds no data; give a CSV file with at least one row of numbers")
    header = _is_header([cells for _, cells in lines[:2]])
    body = lines[1:] if header else lines
    if not body:
        raise BadInput(f"{shown} holds a header and no data; add at least one row of numbers")
    width = len(lines[0][1])
    for row, (line, cells) in enumerate(body, start=1):
        if len(cells) != width:
            raise BadInput(
                f"{shown}, row {row} (line {line}): {len(cells)} cells where the first line has {width}; "
                "make all rows equally long"
            )
    names = tuple(c.strip() for c in lines[0][1]) if header else tuple(f"x{j + 1}" for j in range(width))
    _refuse_text_columns(shown, names, header, [cells for _, cells in body])
    return Table(
        names, tuple(_numbers(shown, names, row, line, cells) for row, (line, cells) in enumerate(body, 1))
    )


def _read_text(path: str) -> str:
    try:
        data = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror or error}; check the name of the file") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"{path} is not a text file in UTF-8 (byte {error.start}); save it as CSV in UTF-8"
        ) from None


def _split(text: str, path: str) -> list[tuple[int, list[str]]]:
    """The non-blank lines of a table as (line number, cells)."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    marks = ("\t",) if path.endswith(".tsv") else (",", "\t", ";")
    delimiter = next((mark for mark in marks if mark in first), "")
    if not delimiter:  # columns separated by blanks, or a single column
        return [(k, line.split()) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
    # no cell is too long for the reader: a number of a million digits is refused as such, with its place
    before = csv.field_size_limit(len(text) + 1)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    try:
        return [(reader.line_num, cells) for cells in reader if any(c.strip() for c in cells)]
    except csv.Error as error:
        raise BadInput(f"{path}, line {reader.line_num}: not a readable CSV line ({error})") from None
    finally:
        csv.field_size_limit(before)


def _is_header(lines: list[list[str]]) -> bool:
    names = [not looks_numeric(cell) for cell in lines[0]]
    if not any(names):
        return False
    if len(lines) == 1:
        return True
    return all(names) or any(
        name and looks_numeric(below) for name, below in zip(names, lines[1], strict=False)
    )


def _column(names: tuple[str, ...], j: int) -> str:
    return f"column {j + 1} ({names[j]!r})" if names[j] else f"column {j + 1}"


def _refuse_text_columns(shown: str, names: tuple[str, ...], header: bool, body: list[list[str]]) -> None:
    """One message that names every column of words; a single wrong cell is reported by its place instead."""
    wordy = [j for j in range(len(names)) if all(not looks_numeric(cells[j]) for cells in body)]
    if wordy:
        where = ", ".join(_column(names, j) if header else f"column {j + 1}" for j in wordy)
        sample = body[0][wordy[0]].strip()[:40]
        raise BadInput(
            f"{shown}: {where} not numeric (row 1 holds {sample!r}); "
            "drop it or encode it as numbers, for instance 0 and 1"
        )


def _numbers(
    shown: str, names: tuple[str, ...], row: int, line: int, cells: list[str]
) -> tuple[Fraction, ...]:
    values = []
    for j, cell in enumerate(cells):
        try:
            values.append(exact_number(cell))
        except BadInput as error:
            raise BadInput(f"{shown}, row {row} (line {line}), {_column(names, j)}: {error}") from None
    return tuple(values)
