"""Which stage gets a network, and whom a container runs as."""

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from components.local.isolation import User, container_user, hand_over, stage_options

STAGES = ("ingest", "preprocess", "train", "evaluate", "convert", "robustness", "register")
LOCAL = {"data": "/data", "workspace": "/work", "registry": "sqlite:////registry/mlflow.db", "weights": ""}
USER = User({"user": "10001:10001"}, 10001, 10001)


def network(stage: str, **values: str) -> str | None:
    options = stage_options(f"localhost:5000/skin-lesion/{stage}:0123", LOCAL | values, USER)
    return options.get("network_mode")


def with_a_network(**values: str) -> set[str]:
    """The stages that reach something beyond this machine."""
    return {stage for stage in STAGES if network(stage, **values) != "none"}


@pytest.mark.parametrize(
    ("values", "stages"),
    [
        ({}, set()),
        ({"data": "/a,gs://bucket/a"}, {"ingest"}),
        ({"data": "isic://collections/70"}, {"ingest"}),
        ({"data": "https://example.org/a.zip"}, {"ingest"}),
        ({"workspace": "gs://bucket/work"}, {"ingest", "preprocess", "train"}),
        ({"weights": "imagenet"}, {"train"}),
        ({"weights": "/weights"}, set()),
        ({"registry": "/registry"}, set()),
        ({"registry": "https://mlflow.example.org"}, {"register"}),
        ({"registry": "kubeflow+http://registry.example.org:8080"}, {"register"}),
    ],
)
def test_a_stage_has_a_network_only_if_what_it_works_on_is_elsewhere(values: dict[str, str], stages: set[str]) -> None:
    assert with_a_network(**values) == stages


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]"])
def test_a_server_on_this_machine_is_reached_in_its_own_network(host: str) -> None:
    assert network("register", registry=f"http://{host}:5000") == "host"
    assert network("register", registry="http://mlflow.example.org:5000") is None


def test_every_stage_is_locked_in() -> None:
    for stage in STAGES:
        options = stage_options(f"localhost/skin-lesion/{stage}:0123", LOCAL, USER)
        assert (options["read_only"], options["cap_drop"]) == (True, ["ALL"])
        assert options["security_opt"] == ["no-new-privileges"]
        assert options["user"] == "10001:10001"


def engine(program: str, rootless: bool) -> Any:
    """What is asked of an engine: its kind, and the user that an image names."""
    image = SimpleNamespace(attrs={"Config": {"User": "10001:10002"}})
    client = SimpleNamespace(images=SimpleNamespace(get=lambda _: image))
    return SimpleNamespace(program=program, rootless=rootless, client=client)


def test_outputs_belong_to_who_starts_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(os, "getegid", lambda: 1001)
    assert container_user(engine("docker", False), "image") == User({"user": "1000:1001"}, 1000, 1001)
    kept = User({"user": "1000:1001", "userns_mode": "keep-id"}, 1000, 1001)
    assert container_user(engine("podman", True), "image") == kept
    assert container_user(engine("docker", True), "image") == User({"user": "0:0"}, 1000, 1001)


def test_what_root_starts_runs_as_the_plain_user_of_the_image(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert container_user(engine("docker", False), "image") == User({"user": "10001:10002"}, 10001, 10002)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_hands_the_folders_over_to_that_user(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/hostname")
    hand_over([tmp_path, tmp_path / "link"], User({}, 10001, 10002))
    owners = {(place.lstat().st_uid, place.lstat().st_gid) for place in (tmp_path, tmp_path / "link")}
    assert owners == {(10001, 10002)}
    assert Path("/etc/hostname").stat().st_uid == 0
