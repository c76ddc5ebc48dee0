"""A server that shows its page in a browser, once it serves it."""

import os
import socket
import sys
import threading
import webbrowser

import uvicorn

_DISPLAYS = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")


class OpeningServer(uvicorn.Server):
    """Opens its page where there is a desktop; elsewhere `webbrowser` would fill the terminal with a text browser.

    Args:
        config: of the server.
        page: address to open.
    """

    def __init__(self, config: uvicorn.Config, page: str) -> None:
        super().__init__(config)
        self._page = page

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then open the page."""
        await super().startup(sockets)
        if self.started and (sys.platform != "linux" or any(map(os.environ.get, _DISPLAYS))):
            threading.Thread(target=webbrowser.open, args=[self._page], daemon=True).start()
