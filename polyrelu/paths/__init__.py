"""The solution path: how the set of optimal networks changes with lambda, proved for every lambda of an interval."""
