"""Light: too much, too little, of another colour, uneven, or kept off by something.

All functions take a picture, uint8 [side, side, 3], and give another of the same kind; `random` is that of this picture
and corruption, the same at every severity.
"""

import math

import numpy as np
from albumentations.augmentations.pixel import functional as pixels

# Of the light that pictures are balanced for, in kelvin: albumentations' table is closest to grey there.
_BALANCED = 6250.0

# Between full light and full shadow, as a share of the side.
_PENUMBRA = 0.12


def brightness(image: np.ndarray, factor: float, random: np.random.Generator) -> np.ndarray:
    """Multiply all values with a factor; what becomes too bright is cut off."""
    return np.asarray(pixels.adjust_brightness_torchvision(image, factor))


def contrast(image: np.ndarray, factor: float, random: np.random.Generator) -> np.ndarray:
    """Bring all values closer to the picture's mean: 0 leaves a grey picture."""
    return np.asarray(pixels.adjust_contrast_torchvision(image, factor))


def gamma(image: np.ndarray, exponent: float, random: np.random.Generator) -> np.ndarray:
    """Raise all values, in 0..1, to a power: the exponent or, in every other picture, its inverse."""
    return np.asarray(pixels.gamma_transform(image, exponent if random.random() < 0.5 else 1.0 / exponent))


def temperature(image: np.ndarray, mireds: float, random: np.random.Generator) -> np.ndarray:
    """Light of another colour temperature: warmer or, in every other picture, colder.

    Args:
        image: a picture.
        mireds: by how much: a million over the temperature in kelvin, on which scale equal steps look alike.
        random: which of the two.
    """
    sign = 1.0 if random.random() < 0.5 else -1.0
    kelvin = 1e6 / (1e6 / _BALANCED + sign * mireds)
    return np.asarray(pixels.planckian_jitter(image, kelvin, "blackbody"))


def uneven(image: np.ndarray, depth: float, random: np.random.Generator) -> np.ndarray:
    """A lamp at one side: light grows from 1 - depth to 1 + depth, along a side or a diagonal."""
    return np.asarray(pixels.apply_linear_illumination(image, depth, 45 * int(random.integers(8))))


def shadow(image: np.ndarray, depth: float, random: np.random.Generator) -> np.ndarray:
    """The soft edge of a straight shadow, such as a hand's, over a third to two thirds of the picture."""
    angle, edge = random.uniform(0.0, 2.0 * math.pi), random.uniform(-0.15, 0.15)
    places = centred_places(len(image))
    beyond = math.cos(angle) * places + math.sin(angle) * places[:, None] - edge
    return shaded(image, depth, beyond, _PENUMBRA)


def shaded(image: np.ndarray, depth: float, beyond: np.ndarray, softness: float) -> np.ndarray:
    """Darken what lies beyond an edge.

    Args:
        image: a picture.
        depth: share of the light that is lost there.
        beyond: float32 [side, side]: how far beyond the edge each pixel lies, in shares of the side;
            negative before it.
        softness: width of the edge, in the same.
    """
    covered = np.clip(0.5 + beyond / softness, 0.0, 1.0)
    return np.asarray(pixels.apply_plasma_shadow(image, depth, covered))


def centred_places(side: int) -> np.ndarray:
    """Pixels' centres along a side, from the picture's middle, in shares of the side: float32 [side]."""
    return (np.arange(side, dtype=np.float32) + np.float32(0.5)) / np.float32(side) - np.float32(0.5)
