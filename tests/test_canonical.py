"""Published and textbook numbers: our functions give them, and readers are shown them all."""

import pkgutil

import pandas as pd
import pytest

from token_economics import canonical
from token_economics.canonical import cases

TABLE = cases.table()


@pytest.mark.parametrize(
    "case",
    TABLE.to_dict("records"),
    ids=[f"{c.id} {c.method}: {c.quantity}" for c in TABLE.itertuples()],
)
def test_canonical_case_is_reproduced(case: dict[str, object]) -> None:
    assert case["passes"], f"{case['computed']} is not {case['expected']} ± {case['tolerance']}"


def test_every_module_of_cases_is_shown_to_readers() -> None:
    """M4, M7, M8 and the S cases once passed here and stood on no page."""
    found = {module.name for module in pkgutil.iter_modules(canonical.__path__)} - {"cases"}
    assert {module.__name__.rpartition(".")[2] for module in cases.MODULES} == found


def test_a_check_gives_as_many_numbers_as_are_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def too_few() -> list[float]:
        return [1.0]

    too_few.__name__ = "_stability"
    monkeypatch.setattr(cases.market, "CHECKS", (too_few,))
    with pytest.raises(ValueError, match=r"2 rows of market\._stability, which gives 1"):
        cases.table()


def test_a_wrong_number_does_not_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    published = pd.read_csv(cases.PUBLISHED, dtype={"id": str})
    published["expected"] = 3 * published["expected"] + 100
    monkeypatch.setattr(cases.pd, "read_csv", lambda *_, **__: published)
    assert not cases.table()["passes"].any()
