"""What camera, hand and file do to a picture.

All functions take a picture, uint8 [side, side, 3], and give another of the same kind; `random` is that of this picture
and corruption, the same at every severity. Lengths are shares of the picture's side.
"""

import math

import cv2
import numpy as np
from albumentations.augmentations.blur import functional as blur
from albumentations.augmentations.geometric import functional as geometry
from albumentations.augmentations.pixel import functional as pixels

# How fast an elastic deformation changes from place to place.
_ELASTIC_SIGMA = 0.05

# Up to this radius, in pixels, albumentations' disc need not be a whole number of pixels wide.
_FINE_RADIUS = 8


def defocus(image: np.ndarray, radius: float, random: np.random.Generator) -> np.ndarray:
    """Blur by a disc."""
    exact = radius * len(image)
    # Its second smoothing is kept from doing anything: it would cut a large disc off, and darken the picture.
    return np.asarray(blur.defocus(image, exact if exact <= _FINE_RADIUS else round(exact), alias_blur=0.1))


def motion(image: np.ndarray, length: float, random: np.random.Generator) -> np.ndarray:
    """Blur along a line, in any direction."""
    size = 2 * round((length * len(image) - 1.0) / 2.0) + 1
    kernel = blur.create_motion_kernel(max(size, 3), random.uniform(0.0, 180.0), 0.0, False, None)
    return np.asarray(pixels.convolve(image, kernel / kernel.sum()))


def zoom(image: np.ndarray, reach: float, random: np.random.Generator) -> np.ndarray:
    """Blur outwards: the mean of the picture enlarged by up to `reach`."""
    return np.asarray(blur.zoom_blur(image, np.linspace(1.0, 1.0 + reach, 11)[1:]))


def gaussian_noise(image: np.ndarray, sigma: float, random: np.random.Generator) -> np.ndarray:
    """Noise of a standard deviation, as a share of the range."""
    noise = random.standard_normal(image.shape, np.float32)
    return np.asarray(pixels.add_noise(image, noise * np.float32(255.0 * sigma)))


def shot_noise(image: np.ndarray, photons: float, random: np.random.Generator) -> np.ndarray:
    """Noise of few photons, so many where a pixel is white; drawn in linear light."""
    return np.asarray(pixels.shot_noise(image, 1.0 / photons, random))


def impulse_noise(image: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """So many pixels black or white."""
    drawn = random.random(image.shape[:2], np.float32)
    return np.asarray(pixels.apply_salt_and_pepper(image, drawn < share / 2.0, drawn >= 1.0 - share / 2.0))


def jpeg(image: np.ndarray, quality: float, random: np.random.Generator) -> np.ndarray:
    """Compress by JPEG, of a quality up to 100."""
    bgr = np.ascontiguousarray(image[..., ::-1])  # as OpenCV, below albumentations, takes its pictures
    return np.ascontiguousarray(pixels.image_compression(bgr, int(quality), ".jpg")[..., ::-1])


def pixelation(image: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """Reduce to a share of the side, and enlarge again without smoothing."""
    return np.asarray(pixels.downscale(image, share, cv2.INTER_AREA, cv2.INTER_NEAREST))


def elastic(image: np.ndarray, shift: float, random: np.random.Generator) -> np.ndarray:
    """Pull smoothly to and fro: each place moves by so much, as a standard deviation."""
    side, places = len(image), np.arange(len(image), dtype=np.float32)
    sigma = _ELASTIC_SIGMA * side
    fields = geometry.generate_displacement_fields((side, side), 1.0, sigma, False, (0, 0), random, "gaussian")
    across, down = (field * (shift * side / field.std()) for field in fields)
    across, down = places + across, places[:, None] + down
    return np.asarray(geometry.remap(image, across, down, cv2.INTER_LINEAR, cv2.BORDER_REFLECT_101))


def rotation(image: np.ndarray, degrees: float, random: np.random.Generator) -> np.ndarray:
    """Turn to the left or to the right; what comes from outside of the picture is its mirror image."""
    middle = (len(image) - 1.0) / 2.0
    sign = 1.0 if random.random() < 0.5 else -1.0
    return _moved(image, cv2.getRotationMatrix2D((middle, middle), sign * degrees, 1.0))


def crop_shift(image: np.ndarray, share: float, random: np.random.Generator) -> np.ndarray:
    """Move in any direction; what comes from outside of the picture is its mirror image."""
    angle, length = random.uniform(0.0, 2.0 * math.pi), share * len(image)
    return _moved(image, np.array([[1.0, 0.0, length * math.cos(angle)], [0.0, 1.0, length * math.sin(angle)]]))


def _moved(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    size = (len(image), len(image))
    return np.asarray(cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101))
