"""Tables behind the charts of the accounts that a reader can move: what AI does to a service.

The accounts are a closed form, which the page recomputes; the tables hold the run.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from token_economics.answers import sliders
from token_economics.book.assumptions import Book
from token_economics.headlines.records import phantom_gdp_accounts
from token_economics.headlines.records.phantom_gdp_accounts import HOUSEHOLD, Economy
from token_economics.methods import summaries
from token_economics.methods.arrays import FloatArray
from token_economics.models import national_accounts
from token_economics.models.national_accounts import CostFall

MOST_LANDED = 4.0
LARGEST_ELASTICITY = 2.0  # the right end of the map of signs, in size
LEAST_PRICE_FALL = 1e-6  # log points


def accounts_sliders(book: Book) -> pd.DataFrame:
    """Sliders of the accounts of services that households buy, where AI does the work.

    The saving is no assumption: the solved market gives it.
    """
    facts = phantom_gdp_accounts.record()
    low, _, high = summaries.quantiles(_saving(phantom_gdp_accounts.solve(book.draws(), facts)))
    saving = sliders.estimated(
        "saving", label="fall of the unit cost of work that is done with AI (token market)",
        unit="share", value=_saving(_economy(book)).item(), low=low, high=high,
    )  # fmt: skip
    assumed = {
        "pass_through": "cost_saving_pass_through",
        "self_made": "self_made_share",
        "elasticity": "exposed_service_price_elasticity",
        "capture": "deflator_capture_share",
    }
    return pd.concat([saving, sliders.even(book, assumed)], ignore_index=True)


def _economy(book: Book) -> Economy:
    """The accounts at point values."""
    return phantom_gdp_accounts.solve(book.points(), phantom_gdp_accounts.record())


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
    solved, gdp = _economy(book), phantom_gdp_accounts.record().gdp_usd_bn
    landed, change = _landed_fall(solved, results)
    sector = national_accounts.sector_accounts(change)._asdict()
    return pd.DataFrame(
        {
            "quantity": list(ACCOUNTS),
            "label": list(ACCOUNTS.values()),
            "run": [float(np.expm1(sector[name])) for name in ACCOUNTS],
            "quality_gain": book["quality_gain_log"],
            "token_cost": solved.work.token_cost.item(),
            "spend": solved.base_spend[0, HOUSEHOLD] / solved.snapshot.gdp.item() * gdp,
            "landed": landed,
        }
    )


def signs(book: Book, results: pd.DataFrame) -> pd.DataFrame:
    """Share of a price fall that a deflator must catch for measured output not to fall.

    Columns: size of the elasticity; run, the share at the run's other assumptions, cut to 0 to 1
    (where the price falls: without a fall nothing is defined); quality_gain, token_cost, landed
    (as in `accounts`); left, right, low, high, the 90 % range of the elasticity's size and of the
    share caught.
    """
    sizes, solved = np.linspace(0.0, LARGEST_ELASTICITY, 81), _economy(book)
    landed, change = _landed_fall(solved, results)
    price_fall = max(float(change.true_price_fall), LEAST_PRICE_FALL)
    frame = pd.DataFrame(
        {
            "size": sizes,
            "run": np.clip(1 - sizes - float(change.marketed_value) / price_fall, 0.0, 1.0),
            "quality_gain": book["quality_gain_log"],
            "token_cost": solved.work.token_cost.item(),
            "landed": landed,
        }
    )
    draws = book.draws()
    size, caught = -draws["exposed_service_price_elasticity"], draws["deflator_capture_share"]
    left, _, right = summaries.quantiles(size)
    low, _, high = summaries.quantiles(caught)
    return frame.assign(left=left, right=right, low=low, high=high)


def _landed_fall(solved: Economy, results: pd.DataFrame) -> tuple[float, CostFall]:
    """The factor on households' fall of the true price that makes the run's gap, and the change.

    One where no fall of the price can make that gap.
    """
    wanted = np.log1p(sliders.run_value(results, "sector_gap"))
    parts = {field.name: getattr(solved.change, field.name) for field in fields(CostFall)}
    shape = solved.sector.phantom.shape
    change = CostFall(
        **{name: np.broadcast_to(part, shape)[0, HOUSEHOLD] for name, part in parts.items()}
    )

    def scaled(factor: float) -> CostFall:
        through, gain = change.pass_through * factor, change.quality_gain * factor
        return replace(change, pass_through=through, quality_gain=gain)

    def short(factor: float) -> float:
        return float(national_accounts.sector_accounts(scaled(factor)).phantom - wanted)

    if not short(0.0) < 0 < short(MOST_LANDED):
        return 1.0, change
    factor = float(brentq(short, 0.0, MOST_LANDED, xtol=1e-12))
    return factor, scaled(factor)
