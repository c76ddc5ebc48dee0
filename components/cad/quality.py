"""What may be wrong with a picture: warnings for the person who took it, before they believe an answer."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import ndimage

BLURRED = 4.0
"""Sharpness below which a picture is blurred: see `sharpness`. Of 60 pictures of ISIC, at twelve sizes from 300 to
2,000 pixels, the least sharp has 5.0; blurred by a bell of 2 of 256 pixels, 58 have less than 4 at all sizes from 600
pixels on."""

DARK, BRIGHT = 51, 235
"""Brightness, of 255, below and above which a picture's brighter part is badly exposed."""

# Share of a picture's pixels that its brighter part has.
_BRIGHTER_PART = 0.25

_WHITE = 250

MOST_CLIPPED = 0.1
"""Share of the picture that may be pure white."""

MOST_OF_EDGES = 0.16
"""Share of the middle halves of the picture's four edges that a lesion may cover; in the corners lies the shadow of the
dermatoscope. Of 120 pictures of ISIC 14 have more: in 10 the lesion is cut off, in 2 it has no border that one could
see, in 2 it hangs together with a shadow at the edge."""

# Of a picture of fewer pixels a side one cannot say whether it is blurred.
_LEAST_TO_BE_SHARP = 256

# The lesion is looked for at this side, or somewhat more, in pixels.
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
        picture: uint8 [side, side, 3], what the model is shown, reduced to at most 256 pixels a side.
        side: of the same in the file, in pixels.
        wanted: side of the largest picture that the model takes, in pixels.
    """
    grey = _grey(picture)
    flaws = []
    if side < wanted:
        flaws.append(
            Flaw("too_small", f"The picture shows {side:.0f} pixels a side; the model looks at {wanted}. Go closer.")
        )
    elif side >= _LEAST_TO_BE_SHARP and sharpness(grey) < BLURRED:
        flaws.append(Flaw("blurred", "The picture seems out of focus or shaken. Take it again if you can."))
    if exposed := _exposure(picture):
        flaws.append(exposed)
    if cut_off(grey):
        flaws.append(Flaw("lesion_cut_off", "The lesion seems to run over the edge of the picture. Show all of it."))
    return tuple(flaws)


def _grey(picture: np.ndarray) -> np.ndarray:
    """The sum of the three colours, int16 [side, side]: whole numbers take a tenth of the time that fractions take."""
    red, green, blue = (picture[..., colour].astype(np.int16) for colour in range(3))
    red += green
    red += blue
    return red


def sharpness(grey: np.ndarray) -> float:
    """How strong the finest details are: the standard deviation of the Laplacian of the grey picture, of 255.

    Pech-Pacheco et al., Diatom autofocusing in brightfield microscopy, ICPR 2000.

    Args:
        grey: the sum of the three colours, int16 [side, side].
    """
    laplacian = 4 * grey[1:-1, 1:-1]
    for neighbour in (grey[:-2, 1:-1], grey[2:, 1:-1], grey[1:-1, :-2], grey[1:-1, 2:]):
        laplacian -= neighbour
    return float(laplacian.astype(np.float32).std()) / 3.0


def cut_off(grey: np.ndarray) -> bool:
    """Whether the lesion reaches over the picture's edge.

    The lesion is what is dark by Otsu's threshold on the grey picture, of one piece, and fills most of the middle.

    Args:
        grey: the sum of the three colours, int16 [side, side].
    """
    if len(grey) < _SMALL:
        return False
    block = len(grey) // _SMALL
    small = grey[::block, ::block] // 3
    dark = small < _otsu(small)
    if not dark.any() or dark.all() or small[~dark].mean() - small[dark].mean() < _LEAST_CONTRAST:
        return False
    middle = slice(len(small) // 4, -(len(small) // 4))
    if _of_edges(dark, middle) <= MOST_OF_EDGES:
        return False  # all that is dark is not enough, nor is a piece of it: so it is with most pictures
    pieces, count = ndimage.label(ndimage.binary_opening(dark, np.ones((3, 3))))  # without hairs
    of_middle = np.bincount(pieces[middle, middle].ravel(), minlength=count + 1)[1:] / pieces[middle, middle].size
    if of_middle.max(initial=0) < _LEAST_OF_MIDDLE:
        return False
    lesion = pieces == 1 + of_middle.argmax()
    return _of_edges(lesion, middle) > MOST_OF_EDGES


def _of_edges(where: np.ndarray, middle: slice) -> float:
    """Share of the middles of the four edges."""
    edges = np.concatenate([where[0, middle], where[-1, middle], where[middle, 0], where[middle, -1]])
    return float(edges.mean())


def _exposure(picture: np.ndarray) -> Flaw | None:
    red, green, blue = np.moveaxis(picture, 2, 0)  # reducing over the short axis would take ten times as long
    brightest = np.maximum(np.maximum(red, green), blue)
    if (brightest < DARK).mean() > 1 - _BRIGHTER_PART:
        return Flaw("underexposed", "The picture is very dark. Take it again with more light.")
    if (brightest > BRIGHT).mean() > _BRIGHTER_PART and _clipped(red, green, blue) > MOST_CLIPPED:
        return Flaw("overexposed", "Much of the picture is pure white. Take it again with less light.")
    return None


def _clipped(red: np.ndarray, green: np.ndarray, blue: np.ndarray) -> float:
    """Share of pure white."""
    return float((np.minimum(np.minimum(red, green), blue) > _WHITE).mean())


def _otsu(grey: np.ndarray) -> int:
    """Otsu's threshold, the least value above it: IEEE Trans. SMC 9(1), 1979.

    Args:
        grey: whole numbers of 0 to 255.
    """
    counts = np.bincount(grey.ravel(), minlength=256)
    weighted = counts * np.arange(256)
    below, sums = np.cumsum(counts)[:-1], np.cumsum(weighted)[:-1]
    above = grey.size - below
    apart = sums / np.maximum(below, 1) - (weighted.sum() - sums) / np.maximum(above, 1)
    return int(np.argmax(below * above * apart**2)) + 1
