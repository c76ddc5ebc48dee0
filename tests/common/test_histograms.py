import math

import pytest

from components.common.histograms import EDGES, Histogram, categorical, histograms, numeric, quality_histograms


def test_a_number_lies_in_the_bin_that_it_begins() -> None:
    histogram = numeric([-5.0, 0.0, 0.5, 1.0, 7.0, None, math.nan], (0.0, 1.0))

    assert histogram.labels == ("below 0", "0 to 1", "1 and above", "unknown")
    assert histogram.counts == (1, 2, 2, 2)
    assert histogram.total == 7


def test_a_text_of_no_category_is_unknown() -> None:
    assert categorical(["a", "b", "b", None, "c"], ("a", "b")) == Histogram(("a", "b", "unknown"), (1, 2, 2))


def test_truth_is_no_or_yes() -> None:
    assert histograms({"abstain": [True, False, True]}, {})["abstain"] == Histogram(("no", "yes", "unknown"), (1, 2, 0))


def test_bins_are_those_of_the_other_where_there_is_one() -> None:
    found = histograms({"age": [33.0], "brightness": [0.5]}, {"age": numeric([], (30.0, 40.0))})

    assert (found["age"].edges, found["age"].counts) == ((30.0, 40.0), (0, 1, 0, 0))
    assert found["brightness"].edges == EDGES["brightness"]


def test_histograms_of_the_same_bins_add_up_and_others_do_not() -> None:
    one = categorical(["a"], ("a", "b"))

    assert (one + categorical(["b", "b"], ("a", "b"))).counts == (1, 2, 0)
    with pytest.raises(ValueError, match="shorter"):
        one + categorical(["a"], ("a",))


def test_each_code_of_quality_is_there_or_not() -> None:
    found = quality_histograms({"blurred": 3}, 10, ["age", "quality_too_dark"])

    assert {name: one.counts for name, one in found.items()} == {
        "quality_blurred": (7, 3, 0),
        "quality_too_dark": (10, 0, 0),
    }
