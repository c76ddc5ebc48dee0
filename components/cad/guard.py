"""Around every request: an id, safe headers, who is calling, what is counted, and an answer even where all fails."""

import hmac
import ipaddress
import logging
import time
import uuid
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components.cad.admission import RateLimit
from components.cad.metrics import Metrics
from components.cad.problems import ProblemError, response
from components.cad.records.prediction import MAXIMUM_NAME
from components.cad.settings import Access

log = logging.getLogger(__name__)

REQUEST_ID = "X-Request-ID"

# What the page needs and no more: nothing inline, nothing from elsewhere, in no other site's frame.
# https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Content-Security-Policy
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}

# Behind these lies something of patients or of the model's use; all else is the page, and whether the service lives.
_PROTECTED = ("/v1/", "/v2")
_HEALTH = ("/v2/health/",)

# What a caller makes up is counted together: labels must not grow without end.
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"})

_LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})


class Guard:
    """ASGI middleware, the outermost.

    Args:
        app: that is guarded.
        access: who may call.
        per_minute: requests of one client, see `RateLimit`.
        metrics: that requests are counted in.
    """

    def __init__(self, app: ASGIApp, access: Access, per_minute: int, metrics: Metrics) -> None:
        self._app, self._access, self._metrics = app, access, metrics
        self._networks = access.networks()
        self._rate = RateLimit(per_minute)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope["request_id"] = uuid.uuid4().hex
        began, status = time.perf_counter(), 0

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._dress(scope, message)
            await send(message)

        try:
            self._admit(scope)
            await self._app(scope, receive, answer)
        except ProblemError as error:
            await response(scope, error.code, error.detail, error.headers)(scope, receive, answer)
        except Exception as error:
            log.error("request %s failed", scope["request_id"], exc_info=error)
            if status:
                raise  # half an answer is out: all that is left is to break it off
            await response(scope, "internal_error", "the service's log says why")(scope, receive, answer)
        finally:
            self._count(scope, status, time.perf_counter() - began)

    def _dress(self, scope: Scope, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        for name, value in _HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Cache-Control", "no-store" if protected(scope["path"]) else "no-cache")
        headers[REQUEST_ID] = scope["request_id"]

    def _admit(self, scope: Scope) -> None:
        headers, client = Headers(scope=scope), (scope.get("client") or ("",))[0]
        self._refuse_strange_pages(scope, headers)
        if not protected(scope["path"]):
            return
        user = self._user(headers, client)
        if user is None and not self._access.open:
            self._rate.take(f"address {client}")
            raise ProblemError("unauthenticated", self._wanted(), {"WWW-Authenticate": "Bearer"})
        scope["user_name"] = user or None
        self._rate.take(f"user {user}" if user else f"address {client}")

    def _refuse_strange_pages(self, scope: Scope, headers: Headers) -> None:
        """Another site's page, open in the same browser, must not use the service in its user's name."""
        if scope["method"] not in ("GET", "HEAD") and headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            raise ProblemError("forbidden", "pages of other sites may not use the service")
        if not self._access.open:
            return
        # A name that leads here by another's doing is no name of this service.
        if _host(f"//{headers.get('host', '')}") not in _LOCAL_HOSTS:
            raise ProblemError("forbidden", "the service is to be called as localhost or 127.0.0.1")
        if (origin := headers.get("origin")) and origin.partition("://")[2] != headers["host"]:
            raise ProblemError("forbidden", "pages of other sites may not use the service")

    def _user(self, headers: Headers, client: str) -> str | None:
        """Name of the user; empty for one who has the token and no name; None for one who is not known."""
        access = self._access
        if access.user_header and self._trusted(client) and (name := headers.get(access.user_header, "").strip()):
            return name[:MAXIMUM_NAME]
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if (
            access.token
            and scheme.lower() == "bearer"
            and hmac.compare_digest(token.strip().encode(), access.token.encode())
        ):
            return ""
        return None

    def _trusted(self, client: str) -> bool:
        try:
            address = ipaddress.ip_address(client)
        except ValueError:
            return False
        return any(address in network for network in self._networks)

    def _wanted(self) -> str:
        ways = ["a bearer token"] * bool(self._access.token)
        ways += [f"the proxy's {self._access.user_header}"] * bool(self._access.user_header)
        return f"the request needs {' or '.join(ways)}"

    def _count(self, scope: Scope, status: int, seconds: float) -> None:
        path = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._metrics.requests.labels(path, method, str(status)).inc()
        if "problem" in scope:
            self._metrics.problems.labels(scope["problem"]).inc()
        self._metrics.seconds.labels(path).observe(seconds)
        if protected(scope["path"]):
            log.info("%s %s %s %d %.0f ms", scope["request_id"], method, path, status, 1000 * seconds)


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def protected(path: str) -> bool:
    """Whether a path asks who is calling, where the service asks at all."""
    return path.startswith(_PROTECTED) and not path.startswith(_HEALTH)
