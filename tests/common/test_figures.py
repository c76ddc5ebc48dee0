"""What all figures have in common."""

import matplotlib.pyplot as plt
import pytest

from components.common.figures import finished


@pytest.mark.parametrize("grid", [False, True])
def test_a_figure_is_framed_on_two_sides_and_pyplot_forgets_it(grid: bool) -> None:
    figure, (left, right) = plt.subplots(1, 2)
    assert finished(figure, grid=grid) is figure
    assert not plt.fignum_exists(figure.number)
    for axes in (left, right):
        assert {name for name, spine in axes.spines.items() if spine.get_visible()} == {"left", "bottom"}
        assert axes.xaxis.get_gridlines()[0].get_visible() == grid
