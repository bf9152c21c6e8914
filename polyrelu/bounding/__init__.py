"""Bounds of the optimum where nobody can prove the optimum itself: a feasible dual vector below, a network above."""
