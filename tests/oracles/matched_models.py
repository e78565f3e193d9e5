"""Matched-model index from the whole panel of prices."""

import numpy as np
import pandas as pd


def matched_model_index(panel: pd.DataFrame) -> pd.DataFrame:
    r"""Chained index of models that are on the list at two neighbouring dates (Jevons links).

    .. math:: I_t = I_{t-1}\,\exp\Big(\tfrac1n \sum_{i \in t-1 \cap t} \ln (p_{it}/p_{i,t-1})\Big)

    A model enters with its second price; its launch price moves nothing.

    Parameters
    ----------
    panel
        Columns ``date``, ``model`` and ``price`` [money/Mtok], one row a model and date.

    Returns
    -------
    Columns ``date``, ``matched_models`` [count], ``link`` and ``index`` (first date 1). A link
    with no matched model is 1.

    Examples
    --------
    Model a halves its price, b is launched at a tenth of it; the launch moves nothing:

    >>> panel = pd.DataFrame(
    ...     {"date": [1, 2, 2], "model": ["a", "a", "b"], "price": [10.0, 5.0, 0.5]}
    ... )
    >>> print(matched_model_index(panel)["index"].round(6).tolist())
    [1.0, 0.5]
    """
    price = panel.pivot(index="date", columns="model", values="price").sort_index()
    change = price.apply(np.log).diff()
    link = np.exp(change.mean(axis="columns").fillna(0.0))
    return pd.DataFrame(
        {
            "date": price.index,
            "matched_models": change.notna().sum(axis="columns").to_numpy(),
            "link": link.to_numpy(),
            "index": link.cumprod().to_numpy(),
        }
    )
