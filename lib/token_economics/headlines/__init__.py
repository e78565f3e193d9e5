"""One module a topic: what of the market and the evidence a headline result needs."""
