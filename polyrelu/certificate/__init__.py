"""Proof files: written from a result (`write_proof`), checked without the package (`check.py`), and put into words."""

from polyrelu.certificate.write import proof_document, write_proof

__all__ = ["proof_document", "write_proof"]
