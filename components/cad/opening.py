"""A server that shows its page in a browser, once it serves it."""

import os
import socket
import sys
import threading
import webbrowser
from collections.abc import Mapping

import uvicorn


class OpeningServer(uvicorn.Server):
    """Opens its page, where there is a desktop."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then open the page."""
        await super().startup(sockets)
        if self.started and has_desktop(sys.platform, os.environ):
            page = page_at(self.config.host, self.config.port)
            threading.Thread(target=webbrowser.open, args=[page], daemon=True).start()


def has_desktop(platform: str, environment: Mapping[str, str]) -> bool:
    """Whether a browser has a place to be shown; else `webbrowser` would fill the terminal with one of text."""
    return platform != "linux" or any(map(environment.get, ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")))


def page_at(host: str, port: int) -> str:
    """The page's address for a browser on the same machine.

    Args:
        host: that the server listens on.
        port: of the same.
    """
    reached = "localhost" if host in ("0.0.0.0", "::") else host
    return f"http://{f'[{reached}]' if ':' in reached else reached}:{port}/"
