"""The price list that is here can be read, and one with a mistake is refused by its field."""

from pathlib import Path

import pytest

import pipeline
from components.cluster.prices import PRICES, read_prices
from components.common.errors import SettingsError
from components.plan.pools import POOLS


def test_the_price_list_knows_the_gpu_of_every_pool() -> None:
    prices = read_prices(PRICES)
    for pool in POOLS.values():
        gpu, machine = prices.of_gpu(pool.gpu)
        assert gpu.of(True) < gpu.of(False)
        assert machine.cpu.on_demand > 0


@pytest.mark.parametrize(
    ("found", "instead", "problem"),
    [
        ("as_of: 2026-01-01", "as_of: spring", "as_of: Input should be a valid date"),
        ("L4: {on_demand: 0.56, spot: 0.22}", "L4: {on_demand: 0.56}", r"gpus\.L4\.spot: Field required"),
        ("L4: {on_demand: 0.56, spot: 0.22}", "L4: {on_demand: free, spot: 0}", r"gpus\.L4\.on_demand: Input should"),
        ("L4: {on_demand: 0.56, spot: 0.22}", "L4: {on_demand: -1, spot: 0}", r"gpus\.L4\.on_demand: .*greater"),
        ("currency: USD", "currency: dollars", "currency: String should match"),
        ("region: us-central1", "regions: us-central1", "regions: Extra inputs are not permitted"),
    ],
)
def test_a_mistake_is_named_with_the_file_and_the_field(tmp_path: Path, found: str, instead: str, problem: str) -> None:
    text = PRICES.read_text()
    assert found in text
    (tmp_path / "prices.yaml").write_text(text.replace(found, instead))
    with pytest.raises(SettingsError, match=r"prices\.yaml: .*" + problem):
        read_prices(tmp_path / "prices.yaml")


def test_the_command_prints_an_estimate(capsys: pytest.CaptureFixture[str]) -> None:
    pipeline.main(["cost", "--prices", str(PRICES), "--pool", "l4-spot", "--assume", "images=10000"])
    printed = capsys.readouterr().out
    assert "train efficientnet-b7  1 L4 spot" in printed
    assert "images               10000" in printed


def test_the_command_refuses_a_wrong_list_with_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"error: cannot read .*none\.yaml"):
        pipeline.main(["cost", "--prices", str(tmp_path / "none.yaml")])
