"""Sections of a proof as plain text, or as a LaTeX document that pdflatex compiles as it is, in one run."""

from __future__ import annotations

import re
import textwrap

from polyrelu.certificate.prose import Section

WIDTH = 100
ROWS_PER_TABLE = 36
SCOPED = re.compile(r"unique[\w ]* among [\w ]*(?:pattern|gate)s?")
JOINED = "\0"

PREAMBLE = r"""\documentclass[11pt,a4paper]{article}
\usepackage{amsmath}
\usepackage{array}
\usepackage[margin=25mm]{geometry}
\emergencystretch=3em
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\renewcommand{\arraystretch}{1.2}
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
    "^": r"\^{}",
    "~": r"\~{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}

IN_PLAIN = [
    (r"\\tfrac\{(\d+)\}\{(\d+)\}", r"\1/\2"),
    (r"\\sqrt\{(\d+)\}", r" sqrt(\1)"),
    (r"\\texttt\{([^}]*)\}", r"\1"),
    (r"\\mathbf\{R\}", "R"),
    (r"\^\{(\w+)\}", r"^\1"),
    (r"_\{(\w+)\}", r"_\1"),
    (r"\\tfrac12", "1/2"),
    (r"\\min_\{w_b \\in K_b\}", "min"),
    (r"\\hat y", "yhat"),
    (r"\\Bigl\\\| | \\Bigr\\\||\\\|", "|"),
    (r"\\ge\b", ">="),
    (r"\\le\b", "<="),
    (r"\\pm ", "+-"),
    (r"\\([{}])", r"\1"),
    (r"\\[, ]|\\q?quad", " "),
    (r"\\([a-z]+)", r"\1"),
]


def plain(sections: list[Section]) -> str:
    """Text for a terminal."""
    lines: list[str] = []
    for section in sections:
        lines += [section.heading, "-" * len(section.heading), ""]
        for paragraph in section.paragraphs:
            lines += [*wrapped(paragraph), ""]
        if section.rows:
            table = [[plain_text(cell) for cell in row] for row in [section.head, *section.rows]]
            widths = [max(map(len, column)) for column in zip(*table, strict=True)]
            lines += ["  " + "  ".join(map(str.ljust, row, widths)).rstrip() for row in table]
            lines.append("")
        for paragraph in section.after:
            lines += [*wrapped(paragraph), ""]
    return "\n".join(lines)


def wrapped(paragraph: str) -> list[str]:
    """A paragraph in lines; the end of a line never tears "unique" from its scope."""
    text = SCOPED.sub(lambda whole: whole[0].replace(" ", JOINED), plain_text(paragraph))
    return [line.replace(JOINED, " ") for line in textwrap.wrap(text, WIDTH)]


def plain_text(text: str) -> str:
    """The text with its formulas in plain characters."""
    neurons = text.split("$")
    for i in range(1, len(neurons), 2):
        for pattern, replacement in IN_PLAIN:
            neurons[i] = re.sub(pattern, replacement, neurons[i])
        neurons[i] = re.sub(r"(?<=\() | (?=[,)])", "", re.sub(" +", " ", neurons[i])).strip()
    return "".join(neurons)


def latex(sections: list[Section]) -> str:
    """A whole LaTeX document."""
    parts = [PREAMBLE]
    for section in sections:
        parts.append(rf"\section{{{tex_text(section.heading)}}}")
        parts += map(tex_paragraph, section.paragraphs)
        for start in range(0, len(section.rows), ROWS_PER_TABLE):
            parts.append(tex_table(section, section.rows[start : start + ROWS_PER_TABLE]))
        parts += map(tex_paragraph, section.after)
    return "\n\n".join([*parts, r"\end{document}", ""])


def tex_paragraph(text: str) -> str:
    """A paragraph, or a displayed formula if it is nothing else."""
    whole = re.fullmatch(r"\$([^$]*)\$", text)
    return rf"\[ {whole[1]} \]" if whole else tex_text(text)


def tex_text(text: str) -> str:
    """The text with its formulas as they are and all else made harmless."""
    neurons = text.split("$")
    return "".join(f"${neuron}$" if i % 2 else escape(neuron) for i, neuron in enumerate(neurons))


def tex_table(section: Section, rows: list[list[str]]) -> str:
    """A table; its widest column may break its lines if it is wide, all others are as wide as they need."""
    lengths = [max(len(plain_text(row[i])) for row in section.rows) for i in range(len(section.head))]
    wide = lengths.index(max(lengths))
    columns = ["l"] * len(lengths)
    if max(lengths) > 50:
        columns[wide] = r">{\raggedright\arraybackslash}p{0.5\textwidth}"
    lines = [" & ".join(map(tex_cell, row)) + r" \\" for row in rows]
    head = " & ".join(map(tex_text, section.head)) + r" \\ \hline"
    table = [rf"\begin{{tabular}}{{{''.join(columns)}}}", head, *lines, r"\end{tabular}"]
    return "\n".join([r"\begin{center}", *table, r"\end{center}"])


def tex_cell(cell: str) -> str:
    """A cell; a face or a pattern and a long vector may break anywhere."""
    if re.fullmatch(r"[+\-0]{2,}|[01]{2,}", cell):
        parts = [cell[i : i + 8].replace("-", "{-}") for i in range(0, len(cell), 8)]
        return r"\texttt{" + r"\allowbreak ".join(parts) + "}"
    return tex_text(cell).replace(r",\ ", r",\allowbreak\ ")


def escape(text: str) -> str:
    """Characters that are special to TeX, made harmless; long hexadecimal words may break."""
    escaped = "".join(SPECIAL.get(c, c) for c in text)
    return re.sub(
        r"[0-9a-f]{64}", lambda m: r"\texttt{" + r"\allowbreak ".join(textwrap.wrap(m[0], 16)) + "}", escaped
    )
