"""Headline results without a kernel: asked, kept, compared, and shared out over assumptions."""
