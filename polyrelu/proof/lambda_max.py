"""lambda_max = max over present b of || projection of s X^T D y onto K_b ||, exactly, as the root of a rational.

From lambda_max on the zero network is the only optimum. Its square is rational: y is, and so is every projection.
Blocks that a multiplier proves shorter than a threshold t drop out; the others are projected exactly. If the longest
of these reaches t, it is the maximum; otherwise t was a bad guess and is halved (at t = 0 all blocks are projected).
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from flint import arb, fmpq

from polyrelu.exact.enclosure import precision
from polyrelu.proof.inactive import RoundedResidual, not_proved_inactive, project_block
from polyrelu.proof.program import Program

MARGIN = Fraction(1, 10**6)
MAX_HALVINGS = 6


def lambda_max_squared(program: Program) -> fmpq:
    """The exact square of lambda_max."""
    if not any(program.yq) or not program.nonzero_rows.any():
        return fmpq(0)
    guess = program.guesser.lambda_max()
    threshold = Fraction(guess) * (1 - MARGIN) if np.isfinite(guess) and guess > 1e-200 else Fraction(0)
    for _ in range(MAX_HALVINGS):
        longest = _longest_reaching(program, threshold)
        if longest >= fmpq(threshold.numerator, threshold.denominator) ** 2:
            return longest
        threshold /= 2
    return _longest_reaching(program, Fraction(0))


def _longest_reaching(program: Program, threshold: Fraction) -> fmpq:
    """The largest |p_b|^2 over all blocks that are not proved shorter than the threshold."""
    with precision(256):
        residual = RoundedResidual.of(program, [arb(v) for v in program.yq])
    every_block = np.ones((len(program.patterns), 2), dtype=bool)
    rows, columns = not_proved_inactive(residual, threshold, program.y_float, every_block)
    longest = fmpq(0)
    for i, column in zip(rows, columns, strict=True):
        gate = int(i) if program.gated else None
        block = project_block(program, program.yq, program.patterns[i], 1 if column == 0 else -1, gate)
        longest = max(longest, block.squared_norm)
    return longest


def enclosed_root(square: fmpq, bits: int) -> arb:
    """An enclosure of the root of a rational."""
    with precision(bits):
        return arb(square).sqrt()
