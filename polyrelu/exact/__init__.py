"""Exact arithmetic: rationals, linear algebra, enclosures, real algebraic numbers, polyhedra."""

import polyrelu.exact.pickling  # noqa: F401 -- results hold flint numbers: from here on they can be pickled
