"""The inputs: what belongs together, and what does not."""

from pathlib import Path

import pandas as pd
import pytest

from components.common import demographics
from components.common.errors import DataError, StorageError
from components.common.records import Record, Summary, shard_name, write_shard, write_summary
from components.common.taxonomy import CLASSES
from components.robustness.batches import read_batches
from components.robustness.inputs import Inputs, read_inputs
from components.robustness.settings import RobustnessSettings
from tests.robustness.conftest import FINGERPRINT, IMAGES, MEMBERS, SIDE, Workplace, describe, lesion, png, write_model


def read(place: Workplace, images: int = 0) -> Inputs:
    return read_inputs(place.model, place.records, place.manifest, RobustnessSettings(images, 0, 0.2))


def with_model(place: Workplace, model: Path) -> Workplace:
    return Workplace(model, place.records, place.manifest)


def records_of(folder: Path, picture: bytes, images: int = 1, **changes: object) -> Path:
    """Test records that all hold one picture."""
    records = [Record(f"ISIC_{number:07d}", picture, 0, demographics.MISSING) for number in range(images)]
    write_shard(folder / str(SIDE) / shard_name("test", 0, 1), records)
    fields = {
        "fingerprint": FINGERPRINT, "crops": [SIDE], "counts": {"test": {"MEL": images}}, "classes": list(CLASSES),
        "demographics": demographics.LENGTH, "preprocessing": "2",
    }  # fmt: skip
    write_summary(folder, Summary(**{**fields, **changes}))  # type: ignore[arg-type]
    return folder


def test_all_test_images_are_read_with_their_groups(workplace: Workplace) -> None:
    inputs = read(workplace)
    assert (len(inputs.groups), inputs.test_images) == (IMAGES, IMAGES)
    assert inputs.groups["ISIC_0000003"] == "patient 1"
    assert (inputs.model.crops, inputs.model.members) == ([16, 32], MEMBERS)


def test_a_sample_is_smaller(workplace: Workplace) -> None:
    assert len(read(workplace, images=9).groups) == 9


def test_a_model_without_its_file_is_named(workplace: Workplace, tmp_path: Path) -> None:
    model = write_model(tmp_path)
    (model / "ensemble.onnx").unlink()
    with pytest.raises(DataError, match="no ensemble.onnx in .*: run convert again"):
        read(with_model(workplace, model))


def test_a_file_that_is_no_model_is_named(workplace: Workplace, tmp_path: Path) -> None:
    model = write_model(tmp_path)
    (model / "ensemble.onnx").write_bytes(b"no model")
    with pytest.raises(DataError, match="onnxruntime does not load .*ensemble.onnx"):
        read(with_model(workplace, model))


def test_another_file_than_the_one_described_is_refused(workplace: Workplace, tmp_path: Path) -> None:
    model = write_model(tmp_path, sha256="0" * 64)
    with pytest.raises(DataError, match="is not the file that model.json describes"):
        read(with_model(workplace, model))


def test_a_description_of_no_ensemble_is_named(workplace: Workplace, tmp_path: Path) -> None:
    model = write_model(tmp_path, members=None)
    with pytest.raises(DataError, match="model.json describes no ensemble"):
        read(with_model(workplace, model))


def test_a_model_of_another_class_order_is_refused(workplace: Workplace, tmp_path: Path) -> None:
    model = write_model(tmp_path, classes=list(CLASSES[::-1]))
    with pytest.raises(DataError, match="has the classes \\['UNK', "):
        read(with_model(workplace, model))


def test_a_model_with_other_inputs_is_refused_with_their_names(workplace: Workplace, tmp_path: Path) -> None:
    import onnx

    model = write_model(tmp_path)
    graph = onnx.load(model / "ensemble.onnx")
    graph.graph.input.append(onnx.helper.make_tensor_value_info("depth", onnx.TensorProto.FLOAT, ["batch", 2]))
    onnx.save(graph, model / "ensemble.onnx")
    describe(model)
    with pytest.raises(
        DataError, match="has the inputs .*depth tensor\\(float\\) \\['batch', 2\\], but must have pixels_<crop>, uint8"
    ):
        read(with_model(workplace, model))


def test_a_model_of_another_number_of_members_is_refused(workplace: Workplace, tmp_path: Path) -> None:
    model = write_model(tmp_path, members=[{"name": "a"}, {"name": "b"}])
    with pytest.raises(DataError, match="but must have probabilities .* member_probabilities \\[batch, 2, 9\\]"):
        read(with_model(workplace, model))


@pytest.mark.parametrize("output", ["heatmaps", "out_of_distribution"])
def test_a_model_without_an_output_is_refused(workplace: Workplace, tmp_path: Path, output: str) -> None:
    import onnx

    model = write_model(tmp_path)
    graph = onnx.load(model / "ensemble.onnx")
    graph.graph.output.remove(next(one for one in graph.graph.output if one.name == output))
    onnx.save(graph, model / "ensemble.onnx")
    describe(model)
    with pytest.raises(DataError, match="but must have .* rows, columns\\] and out_of_distribution \\[batch\\]"):
        read(with_model(workplace, model))


def test_a_model_of_other_records_is_refused(workplace: Workplace, tmp_path: Path) -> None:
    model = write_model(tmp_path, records_fingerprint="other")
    with pytest.raises(DataError, match="was made from other records"):
        read(with_model(workplace, model))


def test_a_crop_that_the_records_lack_is_named(workplace: Workplace, tmp_path: Path) -> None:
    model = write_model(tmp_path, crops=(16, 48))
    with pytest.raises(DataError, match="the model needs pictures of 48 px, .* has \\[32, 16\\]"):
        read(with_model(workplace, model))


def test_records_without_test_images_are_refused(workplace: Workplace, tmp_path: Path) -> None:
    empty = records_of(tmp_path, b"", images=0, counts={"test": {}})
    with pytest.raises(DataError, match="has no test images to corrupt: give ingest more data"):
        read(Workplace(workplace.model, empty, workplace.manifest))


def test_an_image_that_the_manifest_lacks_is_named(workplace: Workplace, tmp_path: Path) -> None:
    table = pd.read_parquet(workplace.manifest / "manifest.parquet")
    table[table["image_id"] != "ISIC_0000005"].to_parquet(tmp_path / "manifest.parquet")
    with pytest.raises(DataError, match="1 test images of the records are not in .*, ISIC_0000005 first"):
        read(Workplace(workplace.model, workplace.records, tmp_path))


def test_a_missing_manifest_is_named(workplace: Workplace, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="cannot read .*manifest.parquet"):
        read(Workplace(workplace.model, workplace.records, tmp_path))


@pytest.mark.parametrize(
    ("picture", "found"), [(b"no picture", "no picture"), (png(lesion(0, 20)), "one of 20 x 20 px")]
)
def test_a_record_that_holds_another_picture_than_it_should_is_named(
    tmp_path: Path, picture: bytes, found: str
) -> None:
    records = records_of(tmp_path, picture)
    with pytest.raises(DataError, match=f"the record of ISIC_0000000 holds {found}, not one of 32 px"):
        list(read_batches(records, SIDE, {"ISIC_0000000"}))
