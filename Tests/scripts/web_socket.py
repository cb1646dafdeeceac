"""A WebSocket in the raw: it sends whatever frames a test likes, and reads what comes back. Python 3 standard library only."""

import os
import socket
import struct

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
KEY = "AAAAAAAAAAAAAAAAAAAAAA=="


def upgrade(address, path="/session", version="13", key=KEY, host=None, lines=()):
    """A request to become a WebSocket."""
    head = [f"GET {path} HTTP/1.1", f"Host: {host or address}", "Upgrade: websocket", "Connection: Upgrade"]
    head += [f"Sec-WebSocket-Key: {key}"] if key else []
    return "\r\n".join([*head, f"Sec-WebSocket-Version: {version}", *lines, "", ""]).encode()


def ask(address, request, seconds=10):
    """The status and the header lines of the answer to a request."""
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as connection:
        connection.sendall(request)
        status, *lines = read_head(connection.makefile("rb"))
        return int(status.split(" ")[1]), lines


def read_head(stream):
    lines = []
    while line := stream.readline().decode().strip():
        lines.append(line)
    return lines


class WebSocket:
    def __init__(self, address, seconds=10):
        host, _, port = address.rpartition(":")
        self.socket = socket.create_connection((host, int(port)), timeout=seconds)
        self.input = self.socket.makefile("rb")
        self.socket.sendall(upgrade(address))
        assert " 101 " in read_head(self.input)[0]

    def send(self, opcode, data=b"", fin=True):
        size = len(data)
        length = bytes([0x80 | size]) if size < 126 else struct.pack(">BH", 0xFE, size) if size < 65_536 else struct.pack(">BQ", 0xFF, size)
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[index & 3] for index, byte in enumerate(data))
        self.socket.sendall(bytes([(0x80 if fin else 0) | opcode]) + length + mask + masked)

    def receive(self):
        """The next frame, (opcode, data), or None at the end of the connection."""
        head = self.input.read(2)
        if len(head) < 2:
            return None
        assert head[0] & 0x80, "the server does not cut its messages"
        size = head[1]
        if size >= 126:
            size = int.from_bytes(self.input.read(2 if size == 126 else 8), "big")
        return head[0] & 0x0F, self.input.read(size)

    def close(self):
        self.input.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
