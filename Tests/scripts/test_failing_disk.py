"""A disk that gives errors is waited out: a library that is loaded into the servers makes calls on the journal's files fail."""

import contextlib
import json
import os
import signal
import struct
import unittest

from disk_library import COMPILER, disk_library
from orge_harness import READY_SECONDS, Server, binary, run, temporary_folder
from wire import COMMAND, OUTCOME, Client, command

ECHO = 0


class FailingDisk:
    """Decides which calls fail (see failing_disk.c)."""

    def __init__(self, path):
        self.path = path

    def fail(self, calls, count=0):
        temporary = self.path + ".new"
        with open(temporary, "w", encoding="ascii") as file:
            file.write(f"{calls} {count}\n")
        os.rename(temporary, self.path)

    def mend(self):
        os.unlink(self.path)

    @property
    def failures(self):
        with contextlib.suppress(FileNotFoundError), open(self.path + ".log", encoding="ascii") as file:
            return len(file.readlines())
        return 0


@contextlib.contextmanager
def failing_disk():
    with temporary_folder() as folder, disk_library(DISK_TEST_PLAN=os.path.join(folder, "plan")):
        yield FailingDisk(os.path.join(folder, "plan"))


def echo(sequence):
    return command(sequence, ECHO, struct.pack(">H", 32) + b"x" * 32)


def segments(server):
    return sorted(os.listdir(os.path.join(server.data, "worlds", "echo", "journal")))


class Talk:
    """A client that sends commands and expects each one's outcome, in order."""

    def __init__(self, test, client):
        self.test = test
        self.client = client
        self.next = client.join("echo").first_sequence

    def send(self):
        self.client.send(COMMAND, echo(self.next))
        self.next += 1

    def hear(self):
        """The outcome of the last one sent."""
        self.test.assertEqual(struct.unpack_from(">Q", self.client.expect(OUTCOME)[1])[0], self.next - 1)

    def exchange(self, count=1):
        for _ in range(count):
            self.send()
            self.hear()


@unittest.skipUnless(COMPILER, "no C compiler")
class FailingDiskTests(unittest.TestCase):
    def check_replay(self, server, commands):
        """A fresh process runs the journal again and comes to the same."""
        self.assertEqual(server.stop(), 0)
        code, output, errors = run([binary("echo-world"), "--replay", os.path.join(server.data, "worlds", "echo"), "--json"])
        self.assertEqual(code, 0, errors)
        summary = json.loads(output.splitlines()[-1])
        self.assertEqual((summary["ok"], summary["outcomes"]), (True, commands))

    def test_single_errors_cost_a_segment_and_nothing_else(self):
        with failing_disk() as disk, Server(["echo-world"]) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            talk = Talk(self, ada)
            talk.exchange()
            before = server.world("echo")
            for calls in ["s", "w", "s", "w"]:
                (count, failures) = (len(segments(server)), disk.failures)
                disk.fail(calls, 1)
                talk.exchange(3)
                self.assertEqual((len(segments(server)), disk.failures), (count + 1, failures + 1))
            after = server.world("echo")
            self.assertEqual((after["pid"], after["incarnation"], after["paused"]), (before["pid"], before["incarnation"], None))
            disk.mend()
            os.kill(after["pid"], signal.SIGKILL)
            talk.exchange(3)
            self.assertEqual(server.world("echo")["incarnation"], before["incarnation"] + 1)
            self.check_replay(server, 16)

    def test_a_disk_that_goes_on_failing_pauses_the_world_and_says_why_until_it_works(self):
        with failing_disk() as disk, Server(["echo-world"]) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            talk = Talk(self, ada)
            talk.exchange()
            before = server.world("echo")
            disk.fail("swc")
            talk.send()
            paused = server.wait_for_world("echo", lambda world: world["paused"] == "storage error", "is paused")
            self.assertIn("errno 5", paused["trouble"])
            self.assertEqual((paused["state"], paused["pid"]), ("ready", before["pid"]))
            disk.mend()
            talk.hear()
            works = server.wait_for_world("echo", lambda world: world["paused"] is None, "goes on")
            self.assertEqual((works["trouble"], works["pid"]), (None, before["pid"]))
            talk.exchange(3)
            self.check_replay(server, 5)

    def test_a_start_on_a_failing_disk_is_tried_until_it_works_and_never_given_up(self):
        with failing_disk() as disk, Server(["echo-world"]) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            talk = Talk(self, ada)
            talk.exchange()
            disk.fail("r")
            os.kill(server.world("echo")["pid"], signal.SIGKILL)
            talk.send()
            starts = 0
            while starts < 7:
                said = server.program.event(READY_SECONDS)
                self.assertNotEqual(said["event"], "failed")
                starts += said["event"] == "restarting" and "cannot read" in said["why"]
            paused = server.world("echo")
            self.assertEqual(paused["paused"], "storage error")
            self.assertIn("cannot read", paused["trouble"])
            disk.mend()
            talk.hear()
            self.check_replay(server, 2)

    def test_images_that_fail_are_told_and_the_world_goes_on(self):
        with failing_disk() as disk, Server(["echo-world"]) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            talk = Talk(self, ada)
            talk.exchange(2)
            disk.fail("i", 1)
            # The last image of an orderly stop.
            self.assertEqual(server.stop(), 0)
            self.assertEqual(disk.failures, 1)
            self.assertIn("an image was not written", "\n".join(server.program.errors))
            disk.mend()
            server.start()
            with Client(server.address, READY_SECONDS).log_in("ada") as again:
                Talk(self, again).exchange()


if __name__ == "__main__":
    unittest.main()
