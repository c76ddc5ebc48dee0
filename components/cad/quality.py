"""What may be wrong with a picture: warnings for the person who took it, before they believe an answer."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

from components.common.pictures import square_crops

BLURRED = 3.0
"""Sharpness below which a picture is blurred: see `sharpness`. Of 60 pictures of ISIC the least sharp has 4.6; blurred
by a bell of two of 256 pixels, the sharpest has 2.5."""

DARK, BRIGHT = 0.2, 0.92
"""Brightness of the picture's brighter half, 0 to 1, below and above which it is badly exposed."""

MOST_CLIPPED = 0.1
"""Share of the picture that may be pure white."""

MOST_OF_EDGES = 0.16
"""Share of the middle halves of the picture's four edges that a lesion may cover; in the corners lies the shadow of the
dermatoscope. Of 120 pictures of ISIC 14 have more: in 10 the lesion is cut off, in 2 it has no border that one could
see, in 2 it hangs together with a shadow at the edge."""

# All is judged at this side, in pixels, so that the thresholds mean the same for all pictures.
_SIDE = 256

# The lesion is looked for at this side.
_SMALL = 64

# Share of the middle of the picture that what is taken for the lesion covers at least.
_LEAST_OF_MIDDLE = 0.1

# Difference of colour, of 255, that a lesion has at least from the skin; what differs less is no lesion.
_LEAST_CONTRAST = 20.0


Code = Literal["too_small", "blurred", "underexposed", "overexposed", "lesion_cut_off"]


@dataclass(frozen=True)
class Flaw:
    """Something that is wrong with a picture."""

    code: Code
    message: str
    """For the person who took it."""


def inspect(picture: np.ndarray, side: float, wanted: int) -> tuple[Flaw, ...]:
    """What is wrong with a picture.

    Args:
        picture: uint8 [side, side, 3], what the model is shown, at any size.
        side: of the same in the file, in pixels.
        wanted: side of the largest picture that the model takes, in pixels.
    """
    small = square_crops(picture, [_SIDE])[_SIDE]
    flaws = []
    if side < wanted:
        flaws.append(
            Flaw("too_small", f"The picture shows {side:.0f} pixels a side; the model looks at {wanted}. Go closer.")
        )
    elif side >= _SIDE and sharpness(small) < BLURRED:
        flaws.append(Flaw("blurred", "The picture seems out of focus or shaken. Take it again if you can."))
    exposed = _exposure(small)
    if exposed:
        flaws.append(exposed)
    if cut_off(small):
        flaws.append(Flaw("lesion_cut_off", "The lesion seems to run over the edge of the picture. Show all of it."))
    return tuple(flaws)


def sharpness(picture: np.ndarray) -> float:
    """How strong the finest details are: the standard deviation of the Laplacian of the grey picture, of 255.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.

    Args:
        picture: uint8 [256, 256, 3].
    """
    grey = picture.mean(axis=2)
    laplacian = 4 * grey[1:-1, 1:-1] - grey[:-2, 1:-1] - grey[2:, 1:-1] - grey[1:-1, :-2] - grey[1:-1, 2:]
    return float(laplacian.std())


def cut_off(picture: np.ndarray) -> bool:
    """Whether the lesion reaches over the picture's edge.

    The lesion is what is dark by Otsu's threshold on the grey picture, of one piece, and fills most of the middle.

    Args:
        picture: uint8 [side, side, 3].
    """
    grey = square_crops(picture, [_SMALL])[_SMALL].mean(axis=2)
    dark = grey < _otsu(grey)
    if not dark.any() or dark.all() or grey[~dark].mean() - grey[dark].mean() < _LEAST_CONTRAST:
        return False
    pieces, count = ndimage.label(ndimage.binary_opening(dark, np.ones((3, 3))))  # without hairs
    middle = slice(_SMALL // 4, -_SMALL // 4)
    of_middle = np.bincount(pieces[middle, middle].ravel(), minlength=count + 1)[1:] / (_SMALL // 2) ** 2
    if of_middle.max(initial=0) < _LEAST_OF_MIDDLE:
        return False
    lesion = pieces == 1 + of_middle.argmax()
    edges = np.concatenate([lesion[0, middle], lesion[-1, middle], lesion[middle, 0], lesion[middle, -1]])
    return bool(edges.mean() > MOST_OF_EDGES)


def _exposure(picture: np.ndarray) -> Flaw | None:
    brightest = picture.max(axis=2)
    usual = float(np.percentile(brightest, 75)) / 255.0
    if usual < DARK:
        return Flaw("underexposed", "The picture is very dark. Take it again with more light.")
    if usual > BRIGHT and (picture.min(axis=2) > 250).mean() > MOST_CLIPPED:
        return Flaw("overexposed", "Much of the picture is pure white. Take it again with less light.")
    return None


def _otsu(grey: np.ndarray) -> float:
    """Otsu's threshold: IEEE Trans. SMC 9(1), 1979."""
    counts, edges = np.histogram(grey, bins=64)
    centres = (edges[:-1] + edges[1:]) / 2
    below, above = np.cumsum(counts)[:-1], np.cumsum(counts[::-1])[::-1][1:]
    sums = np.cumsum(counts * centres)[:-1]
    means_below = sums / np.maximum(below, 1)
    means_above = ((counts * centres).sum() - sums) / np.maximum(above, 1)
    return float(edges[1:-1][np.argmax(below * above * (means_below - means_above) ** 2)])
