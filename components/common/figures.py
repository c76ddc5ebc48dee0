"""What all figures have in common, whichever stage draws them."""

import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def finished(figure: Figure, *, grid: bool = False) -> Figure:
    """Leave out the frames' upper and right sides, fit the figure to its labels, and let go of it in pyplot.

    Args:
        figure: of pyplot.
        grid: whether to draw faint lines behind what is drawn.
    """
    for axes in figure.axes:
        if grid:
            axes.grid(alpha=0.25)
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    plt.close(figure)
    return figure
