"""Cron expressions: what Kubeflow Pipelines understands, and what it does not."""

import re

import pytest

from components.cluster.cron import check_cron


@pytest.mark.parametrize(
    "expression",
    ["0 0 3 * * 0", "0 0 9 ? * 2-6", "0 30 2 1 jan,JUL *", "*/10 * * * * MON-FRI", "0 0/15 8-18/2 1,15 * ?"],
)
def test_a_right_expression_is_taken(expression: str) -> None:
    assert check_cron(expression) == expression


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("0 3 * * 0", "has 5 fields, not six: second, minute, hour"),
        ("@weekly", "has 1 fields"),
        ("60 0 3 * * 0", "'60' is no second, which goes from 0 to 59"),
        ("0 0 24 * * 0", "'24' is no hour"),
        ("0 0 3 0 * *", "'0' is no day of the month"),
        ("0 0 3 * 13 *", "'13' is no month"),
        ("0 0 3 * * 7", "'7' is no day of the week"),
        ("0 0 3 * * sunday", "'sunday' is no day of the week"),
        ("0 0 3 * * 5-2", "'5-2' is no day of the week"),
        ("0 */0 3 * * *", "'*/0' is no minute"),
        ("0 0 3 * * 1,", "'' is no day of the week"),
    ],
)
def test_a_wrong_expression_is_refused_by_its_field(expression: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        check_cron(expression)
