r"""Price by the hour: what a peak tariff says of the capacity behind it.

Capacity is built for the fullest hours. Where it stands partly idle at all others, a price there
covers running cost alone and the peak bears all of the capacity (Boiteux, Journal of Business 33
(1960), in French 1949; Steiner, Quarterly Journal of Economics 71 (1957): the firm peak). Where it
is full at all hours both prices bear a part (Steiner's shifting peak), and the ratio is less. So a
tariff's ratio, beside the ratio of a firm peak, tells whether capacity idles off the peak.
"""

from numpy.typing import ArrayLike

from token_economics.methods.arrays import FloatArray, floats


def firm_peak_ratio(
    *, running_share: ArrayLike, peak_share: ArrayLike, off_peak_use: ArrayLike
) -> FloatArray:
    r"""Peak price over off-peak price if capacity idles off the peak and revenue covers cost.

    .. math:: r = 1 + \frac{1-a}{a\,h}\,[h + (1-h)\,u]

    Off the peak the price is running cost. The peak pays for the capacity besides, at the hours
    that it has.

    Parameters
    ----------
    running_share
        Running cost of an hour used, over the full cost of an hour used on average, a. [share]
    peak_share
        Hours of the peak in all hours, h. [share]
    off_peak_use
        Use of capacity off the peak, u; at the peak it is full. [share]

    Examples
    --------
    Half of the cost is capacity and half of the hours are peak, capacity is full throughout: the
    peak pays twice its capacity. With nothing sold off the peak it pays just for itself:

    >>> print(firm_peak_ratio(running_share=0.5, peak_share=0.5, off_peak_use=[1.0, 0.0]))
    [3. 2.]
    """
    running, peak = floats(running_share), floats(peak_share)
    used = peak + (1.0 - peak) * floats(off_peak_use)
    return floats(1.0 + (1.0 - running) / running * used / peak)


def off_peak_over_mean(*, ratio: ArrayLike, peak_share_of_use: ArrayLike) -> FloatArray:
    r"""Off-peak price over the mean price paid, :math:`1/[1 + g\,(r-1)]`. [1]

    Parameters
    ----------
    ratio
        Peak price over off-peak price, r. [1]
    peak_share_of_use
        Part of all use that falls on peak hours, g. [share]

    Examples
    --------
    A price that doubles for a quarter of all use:

    >>> print(off_peak_over_mean(ratio=2.0, peak_share_of_use=0.25))
    0.8
    """
    return floats(1.0 / (1.0 + floats(peak_share_of_use) * (floats(ratio) - 1.0)))


def idle_off_peak_use(
    *, ratio: ArrayLike, running_share: ArrayLike, peak_share: ArrayLike
) -> FloatArray:
    r"""Use of capacity off the peak at which a tariff would be that of a firm peak. [share]

    .. math:: u = \left[\frac{(r-1)\,a\,h}{1-a} - h\right] / (1-h)

    `firm_peak_ratio` solved for u. Below nought no use is low enough: the tariff is too flat for a
    peak that pays for all capacity, so the hours off the peak pay for some of it too.

    Parameters
    ----------
    ratio
        Peak price over off-peak price, r. [1]
    running_share, peak_share
        As in `firm_peak_ratio`. [share]

    Examples
    --------
    >>> given = {"running_share": 0.5, "peak_share": 0.5}
    >>> print(idle_off_peak_use(ratio=[3.0, 2.0, 1.5], **given))
    [ 1.   0.  -0.5]
    """
    running, peak = floats(running_share), floats(peak_share)
    used = (floats(ratio) - 1.0) * running * peak / (1.0 - running)
    return floats((used - peak) / (1.0 - peak))
