"""Where the lesion is in a picture: a simple segmentation, good enough to ask whether a heat map looks there.

The colour of the skin is that of the picture's frame; the lesion is what differs from it, the largest such part near
the centre. Otsu's threshold on a distance from the skin is the plain baseline of dermoscopic segmentation (Celebi et
al., Lesion border detection in dermoscopy images, Comput. Med. Imaging Graph. 33(2), 2009). It goes wrong where the
lesion is as pale as the skin, fills the frame, or lies beside something darker; `segment` gives none where that shows.
"""

import cv2
import numpy as np

SMALLEST, LARGEST = 0.02, 0.9
"""Share of the picture that a lesion has at least and at most: beyond it is taken for a failure."""

MOST_OF_FRAME = 0.5
"""Share of the picture's outermost pixels that a lesion touches at most."""

LEAST_COMPACT = 0.7
"""Share of its convex hull that a lesion fills at least: what straggles is the skin's own unevenness."""

# Everything is done at this side, in pixels: hair is then one to three wide, and a picture takes about a millisecond.
_SIDE = 128

# Width of the frame that shows the skin, share of the side.
_FRAME = 0.08

# Hair and ruler ticks are thinner than this, in pixels: a closing takes them away.
_HAIR = 7

# Smoothing, in pixels.
_SIGMA = 2.5

# L* below which a corner is the end of the dermoscope's field, and no skin.
_BLACK = 25.0

# Edges within the mask are rounded off at this size, in pixels.
_RAGGED = 5

# Width, share of the side, of the bell by which parts near the centre count more: what was photographed is there.
_CENTRAL = 0.25


def segment(picture: np.ndarray) -> np.ndarray | None:
    """Find the lesion.

    Args:
        picture: uint8 [side, side, 3], sRGB.

    Returns:
        bool [side, side], True on the lesion; None where what was found is no lesion by its size, place or shape.
    """
    distance = _distance_from_skin(_smooth(picture))
    level, _ = cv2.threshold(distance, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    part = _central_part((distance > level).astype(np.uint8))
    if part is None or not _plausible(part):
        return None
    size = (len(picture), len(picture))
    return np.asarray(cv2.resize(part * 255, size, interpolation=cv2.INTER_LINEAR) > 127)


def _smooth(picture: np.ndarray) -> np.ndarray:
    """The picture small, without hair and noise, in CIELAB: float32 [_SIDE, _SIDE, 3]."""
    interpolation = cv2.INTER_AREA if len(picture) > _SIDE else cv2.INTER_LINEAR
    small = cv2.resize(picture, (_SIDE, _SIDE), interpolation=interpolation)
    bald = cv2.morphologyEx(small, cv2.MORPH_CLOSE, _disc(_HAIR))
    smooth = cv2.GaussianBlur(bald, (0, 0), _SIGMA)
    return np.asarray(cv2.cvtColor(smooth.astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB))


def _distance_from_skin(lab: np.ndarray) -> np.ndarray:
    """How much each pixel's colour differs from the skin's, uint8 [_SIDE, _SIDE]; 0 where the picture is black."""
    width = round(_FRAME * _SIDE)
    frame = np.ones(lab.shape[:2], bool)
    frame[width:-width, width:-width] = False
    dark = _dark_corners(lab[..., 0])
    shown = frame & ~dark
    skin = np.median(lab[shown if shown.any() else frame], axis=0)
    apart = lab - skin
    apart[..., 0] = np.minimum(apart[..., 0], 0.0)  # what is paler is glare, scale or bubbles
    distance = np.linalg.norm(apart, axis=2)
    distance[dark] = 0.0
    most = float(np.quantile(distance, 0.99))
    return np.asarray(np.clip(distance * (255.0 / max(most, 1e-6)), 0, 255).astype(np.uint8))


def _dark_corners(lightness: np.ndarray) -> np.ndarray:
    """bool: what is black, and joined to a corner of the picture."""
    _, labels = cv2.connectedComponents((lightness < _BLACK).astype(np.uint8))
    corners = set(labels[[0, 0, -1, -1], [0, -1, 0, -1]].tolist()) - {0}
    dark = np.isin(labels, list(corners)).astype(np.uint8)
    return np.asarray(cv2.dilate(dark, _disc(_HAIR)) > 0)


def _central_part(different: np.ndarray) -> np.ndarray | None:
    """The part, uint8, that has most of its area near the centre, its holes filled; None where nothing is different."""
    rounded = cv2.morphologyEx(different, cv2.MORPH_OPEN, _disc(_RAGGED))
    contours, _ = cv2.findContours(rounded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    parts = [cv2.drawContours(np.zeros_like(different), [contour], 0, 1, cv2.FILLED) for contour in contours]
    bell = cv2.getGaussianKernel(_SIDE, _CENTRAL * _SIDE)
    return max(parts, key=lambda part: float((part * (bell @ bell.T)).sum()), default=None)


def _plausible(part: np.ndarray) -> bool:
    outermost = np.concatenate([part[0], part[-1], part[1:-1, 0], part[1:-1, -1]])
    sized = SMALLEST <= part.mean() <= LARGEST and outermost.mean() <= MOST_OF_FRAME
    return bool(sized and _compactness(part) >= LEAST_COMPACT)


def _compactness(part: np.ndarray) -> float:
    (contour,), _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    hull = cv2.drawContours(np.zeros_like(part), [cv2.convexHull(contour)], 0, 1, cv2.FILLED)
    return float(part.sum() / hull.sum())


def _disc(size: int) -> np.ndarray:
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
