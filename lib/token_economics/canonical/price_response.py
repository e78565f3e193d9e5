"""Canonical cases of responses to price over time: J6 read as a ceiling."""

from token_economics.canonical import CanonicalCase, made_by
from token_economics.methods.nested_demand import market_elasticity_bounds
from token_economics.models.rebound import spend_response

NBER = "Demirer and others, The Emerging Market for Intelligence (2025)"
HOSTS = "Elasticity among hosts of one model"


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


def canonical_cases() -> list[CanonicalCase]:
    """Every published or worked number that methods for responses over time must give."""
    return made_by(CHECKS)


CHECKS = (_model_choice_cases,)
