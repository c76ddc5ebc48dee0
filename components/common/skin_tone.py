"""The skin tone of a picture: its individual typology angle (ITA), and the type of skin that the angle stands for.

ITA = atan2(L* - 50, b*) in degrees, of the CIELAB colour of healthy skin: the lighter the skin, the larger. Chardon,
Cretois, Hourseau: Skin colour typology and suntanning pathways, Int. J. Cosmet. Sci. 13, 1991.

Of a photograph it is an unreliable estimate (`CAVEAT`), because light, camera and white balance change it as much as
skin does. Published ways to compute it disagree with one another (arXiv 2308.09640). A bluish cast (b* below 0, as in
40% of 1,340 pictures of ISIC 2019) gives more than 90 degrees, and so type I. Group pictures by it to see whether
lightness and colour matter; never say from it what a person's skin is.

No better way was found on PAD-UFES-20. Other pixels (outer ring, Otsu on a* or saturation, both, plausible colours, no
hair, the middle lightness) and the mode gave Spearman's coefficients of -0.13 to -0.05; with grey world, shades of grey
or max-RGB before, -0.06 to 0.04. Chosen on half of the patients among 30 of these, the best had -0.04 on the others,
this one -0.10 (means of 200 divisions).
"""

import math

import numpy as np

TYPES = ("I", "II", "III", "IV", "V", "VI")

CAVEAT = (
    "The skin tone is estimated from the picture's colours, in which light and camera count for as much as skin. It "
    "hardly agrees with the Fitzpatrick type that a doctor noted: on 190 smartphone photographs of 151 patients in "
    "PAD-UFES-20 Spearman's coefficient is −0.10 (95% interval −0.25 to 0.06). It says whether lightness and colour of "
    "a picture matter, and nothing of a patient."
)
"""Belongs beside every figure by estimated skin tone."""

# Type I lies over the first of these angles, in degrees, type VI at or below the last.
_BOUNDS = (55.0, 41.0, 28.0, 19.0, 10.0)

# Less skin than this share of the picture is none.
_MINIMUM_SHARE = 0.05

# L* of what may be skin: below is black, above is glare.
_DARKEST, _LIGHTEST = 5.0, 97.0

# sRGB (IEC 61966-2-1) to CIE XYZ, divided by the white point D65, 2 degrees.
_LINEAR = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_LINEAR <= 0.04045, _LINEAR / 12.92, ((_LINEAR + 0.055) / 1.055) ** 2.4).astype(np.float32)
_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]],
    np.float32,
)
_TO_WHITE = (_TO_XYZ / _TO_XYZ.sum(axis=1, keepdims=True)).T


def typology_angle(thumbnail: np.ndarray) -> float:
    """Estimate the ITA of the healthy skin in a picture.

    Healthy skin is taken to be the lighter of the two classes into which Otsu's threshold on L* divides what is neither
    black nor glare: that leaves out lesions, hair and shadows in one step. Of even skin it is the lighter part. It
    goes wrong where the lesion is lighter than the skin, or covers nearly all of the picture.

    Args:
        thumbnail: uint8 [height, width, 3], sRGB, about 256 px a side, its border cut off.

    Returns:
        The median over the skin's pixels, in degrees, -180 to 180; NaN where there is no skin, or too little.
    """
    colours = thumbnail[::2, ::2].reshape(-1, 3)  # a quarter of the pixels gives the same median
    lightness, _, yellowness = lab(colours).T
    candidates = (lightness > _DARKEST) & (lightness < _LIGHTEST)
    if np.count_nonzero(candidates) < _MINIMUM_SHARE * len(colours):
        return math.nan
    skin = candidates & (lightness > _otsu(lightness[candidates]))
    angles = np.degrees(np.arctan2(lightness[skin] - 50, yellowness[skin]))
    return float(np.median(angles))


def skin_type(angle: float) -> str | None:
    """The type of `TYPES` that an ITA in degrees stands for; None where it is NaN."""
    if math.isnan(angle):
        return None
    return TYPES[sum(angle <= bound for bound in _BOUNDS)]


def lab(colours: np.ndarray) -> np.ndarray:
    """Convert sRGB, uint8 [..., 3], to CIELAB with the white point D65: float32 [..., 3], L* from 0 to 100, a*, b*."""
    relative = _LINEAR[colours] @ _TO_WHITE
    roots = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative * (29 / 6) ** 2 / 3 + 4 / 29)
    x, y, z = np.moveaxis(roots, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def _otsu(values: np.ndarray) -> float:
    """The L* that divides best in two (Otsu, IEEE Trans. SMC 9(1), 1979); below all values where they are alike."""
    counts, edges = np.histogram(values, bins=200, range=(0, 100))
    below = np.cumsum(counts)[:-1]
    sums = np.cumsum(counts * (edges[:-1] + edges[1:]) / 2)
    total, above = len(values), len(values) - below
    between = (sums[-1] * below - total * sums[:-1]) ** 2 / np.maximum(below * above, 1)
    return float(edges[1 + np.argmax(between)]) if between.any() else -1.0
