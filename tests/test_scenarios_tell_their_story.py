"""Each scenario moves the results in the direction that its story says."""

from typing import Any

import pytest
from fixture_project import ROOT, ROOT_VARIABLE

from token_economics.answers import evaluate, influence
from token_economics.book import scenarios
from token_economics.evidence import tables

NEXT, END = "token_market.price_next", "token_market.below_cost_at_horizon"
DIRECTIONS = {
    "scarcity": {NEXT: 1, END: -1, "supply_constraints.compute_growth": -1},
    "abundance": {NEXT: -1, END: 1, "supply_constraints.compute_growth": 1},
    "bubble": {NEXT: -1, "token_market.below_cost_next": 1, "token_market.finance_binds_later": 1},
    "slow_diffusion": {NEXT: -1, END: 1, "token_market.spend_next": -1},
    "takeoff": {NEXT: 1, END: -1, "token_market.spend_at_horizon": 1},
}


@pytest.fixture(scope="module")
def means() -> Any:
    """Mean of each number of the two topics that the stories speak of, by scenario."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ROOT_VARIABLE, str(ROOT))
        told = {}
        topics = [m for m in evaluate.topics() if m.TOPIC in ("token_market", "supply_constraints")]
        for name in ("base", *DIRECTIONS):
            book = scenarios.apply(scenarios.load(name), {})
            draws = book.draws(1024)
            told[name] = {
                key: float(values.mean())
                for module in topics
                for key, values in influence.model(module, book.seed)(draws).items()
            }
        yield told


@pytest.mark.parametrize("name", DIRECTIONS)
def test_results_go_where_the_story_says(means: Any, name: str) -> None:
    for result, direction in DIRECTIONS[name].items():
        assert direction * (means[name][result] - means["base"][result]) > 0, result


def test_every_view_of_the_future_has_a_story_sources_and_what_would_make_it_true(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(ROOT_VARIABLE, str(ROOT))
    known = set(tables.read("sources")["id"])
    assert set(scenarios.names()) == {"base", *DIRECTIONS}
    for name in DIRECTIONS:
        scenario = scenarios.load(name)
        assert scenario.story.endswith(".") and scenario.true_if.endswith(".")
        assert scenario.sources and set(scenario.sources) <= known
        assert len(scenario.values) >= 5
