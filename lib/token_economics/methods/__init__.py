"""Statistics with no subject of ours: indices, curves, scores, sensitivities."""
