"""One question, every defensible way of asking it: hedonic declines over a grid of choices.

A single regression hides its choices. Here each choice (measure of quality, price, sample,
controls, form, estimator) is crossed with every other; the spread over the grid is uncertainty
that no standard error of one regression holds.

Reference: Simonsohn, Simmons and Nelson, "Specification curve analysis", Nature Human Behaviour 4
(2020). Errors are HC1 (MacKinnon and White, 1985) for means, Powell's kernel for quantiles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from token_economics.methods.arrays import FloatArray
from token_economics.methods.prices.hedonics import mean_regression, years_since

CHOICES = ("measure", "price", "sample", "controls", "form", "estimator")
MEAN, LOWER_QUARTILE = "mean", "lower quartile"
LINEAR, SQUARED = "straight line", "with square"
NO_CONTROLS, VENDORS = "none", "vendors"


@dataclass(frozen=True, kw_only=True)
class Specification:
    """One way to run the regression; every field is one of the words that the reader sees."""

    measure: str
    price: str
    sample: str
    controls: str
    form: str
    estimator: str

    @property
    def formula(self) -> str:
        """Formula of the regression on standardised quality, time and the controls."""
        terms = ["ln_price ~ year + quality"]
        if self.form == SQUARED:
            terms.append("I(quality ** 2)")
        if self.controls == VENDORS:
            terms.append("C(vendor)")
        return " + ".join(terms)


def grid(
    *, measures: Iterable[str], prices: Iterable[str], samples: Iterable[str]
) -> list[Specification]:
    """Every combination of the choices. ``measures``, ``prices`` and ``samples`` are names.

    Examples
    --------
    Two measures of quality, crossed with one price, one sample and the choices of every
    regression:

    >>> ways = grid(measures=["index", "arena"], prices=["list"], samples=["all"])
    >>> print(len(ways), ways[-1].formula)
    16 ln_price ~ year + quality + I(quality ** 2) + C(vendor)
    """
    combinations = product(
        measures,
        prices,
        samples,
        (NO_CONTROLS, VENDORS),
        (LINEAR, SQUARED),
        (MEAN, LOWER_QUARTILE),
    )
    return [
        Specification(**dict(zip(CHOICES, combination, strict=True)))
        for combination in combinations
    ]


def prepared(models: pd.DataFrame) -> pd.DataFrame:
    """Sample for a regression: log price, years, standardised quality, small vendors pooled.

    Parameters
    ----------
    models
        Columns ``date``, ``vendor``, ``price`` [money/Mtok] and ``quality`` [points]; rows with a
        gap are left out. A vendor with fewer than three models is pooled with the others.
    """
    sample = models[["date", "vendor", "price", "quality"]].dropna()
    models_of = sample["vendor"].map(sample["vendor"].value_counts())
    quality = sample["quality"]
    return pd.DataFrame(
        {
            "ln_price": np.log(sample["price"].to_numpy(dtype=np.float64)),
            "year": years_since(sample["date"], pd.to_datetime(sample["date"]).min()),
            "quality": ((quality - quality.mean()) / quality.std()).to_numpy(),
            "vendor": sample["vendor"].where(models_of >= 3, "others").to_numpy(),
        }
    )


def decline_of(
    sample: pd.DataFrame, specification: Specification, *, level: float
) -> dict[str, float]:
    """Times cheaper a year at given quality under one specification, with its interval.

    Parameters
    ----------
    sample
        As `prepared` gives it, of the sample and with the price that the specification names.
    level
        Coverage of the interval, normal distribution. [0–1]

    Returns
    -------
    ``value``, ``low``, ``high`` (times cheaper a year) and ``models`` [count].
    """
    design, outcome = _design(sample, specification), sample["ln_price"].to_numpy()
    year = -3 if specification.form == SQUARED else -2
    if specification.estimator == MEAN:
        mean = mean_regression(design, outcome)
        slope, (low, high) = mean.coefficients[year], mean.interval(year, level=level)
    else:
        from statsmodels.regression.quantile_regression import QuantReg  # slow to load

        quartile = QuantReg(outcome, np.asfortranarray(design)).fit(q=0.25, p_tol=1e-4)
        slope, (low, high) = quartile.params[year], quartile.conf_int(1 - level)[year]
    return {
        "value": float(np.exp(-slope)),
        "low": float(np.exp(-high)),
        "high": float(np.exp(-low)),
        "models": float(len(sample)),
    }


def curve(
    samples: Mapping[tuple[str, str, str], pd.DataFrame], *, least_models: int, level: float
) -> pd.DataFrame:
    """Every specification with its estimate, slowest fall first; too small samples are left out.

    Parameters
    ----------
    samples
        Models as `prepared` takes them, by measure, price and sample.
    least_models
        Observations below which a sample is left out. [count]
    level
        As in `decline_of`. [0–1]

    Returns
    -------
    Columns ``rank``, the choices, and what `decline_of` gives.
    """
    measures, prices, names = (dict.fromkeys(words) for words in zip(*samples, strict=True))
    ready = {place: prepared(models) for place, models in samples.items()}
    found = [
        {**vars(way), **decline_of(sample, way, level=level)}
        for way in grid(measures=measures, prices=prices, samples=names)
        if len(sample := ready[way.measure, way.price, way.sample]) >= least_models
    ]
    frame = pd.DataFrame(found)
    tied = frame.assign(near=frame["value"].round(9))  # equal but for the last bits
    order = tied.sort_values(["near", *CHOICES]).index
    return frame.loc[order].reset_index(drop=True).assign(rank=np.arange(1, len(frame) + 1))


def _design(sample: pd.DataFrame, specification: Specification) -> FloatArray:
    """Regressors in the order of the formula: constant, vendors, year, quality, its square."""
    quality = sample["quality"].to_numpy()
    columns = [np.ones_like(quality)]
    if specification.controls == VENDORS:
        vendor = sample["vendor"].to_numpy(dtype=object)
        columns += [(vendor == name).astype(np.float64) for name in sorted(set(vendor))[1:]]
    columns += [sample["year"].to_numpy(), quality]
    if specification.form == SQUARED:
        columns.append(quality**2)
    return np.column_stack(columns)


def diagnostics(models: pd.DataFrame, specification: Specification) -> dict[str, float]:
    """What the least-squares version of a specification shows against itself.

    Returns
    -------
    ``r_squared``; ``heteroskedasticity_p`` (Breusch and Pagan); ``form_p`` (Ramsey's RESET with
    the square); ``quality_time_correlation``; ``se_hc1``, ``se_hc3`` and ``se_by_vendor``, errors
    of the yearly slope without and with small-sample correction and clustered by vendor [log].
    """
    import statsmodels.formula.api as smf  # slow to load; only fits need it
    from statsmodels.stats.diagnostic import het_breuschpagan
    from statsmodels.stats.outliers_influence import reset_ramsey

    sample = prepared(models)
    ols = smf.ols(specification.formula, data=sample)
    plain, codes = ols.fit(), sample["vendor"].astype("category").cat.codes
    clustered = ols.fit(cov_type="cluster", cov_kwds={"groups": codes})
    return {
        "r_squared": float(plain.rsquared),
        "heteroskedasticity_p": float(het_breuschpagan(plain.resid, plain.model.exog)[1]),
        "form_p": float(reset_ramsey(plain, degree=2).pvalue),
        "quality_time_correlation": float(sample["quality"].corr(sample["year"])),
        "se_hc1": float(ols.fit(cov_type="HC1").bse["year"]),
        "se_hc3": float(ols.fit(cov_type="HC3").bse["year"]),
        "se_by_vendor": float(clustered.bse["year"]),
    }


def influence(curve: pd.DataFrame) -> pd.DataFrame:
    """How much each choice moves the answer: effect of each option on the log of the decline.

    Parameters
    ----------
    curve
        One row a specification: the choices and ``value`` [times cheaper a year].

    Returns
    -------
    Columns ``choice``, ``option``, ``median`` (of the specifications that make it), ``low`` and
    ``high`` (their quartiles), and ``share_of_spread``: the part of the variance of the logs over
    the grid that the choice alone accounts for.

    Examples
    --------
    Where the measure alone moves the decline, all spread is its own:

    >>> ways = grid(measures=["index", "arena"], prices=["list"], samples=["all"])
    >>> curve = pd.DataFrame([vars(way) for way in ways])
    >>> curve["value"] = curve["measure"].map({"index": 10.0, "arena": 40.0})
    >>> print(influence(curve)[["option", "median", "share_of_spread"]].head(2).round(2).to_string())
      option  median  share_of_spread
    0  index    10.0              1.0
    1  arena    40.0              1.0
    """
    logs = np.log(curve["value"])
    rows = []
    for choice in CHOICES:
        grouped = logs.groupby(curve[choice], sort=False)
        between = float(((grouped.mean() - logs.mean()) ** 2 * grouped.size()).sum() / len(logs))
        rows += [
            {
                "choice": choice,
                "option": option,
                "median": float(np.exp(part.median())),
                "low": float(np.exp(part.quantile(0.25))),
                "high": float(np.exp(part.quantile(0.75))),
                "share_of_spread": between / float(logs.var(ddof=0)),
            }
            for option, part in grouped
        ]
    return pd.DataFrame(rows)
