"""The service's settings, checked before anything is loaded."""

import ipaddress
from dataclasses import dataclass, field
from pathlib import Path

from components.common.errors import SettingsError
from components.common.pictures import MAXIMUM_PIXELS

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_LOOPBACK = ("127.0.0.0/8", "::1/128")
_LEAST_TOKEN = 16


@dataclass(frozen=True)
class Limits:
    """What a request may ask of the service.

    Raises:
        SettingsError: one is not positive.
    """

    body_bytes: int = 32_000_000
    """Of a request's body."""
    image_bytes: int = 25_000_000
    image_pixels: int = 50_000_000
    images: int = 8
    """Of one lesion."""
    lesions: int = 16
    """Of one batch."""
    upload_seconds: float = 30.0
    """For a body to arrive."""
    request_seconds: float = 20.0
    """For an answer, once the body is here."""
    requests: int = 16
    """At work at once; more are refused with 429."""
    uploads: int = 128
    """Bodies on their way at once; of more the slowest is given up. All that are held have `requests` times
    `body_bytes` together, at most."""
    requests_per_minute: int = 120
    """Of one client, to the paths that ask who is calling; 0 does not count."""

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            if getattr(self, name) <= 0 and name != "requests_per_minute":
                raise SettingsError(f"{name} must be positive, not {getattr(self, name)}")
        if self.requests_per_minute < 0:
            raise SettingsError(f"requests_per_minute must be 0 or more, not {self.requests_per_minute}")
        if self.image_pixels > MAXIMUM_PIXELS:
            raise SettingsError(f"image_pixels must be at most {MAXIMUM_PIXELS}, not {self.image_pixels}")


@dataclass(frozen=True)
class Access:
    """Who may call.

    Raises:
        SettingsError: the address is open to others and nothing is asked of them, or a value is malformed.
    """

    host: str = "127.0.0.1"
    """Address to listen on."""
    token: str = field(default="", repr=False)
    """Bearer token that callers must have; empty for none."""
    user_header: str = ""
    """Header in which a trusted proxy (oauth2-proxy, Istio) names the user; empty for none."""
    proxies: tuple[str, ...] = _LOOPBACK
    """Networks from which that header is believed."""

    def __post_init__(self) -> None:
        if self.token and len(self.token) < _LEAST_TOKEN:
            raise SettingsError(f"the token has {len(self.token)} characters; {_LEAST_TOKEN} are the least")
        if not self.token.isascii() or any(letter.isspace() for letter in self.token):
            raise SettingsError("the token must be of ASCII characters without spaces")
        self.networks()
        if self.open and not self.local:
            raise SettingsError(
                f"the service would listen on {self.host} and ask nobody who they are: give token_file or user_header, "
                "or listen on 127.0.0.1"
            )

    @property
    def local(self) -> bool:
        """Whether only this machine can call."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def open(self) -> bool:
        """Whether nobody is asked who they are."""
        return not self.token and not self.user_header

    def networks(self) -> list[Network]:
        """The trusted proxies' networks."""
        try:
            return [ipaddress.ip_network(network) for network in self.proxies]
        except ValueError as error:
            raise SettingsError(f"trusted_proxies must be networks such as 10.0.0.0/8: {error}") from error


@dataclass(frozen=True)
class CadSettings:
    """All of them.

    Raises:
        SettingsError: a value is out of its range.
    """

    records: str
    """Where predictions are recorded: SQLAlchemy's URL of a SQLite file or a PostgreSQL database."""
    limits: Limits = Limits()
    access: Access = Access()
    cores: int = 0
    """That the model may use; 0 takes all."""
    batch_size: int = 16
    """Pictures that the model looks at in one go, at most."""
    batch_seconds: float = 0.003
    """How long a picture waits for others that are being decoded."""
    poll_seconds: float = 30.0
    """Between looks for a new champion."""
    keep_images: Path | None = None
    """Folder that the images are kept in, by the SHA-256 of their bytes, but no DICOM file; None keeps none."""

    def __post_init__(self) -> None:
        for name in ("batch_size", "poll_seconds"):
            if getattr(self, name) <= 0:
                raise SettingsError(f"{name} must be positive, not {getattr(self, name)}")
        for name in ("cores", "batch_seconds"):
            if getattr(self, name) < 0:
                raise SettingsError(f"{name} must be 0 or more, not {getattr(self, name)}")
