"""The command lines that build images; what they build is for `tests/containers`."""

import subprocess
import sys
from pathlib import Path

import pytest

from components.common.errors import EngineError, SettingsError
from components.local.building import Options, Size, build_command, check_names, image_names, run_engine, size_table
from components.local.images import REPOSITORY, fingerprint


def build_images(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "components.local.build_images", *arguments]
    return subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)


def test_every_folder_with_a_dockerfile_is_an_image() -> None:
    folders = {path.name for path in (REPOSITORY / "images").iterdir() if path.is_dir()}
    assert set(image_names()) == folders - {"dev"}
    assert check_names([]) == image_names()
    assert check_names(["train"]) == ["train"]


def test_an_image_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(SettingsError, match="there is no image dev: give some of cad, convert, "):
        check_names(["train", "dev"])


@pytest.mark.parametrize("program", ["docker", "podman"])
def test_an_image_is_built_from_the_repository_under_the_name_that_the_pipeline_has(program: str) -> None:
    command = build_command(program, "train", Options(), {"REVISION": "0123"})
    assert command == [
        program,
        "build",
        f"--file={REPOSITORY}/images/train/Dockerfile",
        f"--tag=localhost/skin-lesion/train:{fingerprint('train')}",
        "--build-arg=REVISION=0123",
        str(REPOSITORY),
    ]


def test_registry_tag_base_and_secrets_can_be_given(tmp_path: Path) -> None:
    options = Options("registry.example/lesions", "v1", "localhost/base:1", {"certificates": tmp_path / "ca"})
    command = build_command("docker", "cad", options, {})
    assert command[3:-1] == [
        "--tag=registry.example/lesions/cad:v1",
        "--build-arg=BASE=localhost/base:1",
        f"--secret=id=certificates,src={tmp_path}/ca",
    ]


def test_a_command_that_fails_is_said_with_what_it_was_for(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(EngineError, match="^train cannot be built: sh's message stands above$"):
        run_engine(["sh", "-c", "echo no space; exit 1"], "train cannot be built")
    assert capfd.readouterr().out == "no space\n"
    with pytest.raises(EngineError, match="the command no-engine is not installed"):
        run_engine(["no-engine"], "train cannot be built")


def test_sizes_are_told_as_a_table() -> None:
    table = size_table({"cad": Size(812_345_678, 301_000), "train": Size(7_100_000_000, 95_000)})
    assert table.splitlines()[2:] == ["| cad | 812 | 0.30 |", "| train | 7,100 | 0.10 |"]


def test_the_command_line_refuses_what_it_cannot_do(tmp_path: Path) -> None:
    pushed = build_images("--push")
    assert (pushed.returncode, "--push: localhost/skin-lesion is only a name" in pushed.stderr) == (1, True)
    lost = build_images("--pip-conf", str(tmp_path / "pip.conf"))
    assert f"SettingsError: --pip-conf: there is no file {tmp_path}/pip.conf" in lost.stderr
