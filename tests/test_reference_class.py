"""A reference class: Jeffreys' proportion, and spans of a yearly series."""

import numpy as np
import pandas as pd
import pytest

from token_economics.methods import reference_class


def test_next_of_class_is_the_jeffreys_mean() -> None:
    found = reference_class.next_of_class(successes=4, members=5, level=0.9)
    assert found.value == pytest.approx(4.5 / 6)
    assert found.low < found.value < found.high


def test_an_empty_class_knows_nothing() -> None:
    found = reference_class.next_of_class(successes=0, members=0, level=0.9)
    assert found.value == 0.5
    assert found.high - found.low > 0.95


def test_more_members_narrow_the_interval() -> None:
    few = reference_class.next_of_class(successes=4, members=5, level=0.9)
    many = reference_class.next_of_class(successes=40, members=50, level=0.9)
    assert many.high - many.low < few.high - few.low


SERIES = pd.DataFrame(
    {"year": [2000, 2001, 2002, 2003], "price": [8.0, 4.0, 2.0, 1.0], "use": [1.0, 2.0, 8.0, 8.0]}
)


def test_spending_of_a_span_is_price_times_use() -> None:
    found = reference_class.spans(SERIES, years=2)
    assert list(found["start"]) == [2000, 2001]
    np.testing.assert_allclose(found["spend_multiple"], [2.0, 1.0])


def test_only_spans_with_a_falling_price_count() -> None:
    rising = SERIES.assign(price=SERIES["price"].to_numpy()[::-1])
    assert np.isnan(reference_class.share_that_spent_more(reference_class.spans(rising, years=1)))
    assert reference_class.share_that_spent_more(
        reference_class.spans(SERIES, years=1)
    ) == pytest.approx(1 / 3)
