"""What can go wrong, as one tree, so that a caller can catch one base.

PipelineError
├── SettingsError     an argument or a setting is wrong
├── DataError         the data given is missing, malformed or too broken to go on
│   └── PictureError      ... a file holds no picture that can be used (pictures.py)
├── StorageError      a location cannot be read or written
│   └── StorageDownError  ... and nothing else there either: no use in trying the next file
├── TrainingError     a training cannot be carried out as asked
├── ConversionError   a model does not convert, or its conversion fails a gate
├── EngineError       no container engine answers, it lacks an image, or it cannot build or push one
├── RegistryError     the model registry is down, refuses, or holds something unexpected
├── ClusterError      Kubeflow Pipelines is down or refuses, or a run there failed
└── RecordsError      the database of the service's records is down, full, damaged, or not up to date
    ├── UnknownRequestError    ... it holds no prediction of such a request
    └── DuplicateRequestError  ... it holds one already

Every message names what was wrong (the file, row or argument), what was expected, and what to do.
"""


class PipelineError(Exception):
    """Base of every error that a stage raises on purpose."""


class SettingsError(PipelineError):
    """An argument or a setting is wrong."""


class DataError(PipelineError):
    """The data given is missing, malformed or too broken to go on."""


class StorageError(PipelineError):
    """A location cannot be read or written."""


class StorageDownError(StorageError):
    """A store has failed several times in a row, over all retries: who skips single bad files must stop here."""


class TrainingError(PipelineError):
    """A training cannot be carried out as asked."""


class ConversionError(PipelineError):
    """A model does not convert to ONNX, or its conversion fails a gate."""


class EngineError(PipelineError):
    """No container engine answers, it lacks an image, or it cannot build or push one."""


class RegistryError(PipelineError):
    """The model registry is down, refuses, or holds something unexpected."""


class ClusterError(PipelineError):
    """Kubeflow Pipelines is down or refuses, or a run there failed."""


class RecordsError(PipelineError):
    """The database of the service's records is down, full, damaged, or not up to date."""


class UnknownRequestError(RecordsError):
    """The records hold no prediction of such a request."""


class DuplicateRequestError(RecordsError):
    """The records hold a prediction of such a request already."""
