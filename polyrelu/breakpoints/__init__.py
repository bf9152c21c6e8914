"""Where the structure changes: what comes next on a curve, and the proof of what happens at one lambda."""
