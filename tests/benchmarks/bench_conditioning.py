"""The record's draws, proposed where a fit says that they fit, beside a million plain draws.

Prints seconds of processor of both, how many draws each leaves and what they are worth, and how far
the middles of the assumptions that the record moves lie apart, in standard errors of the plain ones.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from token_economics.book.assumptions import read_book
from token_economics.headlines.market import conditioning
from token_economics.methods import history_matching

PART, PARTS = 2**16, 16
MOST = 12  # assumptions compared, those of which the record says most


def main() -> None:
    """Run both and print the table."""
    book = read_book()
    conditioning.conditioned(book).record.ensemble()  # compiled, tables read  # type: ignore[union-attr]
    names = conditioning.taught(book)["name"].head(MOST).tolist()
    moved = replace(book, seed=book.seed + 1)
    started = time.process_time()
    ensemble = conditioning.conditioned(moved).record.ensemble()  # type: ignore[union-attr]
    ours = time.process_time() - started
    assert ensemble is not None
    kept: dict[str, list[np.ndarray]] = {name: [] for name in names}
    weights = []
    started = time.process_time()
    for part in range(PARTS):
        draws = replace(book, seed=part).draws(PART)
        missed = conditioning.misfits(draws, conditioning.record_facts())
        stay = (np.abs(missed) < history_matching.IMPLAUSIBLE).all(axis=0)
        weights.append(np.exp(-(missed[:, stay] ** 2).sum(axis=0) / 2))
        for name in names:
            kept[name].append(draws[name][stay])
    plain = time.process_time() - started
    weight = np.concatenate(weights)
    worth = weight.sum() ** 2 / (weight**2).sum()
    print(
        f"plain    {PART * PARTS:>9,} drawn {weight.size:>7,} stay, worth {worth:>7,.0f}  {plain:5.1f} s"
    )
    matched = ensemble.matched
    print(
        f"proposed {matched.proposed:>9,} drawn {matched.places.size:>7,} stay, worth {matched.effective:>7,.0f}  {ours:5.1f} s"
    )
    print(f"times quicker for a draw's worth: {(plain / worth) / (ours / matched.effective):.1f}")
    for name in names:
        values = np.concatenate(kept[name])
        middle = np.average(values, weights=weight)
        sd = np.sqrt(np.average((values - middle) ** 2, weights=weight))
        found = conditioning.conditioned(moved).draws()[name].mean()
        error = sd * np.sqrt(1 / worth + 1 / min(matched.effective, book.n_draws))
        print(
            f"{name:45} {middle:10.4g} {found:10.4g}  {(found - middle) / error:+.1f} standard errors"
        )


if __name__ == "__main__":
    main()
