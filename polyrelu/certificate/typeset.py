"""Sections of a proof as plain text, or as a LaTeX document that pdflatex compiles as it is."""

from __future__ import annotations

import re
import textwrap
from typing import Any

from polyrelu.certificate.prose import Math, Section

WIDTH = 100

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{amsmath}
\usepackage{array}
\usepackage{longtable}
\usepackage[margin=25mm]{geometry}
\emergencystretch=3em
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\title{Proof of the optimum of a two-layer network}
\author{}
\date{}
\begin{document}
\maketitle
"""

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "_": r"\_",
    "%": r"\%",
    "&": r"\&",
    "#": r"\#",
    "$": r"\$",
    "^": r"\^{}",
    "~": r"\~{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def plain(sections: list[Section]) -> str:
    """Text for a terminal."""
    lines: list[str] = []
    for section in sections:
        lines += [section.heading, "-" * len(section.heading), ""]
        for paragraph in section.paragraphs:
            lines += [*textwrap.wrap(_plain(paragraph), WIDTH), ""]
        if section.rows:
            table = [[_plain([cell]) for cell in row] for row in [section.head, *section.rows]]
            widths = [max(len(row[i]) for row in table) for i in range(len(section.head))]
            lines += [
                "  " + "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
                for row in table
            ]
            lines.append("")
        for paragraph in section.after:
            lines += [*textwrap.wrap(_plain(paragraph), WIDTH), ""]
    return "\n".join(lines)


def _plain(text: list[Any]) -> str:
    return "".join(piece.plain if isinstance(piece, Math) else piece for piece in text)


def latex(sections: list[Section]) -> str:
    """A whole LaTeX document."""
    parts = [PREAMBLE]
    for section in sections:
        parts.append(rf"\section{{{escape(section.heading)}}}")
        parts += [_tex_paragraph(paragraph) for paragraph in section.paragraphs]
        if section.rows:
            parts.append(_tex_table(section))
        parts += [_tex_paragraph(paragraph) for paragraph in section.after]
    return "\n\n".join([*parts, r"\end{document}", ""])


def _tex_paragraph(text: list[Any]) -> str:
    if len(text) == 1 and isinstance(text[0], Math):
        return rf"\[ {text[0].tex} \]"
    return "".join(_tex(piece) for piece in text)


def _tex(piece: Any) -> str:
    return f"${piece.tex}$" if isinstance(piece, Math) else escape(piece)


def _tex_table(section: Section) -> str:
    """The last wide column may break its lines; all others are as wide as they need."""
    wide = max(range(len(section.head)), key=lambda i: max(len(str(row[i])) for row in section.rows))
    columns = "".join(
        r">{\raggedright\arraybackslash}p{0.5\textwidth}" if i == wide else "l"
        for i in range(len(section.head))
    )
    if max(len(str(row[wide])) for row in section.rows) < 40:
        columns = "l" * len(section.head)
    rows = [" & ".join(_tex_cell(cell) for cell in row) + r" \\" for row in section.rows]
    head = " & ".join(_tex(cell) for cell in section.head) + r" \\ \hline \endhead"
    return "\n".join([rf"\begin{{longtable}}{{{columns}}}", head, *rows, r"\end{longtable}"])


def _tex_cell(cell: Any) -> str:
    if isinstance(cell, str) and re.fullmatch(
        r"[+\-0]{2,}|[01]{2,}", cell
    ):  # a face or a pattern: may break anywhere
        return (
            r"\texttt{"
            + r"\allowbreak ".join(cell[i : i + 8].replace("-", "{-}") for i in range(0, len(cell), 8))
            + "}"
        )
    if isinstance(cell, str) and re.fullmatch(r"-?[0-9./]+", cell):
        return f"${cell}$"
    return _tex(cell)


def escape(text: str) -> str:
    """Characters that are special to TeX, made harmless; long hexadecimal words may break."""
    escaped = "".join(SPECIAL.get(c, c) for c in text)
    return re.sub(
        r"[0-9a-f]{64}", lambda m: r"\texttt{" + r"\allowbreak ".join(textwrap.wrap(m[0], 16)) + "}", escaped
    )
