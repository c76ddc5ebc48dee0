import socket

import pytest

from tests.cad.pictures import jpeg
from tests.cad.server import Server

HEAD = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"


@pytest.mark.parametrize("begun", [HEAD, CHUNKED], ids=["head", "trailers"])
def test_a_header_without_an_end_is_broken_off(server: Server, begun: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as line:
        line.sendall(begun + b"X-Long: ")
        with pytest.raises(OSError, match=r"Broken|reset"):
            line.sendall(b"x" * 100_000_000)


def test_a_long_header_and_a_long_body_are_read(server: Server) -> None:
    assert server.predict(jpeg(side=1500), headers={"X-Long": "x" * 60_000}).status_code == 200


def test_a_line_is_used_for_many_requests(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as line, line.makefile("rb") as answers:
        for _ in range(5):
            line.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 30_000 + b"\r\n\r\n")
            assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
            while answers.readline() != b"\r\n":
                pass
            answers.read(len(b'{"status":"ok"}'))
