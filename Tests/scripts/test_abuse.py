"""Hostile clients: what they do may cost them their own connections, and has no effect on other clients."""

import base64
import contextlib
import json
import os
import re
import resource
import socket
import struct
import subprocess
import unittest

import procfs
from orge_harness import Server, binary, run, wait_until
from wire import CLOSE, COMMAND, EVENT, HELLO, LOGIN, MALFORMED, OUTCOME, PING, PONG, RATE_LIMITED, Client, Closed, command, hello, login, text

BINARY, CONTINUATION, PING_FRAME = 0x2, 0x0, 0x9
# 256 that have not logged in and 1,024 that are being closed; beside them the few of the test and of the server itself.
STRANGER_DESCRIPTORS = 256 + 1024 + 64
# Growth that says nothing; the flood is three times as large.
NOISE_BYTES = 8 << 20


def web_frame(opcode, data=b"", is_last=True, mask=b"\1\2\3\4", reserved=0):
    size = len(data)
    head = bytes([(0x80 if is_last else 0) | reserved | opcode])
    flag = 0x80 if mask else 0
    head += bytes([flag | size]) if size < 126 else bytes([flag | 126]) + struct.pack(">H", size)
    if not mask:
        return head + data
    return head + mask + bytes(byte ^ mask[index & 3] for index, byte in enumerate(data))


class WebClient:
    """A WebSocket to the server's session, byte by byte."""

    def __init__(self, server, receive_buffer_bytes=None):
        self.socket = socket.socket()
        self.socket.settimeout(30)
        if receive_buffer_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        self.socket.connect((server.host, server.port))
        key = base64.b64encode(os.urandom(16)).decode()
        lines = ["GET /session HTTP/1.1", f"Host: {server.address}", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 f"Sec-WebSocket-Key: {key}", "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.socket.recv(1)
        assert answer.startswith(b"HTTP/1.1 101"), answer

    def send(self, data):
        self.socket.sendall(data)

    def close_code(self):
        """The code of the server's close frame; None when the connection ends without one."""
        data = bytearray()
        with contextlib.suppress(ConnectionResetError):
            while piece := self.socket.recv(1 << 16):
                data += piece
        while len(data) >= 2:
            size, start = data[1], 2
            if size == 126:
                size, start = struct.unpack_from(">H", data, 2)[0], 4
            body = data[start:start + size]
            if data[0] & 0x0F == BINARY and body and body[0] == CLOSE:
                return Closed.parse(bytes(body[1:])).code
            del data[:start + size]
        return None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()


@contextlib.contextmanager
def many_descriptors():
    """As many open connections as this user may have: the soft limit is often 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class FloodTests(unittest.TestCase):
    def test_silent_connections_and_half_requests_push_out_only_each_other(self):
        with Server(["meadow"]) as server, contextlib.ExitStack() as cleanup:
            cleanup.enter_context(many_descriptors())
            edge = server.edge()["pid"]
            before = descriptors(edge)
            resident = cleanup.enter_context(Client(server.address).log_in("resident"))
            resident.join("meadow")
            for index in range(1_500):
                silent = cleanup.enter_context(socket.create_connection((server.host, server.port)))
                if index % 2:
                    silent.sendall(b"GET ")
                if index % 100 == 0:
                    self.assertLess(descriptors(edge), before + STRANGER_DESCRIPTORS)
                    with Client(server.address).log_in(f"guest-{index}") as guest:
                        guest.leave()
            resident.send(PING, bytes(8))
            resident.expect(PONG)
            wait_until(lambda: descriptors(edge) <= before + 1, "the descriptors of all strangers")

    def test_with_few_descriptors_the_server_serves_few_and_keeps_its_worlds(self):
        with FewDescriptors(["meadow"]) as server, contextlib.ExitStack() as cleanup:
            resident = cleanup.enter_context(Client(server.address).log_in("resident"))
            joined = resident.join("meadow")
            for _ in range(200):
                cleanup.enter_context(socket.create_connection((server.host, server.port))).sendall(b"GET ")
            server.kill_host("meadow")
            server.wait_for_world("meadow", lambda world: world["incarnation"] > joined.incarnation and world["state"] == "ready", "is back")
            # Its outcome comes through a link that was made while every place for a client was taken.
            resident.send(COMMAND, command(joined.first_sequence, 1, b"\1"))
            resident.expect(OUTCOME)
            cleanup.close()
            wait_until(lambda: server.edge()["clients"] == 0, "the end of the flood")
            with Client(server.address).log_in("next") as following:
                following.leave()

    def test_pings_of_a_web_socket_are_limited_and_cost_no_memory(self):
        with Server(["meadow"]) as server:
            edge = server.edge()["pid"]
            before = procfs.private_bytes(edge)
            with WebClient(server, receive_buffer_bytes=4096) as client:
                client.send(web_frame(BINARY, bytes([HELLO]) + hello()) + web_frame(BINARY, bytes([LOGIN]) + login("pinger")))
                flood = web_frame(PING_FRAME, b"x" * 125) * 1_000
                with contextlib.suppress(ConnectionError):
                    for _ in range(200):
                        client.send(flood)
                self.assertIn(client.close_code(), (RATE_LIMITED, None))
            wait_until(lambda: server.edge()["clients"] == 0, "the end of the one who pings")
            self.assertLess(procfs.private_bytes(edge) - before, NOISE_BYTES)
            with WebClient(server) as client:
                client.send(b"".join(web_frame(PING_FRAME) for _ in range(40)))
                self.assertEqual(client.close_code(), RATE_LIMITED)

    def test_messages_against_the_rules_of_web_sockets_end_the_connection(self):
        greeting = bytes([HELLO]) + hello()
        with Server(["ledger"]) as server:
            for what, data in [
                    ("no mask", web_frame(BINARY, greeting, mask=None)), ("a reserved bit", web_frame(BINARY, greeting, reserved=0x40)),
                    ("empty pieces", web_frame(BINARY, b"x", is_last=False) + web_frame(CONTINUATION, b"", is_last=False))]:
                with self.subTest(what), WebClient(server) as client:
                    client.send(data)
                    self.assertEqual(client.close_code(), MALFORMED)


class TerminalTests(unittest.TestCase):
    def test_what_is_said_does_not_steer_the_terminal_of_who_watches(self):
        with Server(["meadow"]) as server:
            words = [binary("orge"), "watch", "--connect", server.address, "--world", "meadow", "--rows", "--seconds", "4"]
            with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL) as watch:
                wait_until(lambda: server.edge()["clients"] == 1, "the one who watches")
                with Client(server.address).log_in("painter") as painter:
                    sequence = painter.join("meadow").first_sequence
                    painter.send(COMMAND, command(sequence, 0, text("\x1b]0;owned\x07\x9b2J\u202e\r\n")))
                    painter.expect(EVENT)
                    output = watch.communicate(timeout=60)[0].decode()
            self.assertEqual(server.stop(), 0)
            replay, as_json = (run([binary("meadow"), "--replay", server.data, *options])[1] for options in ([], ["--json"]))
        for shown in (output, replay):
            self.assertIn(r"\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{d}\u{a}", shown)
        self.assertEqual(json.loads(as_json.splitlines()[0])["fields"]["text"], "\x1b]0;owned\x07\x9b2J\u202e\r\n")
        for shown in (output, replay, as_json):
            self.assertEqual(re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", shown), [])


class FewDescriptors(Server):
    """A server that may have 80 descriptors open in each process."""

    def start(self):
        limit = ["prlimit", "--nofile=80:80"]
        words = [*limit, binary("orge"), "serve", "--json", "--data", self.data, "--port", "0"]
        for world in self.worlds:
            words += ["--world", binary(world)]
        return self.run_program(words)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


if __name__ == "__main__":
    unittest.main()
