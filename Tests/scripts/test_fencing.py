"""Two servers on one world's folder, where the lock does not hold: one of them finds the other, and no answer is lost."""

import json
import os
import shutil
import signal
import struct
import unittest

from disk_library import COMPILER, disk_library
from orge_harness import READY_SECONDS, HarnessError, Program, Server, binary, run, temporary_folder, wait_until
from procfs import stat_fields, tree
from wire import OUTCOME, Client
from test_failing_disk import Talk

WORLD = "echo"
PROGRAM = "echo-world"


def world_folder(data):
    return os.path.join(data, "worlds", WORLD)


def twin(place, server):
    """A second data folder whose world is the first one's, and the lock's file gone: what a second server meets on a folder whose locks do not hold."""
    data = os.path.join(place, "twin")
    os.makedirs(os.path.join(data, "worlds"))
    os.symlink(world_folder(server.data), os.path.join(data, "worlds", WORLD))
    shutil.copy(os.path.join(server.data, "universe.json"), data)
    os.unlink(os.path.join(world_folder(server.data), "lock"))
    return data


def serve(data):
    return Program([binary("orge"), "serve", "--json", "--data", data, "--port", 0, "--world", binary(PROGRAM)])


def outcomes(data):
    """How many commands the journal holds, as a fresh process runs it again."""
    code, output, errors = run([binary(PROGRAM), "--replay", world_folder(data), "--json"])
    assert code == 0, errors
    summary = json.loads(output.splitlines()[-1])
    assert summary["ok"], summary
    return summary["outcomes"]


class FencingTests(unittest.TestCase):
    def test_an_idle_server_is_fenced_by_a_second_one_and_says_so(self):
        with temporary_folder() as place, Server([PROGRAM], data=os.path.join(place, "data")) as server:
            with Client(server.address, READY_SECONDS).log_in("ada") as client:
                Talk(self, client).exchange(20)
            with Server([PROGRAM], data=twin(place, server)) as second:
                events = []
                while not events or events[-1]["event"] != "fenced":
                    events.append(server.program.event())
                self.assertIn("another host has taken over this journal", events[-1]["why"])
                self.assertNotIn("restarting", [event["event"] for event in events])
                # Its only world: nothing is left to serve.
                self.assertEqual(server.program.wait(), 1)
                self.assertIn("is fenced", " ".join(server.program.errors))
                with Client(second.address, READY_SECONDS).log_in("ada") as client:
                    # Its edge may have met the first host at the socket that both have used.
                    wait_until(lambda: self.joined(client), "the second server's world").exchange(5)
                self.assertEqual(second.stop(), 0)
            self.assertEqual(outcomes(server.data), 25)

    @unittest.skipUnless(COMPILER, "no C compiler")
    def test_two_servers_on_one_folder_without_locks_end_as_one(self):
        with disk_library(DISK_TEST_NO_LOCKS="1"), Server([PROGRAM, "ledger"]) as server:
            with Client(server.address, READY_SECONDS).log_in("ada") as client:
                Talk(self, client).exchange(20)
            with Server([PROGRAM, "ledger"], data=server.data) as second:
                # Both worlds of the first are idle: it learns of each within a second or so, and has none left.
                self.assertEqual(server.program.wait(), 1)
                self.assertEqual(set(self.fenced(server.program)), {WORLD, "ledger"})
                with Client(second.address, READY_SECONDS).log_in("ada") as client:
                    wait_until(lambda: self.joined(client), "the second server's world").exchange(5)
                self.assertEqual(second.stop(), 0)
            self.assertEqual(outcomes(server.data), 25)

    def joined(self, client):
        """A talk; None while the world is not there."""
        try:
            return Talk(self, client)
        except HarnessError:
            return None

    def test_a_server_at_work_is_fenced_by_one_that_starts_while_it_stands_still(self):
        # A silent host is left alone: on a busy machine the other server may take long to start.
        options = ["--silence-limit-seconds", 0]
        with temporary_folder() as place, Server([PROGRAM], data=os.path.join(place, "data"), options=options) as server:
            with Client(server.address, READY_SECONDS).log_in("ada") as client:
                talk = Talk(self, client)
                talk.exchange(20)
                host = server.world(WORLD)["pid"]
                mark = self.newest(server)
                os.kill(host, signal.SIGSTOP)
                # Waits in the link's socket for the host.
                talk.send()
                with serve(twin(place, server)) as second:
                    try:
                        wait_until(lambda: self.newest(server) > mark, "the second server's host begins", READY_SECONDS)
                    finally:
                        os.kill(host, signal.SIGCONT)
                    # By the first server never; its edge may send the command to the second one's host, at the socket that both use, before it ends.
                    answered = 20 + self.answer(client)
                    self.assertEqual(server.program.wait(), 1)
                    self.assertEqual(self.fenced(server.program), [WORLD])
                    with Client(second.event(READY_SECONDS)["address"], READY_SECONDS).log_in("eve") as other:
                        wait_until(lambda: self.joined(other), "the second server's world").exchange(5)
                    second.send(signal.SIGTERM)
                    self.assertEqual(second.wait(), 0)
            self.assertIn(outcomes(server.data) - answered - 5, (0, 1))

    @unittest.skipUnless(COMPILER, "no C compiler")
    def test_a_server_that_starts_beside_one_at_work_is_refused_and_the_other_is_not_disturbed(self):
        with temporary_folder() as place, Server([PROGRAM], data=os.path.join(place, "data")) as server:
            with Client(server.address, READY_SECONDS).log_in("ada") as client:
                talk = Talk(self, client)
                talk.exchange(20)
                host = server.world(WORLD)["pid"]
                # Whatever the newcomer has read, there is more before it looks again.
                with disk_library(DISK_TEST_STOP_READS="1"), serve(twin(place, server)) as program:
                    while (stopped := wait_until(lambda: self.stopped(program), "a reading or the end")) != "ended":
                        talk.exchange()
                        os.kill(stopped, signal.SIGCONT)
                    self.assertEqual(program.wait(), 1)
                self.assertIn("another host writes to this journal", " ".join(program.output + program.errors))
                talk.exchange(5)
            self.assertEqual(server.world(WORLD)["pid"], host)
            self.assertEqual(server.stop(), 0)
            self.assertEqual(outcomes(server.data), talk.next - 1)

    @staticmethod
    def newest(server):
        """The last segment that was begun."""
        return max((int(name.partition(".")[0]) for name in os.listdir(world_folder(server.data)) if name.endswith(".newest")), default=0)

    @staticmethod
    def stopped(program):
        """A process of the program's that is stopped; "ended" when the program has ended; None while it works."""
        if program.process.poll() is not None:
            return "ended"
        return next((pid for pid in tree(program.pid) if (stat_fields(pid) or " ")[0] == "T"), None)

    @staticmethod
    def fenced(program):
        """The worlds of a server that has ended which are fenced."""
        return [event["child"] for event in map(json.loads, program.output) if event["event"] == "fenced"]

    @staticmethod
    def answer(client):
        """Whether the outcome of the last command came; no, when the server closed."""
        try:
            return len(struct.unpack_from(">Q", client.expect(OUTCOME)[1])) == 1
        except (AssertionError, OSError):
            return False

    def test_a_deleted_mark_fences_the_writer_and_the_world_of_another_server_goes_on(self):
        with Server([PROGRAM, "ledger"]) as server:
            for name in os.listdir(world_folder(server.data)):
                if name.endswith(".newest"):
                    os.unlink(os.path.join(world_folder(server.data), name))
            server.wait_for_world(WORLD, lambda world: world["state"] == "fenced", "is fenced")
            self.assertEqual(server.world("ledger")["state"], "ready")
            self.assertIn("fenced", run([binary("orge"), "status", "--data", server.data])[1])
            self.assertEqual(server.stop(), 0)


class MissingSegmentTests(unittest.TestCase):
    def test_a_start_without_the_newest_segment_is_refused_and_the_doctor_saves_the_rest(self):
        with temporary_folder() as place:
            data, saved = os.path.join(place, "data"), os.path.join(place, "saved")
            for _ in range(2):
                with Server([PROGRAM], data=data) as server:
                    with Client(server.address, READY_SECONDS).log_in("ada") as client:
                        Talk(self, client).exchange(10)
                    os.kill(server.pid, signal.SIGKILL)
                    server.program.wait()
            journal = os.path.join(world_folder(data), "journal")
            newest = sorted(os.listdir(journal))[-1]
            shutil.rmtree(os.path.join(world_folder(data), "images"))
            os.mkdir(os.path.join(world_folder(data), "images"))
            os.unlink(os.path.join(journal, newest))
            with serve(data) as program:
                self.assertEqual(program.wait(), 1)
                said = " ".join(program.output + program.errors)
            for part in [newest, "is missing", "are intact and end with tick", "orge doctor --repair"]:
                self.assertIn(part, said)
            code, output, errors = run([binary("orge"), "doctor", data])
            self.assertEqual(code, 1, errors)
            self.assertIn(newest, output)
            code, output, errors = run([binary("orge"), "doctor", data, "--repair", saved])
            self.assertEqual(code, 0, output + errors)
            with Server([PROGRAM], data=saved) as server:
                self.assertEqual(server.stop(), 0)
            self.assertEqual(outcomes(saved), 10)


if __name__ == "__main__":
    unittest.main()
