from collections import Counter

import pytest

from components.cad.records.judged import Answer, Share, judge, share


def test_shares_are_of_those_that_they_are_about() -> None:
    answers = Counter(
        {
            Answer("MEL", True, "MEL", "histology"): 6,
            Answer("NV", False, "MEL", "histology"): 2,
            Answer("BCC", True, "SCC", "consensus"): 1,
            Answer("NV", False, "NV", "follow-up"): 10,
            Answer("MEL", True, "AK", "histology"): 1,
        }
    )

    judged = judge(answers)

    assert (judged.total, judged.sources) == (20, {"consensus": 1, "follow-up": 10, "histology": 9})
    shares = (judged.accuracy, judged.sensitivity, judged.specificity, judged.melanoma_sensitivity)
    assert [(one.count, one.total) for one in shares] == [(16, 20), (7, 9), (10, 11), (6, 8)]


def test_the_interval_is_wilsons() -> None:
    # Newcombe: Two-sided confidence intervals for the single proportion, Statistics in Medicine 17, 1998, table I.
    of_many, of_none = share(81, 263), share(0, 20)

    assert (of_many.low, of_many.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))
    assert (of_none.low, of_none.high) == (pytest.approx(0, abs=1e-9), pytest.approx(0.1611, abs=5e-5))


def test_of_nothing_there_is_no_share() -> None:
    assert judge(Counter()).sensitivity == Share(0, 0, None, None, None)
