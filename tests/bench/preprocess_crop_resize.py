"""From the bytes of a large picture to the JPEG bytes of both crops of preset paper, on one core, against Pillow."""

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from components.common.borders import Box
from components.common.pictures import JPEG_QUALITY, decode, encode_jpeg, prepare, use_one_thread
from components.plan.presets import PAPER
from tests.bench.harness import Result, SkippedError, in_own_process, in_turns

NAME = "preprocess.crop_resize"
SIZES = PAPER.crops
ROUNDS = 5


def run(isic: Path) -> Result:
    """Images a second; the note gives the difference from Pillow's pixels."""
    return in_own_process(measure, large_pictures(isic))


def large_pictures(isic: Path) -> list[Path]:
    """The pictures of 2,048 to 3,072 px."""
    paths = sorted((isic / "high-resolution").glob("*.jpg"))
    if not paths:
        raise SkippedError(f"no pictures in {isic / 'high-resolution'}")
    return paths


def measure(paths: Sequence[Path]) -> Result:
    use_one_thread()
    files = [path.read_bytes() for path in paths]
    # Pillow does not look for the border: it is told.
    boxes = [square(data) for data in files]
    ours = partial(for_each, our_crops, files)
    pillow = partial(for_each, pillow_crops, files, boxes)
    seconds, peer_seconds = in_turns([ours, pillow], ROUNDS)
    ratios = [psnr(data, box) for data, box in zip(files, boxes, strict=True)]
    return Result(
        NAME,
        "images/s/core",
        len(files) / seconds,
        f"{len(files)} pictures of 2,048 to 3,072 px to {' and '.join(map(str, SIZES))} px; PSNR against Pillow's full "
        f"decode and Lanczos: least {min(ratios):.1f} dB, mean {np.mean(ratios):.1f} dB.",
        "Pillow: open, crop, Lanczos, JPEG",
        len(files) / peer_seconds,
        peer_seconds / seconds,
    )


def for_each(function, *columns: Sequence) -> None:  # type: ignore[no-untyped-def, type-arg]
    for row in zip(*columns, strict=True):
        function(*row)


def our_crops(data: bytes) -> None:
    for crop in prepare(data, SIZES).crops.values():
        encode_jpeg(crop)


def pillow_crops(data: bytes, box: Box) -> None:
    for crop in pillow_pixels(data, box):
        crop.save(io.BytesIO(), "JPEG", quality=JPEG_QUALITY, subsampling=0)


def pillow_pixels(data: bytes, box: Box) -> list[Image.Image]:
    """Pillow's own crops: whole decode, upright, in sRGB, one Lanczos for each size."""
    with Image.open(io.BytesIO(data)) as image:
        upright = in_srgb(ImageOps.exif_transpose(image))
    cropped = upright.crop((box.left, box.top, box.right, box.bottom))
    return [cropped.resize((size, size), Image.Resampling.LANCZOS) for size in SIZES]


def in_srgb(image: Image.Image) -> Image.Image:
    if profile := image.info.get("icc_profile"):
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        return converted or image
    return image.convert("RGB")


def square(data: bytes) -> Box:
    """What `prepare` crops, in pixels of the whole picture, which it decodes at a part of its size."""
    ours, (height, width) = prepare(data, SIZES), decode(data).shape[:2]
    reduced = round(max(height, width) / max(ours.shape[:2]))
    box = ours.box.square()
    return Box(*(side * reduced for side in (box.left, box.top, box.right, box.bottom)))


def psnr(data: bytes, box: Box) -> float:
    """The worst of the sizes, in dB."""
    ours = prepare(data, SIZES).crops
    errors = []
    for size, theirs in zip(SIZES, pillow_pixels(data, box), strict=True):
        difference = ours[size].astype(np.float64) - np.asarray(theirs, np.float64)
        errors.append(10 * np.log10(255**2 / np.mean(difference**2)))
    return float(min(errors))
