r"""Four growth curves in closed form: exponential, logistic, Gompertz and Bass.

Exponential growth has no ceiling; the logistic, the Gompertz (1825) and the Bass (1969) curve do.
Rates are per unit of the time that is passed in. Fits to series are in ``growth_fit``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import scipy  # brings optimize when it is first called
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.float64]


# Logs of innovation and imitation, rates x starts x one time each.
_BASS_STARTS = np.log(np.meshgrid((0.003, 0.03, 0.1), (0.1, 0.4, 1.0), indexing="ij")).reshape(
    2, 9, 1
)


class BassPeak(NamedTuple):
    """When adoption per unit of time peaks, and what has happened by then."""

    time: float
    adopted_share: float
    adoption_rate: float


class BassFit(NamedTuple):
    """Parameters of a Bass curve fitted to adoptions per period."""

    innovation: float
    imitation: float
    market_size: float


def exponential_level(
    time: ArrayLike, *, initial_level: ArrayLike, growth_rate: ArrayLike
) -> FloatArray:
    r"""Level :math:`L_0 e^{g t}` of a quantity that grows at a constant rate g. [unit of L0]

    ``time`` is t.
    """
    return np.asarray(
        np.multiply(initial_level, np.exp(np.multiply(growth_rate, time))), dtype=np.float64
    )


def logistic_level(
    time: ArrayLike, *, ceiling: ArrayLike, growth_rate: ArrayLike, midpoint: ArrayLike
) -> FloatArray:
    r"""Level :math:`K/(1 + e^{-g (t - t_0)})`: half of the ceiling K at the midpoint. [unit of K]

    ``time`` is t and ``growth_rate`` is g.
    """
    elapsed = np.subtract(time, midpoint)
    return np.asarray(
        np.multiply(ceiling, np.exp(-np.logaddexp(0, -np.multiply(growth_rate, elapsed)))),
        dtype=np.float64,
    )


def gompertz_level(
    time: ArrayLike, *, ceiling: ArrayLike, growth_rate: ArrayLike, inflection: ArrayLike
) -> FloatArray:
    r"""Level :math:`K \exp(-e^{-b (t - t_0)})`: K/e at its inflection, late to saturate. [unit of K]

    ``time`` is t, ``ceiling`` is K and ``growth_rate`` is b.
    """
    elapsed = np.subtract(time, inflection)
    return np.asarray(
        np.multiply(ceiling, np.exp(-np.exp(-np.multiply(growth_rate, elapsed)))),
        dtype=np.float64,
    )


def bass_adopted_share(
    time: ArrayLike, *, innovation: ArrayLike, imitation: ArrayLike
) -> FloatArray:
    r"""Share of eventual adopters who have adopted t after launch (Bass, 1969). [share]

    .. math:: F(t) = \frac{1 - e^{-(p+q)t}}{1 + (q/p) e^{-(p+q)t}}

    p is the hazard of adopting alone, q the added hazard from those who have adopted. [1/time]
    A fitted q measures acceleration; it does not prove contagion.
    ``innovation`` is p and ``imitation`` is q.
    """
    decay = np.multiply(np.add(innovation, imitation), time)
    odds_of_imitation = np.divide(imitation, innovation)
    return np.asarray(
        -np.expm1(-decay) / (1 + odds_of_imitation * np.exp(-decay)), dtype=np.float64
    )


def bass_adoption_rate(
    time: ArrayLike, *, innovation: ArrayLike, imitation: ArrayLike
) -> FloatArray:
    r"""Adoption per unit of time, :math:`f = (p + q F)(1 - F)`. [share/time]

    ``innovation`` is p and ``imitation`` is q.
    """
    adopted = bass_adopted_share(time, innovation=innovation, imitation=imitation)
    return np.asarray(
        np.add(innovation, np.multiply(imitation, adopted)) * (1 - adopted), dtype=np.float64
    )


def bass_peak(*, innovation: float, imitation: float) -> BassPeak:
    r"""Peak of adoption: :math:`t^* = \ln(q/p)/(p+q)`, :math:`F = 1/2 - p/2q`, :math:`f = (p+q)^2/4q`.

    Without more imitation than innovation adoption falls from the start, and there is no peak.
    [time; share; share/time]

    Examples
    --------
    The averages of many durable goods (Sultan, Farley and Lehmann, 1990), in years:

    >>> peak = bass_peak(innovation=0.03, imitation=0.38)
    >>> print(round(peak.time, 2), round(peak.adopted_share, 3), round(peak.adoption_rate, 3))
    6.19 0.461 0.111
    """
    if imitation <= innovation:
        raise ValueError("adoption has no interior peak: imitation does not exceed innovation")
    hazard = innovation + imitation
    return BassPeak(
        time=float(np.log(imitation / innovation) / hazard),
        adopted_share=0.5 - innovation / (2 * imitation),
        adoption_rate=hazard**2 / (4 * imitation),
    )


def logistic_duration(
    growth_rate: ArrayLike, *, from_share: ArrayLike, to_share: ArrayLike
) -> FloatArray:
    r"""Time a logistic curve takes between two shares of its ceiling. [time]

    At ``growth_rate`` g it takes ln 81 / g from 10 to 90 %.

    Examples
    --------
    From 10 to 90 % of the ceiling at a rate of 0.5 a year:

    >>> print(logistic_duration(0.5, from_share=0.1, to_share=0.9).round(2))
    8.79
    """
    log_odds = np.log(np.divide(to_share, np.subtract(1, to_share)))
    log_odds_before = np.log(np.divide(from_share, np.subtract(1, from_share)))
    return np.asarray((log_odds - log_odds_before) / growth_rate, dtype=np.float64)


def time_to_blow_up(first_doubling_time: ArrayLike, shrinkage: ArrayLike) -> FloatArray:
    r"""Finite time in which a level becomes infinite when each doubling takes a share d less.

    .. math:: T + T(1-d) + T(1-d)^2 + \dots = T/d

    [unit of T]

    ``shrinkage`` is d.

    Examples
    --------
    Doublings that begin at a year and each take a tenth less reach infinity in ten years:

    >>> print(time_to_blow_up(1.0, 0.1))
    10.0
    """
    return np.asarray(np.divide(first_doubling_time, shrinkage), dtype=np.float64)


def project_doublings(
    time: ArrayLike, *, level: float, first_doubling_time: float, shrinkage: float
) -> FloatArray:
    r"""Level after ``time`` when each doubling takes the share ``shrinkage`` less than the last.

    .. math:: L\,2^{n}, \quad n = \ln(1 - d\,t/T) / \ln(1 - d)

    Only constant (d = 0) or lengthening (d < 0) doublings are projected. Shrinking ones reach
    infinity at T/d, whatever the horizon asked for, so they are refused. [unit of L]
    """
    if shrinkage > 0:
        end = float(time_to_blow_up(first_doubling_time, shrinkage))
        raise ValueError(
            f"doublings that shrink by {shrinkage:g} each reach infinity after {end:g}: "
            "such growth describes a past, and cannot be projected"
        )
    elapsed = np.asarray(time, dtype=np.float64) / first_doubling_time
    slows = shrinkage < 0
    doublings = np.log1p(-shrinkage * elapsed) / np.log1p(-shrinkage) if slows else elapsed
    return np.asarray(level * 2.0**doublings, dtype=np.float64)


def fit_bass_to_adoptions(adoptions: ArrayLike) -> BassFit:
    r"""Bass parameters from adoptions in the periods 1, 2, ... since launch.

    Nonlinear least squares on :math:`x_t = m [F(t) - F(t-1)]`, errors additive with one variance
    (Srinivasan and Mason, 1986). Before the peak the market size is mostly noise: print the
    spread over simulated samples of the same length next to it. [1/period; adopters]
    """
    observed = np.asarray(adoptions, dtype=np.float64)
    period_ends = np.arange(observed.size + 1, dtype=np.float64)

    def increments(log_rates: FloatArray) -> FloatArray:
        innovation, imitation = np.exp(_held(log_rates))
        adopted = bass_adopted_share(period_ends, innovation=innovation, imitation=imitation)
        return np.asarray(adopted[..., 1:] - adopted[..., :-1])

    def misfit(log_rates: FloatArray) -> FloatArray:
        share = increments(log_rates)
        return np.asarray(observed - _best_scale(observed, share) * share, dtype=np.float64)

    def gradient(log_rates: FloatArray) -> FloatArray:
        adopted = _adopted_slopes(period_ends, log_rates)
        share, slopes = increments(log_rates), (adopted[:, 1:] - adopted[:, :-1]).T
        scale, size = _best_scale(observed, share), share @ share
        scale_slopes = (observed @ slopes - 2 * scale * share @ slopes) / size
        return np.asarray(-scale * slopes - np.outer(share, scale_slopes), dtype=np.float64)

    shares = increments(_BASS_STARTS)
    scales = shares @ observed / (shares**2).sum(axis=1)
    nearest = ((observed - scales[:, np.newaxis] * shares) ** 2).sum(axis=1).argmin()
    best, *_ = scipy.optimize.leastsq(
        misfit, _BASS_STARTS[:, nearest, 0], Dfun=gradient, full_output=True,
        xtol=1e-12, ftol=1e-12, gtol=1e-12, maxfev=200,
    )  # fmt: skip
    innovation, imitation = np.exp(_held(best))
    return BassFit(float(innovation), float(imitation), _best_scale(observed, increments(best)))


def _held(log_rates: FloatArray) -> FloatArray:
    """Rates that a search may try, kept from running off to infinity. [log]"""
    return np.asarray(np.minimum(np.maximum(log_rates, -20.0), 3.0))


def _adopted_slopes(time: FloatArray, log_rates: FloatArray) -> FloatArray:
    """Derivatives of the adopted share by the logs of innovation and imitation, rates x time."""
    innovation, imitation = np.exp(_held(log_rates))
    left = np.exp(-(innovation + imitation) * time)
    odds = imitation / innovation
    below = (1 + odds * left) ** 2
    by_decay = time * left * (1 + odds) / below
    by_odds = -odds * left * (1 - left) / below
    slopes = np.stack([innovation * by_decay - by_odds, imitation * by_decay + by_odds])
    return np.asarray(slopes * (np.abs(log_rates + 8.5) < 11.5)[:, np.newaxis], dtype=np.float64)


def _best_scale(observed: FloatArray, share: FloatArray) -> float:
    return float(observed @ share / (share @ share))
