"""What lies between a lesion and the lens, as dermoscopic pictures have it: no library draws these.

All functions take a picture, uint8 [side, side, 3], and give another of the same kind; `random` is that of this picture
and corruption, the same at every severity: what a lower severity has drawn, a higher one draws too. Sizes are shares of
the picture's side.
"""

import math

import numpy as np
from albumentations.augmentations.dropout import functional as dropout

from components.robustness.drawing import Sheet
from components.robustness.illumination import centred_places, shaded

_HAIR_COLOURS = ((28, 20, 16), (58, 40, 28), (96, 72, 50))
_INK = (72, 48, 140)  # gentian violet, of surgical pens
_BLACK, _WHITE = (12, 12, 12), (255, 255, 255)
_PLASTER = (224, 190, 158)

# Between the ticks of a ruler: a millimetre, where a picture shows three centimetres.
_TICK = 1 / 30

# Width of the edge of a dermatoscope's field of view.
_EDGE = 0.02


def hair(image: np.ndarray, strands: float, random: np.random.Generator) -> np.ndarray:
    """So many hairs of one colour, each a bent line."""
    colour = _HAIR_COLOURS[random.integers(len(_HAIR_COLOURS))]
    sheet = Sheet(len(image))
    for _ in range(int(strands)):
        sheet.curve(_bent(random), random.uniform(0.004, 0.011))
    return sheet.over(image, colour, 0.9)


def ruler(image: np.ndarray, length: float, random: np.random.Generator) -> np.ndarray:
    """A scale along one side: ticks each millimetre, those of the centimetres so long and numbered."""
    sheet = Sheet(len(image))
    start = random.uniform(-_TICK, 0.0)
    for tick in range(round(1 / _TICK) + 2):
        x, share = start + tick * _TICK, 1.0 if tick % 10 == 0 else 0.75 if tick % 5 == 0 else 0.5
        sheet.curve(np.array([[x, 1.0], [x, 1.0 - share * length]]), 0.005)
        if tick % 10 == 0 and tick:
            sheet.text(str(tick // 10), np.array([x, 1.0 - length - 0.035]), 0.04)
    return sheet.turned(int(random.integers(4))).over(image, _BLACK, 0.9)


def ink(image: np.ndarray, strokes: float, random: np.random.Generator) -> np.ndarray:
    """So many strokes of a surgical pen around the middle."""
    sheet = Sheet(len(image))
    for _ in range(int(strokes)):
        start, turn = random.uniform(0.0, 2.0 * math.pi), random.uniform(0.3, 0.9)
        angles = np.linspace(start, start + turn, 16)
        radii = random.uniform(0.24, 0.46) + random.uniform(-0.05, 0.05) * np.linspace(-1.0, 1.0, 16)
        points = 0.5 + radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
        sheet.curve(points, random.uniform(0.018, 0.036))
    return sheet.over(image, _INK, 0.8)


def bubbles(image: np.ndarray, count: float, random: np.random.Generator) -> np.ndarray:
    """So many bubbles in the gel: a dark rim, a bright one within, and the lamp's reflection."""
    dark, bright = Sheet(len(image)), Sheet(len(image))
    for _ in range(int(count)):
        centre, radius = random.uniform(0.0, 1.0, 2), 0.012 + 0.05 * random.random() ** 2
        dark.ring(centre, radius, 0.15 * radius, 0.4)
        bright.disc(centre, 0.9 * radius, 0.12)
        bright.ring(centre, 0.8 * radius, 0.15 * radius, 0.4)
        bright.disc(centre - 0.35 * radius, 0.2 * radius, 0.9)
    return bright.over(dark.over(image, _BLACK, 1.0), _WHITE, 1.0)


def dark_corners(image: np.ndarray, radius: float, random: np.random.Generator) -> np.ndarray:
    """The round field of view of a dermatoscope, nearly in the middle; all beyond is black."""
    places, (x, y) = centred_places(len(image)), random.uniform(-0.03, 0.03, 2)
    beyond = np.hypot(places - np.float32(x), places[:, None] - np.float32(y)) - np.float32(radius)
    return shaded(image, 0.97, beyond, _EDGE)


def patch(image: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """A square of plaster anywhere."""
    side = len(image)
    corners = random.uniform(0.0, 1.0 - share, 2) * side
    hole = np.rint([*corners, *(corners + share * side)]).astype(int)
    return np.asarray(dropout.cutout(image, hole[None], _PLASTER, random))


def _bent(random: np.random.Generator, points: int = 24) -> np.ndarray:
    """A quadratic Bézier curve, float64 [points, 2]."""
    start, angle, length = random.uniform(-0.1, 1.1, 2), random.uniform(0.0, 2.0 * math.pi), random.uniform(0.35, 1.0)
    along = length * np.array([math.cos(angle), math.sin(angle)])
    aside = random.uniform(-0.3, 0.3) * along[::-1] * (1.0, -1.0)
    share = np.linspace(0.0, 1.0, points)[:, None]
    return np.asarray(start + 2.0 * share * (1.0 - share) * (along / 2.0 + aside) + share**2 * along)
