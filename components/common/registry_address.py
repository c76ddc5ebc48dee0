"""Where a model registry is: the argument, as the stage that fills it and the service that serves from it read it."""

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from components.common.errors import SettingsError

_SQLITE = "sqlite:///"
KUBEFLOW = "kubeflow+"
_SERVERS = tuple(kind + scheme for kind in ("", KUBEFLOW) for scheme in ("http://", "https://"))
_HINT = (
    "give a folder (an embedded registry is kept in it), sqlite:///FILE, the address of an MLflow server such as "
    "http://host:5000, or that of a Kubeflow Model Registry such as kubeflow+http://host:8080"
)


@dataclass(frozen=True)
class Address:
    """Where the registry is."""

    uri: str
    """MLflow's tracking and registry URI; or the address of a Kubeflow Model Registry, after `KUBEFLOW`."""
    database: Path | None = None
    """The SQLite file of an embedded registry; None for a server."""

    @property
    def artifacts(self) -> Path | None:
        """The folder that holds an embedded registry's files; None for a server, which has its own place."""
        return self.database.with_name("artifacts") if self.database else None

    @property
    def shown(self) -> str:
        """The URI without a user name or password."""
        parts = urlsplit(self.uri)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else self.uri


def parse_address(registry: str) -> Address:
    """Read the registry argument: a folder, `sqlite:///FILE`, `http(s)://HOST`, or `kubeflow+http(s)://HOST`.

    Raises:
        SettingsError: it is empty, or of another form.
    """
    if not registry.strip():
        raise SettingsError(f"the registry is empty: {_HINT}")
    if registry.startswith(_SERVERS):
        if not urlsplit(registry).hostname:
            raise SettingsError(f"the registry {registry!r} names no host: {_HINT}")
        return Address(registry.rstrip("/"))
    if registry.startswith(_SQLITE) and registry != _SQLITE:
        return _embedded(Path(registry.removeprefix(_SQLITE)))
    if "://" in registry:
        raise SettingsError(f"the registry {registry!r} is of a kind that is not supported: {_HINT}")
    return _embedded(Path(registry) / "mlflow.db")


def _embedded(database: Path) -> Address:
    absolute = database.expanduser().resolve()
    return Address(f"{_SQLITE}{absolute}", absolute)
