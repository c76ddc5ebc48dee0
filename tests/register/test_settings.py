import dataclasses

import pytest

from components.common.errors import SettingsError
from components.register.settings import check_minimum, check_name
from tests.register.conftest import RULES


@pytest.mark.parametrize("name", ["", "a/b", "a:b", "it's", "a@champion", " a", "a" * 129])
def test_a_name_that_cannot_stand_in_a_model_uri_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="the model name .* must begin with a letter or digit"):
        check_name(name)


def test_a_usual_name_passes() -> None:
    assert check_name("skin-lesion_v1.2 demo") == "skin-lesion_v1.2 demo"


@pytest.mark.parametrize("minimum", [-0.1, 1.1, float("nan")])
def test_a_minimum_that_is_no_auc_is_refused(minimum: float) -> None:
    with pytest.raises(SettingsError, match="minimum_test_macro_auc must be between 0 and 1"):
        check_minimum(minimum)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("decisive_figure", "accuracy"),
        ("maximum_auc_loss", -0.1),
        ("maximum_decision_loss", float("nan")),
        ("bootstrap_rounds", 99),
        ("seed", -1),
    ],
)
def test_a_rule_out_of_its_range_is_refused(name: str, value: object) -> None:
    with pytest.raises(SettingsError, match=f"{name} must be"):
        dataclasses.replace(RULES, **{name: value})
