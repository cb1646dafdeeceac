"""Processes that hang: stopped by a signal, in an endless loop, or in a call of the disk that does not return."""

import contextlib
import os
import shutil
import signal
import struct
import subprocess
import time
import unittest

import procfs
from orge_harness import READY_SECONDS, Program, Server, binary, temporary_folder, wait_until
from wire import COMMAND, HOST_AWAY, HOST_BACK, JOIN, NOTICE, OUTCOME, UPDATE, WORLD_FAILED, Client, command, join

RESET_FLAG = 1
ADD, LOOP = 0, 1


def add(sequence, amount):
    return command(sequence, ADD, struct.pack(">i", amount))


def loop_for_ever(sequence):
    return command(sequence, LOOP, struct.pack(">I", 0))


class Stopped:
    """A process that stands still inside the block. SIGCONT at its end, unless it was killed meanwhile."""

    def __init__(self, pid):
        self.pid = pid

    def __enter__(self):
        os.kill(self.pid, signal.SIGSTOP)

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)


def limit(seconds):
    return ["--silence-limit-seconds", seconds]


def unbounded(seconds):
    """Without a bound of processor time, so that loops last until the silence is noticed."""
    return [*limit(seconds), "--processor-limit-ms", 0]


def notice(client):
    """The next notice: (kind, rest of its body)."""
    _, body = client.expect(NOTICE)
    return body[0], body[1:]


def event(server, name):
    """The next event of that name; others are passed over."""
    while True:
        said = server.program.event(READY_SECONDS)
        if said["event"] == name:
            return said


def host_back(body):
    """Incarnation and tick of a hostBack."""
    return struct.unpack(">IQ", body)


class StoppedTests(unittest.TestCase):
    def test_a_stopped_host_is_silent_and_then_killed_and_replaced(self):
        with Server(["faulty"], options=limit(4)) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            joined = ada.join("faulty")
            before = server.world("faulty")
            with Stopped(before["pid"]):
                silent = server.wait_for_world("faulty", lambda world: world["state"] == "silent", "is silent")
                self.assertGreaterEqual(silent["silent_ms"], 2_000)
                self.assertEqual((silent["pid"], silent["paused"]), (before["pid"], None))
                self.assertEqual(notice(ada), (HOST_AWAY, b""))
                ada.send(COMMAND, add(joined.first_sequence, 5))
                event(server, "silent")
                died = event(server, "restarting")
                self.assertEqual((died["child"], died["why"]), ("faulty", "it hung: it reported nothing for 4 s, and was killed"))
            kind, body = notice(ada)
            self.assertEqual((kind, host_back(body)[0]), (HOST_BACK, 2))
            ada.expect(OUTCOME)
            back = server.wait_for_world("faulty", lambda world: world["state"] == "ready", "is back")
            self.assertEqual((back["incarnation"], back["silent_ms"]), (2, 0))

    def test_a_host_that_goes_on_in_time_is_back_without_a_reset(self):
        with Server(["faulty"], options=limit(600)) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            joined = ada.join("faulty")
            ada.send(COMMAND, add(joined.first_sequence, 5))
            ada.expect(OUTCOME)
            before = server.world("faulty")
            with Stopped(before["pid"]):
                self.assertEqual(notice(ada), (HOST_AWAY, b""))
                ada.send(COMMAND, add(joined.first_sequence + 1, 6))
            kind, body = notice(ada)
            self.assertEqual((kind, host_back(body)[0]), (HOST_BACK, 1))
            kind, body = ada.expect(UPDATE)
            self.assertEqual(body[0] & RESET_FLAG, 0)
            _, body = ada.expect(OUTCOME)
            self.assertEqual(struct.unpack(">i", body[-4:]), (11,))
            after = server.wait_for_world("faulty", lambda world: world["state"] == "ready", "is ready again")
            self.assertEqual((after["pid"], after["incarnation"]), (before["pid"], 1))
            self.assertGreater(event(server, "responds")["silent_ms"], 2_000)

    def test_a_stopped_edge_is_killed_and_replaced_and_its_sessions_are_detached(self):
        with Server(["faulty"], options=limit(4)) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            avatar = ada.join("faulty").avatar
            edge = server.edge()
            with Stopped(edge["pid"]):
                silent = wait_until(lambda: server.edge() if server.edge()["state"] == "silent" else None, "the edge's silence")
                self.assertGreaterEqual(silent["silent_ms"], 2_000)
                self.assertEqual(event(server, "restarting")["why"], "it hung: it reported nothing for 4 s, and was killed")
            with contextlib.suppress(ConnectionError):
                self.assertIsNone(ada.until_closed())
            wait_until(lambda: server.edge()["state"] == "ready" and server.edge()["pid"] != edge["pid"], "the next edge", READY_SECONDS)
            with Client(server.address, READY_SECONDS).log_in("ada") as again:
                self.assertEqual(again.join("faulty").avatar, avatar)
            self.assertEqual(server.world("faulty")["incarnation"], 1)

    def test_a_stopped_supervisor_kills_no_child_when_it_goes_on(self):
        seconds = 3
        # The side process that checks history comes and goes.
        options = [*limit(seconds), "--history-check-bytes-per-second", 0]
        with Server(["faulty"], options=options) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            joined = ada.join("faulty")
            before = procfs.tree(server.pid)

            def play(sequence):
                """For longer than the limit, so that children would be killed."""
                end = time.monotonic() + seconds + 1
                while time.monotonic() < end:
                    ada.send(COMMAND, add(sequence, 1))
                    ada.expect(OUTCOME)
                    sequence += 1
                return sequence
            with Stopped(server.pid):
                sequence = play(joined.first_sequence)
            play(sequence)
            self.assertEqual(procfs.tree(server.pid), before)
            status = server.status()
            self.assertEqual([part["state"] for part in status["worlds"] + status["edges"]], ["ready", "ready"])
            self.assertEqual(server.stop(), 0)
            self.assertIsNone(server.program.lines.get(), "no event")

    def test_a_machine_that_stands_still_as_a_whole_costs_no_child(self):
        seconds = 3
        with Server(["faulty"], options=limit(seconds)) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            joined = ada.join("faulty")
            before = server.world("faulty")
            # The supervisor is woken first, and finds a host that has said nothing for longer than the limit.
            with Stopped(before["pid"]), Stopped(server.pid):
                end = time.monotonic() + seconds + 1
                wait_until(lambda: time.monotonic() > end, "the limit")
            ada.send(COMMAND, add(joined.first_sequence, 1))
            ada.expect(OUTCOME)
            after = server.wait_for_world("faulty", lambda world: world["state"] == "ready", "is ready")
            self.assertEqual((after["pid"], after["incarnation"]), (before["pid"], 1))

    def test_stopped_bots_are_replaced(self):
        with Server(["faulty"], options=[*limit(4), "--dev", "--bots", 2]) as server:
            def bots():
                return next((pid for pid in procfs.tree(server.pid) if b"bots" in arguments(pid)), None)
            first = wait_until(bots, "bots")
            with Stopped(first):
                self.assertEqual(event(server, "restarting")["child"], "bots")
            wait_until(lambda: bots() not in (None, first), "the next bots")


def arguments(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().split(b"\0")
    except (FileNotFoundError, ProcessLookupError):
        return []


class LoopTests(unittest.TestCase):
    def test_a_command_that_loops_for_ever_fails_its_world_after_five_hangs_and_no_other(self):
        with Server(["faulty", "ledger"], options=unbounded(3)) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            joined = ada.join("faulty")
            other = server.world("ledger")["pid"]
            ada.send(COMMAND, loop_for_ever(joined.first_sequence))
            self.assertEqual(notice(ada), (HOST_AWAY, b""))
            whys = [event(server, "restarting")["why"] for _ in range(4)]
            self.assertEqual(set(whys), {"it hung: it reported nothing for 3 s, and was killed"})
            failed = event(server, "failed")
            self.assertEqual((failed["child"], failed["why"]), ("faulty", whys[0]))
            self.assertEqual(ada.until_closed().code, WORLD_FAILED)
            self.assertEqual(server.world("faulty")["state"], "failed")
            self.assertIn("world faulty has failed", "\n".join(server.program.errors))
            self.assertEqual((server.world("ledger")["state"], server.world("ledger")["pid"]), ("ready", other))
            self.assertEqual(server.stop(), 0)

    def test_an_arrival_that_loops_for_ever_is_noticed_live_and_in_the_replay(self):
        with Server(["faulty"], options=unbounded(3)) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada, \
                Client(server.address, READY_SECONDS).log_in("looper") as looper:
            ada.join("faulty")
            looper.send(JOIN, join("faulty"))
            self.assertEqual(notice(ada), (HOST_AWAY, b""))
            for _ in range(2):
                self.assertEqual(event(server, "restarting")["why"], "it hung: it reported nothing for 3 s, and was killed")

    def test_a_start_that_loops_for_ever_ends_the_server_with_the_reason(self):
        with temporary_folder() as folder:
            program = os.path.join(folder, "loops-at-start")
            shutil.copy(binary("faulty"), program)
            words = [binary("orge"), "serve", "--json", "--data", os.path.join(folder, "data"), "--port", 0, "--world", program, *unbounded(3)]
            with Program(words) as serve:
                self.assertEqual(serve.wait(READY_SECONDS), 1)
                self.assertEqual(serve.output, [], "no event comes before the ready line")
                self.assertIn("world faulty did not start: it hung: it reported nothing for 3 s, and was killed", "\n".join(serve.errors))


class ReplayTests(unittest.TestCase):
    def test_a_replay_that_takes_longer_than_the_limit_is_not_cut_short(self):
        seconds = 3
        with temporary_folder() as data:
            with Server(["faulty"], data=data, options=limit(600)) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
                sequence, rounds, total = ada.join("faulty").first_sequence, 1_000_000, 0

                def turn(rounds):
                    """Seconds of one command, without the wait for its tick."""
                    began = time.monotonic()
                    ada.send(COMMAND, command(sequence, LOOP, struct.pack(">I", rounds)))
                    ada.expect(OUTCOME)
                    return max(time.monotonic() - began - 0.05, 0.001)
                while total < 1.5 * seconds:
                    took = turn(rounds)
                    sequence += 1
                    total += took
                    if took < 0.2:
                        rounds *= 2
                self.assertEqual(server.stop(), 0)
            # Without an image the replay begins at the beginning.
            images = os.path.join(data, "worlds", "faulty", "images")
            for name in os.listdir(images):
                os.remove(os.path.join(images, name))
            with Server(["faulty"], data=data, options=limit(seconds)) as server:
                self.assertEqual(server.world("faulty")["incarnation"], 2)


class StorageTests(unittest.TestCase):
    """The disk is made to hang by a library that is loaded before the C library: its `fdatasync` waits while a file exists."""

    SOURCE = r"""
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdlib.h>
        #include <unistd.h>
        static void wait_for_disk(void) { while (access(getenv("HANG_FILE"), F_OK) == 0) usleep(10000); }
        int fdatasync(int file) { wait_for_disk(); return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(file); }
    """

    def setUp(self):
        compiler = shutil.which("cc") or shutil.which("clang")
        if compiler is None:
            self.skipTest("there is no C compiler")
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        folder = stack.enter_context(temporary_folder())
        source, library = os.path.join(folder, "hang.c"), os.path.join(folder, "hang.so")
        with open(source, "w", encoding="utf-8") as file:
            file.write(self.SOURCE)
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
        self.hang_file = os.path.join(folder, "hang")
        for name, value in (("LD_PRELOAD", library), ("HANG_FILE", self.hang_file)):
            os.environ[name] = value
            stack.callback(os.environ.pop, name)

    @contextlib.contextmanager
    def hanging_disk(self):
        with open(self.hang_file, "w", encoding="utf-8"):
            pass
        try:
            yield
        finally:
            os.remove(self.hang_file)

    def outlast(self, server, seconds, state):
        """Looks for longer than the limit: the world is paused all the time."""
        end = time.monotonic() + seconds + 1
        while time.monotonic() < end:
            world = server.world("faulty")
            self.assertEqual((world["state"], world["paused"], world["silent_ms"]), (state, "storage", 0))

    def test_a_world_whose_disk_hangs_is_paused_and_goes_on_with_it(self):
        seconds = 3
        with Server(["faulty"], options=limit(seconds)) as server, Client(server.address, READY_SECONDS).log_in("ada") as ada:
            joined = ada.join("faulty")
            before = server.world("faulty")
            with self.hanging_disk():
                ada.send(COMMAND, add(joined.first_sequence, 5))
                server.wait_for_world("faulty", lambda world: world["paused"] == "storage", "is paused")
                self.outlast(server, seconds, "ready")
            ada.expect(OUTCOME)
            after = server.wait_for_world("faulty", lambda world: world["paused"] is None, "goes on")
            self.assertEqual((after["pid"], after["incarnation"]), (before["pid"], 1))

    def test_a_start_whose_disk_hangs_is_not_killed(self):
        seconds = 3
        with Server(["faulty"], options=limit(seconds)) as server:
            with self.hanging_disk():
                server.kill_host("faulty")
                server.wait_for_world("faulty", lambda world: world["paused"] == "storage", "is paused")
                self.outlast(server, seconds, "restarting")
            back = server.wait_for_world("faulty", lambda world: world["state"] == "ready", "is back")
            self.assertEqual((back["incarnation"], back["paused"]), (2, None))
