"""Two-layer networks in exact weights, and what can be asked of a given one: optimal, stationary, how far off?"""
