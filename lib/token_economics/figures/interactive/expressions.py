r"""Closed forms of the library as Vega expressions, so that a page can recompute them offline.

Each function bears the name of the library function that it restates, takes the expressions of its
arguments and returns one. Only arithmetic and ``log``, ``exp``, ``pow``, ``min``, ``max``, ``if``
are used, which Python reads as well: a test evaluates every one against the library on a grid.
"""

from __future__ import annotations

LN2 = "0.6931471805599453"
NEVER = "1e9"  # stands for infinity in logs cut before they are drawn


def fading_log_growth(*, months: str, trend: str, growth_now: str, half_life: str) -> str:
    """`spending.fading_log_growth`. [log points]"""
    decay = f"({LN2} / {half_life})"
    months_of_excess = f"((1 - exp(-{decay} * {months})) / {decay})"
    return f"({trend} * {months} + ({growth_now} - {trend}) * {months_of_excess})"


def remaining_after_haircut(*, months: str, signalling_share: str, half_life: str) -> str:
    """`spending.remaining_after_haircut`. [share]"""
    return f"(1 - {signalling_share} * (1 - exp(-{LN2} * {months} / {half_life})))"


def turning_points(*, shift: str, efficiency: str, size: str) -> dict[str, str]:
    """`rebound.turning_points`, ``size`` being |η|; `NEVER` where spending never falls. [log]"""
    return {
        "token_price": f"({shift} - {efficiency})",
        "compute_price": f"({shift} + ({size} - 1) * {efficiency})",
        "spend": f"if({size} < 1, {shift} / (1 - min({size}, 0.999999)) - {efficiency}, {NEVER})",
    }


def bound_response(*, shift: str, capacity: str, efficiency: str, size: str) -> dict[str, str]:
    """`rebound.bound_response`, ``size`` being |η|. [log]"""
    token_price = f"(({shift} - {capacity} - {efficiency}) / {size})"
    return {
        "token_price": token_price,
        "compute_price": f"({token_price} + {efficiency})",
        "spend": f"({token_price} + {capacity} + {efficiency})",
    }


def true_price_fall(*, saving: str, pass_through: str, quality_gain: str) -> str:
    """`national_accounts.CostFall.true_price_fall`. [log]"""
    return f"({quality_gain} - {pass_through} * log(1 - {saving}))"


def marketed_value(*, price_fall: str, self_made: str, token_cost: str) -> str:
    """`national_accounts.CostFall.marketed_value`. [log]"""
    return f"log(1 - {self_made} * (1 - {token_cost} * exp({price_fall})))"


def sector_accounts(
    *, price_fall: str, marketed: str, elasticity: str, capture: str
) -> dict[str, str]:
    """`national_accounts.sector_accounts` without a shift of demand or growth of wages. [log]"""
    nominal = f"(-(1 + {elasticity}) * {price_fall} + {marketed})"
    return {
        "price": f"(-{price_fall})",
        "true_volume": f"(-{elasticity} * {price_fall})",
        "nominal": nominal,
        "measured_volume": f"({nominal} + {capture} * {price_fall})",
        "phantom": f"((1 - {capture}) * {price_fall} - {marketed})",
    }


def aggregate_phantom(*, phantom: str, base_spend: str, nominal: str) -> str:
    """`national_accounts.aggregate_phantom` of one category, times GDP. [unit of spend]"""
    return f"({phantom} * {base_spend} * (1 + exp({nominal})) / 2)"


def least_capture(*, size: str, price_fall: str, marketed: str) -> str:
    """Share caught at which `national_accounts.measured_output_falls` turns. [share]

    ``size`` is |η|. Money spent turns, as in `nominal_output_falls`, where it is nought.
    """
    return f"(1 - {size} - {marketed} / max({price_fall}, 1e-6))"


def layer_limit(*, start: str, growth: str, ahead: str) -> str:
    """`supply.Layer.limit` and `supply.Power.available`. [unit of start]"""
    return f"({start} * pow({growth}, {ahead} / 4))"


def additions_under_power(*, available: str, fleet: str, kw_new: str) -> str:
    """`supply.additions_under_power`, in millions. [M H100e]"""
    return f"(max({available} - {fleet}, 0) / {kw_new})"


def agrees(*, log_gap: str, margin: str) -> str:
    """Whether a claim agrees, as in `claims_and_predictions.headlines`. [0 or 1]"""
    return f"if({log_gap} <= log(1 + {margin}), 1, 0)"


def share_held(*, supported: str, partly: str, judged: str, weight: str) -> str:
    """``share_held`` of `claims_and_predictions.headlines`. [share]"""
    return f"(({supported} + {weight} * {partly}) / {judged})"


def review_of_task(*, tokens: str, review_share: str) -> str:
    """Review of an accepted task from its share in the cost, as the market sets it. [USD]"""
    return f"({tokens} * {review_share} / (1 - {review_share}))"


def own_elasticity(*, substitution: str, share: str, size: str) -> str:
    """`nested_demand.own_elasticity` in size, ``size`` being |η|. [1]"""
    return f"({substitution} * (1 - {share}) + {size} * {share})"


def substitution(*, own: str, share: str, size: str) -> str:
    """Substitution between models at which `nested_demand.own_elasticity` is ``own``. [1]"""
    return f"(({own} - {size} * {share}) / (1 - {share}))"


def effective_price(
    *, output_over_input: str, input_share: str, cache_share: str, cached_ratio: str
) -> str:
    """`rebound.effective_price` over the price of input, nothing paid for writing. [1]"""
    paid = f"(1 - {cache_share} + {cache_share} * {cached_ratio})"
    return f"({input_share} * {paid} + (1 - {input_share}) * {output_over_input})"


def output_missed(*, price_fall: str, capture: str) -> str:
    """Output missed where `national_accounts.deflator_capture` is ``capture``. [log]"""
    return f"((1 - {capture}) * {price_fall})"


def price_fall_behind(*, growth: str, capture: str) -> str:
    """Price fall at which what is missed is `productivity.missing_volume` of a year. [log]"""
    return f"(max(-{growth}, 0) / (1 - {capture}))"
