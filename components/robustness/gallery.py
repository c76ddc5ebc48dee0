"""Pictures as a gallery of the report shows them."""

import cv2
import numpy as np

SIDE = 160
"""In pixels; a gallery shows pictures 144 high."""

_JPEG_QUALITY = 82


def small_jpeg(picture: np.ndarray) -> bytes:
    """A picture, uint8 [side, side, 3], small: a JPEG file."""
    interpolation = cv2.INTER_AREA if len(picture) > SIDE else cv2.INTER_CUBIC
    shown = cv2.resize(picture, (SIDE, SIDE), interpolation=interpolation)
    bgr = cv2.cvtColor(shown, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, (cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY))[1].tobytes()
