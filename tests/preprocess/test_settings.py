import pytest

from components.common.errors import SettingsError
from components.preprocess.settings import Part, Settings, make_part, make_settings


def test_crops_are_read_and_the_largest_comes_first() -> None:
    assert make_settings("512, 768", 256, 0.05) == Settings((768, 512), 256, 0.05)


@pytest.mark.parametrize(
    ("crops", "message"),
    [
        ("", "crops is ''"),
        ("768,", "crops is '768,'"),
        ("768;512", "crops is '768;512'"),
        ("76.5", "crops is '76.5'"),
        ("large", "crops is 'large'"),
        ("768,15", "15 is out of range"),
        ("2049", "2049 is out of range"),
        ("-96", "-96 is out of range"),
        ("96,128,96", "names a size twice"),
    ],
)
def test_crops_that_are_none_are_refused(crops: str, message: str) -> None:
    with pytest.raises(SettingsError, match=f"{message}.*whole numbers of 16 to 2048 pixels separated by commas"):
        make_settings(crops, 256, 0.05)


@pytest.mark.parametrize("images_per_shard", [0, -1])
def test_a_shard_holds_at_least_one_image(images_per_shard: int) -> None:
    with pytest.raises(SettingsError, match="images_per_shard must be at least 1"):
        make_settings("96", images_per_shard, 0.05)


@pytest.mark.parametrize("share", [-0.1, 1.5, float("nan")])
def test_the_quarantine_share_lies_between_0_and_1(share: float) -> None:
    with pytest.raises(SettingsError, match="maximum_quarantine_share must be between 0 and 1"):
        make_settings("96", 256, share)


def test_a_task_is_a_part_or_the_whole() -> None:
    assert make_part(2, 4, "gs://bucket/work") == Part(2, 4)
    assert make_part(None, None, "") is None


@pytest.mark.parametrize(
    ("part", "parts", "workspace", "message"),
    [
        (2, None, "work", "part and parts go together"),
        (None, 4, "work", "part and parts go together"),
        (4, 4, "work", "part must be from 0 to parts - 1, and is 4 of 4"),
        (-1, 4, "work", "part must be from 0 to parts - 1, and is -1 of 4"),
        (0, 0, "work", "part must be from 0 to parts - 1, and is 0 of 0"),
        (0, 4, "", "a part needs a workspace"),
    ],
)
def test_a_part_that_is_none_is_refused(part: int | None, parts: int | None, workspace: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        make_part(part, parts, workspace)
