"""Finding the black border of a dermoscopic picture: the round field of a microscope, or a rectangular frame."""

from dataclasses import dataclass

import numpy as np

# What remains after the trim, as a share of the picture's shorter side, is never less: what looks like so wide a border
# is taken for a dark picture, and left whole.
MINIMUM_SHARE = 0.4

# Border pixels are darker than this share of the skin's brightness, within these limits.
_DARKNESS = 0.3
_DARKEST, _BRIGHTEST = 20.0, 64.0
_SKIN_PERCENTILE = 90

# A border shows at two corners of the picture at least; a lesion that runs over the picture's edge seldom covers two.
_MINIMUM_CORNERS = 2

# An edge is cut off while more than this share of it is border. 0 would give the square inscribed in a round field,
# with 36% of the field lost; 0.2 keeps a square of 1.56 radii, whose corners reach 10% of the radius into the border.
_EDGE_SHARE = 0.2

# Dark structures thinner than this many pixels of the thumbnail (hair, ruler ticks) are not part of a border.
_HAIR = 5


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels; `right` and `bottom` are the first column and row outside of it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top

    def cut(self, image: np.ndarray) -> np.ndarray:
        """The part of an image that lies in the box: [height, width, ...], a view."""
        return image[self.top : self.bottom, self.left : self.right]

    def square(self) -> "Box":
        """The largest square at the centre of the box."""
        side = min(self.width, self.height)
        left, top = self.left + (self.width - side) // 2, self.top + (self.height - side) // 2
        return Box(left, top, left + side, top + side)

    def scaled(self, shape: tuple[int, ...], to: tuple[int, ...]) -> "Box":
        """The same part of an image of another shape; pixels that the box covers in part are left out.

        Args:
            shape: [height, width, ...] of the image that the box belongs to.
            to: [height, width, ...] of the other image.
        """
        (height, width), (to_height, to_width) = shape[:2], to[:2]
        return Box(
            left=-(-self.left * to_width // width),
            top=-(-self.top * to_height // height),
            right=self.right * to_width // width,
            bottom=self.bottom * to_height // height,
        )


def find_border(thumbnail: np.ndarray) -> Box:
    """Find the part of a picture that lies within its black border.

    Pixels are border where they are near-black and nothing brighter lies between them and the two edges of the picture
    that meet in a corner; so neither a dark lesion at the centre nor one at an edge is. Then the edges that are largely
    border are cut off, the worst first.

    Args:
        thumbnail: uint8 [height, width, 3], about 256 px a side.

    Returns:
        The part within the border; the whole picture where there is no border, or where what remains would be shorter
        than `MINIMUM_SHARE` of the picture's shorter side.
    """
    height, width = thumbnail.shape[:2]
    whole = Box(0, 0, width, height)
    within = _trim(_border_pixels(thumbnail))
    return within if min(within.width, within.height) >= MINIMUM_SHARE * min(width, height) else whole


def _border_pixels(thumbnail: np.ndarray) -> np.ndarray:
    """bool [height, width]: which pixels belong to a border."""
    brightness = np.maximum(np.maximum(thumbnail[..., 0], thumbnail[..., 1]), thumbnail[..., 2])
    skin = float(np.percentile(brightness, _SKIN_PERCENTILE))
    limit = min(max(_DARKNESS * skin, _DARKEST), _BRIGHTEST)
    border = np.zeros(brightness.shape, bool)
    if _dark_corners(brightness < limit) < _MINIMUM_CORNERS:
        return border
    dark = _without_hair(brightness) < limit
    for rows in (slice(None), slice(None, None, -1)):
        for columns in (slice(None), slice(None, None, -1)):
            corner = dark[rows, columns]
            border[rows, columns] |= np.logical_and.accumulate(corner, 0) & np.logical_and.accumulate(corner, 1)
    return border if _dark_corners(border) >= _MINIMUM_CORNERS else np.zeros_like(border)


def _dark_corners(dark: np.ndarray) -> int:
    return int(np.count_nonzero(dark[[0, 0, -1, -1], [0, -1, 0, -1]]))


def _without_hair(brightness: np.ndarray) -> np.ndarray:
    """Grey-scale closing: thin dark structures take the brightness of what surrounds them."""
    padded = np.pad(brightness, _HAIR, mode="edge")
    closed = _windows(np.minimum, _windows(np.maximum, padded))
    inner = slice(_HAIR, -_HAIR)
    return closed[inner, inner]


def _windows(extremum: np.ufunc, values: np.ndarray) -> np.ndarray:
    """The extremum over a square window about each value; windows are cut off at the edges."""
    reach = _HAIR // 2
    for _ in range(2):
        result = values.copy()
        for shift in range(1, reach + 1):
            extremum(result[shift:], values[:-shift], out=result[shift:])
            extremum(result[:-shift], values[shift:], out=result[:-shift])
        values = result.T
    return values


def _trim(border: np.ndarray) -> Box:
    """Cut edges off while they are largely border."""
    bottom, right = border.shape
    left = top = 0
    while top < bottom and left < right:
        within = border[top:bottom, left:right]
        shares = [within[:, 0].mean(), within[0].mean(), within[:, -1].mean(), within[-1].mean()]
        worst = int(np.argmax(shares))
        if shares[worst] <= _EDGE_SHARE:
            break
        left, top = left + (worst == 0), top + (worst == 1)
        right, bottom = right - (worst == 2), bottom - (worst == 3)
    return Box(left, top, right, bottom)
