"""Prices at constant quality: regression, frontier, and matched models.

Three answers to "how fast did it get cheaper?". The regression asks about the average model of a
given quality, the frontier about the cheapest one, the matched index about models that stay on the
list unchanged. None weights by spending, so none is by itself a deflator.

References: Griliches (1961) and Triplett, *Handbook on Hedonic Indexes* (OECD, 2004), for time
dummies; MacKinnon and White, Journal of Econometrics 29 (1985), for HC1 errors.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from token_economics.methods.robust_regression import mean_regression

FloatArray = NDArray[np.float64]

DAYS_PER_YEAR = 365.25


def years_since(dates: pd.Series, origin: pd.Timestamp) -> FloatArray:
    """Time from ``origin`` to ``dates``. [years]"""
    elapsed = pd.to_datetime(dates) - origin
    return np.asarray(elapsed.dt.total_seconds() / 86400.0 / DAYS_PER_YEAR, dtype=np.float64)


def _span_in_years(dates: pd.Series) -> float:
    return float(years_since(dates, dates.min()).max()) if len(dates) else 0.0


class HedonicDecline(NamedTuple):
    """Price fall at constant quality. ``times_cheaper_per_year`` of 10 means a tenth each year."""

    times_cheaper_per_year: float
    low: float
    high: float
    price_per_quality_point: float
    observations: int
    r_squared: float


def hedonic_decline(models: pd.DataFrame, *, level: float) -> HedonicDecline:
    r"""Yearly price fall at given quality, by ordinary least squares with HC1 errors.

    .. math:: \ln p_i = a + b\,\mathrm{quality}_i - d\,t_i + u_i

    Parameters
    ----------
    models
        Columns ``date`` of the price, ``price`` [money/Mtok] and ``quality`` [points]; rows with
        a gap are left out. A later price cut set against the release date would count as early.
    level
        Coverage of the interval, on the normal distribution. [0–1]

    Returns
    -------
    :math:`e^{d}` with its interval; ``price_per_quality_point`` is b. [log/point]

    Examples
    --------
    Prices that halve each year at the same quality, and double for ten points more:

    >>> models = pd.DataFrame(
    ...     {
    ...         "date": ["2023-01-01", "2024-01-01", "2024-12-31", "2023-01-01", "2024-12-31"],
    ...         "price": [8.0, 4.0, 2.0, 16.0, 4.0],
    ...         "quality": [50, 50, 50, 60, 60],
    ...     }
    ... )
    >>> found = hedonic_decline(models, level=0.9)
    >>> print(round(found.times_cheaper_per_year, 2))
    2.0
    """
    sample = models[["date", "price", "quality"]].dropna()
    year = years_since(sample["date"], pd.to_datetime(sample["date"]).min())
    quality = sample["quality"].to_numpy(dtype=np.float64)
    design = np.column_stack([np.ones_like(year), quality, year])
    fit = mean_regression(design, np.log(sample["price"].to_numpy(dtype=np.float64)))
    low, high = fit.interval(2, level=level)
    return HedonicDecline(
        times_cheaper_per_year=float(np.exp(-fit.coefficients[2])),
        low=float(np.exp(-high)),
        high=float(np.exp(-low)),
        price_per_quality_point=float(fit.coefficients[1]),
        observations=len(sample),
        r_squared=fit.r_squared,
    )


@dataclass(frozen=True)
class QualityAdjustedChange:
    """Average and quality-adjusted price of the same listings.

    ``index`` has one row a period: ``period``, ``listings``, ``average_price``,
    ``quality_adjusted_price``, ``low``, ``high`` (first period 1) and ``phantom`` [log], the log
    gap between the two indexes. The three changes are from first to last period.
    """

    index: pd.DataFrame
    observations: int
    r_squared: float

    @property
    def average_change(self) -> float:
        """Change of the average (geometric mean) price. [1]"""
        return float(self.index["average_price"].iloc[-1] - 1.0)

    @property
    def quality_adjusted_change(self) -> float:
        """Change of the price of the same attributes. [1]"""
        return float(self.index["quality_adjusted_price"].iloc[-1] - 1.0)

    @property
    def phantom(self) -> float:
        """Volume growth that a deflator following the average price misses. [log]"""
        return float(self.index["phantom"].iloc[-1])


def quality_adjusted_change(
    listings: pd.DataFrame, *, attributes: Sequence[str], level: float
) -> QualityAdjustedChange:
    r"""Time-dummy hedonic index against the average price of the same listings.

    .. math:: \ln p_{it} = \delta_t + \sum_k \beta_k z_{ik} + u_{it}

    Parameters
    ----------
    listings
        Columns ``price`` [money], ``period`` (sortable) and the attributes, already transformed
        (logarithms of sizes, 0/1 for features).
    attributes
        Names of the columns that describe quality.
    level
        Coverage of the interval, from HC1 errors on the normal distribution. [0–1]
    """
    import statsmodels.formula.api as smf  # a third of a second, not for those who never fit

    sample = listings[["price", "period", *attributes]].dropna()
    sample = sample.assign(ln_price=np.log(sample["price"]))
    fit = smf.ols(" + ".join(["ln_price ~ C(period)", *attributes]), data=sample).fit(
        cov_type="HC1"
    )
    grouped = sample.groupby("period", sort=True)["ln_price"]
    mean_log_price = grouped.mean()
    periods = list(mean_log_price.index)
    dummies = [name for name in fit.params.index if name.startswith("C(period)")]
    log_index = np.concatenate([[0.0], fit.params[dummies]])
    margin = np.concatenate([[0.0], ndtri(0.5 + level / 2) * fit.bse[dummies]])
    average = np.asarray(mean_log_price - mean_log_price.iloc[0])
    index = pd.DataFrame(
        {
            "period": periods,
            "listings": grouped.size().to_numpy(),
            "average_price": np.exp(average),
            "quality_adjusted_price": np.exp(log_index),
            "low": np.exp(log_index - margin),
            "high": np.exp(log_index + margin),
            "phantom": average - log_index,
        }
    )
    return QualityAdjustedChange(index, len(sample), float(fit.rsquared))


def cheapest_price_frontier(models: pd.DataFrame, *, threshold: float) -> pd.DataFrame:
    """Steps of the lowest price at which a given quality was ever offered.

    Parameters
    ----------
    models
        Columns ``date``, ``model``, ``price`` [money/Mtok] and ``quality`` [points].
    threshold
        Least quality that counts. [points]

    Returns
    -------
    Columns ``date``, ``model``, ``price``: one row each time the record falls, prices strictly
    falling. Empty when no model qualifies.

    Examples
    --------
    Only models that are good enough and cheaper than any before them make a step:

    >>> models = pd.DataFrame(
    ...     {
    ...         "date": ["2024-01-01", "2024-06-01", "2025-01-01", "2025-02-01"],
    ...         "model": ["a", "b", "c", "d"],
    ...         "price": [10.0, 12.0, 3.0, 1.0],
    ...         "quality": [60, 70, 65, 40],
    ...     }
    ... )
    >>> print(cheapest_price_frontier(models, threshold=60)["model"].tolist())
    ['a', 'c']
    """
    good = models.loc[models["quality"] >= threshold, ["date", "model", "price"]].dropna()
    good = good.assign(date=pd.to_datetime(good["date"])).sort_values(["date", "price"])
    record_before = good["price"].cummin().shift(fill_value=np.inf)
    return good[good["price"] < record_before].reset_index(drop=True)


def frontier_decline(frontier: pd.DataFrame) -> float:
    """Yearly price fall along the steps of a frontier, by a log-linear fit.

    "Times cheaper" a year; NaN with fewer than two dates, where no slope exists. [1/year]
    """
    if frontier["date"].nunique() < 2:
        return float("nan")
    year = years_since(frontier["date"], frontier["date"].iloc[0])
    slope, _ = np.polyfit(year, np.log(frontier["price"]), 1)
    return float(np.exp(-slope))


class FrontierDecline(NamedTuple):
    """Frontier decline with its bootstrap interval; failed draws had fewer than two steps.

    ``years`` is the span of the frontier: under one year the yearly rate is an extrapolation.
    """

    times_cheaper_per_year: float
    low: float
    high: float
    steps: int
    years: float
    draws: int
    failed_draws: int


def bootstrap_frontier_decline(
    models: pd.DataFrame,
    *,
    threshold: float,
    draws: int,
    level: float,
    rng: np.random.Generator,
) -> FrontierDecline:
    """Frontier decline and how much it depends on which models happened to be on the list.

    Models are drawn with replacement, a model keeping all its rows. The frontier is an extreme, so
    the interval is a measure of fragility rather than an exact confidence interval.

    Parameters
    ----------
    models
        As in ``cheapest_price_frontier``.
    threshold
        Least quality that counts. [points]
    draws
        Bootstrap draws. [count]
    level
        Coverage of the percentile interval. [0–1]
    rng
        Source of randomness.
    """
    good = models[models["quality"] >= threshold]
    frontier = cheapest_price_frontier(good, threshold=threshold)
    names = good["model"].unique()
    rows_of = good.assign(date=pd.to_datetime(good["date"])).groupby("model").indices
    declines = np.array(
        [
            frontier_decline(
                cheapest_price_frontier(
                    good.iloc[np.concatenate([rows_of[name] for name in set(drawn)])],
                    threshold=threshold,
                )
            )
            for drawn in rng.choice(names, size=(draws, len(names)))
        ]
    )
    valid = declines[np.isfinite(declines)]
    tails = [0.5 - level / 2, 0.5 + level / 2]
    low, high = np.quantile(valid, tails) if len(valid) else (np.nan, np.nan)
    return FrontierDecline(
        times_cheaper_per_year=frontier_decline(frontier),
        low=float(low),
        high=float(high),
        steps=len(frontier),
        years=_span_in_years(frontier["date"]),
        draws=draws,
        failed_draws=draws - len(valid),
    )


def matched_model_index(panel: pd.DataFrame) -> pd.DataFrame:
    r"""Chained index of models that are on the list at two neighbouring dates (Jevons links).

    .. math:: I_t = I_{t-1}\,\exp\Big(\tfrac1n \sum_{i \in t-1 \cap t} \ln (p_{it}/p_{i,t-1})\Big)

    A model enters with its second price; its launch price moves nothing.

    Parameters
    ----------
    panel
        Columns ``date``, ``model`` and ``price`` [money/Mtok], one row a model and date.

    Returns
    -------
    Columns ``date``, ``matched_models`` [count], ``link`` and ``index`` (first date 1). A link
    with no matched model is 1.

    Examples
    --------
    Model a halves its price, b is launched at a tenth of it; the launch moves nothing:

    >>> panel = pd.DataFrame(
    ...     {"date": [1, 2, 2], "model": ["a", "a", "b"], "price": [10.0, 5.0, 0.5]}
    ... )
    >>> print(matched_model_index(panel)["index"].round(6).tolist())
    [1.0, 0.5]
    """
    price = panel.pivot(index="date", columns="model", values="price").sort_index()
    change = price.apply(np.log).diff()
    link = np.exp(change.mean(axis="columns").fillna(0.0))
    return pd.DataFrame(
        {
            "date": price.index,
            "matched_models": change.notna().sum(axis="columns").to_numpy(),
            "link": link.to_numpy(),
            "index": link.cumprod().to_numpy(),
        }
    )
