"""From notebooks to a published report: run, verify, collect, render, swap in."""
