import io
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from components.common.errors import StorageError
from components.common.pictures import decode, prepare
from components.common.records import read_shard
from components.common.taxonomy import CLASSES, SPLITS
from components.preprocess.manifest import read_manifest
from components.preprocess.shards import Item, Shard, make_shard, plan_shards
from tests.preprocess.conftest import DataSet, photograph


def item(number: int) -> Item:
    return Item(
        f"ISIC_{number:07d}", "isic2019", "data", f"{number}.jpg", number % len(CLASSES), np.zeros(12, np.float32)
    )


def planned(images: DataSet, folder: Path, images_per_shard: int) -> list[Shard]:
    manifest = read_manifest(images.manifest)
    return plan_shards(manifest.splits, folder, (64, 32), images_per_shard)


def test_a_split_is_divided_evenly_among_as_few_shards_as_hold_it() -> None:
    splits = {"train": [item(number) for number in range(10)], "validation": [item(10)], "test": []}
    shards = plan_shards(splits, Path("records"), (64,), 4)
    assert [(shard.split, shard.index, shard.count, len(shard.items)) for shard in shards] == [
        ("train", 0, 3, 3),
        ("train", 1, 3, 3),
        ("train", 2, 3, 4),
        ("validation", 0, 1, 1),
        ("test", 0, 1, 0),
    ]
    assert sorted(one.image_id for shard in shards[:3] for one in shard.items) == [item(n).image_id for n in range(10)]
    assert shards[1].path(64) == Path("records/64/train-00001-of-00003.tfrecord")


def test_images_are_shuffled_always_in_the_same_way() -> None:
    items = [item(number) for number in range(90)]
    (shard,) = plan_shards({"train": items}, Path("records"), (64,), 100)
    (again,) = plan_shards({"train": items[::-1]}, Path("records"), (64,), 100)
    order = [one.image_id for one in shard.items]
    assert order != sorted(order)
    assert order == [one.image_id for one in again.items]
    assert len({one.label for one in shard.items[:30]}) == len(CLASSES)


def test_a_shard_holds_the_crops_of_its_images(images: DataSet, tmp_path: Path) -> None:
    shard = planned(images, tmp_path / "records", 100)[SPLITS.index("test")]
    made = make_shard(shard)
    assert (made.split, made.index, made.faults) == ("test", 0, [])
    for crop in shard.crops:
        records = list(read_shard(shard.path(crop)))
        assert made.bytes[crop] == shard.path(crop).stat().st_size
        assert [record.image_id for record in records] == [one.image_id for one in shard.items]
        assert [record.label for record in records] == [one.label for one in shard.items]
        for record, one in zip(records, shard.items, strict=True):
            expected = prepare((images.data / one.path).read_bytes(), shard.crops).crops[crop]
            assert np.abs(decode(record.image).astype(int) - expected).mean() < 3
            assert Image.open(io.BytesIO(record.image)).size == (crop, crop)
            np.testing.assert_array_equal(record.demographics, one.demographics)


def test_the_trimmed_share_of_every_image_is_known(images: DataSet, tmp_path: Path) -> None:
    made = make_shard(planned(images, tmp_path, 100)[0])
    framed = {sample.item.image_id for sample in made.samples if sample.trimmed > 0.1}
    assert framed == {f"ISIC_{number:07d}" for number in (0, 8, 12, 20)}
    assert all(sample.trimmed == 0 for sample in made.samples if sample.item.image_id not in framed)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "unreadable_image"),
        (b"", "undecodable_image"),
        (b"no picture", "undecodable_image"),
        (photograph(0)[:2000], "undecodable_image"),
    ],
    ids=["absent", "empty", "text", "truncated"],
)
def test_an_image_that_fails_is_left_out_with_the_reason(
    images: DataSet, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    shard = planned(images, tmp_path / "records", 100)[SPLITS.index("validation")]
    broken = shard.items[1]
    (images.data / broken.path).unlink()
    if content is not None:
        (images.data / broken.path).write_bytes(content)
    made = make_shard(shard)
    assert [(fault.item.image_id, fault.reason) for fault in made.faults] == [(broken.image_id, reason)]
    assert made.faults[0].detail
    kept = [one.image_id for one in shard.items if one is not broken]
    assert [record.image_id for record in read_shard(shard.path(64))] == kept


def test_a_path_that_leaves_the_data_is_not_followed(images: DataSet, tmp_path: Path) -> None:
    images.rows[4]["path"] = "../manifest/manifest.json"
    images.write()
    made = make_shard(planned(images, tmp_path, 100)[SPLITS.index("validation")])
    assert [(fault.item.image_id, fault.reason) for fault in made.faults] == [("ISIC_0000004", "unreadable_image")]
    assert "outside its folder" in made.faults[0].detail


def test_data_that_cannot_be_opened_is_an_error(images: DataSet, tmp_path: Path) -> None:
    shards = planned(images, tmp_path / "records", 100)
    images.data.rename(tmp_path / "elsewhere")
    with pytest.raises(StorageError, match="no such folder"):
        make_shard(shards[0])


def test_the_memory_needed_does_not_grow_with_the_images_of_a_shard(images: DataSet, tmp_path: Path) -> None:
    def peak(images_per_shard: int) -> int:
        shard = planned(images, tmp_path / str(images_per_shard), images_per_shard)[0]
        tracemalloc.start()
        make_shard(shard)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(2)
    few, many = peak(2), peak(16)
    written = sum(path.stat().st_size for path in (tmp_path / "16").rglob("*.tfrecord"))
    assert written > 60_000
    assert many - few < written / 4
