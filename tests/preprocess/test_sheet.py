from pathlib import Path

import numpy as np

from components.common.taxonomy import CLASSES
from components.preprocess.manifest import read_manifest
from components.preprocess.preprocessing import Preprocessed, preprocess
from components.preprocess.settings import Settings
from components.preprocess.shards import Item, Sample
from components.preprocess.sheet import choose, sample_sheet
from tests.preprocess.conftest import DataSet


def sample(number: int, trimmed: float = 0.0) -> Sample:
    return Sample(Item(f"ISIC_{number:07d}", "isic2019", "/data", f"{number}.jpg", 0, np.zeros(12)), "train", trimmed)


def run(images: DataSet, folder: Path) -> Preprocessed:
    return preprocess(read_manifest(images.manifest), Settings((64, 32), 8, 0.1), folder, 1)


def test_the_largest_borders_are_shown_first_and_then_some_others() -> None:
    samples = [sample(number, trimmed=max(0, number - 70) / 100) for number in range(100)]
    shown = choose(samples)
    assert [one.trimmed for one in shown[:16]] == [number / 100 for number in range(29, 13, -1)]
    assert len({one.item.image_id for one in shown}) == 24
    assert choose(samples[::-1]) == shown


def test_few_images_are_all_shown() -> None:
    assert {one.item.image_id for one in choose([sample(1), sample(2, 0.5)])} == {"ISIC_0000001", "ISIC_0000002"}


def test_the_page_shows_pictures_counts_and_quarantine(images: DataSet, tmp_path: Path) -> None:
    broken = images.rows[2]
    (images.data / broken["path"]).write_bytes(b"no <picture>")
    page = sample_sheet(run(images, tmp_path / "records")).html()
    assert "23 images cropped to 64 and 32 px, 6 of them after a black border was cut off; 1 left out." in page
    assert page.count("data:image/jpeg;base64,") == 2 * 23
    for expected in (
        f"ISIC_0000023, {CLASSES[5]}, test: no border",
        "% cut off",
        "validation",
        "MEL",
        "kilobytes an image",
        broken["path"],
        "undecodable_image",
        "no &lt;pic",
    ):
        assert expected in page


def test_the_page_is_the_same_every_time(images: DataSet, tmp_path: Path) -> None:
    done = run(images, tmp_path / "records")
    assert sample_sheet(done).html() == sample_sheet(done).html()


def test_pictures_that_are_gone_by_now_are_not_shown(images: DataSet, tmp_path: Path) -> None:
    done = run(images, tmp_path / "records")
    for row in images.rows:
        (images.data / row["path"]).unlink()
    assert "None of the pictures to show could be read again" in sample_sheet(done).html()


def test_a_clean_run_says_so(images: DataSet, tmp_path: Path) -> None:
    page = sample_sheet(run(images, tmp_path / "records")).html()
    assert "Every image of the manifest was read and decoded." in page
