"""Jevons dynamics: prices that fall, spending that rises, and whether one causes the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from token_economics import (
    evidence,
    hedonics,
    nested_demand,
    quarters,
    rebound,
    summaries,
)
from token_economics.assumptions import Book, FloatArray
from token_economics.headline import result
from token_economics.topics import supply_constraints
from token_economics.topics.jevons_evidence import (
    CLASS_SETTER,
    LUNA,
    QUALITY,
    SHORT,
    class_of,
    interview_date,
    luna_placebo,
    luna_readings,
    luna_share,
    luna_sources,
    matched_index,
    matched_sources,
    mix_prices,
    panel,
    panel_sources,
    router_sources,
    vendor_arc,
)

TOPIC = "jevons_dynamics"
YEARS_AHEAD = 3


@dataclass(frozen=True)
class Record:
    """What the model takes from the evidence: the supply record and the rise of rents."""

    supply: supply_constraints.Record
    rent_growth_per_year: float
    rent_quarters: tuple[str, str]


@dataclass(frozen=True)
class Growth:
    """Growth of demand, compute, efficiency and avoidable cost. [log/year]"""

    demand_shift: FloatArray
    capacity: FloatArray
    capacity_while_rents_rose: FloatArray
    efficiency: FloatArray
    avoidable_cost: FloatArray
    elasticity: FloatArray


def record() -> Record:
    """The evidence as the model needs it."""
    rents = supply_constraints.rentals()
    low, last = rents.iloc[int(rents["mid"].to_numpy().argmin())], rents.iloc[-1]
    years = (last["date"] - low["date"]).days / hedonics.DAYS_PER_YEAR
    return Record(
        supply=supply_constraints.record(),
        rent_growth_per_year=float(np.log(last["mid"] / low["mid"]) / years),
        rent_quarters=(
            quarters.of_date(f"{low['date']:%Y-%m-%d}"),
            quarters.of_date(f"{last['date']:%Y-%m-%d}"),
        ),
    )


def growth(draws: Mapping[str, FloatArray], facts: Record) -> Growth:
    """Yearly log growth of what moves the market; compute comes from the supply model."""
    paths = supply_constraints.solve(draws, facts.supply)
    at = {quarter: position for position, quarter in enumerate(paths.quarters)}

    def compute(start: int, end: int) -> FloatArray:
        hours = paths.sold_hours
        return np.asarray(np.log(hours[:, end] / hours[:, start]) / ((end - start) / 4))

    base = at[facts.supply.quarters[-1]]
    low, last = (at[quarter] for quarter in facts.rent_quarters)
    return Growth(
        demand_shift=np.log1p(draws["token_demand_shift_per_year"]),
        capacity=compute(base, base + 4 * YEARS_AHEAD),
        capacity_while_rents_rose=compute(low, last),
        efficiency=np.log1p(draws["raw_tokens_per_h100e_growth_per_year"]),
        avoidable_cost=np.log1p(draws["avoidable_cost_change_per_year"]),
        elasticity=-draws["market_demand_elasticity_magnitude"],
    )


def bound(rates: Growth) -> rebound.MarketResponse:
    """Yearly log changes while all compute is used."""
    return rebound.bound_response(
        demand_shift=rates.demand_shift,
        capacity_growth=rates.capacity,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )


def slack(rates: Growth) -> rebound.MarketResponse:
    """Yearly log changes while compute stands idle."""
    return rebound.slack_response(
        demand_shift=rates.demand_shift,
        avoidable_cost_growth=rates.avoidable_cost,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )


def implied_demand_shift(rates: Growth, facts: Record) -> FloatArray:
    r"""Demand shift that the rise of rents implies, by inverting the clearing condition. [log/year]

    .. math:: \Delta\ln A = |\eta|\,\Delta\ln w + \Delta\ln H + (1-|\eta|)\,\Delta\ln\varphi
    """
    strength = -rates.elasticity
    return np.asarray(
        strength * facts.rent_growth_per_year
        + rates.capacity_while_rents_rose
        + (1 - strength) * rates.efficiency
    )


def headlines(draws: Mapping[str, FloatArray], facts: Record) -> dict[str, FloatArray]:
    """The model's headline results of this topic for given draws, one array of draws each."""
    rates = growth(draws, facts)
    full, idle = bound(rates), slack(rates)
    efficiency_alone = rebound.bound_response(
        demand_shift=0.0,
        capacity_growth=0.0,
        efficiency_growth=rates.efficiency,
        own_price_elasticity=rates.elasticity,
    )
    return {
        "efficiency_raises_spend": (rates.elasticity < -1).astype(np.float64),
        "spend_from_efficiency": np.exp(efficiency_alone.spend),
        "spend_rises_bound": (full.spend > 0).astype(np.float64),
        "rent_rises_bound": (full.compute_price > 0).astype(np.float64),
        "token_price_rises_bound": (full.token_price > 0).astype(np.float64),
        "spend_rises_slack": (idle.spend > 0).astype(np.float64),
        "rent_rises_slack": (idle.compute_price > 0).astype(np.float64),
        "token_price_rises_slack": (idle.token_price > 0).astype(np.float64),
        "spend_change_bound": np.exp(full.spend),
        "rent_change_bound": np.exp(full.compute_price),
        "token_price_change_bound": np.exp(full.token_price),
        "spend_change_slack": np.exp(idle.spend),
        "rent_change_slack": np.exp(idle.compute_price),
        "token_price_change_slack": np.exp(idle.token_price),
        "implied_demand_shift": np.exp(implied_demand_shift(rates, facts)),
    }


def results(book: Book) -> pd.DataFrame:
    """Headline results: prices, the event, and the probabilities of the sign conditions."""
    return pd.DataFrame([row for part in PARTS for row in part(book)])


def _price_results(book: Book) -> list[dict[str, object]]:
    declines = hedonic_declines()
    eci, least = declines.iloc[0], declines.sort_values("value").iloc[0]
    span = evidence.read("model-prices")["price_date"]
    panel_period = f"{span.min():%Y-%m} to {span.max():%Y-%m}"
    on_interview = class_of(CLASS_SETTER, "eci", on=interview_date(), seed=book.seed)
    latest = class_of(CLASS_SETTER, "eci", on=span.max(), seed=book.seed)
    multiples = class_multiples(book)
    of_gpt4 = multiples.loc[multiples["reference"] == CLASS_SETTER, "times_cheaper"]
    start = panel("eci").set_index("model")["date"][CLASS_SETTER]
    matched, mix = matched_index(), mix_prices()
    mix_period = f"{mix['period'].iloc[0]} to {mix['period'].iloc[-1]}"
    listed = f"{matched['not_before'].iloc[0]:%Y-%m} to {matched['date'].iloc[-1]:%Y-%m}"
    times_a_year = partial(result, unit="times a year", period=panel_period)
    times = partial(result, unit="times")
    mixed = evidence.read("model-mix")["source_id"]
    slowest = next(name for name, measure in QUALITY.items() if measure == least["measure"])
    return [
        times_a_year("hedonic_decline", "List price at given quality, regression on Epoch's index: times cheaper",
                     eci["value"], low=eci["low"], high=eci["high"], digits=2, source_id=panel_sources("eci")),
        times_a_year("hedonic_least", f"The same on the measure with the slowest fall, {least['measure']}",
                     least["value"], low=least["low"], high=least["high"], digits=2, source_id=panel_sources(slowest)),
        times("gpt4_class_interview", "GPT-4's quality: times cheaper by the day of the interview",
              on_interview.times_cheaper, low=on_interview.low, high=on_interview.high,
              period=f"{start:%Y-%m} to {interview_date():%Y-%m}",
              source_id=panel_sources("eci", until=interview_date())),
        times("gpt4_class_latest", "GPT-4's quality: times cheaper by the end of the panel",
              latest.times_cheaper, low=latest.low, high=latest.high,
              period=f"{start:%Y-%m} to {span.max():%Y-%m}", source_id=panel_sources("eci")),
        times("gpt4_class_by_measure", "The same over four measures of quality, middle",
              float(of_gpt4.median()), low=float(of_gpt4.min()), high=float(of_gpt4.max()), level=1.0,
              period=f"{start:%Y-%m} to {span.max():%Y-%m}", source_id=panel_sources(*QUALITY)),
        result("matched_price_change", "List price of models that stay on the list, change",
               float(matched["index"].iloc[-1] - 1), unit="share", period=listed, digits=2,
               source_id=matched_sources()),
        times("same_tier_price", "List price at a fixed mix of tiers, last over first",
              float(mix["fixed_mix"].iloc[-1]), period=mix_period, digits=2, source_id=mixed),
        times("unit_value_multiple", "List price of the mix that firms buy, last over first",
              float(mix["unit_value"].iloc[-1] / mix["unit_value"].iloc[0]), period=mix_period, digits=2, source_id=mixed),
    ]  # fmt: skip


def _luna_results(book: Book) -> list[dict[str, object]]:
    readings = luna_readings().set_index("reading")["value"]
    ours = luna_readings().query("origin == 'This record'")["value"]
    placebo = luna_placebo()
    arc = partial(result, unit="", period="2026-07 to 2026-08", digits=2)
    share = partial(result, unit="share", period="2026-07")
    dated = luna_sources("tokens_per_day", "listed_input_price")
    paid = luna_sources("tokens_per_day", "listed_input_price", "effective_input_price")
    app = luna_sources("gain_share_one_app")
    return [
        arc("luna_arc", f"{LUNA}: arc elasticity, price paid", readings["Price paid, raw"],
            low=float(ours.min()), high=float(ours.max()), level=1.0, digits=3, source_id=[*paid, *app]),
        arc("luna_without_trend", "The same, earlier trend removed", readings["Price paid, trend removed"], source_id=paid),
        arc("luna_without_app", "The same, without the application that grew most", readings["Price paid, without one app"],
            source_id=[*paid, *app]),
        arc("vendor_arc", "All models of the vendor on the router, unit value", vendor_arc(),
            source_id=luna_sources("token_multiple", "spend_change")),
        share("luna_placebo", "Share of dates, the cut included, with a change as large", placebo.p_value, digits=2, source_id=dated),
        share("luna_placebo_resolution", "The least that so few dates can give", placebo.resolution, digits=2, source_id=dated),
        share("luna_share", "Luna's share of router spending before the cut, at most", luna_share(), digits=2,
              source_id=[*dated, *router_sources()]),
        result("luna_variance_ratio", "Variance of market elasticity left by the event, over the prior",
               float(luna_posterior(book, luna_share())), unit="", period="2026-07", digits=5),
        result("market_elasticity", "Market elasticity of token demand, from the evidence", np.nan, unit="",
               status="not_identified"),
    ]  # fmt: skip


def _market_results(book: Book) -> list[dict[str, object]]:
    facts = record()
    drawn = headlines(book.draws(), facts)
    last = facts.supply.quarters[-1]
    ahead = f"{last} to {quarters.name(quarters.index(last) + 4 * YEARS_AHEAD)}"

    def model(name: str, label: str, period: str) -> dict[str, object]:
        low, value, high = summaries.quantiles(drawn[name])
        return result(
            name, label, value, low=low, high=high, unit="times a year", period=period, digits=2
        )

    def chance(name: str, label: str, period: str) -> dict[str, object]:
        return result(name, label, float(drawn[name].mean()), unit="share", period=period, digits=2)

    rose = " to ".join(facts.rent_quarters)
    return [
        chance("efficiency_raises_spend", "Probability that efficiency by itself raises spending", "any"),
        model("spend_from_efficiency", "Spending after a year's efficiency gain, nothing else changed", ahead),
        chance("spend_rises_bound", "Probability that spending rises, compute fully used", ahead),
        chance("rent_rises_bound", "Probability that the rent of compute rises, fully used", ahead),
        chance("token_price_rises_bound", "Probability that the price of a raw token rises, fully used", ahead),
        chance("spend_rises_slack", "Probability that spending rises, compute idle", ahead),
        chance("rent_rises_slack", "Probability that the rent of compute rises, idle", ahead),
        chance("token_price_rises_slack", "Probability that the price of a raw token rises, idle", ahead),
        model("spend_change_bound", "Spending, compute fully used", ahead),
        model("rent_change_bound", "Rent of compute, fully used", ahead),
        model("token_price_change_bound", "Price of a raw token, fully used", ahead),
        model("implied_demand_shift", "Demand at unchanged price that rents, compute and efficiency imply", rose),
    ]  # fmt: skip


PARTS = (_price_results, _luna_results, _market_results)


def hedonic_declines() -> pd.DataFrame:
    """Times cheaper a year at given quality by regression, for four measures, 90 % intervals."""
    rows = []
    for column, measure in QUALITY.items():
        fit = hedonics.hedonic_decline(panel(column), level=summaries.LEVEL)
        rows.append(
            {
                "measure": measure,
                "value": fit.times_cheaper_per_year,
                "low": fit.low,
                "high": fit.high,
                "models": fit.observations,
                "r_squared": fit.r_squared,
            }
        )
    return pd.DataFrame(rows)


SHORT_OF = {measure: SHORT[column] for column, measure in QUALITY.items()}
CLASSES = (
    (CLASS_SETTER, "eci"),
    (CLASS_SETTER, "gpqa_percent"),
    (CLASS_SETTER, "mmlu_percent"),
    (CLASS_SETTER, "aa_index"),
    ("GPT-4o (2024-05-13)", "eci"),
    ("o1", "eci"),
    ("o3", "eci"),
)


def class_multiples(book: Book) -> pd.DataFrame:
    """How many times cheaper a model's quality became by the end of the panel, and a year."""
    end = evidence.read("model-prices")["price_date"].max()
    rows = []
    for reference, measure in CLASSES:
        start = panel(measure).set_index("model")["date"][reference]
        years = (end - start).days / hedonics.DAYS_PER_YEAR
        found = class_of(reference, measure, on=end, seed=book.seed)
        rows.append(
            {
                "reference": reference,
                "measure": QUALITY[measure],
                "since": f"{start:%Y-%m}",
                "times_cheaper": found.times_cheaper,
                "low": found.low,
                "high": found.high,
                "times_cheaper_per_year": found.times_cheaper ** (1 / years),
                "low_per_year": found.low ** (1 / years),
                "high_per_year": found.high ** (1 / years),
                "cheapest": found.model,
            }
        )
    return pd.DataFrame(rows)


def decline_estimates(book: Book) -> pd.DataFrame:
    """Yearly falls at given quality: ours by regression and by class, and published ones."""
    hedonic = hedonic_declines().assign(
        label=lambda frame: "Regression, " + frame["measure"].map(SHORT_OF),
        basis="Regression, this panel",
    )
    classes = class_multiples(book)
    by_class = pd.DataFrame(
        {
            "label": classes["reference"].str.split(" ").str[0]
            + "'s class, "
            + classes["measure"].map(SHORT_OF),
            "basis": "Cheapest of a class, this panel",
            "value": classes["times_cheaper_per_year"],
            "low": classes["low_per_year"],
            "high": classes["high_per_year"],
        }
    )
    published = evidence.series("price-declines", "annual_price_decline_factor")
    summary = ~published["entity"].str.contains(" level")
    published = published[summary].assign(
        label=lambda frame: frame["entity"],
        basis="Published",
        low=lambda frame: frame["low"].fillna(frame["value"]),
        high=lambda frame: frame["high"].fillna(frame["value"]),
    )
    columns = ["label", "basis", "value", "low", "high"]
    groups = [
        part.sort_values("value", ascending=False)[columns]
        for part in (hedonic, by_class, published)
    ]
    return pd.concat(groups, ignore_index=True)


def luna_posterior(book: Book, share: float | FloatArray) -> FloatArray:
    """Variance of market elasticity left by the event over the prior's, substitution known.

    The error is the spread of the readings, read as a 90 % interval. Taking substitution as known
    exactly flatters the event: in truth it is what the event measures.
    """
    ours = luna_readings().query("origin == 'This record'")["value"]
    central = float(ours.iloc[0])
    prior = -book.draws()["market_demand_elasticity_magnitude"]
    return nested_demand.market_elasticity_posterior(
        own_price_elasticity=central,
        standard_error=float(ours.max() - ours.min()) / 2 / 1.645,
        share=share,
        market_mean=float(prior.mean()),
        market_deviation=float(prior.std()),
        substitution_mean=-central,
        substitution_deviation=0.0,
    ).variance_ratio


def identification(book: Book) -> pd.DataFrame:
    """Variance left over prior variance by the seller's share of spending; Luna marked."""
    shares = np.append(np.geomspace(0.001, 1.0, 60), luna_share())
    table = pd.DataFrame(
        {
            "share": shares,
            "variance_ratio": luna_posterior(book, shares),
            "part": ["Any seller"] * 60 + [LUNA],
        }
    )
    return table.sort_values("share", ignore_index=True)


def efficiency_alone(book: Book) -> pd.DataFrame:
    """What a year's efficiency gain does by itself, against the size of the elasticity."""
    sizes = np.linspace(0.3, 2.0, 35)
    gain = np.log1p(book.draws()["raw_tokens_per_h100e_growth_per_year"])[:, None]
    full = rebound.bound_response(
        demand_shift=0.0, capacity_growth=0.0, efficiency_growth=gain, own_price_elasticity=-sizes
    )
    idle = rebound.slack_response(
        demand_shift=0.0,
        avoidable_cost_growth=0.0,
        efficiency_growth=gain,
        own_price_elasticity=-sizes,
    )
    outcomes = {
        "Spending and rent, compute full": full.spend,
        "Token price, compute full": full.token_price,
        "Spending, compute idle": idle.spend,
    }
    parts = []
    for name, changes in outcomes.items():
        low, middle, high = np.quantile(np.exp(changes), summaries.QUANTILES, axis=0)
        parts.append(
            pd.DataFrame(
                {"elasticity": sizes, "outcome": name, "value": middle, "low": low, "high": high}
            )
        )
    return pd.concat(parts, ignore_index=True)


def sign_conditions(book: Book) -> pd.DataFrame:
    """Probability and size of a rise, by regime, with the condition for it."""
    drawn = headlines(book.draws(), record())
    conditions = {
        ("spend", "bound"): "demand shift > (1 \N{MINUS SIGN} |η|) × (compute + efficiency)",
        ("rent", "bound"): "demand shift > compute + (1 \N{MINUS SIGN} |η|) × efficiency",
        ("token_price", "bound"): "demand shift > compute + efficiency",
        ("spend", "slack"): "demand shift > (1 \N{MINUS SIGN} |η|) × (efficiency \N{MINUS SIGN} avoidable cost)",
        ("rent", "slack"): "avoidable cost rises",
        ("token_price", "slack"): "avoidable cost > efficiency",
    }  # fmt: skip
    names = {"spend": "Spending", "rent": "Rent of compute", "token_price": "Price of a raw token"}
    regimes = {"bound": "full", "slack": "idle"}
    rows = []
    for (what, regime), condition in conditions.items():
        low, middle, high = summaries.quantiles(drawn[f"{what}_change_{regime}"])
        rows.append(
            {
                "compute": regimes[regime],
                "outcome": names[what],
                "rises_if": condition,
                "probability": float(drawn[f"{what}_rises_{regime}"].mean()),
                "value": middle,
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows)


REGIONS = (
    "Spending, rent and token price rise",
    "Spending and rent rise",
    "Only spending rises",
    "All three fall",
)


def phase(book: Book) -> pd.DataFrame:
    """What rises at each elasticity and growth of compute, other rates at the book's middle.

    Each outcome spans ``low`` to ``high`` [times a year]; the row "Today" is the book's 90 %
    range of elasticity and of the compute that the supply model gives.
    """
    sizes = np.linspace(0.15, 1.75, 81)
    turning = rebound.turning_points(
        demand_shift=float(np.log1p(book["token_demand_shift_per_year"])),
        efficiency_growth=float(np.log1p(book["raw_tokens_per_h100e_growth_per_year"])),
        own_price_elasticity=-sizes,
    )
    edges = [np.zeros_like(sizes), turning.token_price, turning.compute_price, turning.spend]
    edges.append(np.full_like(sizes, np.inf))
    shown = [np.clip(np.exp(edge), 1.0, 4.0) for edge in edges]
    parts = [
        pd.DataFrame(
            {
                "elasticity": sizes,
                "elasticity_end": sizes,
                "low": low,
                "high": high,
                "outcome": name,
            }
        )
        for name, low, high in zip(REGIONS, shown, shown[1:], strict=False)
    ]
    draws = book.draws()
    sizes_low, _, sizes_high = summaries.quantiles(draws["market_demand_elasticity_magnitude"])
    low, _, high = summaries.quantiles(np.exp(growth(draws, record()).capacity))
    today = pd.DataFrame(
        {
            "elasticity": [sizes_low],
            "elasticity_end": [sizes_high],
            "low": [low],
            "high": [high],
            "outcome": ["Today"],
        }
    )
    return pd.concat([*parts, today], ignore_index=True)


def claims() -> pd.DataFrame:
    """Claims of the seeds on prices and rebound, with their verdicts."""
    ledger = evidence.read("claims")
    return ledger[ledger["topic"] == TOPIC].reset_index(drop=True)
