r"""Draws that a record does not contradict: history matching, then weights.

A draw is implausible where the model lies too far from what was observed, counted in the standard
deviations of the observation and of the model's own error together:

.. math:: I^2 = \frac{(z - f)^2}{V_{\mathrm{obs}} + V_{\mathrm{disc}}}

(Craig, Goldstein, Seheult and Smith, 1997; Vernon, Goldstein and Bower, 2010). Draws with I below
three for every observation stay, and each counts by its likelihood. Few draws of a wide prior stay;
so they are proposed where a linear fit of the model says that they will (a Kalman update;
Evensen, 1994), and what that favours is taken out again by the weights (importance sampling).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from token_economics.methods.arrays import BoolArray, FloatArray, floats

IMPLAUSIBLE = 3.0
"""Standard deviations beyond which no distribution with one peak puts more than 5 % (Pukelsheim, 1994)."""

_FAR = 8.0  # misfits beyond it count as this far in a fit
_WIDER = 1.3  # a proposal than its fit, so that no weight grows without bound
_RIDGE = 1e-3
_WEAK = 0.05  # standard deviations of a misfit for one of a direction: below it nothing is learnt
_FLATTER = (12.0, 6.0)  # how much flatter than its likelihood a draw counts in each fit


@dataclass(frozen=True)
class Proposal:
    """Where to draw: standard normal inputs, moved and narrowed in the directions that a fit names.

    ``basis`` is inputs x directions, with columns of length one at right angles; ``mean`` and
    ``root`` are those of the normal along them. [standard deviations of the inputs]
    """

    basis: FloatArray
    mean: FloatArray
    root: FloatArray

    def shift(self, inputs: FloatArray) -> tuple[FloatArray, FloatArray]:
        """How far draws of the prior move along each direction, and the log weight that undoes it.

        ``inputs`` are inputs x draws. [standard deviations; log]
        """
        along = self.basis.T @ inputs
        moved = self.mean[:, None] + self.root @ along
        return floats(moved - along), floats(((along**2).sum(0) - (moved**2).sum(0)) / 2)


@dataclass(frozen=True, eq=False)
class Matched:
    """The draws that stay: places among those proposed, weights that add up to one, and shifts.

    ``proposed`` is how many were proposed, ``plausible`` the share of plain draws of the prior that
    stays, ``effective`` how many equal draws the weights are worth. ``shift`` is directions x draws
    that stay.
    """

    proposal: Proposal
    proposed: int
    plausible: float
    places: NDArray[np.intp]
    weights: FloatArray
    shift: FloatArray

    @property
    def effective(self) -> float:
        r"""Size of a sample of equal weights that says as much, :math:`1/\sum w^2` (Kish, 1965)."""
        return float(1 / (self.weights**2).sum()) if self.weights.size else 0.0


def implausibility(
    modelled: FloatArray, *, observed: FloatArray, observation_sd: FloatArray, model_sd: FloatArray
) -> FloatArray:
    """Distance of the model from an observation, with its sign. [standard deviations]

    ``modelled`` is observations x draws, the others are one number an observation.

    Examples
    --------
    An observation of 2, known to 0.3, of a model that may be off by 0.4:

    >>> miss = implausibility(
    ...     np.array([[2.0, 3.5]]),
    ...     observed=np.array([2.0]),
    ...     observation_sd=np.array([0.3]),
    ...     model_sd=np.array([0.4]),
    ... )
    >>> print(miss)
    [[0. 3.]]
    """
    sd = np.hypot(observation_sd, model_sd)
    return floats((modelled - observed[:, None]) / sd[:, None])


def fitted_proposal(inputs: FloatArray, misfit: FloatArray, flatter: float) -> Proposal:
    r"""The normal that a linear fit of misfits on standard normal inputs gives for misfits of nought.

    .. math:: K = B'(BB' + R + I)^{-1}, \quad \mu = -K a, \quad S = I - KB

    with a and B of the fit and R the covariance of what it leaves. Draws near the record count
    more in it, by their likelihood to the power 1/``flatter``. ``inputs`` are inputs x draws,
    ``misfit`` observations x draws. [standard deviations]
    """
    near = np.clip(misfit, -_FAR, _FAR)
    weight = np.exp(-np.minimum((near**2).sum(0), 2 * _FAR**2) / (2 * flatter))
    weight /= weight.sum()
    design = np.vstack([np.ones(inputs.shape[1]), inputs])
    weighted = design * weight
    normal = weighted @ design.T
    normal[1:, 1:] += _RIDGE * np.eye(len(inputs))
    fit = np.linalg.solve(normal, weighted @ near.T).T
    left = near - fit @ design
    noise = (left * weight) @ left.T + np.eye(len(near))
    slope = fit[:, 1:]
    gain = slope.T @ np.linalg.inv(slope @ slope.T + noise)
    _, strength, directions = np.linalg.svd(slope, full_matrices=False)
    basis = directions[strength > _WEAK].T  # the others are directions of rounding
    spread = np.eye(basis.shape[1]) - basis.T @ gain @ slope @ basis
    size, axes = np.linalg.eigh((spread + spread.T) / 2 * _WIDER**2)
    return Proposal(
        basis=floats(basis),
        mean=floats(basis.T @ (gain @ -fit[:, 0])),
        root=floats(axes @ np.diag(np.sqrt(np.maximum(size, _RIDGE))) @ axes.T),
    )


def matched(
    inputs: Callable[[int, int], FloatArray],
    misfit: Callable[[FloatArray], FloatArray],
    *,
    pilot: int,
    proposed: int,
) -> Matched:
    """The draws of standard normal inputs that observations leave. [standard deviations]

    Parameters
    ----------
    inputs
        Fresh draws of the prior for a round and a size: inputs x draws.
    misfit
        `implausibility` for inputs moved: observations x draws.
    pilot
        Draws of each round that only learn where to draw.
    proposed
        Draws of the last round.

    Returns
    -------
    Without any place where no draw is plausible.
    """
    drawn = inputs(0, pilot)
    found = misfit(drawn)
    plausible = float(_stays(found).mean())
    for number, flatter in enumerate(_FLATTER, start=1):
        proposal = fitted_proposal(drawn, found, flatter)
        drawn = inputs(number, pilot if number < len(_FLATTER) else proposed)
        shift, undone = proposal.shift(drawn)
        drawn = drawn + proposal.basis @ shift
        found = misfit(drawn)
    places = np.flatnonzero(_stays(found))
    log_weight = undone[places] - (found[:, places] ** 2).sum(0) / 2
    weights = np.exp(log_weight - log_weight.max(initial=-np.inf))
    return Matched(
        proposal=proposal,
        proposed=proposed,
        plausible=plausible,
        places=places,
        weights=floats(weights / weights.sum()),
        shift=shift[:, places],
    )


def _stays(misfit: FloatArray) -> BoolArray:
    return np.asarray((np.abs(misfit) < IMPLAUSIBLE).all(axis=0))


def resampled(weights: FloatArray, size: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """Places of a sample in which each draw stands by its weight, as evenly as whole numbers allow.

    Systematic resampling (Carpenter, Clifford and Fearnhead, 1999), in random order. [places]
    ``weights`` add up to any number, ``size`` is how many places are wanted.

    Examples
    --------
    Weights of a half and two quarters:

    >>> drawn = resampled(np.array([0.5, 0.25, 0.25]), 8, np.random.default_rng(1))
    >>> print(np.bincount(drawn))
    [4 2 2]
    """
    marks = (np.arange(size) + rng.random()) / size
    chosen = np.searchsorted(np.cumsum(weights), marks * weights.sum())
    return rng.permutation(np.minimum(chosen, weights.size - 1))
