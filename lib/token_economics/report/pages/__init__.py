"""Pages of a run: notebooks, evidence, comparison, index, downloads."""
