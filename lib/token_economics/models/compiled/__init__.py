"""The market's equations compiled: a block of draws at a time, through all quarters."""
