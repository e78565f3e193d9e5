"""The one market of all topics: its record, drivers, solved paths, and what the record says of them."""
