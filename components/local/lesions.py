"""Generated lesions: what each class tends to look like, one lesion drawn from that, and its picture without a camera.

A colour comes about as in skin: white tissue seen through melanin, blood and blue (melanin lying deep), each of which
absorbs red, green and blue to its own degree (Beer and Lambert). Structures carry their dermoscopic names: network,
globules, lacunae, ovoid nests, milia-like cysts, vessels, scale.
"""

from dataclasses import asdict, dataclass
from math import tau
from typing import Any

import numpy as np
from PIL import Image
from scipy import ndimage

from components.common.taxonomy import CLASSES

TISSUE = np.array((0.99, 0.93, 0.90), np.float32)
"""Reflectance of unpigmented tissue: red, green, blue."""
MELANIN = np.array((0.55, 1.00, 1.40), np.float32)
BLOOD = np.array((0.14, 0.95, 0.62), np.float32)
BLUE = np.array((1.20, 0.95, 0.60), np.float32)
"""MELANIN, BLOOD and BLUE are absorbances of one unit: red, green, blue."""

PLATE_SIDE = 256
PLATE_EXTENT = 1.6
"""A plate spans -1.6 to 1.6 in both directions; 1 is half of the short side of a photograph."""

# How far the lesions of one class differ: the sigma of the log-normal factor on each trait.
_SPREAD = 0.25


@dataclass(frozen=True)
class Lesion:
    """One lesion. Lengths are in halves of a photograph's short side, the rest in units of pigment or as shares."""

    radius: float
    softness: float
    """Width of the border, as a share of the radius."""
    stretch: float = 0.2
    """Long axis over short axis, less one."""
    asymmetry: float = 0.15
    """How far the outline departs from an ellipse."""
    raggedness: float = 0.1
    """How far the border frays."""
    variegation: float = 0.2
    """How unevenly the pigment lies."""
    melanin: float = 0.1
    blood: float = 0.1
    blue: float = 0.0
    """Blue-white veil and blue-grey areas."""
    network: float = 0.0
    globules: float = 0.0
    lacunae: float = 0.0
    nests: float = 0.0
    cysts: float = 0.0
    vessels: float = 0.0
    scale: float = 0.0
    scar: float = 0.0
    """White in the centre."""
    halo: float = 0.0
    """Redness of the skin around."""
    seed: int = 0
    """Settles everything else: where the patches, spots and lines lie."""


TYPICAL: dict[str, Lesion] = {
    "MEL": Lesion(
        0.52, 0.18, stretch=0.3, asymmetry=0.4, raggedness=0.25, variegation=0.6,
        melanin=1.2, blue=0.7, network=0.5, globules=0.4,
    ),
    "NV": Lesion(0.42, 0.3, raggedness=0.12, variegation=0.25, melanin=0.8, network=0.45, globules=0.25),
    "BCC": Lesion(
        0.46, 0.35, asymmetry=0.3, raggedness=0.25, variegation=0.3, blood=0.35, nests=0.7, vessels=0.8, scar=0.2,
    ),
    "AK": Lesion(
        0.6, 0.6, asymmetry=0.3, raggedness=0.4, variegation=0.5, melanin=0.4, blood=0.35, scale=0.5, halo=0.3,
    ),
    "BKL": Lesion(
        0.48, 0.1, asymmetry=0.2, raggedness=0.2, variegation=0.45, melanin=0.6, globules=0.2, cysts=0.9, scale=0.1,
    ),
    "DF": Lesion(0.46, 0.5, stretch=0.1, raggedness=0.15, melanin=0.35, blood=0.25, network=0.3, scar=0.9),
    "VASC": Lesion(0.35, 0.1, stretch=0.15, blood=1.0, blue=0.3, lacunae=0.8),
    "SCC": Lesion(
        0.58, 0.3, asymmetry=0.3, raggedness=0.3, variegation=0.5,
        melanin=0.1, blood=0.7, lacunae=0.3, vessels=0.6, scale=0.7, scar=0.4, halo=0.6,
    ),
    "UNK": Lesion(0.28, 0.5, raggedness=0.2, variegation=0.4, melanin=0.4, network=0.2),
}  # fmt: skip
"""The typical lesion of each class. The numbers are set by eye, after ISIC images."""


def draw_lesion(label: str, rng: np.random.Generator) -> Lesion:
    """Draw a lesion of a class: it leans a little to another class, a few times a lot, so that classes overlap."""
    own, other = _traits(TYPICAL[label]), _traits(TYPICAL[str(rng.choice(CLASSES))])
    lean = rng.beta(1.0, 7.0)
    traits = {
        name: float(((1 - lean) * value + lean * other[name]) * rng.lognormal(0.0, _SPREAD))
        for name, value in own.items()
    }
    return Lesion(**traits, seed=int(rng.integers(2**31)))


def _traits(lesion: Lesion) -> dict[str, Any]:
    return {name: value for name, value in asdict(lesion).items() if name != "seed"}


def plate(lesion: Lesion) -> np.ndarray:
    """Paint a lesion, seen from straight above.

    Returns:
        float32 [PLATE_SIDE, PLATE_SIDE, 4]: absorbance of red, green and blue, then the share covered by white.
    """
    rng = np.random.default_rng(lesion.seed)
    depth, distance = _outline(lesion, rng)
    inside = _step(depth / lesion.softness)
    uneven = lesion.variegation * _noise(rng, 60, 25, 8)
    melanin = lesion.melanin * (1 + uneven).clip(0.3) + 0.7 * lesion.network * _lines(rng, 4)
    melanin += 1.2 * _spots(rng, 50 * lesion.globules, 1.3)
    blood = lesion.blood * (1 + 0.5 * uneven) + 1.2 * _spots(rng, 30 * lesion.lacunae, 5.0)
    blood += 0.6 * lesion.vessels * _lines(rng, 30)
    blue = 1.1 * lesion.blue * _step(_noise(rng, 50, 16) - 0.6) + 0.8 * _spots(rng, 25 * lesion.nests, 3.5)
    halo = 0.6 * lesion.halo * np.exp(-((np.minimum(depth, 0) / 0.45) ** 2))
    white = lesion.scale * _step(_noise(rng, 25, 10, 4) - 0.7) + 0.5 * _spots(rng, 50 * lesion.cysts, 1.8)
    white += lesion.scar * np.exp(-((distance / (0.55 * lesion.radius)) ** 2))
    pigments = np.dstack((inside * melanin, inside * blood + halo, inside * blue))
    return np.dstack((pigments @ np.stack((MELANIN, BLOOD, BLUE)), 0.8 * inside * white.clip(0, 1)))


def noise(rng: np.random.Generator, shape: tuple[int, ...], *grains: int) -> np.ndarray:
    """Draw smooth noise: a sum of layers, of which each coarser grain (in pixels) weighs as much as a finer one.

    Returns:
        float32 [height, width], of mean 0 and standard deviation 1.
    """
    height, width = shape
    total = np.zeros((height, width), np.float32)
    for grain in grains:
        coarse = rng.standard_normal((height // grain + 3, width // grain + 3), np.float32)
        total += np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    return np.asarray((total - total.mean()) / total.std())


def _noise(rng: np.random.Generator, *grains: int) -> np.ndarray:
    """Noise over the plate."""
    return noise(rng, (PLATE_SIDE, PLATE_SIDE), *grains)


def _outline(lesion: Lesion, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """How deep each point lies inside the border (1 in the centre, 0 on the border), and its distance to the centre."""
    axis = np.linspace(-PLATE_EXTENT, PLATE_EXTENT, PLATE_SIDE, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    distance, angle = np.hypot(x, y), np.arctan2(y, x)
    outline = np.ones_like(distance)
    for lobes in range(1, 6):
        weight, phase = rng.uniform(0, 1) / lobes, rng.uniform(0, tau)
        outline += np.float32(lesion.asymmetry * weight) * np.cos(lobes * angle + np.float32(phase))
    ellipse = np.hypot(x / (1 + lesion.stretch) ** 0.5, y * (1 + lesion.stretch) ** 0.5)
    fray = lesion.raggedness * _noise(rng, 20, 10, 5)
    return 1 - ellipse / (lesion.radius * outline) + 0.5 * fray, distance


def _step(values: np.ndarray) -> np.ndarray:
    """From 0 to 1, smoothly, around 0."""
    return np.asarray(0.5 + 0.5 * np.tanh(2 * values))


def _lines(rng: np.random.Generator, grain: int) -> np.ndarray:
    """A mesh of lines, where noise crosses zero: 1 on a line, 0 off it."""
    return np.asarray(np.exp(-((_noise(rng, grain) / 0.35) ** 2)))


def _spots(rng: np.random.Generator, count: float, sigma: float) -> np.ndarray:
    """About `count` round spots in the middle of the plate, of 0 to 1; `sigma` is in pixels."""
    field = np.zeros((PLATE_SIDE, PLATE_SIDE), np.float32)
    places = rng.normal(PLATE_SIDE / 2, PLATE_SIDE / 10, (2, round(count))).clip(0, PLATE_SIDE - 1).astype(int)
    if not places.size:
        return field
    field[tuple(places)] = tau * sigma**2
    return np.asarray(1.6 * ndimage.gaussian_filter(field, sigma, truncate=2.5)).clip(0, 1)
