"""``python -m token_economics``."""

from token_economics.cli import main

if __name__ == "__main__":  # a sweep's processes import this module too
    main()
