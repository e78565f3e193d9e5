"""Phantom GDP: the tables behind the page's charts, from the accounts and the record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from token_economics.book.assumptions import Book, FloatArray
from token_economics.headlines import phantom_gdp, phantom_gdp_range
from token_economics.headlines import phantom_gdp_accounts as accounts
from token_economics.headlines import phantom_gdp_record as recorded
from token_economics.headlines.phantom_gdp_accounts import HORIZON, HOUSEHOLD, NOW, Choice, Record
from token_economics.headlines.rows import format_number
from token_economics.methods import summaries
from token_economics.models import labour_equivalence, national_accounts, welfare

MEASURES = ("Money spent", "Measured real output", "True real output", "Consumer surplus")


def sizes(book: Book) -> pd.DataFrame:
    """Sizes that are taken for phantom output, and what each is. USD billion a year.

    Ours are 90 % intervals; consumer surplus runs from the median to the mean answer, exposed
    wages from the strictest tier of the study to all tiers.
    """
    facts = accounts.record()
    draws = book.draws()
    drawn = phantom_gdp.headlines(draws, facts)
    surplus = recorded.consumer_surplus().iloc[-1]
    spend = facts.token_spend_usd_bn * draws["us_token_spend_share"]
    tiers = [
        recorded.latest("exposed_wages", f"Dark Output, {tier}")
        for tier in ("replacement", "all tiers from 4")
    ]
    rows = [
        ("Output missed", "Output", *_ends(drawn["phantom_usd_bn"]), ""),
        ("All cost saved", "Output", *_ends(drawn["saving_gain"] * facts.gdp_usd_bn), ""),
        ("US token bill", "Spending", *_ends(spend), "exponential_view_2026_06"),
        ("Consumer surplus", "Welfare", surplus["at_median"], surplus["at_mean"], surplus["source_id"]),
        ("Exposed wages", "Wages", *tiers, "semianalysis_dark_output_2026"),
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["what", "kind", "low", "high", "source_id"])
    ends = zip(table["low"], table["high"], strict=True)
    label = [f"{format_number(low, 2)} to {format_number(high, 3)}" for low, high in ends]
    return table.assign(label=label)


def _ends(draws: FloatArray) -> tuple[float, float]:
    low, _, high = summaries.quantiles(draws)
    return low, high


def uses(book: Book) -> pd.DataFrame:
    """Accounts by final use today, one row a use, and the sum."""
    facts, draws = accounts.record(), book.draws()
    economy = accounts.solve(draws, facts)
    table = accounts.uses(economy, facts)
    low, value, high = summaries.quantiles(economy.phantom * facts.gdp_usd_bn)
    total = {"use": "Sum", "missed": value, "low": low, "high": high}
    joined = pd.concat([table, pd.DataFrame([total])], ignore_index=True)
    ends = zip(joined["low"], joined["missed"], joined["high"], strict=True)
    joined["missed"] = [
        f"{format_number(mid, 2)} ({format_number(lo, 2)} to {format_number(hi, 2)})"
        for lo, mid, hi in ends
    ]
    shown = joined[["use", "spending", "price_fall", "seen", "missed"]].copy()
    shown.loc[accounts.MEMORY, "spending"] = np.nan  # a part of the hardware in the row above
    return shown.round({"spending": 0, "price_fall": 0, "seen": 0})


def by_formula(book: Book) -> pd.DataFrame:
    """The gap of the final uses by index formula, at the book's values. Per cent of GDP.

    Columns when, and one a formula.
    """
    facts, points = accounts.record(), book.points()
    market = accounts.snapshots(points, facts, [NOW, HORIZON])
    rows = []
    for when, snapshot in market.items():
        economy = accounts.account(points, snapshot)
        base, gdp = economy.base_spend[0], float(snapshot.gdp[0])
        gaps = national_accounts.phantom_by_formula(
            national_accounts.FinalDemand(
                base_spend=base,
                spend=base * np.exp(economy.sector.nominal[0]),
                true_volume=np.exp(economy.sector.true_volume[0]),
                measured_volume=np.exp(economy.sector.measured_volume[0]),
            ),
            base_gdp=gdp,
            gdp=gdp,
            rest_volume=1.0,
        ).set_index("formula")["phantom"]
        rows.append((when, *(100 * float(gaps[name]) for name in recorded.FORMULAS)))
    return pd.DataFrame(rows, columns=["quarter", *recorded.FORMULAS.values()])


def factors(book: Book) -> pd.DataFrame:
    """Assumptions, the market's among them, and the part of the gap's spread that each explains.

    Squared rank correlation, today and at the horizon; what is below two per cent in both is left
    out.
    """
    draws, facts = book.draws(), accounts.record()
    market = accounts.snapshots(draws, facts, [NOW, HORIZON])
    found = {
        name: _spread(draws, accounts.account(draws, market[quarter]).phantom)
        for name, quarter in (("now", NOW), ("horizon", HORIZON))
    }
    table = book.table().assign(**found)
    table = table[table[["now", "horizon"]].max(axis=1) >= 2].sort_values("now", ascending=False)
    ranges = [_range_text(row) for row in table.to_dict("records")]
    shown = {name: table[name].round().astype(int) for name in found}
    table = table.assign(range=ranges, **shown)
    return table[["label", "range", "now", "horizon", "source_id"]].reset_index(drop=True)


def _spread(draws: Mapping[str, FloatArray], phantom: FloatArray) -> list[float]:
    """Squared rank correlation of each assumption with the gap. Per cent."""
    ranked = pd.Series(phantom).rank()
    return [
        100 * float(np.nan_to_num(pd.Series(values).rank().corr(ranked))) ** 2
        if np.ptp(values) > 0
        else 0.0
        for values in draws.values()
    ]


def _range_text(row: Mapping[Any, Any]) -> str:
    """Middle and range of an assumption; shares in per cent."""
    scale, unit = (100, " %") if row["unit"] == "share" else (1, "")
    middle = f"{format_number(scale * row['value'], 2)}{unit}"
    if pd.isna(row["low"]):
        return middle
    ends = [f"{scale * row[end]:.3g}".replace("-", "\N{MINUS SIGN}") for end in ("low", "high")]
    return f"{middle} ({' to '.join(ends)})"


def sector_case(book: Book) -> pd.DataFrame:
    """Services that households buy: four measures of one change, at three elasticities. Percent."""
    facts = accounts.record()
    low, middle, high = book.interval("exposed_service_price_elasticity")
    parts = []
    for elasticity in (low, middle, high):
        points = {**book.points(), "exposed_service_price_elasticity": np.array([elasticity])}
        economy = accounts.solve(points, facts)
        surplus = national_accounts.consumer_surplus_gain(
            base_spend=1.0,
            price_ratio=np.exp(-economy.change.true_price_fall[0, HOUSEHOLD]),
            own_price_elasticity=elasticity,
        )
        sector = economy.sector
        logs = (sector.nominal, sector.measured_volume, sector.true_volume)
        changes = [*(float(np.expm1(log[0, HOUSEHOLD])) for log in logs), float(surplus)]
        parts.append(
            pd.DataFrame(
                {
                    "elasticity": format_number(elasticity, 2),
                    "measure": MEASURES,
                    "percent": 100 * np.array(changes),
                    "measured": 100 * changes[1],
                    "true": 100 * changes[2],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def sign_conditions(book: Book) -> pd.DataFrame:
    """What has to hold for each sentence, and in how many draws it does, today and at the horizon."""
    facts, draws = accounts.record(), book.draws()
    market = accounts.snapshots(draws, facts, [NOW, HORIZON])
    columns = {}
    for quarter, snapshot in market.items():
        economy = accounts.account(draws, snapshot)
        change, closure = economy.change, economy.closure
        bought = (..., HOUSEHOLD)
        columns[quarter] = {
            ("Households spend less on the services", "demand inelastic, or buyers make it themselves"):
                national_accounts.nominal_output_falls(change)[bought],
            ("Their measured volume falls", "elasticity and captured share together below one, or enough made by buyers"):
                national_accounts.measured_output_falls(change)[bought],
            ("GDP misses their output", "deflator catches less than the price fall, or buyers make it themselves"):
                national_accounts.output_is_understated(change)[bought],
            ("GDP misses output of memory", "never, while prices rise and the deflator misses part of the rise: GDP overstates"):
                national_accounts.output_is_understated(change)[..., accounts.MEMORY],
            ("Money GDP falls", "demand inelastic and some released labour idle"): closure.nominal_gdp < 1,
            ("Measured real GDP falls", "the same, and the deflator misses enough"): economy.measured_real_gdp < 1,
            ("GDP falls while true output grows", "all three at once"):
                phantom_gdp.falls_while_output_grows(economy),
        }  # fmt: skip
    table = pd.DataFrame(
        {when: {key: float(np.mean(holds)) for key, holds in rows.items()} for when, rows in columns.items()}
    )  # fmt: skip
    shown = (100 * table).round(1).reset_index(names=["sentence", "condition"])
    return shown.set_axis(["sentence", "condition", "now", "horizon"], axis=1)


def closure(book: Book) -> pd.DataFrame:
    """The whole economy at the book's values, by how much released labour finds work. Percent.

    ``falls`` is the share of draws in which measured real GDP is lower than without AI.
    """
    facts, points = accounts.record(), book.points()
    market = accounts.snapshots(points, facts, [NOW, HORIZON])
    rows = []
    drawn = accounts.snapshots(book.draws(), facts, [NOW, HORIZON])
    for quarter, snapshot in market.items():
        for name, found in phantom_gdp_range.CLOSURES.items():
            choice = Choice(reemployed=found)
            economy = accounts.account(points, snapshot, choice)
            falls = accounts.account(book.draws(), drawn[quarter], choice).measured_real_gdp
            changes = (
                economy.closure.nominal_gdp,
                economy.measured_real_gdp,
                economy.closure.true_real_gdp,
            )
            moved = [100 * (float(level[0]) - 1) for level in changes]
            part = 100 * float((falls < 1).mean())
            rows.append((quarter, name, *moved, moved[2] - moved[1], part))
    columns = [
        "quarter",
        "released",
        "money_gdp",
        "measured_real_gdp",
        "true_real_gdp",
        "gap",
        "falls",
    ]
    return pd.DataFrame(rows, columns=columns).round(dict.fromkeys(columns[2:6], 3) | {"falls": 0})


def bought_service(book: Book) -> pd.DataFrame:
    """A firm replaces a bought service, prices as in Dark Output. Changes in USD."""
    before = recorded.latest("service_price_example", "HR service, before")
    with_tokens = recorded.latest("service_price_example", "HR service, AI")
    rows = []
    for name, pass_on in (
        ("nothing", 0.0),
        ("as assumed", book["cost_saving_pass_through"]),
        ("all", 1.0),
    ):
        replaced = national_accounts.replace_bought_service(
            final_output=before, service_cost=before, token_cost=with_tokens, pass_on=pass_on
        )
        changes = (
            replaced.supplier_value_added_change,
            replaced.user_value_added_change,
            replaced.ai_value_added_change,
            replaced.gdp - before,
            replaced.real_gdp - before,
        )
        rows.append((name, *(float(np.round(change, 6)) for change in changes)))
    columns = ["passed_on", "supplier", "user", "ai_firm", "money_gdp", "real_gdp"]
    return pd.DataFrame(rows, columns=columns)


def doable(book: Book) -> pd.DataFrame:
    """Counts of what AI can do, against what token spending would replace at the market's cost.

    Columns threshold, what; wages [USD billion]; least_cost, tokens per dollar of wages if they
    did all of it [USD]; then the share of draws in which token spending over that cost exceeds
    the wages, today and at the horizon.
    """
    facts, draws = accounts.record(), book.draws()
    market = accounts.snapshots(draws, facts, [NOW, HORIZON])
    work = {quarter: accounts.account(draws, shot).work for quarter, shot in market.items()}
    counts = accounts.doable_wages(draws, facts)
    table = recorded.thresholds().set_index("threshold").loc[list(counts)].reset_index()
    rows = []
    for wages in counts.values():
        checks = [
            labour_equivalence.check_labour_equivalence(
                spend=market[quarter].work.token_spend,
                cost_share=work[quarter].token_cost,
                exposed_wage_bill=wages * market[quarter].gdp / market[NOW].gdp,
            )
            for quarter in market
        ]
        least = np.median(market[NOW].work.token_spend / wages)
        beyond = [round(100 * float(check.violates.mean())) for check in checks]
        rows.append((round(float(np.median(wages))), round(float(least), 2), *beyond))
    found = pd.DataFrame(rows, columns=["wages", "least_cost", "beyond_now", "beyond_horizon"])
    return pd.concat([table[["threshold", "what"]], found, table[["source_id"]]], axis=1)


def exposure_by_occupation() -> pd.DataFrame:
    """Wages exposed by occupation group, alpha and beta. Per cent of the group's wage bill.

    Columns occupation, low (alpha), high (beta), source_id; most exposed first.
    """
    alpha, beta = (recorded.exposure(name) for name in ("alpha_model", "beta_model"))
    table = alpha.merge(beta, on="entity", suffixes=("_alpha", "_beta"))
    table = table[table["entity"] != "United States"]
    shown = pd.DataFrame(
        {
            "occupation": table["entity"].replace(recorded.SHORT_GROUPS),
            "low": table["value_alpha"],
            "high": table["value_beta"],
            "source_id": table["source_id_alpha"],
        }
    )
    return shown.sort_values("high", ascending=False, ignore_index=True)


def welfare_measures(book: Book) -> pd.DataFrame:
    """Welfare of the cheap services and of the dear memory, three ways. USD billion a year.

    Each measure is computed in every draw from the exact cost of living of CES buyers; medians.
    Columns change, compensating, surplus, equivalent, missed (our gap, for comparison).
    """
    facts, draws = accounts.record(), book.draws()
    economy = accounts.solve(draws, facts)
    gdp = economy.snapshot.gdp
    share = economy.base_spend / gdp[:, None]
    fall = economy.change.true_price_fall
    cases = {
        "Services with AI get cheaper": economy.closure.cost_of_living,
        "Memory in AI hardware gets dearer": welfare.cost_of_living(
            base_share=share[:, accounts.MEMORY],
            price_ratio=np.exp(-fall[:, accounts.MEMORY]),
            substitution=-draws["exposed_service_price_elasticity"],
        ),
    }
    rows = []
    for name, level in cases.items():
        gain = welfare.welfare_gain(income=gdp, cost_of_living_ratio=level)
        rows.append((name, *(float(np.median(measure)) for measure in gain)))
    columns = ["change", "compensating", "surplus", "equivalent"]
    return pd.DataFrame(rows, columns=columns)


def verdicts(book: Book) -> pd.DataFrame:
    """The two claims that are quoted most, and what the same numbers say when they are set together."""
    facts, draws = accounts.record(), book.draws()
    drawn = phantom_gdp.headlines(draws, facts)
    beyond = float(drawn["beyond_doable"].mean())
    doable_wages = facts.doable_share * float(
        np.median(facts.wage_bill_usd_bn * draws["us_wage_bill_growth_ratio"])
    )
    low, middle, high = summaries.quantiles(drawn["anecdote_token_cost"])
    ratio = drawn["token_cost"] / drawn["anecdote_token_cost"]
    return pd.DataFrame(
        [
            _doable_verdict(drawn, facts, doable_wages, beyond),
            _economists_verdict(drawn, (low, middle, high), float(np.median(ratio))),
        ],
        columns=["claim", "computed", "verdict"],
    )


def _doable_verdict(
    drawn: Mapping[str, FloatArray], facts: Record, wages: float, beyond: float
) -> tuple[str, str, str]:
    low, middle, high = (format_number(x, 2) for x in summaries.quantiles(drawn["token_cost"]))
    least = format_number(float(np.median(drawn["implied_token_cost"])), 2)
    computed = (
        f"Wages of {100 * facts.doable_share:.0f} % of tasks: USD {format_number(wages, 2)} billion. "
        f"At reported spending tokens would have to cost at least {least} for a dollar of wages; the "
        f"market gives {middle} ({low} to {high}), and all work done with tokens exceeds those wages in "
        f"{100 * beyond:.0f} % of draws."
    )
    state = (
        "too low, or most of what tokens do is new work"
        if beyond > 0.5
        else "not refuted: spending fits inside it only if tokens replace little"
        if beyond > 0.1
        else "consistent with spending"
    )
    return f"AI can do {100 * facts.doable_share:.0f} % of tasks", computed, state.capitalize()


def _economists_verdict(
    drawn: Mapping[str, FloatArray], cost: tuple[float, float, float], ratio: float
) -> tuple[str, str, str]:
    low, middle, high = (format_number(x, 1) for x in cost)
    gain = format_number(float(np.median(drawn["anecdote_gain"])), 2)
    over = format_number(float(np.median(drawn["gain_overstated"])), 3)
    new = float(np.median(drawn["new_work_share"]))
    computed = (
        f"Tokens cost {middle} ({low} to {high}) for a dollar of those wages, "
        f"{format_number(ratio, 2)} times less than the market's work. Valued at what a buyer would "
        f"pay, the gain is USD {gain} million; wages overstate it {over} times."
    )
    state = (
        f"Not a rate for the economy: at that cost {100 * new:.0f} % of US token spending would have "
        "to be work that nobody was paid for"
        if new > 0.5
        else "Within what spending allows"
    )
    return "One economist does the year's work of two hundred", computed, state
