"""Pictures: files of every kind to one kind of array, and to the crops."""

import io
import logging
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from PIL import Image, ImageCms

from components.common import pictures
from components.common.borders import Box
from components.common.errors import DataError
from components.common.pictures import PictureError

COLOR = (200, 120, 90)


def picture(width: int = 80, height: int = 60) -> Image.Image:
    """One color, with a dark band along the top edge."""
    array = np.full((height, width, 3), COLOR, np.uint8)
    array[: height // 4] = 50
    return Image.fromarray(array)


def lesion(width: int, height: int) -> Image.Image:
    """Something with detail at every scale, as photographs have."""
    rows, columns = np.mgrid[:height, :width] / height
    noise = np.random.default_rng(0).normal(0, 8, (height, width))
    spot = 120 * (np.hypot(rows - 0.5, columns - 0.6) < 0.3) * (0.7 + 0.3 * np.sin(columns * 60))
    return Image.fromarray(np.clip(np.array(COLOR) - (spot + noise)[..., None], 0, 255).astype(np.uint8))


def file_of(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def psnr(theirs: Image.Image, ours: np.ndarray) -> float:
    """In decibels."""
    difference = np.asarray(theirs, float) - ours
    return float(20 * np.log10(255 / np.sqrt(np.mean(difference**2))))


def sixteen_bits(channels: int) -> bytes:
    array = np.full((60, 80, channels), 65535, np.uint16)
    array[..., : min(channels, 3)] = np.array(COLOR[: min(channels, 3)], np.uint16) * 257
    kind = "grey16" if channels == 1 else "rgb16"
    data: bytes = pyvips.Image.new_from_array(array).copy(interpretation=kind).pngsave_buffer()
    return data


def transparent() -> Image.Image:
    image = picture().convert("RGBA")
    image.putpixel((5, 50), (255, 255, 255, 0))
    return image


SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.mark.parametrize(
    ("data", "expected", "tolerance"),
    [
        pytest.param(file_of(picture(), "JPEG", quality=100), COLOR, 2, id="JPEG"),
        pytest.param(file_of(picture(), "JPEG", quality=100, progressive=True), COLOR, 2, id="progressive JPEG"),
        pytest.param(file_of(picture(), "JPEG", quality=100, icc_profile=SRGB), COLOR, 2, id="with its profile"),
        pytest.param(file_of(picture(), "JPEG", quality=100, icc_profile=b"x" * 500), COLOR, 2, id="broken profile"),
        pytest.param(file_of(picture().convert("CMYK"), "JPEG", quality=100), COLOR, 15, id="CMYK JPEG"),
        pytest.param(file_of(picture().convert("CMYK"), "TIFF"), COLOR, 15, id="CMYK TIFF"),
        pytest.param(file_of(picture().convert("L"), "JPEG", quality=100), (140, 140, 140), 2, id="grey"),
        pytest.param(file_of(picture().convert("LA"), "PNG"), (140, 140, 140), 1, id="grey with alpha"),
        pytest.param(file_of(picture().quantize(16), "PNG"), COLOR, 1, id="palette"),
        pytest.param(file_of(transparent(), "PNG"), COLOR, 0, id="alpha"),
        pytest.param(file_of(transparent(), "WEBP", lossless=True), COLOR, 0, id="WebP"),
        pytest.param(file_of(picture(), "TIFF"), COLOR, 0, id="TIFF"),
        pytest.param(sixteen_bits(1), (200, 200, 200), 1, id="16-bit grey"),
        pytest.param(sixteen_bits(3), COLOR, 0, id="16-bit"),
        pytest.param(sixteen_bits(4), COLOR, 0, id="16-bit with alpha"),
    ],
)
def test_every_kind_of_picture_becomes_8_bit_srgb(data: bytes, expected: tuple[int, ...], tolerance: int) -> None:
    image = pictures.decode(data)
    assert (image.shape, image.dtype) == ((60, 80, 3), np.uint8)
    np.testing.assert_allclose(image[40, 40], expected, atol=tolerance)


def test_what_is_transparent_becomes_black() -> None:
    np.testing.assert_array_equal(pictures.decode(file_of(transparent(), "PNG"))[50, 5], (0, 0, 0))


def test_another_color_space_is_converted() -> None:
    wide: bytes = pyvips.Image.new_from_array(np.full((60, 80, 3), COLOR, np.uint8)).pngsave_buffer(profile="p3")
    red, green, blue = pictures.decode(wide)[40, 40]
    assert red > COLOR[0] + 5
    assert green < COLOR[1]
    assert blue < COLOR[2]


@pytest.mark.parametrize(("orientation", "dark_edge"), [(1, "top"), (3, "bottom"), (6, "right"), (8, "left")])
def test_the_exif_orientation_is_honored(orientation: int, dark_edge: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = pictures.decode(file_of(picture(), "JPEG", exif=exif))
    edges = {"top": image[0], "bottom": image[-1], "left": image[:, 0], "right": image[:, -1]}
    assert [name for name, edge in edges.items() if edge.mean() < 80] == [dark_edge]
    assert image.shape == ((80, 60, 3) if dark_edge in ("left", "right") else (60, 80, 3))


WHOLE_FILE = file_of(lesion(400, 300), "JPEG")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "not a JPEG, PNG, TIFF or WebP", id="empty"),
        pytest.param(b"no picture at all", "not a JPEG, PNG, TIFF or WebP", id="text"),
        pytest.param(file_of(picture(), "GIF"), "not a JPEG, PNG, TIFF or WebP", id="GIF"),
        pytest.param(b"RIFF____WAVEfmt ", "cannot be decoded: webp", id="a sound"),
        pytest.param(WHOLE_FILE[:100], "cannot be decoded", id="header cut off"),
        pytest.param(WHOLE_FILE[: len(WHOLE_FILE) // 2], "cannot be decoded.*premature end", id="truncated"),
        pytest.param(WHOLE_FILE[:-2], "cannot be decoded.*premature end", id="last bytes missing"),
        pytest.param(file_of(lesion(400, 300), "PNG")[:50_000], "cannot be decoded", id="truncated PNG"),
        pytest.param(file_of(Image.new("L", (20_000, 20_000)), "PNG"), "20000 x 20000 pixels, more", id="bomb"),
        pytest.param(file_of(picture(40, 8), "PNG"), "40 x 8 pixels, and 16 a side", id="tiny"),
        pytest.param(file_of(Image.new("F", (80, 60)), "TIFF"), "of type float", id="floating point"),
    ],
)
def test_what_cannot_be_decoded_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        pictures.decode(data)


def damaged_jpeg() -> bytes:
    """Complete from the first marker to the last, and its pixels are wrong."""
    data = bytearray(WHOLE_FILE)
    middle = len(data) // 3
    data[middle : middle + 400] = np.random.default_rng(1).integers(0, 255, 400, np.uint8).tobytes()
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "flaw"),
    [
        pytest.param(b"no picture at all", "not_an_image", id="text"),
        pytest.param(file_of(picture(), "GIF"), "not_an_image", id="GIF"),
        pytest.param(file_of(Image.new("L", (20_000, 20_000)), "PNG"), "too_many_pixels", id="bomb"),
        pytest.param(file_of(picture(40, 8), "PNG"), "too_few_pixels", id="tiny"),
        pytest.param(WHOLE_FILE[:100], "truncated_image", id="header cut off"),
        pytest.param(WHOLE_FILE[: len(WHOLE_FILE) // 2], "truncated_image", id="truncated"),
        pytest.param(WHOLE_FILE[:-2], "truncated_image", id="last bytes missing"),
        pytest.param(file_of(lesion(400, 300), "PNG")[:50_000], "truncated_image", id="truncated PNG"),
        pytest.param(file_of(lesion(400, 300), "WEBP")[:-100], "truncated_image", id="truncated WebP"),
        pytest.param(damaged_jpeg(), "undecodable_image", id="damaged in the middle"),
        pytest.param(WHOLE_FILE[:2] + b"\xff\xdb" + b"\0" * 5000, "undecodable_image", id="damaged header"),
    ],
)
@pytest.mark.parametrize("read", [pictures.decode, pictures.decode_small, lambda data: pictures.prepare(data, [96])])
def test_the_error_says_what_is_wrong_with_the_file(
    read: Callable[[bytes], object], data: bytes, flaw: pictures.Flaw
) -> None:
    with pytest.raises(PictureError) as raised:
        read(data)
    assert raised.value.flaw == flaw
    assert pickle.loads(pickle.dumps(raised.value)).flaw == flaw


def test_stray_bytes_behind_the_last_pixel_do_no_harm() -> None:
    stray = WHOLE_FILE[:-2] + b"\0\0\0" + WHOLE_FILE[-2:]
    np.testing.assert_array_equal(pictures.decode(stray), pictures.decode(WHOLE_FILE))


def test_common_jpegs_have_the_very_pixels_of_libvips() -> None:
    for subsampling in (0, 1, 2):
        data = file_of(lesion(401, 299), "JPEG", subsampling=subsampling)
        theirs = pyvips.Image.jpegload_buffer(data).numpy()
        np.testing.assert_array_equal(pictures.decode(data), theirs)


def test_a_jpeg_with_too_many_scans_is_refused() -> None:
    header, _, scans = file_of(picture(), "JPEG", progressive=True).partition(b"\xff\xda")
    data = header + b"".join([b"\xff\xda" + scans.removesuffix(b"\xff\xd9")] * 200) + b"\xff\xd9"
    with pytest.raises(PictureError, match="cannot be decoded"):
        pictures.decode(data)


LARGE = lesion(2048, 1600)
LARGE_FILE = file_of(LARGE, "JPEG")


def test_a_large_jpeg_is_decoded_smaller_but_covers_the_crop_after_any_trim() -> None:
    data = file_of(Image.new("RGB", (5200, 3900), COLOR), "JPEG")
    assert pictures.decode(data).shape == (3900, 5200, 3)
    assert pictures.decode(data, largest_crop=800).shape == (3900, 5200, 3)
    assert pictures.decode(data, largest_crop=780).shape == (1950, 2600, 3)
    assert pictures.decode(data, largest_crop=64).shape == (1950, 2600, 3)


@pytest.mark.parametrize(
    ("size", "height"),
    [(64, 800), (768, 800), (800, 800), (801, 1600)],
)
def test_without_border_a_large_jpeg_is_decoded_just_large_enough(size: int, height: int) -> None:
    prepared = pictures.prepare(LARGE_FILE, [size])
    assert prepared.shape[0] == height
    assert prepared.box == Box(0, 0, prepared.shape[1], height)


def test_where_the_border_leaves_too_little_the_jpeg_is_decoded_again_larger() -> None:
    framed = Image.new("RGB", LARGE.size)
    framed.paste(LARGE.crop((300, 200, 1748, 1400)), (300, 200))
    prepared = pictures.prepare(file_of(framed, "JPEG", quality=97), [768])
    assert prepared.shape == (1600, 2048, 3)
    np.testing.assert_allclose([prepared.box.left, prepared.box.top], [300, 200], atol=10)
    square = prepared.box.square()
    box = (square.left, square.top, square.right, square.bottom)
    theirs = framed.resize((768, 768), Image.Resampling.LANCZOS, box=box)
    assert psnr(theirs, prepared.crops[768]) > 35


def test_small_pictures_and_other_files_are_decoded_whole() -> None:
    assert pictures.prepare(file_of(lesion(1400, 1050), "JPEG"), [64]).shape == (1050, 1400, 3)
    assert pictures.prepare(file_of(LARGE, "PNG"), [64]).shape == (1600, 2048, 3)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        pytest.param((2048, 1600), (200, 256), id="an eighth"),
        pytest.param((600, 450), (225, 300), id="a half"),
        pytest.param((450, 600), (300, 225), id="upright"),
        pytest.param((511, 300), (300, 511), id="just not a half"),
        pytest.param((80, 60), (60, 80), id="small"),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_a_look_at_a_picture_is_small(size: tuple[int, int], expected: tuple[int, int], kind: str) -> None:
    small = pictures.decode_small(file_of(lesion(*size), kind), side=256)
    assert (small.width, small.height) == size
    assert max(small.image.shape) == max(expected)
    np.testing.assert_allclose(small.image.shape[:2], expected, atol=1)


def test_a_small_picture_is_upright_but_its_stored_size_is_told() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    small = pictures.decode_small(file_of(lesion(800, 600), "JPEG", exif=exif))
    assert (small.width, small.height) == (800, 600)
    assert small.image.shape == (400, 300, 3)


def test_the_color_profile_counts_at_a_reduced_size_too() -> None:
    profile = pyvips.Image.new_from_array(np.zeros((8, 8, 3), np.uint8)).jpegsave_buffer(profile="p3")
    profile = pyvips.Image.jpegload_buffer(profile).get("icc-profile-data")
    data = file_of(Image.new("RGB", (2048, 1600), COLOR), "JPEG", quality=100, icc_profile=profile)
    whole, small = pictures.decode(data), pictures.decode_small(data).image
    assert whole[0, 0, 0] > COLOR[0] + 5
    np.testing.assert_allclose(small[0, 0].astype(int), whole[0, 0], atol=1)


def test_crops_equal_those_of_pillow() -> None:
    image = lesion(900, 700)
    square = image.crop((100, 0, 800, 700))
    crops = pictures.square_crops(np.asarray(image), [512, 224, 64])
    for size, crop in crops.items():
        assert psnr(square.resize((size, size), Image.Resampling.LANCZOS), crop) > 45


@pytest.mark.parametrize("shape", [(61, 80), (80, 61), (60, 60), (333, 500), (17, 900)])
def test_a_crop_has_exactly_its_size_whatever_the_picture(shape: tuple[int, int]) -> None:
    image = np.full((*shape, 3), 77, np.uint8)
    for size, crop in pictures.square_crops(image, [16, 60, 96, 768]).items():
        assert crop.shape == (size, size, 3)
        assert (crop == 77).all()


def test_one_call_prepares_a_file_for_the_models() -> None:
    array = np.asarray(lesion(480, 360)).copy()
    rows, columns = np.mgrid[:360, :480]
    array[np.hypot(rows - 180, columns - 240) > 150] = 0
    prepared = pictures.prepare(file_of(Image.fromarray(array), "PNG"), [128, 96])
    assert {size: crop.shape for size, crop in prepared.crops.items()} == {128: (128, 128, 3), 96: (96, 96, 3)}
    assert 0.5 < prepared.trimmed < 0.75
    assert (prepared.crops[96].max(axis=2) < 20).mean() < 0.05


def test_a_picture_without_border_loses_nothing() -> None:
    assert pictures.prepare(WHOLE_FILE, [96]).trimmed == 0.0


def test_jpegs_keep_their_full_color_resolution() -> None:
    image = Image.open(io.BytesIO(pictures.encode_jpeg(np.asarray(picture()))))
    assert [tuple(layer[1:3]) for layer in image.layer] == [(1, 1)] * 3


def test_encoding_is_repeatable_and_close() -> None:
    array = np.asarray(lesion(200, 200))
    data = pictures.encode_jpeg(array)
    assert data == pictures.encode_jpeg(array)
    assert np.abs(pictures.decode(data).astype(int) - array).mean() < 2


def test_libvips_does_not_fill_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        pictures.prepare(WHOLE_FILE, [96])
    assert not caplog.records


def test_crops_of_real_large_pictures_are_within_45_db_of_those_of_pillow(isic: Path) -> None:
    files = sorted((isic / "high-resolution").glob("*.jpg"))[::6]
    if not files:
        pytest.skip(f"no pictures in {isic / 'high-resolution'}")
    for file in files:
        prepared = pictures.prepare(file.read_bytes(), [768, 512])
        with Image.open(file) as image:
            square = prepared.box.square().scaled(prepared.shape, (image.height, image.width))
            box = (square.left, square.top, square.right, square.bottom)
            for size, crop in prepared.crops.items():
                assert psnr(image.resize((size, size), Image.Resampling.LANCZOS, box=box), crop) > 45


def test_a_recorded_picture_is_what_its_jpeg_holds() -> None:
    array = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    recorded = pictures.as_recorded(array)
    np.testing.assert_array_equal(recorded, pictures.decode(pictures.encode_jpeg(array)))
    assert recorded.dtype == np.uint8
    assert (recorded != array).any()
