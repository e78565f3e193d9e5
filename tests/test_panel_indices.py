"""Indexes of a panel in which listings come and go: textbook values, loops, and axioms."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from oracles.matched_models import matched_model_index

from token_economics.canonical.index_numbers import manual_prices, manual_quantities
from token_economics.methods.prices import index_numbers, panel_indices
from token_economics.methods.prices.price_panel import Panel

# pyindexnum 0.4.0 on the goods of the Producer Price Index Manual (2004), tables 19.1 and 19.2;
# `gaps` without good 2 in periods 1 and 2, good 4 in periods 4 and 5, and good 6 in period 3. It
# needs NumPy below 2, so its numbers stand here.
PYINDEXNUM = {
    ("full", "jevons"): [1.2419200902684202, 0.9563354157287514, 0.7255808357580233, 0.6324555320336759],
    ("full", "fisher"): [1.3329498186448852, 1.2475222578312115, 1.1914005978806943, 1.133396189050307],
    ("full", "tornqvist"): [1.384206485298266, 1.2947711817510867, 1.245710236136967, 1.2417920097215998],
    ("full", "product"): [1.2419200902684198, 0.956335415728752, 0.7255808357580237, 0.632455532033676],
    ("full", "weighted product"): [1.3809643496110777, 1.2728572517249375, 1.2688245669223372, 1.2688461989285618],
    ("gaps", "jevons"): [1.0976074564336555, 1.0255731390107672, 0.9211296269108452, 0.9477245373987319],
    ("gaps", "fisher"): [1.2502496791483149, 1.3890226057645794, 1.4913629903762449, 1.565163612525198],
    ("gaps", "tornqvist"): [1.258444967391286, 1.4093469429112555, 1.5081234892020134, 1.595733006297322],
    ("gaps", "product"): [1.0410896577924673, 0.9476714338275611, 0.8247847203609772, 0.8713204123312062],
    ("gaps", "weighted product"): [1.2009355050347046, 1.3229800290835019, 1.4323854909034839, 1.5311024110831026],
}  # fmt: skip


def shares_of(panel: Panel, quantities: np.ndarray) -> np.ndarray:
    spending = np.where(panel.listed, panel.prices * quantities, 0.0)
    return spending / spending.sum(axis=1, keepdims=True)


def made(prices: np.ndarray) -> Panel:
    days = pd.date_range("2025-01-31", periods=len(prices), freq="ME")
    goods = prices.shape[1]
    ids = pd.DataFrame({"provider": "p", "model": [f"m{number}" for number in range(goods)]})
    return Panel(days, ids, np.array(prices, dtype=np.float64))


def textbook(name: str) -> tuple[Panel, np.ndarray]:
    prices = manual_prices()
    if name == "gaps":
        prices[:2, 1] = prices[3:, 3] = prices[2, 5] = np.nan
    panel = made(prices)
    return panel, shares_of(panel, manual_quantities())


def random_panel(seed: int, *, days: int = 8, goods: int = 40) -> tuple[Panel, np.ndarray]:
    rng = np.random.default_rng(seed)
    prices = np.exp(np.cumsum(rng.normal(-0.05, 0.3, (days, goods)), axis=0))
    entered, left = rng.integers(0, days - 1, goods), rng.integers(1, days, goods)
    day = np.arange(days)[:, None]
    gone = (day < entered) | (day > np.maximum(left, entered))
    gone[:, :4] = False
    panel = made(np.where(gone, np.nan, prices))
    return panel, shares_of(panel, rng.lognormal(0, 1, (days, goods)))


INDEXES: dict[str, Callable[[Panel, np.ndarray], np.ndarray]] = {
    "jevons": lambda p, w: panel_indices.geks(panel_indices.jevons(p)),
    "fisher": lambda p, w: panel_indices.geks(panel_indices.fisher(p, w)),
    "tornqvist": lambda p, w: panel_indices.geks(panel_indices.tornqvist(p, w)),
    "product": lambda p, w: panel_indices.time_product_dummy(p),
    "weighted product": panel_indices.time_product_dummy,
    "chained jevons": lambda p, w: panel_indices.chained(panel_indices.jevons(p)),
    "chained fisher": lambda p, w: panel_indices.chained(panel_indices.fisher(p, w)),
    "chained tornqvist": lambda p, w: panel_indices.chained(panel_indices.tornqvist(p, w)),
}
MULTILATERAL = ["jevons", "fisher", "tornqvist", "product", "weighted product"]
each_index = pytest.mark.parametrize("name", INDEXES)


@pytest.mark.parametrize(("data", "name"), PYINDEXNUM)
def test_multilateral_indexes_are_those_of_another_library(data: str, name: str) -> None:
    panel, shares = textbook(data)
    found = np.exp(INDEXES[name](panel, shares))
    assert found == pytest.approx([1.0, *PYINDEXNUM[data, name]], rel=1e-12)


@pytest.mark.parametrize("name", ["fisher", "tornqvist"])
def test_with_all_goods_there_they_are_the_formulas_of_quantities(name: str) -> None:
    panel, shares = textbook("full")
    goods = {"prices": manual_prices(), "quantities": manual_quantities()}
    bilateral = getattr(panel_indices, name)(panel, shares)
    formula = getattr(index_numbers, name)
    chain = np.exp(panel_indices.chained(bilateral))
    assert chain == pytest.approx(index_numbers.chained_index(formula, **goods), rel=1e-12)
    assert np.exp(bilateral[0]) == pytest.approx(
        index_numbers.fixed_base_index(formula, **goods), rel=1e-12
    )
    assert np.exp(panel_indices.geks(bilateral)) == pytest.approx(
        index_numbers.geks_index(formula, **goods), rel=1e-12
    )


@pytest.mark.parametrize("seed", range(5))
def test_chained_jevons_is_the_matched_model_index(seed: int) -> None:
    panel, _ = random_panel(seed)
    day, listing = np.nonzero(panel.listed)
    table = pd.DataFrame({"date": day, "model": listing, "price": panel.prices[day, listing]})
    found = np.exp(panel_indices.chained(panel_indices.jevons(panel)))
    assert found == pytest.approx(matched_model_index(table)["index"].to_numpy(), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("weighted", [False, True])
def test_time_product_dummy_is_a_regression_on_dummies(seed: int, weighted: bool) -> None:
    panel, shares = random_panel(seed)
    day, listing = np.nonzero(panel.listed)
    weight = np.sqrt(shares[day, listing]) if weighted else np.ones(len(day))
    design = np.hstack([np.eye(len(panel.days))[day], np.eye(len(panel.ids))[listing]])
    fit = np.linalg.lstsq(
        design * weight[:, None], np.log(panel.prices[day, listing]) * weight, rcond=None
    )[0]
    expected = fit[: len(panel.days)] - fit[0]
    found = panel_indices.time_product_dummy(panel, shares if weighted else None)
    assert found == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("weighted", [False, True])
def test_hedonic_time_dummy_is_a_regression_on_days_and_characteristics(weighted: bool) -> None:
    panel, shares = random_panel(11)
    traits = np.random.default_rng(12).normal(100.0, 5.0, (len(panel.ids), 2))
    traits[7, 1] = np.nan
    day, listing = np.nonzero(panel.listed & np.isfinite(traits).all(axis=1))
    weight = np.sqrt(shares[day, listing]) if weighted else np.ones(len(day))
    design = np.hstack([np.eye(len(panel.days))[day], traits[listing]])
    fit = np.linalg.lstsq(
        design * weight[:, None], np.log(panel.prices[day, listing]) * weight, rcond=None
    )[0]
    found = panel_indices.hedonic_time_dummy(panel, traits, shares if weighted else None)
    assert found == pytest.approx(fit[: len(panel.days)] - fit[0], abs=1e-9)


def test_hedonic_time_dummy_sees_a_fall_that_comes_with_new_listings_only() -> None:
    """Each listing keeps its price; each new one gives more for it."""
    rng = np.random.default_rng(4)
    days, goods = 12, 240
    entered = np.repeat(np.arange(days), goods // days)
    quality = 3.0 * entered / days + rng.normal(0, 1.0, goods)
    log_price = 0.8 * quality - 0.25 * entered
    listed = (np.arange(days)[:, None] >= entered) & (np.arange(days)[:, None] < entered + 1)
    panel = made(np.where(listed, np.exp(log_price), np.nan))
    found = panel_indices.hedonic_time_dummy(panel, quality)
    assert found == pytest.approx(-0.25 * np.arange(days), abs=1e-10)
    assert panel_indices.chained(panel_indices.jevons(panel)) == pytest.approx(np.zeros(days))


def test_a_day_without_known_characteristics_has_no_hedonic_index() -> None:
    panel = made(np.array([[1.0, np.nan], [np.nan, 2.0], [1.0, 2.0]]))
    found = panel_indices.hedonic_time_dummy(panel, [1.0, np.nan])
    assert np.isnan(found).tolist() == [False, True, False]


@each_index
def test_prices_that_move_alike_are_the_index(name: str) -> None:
    panel, shares = random_panel(1)
    factors = np.exp(np.random.default_rng(2).normal(0, 1, len(panel.days)))
    level = np.where(panel.listed, factors[:, None] * np.arange(1, 41), np.nan)
    found = INDEXES[name](panel._replace(prices=level), shares)
    assert found == pytest.approx(np.log(factors / factors[0]), abs=1e-10)


@each_index
def test_units_do_not_matter(name: str) -> None:
    panel, shares = random_panel(3)
    rescaled = panel._replace(prices=panel.prices * np.arange(1, 41) ** 2)
    found = INDEXES[name](rescaled, shares)
    assert found == pytest.approx(INDEXES[name](panel, shares), abs=1e-10)


@each_index
def test_time_reversal(name: str) -> None:
    panel, shares = random_panel(4)
    forward = INDEXES[name](panel, shares)
    backward = INDEXES[name](panel._replace(prices=panel.prices[::-1]), shares[::-1])[::-1]
    assert forward[-1] == pytest.approx(-backward[0], abs=1e-10)


@pytest.mark.parametrize("name", MULTILATERAL)
def test_the_order_of_days_does_not_matter_to_a_multilateral_index(name: str) -> None:
    panel, shares = random_panel(5)
    order = np.array([0, 5, 2, 7, 1, 3, 6, 4])
    found = INDEXES[name](panel._replace(prices=panel.prices[order]), shares[order])
    assert found == pytest.approx(INDEXES[name](panel, shares)[order], abs=1e-10)


@pytest.mark.parametrize("name", MULTILATERAL)
def test_a_multilateral_index_returns_when_the_prices_and_shares_do(name: str) -> None:
    panel, shares = textbook("full")
    there_and_back = panel._replace(prices=panel.prices[[0, 1, 2, 0]], days=panel.days[:4])
    assert INDEXES[name](there_and_back, shares[[0, 1, 2, 0]])[-1] == pytest.approx(0, abs=1e-12)


def test_with_all_listings_there_and_alike_all_are_one() -> None:
    panel, _ = textbook("full")
    alike = np.full(panel.prices.shape, 1 / 6)
    jevons = np.log(panel.prices / panel.prices[0]).mean(axis=1)
    for name in ("jevons", "chained jevons", "tornqvist", "product", "weighted product"):
        assert INDEXES[name](panel, alike) == pytest.approx(jevons, abs=1e-12)


def test_a_listing_of_one_day_says_nothing() -> None:
    panel, _ = random_panel(6)
    passing = np.full((len(panel.days), 1), np.nan)
    passing[3] = 1e6
    more = made(np.hstack([panel.prices, passing]))
    for name in ("jevons", "product", "chained jevons"):
        assert INDEXES[name](more, np.zeros(more.prices.shape)) == pytest.approx(
            INDEXES[name](panel, np.zeros(panel.prices.shape)), abs=1e-10
        )


def test_drift_is_the_chain_less_geks_and_appears_where_listings_leave_low() -> None:
    falling = np.array([[4.0, 1.0], [2.0, 1.0], [np.nan, 1.0], [4.0, 1.0]])
    bilateral = panel_indices.jevons(made(falling))
    drift = panel_indices.chain_drift(bilateral)
    assert panel_indices.chained(bilateral)[-1] == pytest.approx(-np.log(2) / 2)
    assert bilateral[0, 3] == pytest.approx(0)
    assert drift[-1] < -0.1


def test_days_that_nothing_joins_are_refused() -> None:
    apart = made(np.array([[1.0, np.nan], [1.0, np.nan], [np.nan, 1.0]]))
    with pytest.raises(ValueError, match="no listing joins"):
        panel_indices.geks(panel_indices.jevons(apart))
    with pytest.raises(ValueError, match="no listing joins"):
        panel_indices.time_product_dummy(apart)
    assert panel_indices.chained(panel_indices.jevons(apart)) == pytest.approx(np.zeros(3))


def test_geks_bridges_days_that_have_nothing_in_common() -> None:
    bridged = made(np.array([[1.0, np.nan], [2.0, 3.0], [np.nan, 9.0]]))
    found = panel_indices.geks(panel_indices.jevons(bridged))
    assert np.exp(found) == pytest.approx([1.0, 2.0, 6.0])


def test_the_share_of_a_class_is_spread_over_its_listings_of_the_day() -> None:
    panel = made(np.array([[1.0, 1.0, 1.0, 1.0], [1.0, np.nan, np.nan, 1.0]]))
    weights = pd.DataFrame({"a": [3.0, 3.0], "b": [1.0, 1.0]})
    found = panel_indices.class_shares(panel, ["a", "a", "b", None], weights)
    assert found == pytest.approx(np.array([[0.375, 0.375, 0.25, 0.0], [1.0, 0.0, 0.0, 0.0]]))
