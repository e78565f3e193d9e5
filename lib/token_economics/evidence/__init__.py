"""The tables of figures that were found, their schema and rules: the only readers of data files."""
