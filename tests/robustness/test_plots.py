"""The curves."""

from components.robustness.corruptions import CORRUPTIONS, FAMILIES
from components.robustness.measuring import Measurement
from components.robustness.plots import curves
from components.robustness.scores import score_table
from tests.robustness.conftest import MEMBERS


def test_each_corruption_of_a_family_has_a_small_picture_with_a_line_for_each_model(measured: Measurement) -> None:
    table = score_table(measured.tally, MEMBERS)
    for family in FAMILIES:
        shown = [axes for axes in curves(table, MEMBERS, family).axes if axes.get_title()]
        assert [axes.get_title() for axes in shown] == [one.name for one in CORRUPTIONS if one.family == family]
        assert {line.get_label() for line in shown[0].lines} >= {"ensemble", *MEMBERS}
