"""Tables behind the charts of the accounts that a reader can move: what AI does to a service.

The accounts are a closed form, which the page recomputes; the tables hold the run.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from token_economics.book.assumptions import Book
from token_economics.headlines import phantom_gdp_accounts, sliders
from token_economics.headlines.phantom_gdp_accounts import HOUSEHOLD, Economy
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.models import national_accounts
from token_economics.models.national_accounts import CostFall


def accounts_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the accounts of services that households buy, where AI does the work.

    The saving is no assumption: the solved market gives it.
    """
    facts = phantom_gdp_accounts.record()
    low, _, high = summaries.quantiles(_saving(phantom_gdp_accounts.solve(book.draws(), facts)))
    saving = sliders.estimated(
        "saving", label="fall of the unit cost of work that is done with AI (token market)",
        unit="share", value=_saving(phantom_gdp_accounts.solve(book.points(), facts)).item(),
        low=low, high=high,
    )  # fmt: skip
    assumed = sliders.even(
        book,
        {
            "pass_through": "cost_saving_pass_through",
            "self_made": "self_made_share",
            "elasticity": "exposed_service_price_elasticity",
            "capture": "deflator_capture_share",
        },
    )
    return pd.concat([saving, assumed], ignore_index=True)


def _saving(economy: Economy) -> FloatArray:
    return np.asarray(-np.expm1(-economy.work.log_saving))


ACCOUNTS = {
    "price": "Price",
    "nominal": "Money spent",
    "measured_volume": "Output as measured",
    "true_volume": "True output",
    "phantom": "Output missed",
}


def accounts(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Services that households buy, where AI does the work, against the same without it.

    Columns: quantity (a field of the accounts), label, run [share]; quality_gain [log] and
    token_cost [share of the old price], which no slider moves; spend, the work before [USD
    billion]; landed, what the fall of the true price is scaled by so that the run's gap results.
    """
    facts = phantom_gdp_accounts.record()
    solved = phantom_gdp_accounts.solve(book.points(), facts)
    landed, change = _landed_fall(_households(solved), results)
    sector = national_accounts.sector_accounts(change)._asdict()
    before = solved.base_spend[0, HOUSEHOLD] / solved.snapshot.gdp.item() * facts.gdp_usd_bn
    return pd.DataFrame(
        {
            "quantity": list(ACCOUNTS),
            "label": list(ACCOUNTS.values()),
            "run": [float(np.expm1(sector[name])) for name in ACCOUNTS],
            "quality_gain": book["quality_gain_log"],
            "token_cost": solved.work.token_cost.item(),
            "spend": before,
            "landed": landed,
        }
    )


def _households(solved: Economy) -> CostFall:
    """What AI does to services that households buy, of an economy of one draw."""
    parts = {field.name: getattr(solved.change, field.name) for field in fields(CostFall)}
    one = {
        name: np.broadcast_to(part, solved.sector.phantom.shape)[0, HOUSEHOLD]
        for name, part in parts.items()
    }
    return CostFall(**one)


def _landed_fall(change: CostFall, results: pd.DataFrame) -> tuple[float, CostFall]:
    """The factor on the fall of the true price that makes the run's gap, and the change with it.

    One where no fall of the price can make that gap.
    """
    wanted = np.log1p(sliders.run_value(results, "sector_gap"))

    def scaled(factor: float) -> CostFall:
        return replace(
            change,
            pass_through=change.pass_through * factor,
            quality_gain=change.quality_gain * factor,
        )

    def short(factor: float) -> float:
        return float(national_accounts.sector_accounts(scaled(factor)).phantom - wanted)

    if not short(0.0) < 0 < short(MOST_LANDED):
        return 1.0, change
    factor = float(brentq(short, 0.0, MOST_LANDED, xtol=1e-12))
    return factor, scaled(factor)


MOST_LANDED = 4.0
LARGEST_ELASTICITY = 2.0  # the right end of the map, in size


def signs(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Share of a price fall that a deflator must catch for measured output not to fall.

    Columns: size of the elasticity; run, the share at the run's other assumptions, cut to 0 to 1
    (where the price falls: without a fall nothing is defined); quality_gain, token_cost, landed
    (as in `accounts`); left, right, low, high, the 90 % range of the elasticity's size and of the
    share caught.
    """
    sizes = np.linspace(0.0, LARGEST_ELASTICITY, 81)
    solved = phantom_gdp_accounts.solve(book.points(), phantom_gdp_accounts.record())
    landed, change = _landed_fall(_households(solved), results)
    price_fall = max(float(change.true_price_fall), LEAST_PRICE_FALL)
    marketed = float(change.marketed_value)
    draws = book.draws()
    left, _, right = summaries.quantiles(-draws["exposed_service_price_elasticity"])
    low, _, high = summaries.quantiles(draws["deflator_capture_share"])
    return pd.DataFrame(
        {
            "size": sizes,
            "run": np.clip(1 - sizes - marketed / price_fall, 0.0, 1.0),
            "quality_gain": book["quality_gain_log"],
            "token_cost": solved.work.token_cost.item(),
            "landed": landed,
        }
    ).assign(left=left, right=right, low=low, high=high)


LEAST_PRICE_FALL = 1e-6  # log points
