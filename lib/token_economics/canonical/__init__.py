"""Published and textbook results that our functions must reproduce.

What is published stands in ``cases.csv``: a row a number, in the order in which the check that the row
names gives ours. A module lists its checks in ``CHECKS``; each exercises functions that belong together.
"""
