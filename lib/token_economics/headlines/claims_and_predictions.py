"""Claims and predictions: how many of the seeds' claims hold, and how well they foresee.

Verdicts are ours, one a claim, each with the rows behind it. This module counts them, lays the
figures that the seeds name beside the figures on record, and scores what has been decided. Beside
them stand our own forecasts, as they were frozen and as this run would have them.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book
from token_economics.evidence import tables
from token_economics.evidence.references import Reference, references
from token_economics.headlines import rows
from token_economics.headlines.records import forecasts
from token_economics.methods import scoring, summaries
from token_economics.methods.arrays import FloatArray

TOPIC = "claims_and_predictions"
VERDICTS = {
    "supported": "Supported",
    "partly": "Partly",
    "contradicted": "Contradicted",
    "not_testable_yet": "Not testable yet",
    "unresolved": "Unresolved",
}
JUDGED = ("supported", "partly", "contradicted")
DECIDED = ("true", "false")
FEWEST_SCORES = 2
FORECASTERS = {"model": "Market", "naive": "Naive rule"}
POINTS = ("low", "value", "high")


@dataclass(frozen=True)
class Record:
    """What the scores take from the ledger: counts, probabilities and outcomes."""

    supported: int
    partly: int
    judged: int
    question_shares: FloatArray
    decided_probability: FloatArray
    decided_outcome: FloatArray
    log_gap: FloatArray


def record() -> Record:
    """The ledger as the scores need it."""
    ledger = tables.read("claims")
    judged = ledger[ledger["verdict"].isin(JUDGED)]
    by_question = judged.groupby("group")["verdict"].value_counts(normalize=True).unstack()
    shares = by_question.reindex(columns=["supported", "partly"]).fillna(0.0)
    decided = tables.read("predictions").query("status in @DECIDED")
    return Record(
        supported=int((judged["verdict"] == "supported").sum()),
        partly=int((judged["verdict"] == "partly").sum()),
        judged=len(judged),
        question_shares=shares.to_numpy(dtype=np.float64),
        decided_probability=decided["base_rate"].to_numpy(dtype=np.float64),
        decided_outcome=np.array(decided["status"] == "true", dtype=np.float64),
        log_gap=claimed_against_record()["log_gap"].to_numpy(dtype=np.float64),
    )


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """What hangs on how a half-right claim counts and on who the naive forecaster is."""
    weight = draws["partly_supported_weight"]
    supported, partly = facts.question_shares.mean(axis=0)
    margin = np.log1p(draws["agreement_margin_share"])[:, None]
    naive = draws["naive_forecast_probability"][:, None]
    return {
        "share_held": (facts.supported + weight * facts.partly) / facts.judged,
        "share_of_questions_held": supported + weight * partly,
        "figures_agree": (facts.log_gap <= margin).sum(axis=1).astype(np.float64),
        "brier_naive": ((naive - facts.decided_outcome) ** 2).mean(axis=1),
    }


def results(book: Book) -> pd.DataFrame:
    """Headline results: counts as they are, shares and scores over the draws of the book."""
    facts, ledger, predictions = record(), tables.read("claims"), tables.read("predictions")
    disputes = tables.read("contradictions")["about"]
    verdicts, status = ledger["verdict"].value_counts(), predictions["status"].value_counts()
    still_open = predictions.loc[predictions["status"] == "open", "base_rate"].to_numpy(np.float64)
    ours_to_come = tables.read(forecasts.TABLE)
    drawn = headlines(book.draws(), facts)
    decided, naive = len(facts.decided_outcome), drawn.pop("brier_naive")
    ours, seeds = (_brier(p, facts) for p in (facts.decided_probability, np.ones(decided)))
    expected_low, expected_high = scoring.number_true(still_open, level=summaries.LEVEL)
    found: dict[str, rows.Found] = {
        "claims": len(ledger),
        "claims_judged": facts.judged,
        **{f"claims_{verdict}": verdicts.get(verdict, 0) for verdict in JUDGED},
        "claims_unresolved": verdicts.get("unresolved", 0),
        "claims_not_testable": verdicts.get("not_testable_yet", 0),
        "claims_on_mechanisms": ledger["mechanism"].notna().sum(),
        "contradictions_of_claims": (disputes == "claims").sum(),
        "contradictions_of_rows": (disputes == "rows").sum(),
        "figures_compared": len(facts.log_gap),
        **drawn,
        "predictions": len(predictions),
        "predictions_decided": decided,
        "predictions_true": facts.decided_outcome.sum(),
        "predictions_unresolvable": status.get("unresolvable", 0),
        "predictions_open": len(still_open),
        "expected_true": (expected_low, float(still_open.sum()), expected_high),
        "brier_ours": ours if decided else None,
        "brier_naive": naive if decided else None,
        "brier_seeds": seeds if decided else None,
        "skill_of_seeds": 1 - seeds / float(np.median(naive)) if decided >= FEWEST_SCORES else None,
        **_counted(ours_to_come),
    }
    described = rows.of_topic(
        TOPIC,
        found,
        sources=_sources(found, ledger["seed"]),
        edition=tables.evidence_to(),
        compared=str(len(facts.log_gap)),
        predictions=str(len(predictions)),
        open=str(len(still_open)),
        forecasts=str(len(ours_to_come)),
        both=str(ours_to_come["naive_probability"].count()),
    )
    return pd.DataFrame(rows.in_order(TOPIC, [*described, *_stated_chances(predictions)]))


def _counted(ours: pd.DataFrame) -> dict[str, rows.Found]:
    """Forecasts of our own: how many, what became of them, and where our two forecasters differ."""
    status = ours["status"].value_counts()
    model, naive = ours["probability"] > 0.5, ours["naive_probability"]
    return {
        "forecasts": len(ours),
        "forecasts_open": status.get("open", 0),
        "forecasts_true": status.get("true", 0),
        "forecasts_false": status.get("false", 0),
        "forecasts_apart": (naive.notna() & (model != (naive > 0.5))).sum(),
    }


def _sources(found: Iterable[str], seeds: pd.Series) -> dict[str, Iterable[str]]:
    """What each result cites: counts of claims and predictions the seeds that made them."""
    return {
        **{slug: seeds for slug in found if slug.startswith(("claims", "contradictions"))},
        **{slug: seeds_of() for slug in found if slug.startswith("predictions")},
        **{slug: sources_of_forecasts() for slug in found if slug.startswith("forecasts")},
        "contradictions_of_rows": disputed_sources(),
        "figures_compared": claimed_against_record()["source_id"],
        "expected_true": seeds_of("open"),
        "brier_ours": seeds_of(*DECIDED),
        "brier_seeds": seeds_of(*DECIDED),
    }


def _stated_chances(predictions: pd.DataFrame) -> list[dict[str, Any]]:
    """A row a prediction: the chance that a forecaster saw who had not read the seed, on its day."""
    seeds = tables.read("claims").set_index("id")["seed"]
    return [
        row
        for told in predictions.to_dict("records")
        for row in rows.of_topic(
            TOPIC,
            {f"stated_{told['id']}": told["base_rate"]},
            sources={f"stated_{told['id']}": str(seeds[told["claim_id"]])},
            prediction=plain(str(told["id"])),
            window=_window(told),
        )
    ]


def _window(row: Mapping[Hashable, Any]) -> str:
    """Days between which a prediction is decided."""
    first, last = pd.Timestamp(row["due_from"]), row["due_to"]
    return f"{first:%Y-%m-%d} on" if pd.isna(last) else f"to {pd.Timestamp(last):%Y-%m-%d}"


def seeds_of(*status: str) -> list[str]:
    """The seeds that made the predictions of a status, or all predictions."""
    frame = tables.read("predictions")
    chosen = frame[frame["status"].isin(status)] if status else frame
    seeds = tables.read("claims").set_index("id")["seed"]
    return [str(seed) for seed in seeds.loc[chosen["claim_id"]]]


def disputed_sources() -> list[str]:
    """Sources of the rows that differ between sources."""
    frame = tables.read("contradictions").query("about == 'rows'")
    cited: list[str] = []
    for subject, periods in zip(frame["subject"], frame["period"], strict=True):
        table, entity, variable = str(subject).split(":")
        told = tables.series(table, variable, entity)
        cited += told.loc[told["period"].isin(str(periods).split()), "source_id"].tolist()
    return cited


def _brier(probability: FloatArray, facts: Record) -> float:
    if not len(facts.decided_outcome):
        return float("nan")
    return scoring.brier_parts(probability, facts.decided_outcome).brier


def answer(frame: pd.DataFrame) -> str:
    """The answer's template; whether scores mean something follows the number decided."""
    known = frame.set_index("id")
    few = known.loc["skill_of_seeds", "status"] == "not_identified"
    judgement = (
        "too few to say whether anybody foresees better than a coin"
        if few
        else "on which the seeds' skill is {skill_of_seeds:v}"
    )
    return (
        "Evidence could judge {claims_judged:n} of the {claims:n} claims of the seeds: "
        "{claims_supported:n} hold, {claims_partly:n} hold in part and "
        "{claims_contradicted:n} are contradicted, so {share_held} hold if a partly right claim "
        "counts in part. The rest wait for their date or have no evidence either way. Of "
        "{predictions:n} dated predictions {predictions_decided:n} could be decided, "
        f"{judgement}; of the open ones we expect {{expected_true}} to come true."
    )


# Our own forecasts -------------------------------------------------------------------------------


def upcoming(book: Book) -> pd.DataFrame:
    """Forecasts as they were frozen, beside what this run says of those that are open.

    Columns of ``forecasts.csv``, and: ``now_low``, ``now``, ``now_high``, ``now_probability``,
    ``today`` (the latest figure) and ``source_id``. [unit of the row]
    """
    market, frame = forecasts.market_of(book), tables.read(forecasts.TABLE)
    told = [_now(row, market) for row in tables.texts(forecasts.TABLE)]
    return pd.concat([frame, pd.DataFrame(told, index=frame.index)], axis=1)


def _now(row: Mapping[str, str], market: forecasts.Market) -> dict[str, Any]:
    names = ("now_low", "now", "now_high", "now_probability", "today")
    found = {
        **dict.fromkeys(names, np.nan),
        "source_id": " ".join(_latest_sources(row["evidence"])),
    }
    if row["status"] != "open":
        return found
    outlook = forecasts.QUANTITIES[row["quantity"]].outlook(row, market)
    points = outlook.by_draws(row) or outlook.by_rule(row)
    return {**found, **dict(zip(names, (*points, outlook.today), strict=True))}


def ranges(ahead: pd.DataFrame) -> pd.DataFrame:
    """Frozen ranges of both forecasters over the latest figure, a row a forecaster. [1]

    Columns label, by, low, value, high, threshold, source_id; of what `upcoming` gives, the rows
    that have a range and a latest figure, without those that bear on a prediction of the seeds.
    """
    known = ahead[ahead["prediction_id"].isna()].dropna(subset=["value", "today"])
    other = known.dropna(subset=["naive_value"])
    parts = [
        known.assign(by=known["method"].map(FORECASTERS)),
        other.assign(by=FORECASTERS["naive"], **{c: other[f"naive_{c}"] for c in POINTS}),
    ]
    told = pd.concat(parts, ignore_index=True).sort_values(["subject", "period", "id", "by"])
    told[[*POINTS, "threshold"]] = told[[*POINTS, "threshold"]].div(told["today"], axis=0)
    return told[["label", "by", *POINTS, "threshold", "source_id"]].reset_index(drop=True)


def due_next(book: Book, *, days: int) -> pd.DataFrame:
    """Open predictions of the seeds whose window ends within so many days of the edition.

    Columns of ``predictions.csv``, and: ``latest`` (what the record holds, in words); of the
    forecast that bears on it ``probability``, ``naive_probability`` and ``quantity``, which names
    the function that computes them; ``source_id``.
    """
    frame, ours = tables.read("predictions"), tables.read(forecasts.TABLE)
    until = pd.Timestamp(book.as_of) + pd.Timedelta(days=days)
    near = frame[(frame["status"] == "open") & (frame["due_to"] <= until)]
    bearing = ours.dropna(subset=["prediction_id"]).set_index("prediction_id")
    told = near.assign(
        latest=[
            _latest_in_words(*cells) for cells in zip(near["evidence"], near["due_to"], strict=True)
        ],
        source_id=near["evidence"].map(lambda cell: " ".join(_latest_sources(cell))),
    ).join(bearing[["probability", "naive_probability", "quantity"]], on="id")
    return told.sort_values(["due_to", "id"], ignore_index=True)


def sources_of_forecasts() -> list[str]:
    """Sources of the latest figure of each series that a forecast is about."""
    cells = tables.read(forecasts.TABLE)["evidence"]
    return [source for cell in cells for source in _latest_sources(cell)]


def _latest_sources(evidence: str) -> list[str]:
    return [str(row["source_id"]) for row in _latest(evidence)]


def _latest_in_words(evidence: str, until: pd.Timestamp) -> str:
    """The last row of each series that a cell names, up to a day: figure, unit, period and kind."""
    return "; ".join(
        f"{_as_text(*_ends(row))} {row['unit']} ({row['period']}, {row['kind']})"
        for row in _latest(evidence, until)
    )


def _latest(evidence: str, until: pd.Timestamp = pd.Timestamp.max) -> list[pd.Series]:
    """The last row of each series that a cell names; of a wide table the row with its key.

    Up to a day, and no claim where somebody else speaks.
    """
    return [_last(reference, until) for reference in references(evidence)]


def _last(reference: Reference, until: pd.Timestamp) -> pd.Series:
    if tables.resource(reference.table)["kind"] == "series":
        frame = tables.series(*forecasts.series_of(reference))
        frame = frame[frame["date"] <= until]
        others = frame[frame["kind"] != "claim"]
        return (frame if others.empty else others).iloc[-1]
    frame = tables.read(reference.table)
    return frame[frame["model"] == reference.entity].iloc[-1]


# The record --------------------------------------------------------------------------------------


@tables.once
def claimed_against_record() -> pd.DataFrame:
    """Each claimed figure beside the rows that can be compared with it; ratios claimed over record.

    Several rows for one claim make a range. The gap is the distance between the claim's range and
    the record's in logs, nought where they overlap, or where a claim of `at_least` is exceeded.
    """
    ledger = tables.read("claims").set_index("id")
    compared = [
        _compared(
            str(claim_id), ledger[ledger.index == claim_id].iloc[0], checks.fillna("").astype(str)
        )
        for claim_id, checks in tables.read("claim-checks").groupby("claim_id", sort=False)
    ]
    return pd.DataFrame(compared).sort_values(["ratio_high", "claim_id"], ignore_index=True)


def _compared(claim_id: str, claim: pd.Series, checks: pd.DataFrame) -> dict[str, Any]:
    lows, highs, cited = zip(*checks.apply(_recorded, axis=1), strict=True)
    low, high = min(lows), max(highs)
    claimed_low, claimed_high = _ends(claim)
    first = checks.iloc[0]
    above = np.log(claimed_low / high)
    below = 0.0 if first["sense"] == "at_least" else np.log(low / claimed_high)
    return {
        "claim_id": claim_id,
        "label": f"{first['label']}, seed {int(claim['seed'][-3:])}",
        "seed": claim["seed"],
        "unit": claim["unit"],
        "claimed": _as_text(claimed_low, claimed_high),
        "record": _as_text(low, high),
        "ratio_low": claimed_low / high,
        "ratio_high": claimed_high / low,
        "log_gap": float(max(above, below, 0.0)),
        "verdict": VERDICTS[claim["verdict"]],
        "source_id": " ".join(sorted({part for text in cited for part in text.split()})),
    }


def _ends(row: pd.Series) -> tuple[float, float]:
    low, high = (row["value"] if pd.isna(row[end]) else row[end] for end in ("low", "high"))
    return float(low), float(high)


def _recorded(check: pd.Series) -> tuple[float, float, str]:
    """Low, high and sources of the row that a check names, over its base if it names one."""
    low, high, cited = _row(check["table"], check["entity"], check)
    if not check["base_table"]:
        return low, high, cited
    base = pd.Series({**check, "period": "", "source_id": ""})
    base_low, base_high, base_cited = _row(check["base_table"], check["base_entity"], base)
    return low / base_high, high / base_low, f"{cited} {base_cited}"


def _row(table: str, entity: str, check: pd.Series) -> tuple[float, float, str]:
    frame, variable = tables.read(table), check["variable"]
    if tables.resource(table)["kind"] == "series":
        chosen = frame[(frame["entity"] == entity) & (frame["variable"] == variable)]
        chosen = chosen[chosen["period"] == check["period"]]
    else:
        dated = "price_date" if "price_date" in frame else "date"
        chosen = frame[frame["model"] == entity]
        if check["period"]:
            chosen = chosen[chosen[dated] == pd.Timestamp(check["period"])]
        chosen = chosen.rename(columns={variable: "value"}).assign(low=np.nan, high=np.nan)
    if check["source_id"]:
        chosen = chosen[chosen["source_id"] == check["source_id"]]
    low, high = _ends(chosen.iloc[-1])
    return low, high, str(chosen.iloc[-1]["source_id"])


def _as_text(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"


CAPITALS = {"agi": "AGI", "anthropic": "Anthropic", "dram": "DRAM", "gdp": "GDP", "gpu": "GPU",
            "h100": "H100", "tsmc": "TSMC"}  # fmt: skip


def plain(name: str) -> str:
    """An id as words: the first one with a capital, names as they are written."""
    words = [CAPITALS.get(word, word) for word in name.split("_")]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]])
