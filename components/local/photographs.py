"""Photographs of generated lesions: the skin around, hairs, a ruler, the light, the microscope's border, the sensor."""

from dataclasses import dataclass
from math import cos, sin, tau

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from components.local.lesions import BLOOD, MELANIN, PLATE_EXTENT, PLATE_SIDE, TISSUE, Lesion, noise, plate

FRAMES: tuple[str, ...] = ("none", "circle", "bars")

_SIZES = (
    (320, 240), (360, 270), (400, 300), (384, 384), (320, 320), (480, 360), (256, 256), (300, 400), (360, 270),
    (400, 300), (300, 300), (512, 384), (640, 480),
)  # fmt: skip
_SCALE_COLOUR = np.array((0.93, 0.90, 0.86), np.float32)
_HAIR_COLOUR = np.array((0.14, 0.10, 0.09), np.float32)


@dataclass(frozen=True)
class Skin:
    """The skin of one person."""

    melanin: float
    """0.05 is very light, 1.3 very dark."""
    blood: float
    mottle: float
    """How unevenly both lie."""
    hairs: int
    hair_length: float
    """In halves of a photograph's short side: stubble to long hair."""


@dataclass(frozen=True)
class View:
    """One photograph of a lesion: where the camera is, what is in its way, and the light."""

    width: int
    height: int
    rotation: float
    """Radians."""
    zoom: float
    shift: tuple[float, float]
    """Of the lesion's centre, to the right and down, in halves of the short side."""
    light: tuple[float, float, float]
    """Brightness of red, green and blue."""
    slope: tuple[float, float]
    """By how much the light grows to the right and down."""
    vignette: float
    frame: str
    """One of FRAMES."""
    opening: float
    """Radius of the circle, or half of the width between the bars, in halves of the short side."""
    ruler: bool
    grain: float
    """Standard deviation of the sensor's noise, of 1."""
    seed: int


def draw_skin(rng: np.random.Generator) -> Skin:
    """Draw a person's skin: mostly light, as in ISIC, but of every tone."""
    return Skin(
        melanin=float(min(rng.lognormal(-2.0, 0.9), 1.3)),
        blood=float(rng.uniform(0.08, 0.4)),
        mottle=float(rng.uniform(0.05, 0.2)),
        hairs=round(rng.gamma(0.4, 14.0)),
        hair_length=float(rng.uniform(0.08, 0.2) if rng.random() < 0.5 else rng.uniform(0.6, 1.6)),
    )


def draw_view(rng: np.random.Generator) -> View:
    """Draw the circumstances of one photograph."""
    width, height = _SIZES[rng.integers(len(_SIZES))]
    warmth, brightness = rng.normal(0, 0.05), rng.normal(0.96, 0.09)
    return View(
        width=width,
        height=height,
        rotation=float(rng.uniform(0, tau)),
        zoom=float(rng.lognormal(0, 0.15)),
        shift=(float(rng.normal(0, 0.12)), float(rng.normal(0, 0.12))),
        light=(brightness * (1 + warmth), brightness, brightness * (1 - 1.3 * warmth)),
        slope=(float(rng.normal(0, 0.05)), float(rng.normal(0, 0.05))),
        vignette=float(rng.beta(1, 4)),
        frame=str(rng.choice(FRAMES, p=(0.74, 0.18, 0.08))),
        opening=float(rng.uniform(0.92, 1.2)),
        ruler=bool(rng.random() < 0.12),
        grain=float(rng.uniform(0.005, 0.02)),
        seed=int(rng.integers(2**31)),
    )


def photograph(lesion: Lesion, skin: Skin, view: View) -> np.ndarray:
    """Take a photograph.

    Returns:
        uint8 [view.height, view.width, 3], RGB.
    """
    rng = np.random.default_rng(view.seed)
    seen = _seen(plate(lesion), view)
    picture = TISSUE * np.exp(-_skin(skin, view, rng) - seen[..., :3])
    picture += seen[..., 3:] * (_SCALE_COLOUR - picture)
    if skin.hairs:
        picture += _hairs(skin, view, rng)[..., None] * (_HAIR_COLOUR - picture)
    if view.ruler:
        picture *= 1 - 0.85 * _ruler(view)[..., None]
    picture *= _light(view)[..., None] * np.array(view.light, np.float32)
    picture += np.float32(view.grain) * rng.standard_normal(picture.shape[:2], np.float32)[..., None]
    return np.asarray((255 * picture + 0.5).clip(0, 255), np.uint8)


def _seen(flat: np.ndarray, view: View) -> np.ndarray:
    """The plate as the camera sees it: float32 [height, width, channels]."""
    half = min(view.width, view.height) / 2
    scale = PLATE_SIDE / (2 * PLATE_EXTENT) / (view.zoom * half)
    right, down = scale * cos(view.rotation), scale * sin(view.rotation)
    x, y = view.width / 2 + half * view.shift[0], view.height / 2 + half * view.shift[1]
    middle = PLATE_SIDE / 2
    affine = (right, -down, middle - right * x + down * y, down, right, middle - down * x - right * y)
    layers = [Image.fromarray(layer) for layer in np.moveaxis(flat, -1, 0)]
    size, how = (view.width, view.height), Image.Resampling.BILINEAR
    return np.dstack([np.asarray(layer.transform(size, Image.Transform.AFFINE, affine, how)) for layer in layers])


def _skin(skin: Skin, view: View, rng: np.random.Generator) -> np.ndarray:
    """Absorbance of the skin: float32 [height, width, 3]."""
    shape = (view.height, view.width)
    fine = 0.02 * noise(rng, shape, 4)
    melanin = skin.melanin * (1 + skin.mottle * noise(rng, shape, 40)) + fine
    blood = skin.blood * (1 + skin.mottle * noise(rng, shape, 60, 12)) + fine
    return np.asarray(np.dstack((melanin, blood)).clip(0) @ np.stack((MELANIN, BLOOD)))


def _hairs(skin: Skin, view: View, rng: np.random.Generator) -> np.ndarray:
    """Where hairs cover the picture, 0 to 1: float32 [height, width]. They are arcs, and grow roughly one way."""
    half = min(view.width, view.height) / 2
    mask = Image.new("L", (view.width, view.height))
    pen = ImageDraw.Draw(mask)
    course = rng.uniform(0, tau)
    for _ in range(skin.hairs):
        start = rng.uniform((0, 0), (view.width, view.height))
        steps = np.linspace(0, 1, 16)
        angle = course + rng.normal(0, 0.5) + rng.normal(0, 0.8) * steps
        path = np.cumsum(np.stack((np.cos(angle), np.sin(angle)), 1), 0) * skin.hair_length * half / len(steps)
        pen.line([tuple(point) for point in start + path], fill=int(rng.integers(140, 256)), width=1 + int(half > 140))
    return np.asarray(mask.filter(ImageFilter.GaussianBlur(0.6)), np.float32) / 255


def _ruler(view: View) -> np.ndarray:
    """Where the ticks of a ruler on the left edge cover the picture, 0 or 1: float32 [height, width]."""
    mask = Image.new("1", (view.width, view.height))
    pen = ImageDraw.Draw(mask)
    left, spacing = 0.06 * view.width, 0.035 * view.height
    for tick in range(5, 26):
        length = (0.045 if tick % 5 == 0 else 0.025) * view.width
        pen.line((left, tick * spacing, left + length, tick * spacing), fill=1)
    return np.asarray(mask, np.float32)


def _light(view: View) -> np.ndarray:
    """How much light arrives, and passes the microscope's border: float32 [height, width]."""
    half = min(view.width, view.height) / 2
    x = (np.arange(view.width, dtype=np.float32) - view.width / 2) / half
    y = ((np.arange(view.height, dtype=np.float32) - view.height / 2) / half)[:, None]
    distance = np.hypot(x, y)
    light = (1 + view.slope[0] * x + view.slope[1] * y) * (1 - view.vignette * np.minimum(distance, 1.4) ** 2 / 2)
    edge = {"none": np.zeros_like(x), "circle": distance, "bars": np.abs(x)}[view.frame]
    return np.asarray(light * np.clip(0.5 - (edge - view.opening) * half / 6, 0, 1))
