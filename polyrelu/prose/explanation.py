"""A checked proof file in prose: the problem, a lemma, its proof, and what the checker says was proved."""

from __future__ import annotations

from typing import Any

from polyrelu.certificate import check
from polyrelu.certificate import path as paths
from polyrelu.prose.kernel_lemma import kernel_statement
from polyrelu.prose.kernel_proof import kernel_argument
from polyrelu.prose.lemma import statement
from polyrelu.prose.literature import WORKS, cited
from polyrelu.prose.parts import Block, Part, Table
from polyrelu.prose.path_lemma import path_argument, path_statement
from polyrelu.prose.proof import argument
from polyrelu.prose.setting import setting


def lemma_with_proof(document: dict[str, Any], report: check.Report) -> list[Part]:
    """What a paper needs."""
    if check.is_kernel_file(document) and document["kind"] in paths.KINDS:
        claim, proof = path_statement(document), path_argument(document, report.file)
    elif check.is_kernel_file(document):
        claim, proof = kernel_statement(document), kernel_argument(document, report.file)
    else:
        claim, proof = statement(document, report), argument(document, report)
    about = setting(document["problem"], report.problem)
    return [
        Part("section", "The problem", about),
        Part("lemma", "Lemma", claim),
        Part("proof", "Proof", proof),
    ]


def explanation(document: dict[str, Any], report: check.Report) -> list[Part]:
    """The lemma with its proof, the sentences of the checker, how to check again, and what is cited."""
    parts = lemma_with_proof(document, report)
    references = [f"[{WORKS[key].short}] {WORKS[key].reference}" for key in cited(texts(parts))]
    said = [Part("section", "What the checker says", _said(report))]
    return [*parts, *said, Part("section", "References", list(references))]


def texts(parts: list[Part]) -> list[str]:
    """All paragraphs."""
    return [block for part in parts for block in part.blocks if not isinstance(block, Table)]


def _said(report: check.Report) -> list[Block]:
    blocks: list[Block] = [
        words.replace("R^d", r"$\mathbf{R}^d$").replace("lambda", r"$\lambda$") for words in report.proved
    ]
    if report.not_claimed:
        blocks.append(
            "Not claimed: " + "; ".join(check.ABOUT.get(name, name) for name in report.not_claimed) + "."
        )
    return [
        *blocks,
        f"The proof file has the SHA-256 {report.file} (uncompressed). It is checked again by",
        r"$\texttt{python3 -I check.py proof.json}$",
        "with the file check.py of polyrelu (beside it, for a kernel file, kernel.py; for one about a path also "
        "path.py and what it loads) and nothing but Python.",
    ]
