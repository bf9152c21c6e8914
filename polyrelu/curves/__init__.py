"""The root of one structure over an interval of lambda, and the proof that it is the optimum for every lambda there."""
