"""Growth curves and their forecasts on the series of the demand record."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from scipy import special

from token_economics.book.assumptions import FloatArray
from token_economics.headlines import demand_record as record
from token_economics.methods import backtest, growth_curves, saturation, scoring
from token_economics.methods.summaries import LEVEL

DIFFUSION_BEGAN = pd.Timestamp("2022-11-30")
"""Release of ChatGPT: the origin of the Bass curve's clock."""

SKILL_LEVEL = 0.1
"""One-sided level at which a curve has to beat the random walk: lenient to the curves."""

HORIZONS = {"week": (1, 4, 8), "month": (1, 3, 6)}
"""Steps ahead at which forecasts are scored: next step, a month or quarter, two of them."""


def _curve_series() -> dict[str, tuple[FloatArray, float, str]]:
    """Series to which curves are fitted: levels, steps since diffusion began, and the step."""
    tokens, panel = record.router_tokens(), record.spend_by_cohort()
    days_to_first = (tokens["date"].iloc[0] - DIFFUSION_BEGAN).days
    months_to_first = (panel.index[0] - DIFFUSION_BEGAN).days / record.DAYS_PER_MONTH
    cohorts = {
        f"Spend, {cohort.lower()}": (
            panel[cohort].to_numpy(dtype=np.float64),
            months_to_first,
            "month",
        )
        for cohort in record.COHORTS
    }
    weekly = tokens["value"].to_numpy(dtype=np.float64)
    return {"OpenRouter tokens": (weekly, days_to_first / 7, "week"), **cohorts}


def sources() -> list[str]:
    """Sources of the series to which curves are fitted."""
    return [*record.router_tokens()["source_id"], *record.spend()["source_id"]]


@cache
def curve_fits() -> dict[str, saturation.GrowthFits]:
    """The four curves fitted to each series."""
    return {
        name: saturation.fit_growth_curves(
            np.arange(levels.size), levels, launch_time=-since, interval_level=LEVEL
        )
        for name, (levels, since, _) in _curve_series().items()
    }


def ceilings() -> pd.DataFrame:
    """Whether a ceiling is identified: series by curve, with fit, coverage and verdict."""
    parts = [fits.summary.assign(series=name) for name, fits in curve_fits().items()]
    table = pd.concat(parts, ignore_index=True)
    verdict = np.where(table["status"] == "ok", "identified", "not identified")
    best = table.groupby("series")["aicc"].transform("min")
    return pd.DataFrame(
        {
            "series": table["series"],
            "model": table["model"].str.capitalize(),
            "aicc_over_best": table["aicc"] - best,
            "ceiling": np.where(table["model"] == "exponential", "has none", verdict),
        }
    )


def router_growth() -> tuple[float, float, float]:
    """Growth of OpenRouter's tokens a week in logs: low, estimate, high of the exponential fit."""
    weekly = record.router_tokens()["value"].to_numpy(dtype=np.float64)
    return saturation.exponential_growth(np.arange(weekly.size), weekly, interval_level=LEVEL)


def fitted_curves() -> pd.DataFrame:
    """OpenRouter's weekly tokens and the four fitted curves. Trillion tokens a week."""
    tokens = record.router_tokens()
    levels, since, _ = _curve_series()["OpenRouter tokens"]
    time = np.arange(levels.size, dtype=np.float64)
    sample = growth_curves.sample_of(time, levels, launch_time=-since)
    parts = []
    for model in growth_curves.MODELS:
        fitted = growth_curves.fit_curve(model, sample, time=time)
        level = np.exp(growth_curves.predict(fitted, sample.axis(model, time)))
        parts.append(
            pd.DataFrame({"date": tokens["date"], "value": level, "series": model.capitalize()})
        )
    observed = tokens[["date", "value"]].assign(series="Observed")
    return pd.concat([observed, *parts], ignore_index=True)


@cache
def forecasts() -> dict[str, pd.DataFrame]:
    """Rolling-origin forecasts of each series from the second half of its sample."""
    return {
        name: backtest.rolling_origin_forecasts(
            levels,
            min_window=levels.size // 2,
            max_horizon=max(HORIZONS[step]),
            launch_time=-since,
        )
        for name, (levels, since, step) in _curve_series().items()
    }


def forecast_scores() -> pd.DataFrame:
    """Scores of the curves against the random walk with drift, at the horizons reported."""
    steps = {name: step for name, (_, _, step) in _curve_series().items()}
    parts = []
    for name, made in forecasts().items():
        scores = scoring.score_forecasts(
            made, benchmark=backtest.BENCHMARK, significance=SKILL_LEVEL
        )
        reported = scores["horizon"].isin(HORIZONS[steps[name]])
        parts.append(scores[reported].assign(series=name, step=steps[name]))
    table = pd.concat(parts, ignore_index=True)
    return table[table["model"] != backtest.BENCHMARK].reset_index(drop=True)


def forecast_verdicts() -> pd.DataFrame:
    """Share of the random walk's loss that each curve saves, and which of them has skill."""
    scores = forecast_scores()
    plural = np.where(scores["horizon"] > 1, "s", "")
    saved = (100 * scores["skill"]).map("{:+.0f}\N{NO-BREAK SPACE}%".format)
    cells = scores.assign(
        ahead=scores["horizon"].astype(str) + " " + scores["step"] + plural,
        saved=saved.str.replace("-", "\N{MINUS SIGN}"),
    )
    cases = ["series", "ahead"]
    wide = cells.pivot(index=cases, columns="model", values="saved")[list(growth_curves.MODELS)]
    skilled = cells[cells["verdict"] == "skill"].groupby(cases)["model"].agg(", ".join)
    wide["verdict"] = ("skill: " + skilled).reindex(wide.index).fillna("no skill")
    order = cells[cases].drop_duplicates()
    return order.merge(wide.reset_index(), on=cases)


def forecast_calibration() -> pd.DataFrame:
    """The best curve of each case beside the random walk: CRPS, coverage, width of 80 % intervals.

    CRPS and width in log points; coverage with the range that luck gives a calibrated forecaster.
    """
    steps = {name: step for name, (_, _, step) in _curve_series().items()}
    rows = []
    for name, made in forecasts().items():
        scores = scoring.score_forecasts(
            made, benchmark=backtest.BENCHMARK, significance=SKILL_LEVEL
        )
        for horizon in HORIZONS[steps[name]]:
            case = scores[scores["horizon"] == horizon]
            curves = case[case["model"] != backtest.BENCHMARK]
            best = curves.sort_values("crps").iloc[0]
            walk = case[case["model"] == backtest.BENCHMARK].iloc[0]
            rows.append(
                {
                    "series": name,
                    "ahead": f"{horizon} {steps[name]}{'s' if horizon > 1 else ''}",
                    "curve": str(best["model"]).capitalize(),
                    "crps": f"{best['crps']:.3f} ({walk['crps']:.3f})",
                    "inside": f"{best['coverage80']:.0%} ({walk['coverage80']:.0%})",
                    "luck": f"{best['coverage_low']:.0%} to {best['coverage_high']:.0%}",
                    "width": f"{best['sharpness']:.2f} ({walk['sharpness']:.2f})",
                }
            )
    table = pd.DataFrame(rows)
    for name in ("inside", "luck"):
        table[name] = table[name].str.replace("%", "\N{NO-BREAK SPACE}%")
    return table


def forecasts_as_made() -> pd.DataFrame:
    """OpenRouter eight weeks ahead: forecasts as made, with 80 % intervals, and what came."""
    made, tokens = forecasts()["OpenRouter tokens"], record.router_tokens()
    longest = max(HORIZONS["week"])
    z = float(special.ndtri((1 + scoring.SCORED_INTERVAL) / 2))
    names = {backtest.BENCHMARK: "Random walk with drift", "gompertz": "Gompertz"}
    chosen = made[(made["horizon"] == longest) & made["model"].isin(names)].reset_index(drop=True)
    target = chosen["origin"] + chosen["horizon"]
    return pd.DataFrame(
        {
            "date": tokens["date"].to_numpy()[target],
            "series": chosen["model"].map(names),
            "value": np.exp(chosen["mean_log"]),
            "low": np.exp(chosen["mean_log"] - z * chosen["sd_log"]),
            "high": np.exp(chosen["mean_log"] + z * chosen["sd_log"]),
            "actual": np.exp(chosen["actual_log"]),
        }
    )
