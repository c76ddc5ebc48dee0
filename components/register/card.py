"""The Markdown summary of a registration, as the pipeline's UI shows it."""

import math

from components.common.registry_address import KUBEFLOW
from components.register.candidate import Candidate
from components.register.registration import Registration
from components.register.registry import CHAMPION


def summary(registration: Registration, candidate: Candidate) -> str:
    """Markdown: what the model became and why, its metrics, and how to load it."""
    return "\n".join(
        [
            f"# {registration.name}, version {registration.version}: {registration.alias}",
            "",
            f"{registration.reason[:1].upper()}{registration.reason[1:]}.",
            "",
            "| | |",
            "|---|---|",
            f"| registry | `{registration.registry}` |",
            f"| SHA-256 of the model | `{registration.digest}` |",
            *(f"| {name.replace('_', ' ')} | `{value}` |" for name, value in candidate.fingerprints.items()),
            f"| test images | {len(candidate.predictions)} |",
            "",
            "| gate | figure | wanted | outcome |",
            "|---|---:|---|---|",
            *(f"| {gate.name} | {_figure(gate.figure)} | {gate.wanted} | {gate.outcome} |" for gate in candidate.gates),
            "",
            *_metrics(candidate.metrics),
            "",
            *_loading(registration, candidate),
            "",
        ]
    )


def _loading(registration: Registration, candidate: Candidate) -> list[str]:
    if registration.registry.startswith(KUBEFLOW):
        return [f"The files lie at `{candidate.provenance.model_uri}`."]
    return [
        "```python",
        f'mlflow.set_tracking_uri("{registration.registry}")',
        f'model = mlflow.onnx.load_model("{_uri(registration)}")',
        "```",
    ]


def _metrics(metrics: dict[str, float]) -> list[str]:
    rows = [f"| {name} | {_figure(value)} |" for name, value in sorted(metrics.items())]
    return ["| metric | value |", "|---|---:|", *rows]


def _figure(value: float) -> str:
    if math.isnan(value):
        return "–"
    return f"{value:.0f}" if value.is_integer() and abs(value) > 1 else f"{value:.4f}"


def _uri(registration: Registration) -> str:
    if registration.alias == CHAMPION:
        return f"models:/{registration.name}@{CHAMPION}"
    return f"models:/{registration.name}/{registration.version}"
