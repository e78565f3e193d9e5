"""Charts by topic: one tidy table in, an Altair chart out; nothing is computed here."""
