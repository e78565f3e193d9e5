"""Many evaluations of the model: parameter sets and draws, in chunks, here or on a cluster."""
