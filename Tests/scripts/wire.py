"""As much of the wire protocol (docs/protocol.md) as tests and benchmarks need to speak it byte by byte: a blocking client."""

import socket
import struct
import time
from dataclasses import dataclass

from orge_harness import ANSWER_SECONDS, HarnessError

HELLO, LOGIN, DESCRIBE, JOIN, COMMAND, INTENT, PING, AUDIT, LEAVE, KILL, RECEIVED = range(0x01, 0x0C)
WELCOME, WORLDS, SCHEMA, JOINED, JOIN_REFUSED, UPDATE, OUTCOME, EVENT, CREDIT, PONG, AUDIT_ANSWER, NOTICE, RECALLED = range(0x81, 0x8E)
CLOSE = 0xFF
LEFT, SERVER_STOPPING, FULL, MALFORMED, FRAME_TOO_LARGE, UNEXPECTED_FRAME, UNSUPPORTED_VERSION, HANDSHAKE_TIMEOUT, IDLE, BAD_NAME, BAD_SEQUENCE, \
    OVER_CREDIT, RATE_LIMITED, SLOW_READER, WORLD_FAILED, BAD_TOKEN, INTERNAL, LOGIN_REFUSED, \
    RESUMED_ELSEWHERE = range(1, 20)
NEVER = 0xFFFF_FFFF
NOT_RUNNING, ACCOUNT_IN_USE = 2, 4
HOST_AWAY, HOST_BACK, DILATED, STOPPING = range(1, 5)

# Frames of a session: their bodies begin with its index, which is 0 in this version.
OF_A_SESSION = {JOIN, COMMAND, INTENT, PING, AUDIT, LEAVE, KILL, RECEIVED,
                JOINED, JOIN_REFUSED, UPDATE, OUTCOME, EVENT, CREDIT, PONG, AUDIT_ANSWER, NOTICE, RECALLED}
# Extensions and what they say: of join, of joined (ticket), of joined and joinRefused.
RESUME, TICKET, RESUMPTION = 2, 1, 2
RESUMED, ENDED, UNKNOWN = 1, 2, 3
NO_EXTENSIONS = b"\0"

MAGIC = 0x4F524745
VERSION = 2
PLAYER, MONITOR = 1, 2
BOT_KIND = 4


def text(words):
    data = words.encode()
    return struct.pack(">H", len(data)) + data


def content(kind, body=b""):
    """Type and body of a frame, with the session's index where the type has one."""
    return bytes([kind, 0] if kind in OF_A_SESSION else [kind]) + body


def frame(kind, body=b""):
    """The frame as it goes over TCP."""
    data = content(kind, body)
    return struct.pack(">I", len(data)) + data


def hello(oldest=VERSION, newest=VERSION, magic=MAGIC, kind=BOT_KIND, software="test", extensions=NO_EXTENSIONS):
    return struct.pack(">IHHB", magic, oldest, newest, kind) + text(software) + extensions


def extensions(*entries):
    """The end of a frame that says more: (type, bytes) for each."""
    return bytes([len(entries)]) + b"".join(struct.pack(">HH", kind, len(data)) + data for kind, data in entries)


def login(name, method="guest", credential=b"", extensions=NO_EXTENSIONS):
    return text(name) + text(method) + struct.pack(">H", len(credential)) + credential + extensions


def join(world, role=PLAYER, schema_hash=0, extensions=NO_EXTENSIONS):
    return text(world) + struct.pack(">BQ", role, schema_hash) + extensions


def command(sequence, kind, payload, key=None):
    """With an idempotency key of 16 bytes, or without one."""
    return struct.pack(">BQH", 2 if key else 0, sequence, kind) + (key or b"") + payload


def intent(number, kind, payload):
    return struct.pack(">BIH", 0, number, kind) + payload


def varint(data, at):
    """The varint at a place, and where it ends."""
    value, shift = 0, 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


def update_tick(body):
    """The tick of an update, and where its entries begin (or the number of an intent, where its flags say so)."""
    return varint(body, 1)


@dataclass
class Joined:
    """The fields of a joined frame."""
    session: int
    avatar: int
    incarnation: int
    tick: int
    period_us: int
    first_sequence: int
    through_sequence: int
    through_byte: int
    role: int
    id_base: int
    extensions: dict

    @classmethod
    def parse(cls, body):
        layout = struct.Struct(">QQIQIQQQBQ")
        return cls(*layout.unpack_from(body), read_extensions(body[layout.size:]))

    @property
    def ticket(self):
        return self.extensions[TICKET]

    def resume(self, acknowledged=0, ticket=None, view=(0, 0)):
        """The extension of a join that asks for this session; view: the tick of the last whole update, and how many there were with it."""
        return RESUME, struct.pack(">Q16sQIQQHQI", self.session, ticket or self.ticket, acknowledged, self.incarnation, self.tick, self.tick, 0, *view)


def read_extensions(data):
    """{type: bytes}"""
    found, at = {}, 1
    for _ in range(data[0]):
        kind, length = struct.unpack_from(">HH", data, at)
        found[kind] = bytes(data[at + 4:at + 4 + length])
        at += 4 + length
    return found


def refusal(body):
    """Code, milliseconds to wait, and reason of a joinRefused."""
    code, _, retry_after_ms, length = struct.unpack_from(">BBIH", body)
    return code, retry_after_ms, body[8:8 + length].decode(errors="replace")


@dataclass
class Closed:
    """The fields of a close frame."""
    code: int
    retry_after_ms: int
    words: str

    @classmethod
    def parse(cls, body):
        code, retry_after, length = struct.unpack(">HIH", body[:8])
        return cls(code, retry_after, body[8:8 + length].decode())


class Client:
    """One TCP connection. Frames go out and come in whole; nothing is read ahead, so the socket can be handed on between frames."""

    def __init__(self, address, seconds=ANSWER_SECONDS, receive_buffer_bytes=None):
        host, _, port = address.rpartition(":")
        self.socket = socket.socket()
        self.socket.settimeout(seconds)
        if receive_buffer_bytes:
            # Before connecting: the window is agreed on then.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.connect((host, int(port)))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, kind, body=b""):
        self.socket.sendall(frame(kind, body))

    def send_raw(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next frame, (type, body without the session); None when the other side has closed."""
        head = self.exactly(4)
        if head is None:
            return None
        data = self.exactly(struct.unpack(">I", head)[0])
        return None if data is None else (data[0], data[2:] if data[0] in OF_A_SESSION else data[1:])

    def exactly(self, count):
        data = bytearray()
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                return None
            data += piece
        return bytes(data)

    def expect(self, *kinds):
        """The first frame of one of `kinds`; others are passed over, except that a close ends the wait with an error."""
        while True:
            received = self.receive()
            if received is None:
                raise HarnessError(f"the connection ended while waiting for {[hex(kind) for kind in kinds]}")
            kind, body = received
            if kind in kinds:
                return kind, body
            if kind == CLOSE:
                raise HarnessError(f"the server closed: {Closed.parse(body)}")

    def until_closed(self):
        """Reads to the close frame and answers it; None when the connection ends without one."""
        while (received := self.receive()) is not None:
            if received[0] == CLOSE:
                return Closed.parse(received[1])
        return None

    def log_in(self, name):
        self.send(HELLO, hello())
        self.send(LOGIN, login(name))
        self.expect(WORLDS)
        return self

    def join(self, world, role=PLAYER, schema_hash=0):
        """Joins, and answers the joined frame; raises with the server's reason when it refuses."""
        self.send(JOIN, join(world, role, schema_hash))
        kind, body = self.expect(JOINED, JOIN_REFUSED)
        if kind == JOIN_REFUSED:
            raise HarnessError(f"{world} refused: {refusal(body)}")
        return Joined.parse(body)

    def join_patiently(self, world, seconds=ANSWER_SECONDS):
        """Joins a world that is not there yet, or that still holds an earlier connection of this name: asks again when told to."""
        deadline = time.monotonic() + seconds
        while True:
            self.send(JOIN, join(world))
            kind, body = self.expect(JOINED, JOIN_REFUSED)
            if kind == JOINED:
                return Joined.parse(body)
            code, retry_after_ms, words = refusal(body)
            if code not in (NOT_RUNNING, ACCOUNT_IN_USE) or time.monotonic() > deadline:
                raise HarnessError(f"{world} refused: code {code}, {words}")
            # As long as the server says, but no faster than a second, which is the limit of joins.
            time.sleep(max(retry_after_ms / 1000, 1))

    def leave(self):
        """Goes in order: the next to come under this name need not wait."""
        self.send(LEAVE)
        closed = self.until_closed()
        self.close()
        return closed

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
