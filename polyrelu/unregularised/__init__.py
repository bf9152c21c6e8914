"""The optimal set at lambda = 0: cones with their spans, achievable fits, the polyhedron, and its functions."""
