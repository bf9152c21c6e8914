r"""A proof in prose as LaTeX: a whole document, or a fragment that a paper takes in with \input.

Both compile with pdflatex as they are, with amsmath and amsthm alone, and no line is too long: long numbers, vectors,
faces and hashes may break, and wide columns are as wide as the line allows.
"""

from __future__ import annotations

import re
import textwrap
from itertools import pairwise

from polyrelu.prose.explanation import texts
from polyrelu.prose.literature import CITE, WORKS, cited
from polyrelu.prose.parts import Block, Part, Table
from polyrelu.prose.plain import plain_text

ROWS_PER_TABLE = 20
MANY = 12
"""Rows from which a narrow table is folded."""
NARROW, SHORT = 34, 14
"""Characters of a table that fits any line; of a cell that is never broken."""

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{amsmath}
\usepackage{amsthm}
\usepackage[margin=25mm]{geometry}
\newtheorem*{lemma}{Lemma}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\title{Optimal two-layer networks: a lemma with its proof}
\author{}
\date{}
\begin{document}
\maketitle
"""

HEAD = r"""%% A lemma with its proof, made by polyrelu explain from a proof file that its checker accepted.
%% Use it in a document that loads amsmath and amsthm, by \input{%(name)s}. The environment lemma is made here where
%% the document has none. The lemma is \ref{%(label)s}.
%% It cites %(keys)s: their entries for BibTeX are below, and are written to a
%% file by polyrelu explain FILE --latex %(name)s --fragment --bib FILE.bib.
%%
%(entries)s
\makeatletter\@ifundefined{lemma}{\newtheorem{lemma}{Lemma}}{}\makeatother
"""

LOOSE_WORD = re.compile(r"[+\-0]{2,}|[01]{2,}")
"""A face or a pattern."""

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "^": r"\^{}",
    "~": r"\~{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def latex(parts: list[Part]) -> str:
    """A whole document, whose references are a section."""
    body: list[str] = []
    for part in parts:
        if part.kind == "section":
            body += [rf"\section*{{{escape(part.heading)}}}", *map(tex_block, part.blocks)]
        else:
            body += environment(part)
    named = CITE.sub(lambda found: f"[{WORKS[found[1]].short}]", "\n\n".join(body))
    return "\n\n".join([PREAMBLE, rf"{{{LOOSE}", named, "}", r"\end{document}", ""])


LOOSE = r"\emergencystretch=4em\relax"


def fragment(parts: list[Part], name: str, digest: str, entries: str) -> str:
    """What a paper takes in: the problem, the lemma with a label, the proof."""
    keys, label = cited(texts(parts)), f"lem:polyrelu-{digest[:12]}"
    commented = "\n".join(f"% {line}".rstrip() for line in entries.splitlines())
    head = HEAD % {"name": name, "label": label, "keys": ", ".join(keys) or "nothing", "entries": commented}
    body: list[str] = []
    for part in parts:
        body += map(tex_block, part.blocks) if part.kind == "section" else environment(part, label)
    return "\n\n".join([head, rf"\begingroup{LOOSE}", *body, r"\endgroup", ""])


def environment(part: Part, label: str = "") -> list[str]:
    """A lemma or a proof."""
    labelled = rf"\label{{{label}}}" if label and part.kind == "lemma" else ""
    return [rf"\begin{{{part.kind}}}{labelled}", *map(tex_block, part.blocks), rf"\end{{{part.kind}}}"]


def tex_block(block: Block) -> str:
    """A table, a paragraph, or a displayed formula if the paragraph is nothing else."""
    if isinstance(block, Table):
        chunks = range(0, len(block.rows), ROWS_PER_TABLE)
        return "\n\n".join(tex_table(block, block.rows[k : k + ROWS_PER_TABLE]) for k in chunks)
    whole = re.fullmatch(r"\$([^$]*)\$", block)
    if not whole:
        return tex_text(block)
    lines = rf"\begin{{aligned}} {whole[1]} \end{{aligned}}" if "&" in whole[1] else whole[1]
    return rf"\[ {lines} \]"


def tex_text(text: str) -> str:
    """The text with its formulas and citations as they are and all else made harmless."""
    pieces = text.split("$")
    return "".join(f"${broken(piece)}$" if i % 2 else _cited(piece) for i, piece in enumerate(pieces))


def _cited(text: str) -> str:
    ends = [0, *(end for found in CITE.finditer(text) for end in found.span()), len(text)]
    pieces = [text[a:b] for a, b in pairwise(ends)]
    return "".join(piece if i % 2 else escape(piece) for i, piece in enumerate(pieces))


def broken(formula: str) -> str:
    """Long numbers may break between their digits, and vectors behind commas."""
    loose = re.sub(r"\d{16,}", lambda digits: r"\allowbreak ".join(textwrap.wrap(digits[0], 8)), formula)
    return loose.replace(r",\ ", r",\allowbreak\ ")


def tex_table(table: Table, rows: list[list[str]]) -> str:
    """A table that fits the line: columns of short cells as they are, the others share what is left of it."""
    head, rows = folded(table.head, rows)
    columns = list(zip(*([plain_text(c) for c in row] for row in [head, *rows]), strict=True))
    lengths = [max(map(len, column)) for column in columns]
    wide = [i for i, n in enumerate(lengths) if n > SHORT] if sum(lengths) > NARROW else []
    least = {i: max(map(longest_word, columns[i])) / 2 + 0.3 for i in wide}
    taken = sum(n / 2 + 0.3 for i, n in enumerate(lengths) if i not in wide) + sum(least.values())
    total = sum(lengths[i] for i in wide)
    left = rf"(\linewidth - {taken:.2f}em - {2 * len(lengths)}\tabcolsep)"
    kinds = [
        rf"p{{\dimexpr {least[i]:.2f}em + {left} * {1000 * n // total} / 1000\relax}}" if i in wide else "l"
        for i, n in enumerate(lengths)
    ]
    lines = [" & ".join(map(tex_cell, row)) + r" \tabularnewline" for row in rows]
    top = " & ".join(map(tex_text, head)) + r" \tabularnewline \hline"
    body = [rf"\begin{{tabular}}{{{''.join(kinds)}}}", top, *lines, r"\end{tabular}"]
    size = r"\small\setlength{\tabcolsep}{3pt}" if wide else ""
    begin = rf"\begin{{center}}\normalfont{size}\renewcommand{{\arraystretch}}{{1.2}}"
    return "\n".join([begin, *body, r"\end{center}"])


def longest_word(text: str) -> int:
    """Characters of the longest piece of a cell that is not broken."""
    words = (8 if LOOSE_WORD.fullmatch(word) else len(word) for word in text.split())
    return min(2 * SHORT, max(words, default=0))


def folded(head: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """A long narrow table with its second half beside the first."""
    if (
        len(rows) < MANY
        or sum(max(len(plain_text(row[i])) for row in rows) for i in range(len(head))) > NARROW // 2
    ):
        return head, rows
    half = -(-len(rows) // 2)
    padded = [*rows, [""] * len(head)][: 2 * half]
    return [*head, *head], [a + b for a, b in zip(padded[:half], padded[half:], strict=True)]


def tex_cell(cell: str) -> str:
    """A cell; a face or a pattern and a long vector may break anywhere."""
    if LOOSE_WORD.fullmatch(cell):
        parts = [cell[i : i + 8].replace("-", "{-}") for i in range(0, len(cell), 8)]
        text = r"\texttt{" + r"\allowbreak ".join(parts) + "}"
    else:
        text = tex_text(cell)
    return rf"\raggedright {text}" if len(plain_text(cell)) > SHORT else text


def escape(text: str) -> str:
    """Characters that are special to TeX, made harmless; long hexadecimal words and numbers may break."""
    escaped = "".join(SPECIAL.get(c, c) for c in text)
    loose = re.sub(
        r"[0-9a-f]{64}", lambda m: r"\texttt{" + r"\allowbreak ".join(textwrap.wrap(m[0], 8)) + "}", escaped
    )
    return re.sub(
        r"(?<![0-9a-f{])\d{16,}(?![0-9a-f])", lambda m: r"\allowbreak ".join(textwrap.wrap(m[0], 8)), loose
    )
