r"""Reported spend: the revenue behind run-rates, and spend on tokens against payroll."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from token_economics.methods.arrays import FloatArray, floats
from token_economics.models.supply import QUARTERS_PER_YEAR

MONTHS_PER_YEAR = 12
DAYS_PER_MONTH = 365.25 / 12


def growth_per_month(first: ArrayLike, last: ArrayLike, *, days: ArrayLike) -> FloatArray:
    r"""Steady growth a month from a first figure to a last one so many days later. [share]

    .. math:: (x_1 / x_0)^{m / t} - 1 \quad \text{with m the days of a month}

    Examples
    --------
    Tokens that double in a quarter grow by a quarter a month:

    >>> print(growth_per_month(500.0, 1000.0, days=3 * DAYS_PER_MONTH).round(2))
    0.26
    """
    months = np.divide(days, DAYS_PER_MONTH)
    return floats(np.expm1(np.log(np.divide(last, first)) / months))


# Run-rate and revenue ------------------------------------------------------------------------


def run_rate_to_revenue(
    dates: pd.DatetimeIndex, run_rates: ArrayLike, *, period: str
) -> pd.DataFrame:
    r"""Revenue of calendar quarters or years that dated run-rates imply.

    .. math:: \int R(t)\,dt, \quad \text{between two points}\quad
              \Delta t\,(R_1 - R_0)/\ln(R_1/R_0)

    The run-rate moves log-linearly between points and is known only between the first and the
    last. A quarter is a quarter of a year whatever its days; a date means its end; several
    points of one date are averaged in logs.

    Parameters
    ----------
    dates, run_rates
        Points; run-rates positive. [money per year]
    period
        ``quarter`` or ``year``.

    Returns
    -------
    Columns period, revenue, covered_share, status. Revenue is that of the covered part, not
    grossed up; the status is ``complete`` when the points cover the whole period, else
    ``partial``. [money; share]

    Examples
    --------
    A run-rate that doubles from 30 to 60 over a quarter earns 10.8 in it, between 7.5 and 15:

    >>> points = pd.DatetimeIndex(["2026-03-31", "2026-06-30"])
    >>> table = run_rate_to_revenue(points, [30.0, 60.0], period="quarter")
    >>> print(table.loc[0, "period"], table["revenue"].round(2).tolist())
    2026Q2 [10.82]
    """
    if period not in ("quarter", "year"):
        raise ValueError(f"period must be 'quarter' or 'year', not {period!r}")
    rates = floats(run_rates)
    if not (np.all(rates > 0) and np.all(np.isfinite(rates))):
        raise ValueError("run-rates must be positive and finite")
    points = pd.Series(np.log(rates), index=_in_quarters(dates))
    points = points.groupby(level=0).mean().sort_index()
    knots, log_rates = (floats(column) for column in (points.index, points))
    if knots.size < 2:
        raise ValueError("revenue needs run-rates at two dates or more")
    length = 1 if period == "quarter" else QUARTERS_PER_YEAR
    first, last = int(knots[0] // length), int(np.ceil(knots[-1] / length))
    rows = [
        _revenue_row(index * length, length, knots=knots, log_rates=log_rates)
        for index in range(first, last)
    ]
    return pd.DataFrame(rows)


def growth_of_run_rate(run_rate: float, trailing_year: float) -> float:
    r"""Growth that a run-rate and the revenue of the year before it imply, if it was steady.

    .. math:: T = R\,(1 - e^{-g})/g, \quad \text{so that with } a = R/T \quad
              g = a + W_0(-a\,e^{-a})

    with W Lambert's function (Corless and others, 1996); growth below 1e-5 keeps few digits.
    [log points a year]

    Raises
    ------
    ValueError
        If the year before it brought nothing, as much as the run-rate and more, or so nearly
        either that no growth can be told.

    Examples
    --------
    A run-rate of twice the revenue of the year before it: steady growth of 1.6 in logs:

    >>> print(round(growth_of_run_rate(2.0, 1.0), 3))
    1.594
    """
    if not 0 < trailing_year < run_rate:
        raise ValueError("steady growth needs a trailing year above nothing and below the run-rate")
    multiple = run_rate / trailing_year
    with np.errstate(invalid="ignore"):
        growth = float(multiple + special.lambertw(-multiple * np.exp(-multiple)).real)
    if not np.isfinite(growth):
        raise ValueError(
            "run-rate and trailing year are too close, or too far apart, to tell growth"
        )
    return growth


def effective_price(
    *,
    input_usd_per_mtok: float,
    output_usd_per_mtok: float,
    input_per_output: float,
    cache_hit_share: float,
    cached_price_ratio: float,
) -> float:
    r"""Price paid for a mix of tokens when part of the input is read from a cache. [USD/Mtok]

    .. math:: s_{in}\,p_{in}\,[(1-h) + h d] + s_{out}\,p_{out}

    with h the share of input read from the cache and d its price over that of fresh input. The
    charge for writing the cache is left out; it adds about a tenth to agents' mixes.
    """
    input_share = input_per_output / (1 + input_per_output)
    paid = (1 - cache_hit_share) + cache_hit_share * cached_price_ratio
    return input_share * input_usd_per_mtok * paid + (1 - input_share) * output_usd_per_mtok


def _in_quarters(dates: pd.DatetimeIndex) -> FloatArray:
    """End of each day in quarters since year 0; every quarter has length one."""
    start = dates.to_period("Q").start_time
    days = (start + pd.offsets.QuarterBegin(startingMonth=1) - start).days
    elapsed = ((dates.normalize() - start).days + 1) / days
    return floats(QUARTERS_PER_YEAR * dates.year + dates.quarter - 1 + elapsed)


def _revenue_row(
    start: int, length: int, *, knots: FloatArray, log_rates: FloatArray
) -> dict[str, object]:
    end = start + length
    inside = knots[(knots > start) & (knots < end)]
    ends = np.clip([start, end], knots[0], knots[-1])
    time = np.unique(np.concatenate([ends, inside]))
    log_rate = np.interp(time, knots, log_rates)
    # exprel(x) = (e^x - 1)/x: the mean of an exponential over a step in which its log rises by x
    revenue = np.exp(log_rate[:-1]) * np.diff(time) * special.exprel(np.diff(log_rate))
    covered_share = float((ends[1] - ends[0]) / length)
    year, quarter = divmod(start, QUARTERS_PER_YEAR)
    return {
        "period": f"{year}Q{quarter + 1}" if length == 1 else f"{year}",
        "revenue": float(revenue.sum()) / QUARTERS_PER_YEAR,
        "covered_share": covered_share,
        "status": "complete" if covered_share > 1 - 1e-9 else "partial",
    }


# Spend against payroll -----------------------------------------------------------------------


def months_until_spend_passes_payroll(
    *, annual_spend: ArrayLike, annual_payroll: ArrayLike, annual_growth_factor: ArrayLike
) -> FloatArray:
    r"""Months until spend at a constant growth overtakes a constant payroll. [months]

    .. math:: 12\,\ln(\text{payroll}/\text{spend}) / \ln G

    Zero if it has, infinite if spend does not grow. An extrapolated growth law is not a theory:
    the firm's first-order condition (`token_payroll_ratio_after`) says when it may continue.

    Examples
    --------
    Spend of a tenth of payroll passes it in a year if it grows tenfold a year, in over three if it
    doubles, never if it stands still:

    >>> months = months_until_spend_passes_payroll(
    ...     annual_spend=1.0, annual_payroll=10.0, annual_growth_factor=[10.0, 2.0, 1.0]
    ... )
    >>> print(months.round(1))
    [12.  39.9  inf]
    """
    distance = np.maximum(np.log(np.divide(annual_payroll, annual_spend)), 0.0)
    speed = np.maximum(np.log(floats(annual_growth_factor)), 0.0)
    distance, speed = np.broadcast_arrays(distance, speed)
    months = MONTHS_PER_YEAR * distance / np.where(speed > 0, speed, 1.0)
    stuck = np.where(distance > 0, np.inf, 0.0)
    return floats(np.where(speed > 0, months, stuck))


def token_payroll_ratio_after(
    ratio_now: ArrayLike, *, relative_cost: ArrayLike, substitution_elasticity: ArrayLike
) -> FloatArray:
    r"""Token spend over payroll after the cost of token work moved against wages. [ratio]

    .. math:: \frac{s}{1-s} = \left(\frac{s}{1-s}\right)_0
              \left(\frac{p z/w}{(p z/w)_0}\right)^{1-\sigma}

    First-order condition of :math:`(a T^{\rho} + (1-a) L^{\rho})^{1/\rho}`, tokens and labour
    both counted in tasks, :math:`\sigma = 1/(1-\rho)`, from an observed start instead of a weight.
    Scale does not enter: a firm that grows buys more of both.

    Parameters
    ----------
    ratio_now
        Token spend over payroll. [ratio]
    relative_cost
        Token cost of a task over the wage, relative to now. [1]
    substitution_elasticity
        Elasticity of substitution between tokens and labour. [1]
    """
    moved = np.power(relative_cost, np.subtract(1, substitution_elasticity))
    return floats(np.multiply(ratio_now, moved))


def relative_cost_at_parity(ratio_now: float, substitution_elasticity: ArrayLike) -> FloatArray:
    r"""Relative cost of token work, over now's, at which spend on tokens equals payroll. [1]

    .. math:: (1/\text{ratio})^{1/(1-\sigma)}

    Below one (tokens have to get cheaper) if tokens replace labour with an elasticity above one,
    above one (they have to get dearer) otherwise; with an elasticity of one there is none.

    Examples
    --------
    Spend of a hundredth of payroll: with an elasticity of two tokens have to get a hundred times
    cheaper, with one of a half far dearer:

    >>> print(relative_cost_at_parity(0.01, np.array([2.0, 0.5])))
    [1.e-02 1.e+04]
    """
    distance = 1 - floats(substitution_elasticity)
    with np.errstate(divide="ignore", over="ignore"):
        parity = np.exp(-np.log(ratio_now) / np.where(distance == 0, np.nan, distance))
    return floats(parity)


# Spend ahead ---------------------------------------------------------------------------------


def fading_log_growth(
    months: ArrayLike,
    *,
    trend_log_growth: ArrayLike,
    log_growth_now: ArrayLike,
    half_life_months: ArrayLike,
) -> FloatArray:
    r"""Log growth over months in which growth returns from its present pace to its trend.

    .. math:: g_0 t + (g_1 - g_0)\,\frac{h}{\ln 2}\,(1 - 2^{-t/h})

    The excess of growth now, g1, over its trend, g0, halves every h months; growth is a month's,
    in logs. A very long half-life is growth at the present pace. [log points]

    Examples
    --------
    Growth of a tenth a month that halves each half-year, over one and ten years, to a trend of nothing:

    >>> months = np.array([12.0, 120.0])
    >>> growth = fading_log_growth(
    ...     months, trend_log_growth=0.0, log_growth_now=0.1, half_life_months=6.0
    ... )
    >>> print(growth.round(2))
    [0.65 0.87]
    """
    elapsed = floats(months)
    excess = np.subtract(log_growth_now, trend_log_growth)
    decay = np.log(2) / floats(half_life_months)
    months_of_excess = -np.expm1(-decay * elapsed) / decay
    return floats(np.multiply(trend_log_growth, elapsed) + excess * months_of_excess)


def remaining_after_haircut(
    months: ArrayLike, *, signalling_share: ArrayLike, half_life_months: ArrayLike
) -> FloatArray:
    r"""Part of spend that is left when the part that only signals fades, :math:`1 - s(1 - 2^{-t/h})`.

    s is the share of spend that buys status or meets a target of use rather than a result; it
    halves every h months from now on, and nothing replaces it. [share]

    Examples
    --------
    A third of spend only signals; half of it is gone after a half-life of a year:

    >>> print(remaining_after_haircut(12.0, signalling_share=1 / 3, half_life_months=12.0).round(3))
    0.833
    """
    faded = -np.expm1(-np.log(2) * np.divide(months, half_life_months))
    return floats(1 - np.multiply(signalling_share, faded))
