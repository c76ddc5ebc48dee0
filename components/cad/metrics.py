"""What the service counts and times, for Prometheus: no figure of one patient."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from components.cad.records.prediction import Prediction

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_ROWS = (1, 2, 4, 8, 16, 32)


class Metrics:
    """All of them, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = registry = CollectorRegistry()
        self.requests = Counter(
            "cad_requests", "Requests, by path, method and status", ["path", "method", "status"], registry=registry
        )
        self.seconds = Histogram(
            "cad_request_seconds", "Time to an answer, by path", ["path"], buckets=_SECONDS, registry=registry
        )
        self.problems = Counter("cad_problems", "Errors told, by code", ["code"], registry=registry)
        self.working = Gauge("cad_requests_at_work", "Requests read and not answered yet", registry=registry)
        self.arriving = Gauge("cad_requests_arriving", "Requests whose body is on its way", registry=registry)
        self.decoding = Histogram(
            "cad_decode_seconds", "Time to decode and crop a picture", buckets=_SECONDS, registry=registry
        )
        self._batch_rows = Histogram("cad_batch_rows", "Pictures in a batch", buckets=_ROWS, registry=registry)
        self._batch_seconds = Histogram(
            "cad_batch_seconds", "Time that the model takes for a batch", buckets=_SECONDS, registry=registry
        )
        self._predictions = Counter(
            "cad_predictions", "Lesions answered, by what was decided", ["decision", "abstain", "unusual"],
            registry=registry,
        )  # fmt: skip
        self._flaws = Counter(
            "cad_quality_warnings", "Lesions whose pictures have a flaw, by its code", ["code"], registry=registry
        )
        self.reloads = Counter("cad_model_loads", "Models loaded, by outcome", ["outcome"], registry=registry)
        self._model = Gauge("cad_model_info", "The served model: 1", ["name", "version", "digest"], registry=registry)

    def batch(self, rows: int, seconds: float) -> None:
        """Count a batch."""
        self._batch_rows.observe(rows)
        self._batch_seconds.observe(seconds)

    def recorded(self, prediction: Prediction) -> None:
        """Count a prediction."""
        decision = "malignant" if prediction.malignant else "benign"
        self._predictions.labels(decision, str(prediction.abstain).lower(), str(prediction.unusual).lower()).inc()
        for code in prediction.quality:
            self._flaws.labels(code).inc()

    def serving(self, name: str, version: str, digest: str) -> None:
        """Note which model is served."""
        self._model.clear()
        self._model.labels(name, version, digest).set(1)

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._registry)
