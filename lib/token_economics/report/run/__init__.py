"""Notebooks as files and their runs: read, execute, verify, keep, publish."""
