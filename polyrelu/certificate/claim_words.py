"""The sentences that state the claims of a file with cells; the checker has them, too, and compares."""

from __future__ import annotations

from typing import Any

from polyrelu.proof.program import Program

DECIMALS = 20


def in_words(name: str, claim: dict[str, Any], program: Program) -> str:
    """The sentence that states a claim."""
    among = program.scope and f" {program.scope}"
    if name == "arrangement":
        return f"Cells of the arrangement of the rows: exactly {claim['cells']}."
    if name == "optimum":
        units = abs(int(claim["objective"]))
        value = f"{'-' if claim['objective'][0] == '-' else ''}{units // 10**DECIMALS}.{units % 10**DECIMALS:020d}"
        scope = "all cells" if program.all_cells else f"these {len(program.patterns)} patterns"
        return (
            f"The optimum of the {'gated ReLU' if program.gated else 'ReLU'} program over {scope} has the objective "
            f"{value} (rounded). Neurons that reach lambda: exactly {len(claim['neurons'])} "
            f"(blocks: {claim['tight_blocks']}); all other blocks are strictly inactive."
        )
    if name == "vertices":
        return (
            f"Vertices of the set of optimal weights{among}, the inclusion-minimal networks: exactly "
            f"{len(claim['supports'])}, and no rays; width of the narrowest: {claim['narrowest']}."
        )
    unique = f"unique up to permutation and splitting{among}"
    if not claim["p_unique"]:
        same = {
            None: "",
            True: "; all are one function on R^d",
            False: "; not all are one function on R^d",
        }
        unique = f"not {unique}{same[claim['function_unique']]}"
    return (
        f"Neurons that optimal networks use{among}: exactly {sum(claim['used'])} (blocks: {claim['used_blocks']}); "
        f"rank of their activations: {claim['rank']}; dimension of the set of optimal weights: {claim['dimension']}. "
        f"The optimal network is {unique}."
    )
