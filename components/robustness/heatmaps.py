"""What a class activation map, float32 [rows, columns], is judged by, and how it is shown.

Its energy is its positive part: what speaks for the class. The share of the energy within the object is that of the
energy-based pointing game (Wang et al., Score-CAM, 2020, arXiv 1910.01279).
"""

import cv2
import numpy as np
from scipy import stats

# How much of the map's colour covers the picture at most.
_OPACITY = 0.6

_PEN, _PEN_WIDTH = (0, 230, 0), 2


def share_inside(heatmap: np.ndarray, lesion: np.ndarray) -> float:
    """Share of the map's energy that lies on the lesion, bool [side, side]; NaN where the map has no energy."""
    energy = _energy(heatmap, len(lesion))
    total = float(energy.sum())
    return float(energy[lesion].sum()) / total if total > 0 else float("nan")


def likeness(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation of two maps, place by place; NaN where one of them is even, or no number."""
    if not (np.isfinite([one, other]).all() and np.ptp(one) > 0 and np.ptp(other) > 0):
        return float("nan")
    return float(stats.spearmanr(one.ravel(), other.ravel()).statistic)


def overlaid(picture: np.ndarray, heatmap: np.ndarray) -> np.ndarray:
    """A picture, uint8 [side, side, 3], under the map's energy, black to yellow; without energy the picture alone."""
    energy = _energy(heatmap, len(picture))
    most = float(energy.max())
    if not most > 0:
        return picture
    heat = energy / most
    colour = cv2.cvtColor(
        cv2.applyColorMap(np.rint(255 * heat).astype(np.uint8), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB
    )
    return np.asarray(cv2.blendLinear(picture, colour, np.full_like(heat, 1 - _OPACITY), np.full_like(heat, _OPACITY)))


def outlined(picture: np.ndarray, lesion: np.ndarray | None) -> np.ndarray:
    """A copy of a picture, uint8 [side, side, 3], with the lesion's outline, where there is one."""
    drawn = np.zeros(picture.shape[:2], np.uint8) if lesion is None else lesion.astype(np.uint8)
    contours, _ = cv2.findContours(drawn, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(picture.copy(), contours, -1, _PEN, _PEN_WIDTH))


def _energy(heatmap: np.ndarray, side: int) -> np.ndarray:
    """The positive part, float32 [side, side], enlarged by bilinear interpolation."""
    positive = np.maximum(heatmap, 0).astype(np.float32)
    return np.asarray(cv2.resize(positive, (side, side), interpolation=cv2.INTER_LINEAR))
