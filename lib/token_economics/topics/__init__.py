"""One module a topic: reads the evidence, calls the models, returns tidy tables and results.

This is the only layer that imports across the others. A notebook shows what its topic returns;
`headlines` and the command line evaluate the same functions without a kernel.
"""
