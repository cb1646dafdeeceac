"""A full disk is waited out: on a small file system of its own, so that it is really full."""

import contextlib
import os
import select
import signal
import struct
import subprocess
import unittest

from orge_harness import READY_SECONDS, Server, binary, temporary_folder
from wire import COMMAND, CREDIT, OUTCOME, Client, command

MEBIBYTE = 1 << 20
ECHO = 0


@contextlib.contextmanager
def small_disk(mebibytes, keeps=()):
    """A folder that is a file system of this size, and has room for copies of these executables besides."""
    mebibytes += sum(-(-os.path.getsize(binary(name)) // MEBIBYTE) for name in keeps)
    with temporary_folder() as folder:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "orge-test", folder], check=True)
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", folder], check=True)


def can_mount():
    if os.geteuid() != 0:
        return False
    try:
        with small_disk(1):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


class Filler:
    """A file that takes all the room that is left, but so much."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "filler")

    def fill(self, leaves=0):
        status = os.statvfs(os.path.dirname(self.path))
        with open(self.path, "wb") as file:
            os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize - leaves)

    def free(self):
        os.unlink(self.path)


def echo(sequence):
    return command(sequence, ECHO, struct.pack(">H", 32) + b"x" * 32)


def outcome_sequences(client, count):
    return [struct.unpack_from(">Q", client.expect(OUTCOME)[1])[0] for _ in range(count)]


def send_until_paused(test, server, client, joined):
    """Fills the open segment, until the next one finds no room. Answers the first sequence without an outcome, and the first one that was not sent."""
    answered = sent = joined.first_sequence
    through = joined.through_sequence
    while True:
        while sent <= through:
            client.send(COMMAND, echo(sent))
            sent += 1
        if select.select([client.socket], [], [], 1)[0]:
            kind, body = client.expect(OUTCOME, CREDIT)
            if kind == CREDIT:
                through, = struct.unpack_from(">Q", body)
            else:
                test.assertEqual(struct.unpack_from(">Q", body)[0], answered)
                answered += 1
        elif server.world("echo")["paused"] == "storage":
            return answered, sent


@unittest.skipUnless(can_mount(), "mounting a small file system needs root")
class FullDiskTests(unittest.TestCase):
    # The first segment has 4 MiB, the second 8.
    def test_a_world_that_finds_no_room_waits_and_loses_nothing(self):
        with small_disk(24, ["echo-world"]) as disk, Server(["echo-world"], data=os.path.join(disk, "data"), options=["--disk-floor-mib", 0]) as server, \
                Client(server.address, READY_SECONDS).log_in("ada") as ada:
            before = server.world("echo")
            filler = Filler(disk)
            filler.fill()
            answered, sent = send_until_paused(self, server, ada, ada.join("echo"))
            self.assertEqual(server.world("echo")["state"], "ready")
            filler.free()
            self.assertEqual(outcome_sequences(ada, sent - answered), list(range(answered, sent)))
            server.wait_for_world("echo", lambda world: world["paused"] is None, "goes on")
            self.assertEqual(server.world("echo")["pid"], before["pid"])

    def test_a_host_that_dies_on_a_full_disk_is_started_until_there_is_room(self):
        with small_disk(12, ["echo-world"]) as disk, Server(["echo-world"], data=os.path.join(disk, "data"), options=["--disk-floor-mib", 0]) as server, \
                Client(server.address, READY_SECONDS).log_in("ada") as ada:
            joined = ada.join("echo")
            filler = Filler(disk)
            filler.fill()
            os.kill(server.world("echo")["pid"], signal.SIGKILL)
            ada.send(COMMAND, echo(joined.first_sequence))
            # More starts than a world may fail that dies for another reason.
            starts = 0
            while starts < 7:
                said = server.program.event(READY_SECONDS)
                self.assertNotEqual(said["event"], "world_failed")
                starts += said["event"] == "restarting" and "no room" in said["why"]
            self.assertEqual(server.world("echo")["paused"], "storage")
            filler.free()
            self.assertEqual(outcome_sequences(ada, 1), [joined.first_sequence])

    def test_a_world_pauses_before_the_disk_is_full(self):
        with small_disk(40, ["echo-world"]) as disk, Server(["echo-world"], data=os.path.join(disk, "data"), options=["--disk-floor-mib", 32]) as server, \
                Client(server.address, READY_SECONDS).log_in("ada") as ada:
            first = ada.join("echo").first_sequence
            filler = Filler(disk)
            filler.fill(leaves=4 * MEBIBYTE)
            server.wait_for_world("echo", lambda world: world["paused"] == "storage", "pauses")
            ada.send(COMMAND, echo(first))
            tick = server.world("echo")["tick"]
            filler.free()
            self.assertEqual(outcome_sequences(ada, 1), [first])
            server.wait_for_world("echo", lambda world: world["paused"] is None and world["tick"] > tick, "goes on")


if __name__ == "__main__":
    unittest.main()
