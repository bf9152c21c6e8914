"""Formulas as MathML, which browsers draw themselves: pages need no script and no network."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from docutils.nodes import SkipNode
from docutils.utils.math import MathError, latex2mathml
from sphinx.util.logging import getLogger

logger = getLogger(__name__)


def setup(app: Any) -> dict[str, bool]:
    """Offer the renderer as `html_math_renderer = "mathml"`."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _inline(translator: Any, node: Any) -> None:
    translator.body.append(_mathml(node, as_block=False))
    raise SkipNode


def _block(translator: Any, node: Any) -> None:
    translator.body.append(f'<div class="math">{_mathml(node, as_block=True)}</div>\n')
    raise SkipNode


def _mathml(node: Any, *, as_block: bool) -> str:
    try:
        formula = str(latex2mathml.tex2mathml(node.astext(), as_block=as_block))
    except MathError as error:
        logger.warning("%s in the formula %r", error, node.astext(), location=node)
        return f"<code>{escape(node.astext())}</code>"
    # A bar or a bracket is as high as it is asked to be: else one before an index is longer than the one behind it.
    formula = re.sub(r"<mo>([‖(){}\[\]])</mo>", r'<mo stretchy="false">\1</mo>', formula)
    # Browsers take a bar between two letters for a relation, and give it room.
    return re.sub(
        r'<mo stretchy="false">([‖|])</mo>', r'<mo stretchy="false" lspace="0" rspace="0">\1</mo>', formula
    )
