"""Token Economics: the supply and demand of AI tokens, as a library of pure functions and tables."""
