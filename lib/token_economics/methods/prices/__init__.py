"""Prices: index formulas, quality adjustment, and what a panel of list prices says."""
