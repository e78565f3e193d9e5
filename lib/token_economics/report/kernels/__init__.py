"""Where kernels come from, and what they run in."""
