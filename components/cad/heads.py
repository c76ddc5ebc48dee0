"""The heads of requests, bounded: they come before anybody can be asked who is calling."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 65_536


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's protocol, which by itself gathers a header (or what may come after a body) of any length."""

    _gathered = 0

    def data_received(self, data: bytes) -> None:
        """Read some bytes; break off where too many come that are of no body."""
        self._gathered += len(data)
        super().data_received(data)
        if self._gathered > MOST_BYTES:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._gathered = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A part of a body, which is bounded elsewhere, see `arrivals`."""
        self._gathered = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._gathered = 0
        super().on_message_complete()
