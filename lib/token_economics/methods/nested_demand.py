"""One model inside a market: what its price cut can tell about market demand.

Users choose among models with elasticity of substitution σ; the market as a whole responds to its
price index with elasticity η. A model with a small share mostly takes traffic from others when it
gets cheaper, so its own elasticity is close to σ and says almost nothing about η.
"""

from typing import NamedTuple

import numpy as np

from token_economics.methods.arrays import FloatArray, Numbers, floats


def own_elasticity(
    *, substitution: Numbers, share: Numbers, market_elasticity: Numbers
) -> FloatArray:
    r"""Elasticity of one model's volume to its own price.

    .. math:: \eta_{own} = -[\sigma(1-s) + |\eta|\,s]

    Parameters
    ----------
    substitution
        Elasticity of substitution between models, σ. [1]
    share
        Share of the model in market spending, s. [0–1]
    market_elasticity
        Elasticity of the whole market, η, negative. [1]

    Examples
    --------
    A model with 0.6 % of spending shows almost the substitution between models; a model that is
    the market shows that of the market:

    >>> found = own_elasticity(substitution=3.0, share=np.array([0.006, 1.0]), market_elasticity=-0.5)
    >>> print(found)
    [-2.985 -0.5  ]
    """
    share = floats(share)
    return floats(-substitution * (1.0 - share) + market_elasticity * share)


class ElasticityBounds(NamedTuple):
    """Interval of the market elasticity, both ends at most zero; ``low`` is the more elastic."""

    low: FloatArray
    high: FloatArray


def market_elasticity_bounds(
    *,
    own_price_elasticity: Numbers,
    share: Numbers,
    substitution_low: Numbers,
    substitution_high: Numbers,
) -> ElasticityBounds:
    r"""Market elasticities that fit one model's elasticity, given a range of substitution.

    .. math:: |\eta| = \frac{|\eta_{own}| - \sigma(1-s)}{s}, \qquad
       0 \le |\eta| \le |\eta_{own}|

    The upper limit holds whenever models substitute at least as easily for each other as tokens
    do for other things (σ ≥ |η|). With a small share the first bound is empty of content and only
    this ceiling remains. NaN where no elasticity in the range fits. [1]

    Examples
    --------
    What a model with 0.6 % of spending shows leaves the market's elasticity anywhere:

    >>> bounds = market_elasticity_bounds(
    ...     own_price_elasticity=-2.985, share=0.006, substitution_low=1.0, substitution_high=4.0
    ... )
    >>> print(bounds.low, bounds.high)
    -2.985 0.0
    """
    strength, share = -floats(own_price_elasticity), floats(share)
    weak = (strength - substitution_high * (1.0 - share)) / share
    strong = (strength - substitution_low * (1.0 - share)) / share
    weak, strong = np.maximum(weak, 0.0), np.minimum(strong, strength)
    possible = strong >= weak
    return ElasticityBounds(
        low=np.where(possible, -strong, np.nan), high=np.where(possible, 0.0 - weak, np.nan)
    )


class MarketElasticityPosterior(NamedTuple):
    """Belief about η after the event; ``variance_ratio`` near 1 means it taught nothing."""

    mean: FloatArray
    standard_deviation: FloatArray
    variance_ratio: FloatArray


def market_elasticity_posterior(
    *,
    own_price_elasticity: Numbers,
    standard_error: Numbers,
    share: Numbers,
    market_mean: Numbers,
    market_deviation: Numbers,
    substitution_mean: Numbers,
    substitution_deviation: Numbers,
) -> MarketElasticityPosterior:
    r"""Normal update of market elasticity on one model's own elasticity.

    .. math:: \frac{V_{post}(\eta)}{V(\eta)}
       = 1 - \frac{s^2 V_\eta}{(1-s)^2 V_\sigma + s^2 V_\eta + se^2}

    Parameters
    ----------
    own_price_elasticity, standard_error
        Estimate for one model and its error. [1]
    share
        Share of the model in market spending, s. [0–1]
    market_mean, market_deviation
        Prior of η, mean negative. [1]
    substitution_mean, substitution_deviation
        Prior of σ, independent of η. [1]
    """
    share = floats(share)
    expected = own_elasticity(
        substitution=substitution_mean, share=share, market_elasticity=market_mean
    )
    market_variance = floats(market_deviation) ** 2
    explained = share**2 * market_variance
    total = explained + ((1.0 - share) * substitution_deviation) ** 2 + floats(standard_error) ** 2
    gain = share * market_variance / total
    variance_ratio = 1.0 - explained / total
    return MarketElasticityPosterior(
        mean=floats(market_mean + gain * (own_price_elasticity - expected)),
        standard_deviation=floats(np.sqrt(variance_ratio * market_variance)),
        variance_ratio=floats(variance_ratio),
    )
