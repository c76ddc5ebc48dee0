"""The served ensemble, loaded."""

from pathlib import Path

import pytest

from components.cad.model import Model, load_model
from components.common.errors import DataError
from tests.cad.conftest import write_served


@pytest.mark.parametrize("version", ["1", None])
def test_a_model_of_pictures_that_were_prepared_in_another_way_is_refused(tmp_path: Path, version: str | None) -> None:
    write_served(tmp_path, preprocessing_version=version)
    with pytest.raises(DataError, match=f"learned from pictures of preprocessing version {version}, here they are"):
        Model(tmp_path)


def test_a_model_without_a_threshold_is_refused(tmp_path: Path) -> None:
    write_served(tmp_path, abstain_threshold=None)
    with pytest.raises(DataError, match="lacks a threshold"):
        Model(tmp_path)


def test_a_quick_model_gets_one_core_a_batch_and_leaves_as_many_to_the_decoders(tmp_path: Path) -> None:
    model = load_model(write_served(tmp_path), cores=4)

    assert (model.threads, model.at_once) == (1, 2)


def test_a_slow_model_gets_all_cores_for_each_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("components.cad.model._QUICK", 0.0)  # there is no slow model at hand
    model = load_model(write_served(tmp_path), cores=2)

    assert (model.threads, model.at_once) == (2, 1)
