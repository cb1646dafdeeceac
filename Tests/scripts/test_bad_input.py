"""Bytes that no client should send: each costs its sender the connection, with the right reason, and has no effect on other clients."""

import os
import random
import signal
import socket
import struct
import unittest

from orge_harness import Server, binary, run, wait_until
from web_socket import BINARY, CLOSE as CLOSE_FRAME, CONTINUATION, PING as PING_FRAME, PONG as PONG_FRAME, TEXT, WebSocket, ask, upgrade
from wire import (AUDIT, AUDIT_ANSWER, BAD_NAME, BAD_SEQUENCE, BAD_TOKEN, CLOSE, COMMAND, FRAME_TOO_LARGE, HANDSHAKE_TIMEOUT, HELLO, INTENT, JOIN, KILL,
                  LOGIN, LOGIN_REFUSED,
                  MALFORMED, MONITOR, NEVER, OUTCOME, OVER_CREDIT, PING, RATE_LIMITED, UNEXPECTED_FRAME, UNSUPPORTED_VERSION, WELCOME, WORLDS,
                  Client, Closed, command, extensions, frame, hello, intent, join, login)

PUT = 0  # the one command of Tests/KindsWorld
NAN = bytes.fromhex("7ff8000000000000")
OTHER_NAN = bytes.fromhex("7ff8000000000001")
APPLIED, REFUSED, RULE_BROKEN, MALFORMED_REFUSAL = 0, 1, 7, 10


def put(flag=0, shade=1, numbers=(), words=b"", measure=bytes(8)):
    """The payload of a put, with room for what is wrong."""
    return bytes([flag, shade]) + struct.pack(">H", len(numbers)) + b"".join(struct.pack(">H", number) for number in numbers) \
        + struct.pack(">H", len(words)) + words + measure


# Before anything: (what, bytes, code of the close).
AT_THE_DOOR = [
    ("an empty frame", struct.pack(">I", 0), FRAME_TOO_LARGE),
    ("a frame over the limit", struct.pack(">I", 16_385) + b"x", FRAME_TOO_LARGE),
    ("the largest size there is", b"\xff" * 4, FRAME_TOO_LARGE),
    ("a type that does not exist", frame(0x0B), MALFORMED),
    ("a type that would be skipped, before the hello", frame(0x60), UNEXPECTED_FRAME),
    ("a server's frame", frame(0x84, bytes(66)), MALFORMED),
    ("a wrong magic", frame(HELLO, hello(magic=0x4F524746)), MALFORMED),
    ("a hello cut short", frame(HELLO, hello()[:5]), MALFORMED),
    ("versions from the future", frame(HELLO, hello(oldest=200, newest=300)), UNSUPPORTED_VERSION),
    ("a hello of version 1", frame(HELLO, hello(oldest=1, newest=1)[:-1]), UNSUPPORTED_VERSION),
    ("no update encoding in common", frame(HELLO, hello(extensions=extensions((1, b"\0\2\0\x63")))), UNSUPPORTED_VERSION),
    ("a hello without its extensions", frame(HELLO, hello(extensions=b"")), MALFORMED),
    ("too many extensions", frame(HELLO, hello(extensions=extensions(*((kind, b"") for kind in range(9, 26))))), MALFORMED),
    ("an extension that is too long", frame(HELLO, hello(extensions=extensions((9, bytes(513))))), MALFORMED),
    ("an extension that is cut", frame(HELLO, hello(extensions=b"\1\0\7\0\5abcd")), MALFORMED),
    ("an extension twice", frame(HELLO, hello(extensions=extensions((9, b""), (9, b"")))), MALFORMED),
    ("capabilities of an odd length", frame(HELLO, hello(extensions=extensions((1, b"\0\1\0")))), MALFORMED),
    ("versions the wrong way round", frame(HELLO, hello(oldest=2, newest=1)), MALFORMED),
    ("a kind of client that does not exist", frame(HELLO, hello(kind=99)), MALFORMED),
    ("software that is no text", frame(HELLO, hello()[:9] + b"\0\2\xc3\x28"), MALFORMED),
    ("a login before the hello", frame(LOGIN, login("ada")), UNEXPECTED_FRAME),
    ("a command before the hello", frame(COMMAND, command(1, 0, b"")), UNEXPECTED_FRAME),
    ("a second hello", frame(HELLO, hello()) * 2, UNEXPECTED_FRAME),
    ("a join without a login", frame(HELLO, hello()) + frame(JOIN, join("kinds")), UNEXPECTED_FRAME),
    ("a login with bytes left over", frame(HELLO, hello()) + frame(LOGIN, login("ada") + b"x"), MALFORMED),
    ("a login method that does not exist", frame(HELLO, hello()) + frame(LOGIN, login("ada", "fingerprint", b"\1")), LOGIN_REFUSED),
    ("a guest with a credential", frame(HELLO, hello()) + frame(LOGIN, login("ada", credential=b"secret")), LOGIN_REFUSED),
    ("a credential over its limit", frame(HELLO, hello()) + frame(LOGIN, login("ada", credential=bytes(4_097))), MALFORMED),
    ("a method over its limit", frame(HELLO, hello()) + frame(LOGIN, login("ada", "m" * 33)), MALFORMED),
    ("an empty name", frame(HELLO, hello()) + frame(LOGIN, login("")), BAD_NAME),
    ("a name with a blank", frame(HELLO, hello()) + frame(LOGIN, login("a b")), BAD_NAME),
    ("a name that is too long", frame(HELLO, hello()) + frame(LOGIN, login("x" * 33)), BAD_NAME),
    ("a name that is no text", frame(HELLO, hello()) + frame(LOGIN, b"\0\2\xc3\x28\0\5guest\0\0\0"), MALFORMED),
]

# After joining, as the payload of a command: (what, payload, code of the close).
IN_THE_WORLD = [
    ("a bool of 2", put(flag=2), MALFORMED),
    ("a choice out of range", put(shade=3), MALFORMED),
    ("a count over the capacity", put(numbers=range(5)), MALFORMED),
    ("a text over the capacity", put(words=b"123456789"), MALFORMED),
    ("broken UTF-8", put(words=b"\xc3\x28"), MALFORMED),
    ("UTF-8 cut short", put(words=b"\xe2\x82"), MALFORMED),
    ("another NaN than the one", put(measure=OTHER_NAN), MALFORMED),
    ("a payload cut short", put()[:-1], MALFORMED),
    ("no payload", b"", MALFORMED),
    ("bytes left over", put() + b"x", MALFORMED),
    ("a count beyond the frame", b"\0\1\0\4\0\1", MALFORMED),
]

# After joining: (what, bytes, code of the close).
OUT_OF_ORDER = [
    ("a command cut short", frame(COMMAND, b"\0" * 10), MALFORMED),
    ("a command of another session", struct.pack(">IBB", 13, COMMAND, 1) + command(1, PUT, b""), MALFORMED),
    ("a command with a flag that means nothing", frame(COMMAND, b"\1" + command(1, PUT, put())[1:]), MALFORMED),
    ("an intent without a number", frame(INTENT, intent(0, 0, b"")), BAD_SEQUENCE),
    ("a hello", frame(HELLO, hello()), UNEXPECTED_FRAME),
    ("a login", frame(LOGIN, login("ada")), UNEXPECTED_FRAME),
    ("a second join", frame(JOIN, join("kinds")), UNEXPECTED_FRAME),
    ("a ping with bytes left over", frame(PING, bytes(9)), MALFORMED),
    ("an intent that does not exist", frame(INTENT, intent(1, 0, b"")), MALFORMED),
    ("a size of 0", struct.pack(">I", 0), FRAME_TOO_LARGE),
    ("a frame over the limit", struct.pack(">I", 1 << 20), FRAME_TOO_LARGE),
    ("a kill where there is no development", frame(KILL, bytes(16)), BAD_TOKEN),
    ("pings without end", frame(PING, bytes(8)) * 64, RATE_LIMITED),
    ("audits without end", frame(AUDIT, bytes(4)) * 8, RATE_LIMITED),
]


# Of the six commands of `assert_refused_until_the_third` all but the last, which closes, have their outcome in the journal: four refused, one applied.
SEALED_OF_EACH = 5


class BadInputTests(unittest.TestCase):
    """One server for all: its worlds must be as good at the end as at the beginning."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Server(["kinds-world", "ledger"]))

    def setUp(self):
        """A bystander in the world, which everything must leave alone."""
        self.bystander = Client(self.server.address).log_in(f"bystander-{os.urandom(4).hex()}")
        self.addCleanup(self.bystander.close)
        self.next_sequence = self.bystander.join("kinds").first_sequence
        self.hash_of_ledger = self.server.wait_for_world("ledger", lambda world: world["hash"], "its first report")["hash"]
        self.pids = self.server.processes()

    def tearDown(self):
        """The bystander is served as before, no process has died, and the Ledger's state is what it was."""
        self.bystander.send(COMMAND, command(self.next_sequence, PUT, put()))
        _, outcome = self.bystander.expect(OUTCOME)
        self.assertEqual((struct.unpack(">Q", outcome[:8])[0], outcome[16]), (self.next_sequence, APPLIED))
        self.bystander.leave()
        self.assertEqual(self.server.processes(), self.pids)
        ledger = self.server.world("ledger")
        self.assertEqual((ledger["hash"], ledger["incarnation"]), (self.hash_of_ledger, 1))

    def assert_closed(self, client, code):
        closed = client.until_closed()
        self.assertIsNotNone(closed, "the connection ended without a close")
        codes = code if isinstance(code, tuple) else (code,)
        self.assertIn(closed.code, codes, closed)
        self.assertEqual(closed.retry_after_ms, 1_000 if closed.code == RATE_LIMITED else NEVER, closed)
        self.assertIsNone(client.receive(), "something came after the close")

    def mallory(self):
        """A client that is in, and its first sequence."""
        client = Client(self.server.address).log_in(f"mallory-{os.urandom(4).hex()}")
        self.addCleanup(client.close)
        return client, client.join("kinds").first_sequence

    def test_what_is_wrong_at_the_door_is_answered_with_its_reason(self):
        for what, data, code in AT_THE_DOOR:
            with self.subTest(what), Client(self.server.address) as client:
                client.send_raw(data)
                self.assert_closed(client, code)

    def test_payloads_that_are_no_rows_are_refused_and_never_reach_the_world(self):
        before, commands, sealed = self.marks(), self.commands_of("mallory"), 0
        for what, payload, code in IN_THE_WORLD:
            with self.subTest(what):
                client, sequence = self.mallory()
                self.assert_refused_until_the_third(client, sequence, PUT, payload, code)
                sealed += SEALED_OF_EACH
        self.assertEqual(self.commands_of("mallory") - commands, sealed)
        self.assertEqual([mark for mark in self.marks() if mark in before], before)

    def test_frames_out_of_order_are_answered_with_their_reason(self):
        for what, data, code in OUT_OF_ORDER:
            with self.subTest(what):
                client, _ = self.mallory()
                client.send_raw(data)
                self.assert_closed(client, code)

    def test_a_sequence_that_is_not_the_next_is_a_bad_sequence(self):
        for skip in (-1, 1, 1 << 40):
            with self.subTest(skip=skip):
                client, sequence = self.mallory()
                client.send(COMMAND, command((sequence + skip) % (1 << 64), PUT, put()))
                self.assert_closed(client, BAD_SEQUENCE)

    def assert_refused_until_the_third(self, client, sequence, kind, payload, code):
        """Malformed commands are refused in their place of the sequence; the third without a well-formed one between them closes."""
        for number, is_good in enumerate([False, False, True, False, False]):
            client.send(COMMAND, command(sequence + number, PUT, put()) if is_good else command(sequence + number, kind, payload))
            _, outcome = client.expect(OUTCOME)
            self.assertEqual(struct.unpack(">Q", outcome[:8])[0], sequence + number)
            self.assertEqual(tuple(outcome[16:18]) if not is_good else outcome[16], (REFUSED, MALFORMED_REFUSAL) if not is_good else APPLIED)
        client.send(COMMAND, command(sequence + 5, kind, payload))
        self.assert_closed(client, code)

    def test_a_command_that_does_not_exist_is_malformed(self):
        client, sequence = self.mallory()
        self.assert_refused_until_the_third(client, sequence, 99, put(), MALFORMED)

    def test_a_value_against_its_rule_is_refused_and_the_connection_stays(self):
        client, sequence = self.mallory()
        client.send(COMMAND, command(sequence, PUT, put(measure=NAN)))
        client.send(COMMAND, command(sequence + 1, PUT, put()))
        _, refused = client.expect(OUTCOME)
        self.assertEqual(tuple(refused[16:18]), (REFUSED, RULE_BROKEN))
        self.assertIn(b"measure", refused[18:])
        _, applied = client.expect(OUTCOME)
        self.assertEqual(applied[16], APPLIED)
        client.leave()

    def test_a_monitor_gives_no_commands(self):
        with Client(self.server.address).log_in("monitor") as client:
            client.join("kinds", role=MONITOR)
            client.send(COMMAND, command(1, PUT, put()))
            self.assert_closed(client, UNEXPECTED_FRAME)

    def test_more_commands_than_granted_are_over_credit(self):
        client, sequence = self.mallory()
        # A world that stands still answers nothing, so that no credit comes back meanwhile.
        pid = self.server.world("kinds")["pid"]
        os.kill(pid, signal.SIGSTOP)
        try:
            client.send_raw(b"".join(frame(COMMAND, command(sequence + index, PUT, put())) for index in range(257)))
            self.assert_closed(client, OVER_CREDIT)
        finally:
            os.kill(pid, signal.SIGCONT)

    def test_random_frames_end_with_a_close(self):
        seed = int(os.environ.get("ORGE_SEED", random.SystemRandom().randrange(1 << 32)))
        source = random.Random(seed)
        for number in range(100):
            with self.subTest(ORGE_SEED=seed, number=number), Client(self.server.address) as client:
                if source.random() < 0.5:
                    client.send(HELLO, hello())
                if source.random() < 0.3:
                    client.send(LOGIN, login(f"noise-{number}"))
                # The last one no server can take, so that there is always an end.
                frames = [frame(source.randrange(256), source.randbytes(source.randrange(64))) for _ in range(source.randrange(1, 8))]
                try:
                    client.send_raw(b"".join(frames) + struct.pack(">I", 0))
                    self.assertIsNotNone(client.until_closed())
                except (ConnectionResetError, BrokenPipeError):
                    pass  # what was sent after the server had closed came back as a reset

    def test_who_hangs_up_in_the_middle_of_a_frame_is_forgotten(self):
        for data in [b"\0", struct.pack(">I", 100) + b"\1", frame(HELLO, hello())[:-1]]:
            with Client(self.server.address) as client:
                client.send_raw(data)
                client.socket.shutdown(socket.SHUT_WR)
                self.assertIsNone(client.until_closed())
        client, sequence = self.mallory()
        client.send_raw(frame(COMMAND, command(sequence, PUT, put()))[:-1])
        client.close()
        wait_until(lambda: self.server.edge()["clients"] == 1, "only the bystander is left")

    def test_who_says_nothing_is_let_go(self):
        with Client(self.server.address) as client:
            closed = client.until_closed()
            self.assertEqual((closed.code, closed.retry_after_ms), (HANDSHAKE_TIMEOUT, 0))

    def test_only_a_right_upgrade_from_our_own_page_opens_a_session(self):
        address = self.server.address
        port = address.rpartition(":")[2]
        for what, request, status in [
            ("a program", upgrade(address), 101),
            ("our own page", upgrade(address, lines=["Origin: http://" + address]), 101),
            ("our own page by another name", upgrade(address, host=f"localhost:{port}", lines=[f"Origin: http://localhost:{port}"]), 101),
            ("a page of another site", upgrade(address, lines=["Origin: http://elsewhere.example"]), 403),
            ("a page without an origin of its own", upgrade(address, lines=["Origin: null"]), 403),
            ("another host's name", upgrade(address, host=f"elsewhere.example:{port}"), 403),
            ("our name without its port", upgrade(address, host="127.0.0.1"), 403),
            ("another path", upgrade(address, path="/elsewhere"), 404),
            ("a path with a query", upgrade(address, path="/session?x=1"), 404),
            ("another method", upgrade(address).replace(b"GET", b"POST", 1), 405),
            ("another version", upgrade(address, version="8"), 426),
            ("no key", upgrade(address, key=None), 426),
            ("no upgrade", f"GET /session HTTP/1.1\r\nHost: {address}\r\n\r\n".encode(), 426),
        ]:
            with self.subTest(what):
                found, lines = ask(address, request)
                self.assertEqual(found, status)
                self.assertEqual("Sec-WebSocket-Version: 13" in lines, status == 426, lines)

    def test_a_web_socket_carries_frames_in_binary_messages_whole_or_in_pieces(self):
        with WebSocket(self.server.address) as client:
            data = bytes([HELLO]) + hello()
            client.send(BINARY, data[:3], fin=False)
            client.send(PING_FRAME, b"are you there")
            client.send(CONTINUATION, data[3:], fin=False)
            client.send(CONTINUATION, b"")
            self.assertEqual(client.receive(), (PONG_FRAME, b"are you there"))
            opcode, welcome = client.receive()
            self.assertEqual((opcode, welcome[0]), (BINARY, WELCOME))
            client.send(BINARY, bytes([LOGIN]) + login("ada"))
            self.assertEqual(client.receive()[1][0], WORLDS)
            client.send(CLOSE_FRAME, struct.pack(">H", 1000))
            self.assertEqual(client.receive(), (CLOSE_FRAME, struct.pack(">H", 1000)))
            self.assertIsNone(client.receive())

    def test_messages_that_are_no_frames_are_answered_with_their_reason_and_a_status(self):
        largest = bytes(16_384)
        for what, pieces, code, status in [
            ("a text message", [(TEXT, b"hello", True)], MALFORMED, 1003),
            ("an empty message", [(BINARY, b"", True)], FRAME_TOO_LARGE, 1000),
            ("the largest message, of zeros", [(BINARY, largest, True)], MALFORMED, 1000),
            ("a message over the limit", [(BINARY, largest + b"x", True)], FRAME_TOO_LARGE, 1009),
            ("pieces over the limit", [(BINARY, largest, False), (CONTINUATION, b"x", False)], FRAME_TOO_LARGE, 1009),
            ("the rest of nothing", [(CONTINUATION, b"x", True)], MALFORMED, 1002),
            ("a message inside of another", [(BINARY, b"x", False), (BINARY, b"x", True)], MALFORMED, 1002),
            ("an empty piece but the last", [(BINARY, b"x", False), (CONTINUATION, b"", False)], MALFORMED, 1002),
            ("a ping in pieces", [(PING_FRAME, b"x", False)], MALFORMED, 1002),
        ]:
            with self.subTest(what), WebSocket(self.server.address) as client:
                for opcode, data, fin in pieces:
                    client.send(opcode, data, fin)
                opcode, data = client.receive()
                self.assertEqual((opcode, data[0]), (BINARY, CLOSE))
                closed = Closed.parse(data[1:])
                self.assertEqual((closed.code, closed.retry_after_ms), (code, NEVER), closed)
                self.assertEqual(client.receive(), (CLOSE_FRAME, struct.pack(">H", status)))
                client.send(CLOSE_FRAME, struct.pack(">H", status))
                self.assertIsNone(client.receive())

    def marks(self):
        """Every row of the world as a monitor's audit has it: (entity, component, value hash)."""
        with Client(self.server.address).log_in(f"auditor-{os.urandom(4).hex()}") as client:
            client.join("kinds", role=MONITOR)
            client.send(AUDIT, struct.pack(">I", 1))
            rows, more = [], True
            while more:
                _, body = client.expect(AUDIT_ANSWER)
                more = body[12] & 1
                rows += [body[at:at + 18] for at in range(13, len(body), 19)]
            client.leave()
        return rows

    def commands_of(self, account):
        """How many commands of accounts with such names the journal has."""
        code, output, errors = run([binary("kinds-world"), "--replay", os.path.join(self.server.data, "worlds", "kinds"), "--json"])
        self.assertEqual(code, 0, errors)
        return sum(f'"account":"{account}' in line for line in output.splitlines())


if __name__ == "__main__":
    unittest.main()
