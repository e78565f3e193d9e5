"""The book's joint draws in the light of the record: those that its targets do not contradict.

Every topic draws from a book that `conditioned` made, so all of them speak of the same ensemble. What
the market of the record's quarters does not read keeps the distribution of the book.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from token_economics.book import innovations
from token_economics.book.assumptions import Book
from token_economics.book.draws import Draws
from token_economics.book.ensemble import Ensemble, stream, value_at
from token_economics.evidence import tables
from token_economics.headlines.market import market_calibration, market_drivers, market_memo
from token_economics.headlines.market.market_drivers import MarketRecord
from token_economics.methods import history_matching
from token_economics.methods.arrays import FloatArray, floats
from token_economics.methods.history_matching import implausibility
from token_economics.models import market

TOLERANCE_SDS = (
    1.6448536269514722  # a tolerance is read as a 90 % band: so many standard deviations
)
DISCREPANCY = "model_discrepancy_ratio"
PILOT, PROPOSED = 4096, 32_768
MOST_KEPT = 12
NOISE_SDS = 3  # standard errors that a share of variance must differ from nought by
_FAR = 1e3  # standard deviations of what has no number

Misfit = Callable[[Mapping[str, FloatArray]], FloatArray]
"""Signed implausibility of draws: targets x draws."""

_kept: dict[tuple[Any, ...], Ensemble | None] = {}


def conditioned(book: Book) -> Book:
    """The book whose draws are those that the record of the market leaves."""
    return replace(book, record=OfMarket(book.before_record()))


def solve_ahead(book: Book) -> None:
    """Read the record and solve the market of a run, for copies of this process that need them."""
    market_memo.solve(conditioned(book).draws(), market_drivers.record())


@dataclass(frozen=True, eq=False)
class OfMarket:
    """What the market's targets say of a book."""

    book: Book

    @cached_property
    def names(self) -> frozenset[str]:
        """Assumptions and surprises that the market of the record's quarters reads."""
        seen: set[str] = set()

        def point(name: str) -> FloatArray:
            seen.add(name)
            return points[name]

        points = replace(self.book, reads=set()).points()
        misfits(Draws(self.book, point, set()), record_facts())
        return frozenset(seen)

    def ensemble(self) -> Ensemble | None:
        """The draws that the record leaves; None where it leaves none."""
        if not market.as_written():
            return self._of_equations_set
        book = self.book
        key = (book.seed, *((name, book.identity(name)) for name in sorted(self.names)))
        if key not in _kept:
            while len(_kept) >= MOST_KEPT:
                del _kept[next(iter(_kept))]
            _kept[key] = matched_ensemble(book, _against(record_facts()))
        return _kept[key]

    @cached_property
    def _of_equations_set(self) -> Ensemble | None:
        """Those of a market whose equations a notebook has set: its own, and nobody else's."""
        return matched_ensemble(self.book, _against(record_facts()))


def matched_ensemble(book: Book, misfit: Misfit) -> Ensemble | None:
    """Draws of a book that leave no target implausible, weighted; None where there are none.

    ``misfit`` says which they are; what it reads of the draws is what the record can bear on.
    """
    inputs: list[str] = []

    def noted(name: str) -> FloatArray:
        row = None if innovations.is_stream(name) else book.row(name)
        if row is None or not row.pinned:
            inputs.append(name)
        return value_at(stream(name, seed=book.seed, number=0, size=PILOT), row)

    misfit(Draws(book, noted, set()))

    def fresh(number: int, size: int) -> FloatArray:
        return np.stack([stream(n, seed=book.seed, number=number, size=size) for n in inputs])

    def missed(scores: FloatArray) -> FloatArray:
        place = {name: at for at, name in enumerate(inputs)}

        def moved(name: str) -> FloatArray:
            row = None if innovations.is_stream(name) else book.row(name)
            if name not in place:
                assert row is not None
                return row.quantile(np.full(scores.shape[1], 0.5))
            return value_at(scores[place[name]], row)

        return misfit(Draws(book, moved, set()))

    found = history_matching.matched(fresh, missed, pilot=PILOT, proposed=PROPOSED)
    place_of = {name: at for at, name in enumerate(inputs)}
    return Ensemble(found, place_of, book.seed) if found.places.size else None


def record_facts() -> MarketRecord:
    """The market's record with a horizon at the last quarter that a target speaks of."""
    facts = market_drivers.record()
    return replace(facts, fleet=replace(facts.fleet, horizon=_last_quarter()))


def targets() -> pd.DataFrame:
    """The targets that draws are matched to, by id."""
    frame = tables.read("calibration-targets")
    return frame[frame["conditions"] == "yes"].set_index("id")


def _against(facts: MarketRecord) -> Misfit:
    return lambda draws: misfits(draws, facts)


def misfits(draws: Mapping[str, FloatArray], facts: MarketRecord) -> FloatArray:
    """Signed implausibility of every target for given draws: targets x draws. [standard deviations]

    Of a target in points the distance is plain, of any other it is in logs. The tolerance of a
    target is the observation's 90 % band; the model's own error is that times a ratio of the book.
    """
    path = market.simulate(market_drivers.drivers(draws, facts), facts.quarters_ahead)
    found = market_calibration.modelled(path, draws, facts)
    seen = _seen()
    with np.errstate(divide="ignore", invalid="ignore"):
        modelled = [found[t["id"]] if t["plain"] else np.log(found[t["id"]]) for t in seen]
    observation = np.array([target["sd"] for target in seen])
    missed = implausibility(
        np.stack(modelled),
        observed=np.array([target["middle"] for target in seen]),
        observation_sd=observation,
        model_sd=observation * float(np.median(draws[DISCREPANCY])),
    )
    return as_far(missed)


@tables.kept
def _seen() -> list[dict[str, Any]]:
    """Middle and standard deviation of every target that draws are matched to, in logs or plain."""
    seen = market_calibration.observed(market_drivers.record())
    found = []
    for name, row in targets().iterrows():
        low, high = market_calibration.accepted(str(name), row.to_dict(), seen)
        plain = row["tolerance_kind"] == "points"
        low, high = (low, high) if plain else (float(np.log(low)), float(np.log(high)))
        sd = (high - low) / 2 / TOLERANCE_SDS
        found.append({"id": str(name), "plain": bool(plain), "middle": (low + high) / 2, "sd": sd})
    return found


@tables.kept
def _last_quarter() -> str:
    """The last quarter that a target speaks of."""
    return max(str(span)[-6:] for span in targets()["span"] if "Q" in str(span)[-2:])


def as_far(missed: FloatArray) -> FloatArray:
    """Misfits with what has no number as far off as anything. [standard deviations]"""
    return floats(np.nan_to_num(missed, nan=_FAR, posinf=_FAR, neginf=-_FAR))


def taught(book: Book) -> pd.DataFrame:
    """Every assumption before and after the record, strongest first.

    Columns: name, label, unit, prior_low, prior, prior_high, low, value, high (5, 50 and 95 %
    points), removed (share of its variance that the record takes away, counted in the scores of its
    own distribution; below nought where it widens), moved (of its middle, in standard deviations of
    that distribution), noise (how much of either a sample of this size shows of nothing), says
    (whether the record says anything of it); score_low, score and score_high are the 5, 50 and 95 %
    points after the record in standard deviations of its own distribution.
    """
    known = conditioned(book)
    assert known.record is not None
    ensemble = known.record.ensemble()
    effective = min(ensemble.matched.effective if ensemble else np.inf, book.n_draws)
    noise = NOISE_SDS * float(np.sqrt(2 / effective))
    own = stream("own", seed=book.seed, number=0, size=book.n_draws)
    rows = []
    for name in sorted(name for name in known.record.names if name in book):
        row, before, after = book.row(name), book.before_record().draws()[name], known.draws()[name]
        if row.pinned:
            continue
        scores = ensemble.scores(name, book.n_draws) if ensemble else own
        removed = 1 - float(np.var(scores))
        moved = float(np.mean(scores))
        prior, post = (np.quantile(values, (0.05, 0.5, 0.95)) for values in (before, after))
        rows.append(
            {**dict(zip(("score_low", "score", "score_high"), np.quantile(scores, (0.05, 0.5, 0.95)), strict=True)),
             "name": name, "label": row.label, "unit": row.unit, "basis": row.basis, "source_id": row.source_id,
             "prior_low": prior[0], "prior": prior[1], "prior_high": prior[2],
             "low": post[0], "value": post[1], "high": post[2],
             "removed": removed, "moved": moved, "noise": noise,
             "says": "yes" if abs(removed) > noise or abs(moved) > noise else "nothing"}
        )  # fmt: skip
    frame = pd.DataFrame(rows)
    if frame.empty:  # every assumption is pinned
        return frame
    strength = frame["removed"].clip(lower=0) + frame["moved"].abs()
    return frame.loc[strength.sort_values(ascending=False, kind="stable").index].reset_index(
        drop=True
    )
