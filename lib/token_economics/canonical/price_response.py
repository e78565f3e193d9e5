"""Canonical cases of responses to price over time: J4, and J6 read as a ceiling.

J4 checks the estimator that the field uses (statsmodels) on the data that the field shows it on;
our regression of a response that builds up by day is its special case with one lag.
"""

from token_economics.canonical import CanonicalCase, made_by
from token_economics.methods.nested_demand import market_elasticity_bounds
from token_economics.models.rebound import spend_response, volume_response

DANISH = "Johansen and Juselius (1990) data; ARDL package for R, worked example"
NBER = "Demirer and others, The Emerging Market for Intelligence (2025)"
HOSTS = "Elasticity among hosts of one model"
ORDER = {"lry": 1, "ibo": 3, "ide": 2}
LAGS = 3


def _danish_money_cases() -> list[CanonicalCase]:
    """J4: Danish money demand, ARDL(3,1,3,2) with a constant, written as an error correction."""
    from statsmodels.datasets import danish_data
    from statsmodels.tsa.ardl import UECM  # slow to load; only this case needs it

    data = danish_data.load_pandas().data.reset_index(drop=True)
    fit = UECM(data["lrm"], LAGS, data[list(ORDER)], ORDER, trend="c").fit()
    long_run = -fit.ci_params
    rows = [
        ("error correction", -0.41685, float(fit.params["lrm.L1"]), 5e-6),
        ("long run, constant", 6.28566, float(long_run["const"]), 5e-6),
        ("long run, income", 0.99647, float(long_run["lry"]), 5e-6),
        ("long run, bond rate", -4.53812, float(long_run["ibo"]), 5e-6),
        ("long run, deposit rate", 2.89152, float(long_run["ide"]), 5e-6),
        ("bounds F, case 2", 5.1168, float(fit.bounds_test(case=2).statistic), 5e-5),
        ("bounds F, case 3", 6.2059, float(fit.bounds_test(case=3).statistic), 5e-5),
    ]
    return [CanonicalCase("J4", "ARDL and error correction", DANISH, *row) for row in rows]


def _model_choice_cases() -> list[CanonicalCase]:
    """J6: an elasticity among hosts of one model is switching, so it bounds the market's."""
    bounds = market_elasticity_bounds(
        own_price_elasticity=-1.11, share=0.01, substitution_low=0.0, substitution_high=3.0
    )
    rows = (
        ("spending, price a tenth", 1.288, float(spend_response(0.1, -1.11)), 5e-4),
        ("least market response it allows", 0.0, float(bounds.high), 1e-12),
        ("largest market response it allows", -1.11, float(bounds.low), 1e-12),
    )
    return [CanonicalCase("J6", HOSTS, NBER, *row) for row in rows]


def _hosts_volume_cases() -> list[CanonicalCase]:
    tokens = float(volume_response(0.1, -1.11))
    return [CanonicalCase("J6", HOSTS, NBER, "tokens, price a tenth", 12.9, tokens, 0.05)]


def canonical_cases() -> list[CanonicalCase]:
    """Every published or worked number that methods for responses over time must give."""
    return made_by(CHECKS)


CHECKS = (
    _danish_money_cases,
    _model_choice_cases,
    _hosts_volume_cases,
)
