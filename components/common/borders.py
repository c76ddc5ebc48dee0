"""Finding the black border of a dermoscopic picture: the round field of a microscope, or a rectangular frame."""

from dataclasses import dataclass

import numpy as np

# What remains after the trim, as a share of the picture's shorter side, is never less: what looks like so wide a border
# is taken for a dark picture, and left whole.
MINIMUM_SHARE = 0.4

# Brightness of a pixel: its strongest channel, so that deep red and brown count as bright, as skin and lesions are.
# Brightness of the skin: this percentile of the picture's. Lower, and a wide border would pass for skin; higher, and
# the one bright patch of a dark picture would make the rest of it border.
_SKIN_PERCENTILE = 80

# A border is darker than this share of the skin in the picture's corner, and reaches as far as it is darker than the
# second share: the rim of a round field fades. Two thresholds, as for the edges in Canny, IEEE PAMI 8(6), 1986.
_CORNER, _REACH = 0.3, 0.5

# A border shows at two corners of the picture at least; a lesion that runs over the picture's edge seldom covers two.
_MINIMUM_CORNERS = 2

# An edge is cut off while more than this share of it is border. 0 would give the square inscribed in a round field, of
# 1.41 radii a side; 0.07 keeps one of 1.46 radii, with about 0.2% border, in its corners.
_EDGE_SHARE = 0.07


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

    Pixels are border where nothing bright lies between them and the two edges of the picture that meet in a near-black
    corner; so neither a dark lesion at the centre nor one at an edge is. Then edges that are partly border are cut off,
    the worst first. Of a box that is not square only what its centre square shows is judged: that is what is cropped.

    Args:
        thumbnail: uint8 [height, width, 3], about 256 px a side.

    Returns:
        The part within the border; the whole picture where there is no border, or where what remains would be shorter
        than `MINIMUM_SHARE` of the picture's shorter side.
    """
    height, width = thumbnail.shape[:2]
    within = _trim(_border_pixels(thumbnail))
    if min(within.width, within.height) < MINIMUM_SHARE * min(width, height):
        return Box(0, 0, width, height)
    return within


def _border_pixels(thumbnail: np.ndarray) -> np.ndarray:
    """bool [height, width]: which pixels belong to a border."""
    brightness = np.maximum(np.maximum(thumbnail[..., 0], thumbnail[..., 1]), thumbnail[..., 2])
    skin = float(np.percentile(brightness, _SKIN_PERCENTILE))
    brightness = _without_lines(brightness)
    dark = brightness < _REACH * skin
    ends = 0, -1
    corners = [(row, column) for row in ends for column in ends if brightness[row, column] < _CORNER * skin]
    if len(corners) < _MINIMUM_CORNERS:
        return np.zeros_like(dark)
    from_row = {end: _unbroken(dark, end) for end in ends}
    from_column = {end: _unbroken(dark.T, end).T for end in ends}
    return np.logical_or.reduce([from_row[row] & from_column[column] for row, column in corners])


def _unbroken(dark: np.ndarray, end: int) -> np.ndarray:
    """Which pixels are dark, and so are all between them and the first row (`end` 0) or the last (-1)."""
    if end == 0:
        return np.logical_and.accumulate(dark, axis=0)
    return np.logical_and.accumulate(dark[::-1], axis=0)[::-1]


def _without_lines(brightness: np.ndarray) -> np.ndarray:
    """Thin structures take the brightness of what surrounds them: dark ones (hair, ruler ticks), then bright ones.

    A grey-scale closing, then an opening. At the picture's edge a dark line stays and a bright one goes: frames have
    such lines, of which the one is border, and the other hides the border behind it.
    """
    closed = _window(np.minimum, _window(np.maximum, np.pad(brightness, 4, mode="edge")))
    return _window(np.maximum, _window(np.minimum, np.pad(closed, 4)))


def _window(extremum: np.ufunc, values: np.ndarray) -> np.ndarray:
    """The extremum over each window of 5 x 5: [height - 4, width - 4]."""
    for _ in range(2):
        pairs = extremum(values[:-1], values[1:])
        fours = extremum(pairs[:-2], pairs[2:])
        values = extremum(fours[:-1], values[4:]).T
    return values


def _trim(border: np.ndarray) -> Box:
    """Cut edges off while more of one is border than may be, the worst first."""
    bottom, right = border.shape
    left = top = 0
    while left < right and top < bottom:
        square = Box(left, top, right, bottom).square()
        rows, columns = slice(square.top, square.bottom), slice(square.left, square.right)
        edges = border[rows, left], border[top, columns], border[rows, right - 1], border[bottom - 1, columns]
        counts = [int(np.count_nonzero(edge)) for edge in edges]
        worst = counts.index(max(counts))
        if counts[worst] <= _EDGE_SHARE * square.width:
            break
        left, top = left + (worst == 0), top + (worst == 1)
        right, bottom = right - (worst == 2), bottom - (worst == 3)
    return Box(left, top, right, bottom)
