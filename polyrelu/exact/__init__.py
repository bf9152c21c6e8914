"""Exact arithmetic: rationals, linear algebra, enclosures, real algebraic numbers, polyhedra."""
