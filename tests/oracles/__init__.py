"""Textbook and slow versions that the library must equal, or that hold published values alone."""
