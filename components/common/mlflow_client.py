"""MLflow's client as this project uses it: silent towards its makers, with bounded patience, without chatter."""

import logging
import os

# MLflow reads this as it is imported, so it is imported from here; it would report its use to its makers.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow.environment_variables as variables
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException

__all__ = ["Metric", "MlflowClient", "MlflowException", "Param", "configure"]

# MLflow's own choice is to try for minutes. These give up on a refused connection after seconds, on a silent server
# after three minutes: an upload's answer comes only when the server has stored it all.
_PATIENCE = {
    variables.MLFLOW_HTTP_REQUEST_MAX_RETRIES: 2,
    variables.MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR: 1,
    variables.MLFLOW_HTTP_REQUEST_TIMEOUT: 60,
}


def configure() -> None:
    """Bound MLflow's patience, where its environment variables do not, and stop its chatter."""
    for variable, value in _PATIENCE.items():
        if not variable.is_set():
            variable.set(value)
    variables.MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR.set(False)
    variables.MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT.set(True)
    for chatty in ("mlflow", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
