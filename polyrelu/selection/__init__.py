"""Which of the optimal networks? Those without a neuron to spare, and the best by a second criterion."""
