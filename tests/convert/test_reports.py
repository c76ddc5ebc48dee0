"""The page of a conversion."""

from tests.convert.conftest import Converted


def test_the_report_shows_parity_size_and_speed(converted: Converted) -> None:
    page = converted.report.read_text()
    for words in (
        "tf.function",
        "predict_on_batch",
        "all Keras weights",
        "training checkpoints",
        "int8: share of unchanged decisions",
        "batch 16",
        "pixels_48",
        "decisions changed",
        "loss of macro AUC",
        "svg+xml",
    ):
        assert words in page
