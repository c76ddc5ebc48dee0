"""The stage's settings, checked before any work."""

from dataclasses import dataclass

from components.common.errors import SettingsError

SMALLEST_CROP, LARGEST_CROP = 16, 2048


@dataclass(frozen=True)
class Settings:
    """What to make of the manifest."""

    crops: tuple[int, ...]
    """Side lengths of the pictures in pixels, the largest first."""
    images_per_shard: int
    maximum_quarantine_share: float
    """The largest share of the images, 0 to 1, that may be left out."""


@dataclass(frozen=True)
class Part:
    """The share of one of several tasks: the shards whose number leaves this remainder."""

    number: int
    """0 to parts - 1."""
    parts: int


def make_part(part: int | None, parts: int | None, workspace: str) -> Part | None:
    """Check the arguments of a task that is one of several; None if it is none.

    Raises:
        SettingsError: one of them is wrong or missing; the message names it.
    """
    if part is None and parts is None:
        return None
    if part is None or parts is None:
        raise SettingsError("part and parts go together: give both, such as part 2 of parts 4, or neither")
    if not 0 <= part < parts:
        raise SettingsError(f"part must be from 0 to parts - 1, and is {part} of {parts}")
    if not workspace:
        raise SettingsError(
            "a part needs a workspace, from where the whole is gathered: a folder or gs://bucket/prefix"
        )
    return Part(part, parts)


def make_settings(crops: str, images_per_shard: int, maximum_quarantine_share: float) -> Settings:
    """Check the arguments.

    Args:
        crops: side lengths in pixels, separated by commas: `768,512`.
        images_per_shard: the most images that one file of records holds.
        maximum_quarantine_share: 0 to 1.

    Raises:
        SettingsError: one of them is wrong; the message names it.
    """
    if images_per_shard < 1:
        raise SettingsError(f"images_per_shard must be at least 1, not {images_per_shard}")
    if not 0.0 <= maximum_quarantine_share <= 1.0:
        raise SettingsError(f"maximum_quarantine_share must be between 0 and 1, not {maximum_quarantine_share}")
    return Settings(parse_crops(crops), images_per_shard, maximum_quarantine_share)


def parse_crops(text: str) -> tuple[int, ...]:
    """Read side lengths in pixels, separated by commas; the largest comes first.

    Raises:
        SettingsError: not such numbers, out of range, or one of them twice.
    """
    expected = f"give whole numbers of {SMALLEST_CROP} to {LARGEST_CROP} pixels separated by commas, such as 768,512"
    try:
        crops = [int(part) for part in text.split(",")]
    except ValueError as error:
        raise SettingsError(f"crops is {text!r}: {expected}") from error
    if wrong := [crop for crop in crops if not SMALLEST_CROP <= crop <= LARGEST_CROP]:
        raise SettingsError(f"crops is {text!r}, and {wrong[0]} is out of range: {expected}")
    if len(set(crops)) < len(crops):
        raise SettingsError(f"crops is {text!r}, and names a size twice: {expected}")
    return tuple(sorted(crops, reverse=True))
