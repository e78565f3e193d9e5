"""Charts that answer to a slider: their formulas in the chart language, controls and panels."""
