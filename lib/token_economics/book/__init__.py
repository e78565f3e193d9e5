"""The numbers that we chose, their ranges and draws, and the scenarios that change them."""
