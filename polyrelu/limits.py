"""What is refused, and beyond which size: every limit that a user can meet, in one place.

A limit keeps a question from running for hours or filling the memory; it never changes an answer. (The checker of
proof files has its own, since it shares no code with the rest.)
"""

MAX_CELLS = 2_000_000
"""Arrangements with more cells are refused before any work (--max-cells)."""
MAX_VERTICES = 10_000
"""Sets with more vertices are not listed (--max-vertices)."""
MAX_VERTICES_DRAWN = 1000
"""Figures from the command line draw no set with more (--max-vertices)."""
MAX_VERTICES_WRITTEN = 1000
"""Longer lists of vertices are left out of proof files."""
MAX_VERTICES_COMPARED = 1000
"""Among more minimal networks the nearest to a trained one is not looked for."""
MAX_DIGITS = 1000
"""Digits of a numerator, denominator or literal that is read, and of a bound that is printed (--digits)."""
MAX_EXPONENT = 1000
"""Decimal exponent of a number that is read: 1e1000 is accepted, 1e1001 is not."""
MAX_SCALE = 60
"""Decimal exponent of what a path walks on: tables whose largest entry, and lambdas that, lie beyond 1e60 or 1e-60 are
refused, since it multiplies several of them in floats."""
