"""Picture files that are damaged, lie, or hold more than they seem to."""

import struct
import zlib
from functools import cache

import numpy as np

from tests.cad.damage.damaged import Random, damaged, pick
from tests.cad.pictures import dicom, encoded
from tests.robustness.conftest import lesion


def damaged_picture(random: Random) -> tuple[str, bytes]:
    """What was done to a file, and its bytes."""
    ways = [damaged, _flipped, _cut, _spliced, _lying, _bomb, _after_its_magic]
    way = ways[random.choice(len(ways), p=[0.3, 0.2, 0.15, 0.1, 0.15, 0.01, 0.09])]
    return f"picture {way.__name__.strip('_')}", way(_whole(random), random)


@cache
def wholes() -> list[bytes]:
    """Files of every kind that is read."""
    image = lesion(1, 64)
    return [
        encoded(image, "JPEG"),
        encoded(image, "JPEG", progressive=True),
        encoded(image[..., 0], "JPEG"),
        encoded(image, "PNG"),
        encoded(image, "WEBP"),
        encoded(image, "WEBP", lossless=True),
        encoded(image, "TIFF"),
        encoded(image, "TIFF", compression="tiff_lzw"),
        encoded(image, "TIFF", compression="jpeg"),
        dicom(image, PatientAge="030Y", BodyPartExamined="CHEST"),
        dicom(image, jpeg=True),
        dicom(image[..., 0].astype(np.uint16) * 200),
    ]


def _whole(random: Random) -> bytes:
    return pick(random, wholes())


def _flipped(whole: bytes, random: Random) -> bytes:
    bits = np.unpackbits(np.frombuffer(whole, np.uint8))
    bits[random.integers(0, len(bits), random.integers(1, 20))] ^= 1
    return np.packbits(bits).tobytes()


def _cut(whole: bytes, random: Random) -> bytes:
    return whole[: random.integers(0, len(whole))]


def _spliced(whole: bytes, random: Random) -> bytes:
    """The start of one file and the end of another."""
    other = _whole(random)
    return whole[: random.integers(1, len(whole))] + other[random.integers(1, len(other)) :]


def _after_its_magic(whole: bytes, random: Random) -> bytes:
    kept = 132 if whole[128:132] == b"DICM" else random.integers(2, 16)
    return whole[:kept] + random.bytes(random.integers(0, 4000))


def _lying(whole: bytes, random: Random) -> bytes:
    """Somewhere in the header, where 64 stands, stands another number: mostly a width, a height, or a length."""
    value = int(random.choice([0, 1, 15, 16, 17, 65, 255, 4096, 32767, 65535]))
    for order in random.permutation(["<", ">"]):
        places = [at for at in range(min(1400, len(whole) - 1)) if whole[at : at + 2] == struct.pack(f"{order}H", 64)]
        if places:
            at = int(random.choice(places))
            lying = whole[:at] + struct.pack(f"{order}H", value) + whole[at + 2 :]
            return _with_checksum(lying) if lying.startswith(b"\x89PNG") else lying
    return damaged(whole, random)


def _with_checksum(png: bytes) -> bytes:
    """A PNG whose header's checksum is right again."""
    return png[:29] + struct.pack(">I", zlib.crc32(png[12:29])) + png[33:]


@cache
def _bombs() -> list[bytes]:
    """Small files of many pixels: some too many, some just few enough."""
    just = np.zeros((7000, 7000), np.uint8)
    return [
        *(_black_png(side, 9000) for side in (7000, 7100, 30_000, 65_000)),
        encoded(just, "PNG", compress_level=1),
        encoded(just, "TIFF", compression="packbits"),
        encoded(just, "JPEG"),
        dicom(np.zeros((64, 64), np.uint8), Rows=60_000, Columns=60_000),
        dicom(np.zeros((64, 64), np.uint8), NumberOfFrames=10**9),
    ]


def _bomb(whole: bytes, random: Random) -> bytes:
    return pick(random, _bombs())


def _black_png(side: int, rows: int) -> bytes:
    """A PNG that says it has so many pixels a side, and has as many of its rows as are wanted, of one bit a pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    pixels = zlib.compress(bytes((side // 8 + 1) * min(side, rows)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
