"""Claims and predictions: how many of the seeds' claims hold, and how well they foresee.

Verdicts are ours, one a claim, each with the rows behind it. This module counts them, lays the
figures that the seeds name beside the figures on record, and scores what has been decided.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.evidence import tables
from token_economics.headlines.rows import result
from token_economics.methods import scoring, summaries

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
    facts, ledger = record(), tables.read("claims")
    drawn = headlines(book.draws(), facts)
    predictions = tables.read("predictions")
    still_open = predictions.loc[predictions["status"] == "open", "base_rate"].to_numpy(np.float64)
    expected = scoring.number_true(still_open, level=summaries.LEVEL)
    disputes = tables.read("contradictions")["about"]
    agree_low, agree, agree_high = summaries.quantiles(drawn["figures_agree"])
    counts = ledger["verdict"].value_counts()
    of_all = f"of {len(predictions)}"
    n_decided = len(facts.decided_outcome)
    edition, foretold = book.as_of, seeds_of()

    def count(
        name: str, label: str, number: float, unit: str = "", cited: Iterable[str] = ledger["seed"]
    ) -> dict[str, object]:
        digits = max(1, len(str(int(number))))
        return result(name, label, float(number), unit=unit, digits=digits, source_id=cited)

    def share(name: str, label: str) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(
            name, label, value, low=low, high=high, unit="share", period=edition, digits=2
        )

    def score(
        name: str, label: str, values: FloatArray, cited: Iterable[str] = ()
    ) -> dict[str, object]:
        scored = n_decided > 0
        low, value, high = summaries.quantiles(values) if scored else (np.nan, np.nan, np.nan)
        return result(
            name, label, value, low=low if low < high else np.nan, high=high if low < high else np.nan,
            unit="", period=edition, digits=2, status="ok" if scored else "not_identified",
            source_id=cited,
        )  # fmt: skip

    rows = [
        count("claims", "Claims of the five seeds", len(ledger)),
        count("claims_judged", "Claims that evidence could judge", facts.judged),
        count("claims_supported", "Claims supported", counts.get("supported", 0)),
        count("claims_partly", "Claims supported in part", counts.get("partly", 0)),
        count("claims_contradicted", "Claims contradicted", counts.get("contradicted", 0)),
        count("claims_unresolved", "Claims without evidence either way", counts.get("unresolved", 0)),
        count("claims_on_mechanisms", "Claims whose verdict leans on a mechanism of the model",
              int(ledger["mechanism"].notna().sum())),
        count("claims_not_testable", "Claims not testable yet", counts.get("not_testable_yet", 0)),
        share("share_held", "Judged claims that hold, a partly right one counted in part"),
        share("share_of_questions_held", "Judged claims that hold, each question counted once"),
        count("figures_compared", "Claimed figures that a figure on record can be set beside",
              len(facts.log_gap), "figures", claimed_against_record()["source_id"]),
        result("figures_agree", "Compared figures as good as equal to the record", agree, low=agree_low,
               high=agree_high, unit=f"of {len(facts.log_gap)}", period=edition, digits=2),
        count("contradictions_of_claims", "Questions on which the seeds contradict each other",
              int((disputes == "claims").sum()), "questions"),
        count("contradictions_of_rows", "Figures that differ between sources",
              int((disputes == "rows").sum()), cited=disputed_sources()),
        count("predictions", "Dated predictions", len(predictions), cited=foretold),
        count("predictions_decided", "Predictions decided", n_decided, of_all, foretold),
        count("predictions_true", "Predictions that came true", int(facts.decided_outcome.sum()), of_all, foretold),
        count("predictions_unresolvable", "Predictions whose window closed without a decision",
              int((predictions["status"] == "unresolvable").sum()), of_all, foretold),
        count("predictions_open", "Predictions still open", len(still_open), of_all, foretold),
        result("expected_true", "Open predictions that come true, expected when they were made", float(still_open.sum()),
               low=expected[0], high=expected[1], unit=f"of {len(still_open)}", period=edition, digits=2,
               source_id=seeds_of("open")),
        score("brier_ours", "Brier score of the probabilities stated for them", _brier(facts.decided_probability, facts),
              seeds_of(*DECIDED)),
        score("brier_naive", "Brier score of a naive forecaster", drawn["brier_naive"]),
        score("brier_seeds", "Brier score of the seeds, taken at their word",
              _brier(np.ones(n_decided), facts), seeds_of(*DECIDED)),
        _skill(facts, drawn["brier_naive"]),
        *_stated_chances(predictions),
    ]  # fmt: skip
    return pd.DataFrame(rows)


def _stated_chances(predictions: pd.DataFrame) -> list[dict[str, object]]:
    """A row a prediction: the chance that a forecaster saw who had not read the seed, on its day."""
    seeds = tables.read("claims").set_index("id")["seed"]
    return [
        result(
            f"stated_{row['id']}", f"Chance seen when it was made: {plain(str(row['id']))}",
            float(row["base_rate"]), unit="share", period=_window(row), digits=2,
            source_id=str(seeds[row["claim_id"]]),
        )
        for row in predictions.to_dict("records")
    ]  # fmt: skip


def _window(row: Mapping[Hashable, Any]) -> str:
    """Days between which a prediction is decided."""
    first, last = pd.Timestamp(row["due_from"]), row["due_to"]
    return f"{first:%Y-%m-%d} on" if pd.isna(last) else f"to {pd.Timestamp(last):%Y-%m-%d}"


def seeds_of(*status: str) -> list[str]:
    """The seeds that made the predictions of a status, or all predictions."""
    frame = tables.read("predictions")
    chosen = frame[frame["status"].isin(status)] if status else frame
    seeds = tables.read("claims").set_index("id")["seed"].to_dict()
    return [str(seeds[claim]) for claim in chosen["claim_id"]]


def disputed_sources() -> list[str]:
    """Sources of the rows that differ between sources."""
    frame = tables.read("contradictions").query("about == 'rows'")
    cited: list[str] = []
    for subject, periods in zip(frame["subject"], frame["period"], strict=True):
        table, entity, variable = str(subject).split(":")
        rows = tables.series(table, variable, entity)
        cited += rows.loc[rows["period"].isin(str(periods).split()), "source_id"].tolist()
    return cited


def _brier(probability: FloatArray, facts: Record) -> FloatArray:
    if not len(facts.decided_outcome):
        return np.array([np.nan])
    return np.array([scoring.brier_parts(probability, facts.decided_outcome).brier])


def _skill(facts: Record, naive: FloatArray) -> dict[str, object]:
    """Skill of the seeds against the naive forecaster: not identified with one outcome."""
    label = "Share of the naive forecaster's loss that the seeds save"
    enough = len(facts.decided_outcome) >= FEWEST_SCORES
    seeds = float(_brier(np.ones(len(facts.decided_outcome)), facts)[0])
    return result(
        "skill_of_seeds", label, 1 - seeds / float(np.median(naive)) if enough else np.nan,
        unit="share", status="ok" if enough else "not_identified",
    )  # fmt: skip


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


def scores_sentence(frame: pd.DataFrame) -> str:
    """What the scores say, and whether they mean something yet."""
    few = frame.set_index("id").loc["skill_of_seeds", "status"] == "not_identified"
    meaning = (
        "With so few outcomes these numbers mean nothing; they are here so that later editions "
        "add to a score that was fixed beforehand."
        if few
        else "Outcomes of one market move together, so they count for fewer than they are."
    )
    return (
        "Skill of the seeds against a naive forecaster: {skill_of_seeds}. Brier scores, where nought "
        "is perfect: {brier_seeds:n} for the seeds taken at their word, {brier_ours:n} for our "
        "probabilities, {brier_naive} for the naive forecaster. "
    ) + meaning


@tables.once
def claimed_against_record() -> pd.DataFrame:
    """Each claimed figure beside the rows that can be compared with it; ratios claimed over record.

    Several rows for one claim make a range. The gap is the distance between the claim's range and
    the record's in logs, nought where they overlap, or where a claim of `at_least` is exceeded.
    """
    ledger = tables.read("claims").set_index("id")
    rows = []
    for claim_id, checks in tables.read("claim-checks").groupby("claim_id", sort=False):
        claim = ledger.loc[ledger.index == claim_id].iloc[0]
        texts = checks.fillna("").astype(str).to_dict("records")
        named = [{str(key): value for key, value in check.items()} for check in texts]
        figures = [_recorded(check) for check in named]
        low, high = min(low for low, _, _ in figures), max(high for _, high, _ in figures)
        claimed_low, claimed_high = _ends(claim)
        rows.append(
            {
                "claim_id": claim_id,
                "label": f"{named[0]['label']}, seed {int(claim['seed'][-3:])}",
                "seed": claim["seed"],
                "unit": claim["unit"],
                "claimed": _as_text(claimed_low, claimed_high),
                "record": _as_text(low, high),
                "ratio_low": claimed_low / high,
                "ratio_high": claimed_high / low,
                "log_gap": _log_gap((claimed_low, claimed_high), (low, high), named[0]["sense"]),
                "verdict": VERDICTS[claim["verdict"]],
                "source_id": " ".join(
                    sorted({part for *_, cited in figures for part in cited.split()})
                ),
            }
        )
    return pd.DataFrame(rows).sort_values(["ratio_high", "claim_id"], ignore_index=True)


def _log_gap(claimed: tuple[float, float], found: tuple[float, float], sense: str) -> float:
    above = np.log(claimed[0] / found[1])
    below = 0.0 if sense == "at_least" else np.log(found[0] / claimed[1])
    return float(max(above, below, 0.0))


def _ends(row: pd.Series) -> tuple[float, float]:
    low = row["value"] if pd.isna(row["low"]) else row["low"]
    high = row["value"] if pd.isna(row["high"]) else row["high"]
    return float(low), float(high)


def _recorded(check: Mapping[str, str]) -> tuple[float, float, str]:
    """Low, high and sources of the row that a check names, over its base if it names one."""
    low, high, cited = _row(check["table"], check["entity"], check)
    if not check["base_table"]:
        return low, high, cited
    base = {**check, "period": "", "source_id": ""}
    base_low, base_high, base_cited = _row(check["base_table"], check["base_entity"], base)
    return low / base_high, high / base_low, f"{cited} {base_cited}"


def _row(table: str, entity: str, check: Mapping[str, str]) -> tuple[float, float, str]:
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
