from collections.abc import Callable

from components.register.candidate import Candidate
from components.register.card import summary
from components.register.registration import Registration


def test_the_summary_says_what_became_of_the_model_and_how_to_load_it(candidate: Callable[..., Candidate]) -> None:
    model = candidate(1.0, macro_auc=None)
    registration = Registration("skin", "2", "champion", "its macro AUC of 0.9 beats", model.digest, "http://host:5000")

    lines = summary(registration, model).splitlines()

    assert lines[0] == "# skin, version 2: champion"
    assert lines[2] == "Its macro AUC of 0.9 beats."
    assert "| fingerprint | `f1e2` |" in lines
    assert "| macro AUC, test | – | at least 0.5 | failed |" in lines
    assert "| test_accuracy | 0.7000 |" in lines
    assert "| test_macro_auc | – |" in lines
    assert 'model = mlflow.onnx.load_model("models:/skin@champion")' in lines


def test_a_challenger_is_loaded_by_its_version(candidate: Callable[..., Candidate]) -> None:
    registration = Registration("skin", "2", "challenger", "reason", "d1", "http://host:5000")

    assert '"models:/skin/2"' in summary(registration, candidate(1.0))


def test_of_a_kubeflow_registry_it_says_where_the_files_lie(candidate: Callable[..., Candidate]) -> None:
    registration = Registration("skin", "2", "champion", "reason", "d1", "kubeflow+http://host:8080")

    assert "The files lie at `gs://bucket/onnx_model`." in summary(registration, candidate(1.0))
