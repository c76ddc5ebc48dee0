"""The corruptions and their severities, as one table.

The strengths of defocus, zoom blur, Gaussian and impulse noise, JPEG and pixelation are those of ImageNet-C (Hendrycks
and Dietterich 2019, arXiv 1903.12261; its pictures have 224 px, so that lengths here are shares of that). Its contrast
and shot noise would leave nothing to see of a dermoscopic picture: these are milder. Brighter, darker, dark corners,
bubbles and characters are among what SAM-C does to such pictures (A Benchmark for Neural Network Robustness in Skin
Cancer Classification, https://github.com/DBO-DKFZ/SCP-Robustness-Benchmark). All strengths that ImageNet-C does not
have are set by eye, from hardly seen to just readable.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from components.robustness import capture, illumination, obstruction

SEVERITIES: tuple[int, ...] = (1, 2, 3, 4, 5)

FAMILIES: tuple[str, ...] = ("illumination", "obstruction", "capture")

# Side of ImageNet-C's pictures, in pixels.
_IMAGENET = 224

Apply = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]

# Kinds of augmentation in training, see components/train/augmentation.py: all turn, most change light and cut out.
_ALL = ("flips", "colour", "randaugment", "mix")
_LIGHT = ("colour", "randaugment", "mix")
_PLACE = ("colour", "mix")


@dataclass(frozen=True)
class Corruption:
    """One way to spoil a picture."""

    name: str
    family: str
    """One of `FAMILIES`."""
    apply: Apply
    strengths: tuple[float, float, float, float, float]
    """For each severity, what `apply` takes."""
    unit: str
    """What the strengths are, as a person reads it."""
    augmented_by: tuple[str, ...] = ()
    """Kinds of training augmentation that do much the same; empty where training never sees it."""


def _of_pixels(*pixels: float) -> tuple[float, float, float, float, float]:
    first, second, third, fourth, fifth = (length / _IMAGENET for length in pixels)
    return first, second, third, fourth, fifth


CORRUPTIONS: tuple[Corruption, ...] = (
    Corruption("brighter", "illumination", illumination.brightness, (1.15, 1.3, 1.45, 1.6, 1.8), "factor", _LIGHT),
    Corruption("darker", "illumination", illumination.brightness, (0.8, 0.65, 0.5, 0.35, 0.22), "factor", _LIGHT),
    Corruption("contrast", "illumination", illumination.contrast, (0.8, 0.65, 0.5, 0.35, 0.2), "factor", _LIGHT),
    Corruption("gamma", "illumination", illumination.gamma, (1.25, 1.5, 1.8, 2.2, 2.7), "exponent or its inverse"),
    Corruption("colour temperature", "illumination", illumination.temperature, (10, 20, 32, 46, 60), "mireds"),
    Corruption("uneven light", "illumination", illumination.uneven, (0.15, 0.3, 0.45, 0.6, 0.75), "share of the light"),
    Corruption("shadow", "illumination", illumination.shadow, (0.2, 0.35, 0.5, 0.65, 0.8), "share of the light lost"),
    Corruption("hair", "obstruction", obstruction.hair, (4, 9, 16, 26, 40), "strands"),
    Corruption("ruler", "obstruction", obstruction.ruler, (0.05, 0.09, 0.14, 0.2, 0.27), "length, share of side"),
    Corruption("ink marks", "obstruction", obstruction.ink, (1, 2, 4, 6, 9), "strokes"),
    Corruption("gel bubbles", "obstruction", obstruction.bubbles, (5, 12, 25, 45, 75), "bubbles"),
    Corruption(
        "dark corners", "obstruction", obstruction.dark_corners, (0.64, 0.58, 0.52, 0.46, 0.4),
        "radius, share of side",
    ),
    Corruption("patch", "obstruction", obstruction.patch, (0.1, 0.17, 0.24, 0.31, 0.4), "share of side", _PLACE),
    Corruption("defocus", "capture", capture.defocus, _of_pixels(3, 4, 6, 8, 10), "radius, share of side"),
    Corruption("motion blur", "capture", capture.motion, _of_pixels(8, 13, 18, 24, 32), "length, share of side"),
    Corruption("zoom blur", "capture", capture.zoom, (0.1, 0.15, 0.2, 0.25, 0.3), "enlarged by, share"),
    Corruption(
        "Gaussian noise", "capture", capture.gaussian_noise, (0.08, 0.12, 0.18, 0.26, 0.38), "share of the range"
    ),
    Corruption("shot noise", "capture", capture.shot_noise, (80, 40, 20, 12, 7), "photons at white"),
    Corruption("impulse noise", "capture", capture.impulse_noise, (0.03, 0.06, 0.09, 0.17, 0.27), "share of pixels"),
    Corruption("JPEG", "capture", capture.jpeg, (25, 18, 15, 10, 7), "quality"),
    Corruption("pixelation", "capture", capture.pixelation, (0.6, 0.5, 0.4, 0.3, 0.25), "share of side"),
    Corruption("elastic", "capture", capture.elastic, (0.004, 0.008, 0.012, 0.017, 0.022), "shift, share of side"),
    Corruption("rotation", "capture", capture.rotation, (10, 20, 30, 45, 60), "degrees", _ALL),
    Corruption("crop shift", "capture", capture.crop_shift, (0.04, 0.08, 0.12, 0.17, 0.22), "share of side", _PLACE),
)  # fmt: skip


def corrupt(image: np.ndarray, corruption: Corruption, severity: int, image_id: str, seed: int) -> np.ndarray:
    """Spoil a picture, always in the same way.

    Args:
        image: uint8 [side, side, 3].
        corruption: of the table.
        severity: one of `SEVERITIES`.
        image_id: name of the picture: its randomness comes from that, the corruption's name and the seed alone, so
            that neither order nor number of threads matters; and is the same at every severity.
        seed: of the run.

    Returns:
        A new picture of the same shape.
    """
    digest = hashlib.sha256(f"{seed}/{corruption.name}/{image_id}".encode()).digest()
    random = np.random.Generator(np.random.SFC64(int.from_bytes(digest[:16], "little")))
    return corruption.apply(image, corruption.strengths[severity - 1], random)
