"""What a notebook calls to show something: figure, table, answer, prose, results."""
