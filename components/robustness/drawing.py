"""Drawing on a picture, its lines as smooth on 96 px as on 768."""

import math

import cv2
import numpy as np

# Drawings are made at least this large, in pixels, and then reduced: OpenCV's thinnest line is one pixel wide.
_LEAST_SIDE = 576

# OpenCV takes places as whole numbers of 1/16 pixel.
_BITS = 4


class Sheet:
    """A transparent sheet to draw on: what is drawn covers the picture, more or less.

    Places and sizes are shares of the picture's side: (0, 0) is the upper left corner, (1, 1) the lower right.

    Args:
        side: of the picture, in pixels.
    """

    def __init__(self, side: int) -> None:
        self._side = side
        self._drawn = np.zeros((side * math.ceil(_LEAST_SIDE / side),) * 2, np.uint8)

    def curve(self, points: np.ndarray, width: float, cover: float = 1.0) -> None:
        """Draw a line through points, float [points, 2] of x and y; `cover` says how dense, from 0 to 1."""
        places = [self._fixed(points)]
        cv2.polylines(self._drawn, places, False, self._level(cover), self._pixels(width), cv2.LINE_AA, _BITS)

    def ring(self, centre: np.ndarray, radius: float, width: float, cover: float) -> None:
        """Draw a circle's line."""
        place, size = self._fixed(centre).tolist(), self._fixed(np.array(radius)).item()
        cv2.circle(self._drawn, place, size, self._level(cover), self._pixels(width), cv2.LINE_AA, _BITS)

    def disc(self, centre: np.ndarray, radius: float, cover: float) -> None:
        """Draw a full circle."""
        place, size = self._fixed(centre).tolist(), self._fixed(np.array(radius)).item()
        cv2.circle(self._drawn, place, size, self._level(cover), cv2.FILLED, cv2.LINE_AA, _BITS)

    def text(self, text: str, place: np.ndarray, height: float) -> None:
        """Write digits, their middle at a place."""
        scale = self._pixels(height) / cv2.getTextSize("0", cv2.FONT_HERSHEY_SIMPLEX, 1.0, 1)[0][1]
        thickness = self._pixels(height / 8)
        (width, tall), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, thickness)
        x, y = np.rint(place * len(self._drawn) + np.array([-width, tall]) / 2).astype(int).tolist()
        cv2.putText(
            self._drawn, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, self._level(1.0), thickness, cv2.LINE_AA
        )

    def turned(self, quarters: int) -> "Sheet":
        """Turn the sheet by quarters of a circle."""
        self._drawn = np.ascontiguousarray(np.rot90(self._drawn, quarters))
        return self

    def over(self, image: np.ndarray, colour: tuple[int, int, int], opacity: float) -> np.ndarray:
        """The picture, uint8 [side, side, 3], under the sheet, whose drawing has a colour."""
        drawn = cv2.resize(self._drawn, (self._side, self._side), interpolation=cv2.INTER_AREA)
        cover = drawn.astype(np.float32) * np.float32(opacity / 255.0)
        return np.asarray(cv2.blendLinear(image, np.full_like(image, colour), 1.0 - cover, cover))

    def _fixed(self, shares: np.ndarray) -> np.ndarray:
        return np.rint(shares * (len(self._drawn) << _BITS)).astype(np.int32)

    def _pixels(self, share: float) -> int:
        return max(1, round(share * len(self._drawn)))

    def _level(self, cover: float) -> tuple[int]:
        return (round(255 * cover),)
