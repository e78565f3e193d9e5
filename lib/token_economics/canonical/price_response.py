"""Responses to price over time: J6 read as a ceiling."""

from __future__ import annotations

from numpy.typing import ArrayLike

from token_economics.methods.nested_demand import market_elasticity_bounds
from token_economics.models.rebound import spend_response


def _model_choice_cases() -> list[ArrayLike]:
    """J6: an elasticity among hosts of one model is switching, so it bounds the market's."""
    bounds = market_elasticity_bounds(
        own_price_elasticity=-1.11, share=0.01, substitution_low=0.0, substitution_high=3.0
    )
    return [spend_response(0.1, -1.11), bounds.high, bounds.low]


CHECKS = (_model_choice_cases,)
