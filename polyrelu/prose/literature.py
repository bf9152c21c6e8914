"""What a lemma cites: for a reader, and as entries for BibTeX."""

from __future__ import annotations

import re
from typing import NamedTuple


class Work(NamedTuple):
    """How it is called in a text, its reference, and its entry."""

    short: str
    reference: str
    kind: str
    fields: dict[str, str]


WORKS = {
    "pilanci2020neural": Work(
        "Pilanci and Ergen 2020",
        "M. Pilanci and T. Ergen. Neural networks are convex regularizers: exact polynomial-time convex optimization "
        "formulations for two-layer networks. ICML 2020, PMLR 119, 7695-7705.",
        "inproceedings",
        {
            "author": "Pilanci, Mert and Ergen, Tolga",
            "title": "Neural Networks are Convex Regularizers: Exact Polynomial-time Convex Optimization Formulations "
            "for Two-layer Networks",
            "booktitle": "Proceedings of the 37th International Conference on Machine Learning ({ICML} 2020)",
            "series": "Proceedings of Machine Learning Research",
            "volume": "119",
            "pages": "7695--7705",
            "year": "2020",
        },
    ),
    "mishkin2023optimal": Work(
        "Mishkin and Pilanci 2023",
        "A. Mishkin and M. Pilanci. Optimal sets and solution paths of ReLU networks. ICML 2023, PMLR 202, "
        "24888-24924.",
        "inproceedings",
        {
            "author": "Mishkin, Aaron and Pilanci, Mert",
            "title": "Optimal Sets and Solution Paths of {ReLU} Networks",
            "booktitle": "Proceedings of the 40th International Conference on Machine Learning ({ICML} 2023)",
            "series": "Proceedings of Machine Learning Research",
            "volume": "202",
            "pages": "24888--24924",
            "year": "2023",
        },
    ),
    "zaslavsky1975facing": Work(
        "Zaslavsky 1975",
        "T. Zaslavsky. Facing up to arrangements: face-count formulas for partitions of space by hyperplanes. Memoirs "
        "of the AMS 154, 1975.",
        "book",
        {
            "author": "Zaslavsky, Thomas",
            "title": "Facing up to Arrangements: Face-Count Formulas for Partitions of Space by Hyperplanes",
            "series": "Memoirs of the American Mathematical Society",
            "number": "154",
            "publisher": "American Mathematical Society",
            "year": "1975",
        },
    ),
    "moore1966interval": Work(
        "Moore 1966",
        "R. E. Moore. Interval analysis. Prentice-Hall, 1966.",
        "book",
        {
            "author": "Moore, Ramon E.",
            "title": "Interval Analysis",
            "publisher": "Prentice-Hall",
            "year": "1966",
        },
    ),
    "polyrelu": Work(
        "polyrelu",
        "The polyrelu developers. polyrelu: exact geometry of neural-network optima. Software.",
        "misc",
        {
            "author": "{The polyrelu developers}",
            "title": "polyrelu: Exact Geometry of Neural-Network Optima",
            "howpublished": "Software",
        },
    ),
}

CITE = re.compile(r"\\cite\{(\w+)\}")


def cited(texts: list[str]) -> list[str]:
    """The keys of the works that texts cite, in the order of `WORKS`."""
    found = {key for text in texts for key in CITE.findall(text)}
    return [key for key in WORKS if key in found]


def bibtex(keys: list[str]) -> str:
    """Their entries."""
    entries = []
    for key in keys:
        work = WORKS[key]
        lines = [f"  {name} = {{{value}}}" for name, value in work.fields.items()]
        entries.append(f"@{work.kind}{{{key},\n" + ",\n".join(lines) + "\n}\n")
    return "\n".join(entries)
