"""A checked proof file as a lemma with its proof: as text, as a LaTeX document, or as a fragment for a paper."""
