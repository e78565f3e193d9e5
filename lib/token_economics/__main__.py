"""``python -m token_economics``."""

from token_economics.cli import main

main()
